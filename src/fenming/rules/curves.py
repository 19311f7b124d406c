"""From a reading to a score: the curves a scheme can choose from.

Scores are points, usually 0 to 120 where 100 means "target reached", rounded half-up to 0.01. Every curve is
monotone: a better value never scores less. The rules in prose: docs/algorithms/scoring.md.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any, ClassVar, Literal

from fenming.rules.money import rounded
from fenming.rules.trace import Because, step

Better = Literal["higher", "lower"]
Units = Literal["exact", "complete", "started"]

STRICT: dict[str, Any] = {"extra": "forbid"}
ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """底线–目标–挑战: nothing below the floor, straight lines from floor to target and from target to stretch.

    floor, target and stretch have the unit of the reading; the scores are points. Higher is better when the
    floor lies below the target, lower is better when it lies above. At the stretch and beyond the score is
    `cap`; without a stretch it stays at `target_score`. Source: floor-target-challenge scoring as practised.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["target"] = "target"
    floor: Decimal
    target: Decimal
    stretch: Decimal | None = None
    floor_score: Decimal = Decimal(60)
    target_score: Decimal = HUNDRED
    cap: Decimal = Decimal(120)

    def __post_init__(self) -> None:
        if self.floor == self.target:
            raise ValueError(f"floor and target are both {self.floor}; keep them apart, or use a binary curve.")
        if self.stretch is not None and not _beyond(self.stretch, self.target, self.better):
            raise ValueError(
                f"stretch is {self.stretch}, but with floor {self.floor} and target {self.target} it must lie "
                f"beyond the target: {'above' if self.better == 'higher' else 'below'} {self.target}."
            )
        if not 0 <= self.floor_score <= self.target_score <= self.cap:
            raise ValueError(
                f"scores must rise: 0 ≤ floor_score ≤ target_score ≤ cap, "
                f"got {self.floor_score}, {self.target_score}, {self.cap}."
            )

    @property
    def better(self) -> Better:
        """Which way is up, read from floor and target."""
        return "higher" if self.floor < self.target else "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From the threshold `at` on (reached counts) the score is `score`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    at: Decimal
    score: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """区间法: the score of the best step reached; `below` when none is. The order of the steps is free."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["steps"] = "steps"
    steps: tuple[Step, ...]
    better: Better = "higher"
    below: Decimal = ZERO

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("steps is empty; give at least one step with at and score.")
        worst_first = ordered(self.steps, self.better)
        if len({one.at for one in worst_first}) < len(worst_first):
            raise ValueError(f"steps: a threshold appears twice in {_listed(worst_first)}; keep one of them.")
        scores = [self.below, *(one.score for one in worst_first)]
        if scores != sorted(scores) or self.below < 0:
            raise ValueError(
                f"steps: with {self.better} values better, scores must start at 0 or more and never fall from "
                f"`below` ({self.below}) to the best step, got {_listed(worst_first)}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduct:
    """扣分法: `start` points, less `points` for each `per` that the value falls short of the target.

    "每少1%扣2分,最低0" is per 0.01, points 2, at_least 0. units: exact (half a unit costs half the points),
    complete (only whole units cost), started (a begun unit costs as a whole).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["deduct"] = "deduct"
    target: Decimal
    per: Decimal
    points: Decimal
    start: Decimal = HUNDRED
    at_least: Decimal = ZERO
    better: Better = "higher"
    units: Units = "exact"

    def __post_init__(self) -> None:
        check_above_zero("per", self.per)
        check_above_zero("points", self.points)
        if not 0 <= self.at_least <= self.start:
            raise ValueError(f"at_least must lie between 0 and start ({self.start}), got {self.at_least}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """加分法: `base` points, plus `points` for each `per` beyond the target, at most `cap`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["add"] = "add"
    target: Decimal
    per: Decimal
    points: Decimal
    cap: Decimal
    base: Decimal = ZERO
    better: Better = "higher"
    units: Units = "exact"

    def __post_init__(self) -> None:
        check_above_zero("per", self.per)
        check_above_zero("points", self.points)
        if not 0 <= self.base <= self.cap:
            raise ValueError(f"base must lie between 0 and cap ({self.cap}), got {self.base}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """完成率: value ÷ target × 100, at most `cap`; lower is better: target ÷ value × 100, and 0 gets the cap."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["ratio"] = "ratio"
    target: Decimal
    cap: Decimal = Decimal(120)
    better: Better = "higher"

    def __post_init__(self) -> None:
        check_above_zero("target", self.target)
        check_above_zero("cap", self.cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """排名法: first among peers gets `best`, last place `worst`, straight between; equal values rank equal (1, 1, 3).

    Who has no peers gets `best`: nobody was better.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["rank"] = "rank"
    best: Decimal = HUNDRED
    worst: Decimal = ZERO
    better: Better = "higher"

    def __post_init__(self) -> None:
        if not 0 <= self.worst < self.best:
            raise ValueError(f"worst must lie from 0 up to below best ({self.best}), got {self.worst}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """一票否决: 100 while the limit is kept (reached counts as kept), otherwise 0 and the whole card is vetoed."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["veto"] = "veto"
    limit: Decimal
    better: Better = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """达标法: `met` points when the target is reached, otherwise `missed`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["binary"] = "binary"
    target: Decimal
    better: Better = "higher"
    met: Decimal = HUNDRED
    missed: Decimal = ZERO

    def __post_init__(self) -> None:
        if not 0 <= self.missed < self.met:
            raise ValueError(f"missed must lie from 0 up to below met ({self.met}), got {self.missed}.")


Curve = Target | Steps | Deduct | Add | Ratio | Rank | Veto | Binary


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A score in points, whether it vetoes the card, and why."""

    score: Decimal
    vetoed: bool
    because: tuple[Because, ...]


def score(curve: Curve, value: Decimal, *, peers: Sequence[Decimal] = ()) -> Scored:
    """The score of `value` (unit of the reading) on `curve`, in points, half-up to 0.01.

    `peers` are the values of the whole group, the person's own included, for `Rank` only; with no equal value
    among them the own one is added.
    Never raises for finite values. Sources: the docstring of each curve.
    """
    if isinstance(curve, Veto):
        return _veto(curve, value)
    points, told = _points(curve, value, peers)
    return Scored(score=points, vetoed=False, because=(told,))


def target_of(curve: Curve) -> Decimal | None:
    """The value to aim at, for display: the target, a veto's limit, the easiest step worth 100; None for ranks."""
    match curve:
        case Rank():
            return None
        case Veto():
            return curve.limit
        case Steps():
            return next((one.at for one in ordered(curve.steps, curve.better) if one.score >= HUNDRED), None)
        case _:
            return curve.target


def takes_target(curve: Curve) -> bool:
    """Whether somebody can have a target of one's own on this curve."""
    return isinstance(curve, Target | Deduct | Add | Ratio | Binary)


def aimed(curve: Curve, target: Decimal) -> Curve:
    """The curve for somebody whose target differs; `target` in the unit of the reading.

    Floor and stretch of a `Target` keep their proportion to it (their distance, where a sign differs or either
    target is 0), half-up to six decimals. ValueError for curves without a target (steps, ranks, vetoes), and where
    the curve refuses it, as a ratio refuses 0.
    """
    match curve:
        case Target():
            if curve.target * target > 0:
                scale = Fraction(target) / Fraction(curve.target)
                floor = rounded(Fraction(curve.floor) * scale, digits=6)
                stretch = None if curve.stretch is None else rounded(Fraction(curve.stretch) * scale, digits=6)
            else:
                floor = target + curve.floor - curve.target
                stretch = None if curve.stretch is None else target + curve.stretch - curve.target
            return replace(curve, target=target, floor=floor, stretch=stretch)
        case Deduct() | Add() | Ratio() | Binary():
            return replace(curve, target=target)
        case _:
            raise ValueError(f"A {curve.kind} curve has no target that a person could have of one's own.")


def check_above_zero(field: str, value: Decimal) -> None:
    """ValueError naming `field` unless `value` is above 0."""
    if value <= 0:
        raise ValueError(f"{field} must be above 0, got {value}.")


def reached(value: Decimal, mark: Decimal, better: Better) -> bool:
    """Whether `value` is at `mark` or on its better side."""
    return value >= mark if better == "higher" else value <= mark


def reaching(ordered: Sequence[Decimal], mark: Decimal, better: Better) -> int:
    """How many of the values, given in rising order, are at `mark` or on its better side."""
    return len(ordered) - bisect_left(ordered, mark) if better == "higher" else bisect_right(ordered, mark)


def straight(curve: Curve) -> bool:
    """Whether the score runs in straight lines between the curve's own marks, with jumps only at them."""
    return isinstance(curve, Target | Steps | Veto | Binary)


def units_between(distance: Decimal | Fraction, per: Decimal, units: Units) -> Fraction:
    """How many `per` go into `distance`: exactly, complete ones only, or every started one."""
    count = Fraction(distance) / Fraction(per)
    if units == "complete":
        return Fraction(floor(count))
    return Fraction(ceil(count)) if units == "started" else count


def ordered(steps: Sequence[Step], better: Better) -> list[Step]:
    """The steps from the worst threshold to the best."""
    return sorted(steps, key=lambda one: one.at, reverse=better == "lower")


def _points(
    curve: Target | Steps | Deduct | Add | Ratio | Rank | Binary, value: Decimal, peers: Sequence[Decimal]
) -> tuple[Decimal, Because]:
    match curve:
        case Target():
            return _target(curve, value)
        case Steps():
            return _steps(curve, value)
        case Deduct():
            return _deduct(curve, value)
        case Add():
            return _add(curve, value)
        case Ratio():
            return _ratio(curve, value)
        case Rank():
            return _rank(curve, value, peers)
        case _:
            return _binary(curve, value)


def _target(curve: Target, value: Decimal) -> tuple[Decimal, Because]:
    if not reached(value, curve.floor, curve.better):
        return rounded(ZERO, digits=2), step("curve.target.below", ZERO, value=value, floor=curve.floor)
    if not reached(value, curve.target, curve.better):
        points = _between(value, (curve.floor, curve.floor_score), (curve.target, curve.target_score))
        return points, step(
            "curve.target.between", points, value=value,
            floor=curve.floor, floor_score=curve.floor_score, target=curve.target, target_score=curve.target_score,
        )  # fmt: skip
    if curve.stretch is None:
        points = rounded(curve.target_score, digits=2)
        return points, step("curve.target.reached", points, value=value, target=curve.target)
    if reached(value, curve.stretch, curve.better):
        points = rounded(curve.cap, digits=2)
        return points, step("curve.target.stretched", points, value=value, stretch=curve.stretch)
    points = _between(value, (curve.target, curve.target_score), (curve.stretch, curve.cap))
    return points, step(
        "curve.target.above", points, value=value,
        target=curve.target, target_score=curve.target_score, stretch=curve.stretch, cap=curve.cap,
    )  # fmt: skip


def _steps(curve: Steps, value: Decimal) -> tuple[Decimal, Because]:
    best = next(
        (one for one in reversed(ordered(curve.steps, curve.better)) if reached(value, one.at, curve.better)), None
    )
    if best is None:
        points = rounded(curve.below, digits=2)
        return points, step("curve.steps.below", points, value=value)
    points = rounded(best.score, digits=2)
    return points, step("curve.steps.reached", points, value=value, at=best.at)


def _deduct(curve: Deduct, value: Decimal) -> tuple[Decimal, Because]:
    if reached(value, curve.target, curve.better):
        points = rounded(curve.start, digits=2)
        return points, step("curve.deduct.reached", points, value=value, target=curve.target)
    units = units_between(_distance(value, curve.target), curve.per, curve.units)
    points = rounded(max(Fraction(curve.start) - Fraction(curve.points) * units, Fraction(curve.at_least)), digits=2)
    return points, step(
        "curve.deduct.short", points, value=value, target=curve.target,
        start=curve.start, units=units, per=curve.per, points=curve.points, at_least=curve.at_least,
    )  # fmt: skip


def _add(curve: Add, value: Decimal) -> tuple[Decimal, Because]:
    if not reached(value, curve.target, curve.better):
        points = rounded(curve.base, digits=2)
        return points, step("curve.add.short", points, value=value, target=curve.target)
    units = units_between(_distance(value, curve.target), curve.per, curve.units)
    points = rounded(min(Fraction(curve.base) + Fraction(curve.points) * units, Fraction(curve.cap)), digits=2)
    return points, step(
        "curve.add.beyond", points, value=value, target=curve.target,
        base=curve.base, units=units, per=curve.per, points=curve.points, cap=curve.cap,
    )  # fmt: skip


def _ratio(curve: Ratio, value: Decimal) -> tuple[Decimal, Because]:
    if curve.better == "lower" and value <= 0:
        points = rounded(curve.cap, digits=2)
        return points, step("curve.ratio.none", points, value=value)
    ratio = Fraction(value) / Fraction(curve.target)
    share = ratio if curve.better == "higher" else 1 / ratio
    points = rounded(min(max(share * 100, Fraction(0)), Fraction(curve.cap)), digits=2)
    if curve.better == "higher":
        return points, step("curve.ratio.higher", points, value=value, target=curve.target, cap=curve.cap)
    return points, step("curve.ratio.lower", points, value=value, target=curve.target, cap=curve.cap)


def _rank(curve: Rank, value: Decimal, peers: Sequence[Decimal]) -> tuple[Decimal, Because]:
    group = len(peers) if value in peers else len(peers) + 1
    rank = 1 + sum(_beyond(peer, value, curve.better) for peer in peers)
    lost = Fraction(rank - 1, max(group - 1, 1)) * Fraction(curve.best - curve.worst)
    points = rounded(Fraction(curve.best) - lost, digits=2)
    return points, step("curve.rank", points, value=value, rank=rank, group=group, best=curve.best, worst=curve.worst)


def _binary(curve: Binary, value: Decimal) -> tuple[Decimal, Because]:
    if reached(value, curve.target, curve.better):
        points = rounded(curve.met, digits=2)
        return points, step("curve.binary.met", points, value=value, target=curve.target)
    points = rounded(curve.missed, digits=2)
    return points, step("curve.binary.missed", points, value=value, target=curve.target)


def _veto(curve: Veto, value: Decimal) -> Scored:
    if reached(value, curve.limit, curve.better):
        kept = step("curve.veto.kept", HUNDRED, value=value, limit=curve.limit)
        return Scored(score=rounded(HUNDRED, digits=2), vetoed=False, because=(kept,))
    broken = step("curve.veto.broken", ZERO, value=value, limit=curve.limit)
    return Scored(score=rounded(ZERO, digits=2), vetoed=True, because=(broken,))


def _beyond(value: Decimal, mark: Decimal, better: Better) -> bool:
    return value > mark if better == "higher" else value < mark


def _distance(one: Decimal, other: Decimal) -> Fraction:
    return abs(Fraction(one) - Fraction(other))


def _between(value: Decimal, low: tuple[Decimal, Decimal], high: tuple[Decimal, Decimal]) -> Decimal:
    share = (Fraction(value) - Fraction(low[0])) / (Fraction(high[0]) - Fraction(low[0]))
    return rounded(Fraction(low[1]) + share * (Fraction(high[1]) - Fraction(low[1])), digits=2)


def _listed(steps: Sequence[Step]) -> str:
    return ", ".join(f"{one.at} → {one.score}" for one in steps)
