"""Working days by the company's calendar."""

from collections.abc import Collection
from datetime import date, timedelta

from fenming.modules.people.models import CalendarDay

SATURDAY = 5
Kind = CalendarDay.Kind


def special_days(start: date, end: date) -> dict[date, CalendarDay]:
    """The days from ``start`` up to ``end`` that are not what their weekday says."""
    return {one.date: one for one in CalendarDay.objects.filter(date__gte=start, date__lt=end)}


def working_days(start: date, end: date) -> int:
    """How many working days there are from ``start`` up to ``end``, in one query."""
    if end <= start:
        return 0
    return weekdays(start, end) + sum(
        (one.kind == Kind.WORK) - (day.weekday() < SATURDAY) for day, one in special_days(start, end).items()
    )


def weekdays(start: date, end: date) -> int:
    """Mondays to Fridays from ``start`` up to ``end``."""
    weeks, rest = divmod((end - start).days, 7)
    return 5 * weeks + sum((start + timedelta(days=offset)).weekday() < SATURDAY for offset in range(rest))


def is_working_day(day: date, special: dict[date, CalendarDay]) -> bool:
    """Whether a day is worked, given the special ones around it."""
    return special[day].kind == Kind.WORK if day in special else day.weekday() < SATURDAY


def years_known() -> Collection[int]:
    """The years for which the calendar says anything."""
    return [one.year for one in CalendarDay.objects.dates("date", "year")]
