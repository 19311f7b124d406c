"""The board of a period: every cycle in reach as a row, its steps as cells, and where each hangs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.modules.cycles.models import Cycle, Participant, Step, StepKind, Task
from fenming.modules.cycles.queries.reach import in_reach, visible_cycles

SOON = timedelta(days=3)
NAMED = 3
TOP = 300
"""How many of those with the most late tasks are looked at for the names on the board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a step is shown."""

    icon: str


LOOKS = {
    StepKind.GOALS: Look(icon="target"),
    StepKind.TRACKING: Look(icon="route"),
    StepKind.DATA: Look(icon="database"),
    StepKind.SELF_REVIEW: Look(icon="writing"),
    StepKind.MANAGER_REVIEW: Look(icon="user-check"),
    StepKind.CALIBRATION: Look(icon="adjustments"),
    StepKind.LETTER: Look(icon="mail"),
    StepKind.INTERVIEW: Look(icon="messages"),
    StepKind.CONFIRM: Look(icon="signature"),
    StepKind.ARCHIVE: Look(icon="archive"),
    StepKind.IMPROVEMENT: Look(icon="trending-up"),
}
MARK = {kind: look.icon for kind, look in LOOKS.items()}


def tasks_in_reach(scope: Scope) -> QuerySet[Task]:
    """The tasks about people whom a scope reaches, and those of whole departments whose cycles it sees."""
    found = Task.objects.exclude(step__cycle__state=Cycle.State.CANCELLED)
    if scope.everything:
        return found
    theirs = Participant.objects.filter(in_reach(scope))
    whole = Q(participant=None, step__cycle__department__in=scope.departments)
    return found.filter(Q(participant__in=theirs) | whole)


@dataclass(slots=True, kw_only=True)
class Cell:
    """A step of a cycle: how many of its tasks are done, and how many are late."""

    step: Step
    done: int = 0
    of: int = 0
    late: int = 0
    waived: int = 0

    @property
    def kind(self) -> str:
        return str(self.step.kind)

    @property
    def icon(self) -> str:
        return MARK[StepKind(self.step.kind)]

    @property
    def left(self) -> int:
        return self.of - self.done

    @property
    def percent(self) -> int:
        """Never 100 while something is open."""
        return self.done * 100 // self.of if self.of else 100 if self.is_over else 0

    @property
    def is_over(self) -> bool:
        return self.step.state in (Step.State.DONE, Step.State.SKIPPED)

    @property
    def state(self) -> str:
        """done, skipped, waiting, late, soon or open: how it is drawn."""
        if self.step.state != Step.State.OPEN:
            return str(self.step.state)
        today = timezone.localdate()
        if self.late or (self.step.due < today and not self.of):
            return "late"
        return "soon" if self.step.due <= today + SOON else "open"

    @property
    def tone(self) -> str:
        return {"late": "coral", "soon": "amber", "done": "brand", "open": "blue"}.get(self.state, "slate")

    @property
    def days_late(self) -> int:
        return max((timezone.localdate() - self.step.due).days, 0)

    @property
    def days_left(self) -> int:
        return max((self.step.due - timezone.localdate()).days, 0)


@dataclass(slots=True, kw_only=True)
class Hanging:
    """Somebody whose tasks at a step are late."""

    name: str
    count: int


@dataclass(slots=True, kw_only=True)
class Row:
    """A cycle on the board."""

    cycle: Cycle
    cells: list[Cell | None]
    """In the order of the board's columns; None where the cycle does not take a step."""
    people: int = 0
    without_reviewer: int = 0
    hanging: list[Hanging] = field(default_factory=list)
    more_hanging: int = 0

    @property
    def taken(self) -> list[Cell]:
        return [one for one in self.cells if one]

    @property
    def now(self) -> Cell | None:
        """The step that it is at: the first open one, else the first that waits."""
        return next((one for one in self.taken if one.step.state == Step.State.OPEN), None)

    @property
    def late(self) -> int:
        return sum(one.late for one in self.taken)

    @property
    def percent(self) -> int:
        """The share of its steps that are over."""
        return sum(one.is_over for one in self.taken) * 100 // len(self.taken) if self.taken else 0

    @property
    def over(self) -> int:
        return sum(one.is_over for one in self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    kind: str
    name: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All cycles of a period."""

    label: str
    periods: list[str]
    columns: list[Column]
    rows: list[Row]
    archived: int
    people: int
    late: int
    late_people: int
    soon: int
    done: int
    of: int
    uncovered: int = 0

    @property
    def percent(self) -> int:
        return self.done * 100 // self.of if self.of else 0

    @property
    def archived_percent(self) -> int:
        return self.archived * 100 // len(self.rows) if self.rows else 0


def board(scope: Scope, asked: str = "") -> Board | None:
    """The board of the period asked for, else of the newest one with a cycle under way; None without any cycle."""
    cycles = visible_cycles(scope)
    found = list(
        cycles.order_by().values("label", "start", "end").annotate(
            under_way=Count("id", filter=Q(state=Cycle.State.OPEN)), at=Max("start")
        ).order_by("-start", "end")
    )  # fmt: skip
    if not found:
        return None
    chosen = next((one for one in found if one["label"] == asked), None)
    chosen = chosen or next((one for one in found if one["under_way"]), found[0])
    here = cycles.filter(start=chosen["start"], end=chosen["end"]).select_related("department", "head")
    rows = rows_of(scope, list(here.order_by("department__position", "department_id")))
    kinds = {cell.kind for row in rows for cell in row.taken}
    late_people, soon = _people_behind(scope, [row.cycle for row in rows])
    return Board(
        label=chosen["label"],
        periods=[one["label"] for one in found],
        columns=[Column(kind=kind, name=str(kind.label), icon=MARK[kind]) for kind in StepKind if kind in kinds],
        rows=_aligned(rows, [kind for kind in StepKind if kind in kinds]),
        archived=sum(row.cycle.state == Cycle.State.CLOSED for row in rows),
        people=sum(row.people for row in rows),
        late=sum(row.late for row in rows),
        late_people=late_people,
        soon=soon,
        done=sum(cell.done for row in rows for cell in row.taken),
        of=sum(cell.of for row in rows for cell in row.taken),
    )


def rows_of(scope: Scope, cycles: Sequence[Cycle]) -> list[Row]:
    """The cycles with their steps, in four queries however many there are."""
    cells: dict[int, list[Cell]] = defaultdict(list)
    counts = _counts(scope, cycles)
    for step in Step.objects.filter(cycle__in=cycles).order_by("cycle", "position"):
        cells[step.cycle_id].append(Cell(step=step, **counts.get(step.pk, {})))
    people = _people(scope, cycles)
    hanging = _hanging(scope, cycles)
    found = []
    for one in cycles:
        number, without = people.get(one.pk, (0, 0))
        names = hanging.get(one.pk, [])
        found.append(
            Row(
                cycle=one, cells=list(cells[one.pk]), people=number, without_reviewer=without,
                hanging=names[:NAMED], more_hanging=max(len(names) - NAMED, 0),
            )
        )  # fmt: skip
    return found


def _aligned(rows: list[Row], kinds: Sequence[str]) -> list[Row]:
    for row in rows:
        by_kind = {cell.kind: cell for cell in row.taken}
        row.cells = [by_kind.get(kind) for kind in kinds]
    return rows


def _counts(scope: Scope, cycles: Iterable[Cycle]) -> Mapping[int, dict[str, int]]:
    """Step → how many of its tasks there are, done, waived and late."""
    is_open = Q(state=Task.State.OPEN)
    rows = tasks_in_reach(scope).filter(step__cycle__in=cycles).order_by().values("step").annotate(
        of=Count("id"),
        done=Count("id", filter=~is_open),
        waived=Count("id", filter=Q(state=Task.State.WAIVED)),
        late=Count("id", filter=is_open & Q(due__lt=timezone.localdate())),
    )  # fmt: skip
    return {row.pop("step"): row for row in rows}  # type: ignore[misc]


def _people(scope: Scope, cycles: Iterable[Cycle]) -> dict[int, tuple[int, int]]:
    rows = Participant.objects.filter(in_reach(scope), cycle__in=cycles, removed_at=None).order_by()
    counted = rows.values("cycle").annotate(people=Count("id"), without=Count("id", filter=Q(reviewer=None)))
    return {row["cycle"]: (row["people"], row["without"]) for row in counted}


def _hanging(scope: Scope, cycles: Iterable[Cycle]) -> dict[int, list[Hanging]]:
    """Cycle → those with late tasks, the most first."""
    rows = late_tasks(scope).filter(step__cycle__in=cycles).order_by().values(
        "step__cycle", "assignee", "assignee__name"
    ).annotate(count=Count("id"), since=Min("due")).order_by("-count", "since", "assignee")[:TOP]  # fmt: skip
    found: dict[int, list[Hanging]] = defaultdict(list)
    for row in rows:
        found[row["step__cycle"]].append(Hanging(name=row["assignee__name"] or "", count=row["count"]))
    return found


def late_tasks(scope: Scope, today: date | None = None) -> QuerySet[Task]:
    """What should have been done before today, of cycles that run."""
    behind = tasks_in_reach(scope).filter(state=Task.State.OPEN, step__state=Step.State.OPEN)
    return behind.filter(due__lt=today or timezone.localdate())


def _people_behind(scope: Scope, cycles: Iterable[Cycle]) -> tuple[int, int]:
    """How many people are late, and how many tasks are due within days."""
    today = timezone.localdate()
    open_ones = tasks_in_reach(scope).filter(state=Task.State.OPEN, step__state=Step.State.OPEN, step__cycle__in=cycles)
    found: dict[str, Any] = open_ones.aggregate(
        people=Count("assignee", distinct=True, filter=Q(due__lt=today)),
        soon=Count("id", filter=Q(due__gte=today, due__lte=today + SOON)),
    )
    return found["people"], found["soon"]
