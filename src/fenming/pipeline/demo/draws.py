"""Random numbers that depend on the seed, the month and the topic only, and the shape of the trade over time."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zlib import crc32

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SECOND = 1_000_000
DAY = 86_400 * SECOND

SPRING_FESTIVAL = {2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6)}
BUYERS = (2.2, 1.3, 0.8, 0.5, 0.4, 0.5, 0.9, 1.6, 2.9, 4.4, 5.6, 5.4, 4.8, 4.9, 5.2, 5.3, 5.0, 4.5, 4.6, 5.9, 7.6,
          8.1, 6.6, 4.1)  # fmt: skip
"""How buyers spread over the 24 hours: a peak at nine in the evening, and a night that never stops."""
OFFICE = (0.0,) * 8 + (1.0, 6.0, 9.0, 8.0, 2.0, 5.0, 9.0, 9.0, 8.0, 7.0, 3.0, 1.0) + (0.0,) * 4
DISPATCH = (0.0,) * 7 + (2.0, 6.0, 8.0, 8.0, 7.0, 4.0, 6.0, 8.0, 9.0, 9.0, 8.0, 6.0, 3.0, 1.0) + (0.0,) * 3
STORE = (0.0,) * 9 + (2.0, 6.0, 7.0, 5.0, 4.0, 6.0, 8.0, 8.0, 7.0, 7.0, 8.0, 5.0, 1.0) + (0.0,) * 2


def generator(seed: int, topic: str, month: date | None = None) -> Generator:
    """Independent numbers for one topic of one month, whatever else has been drawn."""
    when = month.year * 100 + month.month if month else 0
    return Generator(PCG64(SeedSequence([seed, when, crc32(topic.encode())])))


def first_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def days_in(month: date) -> int:
    return monthrange(month.year, month.month)[1]


def days_of(month: date) -> list[date]:
    return [month.replace(day=number) for number in range(1, days_in(month) + 1)]


def micros(moment: date | datetime) -> int:
    """Microseconds since 1970 of a naive local time; a date means its midnight."""
    since = datetime(moment.year, moment.month, moment.day) - datetime(1970, 1, 1)
    if isinstance(moment, datetime):
        since = moment - datetime(1970, 1, 1)
    return since // timedelta(microseconds=1)


def trade(month: date) -> Floats:
    """How much is bought on each day of a month, an ordinary weekday being 1."""
    return np.array([_trade_on(day) for day in days_of(month)])


def _trade_on(day: date) -> float:
    return _festival(day) * (1.14 if day.isoweekday() >= 6 else 1.0) * _promotion(day.month, day.day)


def _promotion(month: int, day: int) -> float:
    if month == 11 and day <= 11:
        return 3.0 if day >= 10 else 2.2 if day <= 3 else 1.7
    if month == 6 and day <= 20:
        return 2.4 if 16 <= day <= 18 else 1.35
    if month == 12 and 10 <= day <= 12:
        return 1.8
    return {9: 1.08, 2: 0.9}.get(month, 1.0)


def _festival(day: date) -> float:
    away = abs((day - SPRING_FESTIVAL.get(day.year, date.min)).days)
    return 0.35 if away <= 5 else 0.75 if away <= 12 else 1.0


def office(month: date) -> Floats:
    """Office work: Monday to Friday, and hardly any around the Spring Festival."""
    return np.array([0.04 if day.isoweekday() >= 6 else _festival(day) for day in days_of(month)])


def even(month: date) -> Floats:
    return np.ones(days_in(month))


def moments(rng: Generator, month: date, day_index: Ints, hours: Sequence[float]) -> Ints:
    """A time on each of these days, by the shape of the hours."""
    shape = np.cumsum(np.asarray(hours) / sum(hours))
    hour = np.minimum(np.searchsorted(shape, rng.random(len(day_index))), 23)
    within = rng.integers(0, 3600 * SECOND, len(day_index))
    moment: Ints = micros(month) + day_index * DAY + hour * (3600 * SECOND) + within
    return moment


def chance(rng: Generator, share: Floats | float, count: int) -> Flags:
    """True with this probability, row by row."""
    return np.asarray(rng.random(count) < share)


def fair_chance(rng: Generator, share: Floats, group: Ints) -> Flags:
    """True with these probabilities, and in each group as often as expected, give or take one."""
    order = np.lexsort((rng.random(len(group)), group))
    reached = np.floor(np.cumsum(share[order]) + rng.random())
    found = np.empty(len(group), dtype=np.bool_)
    found[order] = np.diff(reached, prepend=np.floor(reached[:1])) > 0
    return found


def pick(rng: Generator, weights: Sequence[float] | Floats, count: int) -> Ints:
    """Indices by weight."""
    shape = np.cumsum(np.asarray(weights, dtype=np.float64))
    index = np.searchsorted(shape, rng.random(count) * shape[-1], side="right")
    found: Ints = np.minimum(index, len(shape) - 1).astype(np.int64)
    return found


def durations(rng: Generator, median_seconds: Floats | float, spread: float, count: int) -> Ints:
    """Lognormal durations in milliseconds."""
    drawn: Ints = np.rint(np.exp(rng.normal(0, spread, count)) * median_seconds * 1000).astype(np.int64)
    return drawn
