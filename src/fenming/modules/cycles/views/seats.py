"""Whose outcome a page is about, and as what the visitor looks at it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from fenming.controls.routes import Request
from fenming.modules.cycles.models import Cycle, Participant
from fenming.modules.cycles.queries.reach import own_participations, visible_participants

OUTCOME = ("employee", "cycle__department", "cycle__run", "reviewer", "letter")
MANAGE, REVIEW, VIEW = "cycles.manage", "cycles.review", "cycles.view"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A participant, and what the visitor is to it: the person, the reviewer, HR, or somebody who may look."""

    participant: Participant
    mine: bool
    writes: bool
    """The reviewer and HR; never for oneself."""
    manages: bool


def employee_of(request: Request) -> int | None:
    """The visitor's own employee."""
    found: int | None = getattr(request.user, "employee_id", None)
    return found


def people_of(request: Request) -> QuerySet[Participant]:
    """The participants whose outcomes the visitor may look at: by scope, and those one reviews."""
    reviews = request.powers.may(REVIEW)
    return visible_participants(
        request.powers.scope(MANAGE, REVIEW, VIEW), reviewer=employee_of(request) if reviews else None
    )


def seat(request: Request, pk: int) -> Seat:
    """The participant of an address, the visitor's own or one in reach; else there is nothing there."""
    employee = employee_of(request)
    reached = people_of(request)
    if employee is not None and not request.powers.scope(MANAGE, REVIEW, VIEW).everything:
        reached = reached | own_participations(employee).order_by()
    found = reached.select_related(*OUTCOME).filter(pk=pk).first()
    if found is None:
        raise Http404
    mine = employee is not None and found.employee_id == employee
    reviews = request.powers.may(REVIEW) and employee is not None and found.reviewer_id == employee
    manages = not mine and _manages(request, found, reviews=reviews)
    return Seat(participant=found, mine=mine, writes=not mine and (manages or reviews), manages=manages)


def _manages(request: Request, found: Participant, *, reviews: bool) -> bool:
    """Whether somebody who was reached is within what the visitor manages."""
    managed = request.powers.scope(MANAGE)
    if managed == request.powers.scope(MANAGE, REVIEW, VIEW) and not reviews:
        return not managed.is_empty
    return managed.everything or (not managed.is_empty and visible_participants(managed).filter(pk=found.pk).exists())


def cycles_of(request: Request, people: QuerySet[Participant]) -> tuple[Cycle | None, list[Cycle]]:
    """The cycle asked for, else the newest, and all to choose from; those in which somebody is in reach."""
    reached = people.order_by().filter(cycle=OuterRef("pk"))
    known: list[Any] = list(
        Cycle.objects.filter(Exists(reached)).select_related("department", "run").order_by("-start", "id")[:60]
    )
    asked = request.GET.get("cycle", "")
    chosen = next((one for one in known if str(one.pk) == asked), known[0] if known else None)
    return chosen, known
