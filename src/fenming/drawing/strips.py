"""Where values lie on one line: dots that do not hide each other, and the box of their middle half."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from fenming.drawing.shapes import Number

BINS = 100
ROWS = 7


@dataclass(frozen=True, slots=True)
class Dot:
    """A value: how far along in per cent, and how far from the middle line in pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Strip:
    """All positions are per cent of the axis; the box is absent (None) below four values."""

    dots: list[Dot]
    middle: float | None
    box_x: float | None
    box_width: float | None


def strip(values: Sequence[Number], low: float, high: float, *, step: float = 3.2) -> Strip:
    """Dots for all values; those that fall together stand above and below each other, ``step`` pixels apart."""
    size = (high - low) or 1.0

    def at(value: float) -> float:
        return round(min(100.0, max(0.0, (value - low) / size * 100)), 2)

    known = sorted(float(value) for value in values)
    counted: dict[int, int] = {}
    dots = []
    for value in known:
        x = at(value)
        place = counted[int(x)] = counted.get(int(x), -1) + 1
        row = min(place, ROWS - 1)
        away = (row + 1) // 2 * step
        dots.append(Dot(x, away if row % 2 else -away))
    if len(known) < 2:
        return Strip(dots, at(known[0]) if known else None, None, None)
    first, middle, third = quantiles(known, n=4, method="inclusive")
    if len(known) < 4:
        return Strip(dots, at(middle), None, None)
    return Strip(dots, at(middle), at(first), round(at(third) - at(first), 2))
