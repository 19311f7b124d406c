"""A curve drawn: score over value, its marks to drag, and below it how the readings of the last period spread."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import floor, log10

from fenming.rules import curves
from fenming.rules.curves import Curve

WIDTH, HEIGHT = 460, 132
BARS_HEIGHT = 34
SAMPLES = 48
BARS = 32
D = Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A threshold that can be dragged: the input that it writes to, where it stands, and how it is written."""

    name: str
    label: str
    x: float
    y: float
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A line across, at a score."""

    y: float
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many readings lie between two values."""

    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many of the people stand where, in per cent of them; ``below`` and ``between`` only with a floor."""

    people: int
    below: Decimal | None
    between: Decimal
    reached: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Everything to be drawn. ``low`` and ``high`` are the values at the edges, ``step`` what a drag snaps to."""

    path: str
    area: str
    marks: Sequence[Mark]
    levels: Sequence[Level]
    bars: Sequence[Bar]
    low: Decimal
    high: Decimal
    step: Decimal
    top: int
    shares: Shares | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The values at the edges, and the score at the top."""

    low: Decimal
    high: Decimal
    top: Decimal

    def x(self, value: Decimal) -> float:
        return round(float((value - self.low) / (self.high - self.low)) * WIDTH, 1)

    def y(self, score: Decimal) -> float:
        return round(HEIGHT - float(score / self.top) * (HEIGHT - 8), 1)


def figure(
    curve: Curve, values: Sequence[Decimal], *, share: bool = False, edges: tuple[Decimal, Decimal] | None = None
) -> Figure:
    """The curve over the values that matter. ``share`` keeps fractions within 0 and 1; ``edges`` fixes the frame."""
    values = sorted(values)
    marks = list(_marked(curve))
    low, high = edges or _edges(curve, [value for _, value in marks], values, share=share)
    frame = Frame(low=low, high=high, top=_top(curve))
    dots = _dots(curve, frame)
    path = "M" + " L".join(f"{x:g} {y:g}" for x, y in dots)
    return Figure(
        path=path,
        area=f"{path} L{dots[-1][0]:g} {HEIGHT} L{dots[0][0]:g} {HEIGHT} Z",
        marks=[_mark(curve, frame, name, value) for name, value in marks if low <= value <= high],
        levels=[Level(y=frame.y(D(score)), score=score) for score in (60, 100, 120) if score <= frame.top],
        bars=_bars(curve, values, frame),
        low=low,
        high=high,
        step=_step(high - low),
        top=int(frame.top),
        shares=shares(curve, values),
    )


def shares(curve: Curve, values: Sequence[Decimal]) -> Shares | None:
    """How many readings, given in rising order, would miss the floor, lie between, and reach the target."""
    target = curves.target_of(curve)
    if not values or target is None:
        return None
    reached = curves.reaching(values, target, curve.better)
    below = None
    if isinstance(curve, curves.Target):
        below = len(values) - curves.reaching(values, curve.floor, curve.better)
    between = len(values) - reached - (below or 0)
    return Shares(
        people=len(values),
        below=None if below is None else _percent(below, len(values)),
        between=_percent(between, len(values)),
        reached=_percent(reached, len(values)),
    )


def _percent(count: int, of: int) -> Decimal:
    return (D(count) * 100 / of).quantize(D(1))


def _marked(curve: Curve) -> Iterable[tuple[str, Decimal]]:
    """The thresholds of a curve by the input that holds each."""
    match curve:
        case curves.Target():
            yield "floor", curve.floor
            yield "target", curve.target
            if curve.stretch is not None:
                yield "stretch", curve.stretch
        case curves.Steps():
            for index, one in enumerate(curve.steps):
                yield f"steps-{index}-at", one.at
        case curves.Veto():
            yield "limit", curve.limit
        case curves.Rank():
            return
        case _:
            yield "target", curve.target


def _edges(
    curve: Curve, marks: Sequence[Decimal], values: Sequence[Decimal], *, share: bool
) -> tuple[Decimal, Decimal]:
    if isinstance(curve, curves.Rank):
        return D(0), D(1)
    near = [*marks, *_middle(values), *_ends(curve)]
    low, high = min(near), max(near)
    if low == high:
        low, high = min(D(0), low * 2), max(D(0), high * 2) or D(1)
    room = (high - low) * D("0.15")
    wide_low, wide_high = low - room, high + room
    if low >= 0:
        wide_low = max(D(0), wide_low)
    if share and D(0) <= low and high <= 1:
        wide_high = min(D(1), wide_high)
    return wide_low, wide_high


def _ends(curve: Curve) -> Iterable[Decimal]:
    """Where a curve that falls or rises by units ends."""
    match curve:
        case curves.Deduct():
            units = (curve.start - curve.at_least) / curve.points
            yield curve.target + (-1 if curve.better == "higher" else 1) * min(units, D(60)) * curve.per
        case curves.Add():
            units = (curve.cap - curve.base) / curve.points
            yield curve.target + (1 if curve.better == "higher" else -1) * min(units, D(60)) * curve.per
        case curves.Ratio():
            yield from (curve.target * D("0.5"), curve.target * D("1.3"))
        case curves.Binary() | curves.Veto():
            mark = curve.target if isinstance(curve, curves.Binary) else curve.limit
            yield from (mark * D("0.6"), mark * D("1.4") or D(2))
        case _:
            return


def _middle(values: Sequence[Decimal]) -> Sequence[Decimal]:
    """The values but for the outermost of many: one odd reading should not flatten the picture."""
    cut = len(values) // 40
    return values[cut : len(values) - cut]


def _top(curve: Curve) -> Decimal:
    match curve:
        case curves.Target() | curves.Add() | curves.Ratio():
            most = curve.cap
        case curves.Steps():
            most = max(one.score for one in curve.steps)
        case curves.Deduct():
            most = curve.start
        case curves.Rank():
            most = curve.best
        case curves.Binary():
            most = curve.met
        case _:
            most = D(100)
    return max(most, D(100)) * D("1.04")


def _dots(curve: Curve, frame: Frame) -> list[tuple[float, float]]:
    if isinstance(curve, curves.Rank):
        return [(0, frame.y(curve.best)), (WIDTH, frame.y(curve.worst))]
    width = frame.high - frame.low
    hair = width / D(10_000)
    samples = 1 if curves.straight(curve) else SAMPLES
    at = {frame.low + width * index / samples for index in range(samples + 1)}
    for _, value in _marked(curve):
        at |= {value - hair, value, value + hair}
    return [
        (frame.x(value), frame.y(min(curves.score(curve, value).score, frame.top)))
        for value in sorted(at)
        if frame.low <= value <= frame.high
    ]


def _mark(curve: Curve, frame: Frame, name: str, value: Decimal) -> Mark:
    score = min(curves.score(curve, value).score, frame.top)
    return Mark(name=name, label=name, x=frame.x(value), y=frame.y(score), value=value)


def _bars(curve: Curve, values: Sequence[Decimal], frame: Frame) -> list[Bar]:
    if not values or isinstance(curve, curves.Rank):
        return []
    width = (frame.high - frame.low) / BARS
    borders = [0, *(bisect_left(values, frame.low + width * place) for place in range(1, BARS)), len(values)]
    counts = {place: till - since for place, (since, till) in enumerate(pairwise(borders)) if till > since}
    most = max(counts.values())
    size = WIDTH / BARS
    found = []
    for place, count in counts.items():
        tall = round(3 + count / most * (BARS_HEIGHT - 3), 1)
        tone = _tone(curve, frame.low + width * (D(place) + D("0.5")))
        found.append(
            Bar(
                x=round(place * size + 1, 1),
                y=round(HEIGHT + 4 + BARS_HEIGHT - tall, 1),
                width=round(size - 2, 1),
                height=tall,
                tone=tone,
            )
        )
    return found


def _tone(curve: Curve, value: Decimal) -> str:
    target = curves.target_of(curve)
    if target is None or curves.reached(value, target, curve.better):
        return "brand"
    if isinstance(curve, curves.Target) and curves.reached(value, curve.floor, curve.better):
        return "amber"
    return "coral"


def _step(width: Decimal) -> Decimal:
    """A round number of which a hundred or more span the width."""
    return D(1).scaleb(floor(log10(width)) - 2) if width > 0 else D(1)
