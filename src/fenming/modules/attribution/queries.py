"""Reads of the roster."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings

from fenming.controls.scope import Scope
from fenming.modules.attribution.models import Duty
from fenming.modules.people.queries.reach import people_in
from fenming.pipeline import inputs


def duties(scope: Scope, start: date, end: date) -> Sequence[inputs.Duty]:
    """The shifts that touch the days from ``start`` up to ``end``, in naive local time, in a stable order."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = (datetime.combine(day, time(), zone) for day in (start, end))
    found = (
        Duty.objects.filter(people_in(scope, "employee"), start__lt=last, end__gt=first)
        .order_by("account", "start", "employee__number", "id")
        .distinct()
        .values_list("employee__number", "account", "start", "end", "weight", "source_row")
    )
    return [
        inputs.Duty(
            person=person, account=account, start=_naive(begins, zone), end=_naive(ends, zone), weight=weight, row=row
        )
        for person, account, begins, ends, weight, row in found
    ]


def _naive(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
