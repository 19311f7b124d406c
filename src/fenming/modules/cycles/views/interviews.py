"""Interviews: who is still without, the record, and the person's own words."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.routes import Request, allow
from fenming.modules.cycles.forms.interviews import InterviewForm, WordsForm
from fenming.modules.cycles.models import Interview
from fenming.modules.cycles.operations import interviews as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import interviews as queries
from fenming.modules.cycles.queries.improvements import lines_for, open_actions
from fenming.modules.cycles.views.letters import OUTCOME
from fenming.modules.cycles.views.seats import Seat, cycles_of, employee_of, people_of, seat

private = cache_control(private=True, no_cache=True)


@allow("cycles.review", "cycles.manage")
@require_safe
@private
def interviews(request: Request) -> HttpResponse:
    """Who of a cycle has had the talk and a plan, and who is still without."""
    return follow_up(request, "interviews")


def follow_up(request: Request, tab: str) -> HttpResponse:
    """Interviews and improvement plans of a cycle, side by side."""
    people = people_of(request)
    cycle, known = cycles_of(request, people)
    rows = queries.rows(people, cycle, employee_of(request)) if cycle else []
    state = request.GET.get("state", "")
    counted = [one.state if tab == "interviews" else one.planned for one in rows]
    context = {
        "cycle": cycle, "cycles": known, "tab": tab, "state": state, "all": rows,
        "rows": [one for one, at in zip(rows, counted, strict=True) if not state or at == state],
        "states": [(key, name, counted.count(key)) for key, name in _states(tab) if key in counted],
    }  # fmt: skip
    return render(request, "cycles/follow-up.html", context)


def _states(tab: str) -> list[tuple[str, str]]:
    if tab == "interviews":
        return [("without", _("still without")), ("unconfirmed", _("to be confirmed")), ("done", _("done"))]
    return [
        ("none", _("still without")), ("proposed", _("to be agreed")), ("agreed", _("agreed")),
        ("waived", _("no plan needed")),
    ]  # fmt: skip


@allow(*OUTCOME)
@require_http_methods(["GET", "HEAD", "POST"])
@private
def interview(request: Request, pk: int) -> HttpResponse:
    """One interview: the reviewer writes, the person adds own words and confirms."""
    at = seat(request, pk)
    found = Interview.objects.select_related("author__employee").filter(participant=at.participant).first()
    if request.method == "POST":
        return _confirm(request, at, found) if at.mine else _write(request, at, found)
    form = WordsForm(initial=_own(found)) if at.mine else InterviewForm(initial=_begun(at, found))
    return _page(request, at, found, form)


def _own(found: Interview | None) -> dict[str, Any]:
    return {"words": found.words, "version": found.version} if found else {}


def _begun(at: Seat, found: Interview | None) -> dict[str, Any]:
    if found is not None:
        return {name: getattr(found, name) for name in (*operations.FIELDS, "version")}
    return {"held_on": timezone.localdate(), "version": 0, **queries.beginning(lines_for(at.participant))}


def _write(request: Request, at: Seat, found: Interview | None) -> HttpResponse:
    if not at.writes:
        messages.error(request, _("Only the reviewer and HR write this record."))
        return HttpResponseRedirect(reverse("interview", args=[at.participant.pk]))
    form = InterviewForm(request.POST)
    if not form.is_valid():
        return _page(request, at, found, form, status=422)
    try:
        operations.write(request.actor, at.participant, form.cleaned_data, version=form.cleaned_data["version"])
    except Stale as stale:
        data = request.POST.copy()
        data["version"] = str(stale.now.version)
        return _page(request, at, found, InterviewForm(data), status=409, stale=True)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, at, found, form, status=422)
    messages.success(request, _("Kept. The person is asked to confirm it."))
    return HttpResponseRedirect(reverse("interview", args=[at.participant.pk]))


def _confirm(request: Request, at: Seat, found: Interview | None) -> HttpResponse:
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _page(request, at, found, form, status=422)
    given = form.cleaned_data
    try:
        operations.confirm(request.actor, at.participant, words=given["words"], version=given["version"])
    except Stale as stale:
        data = request.POST.copy()
        data["version"] = str(stale.now.version)
        return _page(request, at, stale.now, WordsForm(data), status=409, stale=True)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, at, found, form, status=422)
    messages.success(request, _("Thank you. The record is confirmed."))
    return HttpResponseRedirect(reverse("interview", args=[at.participant.pk]))


def _page(
    request: Request, at: Seat, found: Interview | None, form: Any, *, status: int = 200, **more: Any
) -> HttpResponse:
    actions = open_actions(at.participant.employee_id)
    template = "cycles/my-interview.html" if at.mine else "cycles/interview.html"
    return render(
        request, template, {"seat": at, "interview": found, "form": form, "actions": actions, **more}, status=status
    )
