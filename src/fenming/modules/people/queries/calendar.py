"""Working days by the company's calendar."""

from calendar import Calendar
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils.dates import WEEKDAYS_ABBR

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


def is_working_day(day: date, special: Mapping[date, CalendarDay]) -> bool:
    """Whether a day is worked, given the special ones around it."""
    return special[day].kind == Kind.WORK if day in special else day.weekday() < SATURDAY


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Counts working days from any day, with the special days at hand; beyond them by the five-day week."""

    special: Mapping[date, CalendarDay]

    def after(self, day: date, count: int) -> date:
        """The working day that comes ``count`` working days after a day; below 0 before it; 0: the day as it is."""
        one = timedelta(days=1 if count > 0 else -1)
        left = abs(count)
        while left:
            day += one
            left -= is_working_day(day, self.special)
        return day


AROUND = timedelta(days=150)


def working_days_around(start: date, end: date) -> WorkingDays:
    """For counting from many days between ``start`` and ``end``, up to some months beyond; one query."""
    return WorkingDays(special_days(start - AROUND, end + AROUND))


def working_day_after(day: date, count: int) -> date:
    """The ``count``-th working day after a day, the day itself not counted; below 0 before it; one query."""
    reach = timedelta(days=3 * abs(count) + 30)
    return WorkingDays(special_days(day - reach, day + reach)).after(day, count)


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

    @property
    def holidays(self) -> list[tuple[str, list[Day]]]:
        """The special days without work, by name."""
        off = (day for week in self.weeks for day in week if day and day.special and day.kind != Kind.WORK)
        return [(name, list(days)) for name, days in groupby(off, key=lambda day: day.name)]


def weekday_names() -> list[str]:
    """Monday to Sunday, short; Django has no short ones in Chinese."""
    return [str(one).removeprefix("星期") for one in WEEKDAYS_ABBR.values()]


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
