"""One cycle: its steps with who is behind, and its people with the state of each step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.models import Work
from fenming.controls.scope import Scope
from fenming.modules.cycles.models import Cycle, Participant, Step, StepKind, Task
from fenming.modules.cycles.queries.board import MARK, Row, rows_of
from fenming.modules.cycles.queries.plans import BESIDE
from fenming.modules.cycles.queries.reach import in_reach, visible_cycles

WHY = {
    "manager": _("direct manager"),
    "above": _("next above the manager"),
    "head": _("head of department"),
    "named": _("named by HR"),
    "": _("nobody yet"),
}
GONE = {"left": _("has left"), "moved": _("moved to another department")}
STATES = ("open", "late", "done", "none", "gone")
"""Which people of a cycle: with something open, late, with nothing open, without a reviewer, taken out of it."""


def cycle_at(scope: Scope, pk: int) -> Cycle | None:
    """A cycle that a scope sees."""
    return visible_cycles(scope).select_related("department", "head", "run", "opened_by").filter(pk=pk).first()


def course(scope: Scope, cycle: Cycle) -> Row:
    """Its steps as on the board."""
    return rows_of(scope, [cycle])[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which people of a cycle."""

    q: str = ""
    state: str = ""
    kind: str = ""


def people(scope: Scope, cycle: Cycle, asked: Asked) -> QuerySet[Participant]:
    """Those of its people who are asked for."""
    found = Participant.objects.filter(in_reach(scope), cycle=cycle).select_related("employee", "reviewer")
    found = found.exclude(removed_at=None) if asked.state == "gone" else found.filter(removed_at=None)
    open_tasks = Task.objects.filter(participant=OuterRef("pk"), state=Task.State.OPEN)
    if asked.kind:
        open_tasks = open_tasks.filter(step__kind=asked.kind)
    if asked.state == "open":
        found = found.filter(Exists(open_tasks))
    elif asked.state == "late":
        found = found.filter(Exists(open_tasks.filter(due__lt=timezone.localdate())))
    elif asked.state == "done":
        found = found.exclude(Exists(open_tasks))
    elif asked.state == "none":
        found = found.filter(reviewer=None)
    if text := asked.q.strip().replace("\0", "").lower():
        found = found.filter(Q(employee__search__contains=text) | Q(reviewer__search__contains=text))
    return found.order_by("employee__number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How a step of a person stands: done, waived, open, late, or blank before it opens."""

    kind: str
    name: str
    icon: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A person of a cycle with a mark for each step that people do one by one."""

    place: Participant
    marks: list[Mark]

    @property
    def why(self) -> str:
        """Why it is this reviewer; or why the person is no longer in the cycle."""
        if self.place.removed_at:
            return str(GONE.get(self.place.removed_why, self.place.removed_why))
        return str(WHY.get(self.place.reviewer_why, ""))


def lines(steps: Sequence[Step], places: Sequence[Participant]) -> list[Line]:
    """The people with the state of each step, in one query."""
    today = timezone.localdate()
    states: dict[tuple[int | None, int], str] = {}
    for task in Task.objects.filter(participant__in=[one.pk for one in places], step__in=[one.pk for one in steps]):
        late = task.state == Task.State.OPEN and task.due < today
        states[task.participant_id, task.step_id] = "late" if late else str(task.state)
    return [
        Line(
            place=one,
            marks=[
                Mark(
                    kind=step.kind, name=str(StepKind(step.kind).label), icon=MARK[StepKind(step.kind)],
                    state=states.get((one.pk, step.pk), "blank"),
                )
                for step in steps
            ],
        )
        for one in places
    ]  # fmt: skip


def last_ended(row: Row) -> int | None:
    """The step that ended last: the only one that can be taken up again."""
    return next((one.step.pk for one in reversed(row.taken) if one.is_over), None)


def closing_work(cycle: Cycle) -> Work | None:
    """The background work that archives a cycle, or archived it."""
    return Work.objects.filter(pk=cycle.work).defer("traceback").first() if cycle.work else None


def is_archiving(work: Work | None) -> bool:
    """Whether the archiving waits or runs."""
    return work is not None and work.state in (Work.State.QUEUED, Work.State.RUNNING)


def manages(scope: Scope, cycle: Cycle) -> bool:
    """Whether a scope holds the whole cycle: seeing some of its people is not enough to lead it."""
    return scope.everything or cycle.department_id in scope.departments


ENDED = (Step.State.DONE, Step.State.SKIPPED)


def to_open(steps: Iterable[Step]) -> list[Step]:
    """Of a cycle's steps in their order, those whose turn it is: the first that waits, and what goes beside it."""
    found: list[Step] = []
    under_way: set[str] = set()
    for step in steps:
        if step.state in ENDED:
            continue
        if step.state == Step.State.WAITING:
            if under_way and BESIDE.get(StepKind(step.kind)) not in under_way:
                break
            found.append(step)
        under_way.add(step.kind)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What the end of a step would bring."""

    open_tasks: int
    people: int
    following: list[Step]


def consequence(scope: Scope, cycle: Cycle, step: Step) -> Consequence:
    """How much is still open at a step, and what opens once it has ended."""
    left = Task.objects.filter(step=step, state=Task.State.OPEN).exclude(participant=None)
    steps = list(cycle.steps.order_by("position"))
    for one in steps:
        if one.pk == step.pk:
            one.state = Step.State.DONE
    return Consequence(
        open_tasks=left.count(),
        people=cycle.participants.filter(removed_at=None).count(),
        following=to_open(steps) if step.state == Step.State.OPEN else [],
    )
