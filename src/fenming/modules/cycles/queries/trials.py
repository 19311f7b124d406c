"""What a decision on an appeal would make of the result, computed in memory. Nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fenming.controls.models import Run
from fenming.controls.queries import run_of
from fenming.library.text import refuse
from fenming.modules.bonus.queries.adjustments import Standing, standing
from fenming.modules.bonus.queries.corrected import Correction, both, differences
from fenming.modules.cycles.models import Appeal, Cycle
from fenming.modules.cycles.queries.decisions import decisions_of
from fenming.modules.schemes.queries import pinned
from fenming.modules.schemes.queries.again import pinned_inputs
from fenming.pipeline.cards import Card
from fenming.rules.decisions import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A result: total, grade, rank and bonus."""

    total: Decimal | None
    grade: str
    rank: int | None
    bonus: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A result without and with a decision. ``others`` counts the colleagues whose result changes along.

    ``makes_good`` is what would be paid with the next close, for a period that is closed.
    """

    run: Run
    was: Side
    now: Side
    others: int
    makes_good: Decimal | None

    @property
    def closed(self) -> bool:
        return self.makes_good is not None

    @property
    def bonus_change(self) -> Decimal | None:
        if self.was.bonus is None or self.now.bonus is None:
            return None
        return self.now.bonus - self.was.bonus


def run_for(cycle: Cycle) -> Run | None:
    """The run whose figures a decision changes: the one that closed the cycle, else the one that speaks."""
    return cycle.run or run_of(cycle.department_id, cycle.start, cycle.end)


def letters_of(appeal: Appeal) -> Sequence[str]:
    """The grades that the person's scheme knows, best first."""
    run = run_for(appeal.participant.cycle)
    if run is None:
        return ()
    inputs = pinned_inputs(run)
    person = pinned.person_of(inputs, appeal.participant.employee.number)
    if not person.stays:
        return ()
    return pinned.scheme_of(inputs, person.stays[-1].scheme).grades.grades


def decision_on(appeal: Appeal, *, reason: str, points: Decimal | None, grade: str) -> Decision:
    """A decision on an appeal as a run takes it."""
    return Decision(source="appeal", number=appeal.pk, reason=reason, points=points, grade=grade or None)


def trial(appeal: Appeal, *, points: Decimal | None, grade: str) -> Trial:
    """What the result and the bonus would become, by the figures of the run that speaks."""
    cycle = appeal.participant.cycle
    number = appeal.participant.employee.number
    run = run_for(cycle)
    if run is None or number not in {one.person for one in pinned_inputs(run).people}:
        raise refuse(
            "此人本期没有计分结果，无法试算。", "There is no result of this person in the period, so none to try."
        )
    added: list[Decision] = []
    if points is not None or grade:
        added = [decision_on(appeal, reason="", points=points, grade=grade)]
    closed = cycle.state == Cycle.State.CLOSED
    made = decisions_of(cycle).get(number, [])
    before = standing(run, [number]) if closed else {number: Standing(decisions=tuple(made))}
    facts = before[number].facts if closed and number in before else run.facts
    wanted = Correction(closed=run, added={number: added}, facts=facts)
    was, now = both(wanted, before)
    then = {one.person: _side(one) for one in was.cards}
    later = {one.person: _side(one) for one in now.cards}
    return Trial(
        run=run,
        was=then[number],
        now=later[number],
        others=sum(then[one] != side for one, side in later.items() if one != number),
        makes_good=differences(wanted, before, was, now)[number] if closed else None,
    )


def _side(card: Card) -> Side:
    bonus: Any = card.bonus
    return Side(
        total=card.total, grade=card.grade or "", rank=card.rank, bonus=bonus.amount if bonus is not None else None
    )
