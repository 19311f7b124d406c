"""Tiered rewards: beating a target by so much raises the reward by so much."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, ClassVar

from fenming.rules.curves import STRICT, check_above_zero
from fenming.rules.money import from_units, rounded, total
from fenming.rules.scorecard import Line
from fenming.rules.trace import Because, step


@dataclass(frozen=True, slots=True, kw_only=True)
class TieredReward:
    """Sales over target by 10 % raise the reward by 2 %: over_target 0.10, raise_by 0.02.

    Both are fractions; over_target is relative to the target. each: every full 10 % raises again, up to `at_most`.
    Several rewards for one indicator are steps: only the highest raise counts. Different indicators add up.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    indicator: str
    over_target: Decimal
    raise_by: Decimal
    each: bool = False
    at_most: Decimal | None = None

    def __post_init__(self) -> None:
        check_above_zero("over_target", self.over_target)
        check_above_zero("raise_by", self.raise_by)
        if self.at_most is not None and not self.each:
            raise ValueError("at_most only matters with each: true; remove it or set each.")
        if self.at_most is not None and self.at_most < self.raise_by:
            raise ValueError(f"at_most ({self.at_most}) lies below one raise_by ({self.raise_by}); raise it.")


def factor(rewards: Sequence[TieredReward], lines: Iterable[Line]) -> tuple[Decimal, tuple[Because, ...]]:
    """1 plus the raises that `lines` of a scorecard have earned, exactly, and why.

    A carried or missing reading, a target of 0 or below and a curve without a target earn nothing, visibly.
    Never raises.
    """
    by_indicator = {line.indicator: line for line in lines}
    earned: dict[str, tuple[Decimal, Because]] = {}
    for reward in rewards:
        found = _raise(reward, by_indicator.get(reward.indicator))
        if reward.indicator not in earned or found[0] > earned[reward.indicator][0]:
            earned[reward.indicator] = found
    result = total([Decimal(1), *(raised for raised, _ in earned.values())])
    return result, (*(told for _, told in earned.values()), step("reward.factor", result))


def _raise(reward: TieredReward, line: Line | None) -> tuple[Decimal, Because]:
    if line is None or line.carried or line.reading.value is None or line.target is None or line.target <= 0:
        return Decimal(0), step("reward.unknown", Decimal(0), indicator=reward.indicator)
    over = Fraction(line.reading.value) / Fraction(line.target) - 1
    over = over if line.better == "higher" else -over
    times = max(floor(over / Fraction(reward.over_target)), 0)
    raised = from_units(times if reward.each else min(times, 1), reward.raise_by)
    raised = raised if reward.at_most is None else min(raised, reward.at_most)
    rule = step(
        "reward.raised", raised, indicator=reward.indicator, value=line.reading.value, target=line.target,
        over=rounded(over, digits=6), over_target=reward.over_target, raise_by=reward.raise_by,
    )  # fmt: skip
    return raised, rule
