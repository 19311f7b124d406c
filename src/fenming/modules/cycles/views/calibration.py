"""Calibration: a period across departments, one result, and the minutes."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.cycles.forms.calibration import CalibrationForm, UndoForm
from fenming.modules.cycles.models import Cycle, Step
from fenming.modules.cycles.operations import calibration as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.steps import advance, score_later
from fenming.modules.cycles.queries import calibration as queries
from fenming.modules.cycles.queries.cycle import manages
from fenming.modules.cycles.queries.reach import visible_cycles
from fenming.modules.cycles.queries.sheets import calibration_sheet

PAGE = 50
RULES = ("cycles.calibrate", "cycles.review")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
private = cache_control(private=True, no_cache=True)


def reach_of(request: Request) -> queries.Reach:
    """Whose calibrations the visitor sees and makes."""
    return queries.Reach(
        sees=request.powers.scope(*RULES),
        changes=request.powers.scope("cycles.calibrate"),
        employee=getattr(request.user, "employee_id", None),
        reviews=request.powers.may("cycles.review"),
    )


@allow(*RULES)
@require_safe
@private
def calibration(request: Request) -> HttpResponse:
    """Everybody's result of a period, how grades and totals spread, and what was changed."""
    found = queries.board(reach_of(request), request.GET)
    if found is None:
        return render(request, "cycles/calibration-empty.html")
    order = request.GET.get("order", "-total")
    rows = queries.ordered(_narrowed(found.rows, request), order if order.strip("-") in queries.ORDERS else "-total")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page", "1"))
    leads = request.powers.scope("cycles.manage", "cycles.calibrate")
    context = {
        "board": found,
        "led": {one.pk for one in found.cycles if manages(leads, one)},
        "page": page,
        "points": queries.points_of(page),
        "by": request.GET.get("by", ""),
        "order": order,
        "may_any": any(one.may for one in found.rows),
        "departments": [(one.department.code, one.department.name) for one in found.cycles],
        "letters": sorted({bar.grade for spread in found.spreads for bar in spread.bars}, key=_place(found)),
        "query": urlencode({"period": found.label, "department": request.GET.get("department", "")}),
    }
    return render(request, "cycles/calibration.html", context)


def _place(board: queries.Board) -> Any:
    order = [bar.grade for spread in board.spreads for bar in spread.bars]
    return order.index


def _narrowed(rows: list[queries.Row], request: Request) -> list[queries.Row]:
    text = request.GET.get("q", "")[:80].casefold()
    grade, only = request.GET.get("grade", ""), request.GET.get("only", "")
    return [
        one
        for one in rows
        if text in f"{one.participant.employee.name} {one.participant.employee.number}".casefold()
        and (not grade or (one.standing is not None and one.standing.grade == grade))
        and (only != "changed" or bool(one.changes))
    ]


@allow(*RULES)
@require_safe
@private
def minutes(request: Request) -> HttpResponse:
    """Every change of a period, to be printed and signed."""
    found = queries.board(reach_of(request), request.GET)
    if found is None:
        return render(request, "cycles/calibration-empty.html")
    return render(request, "cycles/calibration-minutes.html", {"board": found, "changes": queries.minutes(found)})


@allow(*RULES)
@require_safe
def export(request: Request) -> HttpResponse:
    """The list as an Excel file."""
    found = queries.board(reach_of(request), request.GET)
    if found is None:
        return render(request, "cycles/calibration-empty.html")
    name = f"{_('Calibration')} {found.label}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(calibration_sheet(found), content_type=XLSX, headers=headers)


@allow(*RULES)
@require_http_methods(["GET", "HEAD", "POST"])
@private
def calibrate(request: Request, pk: int) -> HttpResponse:
    """One result: what was changed, and a change to be tried and made."""
    reach = reach_of(request)
    case = queries.case(reach, pk)
    if case is None:
        raise Http404
    letters = case.row.standing.letters if case.row.standing else ()
    if request.method != "POST":
        form = CalibrationForm(initial={"seen": case.seen}, letters=letters)
        return _case(request, reach, case, form)
    form = CalibrationForm(request.POST, letters=letters)
    if "try" in request.POST:
        form.fields["reason"].required = False
        form.fields["reason"].validators = []
    if not form.is_valid():
        return _case(request, reach, case, form, status=422)
    given = form.cleaned_data
    if "try" in request.POST:
        return _case(request, reach, case, form, tried=queries.tried(case, given["grade"], given["points"]))
    try:
        operations.calibrate(
            request.actor, case, grade=given["grade"], points=given["points"] or None, reason=given["reason"],
            seen=given["seen"], may=reach.may_change(case.participant),
        )  # fmt: skip
    except Stale:
        fresh = queries.case(reach, pk) or case
        data = request.POST.copy()
        data["seen"] = str(fresh.seen)
        others = [one for one in fresh.row.changes if one.pk > given["seen"]]
        return _case(request, reach, fresh, CalibrationForm(data, letters=letters), status=409, others=others)
    except ValidationError as error:
        form.add_error(None, error)
        return _case(request, reach, case, form, status=422)
    messages.success(request, _("Changed. The next run counts it; until then the page shows what will be."))
    return HttpResponseRedirect(reverse("calibrate", args=[pk]))


def _case(
    request: Request, reach: queries.Reach, case: queries.Case, form: CalibrationForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    after, spreads = more.pop("tried", (None, []))
    context = {
        "case": case,
        "row": case.row,
        "form": form,
        "undo": UndoForm(),
        "after": after,
        "pairs": _pairs(case, spreads) if after else [],
        "points": queries.points_of([case.row]),
        **more,
    }
    return render(request, "cycles/calibrate.html", context, status=status)


def _pairs(case: queries.Case, after: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(case.spreads, after, strict=False))


@allow(*RULES)
@require_POST
def undo(request: Request, pk: int, number: int) -> HttpResponse:
    """Take a change back."""
    reach = reach_of(request)
    case = queries.case(reach, pk)
    if case is None:
        raise Http404
    form = UndoForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Give the reason in at least five characters: it is kept and told."))
        operations.undo(
            request.actor, case, number, reason=form.cleaned_data["reason"], may=reach.may_change(case.participant)
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Taken back. Both entries stay in the minutes."))
    return HttpResponseRedirect(reverse("calibrate", args=[pk]))


@allow("cycles.manage", "cycles.calibrate")
@require_POST
def run(request: Request, pk: int) -> HttpResponse:
    """Have a cycle's departments scored anew, so that what was decided counts."""
    cycle = _cycle(request, pk)
    if cycle.state == Cycle.State.OPEN:
        score_later(request.actor, cycle)
        messages.success(request, _("The run was asked for. It takes a moment; look again shortly."))
    else:
        messages.error(request, _("The cycle is archived: its results stand. Correct them by an appeal."))
    return _back(cycle)


@allow("cycles.manage", "cycles.calibrate")
@require_POST
def finish(request: Request, pk: int) -> HttpResponse:
    """End the calibration of a cycle."""
    cycle = _cycle(request, pk)
    step = Step.objects.filter(cycle=cycle, kind="calibration").first()
    try:
        if step is not None:
            advance(request.actor, step)
            score_later(request.actor, cycle)
            messages.success(request, _("The calibration has ended, and the final run was asked for."))
    except Refusal as refused:
        messages.error(request, refused.words.say(get_language() or "zh"))
    return _back(cycle)


def _cycle(request: Request, pk: int) -> Cycle:
    """The cycle, if the reach holds it whole: to see some of its people is not enough to lead it."""
    found: Cycle | None = visible_cycles(request.scope).filter(pk=pk).first()
    if found is None or not manages(request.scope, found):
        raise Http404
    return found


def _back(cycle: Cycle) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('calibration')}?{urlencode({'period': cycle.label})}")
