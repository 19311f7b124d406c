"""Improvement plans, of both sides."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.routes import Request, allow
from fenming.modules.cycles.forms.improvements import ActionForm, OutcomeForm
from fenming.modules.cycles.models import Task
from fenming.modules.cycles.operations import improvements as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import improvements as queries
from fenming.modules.cycles.queries.reach import own_participations
from fenming.modules.cycles.views.interviews import follow_up
from fenming.modules.cycles.views.letters import OUTCOME
from fenming.modules.cycles.views.seats import Seat, employee_of, seat

private = cache_control(private=True, no_cache=True)


@allow("cycles.review", "cycles.manage")
@require_safe
@private
def improvements(request: Request) -> HttpResponse:
    """Who of a cycle has a plan, and who is still without."""
    return follow_up(request, "improvements")


@allow("cycles.own")
@require_safe
@private
def my_improvements(request: Request) -> HttpResponse:
    """One's own plan of the cycle that a to-do names, else of the newest."""
    employee = employee_of(request)
    mine = list(own_participations(employee)[:60]) if employee else []
    asked = request.GET.get("cycle", "")
    chosen = next((one for one in mine if str(one.cycle_id) == asked), mine[0] if mine else None)
    if chosen is None:
        return HttpResponseRedirect(reverse("my-letter"))
    return HttpResponseRedirect(reverse("improvement", args=[chosen.pk]))


@allow(*OUTCOME)
@require_http_methods(["GET", "HEAD", "POST"])
@private
def improvement(request: Request, pk: int) -> HttpResponse:
    """One plan: proposed, agreed on by both, and what came of each action."""
    at = seat(request, pk)
    if request.method != "POST":
        return _page(request, at)
    if not (at.mine or at.writes):
        messages.error(request, _("Only the two of them and HR write this plan."))
        return _back(at)
    what = {"save": _save, "agree": _agree, "conclude": _conclude, "none": _none}.get(request.POST.get("do", ""))
    if what is None:
        return _back(at)
    try:
        return what(request, at)
    except Stale:
        messages.warning(request, _("Somebody has changed this action meanwhile. It stands below as it is now."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _back(at)


@allow(*OUTCOME)
@require_safe
@private
def open_actions(request: Request, pk: int) -> HttpResponse:
    """What was agreed and still wants an outcome: a part of the pages where goals are set and work is reviewed."""
    at = seat(request, pk)
    found = queries.open_actions(at.participant.employee_id)
    return render(request, "cycles/_open_actions.html", {"actions": found})


def _back(at: Seat) -> HttpResponse:
    return HttpResponseRedirect(reverse("improvement", args=[at.participant.pk]))


def _save(request: Request, at: Seat) -> HttpResponse:
    lines = queries.lines_for(at.participant)
    form = ActionForm(request.POST, indicators=[line.indicator.id for line in lines])
    if not form.is_valid():
        return _page(request, at, form=form, status=422)
    given = form.cleaned_data
    if given["number"]:
        try:
            operations.change(
                request.actor, at.participant, given["number"], given, version=given["version"] or 0, by_person=at.mine
            )
        except Stale as stale:
            data = request.POST.copy()
            data["version"] = str(stale.now.version)
            again = ActionForm(data, indicators=form.indicators)
            return _page(request, at, form=again, status=409, stale=stale.now)
    else:
        operations.add(request.actor, at.participant, given, by_person=at.mine)
    messages.success(request, _("Kept. It holds as soon as the other side agrees."))
    return _back(at)


def _agree(request: Request, at: Seat) -> HttpResponse:
    number, version = _number(request, "number"), _number(request, "version")
    operations.agree(request.actor, at.participant, number, version=version, by_person=at.mine)
    messages.success(request, _("Agreed."))
    return _back(at)


def _conclude(request: Request, at: Seat) -> HttpResponse:
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        return _page(request, at, outcome=form, status=422)
    given = form.cleaned_data
    operations.conclude(
        request.actor, at.participant, given["number"], version=given["version"], state=given["state"],
        outcome=given["outcome"], due=given["due"],
    )  # fmt: skip
    messages.success(request, _("Noted."))
    return _back(at)


def _none(request: Request, at: Seat) -> HttpResponse:
    if at.mine:
        raise ValidationError(_("Whether a plan is needed is for the reviewer to say."))
    operations.need_none(request.actor, at.participant, reason=request.POST.get("reason", "").replace("\0", ""))
    messages.success(request, _("Noted: no plan is needed this time."))
    return _back(at)


def _number(request: Request, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _page(request: Request, at: Seat, *, status: int = 200, **more: Any) -> HttpResponse:
    lines = queries.lines_for(at.participant)
    plan = queries.plan_of(at.participant)
    taken = {one.improvement.indicator for one in (*plan.now, *plan.earlier)}
    proposed = [one for one in queries.proposals(at.participant, lines) if one.indicator not in taken]
    editing = _editing(request, plan)
    form = more.pop("form", None) or ActionForm(initial=_begun(request, at, proposed, editing))
    context = {
        "seat": at,
        "plan": plan,
        "proposals": proposed,
        "form": form,
        "outcome": more.pop("outcome", None) or OutcomeForm(initial={"due": queries.next_end(at.participant)}),
        "editing": editing,
        "waived": Task.objects.filter(
            participant=at.participant, step__kind="improvement", state=Task.State.WAIVED
        ).first(),
        **more,
    }
    template = "cycles/my-improvement.html" if at.mine else "cycles/improvement.html"
    return render(request, template, context, status=status)


def _editing(request: Request, plan: queries.Plan) -> Any:
    asked = request.GET.get("change", "")
    return next((one.improvement for one in (*plan.now, *plan.earlier) if str(one.improvement.pk) == asked), None)


def _begun(request: Request, at: Seat, proposed: list[queries.Proposal], editing: Any) -> dict[str, Any]:
    if editing is not None:
        known = {name: getattr(editing, name) for name in operations.FIELDS}
        return known | {"number": editing.pk, "version": editing.version}
    asked = request.GET.get("take", "")
    chosen = next((one for one in proposed if one.indicator == asked), None)
    return chosen.fields if chosen else {"due": queries.next_end(at.participant)}
