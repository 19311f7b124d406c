"""The calibration of a period: everybody's result across departments, how grades spread, and who changed what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects
from django.http import QueryDict

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.drawing import strips
from fenming.drawing.strips import Strip
from fenming.modules.cycles.models import Calibration, Cycle, Letter, Participant, Step, StepKind
from fenming.modules.cycles.queries.decisions import ByNumber, decisions_in
from fenming.modules.cycles.queries.distribution import Graded, Spread, spreads
from fenming.modules.cycles.queries.reach import visible_participants
from fenming.modules.cycles.queries.results import Standing, foreseen, runs_around, speaking, speaking_before
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import cards_beside, cards_of
from fenming.rules.decisions import Decision

Card = Any
SHOWN = 2
"""How many strengths and gaps are named."""
LEAST_LOST = Decimal("0.5")
ORDERS = ("total", "number", "department", "change")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom somebody sees in calibrations, and whose results one may change: never one's own."""

    sees: Scope
    changes: Scope
    employee: int | None
    reviews: bool

    def people(self) -> QuerySet[Participant]:
        """Everybody in reach: by scope, whom one reviews, and the people of the cycles that one heads."""
        found = visible_participants(self.sees, reviewer=self.employee if self.reviews else None)
        if self.employee is None or not self.reviews:
            return found
        headed = Participant.objects.filter(removed_at=None, cycle__head=self.employee)
        return found | headed.exclude(cycle__state=Cycle.State.CANCELLED).select_related(
            "employee", "cycle", "cycle__department", "reviewer"
        )

    def cycles(self) -> QuerySet[Cycle]:
        """The cycles in which somebody is in reach, the latest period first."""
        theirs = self.people().order_by().values("cycle")
        return Cycle.objects.filter(pk__in=theirs).select_related("department", "run").order_by("-start", "-end", "id")

    def changeable(self) -> set[int] | None:
        """The participants whose results one may change; None: everybody but oneself."""
        if self.changes.everything:
            return None
        mine = Participant.objects.filter(removed_at=None).filter(self._may())
        return set(mine.values_list("id", flat=True))

    def may_change(self, participant: Participant) -> bool:
        if participant.employee_id == self.employee:
            return False
        return Participant.objects.filter(pk=participant.pk).filter(self._may()).exists()

    def _may(self) -> Q:
        reached = Q(pk__in=visible_participants(self.changes).order_by().values("pk"))
        return reached | Q(cycle__head=self.employee) if self.employee and self.reviews else reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody in the list."""

    participant: Participant
    standing: Standing | None
    before: Card | None
    changes: list[Calibration]
    may: bool
    told: bool
    """Whether the letter was issued: results that were told are corrected by an appeal, not here."""

    @property
    def calibrated(self) -> bool:
        return any(one.undoes_id is None and not is_undone(one) for one in self.changes)


def is_undone(one: Calibration) -> bool:
    """Whether another row undoes this one."""
    return hasattr(one, "undone_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The totals of a department or of a reviewer's people, on one axis with all the others."""

    name: str
    people: int
    strip: Strip
    mean: Decimal
    away: Decimal
    """How far the mean lies from everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A period under calibration."""

    label: str
    period: str
    start: date
    end: date
    periods: list[tuple[str, str]]
    cycles: list[Cycle]
    steps: Mapping[int, Step]
    runs: Mapping[int, Run]
    rows: list[Row]
    spreads: list[Spread]
    groups: list[Group]
    low: int
    high: int
    mean: Decimal | None

    @property
    def pending(self) -> int:
        """How many results the next run will change."""
        return sum(one.standing is not None and one.standing.changes for one in self.rows)

    @property
    def changed(self) -> int:
        return sum(one.calibrated for one in self.rows)

    @property
    def without(self) -> int:
        return sum(one.standing is None or one.standing.total is None for one in self.rows)

    @property
    def middle(self) -> Decimal | None:
        """Everybody's mean, in per cent of the axis."""
        return None if self.mean is None else (self.mean - self.low) / Decimal(self.high - self.low) * 100

    @property
    def mixed(self) -> bool:
        """Whether the people come from several departments."""
        return len(self.cycles) > 1


def board(reach: Reach, given: QueryDict) -> Board | None:
    """The period asked for, else the newest that has results; None where nobody is in reach."""
    every = list(reach.cycles())
    if not every:
        return None
    asked = [one for one in every if str(one.pk) == given.get("cycle", "")]
    asked = asked or [one for one in every if one.label == given.get("period", "")]
    known = runs_around(every)
    runs = speaking(every, known)
    scored = [one for one in every if one.pk in runs]
    first = (asked or scored or every)[0]
    cycles = [one for one in every if (one.start, one.end) == (first.start, first.end)]
    chosen = [one for one in cycles if one.department.code == given.get("department", "")] or cycles
    people = list(
        _with_told(reach.people().filter(cycle__in=chosen)).order_by("cycle__department_id", "employee__number")
    )
    rows = _rows(reach, chosen, people, known)
    totals = [one.standing.total for one in rows if one.standing and one.standing.total is not None]
    low, high = _axis(totals)
    mean = sum(totals, Decimal(0)) / len(totals) if totals else None
    by_reviewer = given.get("by", "") == "reviewer"
    return Board(
        label=first.label,
        period=period_name(first),
        start=first.start,
        end=first.end,
        periods=list({one.label: period_name(one) for one in every}.items()),
        cycles=cycles,
        steps={one.cycle_id: one for one in Step.objects.filter(cycle__in=cycles, kind=StepKind.CALIBRATION)},
        runs={one.pk: runs[one.pk] for one in chosen if one.pk in runs},
        rows=rows,
        spreads=spread_of(rows),
        groups=_groups(rows, low, high, mean, by_reviewer=by_reviewer),
        low=low,
        high=high,
        mean=mean,
    )


def period_name(cycle: Cycle) -> str:
    """2026年10月, or the label where the period is no whole month."""
    return wording.period_name(Run(label=cycle.label, start=cycle.start, end=cycle.end))


def _with_told(found: QuerySet[Participant]) -> QuerySet[Participant]:
    """With ``told``: whether a letter was issued."""
    return found.annotate(told=Exists(Letter.objects.filter(participant=OuterRef("pk"))))


def _rows(reach: Reach, cycles: Sequence[Cycle], people: Sequence[Participant], known: Sequence[Run]) -> list[Row]:
    runs = speaking(cycles, known)
    standing = standings_in(people, runs, decisions_in([one.pk for one in cycles]))
    before = _before(cycles, people, known)
    changes = history(people)
    may = reach.changeable()
    open_ones = {one.pk for one in cycles if one.state == Cycle.State.OPEN}
    return [
        Row(
            participant=one,
            standing=standing.get(one.pk),
            before=before.get(one.employee_id),
            changes=changes.get(one.pk, []),
            may=(may is None or one.pk in may) and one.employee_id != reach.employee and one.cycle_id in open_ones,
            told=bool(getattr(one, "told", False)),
        )
        for one in people
    ]


def standings_in(
    people: Iterable[Participant], runs: Mapping[int, Run], decisions: Mapping[int, ByNumber]
) -> dict[int, Standing]:
    """Participant → result, of several cycles; one query for the cards of each half, whatever the number of cycles."""
    people = [one for one in people if one.cycle_id in runs]
    employees = {one.employee_id for one in people}
    numbers = {run.pk: run for run in runs.values()}
    cards: dict[int, list[Card]] = {}
    for card in cards_beside(list(numbers), employees) if people else ():
        cards.setdefault(card.run_id, []).append(card)
    found: dict[int, Standing] = {}
    decided: dict[int, dict[str, Sequence[Decision]]] = {}
    for cycle, run in runs.items():
        decided.setdefault(run.pk, {}).update(decisions.get(cycle, {}))
    by_run = {run: foreseen(numbers[run], some, decided[run]) for run, some in cards.items()}
    for one in people:
        standing = by_run.get(runs[one.cycle_id].pk, {}).get(one.employee_id)
        if standing is not None:
            found[one.pk] = standing
    return found


def _before(cycles: Sequence[Cycle], people: Sequence[Participant], known: Sequence[Run]) -> dict[int, Card]:
    """Employee → the card of the period before."""
    runs = {run.pk for run in speaking_before(cycles, known).values()}
    return {card.employee_id: card for card in cards_of(runs, {one.employee_id for one in people})} if runs else {}


def history(people: Iterable[Participant]) -> dict[int, list[Calibration]]:
    """Participant → the changes of the result, the first first."""
    found: dict[int, list[Calibration]] = {}
    rows = Calibration.objects.filter(participant__in=[one.pk for one in people])
    for one in rows.select_related("author__employee", "undone_by", "participant__employee").order_by("id"):
        found.setdefault(one.participant_id, []).append(one)
    return found


def spread_of(rows: Iterable[Row], instead: Mapping[int, str] | None = None) -> list[Spread]:
    """How the grades spread; ``instead`` tries other grades, by participant."""
    other = instead or {}
    return spreads(
        Graded(
            department=one.participant.cycle.department.name,
            grade=other.get(one.participant.pk, one.standing.grade),
            scheme=one.standing.scheme,
        )
        for one in rows
        if one.standing and one.standing.grade
    )


def _axis(totals: Sequence[Decimal]) -> tuple[int, int]:
    """Tens around all totals."""
    if not totals:
        return 0, 100
    low, high = int(min(totals) // 10) * 10, int(max(totals) // 10) * 10 + 10
    return low, high


def _groups(
    rows: Sequence[Row], low: int, high: int, mean: Decimal | None, *, by_reviewer: bool
) -> list[Group]:  # fmt: skip
    totals: dict[str, list[Decimal]] = {}
    for one in rows:
        if one.standing is None or one.standing.total is None:
            continue
        reviewer = one.participant.reviewer
        name = (reviewer.name if reviewer else "—") if by_reviewer else one.participant.cycle.department.name
        totals.setdefault(name, []).append(one.standing.total)
    return [
        Group(
            name=name,
            people=len(some),
            strip=strips.strip(some, low, high),
            mean=sum(some, Decimal(0)) / len(some),
            away=sum(some, Decimal(0)) / len(some) - (mean or Decimal(0)),
        )
        for name, some in totals.items()
    ]


# The list


def ordered(rows: list[Row], order: str) -> list[Row]:
    """Rows as asked; who has no total stands last."""
    by = order.removeprefix("-")
    if by == "number":
        return sorted(rows, key=lambda one: one.participant.employee.number, reverse=order.startswith("-"))
    known = [one for one in rows if one.standing and one.standing.total is not None]
    rest = [one for one in rows if not (one.standing and one.standing.total is not None)]
    return [*sorted(known, key=lambda one: _total(one), reverse=order != "total"), *rest]


def _total(row: Row) -> Decimal:
    return row.standing.total if row.standing and row.standing.total is not None else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What somebody did best and where most points were lost, in words."""

    strengths: list[str]
    gaps: list[str]


def points_of(rows: Iterable[Row]) -> dict[int, Points]:
    """Participant → strengths and gaps, by the lines of the present post; one query."""
    known = [(row.participant.pk, row.standing) for row in rows if row.standing]
    prefetch_related_objects([standing.card for _, standing in known], "lines")
    return {pk: _points(standing.card, standing) for pk, standing in known}


def _points(card: Card, standing: Standing) -> Points:
    lines = [line for line in card.lines.all() if line.points is not None]
    last = max((line.span for line in lines), default=0)
    lines = [line for line in lines if line.span == last]
    best = sorted((line for line in lines if line.score >= 100), key=lambda line: (-line.score, -line.weight))
    worst = sorted(lines, key=lambda line: line.points - line.weight)
    definitions = standing.scheme.definitions()

    def said(line: Any) -> str:
        one = definitions.get(line.indicator)
        if one is None:
            return str(line.indicator)
        return f"{one.name.say(wording.speaking())} {wording.quantity(one, line.value, brief=True)}"

    return Points(
        strengths=[said(line) for line in best[:SHOWN]],
        gaps=[said(line) for line in worst[:SHOWN] if line.weight - line.points >= LEAST_LOST],
    )


# One person


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One result with its changes, and the people it is seen among."""

    row: Row
    run: Run | None
    rows: list[Row]
    step: Step | None

    @property
    def participant(self) -> Participant:
        return self.row.participant

    @property
    def seen(self) -> int:
        """The last change that the page shows."""
        return self.row.changes[-1].pk if self.row.changes else 0

    @property
    def spreads(self) -> list[Spread]:
        return spread_of(self.rows)


def case(reach: Reach, number: int) -> Case | None:
    """One participant in reach, beside all of the department who are in reach."""
    participant = reach.people().filter(pk=number).first()
    if participant is None:
        return None
    cycle = participant.cycle
    people = list(_with_told(reach.people().filter(cycle=cycle)).order_by("employee__number"))
    known = runs_around([cycle])
    rows = _rows(reach, [cycle], people, known)
    runs = speaking([cycle], known)
    return Case(
        row=next(one for one in rows if one.participant.pk == number),
        run=runs.get(cycle.pk),
        rows=rows,
        step=Step.objects.filter(cycle=cycle, kind=StepKind.CALIBRATION).first(),
    )


def tried(found: Case, grade: str, points: Decimal | None) -> tuple[Standing | None, list[Spread]]:
    """What a change not yet made would come to, for the person and for the spread of grades."""
    cycle = found.participant.cycle
    if found.run is None or found.row.standing is None:
        return None, []
    decisions = decisions_in([cycle.pk])[cycle.pk]
    number = found.participant.employee.number
    new = Decision(source="calibration", number=0, reason="", points=points, grade=grade or None)
    decisions[number] = [*decisions.get(number, []), new]
    standing = standings_in([one.participant for one in found.rows], {cycle.pk: found.run}, {cycle.pk: decisions})
    instead = {pk: one.grade for pk, one in standing.items()}
    return standing.get(found.participant.pk), spread_of(found.rows, instead)


# Minutes


def minutes(board: Board) -> list[Calibration]:
    """Every change of a period under calibration, in the order in which it was made."""
    return sorted((change for row in board.rows for change in row.changes), key=lambda one: one.pk)


def changes_of(participants: Collection[int]) -> QuerySet[Calibration]:
    """The changes that hold, for letters."""
    return Calibration.objects.filter(participant__in=participants, undoes=None, undone_by=None).order_by("id")
