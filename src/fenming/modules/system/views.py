"""The pages of system administration."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls import jobs
from fenming.controls import operations as controls
from fenming.controls import queries as kept
from fenming.controls.models import Work
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal, Words
from fenming.modules.people.operations.calendar import describe_company
from fenming.modules.people.queries.records import company
from fenming.modules.system import queries
from fenming.modules.system.forms import CompanyForm


@allow("system.jobs")
@require_safe
def works(request: Request) -> HttpResponse:
    """Background work, the newest first."""
    page = queries.works(request.GET.get("state", ""), request.GET.get("page", "1"))
    context = {"page": page, "rows": queries.rows(page), "states": queries.states(), "schedules": queries.schedules()}
    return render(request, "system/works.html", context)


@allow("system.jobs")
@require_safe
def work(request: Request, pk: int) -> HttpResponse:
    """One piece of work: what it was asked, how it went, and why it failed."""
    found = _work(pk)
    context = {"work": found, "title": jobs.title(found), "traceback": kept.traceback_of(found.pk)}
    return render(request, "system/work.html", context)


@allow("system.jobs")
@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    """Let a failed work begin again."""
    return _done(request, pk, lambda found: controls.retry(request.actor, found), _("It will be tried again."))


@allow("system.jobs")
@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Take back a work that waits."""
    return _done(request, pk, lambda found: controls.cancel(request.actor, found), _("It is cancelled."))


@allow("system.company")
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request) -> HttpResponse:
    """The company's names, time zone and language."""
    now = company()
    names = ("name_zh", "name_en", "time_zone", "language", "calendar")
    form = CompanyForm(request.POST or None, initial={name: getattr(now, name) for name in names} if now else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        describe_company(
            request.actor,
            name=Words(zh=given["name_zh"], en=given["name_en"]),
            time_zone=given["time_zone"],
            language=given["language"],
            calendar=given["calendar"],
        )
        messages.success(request, _("Saved."))
        return redirect("company")
    return render(request, "system/company.html", {"form": form})


def _work(pk: int) -> Work:
    found = kept.work(pk) if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def _done(request: Request, pk: int, act: Callable[[Work], None], said: str) -> HttpResponse:
    try:
        act(_work(pk))
    except Refusal as refusal:
        messages.error(request, refusal.words.say(get_language() or "zh"))
    else:
        messages.success(request, said)
    return redirect("work", pk)
