"""Geometry of the small charts that the server draws as SVG.

Every function turns numbers into numbers, so the drawings can be tested
without a browser; templates only place them. Lengths are those of the SVG's
view box, or percentages where the docstring says so. Values may be of any
kind that ``float`` takes: what is drawn has no need of ``Decimal``; what is
written beside it passes through untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import NamedTuple

Number = float | int | Decimal
Dot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spark:
    line: str
    area: str
    end_x: float | None
    end_y: float | None


def spark(values: Sequence[Number | None], width: float = 84, height: float = 30, pad: float = 3) -> Spark:
    """A small curve; a missing value is a gap, and the dot stands on the last value there is."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return Spark("", "", None, None)
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (width - 2 * pad) / max(1, len(values) - 1)

    def dot(place: int, value: Number) -> Dot:
        return pad + place * step, pad + (high - float(value)) / span * (height - 2 * pad)

    runs = _runs([None if value is None else dot(place, value) for place, value in enumerate(values)])
    lines = [smooth(run) for run in runs]
    areas = [
        f"{line} L{run[-1][0]:.1f} {height:g} L{run[0][0]:.1f} {height:g} Z"
        for line, run in zip(lines, runs, strict=True)
    ]
    end_x, end_y = runs[-1][-1]
    return Spark(" ".join(lines), " ".join(areas), round(end_x, 1), round(end_y, 1))


def _runs(dots: Sequence[Dot | None]) -> list[list[Dot]]:
    runs: list[list[Dot]] = [[]]
    for dot in dots:
        if dot is not None:
            runs[-1].append(dot)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def smooth(dots: Sequence[Dot]) -> str:
    """A path through the dots with horizontal tangents, so it never overshoots."""
    path = [f"M{dots[0][0]:.1f} {dots[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(dots):
        mid = (x0 + x1) / 2
        path.append(f"C{mid:.1f} {y0:.1f} {mid:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
    return " ".join(path)


@dataclass(frozen=True, slots=True)
class Slice:
    length: float
    gap: float
    offset: float
    tone: str


def donut(parts: Sequence[tuple[Number, str]], gap: float = 0.9) -> list[Slice]:
    """Arcs of (size, tone) for circles with ``pathLength="100"``."""
    sizes = [max(0.0, float(size)) for size, _ in parts]
    total = sum(sizes) or 1.0
    shares = [size / total * 100 for size in sizes]
    starts = accumulate(shares, initial=0.0)
    between = gap if len([share for share in shares if share > 0]) > 1 else 0.0
    slices = []
    for (_, tone), share, start in zip(parts, shares, starts, strict=False):
        length = max(0.0, share - between)
        slices.append(Slice(round(length, 2), round(100 - length, 2), round(-start, 2), tone))
    return slices


def ring(value: Number | None, of: Number = 100) -> float:
    """How much of a circle with ``pathLength="100"`` is filled; a missing value fills nothing."""
    if value is None or float(of) <= 0:
        return 0.0
    return round(min(100.0, max(0.0, float(value) / float(of) * 100)), 2)


@dataclass(frozen=True, slots=True)
class Segment:
    x: float
    width: float
    tone: str


def split(parts: Sequence[tuple[Number | None, str]], of: Number = 100, gap: float = 0.6) -> list[Segment]:
    """Segments of (value, tone) laid end to end on one bar, in percent of ``of``."""
    widths = [max(0.0, float(value or 0)) / (float(of) or 1.0) * 100 for value, _ in parts]
    starts = accumulate(widths, initial=0.0)
    return [
        Segment(round(start, 2), round(max(0.0, width - gap), 2), tone)
        for (_, tone), width, start in zip(parts, widths, starts, strict=False)
    ]


class Earned(NamedTuple):
    """An indicator's points out of its weight; ``points`` is None where the reading is missing."""

    label: str
    points: Number | None
    of: Number
    tone: str
    note: str = ""
    url: str = ""


class Change(NamedTuple):
    """Points added or taken after the indicators."""

    label: str
    points: Number
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a waterfall. Positions are percentages of the axis."""

    kind: str  # indicator, missing, plus, minus or total
    label: str
    value: Number | None
    of: Number | None
    x: float
    width: float
    lost_x: float
    lost_width: float
    end: float
    tone: str
    note: str = ""
    url: str = ""


def waterfall(
    earned: Sequence[Earned],
    changes: Sequence[Change] = (),
    *,
    total: Number | None = None,
    axis: float | None = None,
) -> list[Step]:
    """How a score came about, one step a row, each bar starting where the last ended.

    ``total`` is the stored score, shown as it is (it may have been rounded or
    renormalised); without it the last step shows the sum. ``axis`` is the
    number of points that fills the width, by default a little over the highest.
    """
    points = [float(one.points or 0) for one in earned] + [float(one.points) for one in changes]
    ends = list(accumulate(points, initial=0.0))
    axis = axis or _axis(earned, ends, total)

    def at(points: float) -> float:
        return round(points / axis * 100, 2)

    steps = []
    for one, start, end in zip(earned, ends, ends[1:], strict=False):
        lost = max(0.0, float(one.of) - float(one.points)) if one.points is not None else float(one.of)
        kind = "missing" if one.points is None else "indicator"
        steps.append(
            Step(
                kind, one.label, one.points, one.of, at(start), at(max(0.0, end - start)), at(end), at(lost), at(end),
                one.tone, one.note, one.url,
            )
        )  # fmt: skip
    for change, start, end in zip(changes, ends[len(earned) :], ends[len(earned) + 1 :], strict=False):
        up = end >= start
        steps.append(
            Step(
                "plus" if up else "minus", change.label, change.points, None, at(min(start, end)), at(abs(end - start)),
                0, 0, at(end), "brand" if up else "coral", change.note, change.url,
            )
        )  # fmt: skip
    last = float(total) if total is not None else ends[-1]
    shown = total if total is not None else round(ends[-1], 2)
    return [*steps, Step("total", "", shown, None, 0, at(max(0.0, last)), 0, 0, at(last), "brand")]


def _axis(earned: Sequence[Earned], ends: Sequence[float], total: Number | None) -> float:
    reach = [end + max(0.0, float(one.of) - float(one.points or 0)) for one, end in zip(earned, ends[1:], strict=False)]
    return max(100.0, *ends, *reach, float(total or 0)) * 1.04


@dataclass(frozen=True, slots=True)
class Column:
    x: float
    y: float
    width: float
    height: float
    mine: bool


def histogram(
    values: Sequence[Number],
    mine: Number | None,
    low: float,
    high: float,
    *,
    count: int = 24,
    height: float = 64,
) -> list[Column]:
    """How everybody's totals spread over 100 wide, with the column that holds ``mine`` marked.

    A value outside the range stands in the first or the last column.
    """
    size = ((high - low) or 1.0) / count

    def index(value: Number) -> int:
        return max(0, min(count - 1, int((float(value) - low) / size)))

    bins = [0] * count
    for value in values:
        bins[index(value)] += 1
    own = None if mine is None else index(mine)
    top = max(bins) or 1
    step = 100 / count
    columns = []
    for place, number in enumerate(bins):
        tall = 3 + number / top * (height - 3)
        columns.append(
            Column(round(place * step, 2), round(height - tall, 2), round(step * 0.72, 2), round(tall, 2), place == own)
        )
    return columns
