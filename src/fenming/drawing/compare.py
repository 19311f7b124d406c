"""Geometry of what was and what would be: dumbbells, two histograms on one scale, bars to both sides of nothing.

All lengths are percentages of the axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from fenming.drawing.shapes import Number

TICKS = 5


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of numbers with round marks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: Number) -> float:
        """Where a number stands, from 0 to 100."""
        return round(min(100.0, max(0.0, (float(value) - self.low) / (self.high - self.low) * 100)), 2)

    @property
    def marks(self) -> list[tuple[float, float]]:
        """The round numbers with their places."""
        return [(self.at(one), one) for one in self.ticks]


def axis(values: Sequence[Number], *, count: int = TICKS) -> Axis:
    """An axis that holds all values, with about ``count`` round marks; without values from 0 to 1."""
    known = [float(one) for one in values]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if low == high:
        low, high = low - 1, high + 1
    step = _round_step((high - low) / count)
    first, last = floor(low / step), -floor(-high / step)
    return Axis(first * step, last * step, tuple(round(one * step, 6) for one in range(first, last + 1)))


def _round_step(rough: float) -> float:
    size: float = 10.0 ** floor(log10(rough))
    return next(times * size for times in (1.0, 2.0, 5.0, 10.0) if times * size >= rough)


@dataclass(frozen=True, slots=True)
class Dumbbell:
    """From one number to another; ``start`` and ``width`` are those of the bar between them."""

    before: float | None
    after: float | None
    start: float
    width: float


def dumbbell(on: Axis, before: Number | None, after: Number | None) -> Dumbbell:
    """Two dots on an axis and what lies between; a number that is absent has no dot."""
    places = [None if one is None else on.at(one) for one in (before, after)]
    known = [one for one in places if one is not None]
    if len(known) < 2:
        return Dumbbell(places[0], places[1], 0.0, 0.0)
    return Dumbbell(places[0], places[1], min(known), round(max(known) - min(known), 2))


@dataclass(frozen=True, slots=True)
class Twin:
    """One column of two histograms, before and after."""

    x: float
    half: float
    before: float
    after: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.x + self.half, 2)

    @property
    def top_before(self) -> float:
        return round(self.height - self.before, 2)

    @property
    def top_after(self) -> float:
        return round(self.height - self.after, 2)


def twins(
    before: Sequence[Number], after: Sequence[Number], on: Axis, *, count: int = 16, height: float = 64
) -> list[Twin]:
    """Two sets of values in the same columns and on the same scale."""
    size = (on.high - on.low) / count
    counted = []
    for values in (before, after):
        bins = [0] * count
        for value in values:
            bins[max(0, min(count - 1, int((float(value) - on.low) / size)))] += 1
        counted.append(bins)
    top = max((*counted[0], *counted[1], 1))
    step = 100 / count
    return [
        Twin(
            round(place * step + step * 0.1, 2),
            round(step * 0.4, 2),
            round(counted[0][place] / top * height, 2),
            round(counted[1][place] / top * height, 2),
            height,
        )
        for place in range(count)
    ]


@dataclass(frozen=True, slots=True)
class Side:
    """A bar that begins in the middle."""

    x: float
    width: float
    up: bool


def sides(values: Sequence[Number]) -> list[Side]:
    """Bars to both sides of nothing, the longest of which reaches one end."""
    most = max((abs(float(one)) for one in values), default=0.0) or 1.0
    found = []
    for one in values:
        width = round(abs(float(one)) / most * 50, 2)
        found.append(Side(50.0 if one >= 0 else round(50 - width, 2), width, one >= 0))
    return found
