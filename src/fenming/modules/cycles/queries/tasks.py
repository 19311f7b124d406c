"""What is open, as a list to be worked through: who, for whom, at which step, how late."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.modules.cycles.models import Cycle, Step, Task
from fenming.modules.cycles.queries.board import tasks_in_reach
from fenming.modules.cycles.queries.reach import visible_cycles


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which open tasks."""

    label: str = ""
    cycle: int = 0
    kind: str = ""
    late: bool = False
    q: str = ""


def open_tasks(scope: Scope, wanted: Wanted) -> QuerySet[Task]:
    """The open tasks of steps under way, the longest overdue first."""
    found = tasks_in_reach(scope).filter(state=Task.State.OPEN, step__state=Step.State.OPEN)
    if wanted.label:
        found = found.filter(step__cycle__label=wanted.label)
    if wanted.cycle:
        found = found.filter(step__cycle=wanted.cycle)
    if wanted.kind:
        found = found.filter(step__kind=wanted.kind)
    if wanted.late:
        found = found.filter(due__lt=timezone.localdate())
    if text := wanted.q.strip().replace("\0", "").lower():
        found = found.filter(Q(assignee__search__contains=text) | Q(participant__employee__search__contains=text))
    return found.select_related(
        "step__cycle__department", "participant__employee", "participant__cycle", "assignee"
    ).order_by("due", "step__cycle", "assignee__number", "id")  # fmt: skip


def chosen_tasks(scope: Scope, ids: list[int]) -> list[int]:
    """Those of the ids that a scope reaches and that are open."""
    found = tasks_in_reach(scope).filter(pk__in=ids, state=Task.State.OPEN, step__state=Step.State.OPEN)
    return list(found.values_list("id", flat=True))


def days_late(task: Task, today: date) -> int:
    return max((today - task.due).days, 0)


def step_in_reach(scope: Scope, pk: int) -> Step | None:
    """A step of a cycle that a scope sees."""
    found = Step.objects.filter(pk=pk, cycle__in=visible_cycles(scope).values("id"))
    return found.select_related("cycle__department").first()


def participants_of_tasks(scope: Scope, ids: list[int]) -> list[int]:
    """The participants whom tasks are about, as far as a scope reaches."""
    found = tasks_in_reach(scope).filter(pk__in=ids, participant__isnull=False)
    return list(found.order_by().values_list("participant", flat=True).distinct())


def tasks_of(employee: int, step: Step) -> bool:
    """Whether somebody has, or had, something to do at a step."""
    return Task.objects.filter(step=step, assignee=employee).exists()


def periods(scope: Scope) -> list[tuple[str, str]]:
    """The periods with a cycle under way."""
    found = visible_cycles(scope).filter(state=Cycle.State.OPEN).order_by("-start")
    return [(one, one) for one in dict.fromkeys(found.values_list("label", flat=True))]


def departments_at_work(scope: Scope) -> list[tuple[int, str]]:
    """The cycles under way, by department and period."""
    found = visible_cycles(scope).filter(state=Cycle.State.OPEN).order_by("department__position", "-start")
    return [(one.pk, f"{one.department.name} {one.label}") for one in found]
