"""Reads of pools and bonuses. The scope is applied here, once."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.modules.bonus.models import Adjustment, Allotment, Amount, Pool
from fenming.modules.people.queries.reach import within


def pools(start: date, end: date) -> dict[str, Decimal]:
    """Department code → pool of the period."""
    return dict(Pool.objects.filter(start=start, end=end).values_list("department__code", "amount"))


def amounts(run: Run, scope: Scope) -> dict[int, Amount]:
    """Employee → bonus in a run."""
    found = Amount.objects.filter(within(scope, department="allotment__department"), allotment__run=run)
    return {one.employee_id: one for one in found.select_related("allotment")}


def amount_of(run: Run, employee: int, scope: Scope) -> Amount | None:
    """One person's bonus in a run, if the scope reaches it."""
    found = Amount.objects.filter(within(scope, department="allotment__department"), allotment__run=run)
    return found.filter(employee=employee).select_related("allotment").first()


def adjustments_of(employee: int, run: Run) -> list[Adjustment]:
    """What was made good to a person for a period, and what was paid out with it; whoever asks may see the result."""
    found = Adjustment.objects.filter(~Q(ended="undone"), Q(of=run) | Q(settled_in=run), employee=employee)
    return list(found.select_related("of", "settled_in"))


def adjustments_paid(run: Run, employees: Collection[int]) -> dict[int, list[Adjustment]]:
    """Employee → what a run paid out of corrections of earlier periods."""
    found: dict[int, list[Adjustment]] = {}
    for one in Adjustment.objects.filter(settled_in=run, employee__in=employees).select_related("of"):
        found.setdefault(one.employee_id, []).append(one)
    return found


def allotment(run: Run, department: int) -> Allotment | None:
    """How a department's pool was divided in a run."""
    return Allotment.objects.filter(run=run, department=department).first()


def paid_by_department(runs: Collection[int], scope: Scope) -> dict[tuple[int, int], Decimal]:
    """(run, department) → the bonuses of its people in a run."""
    found = Amount.objects.filter(within(scope, department="allotment__department"), allotment__run__in=runs)
    rows = found.order_by().values_list("allotment__run", "allotment__department").annotate(Sum("amount"))
    return {(run, department): amount for run, department, amount in rows}
