"""Which numbers speak for cycles, and what the next run makes of them once it counts what people decided."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fenming.controls.models import Run
from fenming.controls.queries import complete_runs
from fenming.library.schemes import Scheme
from fenming.modules.cycles.models import Cycle
from fenming.modules.schemes.queries import cards_beside, pinned
from fenming.rules import grades
from fenming.rules.decisions import Decision, decided, regraded
from fenming.rules.grades import Graded
from fenming.rules.periods import Period
from fenming.rules.scorecard import ZERO_EFFECT

Card = Any
Result = tuple[Decimal | None, str]
"""A total and a grade; an empty grade where there is none."""
ZERO = Decimal(0)


def period_of(cycle: Cycle) -> Period:
    """The days of a cycle."""
    return Period(label=cycle.label, start=cycle.start, end=cycle.end)


def runs_around(cycles: Iterable[Cycle]) -> list[Run]:
    """The complete runs of the periods of cycles and of those just before, the newest first; one query."""
    spans = [period_of(one) for one in cycles]
    starts = {one.start for one in spans} | {one.previous().start for one in spans}
    return list(complete_runs().filter(start__in=starts)) if starts else []


def speaking(cycles: Iterable[Cycle], known: Sequence[Run] | None = None) -> dict[int, Run]:
    """Cycle → the run that speaks for it. An archived cycle keeps the run that closed it."""
    cycles = list(cycles)
    known = runs_around(cycles) if known is None else known
    found: dict[int, Run] = {}
    for cycle in cycles:
        closed = cycle.run if cycle.state == Cycle.State.CLOSED else None
        run = closed or _newest(cycle, period_of(cycle), known)
        if run is not None:
            found[cycle.pk] = run
    return found


def speaking_before(cycles: Iterable[Cycle], known: Sequence[Run]) -> dict[int, Run]:
    """Cycle → the run that speaks for the period just before."""
    found = {one.pk: _newest(one, period_of(one).previous(), known) for one in cycles}
    return {cycle: run for cycle, run in found.items() if run is not None}


def _newest(cycle: Cycle, span: Period, known: Sequence[Run]) -> Run | None:
    covered = {cycle.department_id, *cycle.departments}
    return next(
        (
            run
            for run in known
            if (run.start, run.end) == (span.start, span.end)
            and (not run.departments or covered.intersection(run.departments))
        ),
        None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Somebody's result in the run that speaks (``card``), and what the next run will make of it."""

    card: Card
    scheme: Scheme
    total: Decimal | None
    grade: str

    @property
    def changes(self) -> bool:
        """Whether the next run will show something else than the one that speaks."""
        return (self.total, self.grade) != (self.card.total, self.card.grade)

    @property
    def letters(self) -> tuple[str, ...]:
        """The grades of the scheme, best first."""
        return self.scheme.grades.grades

    @property
    def is_lowest(self) -> bool:
        return bool(self.grade) and self.grade == self.letters[-1]


Decisions = Mapping[str, Sequence[Decision]]
"""Employee number → what was decided, in its order."""


def standings(run: Run, employees: Collection[int], decisions: Decisions) -> dict[int, Standing]:
    """Employee → result, with what ``decisions`` will make of it. The others of the group are computed along: under a
    ranked quota a change of one moves the others."""
    return foreseen(run, list(cards_beside([run.pk], employees)), decisions)


def foreseen(run: Run, cards: Sequence[Card], decisions: Decisions) -> dict[int, Standing]:
    """The same for cards at hand, which must hold everybody who is graded together."""
    inputs = pinned.inputs_of(run)
    pins = {one.person: one.decisions for one in inputs.people}
    found: dict[int, Standing] = {}
    groups: dict[tuple[int, str], list[Card]] = {}
    for card in cards:
        groups.setdefault((card.department_id, card.scheme), []).append(card)
    for (_department, identifier), members in groups.items():
        scheme = pinned.scheme_of(inputs, identifier)
        found |= _group(scheme, members, pins, decisions)
    return found


def _group(
    scheme: Scheme, members: Sequence[Card], pins: Mapping[str, Sequence[Decision]], decisions: Decisions
) -> dict[int, Standing]:
    if all(_same(pins.get(one.employee.number, ()), decisions.get(one.employee.number, ())) for one in members):
        return {one.employee_id: Standing(card=one, scheme=scheme, total=one.total, grade=one.grade) for one in members}
    by_number = {one.employee.number: one for one in members}
    totals = {number: decided(earned(one), decisions.get(number, ()))[0] for number, one in by_number.items()}
    limits = {number: limit for number, one in by_number.items() if (limit := _limit(one, scheme.grades.grades))}
    graded = grades.grade(scheme.grades, totals, at_best=limits)
    return {
        one.employee_id: Standing(
            card=one, scheme=scheme, total=totals[number],
            grade=_regraded(graded[number], decisions.get(number, ()), scheme.grades.grades),
        )
        for number, one in by_number.items()
    }  # fmt: skip


def _regraded(graded: Graded, decisions: Sequence[Decision], letters: Sequence[str]) -> str:
    known = [one for one in decisions if one.grade is None or one.grade in letters]
    return regraded(graded, known, letters).grade or ""


def _same(pinned_ones: Sequence[Decision], wanted: Sequence[Decision]) -> bool:
    return [(one.source, one.number) for one in pinned_ones] == [(one.source, one.number) for one in wanted]


def earned(card: Card) -> Decimal | None:
    """The total before anything was decided: what the first decision of the run was added to."""
    for rule, given, gives in card.because:
        if rule == "decision.points":
            after, points = Decimal(gives), Decimal(dict(given)["points"])
            others = sum((one.points for one in card.adjustments.all()), ZERO)
            return after - points if after > 0 else max(ZERO, Decimal(card.subtotal) + others)
    total: Decimal | None = card.total
    return total


def _limit(card: Card, letters: Sequence[str]) -> str:
    """The best grade that vetoes allow, empty without one."""
    effects = [gives for rule, _given, gives in card.because if rule == "veto.rule" and gives != ZERO_EFFECT]
    known = [effect for effect in effects if effect in letters]
    return max(known, key=letters.index) if known else ""
