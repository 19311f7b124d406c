"""Whose cycles a scope reaches: the conditions that every other read starts from."""

from django.db.models import Q, QuerySet

from fenming.controls.scope import Scope
from fenming.modules.cycles.models import Cycle, Participant
from fenming.modules.people.queries.reach import posted_in, visible_departments, within


def visible_cycles(scope: Scope) -> QuerySet[Cycle]:
    """The cycles of departments that a scope names, and those in which its people take part; not those called off."""
    found = Cycle.objects.exclude(state=Cycle.State.CANCELLED).select_related("department", "run")
    if scope.everything:
        return found
    theirs = Participant.objects.filter(in_reach(scope)).values("cycle")
    return found.filter(Q(department__in=visible_departments(scope)) | Q(id__in=theirs))


def in_reach(scope: Scope) -> Q:
    """The condition that keeps participants to a scope: by their cycle's department, or by their own below it."""
    reached = within(scope, department="cycle__department")
    if scope.everything or not scope.departments:
        return reached
    return reached | posted_in(scope.departments, employee="employee", start="cycle__start", end="cycle__end")


def visible_participants(scope: Scope, *, reviewer: int | None = None) -> QuerySet[Participant]:
    """The people of cycles whom a scope reaches, and those whom ``reviewer`` reviews."""
    found = Participant.objects.exclude(cycle__state=Cycle.State.CANCELLED).filter(removed_at=None)
    reached = in_reach(scope)
    if reviewer is not None and not scope.everything:  # a condition that is empty would leave only the second
        reached |= Q(reviewer=reviewer)
    return found.filter(reached).select_related("employee", "cycle", "cycle__department", "reviewer")


def own_participations(employee: int) -> QuerySet[Participant]:
    """The cycles that somebody takes or took part in, the latest first."""
    found = Participant.objects.exclude(cycle__state=Cycle.State.CANCELLED).filter(employee=employee, removed_at=None)
    return found.select_related("employee", "cycle", "cycle__department", "cycle__run", "reviewer").order_by(
        "-cycle__start"
    )
