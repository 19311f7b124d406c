"""Masked values shown in plain: each time with an entry in the log, and not many in a short time."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.controls.operations import Actor, record
from fenming.modules.people.models import Employee
from fenming.modules.people.operations.persons import subject
from fenming.modules.people.queries.persons import seat

REVEALED_MAX = 30
REVEALED_WITHIN = timedelta(minutes=10)


class TooMany(Exception):  # noqa: N818 - a limit was met, nothing is broken
    """More was revealed in a short time than anybody's work asks for."""


def reveal(actor: Actor, employee: Employee, name: str, day: date) -> str:
    """A masked value in plain, with an entry in the log that says who saw which field of whom."""
    since = timezone.now() - REVEALED_WITHIN
    shown = Operation.objects.filter(actor_id=actor.user, at__gte=since, action="people.reveal").count()
    if shown >= REVEALED_MAX:
        record(actor, "people.reveal_refused", subject(employee.number), after={"field": name})
        raise TooMany
    with transaction.atomic():
        record(actor, "people.reveal", subject(employee.number), after={"field": name, "on": day})
        if name == "base":
            place = seat(employee.assignments.order_by("valid_from"), day)
            return "" if place is None or place.base is None else f"{place.base:,.2f}"
        return str(getattr(employee, name))
