"""The steps of the first start. Each keeps what was typed, and says so when somebody else is at it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.people.operations.calendar import describe_company
from fenming.modules.people.queries.records import company as the_company
from fenming.modules.people.queries.size import last_import, size
from fenming.modules.start.forms import CompanyForm
from fenming.modules.start.models import Setup
from fenming.modules.start.operations.setup import dismiss, finish, finish_step, hold
from fenming.modules.start.queries.calendars import shipped_years
from fenming.modules.start.queries.setup import STEPS, is_elsewhere, next_step, rail, setup

View = Callable[[Request, Setup], HttpResponse]


def step(name: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """A page of the first start: open while it runs, in its order, to one person at a time; it can be skipped."""

    def declare(view: View) -> Callable[..., HttpResponse]:
        @allow("system.company")
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def wrapped(request: Request) -> HttpResponse:
            row = setup()
            if row.finished_at or not row.done:
                return redirect("start-done")
            order = [one.id for one in STEPS]
            if order.index(name) > order.index(next_step(row).id):
                return redirect(next_step(row).page)
            take_over = request.method == "POST" and "take-over" in request.POST
            row = hold(request.actor.user, take_over=take_over)
            if take_over:
                return redirect(f"start-{name}")
            if request.method == "POST" and "skip" in request.POST and STEPS[order.index(name)].can_skip:
                return _done(request, name, skipped=True)
            return view(request, row)

        return wrapped

    return declare


def page(request: Request, row: Setup, name: str, **context: Any) -> HttpResponse:
    """A step's page with the rail; 409 where what was sent is somebody else's to send."""
    at = [one.id for one in STEPS].index(name)
    elsewhere = is_elsewhere(row, request.actor.user)
    context |= {
        "rail": rail(row, name), "step": STEPS[at], "elsewhere": row.holder if elsewhere else None, "setup": row,
        "back": STEPS[at - 1].page if at > 1 else "",
    }  # fmt: skip
    status = 409 if elsewhere and request.method == "POST" else 200
    return render(request, f"start/{name}.html", context, status=status)


def _done(request: Request, name: str, chosen: dict[str, Any] | None = None, *, skipped: bool = False) -> HttpResponse:
    try:
        finish_step(request.actor, name, chosen, skipped=skipped)
    except Refusal as refusal:
        messages.error(request, say(refusal))
        return redirect(f"start-{name}")
    return redirect(next_step(setup()).page)


def say(refusal: Refusal) -> str:
    """A refusal in the language of the page."""
    return refusal.words.say(get_language() or "zh")


@step("company")
def company(request: Request, row: Setup) -> HttpResponse:
    """What the company is called, where it is, and when it works."""
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=_company_now())
    if request.method == "POST" and form.is_valid() and not is_elsewhere(row, request.actor.user):
        given = form.cleaned_data
        describe_company(
            request.actor, name=form.name, time_zone=given["time_zone"], language=given["language"],
            calendar=given["calendar"],
        )  # fmt: skip
        return _done(request, "company")
    return page(request, row, "company", form=form, years=shipped_years("cn"))


@step("people")
def people(request: Request, row: Setup) -> HttpResponse:
    """Departments and people, by the import of people; its pages lead back here."""
    found = size()
    if request.method == "POST" and found.people:
        return _done(request, "people", {"people": found.people})
    return page(
        request, row, "people", size=found, last=last_import(request.actor.user), today=timezone.localdate(),
        may_import=request.powers.may("people.import"),
    )  # fmt: skip


def _company_now() -> dict[str, str]:
    there = the_company()
    if there is None:
        return {"time_zone": "Asia/Shanghai", "calendar": "cn", "language": get_language() or "zh-hans"}
    return {name: getattr(there, name) for name in ("name_zh", "name_en", "time_zone", "language", "calendar")}


@allow("system.company")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: Request) -> HttpResponse:
    """What comes next; a POST puts the list away."""
    row = setup()
    if row.done and not row.finished_at:
        if next_step(row).id != "done":
            return redirect(next_step(row).page)
        try:
            finish(request.actor)
        except Refusal as refusal:
            messages.error(request, say(refusal))
            return redirect("start-invitations")
    if request.method == "POST":
        dismiss(request.actor)
        messages.success(request, _("The list is put away."))
        return redirect("home")
    return render(request, "start/done.html", {"rail": rail(setup(), "done"), "setup": row})
