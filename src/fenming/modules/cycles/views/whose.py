"""Whose page it is: one's own place in a cycle, somebody whom one reviews, and who may write there."""

from django.contrib import messages
from django.http import Http404
from django.utils.translation import gettext as _

from fenming.controls.routes import Request
from fenming.modules.cycles.models import Participant
from fenming.modules.cycles.queries.reach import in_reach, own_participations
from fenming.modules.cycles.queries.reviews import reached

MANAGE = "cycles.manage"


def employee_of(request: Request) -> int | None:
    """The employee behind the account, if there is one."""
    return getattr(request.user, "employee_id", None)


def own(request: Request, pk: int) -> Participant:
    """One's own place in a cycle; anybody else's is not found."""
    employee = employee_of(request)
    found = own_participations(employee).filter(pk=pk).first() if employee else None
    if found is None:
        raise Http404
    return found


def theirs(request: Request, pk: int) -> Participant:
    """Somebody whom the visitor reviews or reaches."""
    found = reached(request.scope, employee_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def may_write(request: Request, person: Participant) -> bool:
    """The reviewer writes, and HR within its reach; others who reach the person only read."""
    employee = employee_of(request)
    if employee and person.reviewer_id == employee:
        return True
    scope = request.powers.scope(MANAGE)
    if scope == request.scope:  # by which the person was found
        return not scope.is_empty
    return scope.everything or (
        not scope.is_empty and Participant.objects.filter(in_reach(scope), pk=person.pk).exists()
    )


def tell_reader(request: Request, person: Participant) -> None:
    """Why nothing was written."""
    name = person.reviewer.name if person.reviewer else _("HR")
    messages.error(request, _("Only the reviewer, %(name)s, or HR writes here.") % {"name": name})
