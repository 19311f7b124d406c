"""Who was there: the people of a department in a month, day by day, and who took which piece of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.random import Generator

from fenming.pipeline.demo.company import Assignment, Company
from fenming.pipeline.demo.draws import Flags, Floats, Ints, days_in, days_of, generator, moments, next_month

NOISE = 0.35
"""How much a month differs from a person's lasting ability, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The people on some posts in a month; `present` says on which days, a row a person."""

    month: date
    spans: tuple[Assignment, ...]
    present: Flags
    abilities: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def numbers(self) -> list[str]:
        return [span.person for span in self.spans]

    @property
    def share(self) -> Floats:
        """The share of the month in which each was there."""
        return np.asarray(self.present.mean(axis=1))

    def ability(self, what: str) -> Floats:
        """Each person's form this month in speed, quality, drive or care, in standard deviations."""
        return self.abilities[what]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Pieces of work in the order of time: whose (a row of the crew) and when."""

    who: Ints
    occurred: Ints

    def __len__(self) -> int:
        return len(self.who)


def crew(
    company: Company, month: date, department: str, *, posts: Sequence[str] = (), teams: Sequence[str] = ()
) -> Crew:
    spans = tuple(
        span
        for span in company.assignments
        if span.department == department
        and (not posts or span.post in posts)
        and (not teams or span.team in teams)
        and span.start < next_month(month)
        and (span.end is None or span.end > month)
    )
    present = np.array([[_there(span, day) for day in days_of(month)] for span in spans], dtype=np.bool_)
    return Crew(month=month, spans=spans, present=present, abilities=_forms(company, month, spans))


def _there(span: Assignment, day: date) -> bool:
    return span.start <= day and (span.end is None or day < span.end)


def _forms(company: Company, month: date, spans: Sequence[Assignment]) -> dict[str, Floats]:
    noise = generator(company.seed, "form", month).normal(0, NOISE, (len(company.people), 4))
    place = {person.number: index for index, person in enumerate(company.people)}
    rows = np.array([place[span.person] for span in spans], dtype=np.int64)
    lasting = {what: np.array([company.talents[span.person][what] for span in spans]) for what in _WHAT}
    return {what: lasting[what] + noise[rows, column] for column, what in enumerate(_WHAT)}


_WHAT = ("speed", "quality", "drive", "care")


def spread(
    rng: Generator, crew: Crew, count: int, *, weights: Floats, days: Floats, hours: Sequence[float], rests: bool = True
) -> Work:
    """So much work over the month: more on busy days, only by people who are there and not on their day off."""
    cells = crew.present * weights[:, None] * days[None, :]
    if rests:
        cells = cells * _on_duty(crew)
    shape = np.cumsum(cells.ravel())
    cell = np.searchsorted(shape, rng.random(count) * shape[-1], side="right")
    who, day = np.divmod(cell.astype(np.int64), len(days))
    return _in_time(who, moments(rng, crew.month, day, hours))


def quota(rng: Generator, crew: Crew, counts: Ints, *, days: Floats, hours: Sequence[float]) -> Work:
    """So many pieces of work for each person, on days on which the person is there."""
    who = np.repeat(np.arange(len(crew)), counts)
    shape = np.cumsum(crew.present * days[None, :], axis=1)
    drawn = rng.random(len(who)) * shape[who, -1]
    day = (shape[who] <= drawn[:, None]).sum(axis=1)
    return _in_time(who, moments(rng, crew.month, day, hours))


def _on_duty(crew: Crew) -> Flags:
    """Two days off in seven, in turns."""
    day = crew.month.toordinal() + np.arange(days_in(crew.month))
    return np.asarray((day[None, :] + np.arange(len(crew))[:, None]) % 7 > 1)


def _in_time(who: Ints, occurred: Ints) -> Work:
    order = np.argsort(occurred, kind="stable")
    return Work(who=who[order], occurred=occurred[order])


def expected(rng: Generator, each: Floats) -> Ints:
    """Whole counts with these expectations, differing by less than one."""
    return np.floor(each + rng.random(len(each))).astype(np.int64)


def month_index(company: Company, month: date) -> int:
    """0 for the first month of the demo, 12 for the running one."""
    return company.months.index(month)
