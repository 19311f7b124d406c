"""What every day brings to cycles: those that open themselves, who came and left, steps that have done their time."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from fenming.controls.operations import SYSTEM
from fenming.library.text import Refusal
from fenming.modules.cycles.models import Cycle, Owner, Step, Task
from fenming.modules.cycles.operations.steps import advance, open_cycle, refresh
from fenming.modules.cycles.queries.plans import Planned, dates, own_or_inherited, period_at, plans
from fenming.modules.people.queries.calendar import WorkingDays, working_days_around
from fenming.modules.people.queries.line import parents_of_departments
from fenming.rules.periods import Period


def open_due() -> int:
    """Open the cycles that open themselves and whose first step has come; how many that were.

    A department with a plan of its own always; one under the company's plan if it had a cycle of the period before.
    """
    today, opened = timezone.localdate(), 0
    days = working_days_around(today, today + timedelta(days=370))
    for department, plan in _opening_themselves():
        for period in _due_periods(plan, days):
            before = period.previous()
            known = Cycle.objects.exclude(state=Cycle.State.CANCELLED).filter(department=department)
            follows = plan.department == department or known.filter(start=before.start, end=before.end).exists()
            if not follows or Cycle.objects.filter(department=department, start=period.start, end=period.end).exists():
                continue
            try:
                open_cycle(SYSTEM, department, period)
            except Refusal:
                continue
            opened += 1
    return opened


def _opening_themselves() -> Iterator[tuple[int, Planned]]:
    known, parents = plans(), parents_of_departments()
    for department in parents:
        plan = own_or_inherited(department, known, parents)
        if plan.opens_itself:
            yield department, plan


def _due_periods(plan: Planned, days: WorkingDays) -> Iterator[Period]:
    """This period and the next one, if the first step of it opens today or before."""
    today = timezone.localdate()
    now = period_at(plan.rhythm, today)
    for period in (now, period_at(plan.rhythm, now.end)):
        first = min((opens for _, opens, _ in dates(plan.taken(), period, days)), default=None)
        if first and first <= today:
            yield period


def refresh_all() -> int:
    """Bring every cycle under way in step with the company; how many people came, went or got another reviewer."""
    changed = 0
    for cycle in Cycle.objects.filter(state=Cycle.State.OPEN).order_by("id"):
        done = refresh(SYSTEM, cycle)
        changed += done.gone + done.come + done.handed
    return changed


def go_on() -> int:
    """End the steps that everybody has done, once the day of the next one has come; how many that were."""
    today, ended = timezone.localdate(), 0
    open_steps = Step.objects.filter(
        state=Step.State.OPEN, cycle__state=Cycle.State.OPEN, owner__in=(Owner.EMPLOYEE, Owner.REVIEWER)
    )
    for step in open_steps.exclude(tasks__state=Task.State.OPEN).order_by("cycle", "position"):
        following = Step.objects.filter(cycle=step.cycle_id, state=Step.State.WAITING, position__gt=step.position)
        opens = following.order_by("position").values_list("opens", flat=True).first()
        if opens and opens <= today and step.tasks.exists():
            advance(SYSTEM, step)
            ended += 1
    return ended
