from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fenming.rules.curves import Curve, Rank, Ratio
from fenming.rules.readings import Reading, absent, reading
from fenming.rules.reward import TieredReward, factor
from fenming.rules.scorecard import Item, Line, scorecard

D = Decimal


def line(value: str | None, curve: Curve | None = None, indicator: str = "sales") -> Line:
    found = absent("delayed") if value is None else reading(numerator=D(value))
    return _line(indicator, curve or Ratio(target=D(100)), {indicator: found}, {})


def _line(indicator: str, curve: Curve, readings: dict[str, Reading], carried: dict[str, Reading]) -> Line:
    item = Item(indicator=indicator, weight=D(100), curve=curve, missing="carry")
    day = date(2026, 10, 1)
    return scorecard(person="p", items=[item], readings=readings, day=day, carried=carried).lines[0]


def reward(over: str, by: str, **more: Any) -> TieredReward:
    return TieredReward(indicator=more.pop("indicator", "sales"), over_target=D(over), raise_by=D(by), **more)


@pytest.mark.parametrize(("value", "expected"), [("109.99", "1"), ("110", "1.02"), ("150", "1.02"), ("50", "1")])
def test_sales_over_target_by_10_percent_raise_the_reward_by_2(value: str, expected: str) -> None:
    assert factor([reward("0.10", "0.02")], [line(value)])[0] == D(expected)


@pytest.mark.parametrize(("value", "expected"), [("119", "1.02"), ("120", "1.04"), ("135", "1.06"), ("900", "1.1")])
def test_each_full_10_percent_raises_again_up_to_the_most(value: str, expected: str) -> None:
    assert factor([reward("0.10", "0.02", each=True, at_most=D("0.1"))], [line(value)])[0] == D(expected)


def test_an_absurd_reading_is_no_trouble() -> None:
    assert factor([reward("0.10", "0.02", each=True)], [line("1000000000000")])[0] == D("2000000000.80")


@pytest.mark.parametrize(("value", "expected"), [("105", "1"), ("110", "1.02"), ("120", "1.05")])
def test_of_several_steps_for_one_indicator_the_highest_counts(value: str, expected: str) -> None:
    assert factor([reward("0.20", "0.05"), reward("0.10", "0.02")], [line(value)])[0] == D(expected)
    assert factor([reward("0.10", "0.02"), reward("0.20", "0.05")], [line(value)])[0] == D(expected)


def test_different_indicators_add_up() -> None:
    rewards = [reward("0.10", "0.02"), reward("0.10", "0.03", indicator="conversion")]
    assert factor(rewards, [line("110"), line("115", indicator="conversion")])[0] == D("1.05")


def test_lower_is_better_counts_downwards() -> None:
    curve = Ratio(target=D(30), better="lower")
    assert factor([reward("0.10", "0.02")], [line("27", curve)])[0] == D("1.02")
    assert factor([reward("0.10", "0.02")], [line("33", curve)])[0] == 1


def test_nothing_is_earned_without_a_reading_of_the_period_or_a_target() -> None:
    carried = _line("sales", Ratio(target=D(100)), {}, {"sales": reading(numerator=D(200))})
    assert carried.carried
    for lines in ([], [line(None)], [line("200", Rank())], [carried]):
        result, because = factor([reward("0.10", "0.02")], lines)
        assert result == 1
        assert because[0].rule == "reward.unknown"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"over": "0", "by": "1"}, "over_target"),
        ({"over": "1", "by": "0"}, "raise_by"),
        ({"over": "1", "by": "1", "at_most": D(1)}, "each"),
        ({"over": "1", "by": "2", "each": True, "at_most": D(1)}, "lies below"),
    ],
)
def test_rewards_nobody_could_explain_are_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        reward(**more)
