"""What somebody is shown of one's cycle on other pages: how much of one's place, what is to do, thanks received."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, JSONField, Min, Value

from fenming.modules.cycles.models import Cycle, Plan, Recognition, Step, StepKind, Task
from fenming.modules.cycles.queries.plans import own_or_inherited
from fenming.modules.people.queries.line import parents_of_departments


def shows_rank(department: int, start: date, end: date) -> str:
    """``rank``, ``band`` or ``none``: what the period's cycle over a department says, else its plan."""
    nowhere = Value([], JSONField())
    cycles = Cycle.objects.filter(start=start, end=end).exclude(state=Cycle.State.CANCELLED).order_by()
    plans = Plan.objects.order_by().values_list(Value(1), "department", nowhere, "shows_rank")
    rows = cycles.values_list(Value(0), "department", "departments", "shows_rank").union(plans, all=True)
    planned: dict[int | None, str] = {None: "rank"}
    for of_plan, place, places, shown in rows:
        if of_plan:
            planned[place] = shown
        elif department == place or department in places:
            return str(shown)
    parents = parents_of_departments() if planned.keys() - {None, department} else {}
    return own_or_inherited(department, planned, parents)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """The open tasks of somebody at one step: how many, until when."""

    step: int
    kind: str
    period: str
    count: int
    due: date

    @property
    def name(self) -> str:
        return str(StepKind(self.kind).label)

    @property
    def topic(self) -> str:
        """The topic of the message that goes with it."""
        return f"cycles.{self.kind}"


def to_dos(employee: int) -> list[ToDo]:
    """What somebody has to do now, step by step, the most urgent first; for oneself and for those one reviews."""
    mine = Task.objects.filter(assignee=employee, state=Task.State.OPEN, step__state=Step.State.OPEN)
    rows = (
        mine.exclude(step__cycle__state=Cycle.State.CANCELLED)
        .order_by()
        .values("step", kind=F("step__kind"), period=F("step__cycle__label"))
        .annotate(count=Count("id"), due=Min("due"))
        .order_by("due", "step")
    )
    return [ToDo(**row) for row in rows]


def recognitions(employee: int, start: date, end: date) -> list[Recognition]:
    """The thanks that somebody received in a period and that stand, the latest first."""
    found = Recognition.objects.filter(receiver=employee, withdrawn_at=None, at__date__gte=start, at__date__lt=end)
    return list(found.select_related("giver"))
