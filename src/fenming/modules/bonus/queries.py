"""Reads of pools and bonuses. The scope is applied here, once."""

from datetime import date
from decimal import Decimal

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.modules.bonus.models import Allotment, Amount, Pool
from fenming.modules.people.queries.reach import within


def pools(start: date, end: date) -> dict[str, Decimal]:
    """Department code → pool of the period."""
    return dict(Pool.objects.filter(start=start, end=end).values_list("department__code", "amount"))


def amounts(run: Run, scope: Scope) -> dict[int, Amount]:
    """Employee → bonus in a run."""
    found = Amount.objects.filter(within(scope, department="allotment__department"), allotment__run=run)
    return {one.employee_id: one for one in found}


def amount_of(run: Run, employee: int) -> Amount | None:
    """One person's bonus in a run; whoever asks has the right to the person's scorecard."""
    return Amount.objects.filter(allotment__run=run, employee=employee).select_related("allotment").first()


def allotment(run: Run, department: int) -> Allotment | None:
    """How a department's pool was divided in a run."""
    return Allotment.objects.filter(run=run, department=department).first()
