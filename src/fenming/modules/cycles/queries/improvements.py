"""Improvement plans: open actions with what they have moved, their history, and what could be proposed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.library.indicators import Indicator
from fenming.modules.cycles.models import Improvement, Participant
from fenming.modules.cycles.queries.gains import present
from fenming.modules.cycles.queries.rated import known_indicators
from fenming.modules.cycles.queries.results import speaking
from fenming.modules.cycles.queries.score import Line, lines_of
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import cards_of, values_of, with_lines
from fenming.modules.schemes.queries.pinned import inputs_of

State = Improvement.State
PROPOSED = 3
LEAST_LOST = Decimal("0.5")
_TIMES = {"s", "days", "h", "min"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action: how its indicator stood then and stands now, and what went before it."""

    improvement: Improvement
    name: str
    then: str
    now: str
    better: bool | None
    """Whether the value has moved the right way; None where there is nothing to compare."""
    earlier: list[Improvement]
    overdue: bool

    @property
    def agreed(self) -> bool:
        return bool(self.improvement.employee_agreed_at and self.improvement.reviewer_agreed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Somebody's actions: those of earlier cycles that want an outcome, those of this one, and those concluded."""

    earlier: list[Action]
    now: list[Action]
    concluded: list[Action]

    @property
    def agreed(self) -> bool:
        return bool(self.now) and all(one.agreed for one in self.now)


def open_actions(employee: int) -> list[Action]:
    """The open actions of somebody, of all cycles, the most urgent first: for the pages where goals are set and work is
    reviewed. Template: ``cycles/_open_actions.html`` with ``actions``."""
    return [one for one in actions_of(employee) if one.improvement.state == State.OPEN]


def plan_of(participant: Participant) -> Plan:
    """The plan of a cycle, with what is left of earlier ones."""
    found = actions_of(participant.employee_id)
    opened = [one for one in found if one.improvement.state == State.OPEN]
    return Plan(
        earlier=[one for one in opened if one.improvement.participant_id != participant.pk],
        now=[one for one in opened if one.improvement.participant_id == participant.pk],
        concluded=[one for one in found if one.improvement.state in (State.DONE, State.DROPPED)][:10],
    )


def actions_of(employee: int) -> list[Action]:
    """Every action of somebody; three queries, whatever their number."""
    rows = list(
        Improvement.objects.filter(participant__employee=employee, participant__removed_at=None)
        .select_related("participant__cycle", "participant__employee")
        .order_by("due", "id")
    )
    if not rows:
        return []
    by_id = {one.pk: one for one in rows}
    names = {one.indicator for one in rows if one.indicator}
    values = values_of([employee], names) if names else []
    known = known_indicators(timezone.localdate()) if names else {}
    return [_action(one, by_id, values, known) for one in rows]


def _action(
    one: Improvement, by_id: Mapping[int, Improvement], values: Sequence[dict[str, Any]], known: Mapping[str, Indicator]
) -> Action:
    indicator = known.get(one.indicator)
    earlier = list(_before(one, by_id))
    first = earlier[-1] if earlier else one
    mine = [row for row in values if row["indicator"] == one.indicator and row["value"] is not None]
    since = first.participant.cycle.start
    then = next((row for row in mine if row["start"] <= since), None)
    now = next((row for row in mine if row["start"] > since), None)
    return Action(
        improvement=one,
        name=indicator.name.say(wording.speaking()) if indicator else "",
        then=wording.quantity(indicator, then["value"], brief=True) if indicator and then else "",
        now=wording.quantity(indicator, now["value"], brief=True) if indicator and now else "",
        better=_better(indicator, then, now),
        earlier=earlier,
        overdue=one.state == State.OPEN and one.due < timezone.localdate(),
    )


def _before(one: Improvement, by_id: Mapping[int, Improvement]) -> Iterable[Improvement]:
    """What it follows, the latest first."""
    seen = {one.pk}
    at = by_id.get(one.follows_id or 0)
    while at is not None and at.pk not in seen:
        yield at
        seen.add(at.pk)
        at = by_id.get(at.follows_id or 0)


def _better(indicator: Indicator | None, then: dict[str, Any] | None, now: dict[str, Any] | None) -> bool | None:
    if indicator is None or then is None or now is None or then["value"] == now["value"]:
        return None
    return bool((now["value"] > then["value"]) == (indicator.direction == "higher"))


# Proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An action that would fit a weak indicator; people change the words as they like."""

    indicator: str
    name: str
    lost: Decimal
    gap: str
    action: str
    support: str
    measure: str
    due: date

    @property
    def fields(self) -> dict[str, Any]:
        """As the form begins."""
        names = ("indicator", "gap", "action", "support", "measure", "due")
        return {name: getattr(self, name) for name in names}


def lines_for(participant: Participant) -> list[Line]:
    """The present indicators of somebody in the run that speaks for the cycle, empty without one."""
    run = speaking([participant.cycle]).get(participant.cycle_id)
    card = with_lines(cards_of([run.pk], [participant.employee_id])).first() if run else None
    return present(lines_of(card, inputs_of(run))) if run and card else []


def proposals(participant: Participant, lines: Sequence[Line]) -> list[Proposal]:
    """One for each of the weakest indicators, where most points were lost first."""
    lost = [(line.weight - line.points, line) for line in lines if line.points is not None]
    weak = sorted((pair for pair in lost if pair[0] >= LEAST_LOST), key=lambda pair: -pair[0])
    return [_proposal(participant, line, points) for points, line in weak[:PROPOSED]]


def _proposal(participant: Participant, line: Line, lost: Decimal) -> Proposal:
    told = {"name": line.name, "value": line.shown, "goal": line.goal}
    gap = _("%(name)s: %(value)s, target %(goal)s") if line.goal else _("%(name)s: %(value)s")
    measure = _("%(name)s reaches %(goal)s in the next period") if line.goal else _("%(name)s is better than now")
    reviewer = participant.reviewer.name if participant.reviewer else _("the manager")
    return Proposal(
        indicator=line.indicator.id,
        name=line.name,
        lost=lost,
        gap=gap % told,
        action=_step(line.indicator),
        support=_("A quarter of an hour a week with %(reviewer)s; the records behind the figure are open")
        % {"reviewer": reviewer},
        measure=measure % told,
        due=next_end(participant),
    )


def _step(one: Indicator) -> str:
    if one.unit.en in _TIMES:
        return _("Each week go through the five slowest cases, note what held them up, and change one habit")
    if one.direction == "lower":
        return _("Go through every case that counted, sort them by cause, and settle the commonest cause first")
    if one.percent or one.unit.en.startswith("/"):
        return _("Watch two colleagues who reach the target, and take over one thing a week that they do differently")
    return _("Break the target down to weeks, and look at the gap every Monday together")


def next_end(participant: Participant) -> date:
    """The last day of the period after this one, or a month from now where that is past."""
    cycle = participant.cycle
    last = cycle.end + (cycle.end - cycle.start) - timedelta(days=1)
    return max(last, timezone.localdate() + timedelta(days=14))
