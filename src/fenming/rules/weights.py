"""Weights that always sum to exactly 100: as planned, in a season, and without what is missing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar, Protocol

from fenming.rules.curves import STRICT
from fenming.rules.money import FEN, split, to_units, total
from fenming.rules.trace import Because, step
from fenming.rules.wording import check_name, did_you_mean

HUNDRED = Decimal("100.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """From `start` up to `until` (exclusive) some indicators weigh differently: a sales season, a stocktake.

    weights: indicator → weight in per cent while it lasts; the other indicators share the rest in proportion.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Mapping[str, str]
    start: date
    until: date
    weights: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        check_name(self.name, of="season")
        if self.until <= self.start:
            raise ValueError(f"{self._called}: until ({self.until}) is exclusive and must come after {self.start}.")
        if not self.weights:
            raise ValueError(f"{self._called}: names no indicator; give weights, or remove the season.")
        _check_each(self.weights, of=self._called)
        if (fixed := total(self.weights.values())) > HUNDRED:
            raise ValueError(
                f"{self._called}: the weights sum to {fixed}; take off {fixed - HUNDRED} to stay within 100."
            )

    @property
    def _called(self) -> str:
        return f"season {self.name['zh']} ({self.name['en']})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """indicator → weight in per cent, summing to exactly 100 (or empty); the season behind it, and why."""

    weights: Mapping[str, Decimal]
    season: Season | None = None
    because: tuple[Because, ...] = ()


class Weighted(Protocol):
    """Anything that gives one indicator a weight."""

    @property
    def indicator(self) -> str: ...
    @property
    def weight(self) -> Decimal: ...


def planned(items: Iterable[Weighted]) -> dict[str, Decimal]:
    """indicator → weight as the scheme states it. ValueError for an indicator listed twice or a sum other than 100."""
    weights: dict[str, Decimal] = {}
    for item in items:
        if item.indicator in weights:
            raise ValueError(f"Indicator {item.indicator!r} is listed twice; keep one of the two.")
        weights[item.indicator] = item.weight
    check(weights)
    return weights


def check(weights: Mapping[str, Decimal]) -> None:
    """ValueError unless the weights are 0 or more, have at most two decimals and sum to 100."""
    _check_each(weights, of="weights")
    planned_sum = total(weights.values())
    if planned_sum != HUNDRED:
        change = f"add {HUNDRED - planned_sum}" if planned_sum < HUNDRED else f"take off {planned_sum - HUNDRED}"
        raise ValueError(f"The weights sum to {planned_sum}, not to 100: {change} somewhere.")


def check_seasons(seasons: Sequence[Season], indicators: Collection[str]) -> None:
    """ValueError for a season that names an unknown indicator, or two seasons that share a day."""
    for season in seasons:
        for indicator in season.weights:
            if indicator not in indicators:
                raise ValueError(
                    f"{season._called}: there is no indicator {indicator!r}. {did_you_mean(indicator, indicators)}"
                )
    in_order = sorted(seasons, key=lambda season: season.start)
    for earlier, later in pairwise(in_order):
        if later.start < earlier.until:
            raise ValueError(
                f"{earlier._called} and {later._called} overlap on {later.start}; end one before the other."
            )


def in_force(weights: Mapping[str, Decimal], seasons: Sequence[Season], day: date) -> Weights:
    """The weights on `day`: a season's own are fixed, all others keep their proportions within the rest.

    Sales 30 → 40 turns the other 70 into 60. Sums to exactly 100, by largest remainder at 0.01.
    ValueError when weights or seasons are not sound, or a season leaves a rest that nobody can take.
    """
    check(weights)
    check_seasons(seasons, weights)
    season = next((season for season in seasons if season.start <= day < season.until), None)
    if season is None:
        return Weights(weights=dict(weights))
    fixed = total(season.weights.values())
    others = {indicator: weight for indicator, weight in weights.items() if indicator not in season.weights}
    rest = HUNDRED - fixed
    if rest and not any(others.values()):
        raise ValueError(f"{season._called}: the weights sum to {fixed} and nothing else can take the other {rest}.")
    shared = split(rest, others) if any(others.values()) else others
    changed = {**shared, **season.weights}
    told = step(
        "weights.season", rest, season_zh=season.name["zh"], season_en=season.name["en"], fixed=fixed,
        start=season.start, until=season.until,
    )  # fmt: skip
    return Weights(weights={indicator: changed[indicator] for indicator in weights}, season=season, because=(told,))


def without(weights: Weights, missing: Collection[str]) -> Weights:
    """The weights when `missing` indicators are left out: the others grow in proportion to exactly 100 again.

    Nothing left, or nothing left that weighs: empty. Doing it twice changes nothing. Never raises.
    """
    gone = [indicator for indicator in weights.weights if indicator in missing]
    if not gone:
        return weights
    kept = {indicator: weight for indicator, weight in weights.weights.items() if indicator not in missing}
    told = step("weights.without", HUNDRED, excluded=", ".join(gone), kept=total(kept.values()))
    shared = split(HUNDRED, kept) if any(kept.values()) else {}
    return Weights(weights=shared, season=weights.season, because=(*weights.because, told))


def _check_each(weights: Mapping[str, Decimal], *, of: str) -> None:
    for indicator, weight in weights.items():
        if weight < 0:
            raise ValueError(f"{of}: {indicator!r} weighs {weight}; a weight is 0 or more.")
        try:
            to_units(weight, FEN)
        except ValueError as error:
            raise ValueError(f"{of}: {indicator!r} weighs {weight}; at most two decimals, please.") from error
