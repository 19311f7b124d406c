"""Working calendars by country and year: days off, statutory holidays among them, and make-up working days."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Literal, Self

from pydantic import model_validator

from fenming.library.files import load_folder
from fenming.library.text import Model, Words

Kind = Literal["work", "rest", "statutory"]


class Holiday(Model):
    """One holiday: the days off from ``first`` to ``last``, those of them that are statutory, and who pays for them."""

    name: Words
    first: date | None = None
    last: date | None = None
    statutory: tuple[date, ...] = ()
    work: tuple[date, ...] = ()

    @model_validator(mode="after")
    def days_are_where_they_belong(self) -> Self:
        off = set(self.off())
        if not off >= set(self.statutory) or off & set(self.work):
            raise ValueError("statutory days lie within the holiday, and make-up days outside of it")
        return self

    def off(self) -> Iterator[date]:
        """Every day off, weekends within it too."""
        if self.first is None or self.last is None:
            yield from self.statutory
            return
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)

    def days(self) -> Iterator[tuple[date, Kind]]:
        """Every day that differs from its weekday, or has a name."""
        for day in self.off():
            yield day, "statutory" if day in self.statutory else "rest"
        for day in self.work:
            yield day, "work"


class Calendar(Model):
    """The holidays of a country in a year, and the notice that sets them."""

    id: str
    country: str
    year: int
    source: Words
    holidays: tuple[Holiday, ...]

    def days(self) -> dict[date, tuple[Kind, Words]]:
        """Each special day with its kind and the holiday's name."""
        return {day: (kind, one.name) for one in self.holidays for day, kind in one.days()}


@cache
def calendars() -> dict[str, Calendar]:
    """The shipped calendars by id."""
    return load_folder("calendars", Calendar)


def calendars_of(country: str) -> list[Calendar]:
    """The shipped years of a country."""
    return [one for one in calendars().values() if one.country == country]
