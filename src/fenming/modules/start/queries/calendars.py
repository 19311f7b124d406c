"""The shipped calendars in numbers."""

from dataclasses import dataclass
from datetime import date

from fenming.library.calendars import calendars_of
from fenming.library.text import Words
from fenming.modules.people.queries.calendar import SATURDAY, weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year of a country: how many days are worked, are statutory holidays, make up for others, and who says so."""

    year: int
    working: int
    statutory: int
    made_up: int
    source: Words


def shipped_years(country: str) -> list[Year]:
    """The shipped years of a country, the latest first."""
    found = []
    for one in calendars_of(country):
        days = one.days()
        kinds = [kind for kind, _ in days.values()]
        shift = sum((kind == "work") - (day.weekday() < SATURDAY) for day, (kind, _) in days.items())
        found.append(
            Year(
                year=one.year, source=one.source, statutory=kinds.count("statutory"), made_up=kinds.count("work"),
                working=weekdays(date(one.year, 1, 1), date(one.year + 1, 1, 1)) + shift,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: -one.year)
