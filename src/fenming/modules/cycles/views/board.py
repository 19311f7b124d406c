"""The board of all cycles, and the opening of new ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.queries import closed_departments
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.cycles.forms.opening import MOST, OpenForm
from fenming.modules.cycles.models import Cycle, StepKind
from fenming.modules.cycles.operations.steps import Intake, cycles_of, intakes, open_cycle
from fenming.modules.cycles.queries.board import MARK
from fenming.modules.cycles.queries.board import board as board_of
from fenming.modules.cycles.queries.plans import DAY, Planned, dates, period_at, plans
from fenming.modules.cycles.views.acts import say
from fenming.modules.people.queries.calendar import working_days_around
from fenming.modules.people.queries.line import departments_in_order
from fenming.modules.schemes.queries.missing import departments_with_schemes
from fenming.rules.periods import Period

private = cache_control(private=True, no_cache=True)


@allow("cycles.view")
@require_safe
@private
def board(request: Request) -> HttpResponse:
    """Every cycle of a period in reach, with its steps and where it hangs."""
    found = board_of(request.scope, request.GET.get("period", "")[:30])
    return render(request, "cycles/board.html", {"board": found, "may_manage": request.powers.may("cycles.manage")})


@allow("cycles.manage")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def opening(request: Request) -> HttpResponse:
    """Choose a period and departments, see who takes part, and open."""
    choices, known = departments_in_order(request.scope), plans()
    form = OpenForm(_asked(request, choices, known[None]), departments=[(one, name) for one, name, _ in choices])
    context: dict[str, Any] = {"form": form, "choices": _choices(request, form, choices), "rows": []}
    if form.is_valid():
        period, chosen = form.cleaned_data["period"], form.cleaned_data["department"][:MOST]
        if request.method == "POST" and chosen:
            return _open(request, period, chosen, skip_past=form.cleaned_data["skip_past"])
        names = {one: name for one, name, _ in choices}
        context |= {"rows": _preview(period, chosen, names, known), "period": period, "last": period.end - DAY}
        context["steps"] = _first_steps(period, known[None])
        context["ready"] = sum(one.may_open for one in context["rows"])
    return render(request, "cycles/opening.html", context)


def _asked(request: Request, choices: list[tuple[int, str, int]], company: Planned) -> Any:
    """What was sent; at first this period and the departments that had a cycle of the one before, else the top ones."""
    if request.method == "POST":
        return request.POST
    if "period" in request.GET:
        return request.GET
    period = period_at(company.rhythm, timezone.localdate())
    given = request.GET.copy()
    given["period"] = period.label
    last = Cycle.objects.exclude(state=Cycle.State.CANCELLED).filter(start=period.previous().start)
    usual = set(last.values_list("department", flat=True)) & {one for one, _, _ in choices}
    top = [one for one, _, depth in choices if depth == 0]
    if len(top) == 1:
        top = [one for one, _, depth in choices if depth == 1] or top
    given.setlist("department", [str(one) for one in (sorted(usual) or top)])
    return given


def _choices(request: Request, form: OpenForm, choices: list[tuple[int, str, int]]) -> list[dict[str, Any]]:
    given: Any = form.data
    chosen = set(given.getlist("department"))
    return [{"id": one, "name": name, "depth": depth, "is_chosen": str(one) in chosen} for one, name, depth in choices]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What opening would bring for a department, and what to know before."""

    name: str
    intake: Intake
    is_closed: bool
    has_scheme: bool

    @property
    def people(self) -> int:
        return len(self.intake.reviewers)

    @property
    def below(self) -> int:
        return len(self.intake.departments) - 1

    @property
    def may_open(self) -> bool:
        return bool(self.people) and not self.intake.is_open and not self.is_closed


def _preview(
    period: Period, chosen: list[int], names: dict[int, str], known: Mapping[int | None, Planned]
) -> list[Preview]:
    found = intakes(chosen, period, known)
    closed = closed_departments(period.start, period.end)
    schemes = departments_with_schemes(period.start, period.end)
    return [
        Preview(
            name=names[one],
            intake=found[one],
            is_closed=not closed.isdisjoint(found[one].departments),
            has_scheme=not schemes.isdisjoint(found[one].departments),
        )
        for one in chosen
    ]


def _first_steps(period: Period, company: Planned) -> list[dict[str, Any]]:
    """The company's steps with their days in this period, and whether their time is over."""
    days = working_days_around(period.start, period.end)
    today = timezone.localdate()
    return [
        {"name": StepKind(one.kind).label, "icon": MARK[StepKind(one.kind)], "opens": opens, "due": due,
         "past": due < today}
        for one, opens, due in dates(company.taken(), period, days)
    ]  # fmt: skip


def _open(request: Request, period: Period, chosen: list[int], *, skip_past: bool) -> HttpResponse:
    """Each department by itself: what one refuses does not stop the others."""
    there = {department for _, department, _ in cycles_of(period)}
    opened, refusals = 0, []
    for one in chosen:
        try:
            open_cycle(request.actor, one, period, skip_past=skip_past)
        except Refusal as refusal:
            refusals.append(say(refusal))
        else:
            opened += one not in there
    if opened:
        text = ngettext("%(n)s cycle is open.", "%(n)s cycles are open.", opened)
        messages.success(request, text % {"n": opened})
    for words in refusals[:5]:
        messages.error(request, words)
    if not opened and not refusals:
        messages.info(request, _("These cycles are open already."))
    back = reverse("cycles") if opened or not refusals else reverse("cycles-open")
    return redirect(f"{back}?{urlencode({'period': period.label})}")
