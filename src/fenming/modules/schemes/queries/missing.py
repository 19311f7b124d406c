"""What is missing: readings in a run, schemes in departments."""

from collections.abc import Collection
from datetime import date

from django.db.models import Count, Q

from fenming.controls.models import Run
from fenming.controls.validity import during
from fenming.modules.schemes.models import SchemeVersion, ScoreLine


def readings_missing(run: Run, departments: Collection[int]) -> dict[str, tuple[int, int]]:
    """Indicator → how many people it is read for in departments, and how many of them have no reading."""
    found = ScoreLine.objects.filter(scorecard__run=run, scorecard__department__in=departments).order_by()
    rows = found.values("indicator").annotate(
        people=Count("scorecard", distinct=True),
        missing=Count("scorecard", distinct=True, filter=Q(value__isnull=True)),
    )
    return {row["indicator"]: (row["people"], row["missing"]) for row in rows}


def departments_with_schemes(start: date, end: date) -> set[int]:
    """The departments for which a scheme is in force at some time of a period."""
    found = SchemeVersion.objects.filter(during(start, end)).order_by()
    return set(found.values_list("department", flat=True).distinct())
