"""Working days by the company's calendar."""

from calendar import Calendar
from collections.abc import Collection
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the calendar page; ``kind`` is what it is, also where nothing special is said."""

    date: date
    kind: str
    name: str
    special: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month in weeks from Monday to Sunday, None where another month's days would stand."""

    first: date
    weeks: list[list[Day | None]]
    working: int


def year(number: int) -> list[Month]:
    """The twelve months of a year, in one query."""
    special = special_days(date(number, 1, 1), date(number + 1, 1, 1))
    found = []
    for month in range(1, 13):
        weeks = [
            [_day(day, special) if day.month == month else None for day in week]
            for week in Calendar().monthdatescalendar(number, month)
        ]
        working = sum(day.kind == Kind.WORK for week in weeks for day in week if day)
        found.append(Month(first=date(number, month, 1), weeks=weeks, working=working))
    return found


def _day(day: date, special: dict[date, CalendarDay]) -> Day:
    one = special.get(day)
    usual = Kind.WORK if day.weekday() < SATURDAY else Kind.REST
    return Day(date=day, kind=one.kind if one else usual.value, name=one.name if one else "", special=one is not None)
