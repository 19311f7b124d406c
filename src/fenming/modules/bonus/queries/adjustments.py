"""Reads of what corrections of closed periods make good."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

from django.db.models import Count, Q, QuerySet, Sum

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.modules.bonus.models import Adjustment
from fenming.modules.people.queries.reach import within
from fenming.modules.schemes.queries.pinned import inputs_of
from fenming.rules.decisions import Decision

ZERO = Decimal(0)
OPEN = Q(settled_in=None, ended="")
HOLDS = ~Q(ended=Adjustment.End.UNDONE)


def adjustments(scope: Scope) -> QuerySet[Adjustment]:
    """Everything ever made good to those whom a scope reaches, the newest first."""
    found = Adjustment.objects.filter(within(scope)).order_by("-id")
    return found.select_related("employee", "department", "of", "run", "settled_in")


def late_source(facts: Mapping[str, int]) -> str:
    """The name of a state of the facts, as the source of adjustments."""
    return f"late_facts:{sha256(repr(sorted(facts.items())).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What earlier corrections of a closed run did for one person: in yuan, by which decisions, upon which facts."""

    amount: Decimal = ZERO
    decisions: tuple[Decision, ...] = ()
    facts: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[int, ...] = ()


def standing(closed: Run, numbers: Collection[str] | None = None) -> dict[str, Standing]:
    """Employee number → what was corrected so far; people without a correction are absent."""
    rows = Adjustment.objects.filter(HOLDS, of=closed).select_related("employee", "run").order_by("id")
    found: dict[str, Standing] = {}
    for row in rows if numbers is None else rows.filter(employee__number__in=numbers):
        number = row.employee.number
        before = found.get(number, Standing())
        person = next(one for one in inputs_of(row.run).people if one.person == number)
        found[number] = Standing(before.amount + row.amount, person.decisions, row.run.facts, (*before.rows, row.pk))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is still to be paid: how many adjustments, for how many people, yuan to pay and to take back."""

    count: int
    people: int
    up: Decimal
    down: Decimal


def open_adjustments(scope: Scope) -> Open:
    """What is not paid yet of those whom a scope reaches; one query."""
    found = Adjustment.objects.filter(within(scope), OPEN).aggregate(
        count=Count("id"),
        people=Count("employee", distinct=True),
        up=Sum("amount", filter=Q(amount__gt=0)),
        down=Sum("amount", filter=Q(amount__lt=0)),
    )
    return Open(count=found["count"], people=found["people"], up=found["up"] or ZERO, down=found["down"] or ZERO)


STATES = {
    "open": OPEN,
    "paid": Q(settled_in__isnull=False) | Q(ended=Adjustment.End.APART),
    "undone": ~HOLDS,
}


def listed(scope: Scope, state: str, q: str) -> QuerySet[Adjustment]:
    """The adjustments in a state (open, paid, undone) of people whose name or number has a text."""
    found = adjustments(scope)
    if state in STATES:
        found = found.filter(STATES[state])
    return found.filter(Q(employee__number__icontains=q) | Q(employee__name__icontains=q)) if q else found


def closed_runs(scope: Scope, *, most: int = 12) -> list[Run]:
    """The closed periods of departments that a scope reaches wholly, the latest first."""
    found = Run.objects.filter(kind=Run.Kind.CLOSE, complete=True).order_by("-start", "-id")
    return [run for run in found[: most * 10] if _reaches(scope, run)][:most]


def closed_run(scope: Scope, pk: int) -> Run | None:
    """One of them."""
    run = Run.objects.filter(kind=Run.Kind.CLOSE, complete=True, pk=pk).first()
    return run if run is not None and _reaches(scope, run) else None


def _reaches(scope: Scope, run: Run) -> bool:
    return scope.everything or bool(scope.departments.intersection(run.departments))
