from datetime import date
from decimal import Decimal
from typing import Any

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.curves import Binary
from fenming.rules.money import split, total
from fenming.rules.scorecard import Item
from fenming.rules.weights import Season, Weights, check, check_seasons, in_force, planned, without

D = Decimal
DAY = date(2026, 11, 11)
PLANS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 1000).map(Decimal), min_size=2).map(
    lambda parts: split(D(100), parts)
)


def season(weights: dict[str, Decimal], start: date = DAY, until: date = date(2026, 11, 12)) -> Season:
    return Season(name={"zh": "双11", "en": "Singles' Day"}, start=start, until=until, weights=weights)


@pytest.mark.parametrize("case", golden.load("weights"), ids=golden.title)
def test_golden_weights(case: dict[str, Any]) -> None:
    seasons = [season(case["season"])] if "season" in case else []
    found = without(in_force(case["weights"], seasons, DAY), case.get("missing", ()))
    assert found.weights == case["expect"]


@given(PLANS, st.decimals(0, 99, places=2))
def test_a_season_keeps_the_sum_at_100(plan: dict[str, Decimal], fixed: Decimal) -> None:
    first = min(plan)
    plan = plan if any(weight for key, weight in plan.items() if key != first) else {**plan, first: D(60), "z": D(40)}
    found = in_force(plan, [season({first: fixed})], DAY).weights
    assert total(found.values()) == 100
    assert found[first] == fixed


@given(PLANS, st.sets(st.sampled_from("abcdefgh")))
def test_leaving_out_twice_changes_nothing(plan: dict[str, Decimal], missing: set[str]) -> None:
    once = without(Weights(weights=plan), missing)
    assert without(once, missing) == once
    assert total(once.weights.values()) in (0, 100)
    again = without(Weights(weights=once.weights), set())
    assert again.weights == once.weights


def test_a_season_starts_on_its_start_and_is_over_on_its_until() -> None:
    plan = {"a": D(50), "b": D(50)}
    seasons = [season({"a": D(80)}, date(2026, 11, 1), date(2026, 11, 12))]
    found = [in_force(plan, seasons, day).weights["a"] for day in (date(2026, 10, 31), date(2026, 11, 1), DAY)]
    assert found == [50, 80, 80]
    assert in_force(plan, seasons, date(2026, 11, 12)) == Weights(weights=plan)


def test_what_is_left_may_weigh_nothing() -> None:
    assert without(Weights(weights={"a": D(100), "b": D(0)}), {"a"}).weights == {}


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"a": "60", "b": "30"}, "sum to 90, not to 100: add 10"),
        ({"a": "60", "b": "50"}, "take off 10"),
        ({"a": "-1", "b": "101"}, "0 or more"),
        ({"a": "33.333", "b": "66.667"}, "two decimals"),
    ],
)
def test_weights_that_do_not_add_up_say_what_to_change(weights: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check({key: D(weight) for key, weight in weights.items()})


def test_an_indicator_listed_twice_is_refused() -> None:
    item = Item(indicator="a", weight=D(50), curve=Binary(target=D(1)))
    with pytest.raises(ValueError, match="listed twice"):
        planned([item, item])


@pytest.mark.parametrize(
    ("weights", "words"),
    [({"a": "70", "b": "40"}, "take off 10"), ({}, "names no indicator"), ({"a": "-1"}, "0 or more")],
)
def test_a_season_nobody_could_explain_is_refused(weights: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        season({key: D(weight) for key, weight in weights.items()})


def test_a_season_needs_days_and_a_name_in_both_languages() -> None:
    with pytest.raises(ValueError, match="exclusive"):
        season({"a": D(1)}, DAY, DAY)
    with pytest.raises(ValueError, match="lacks en"):
        Season(name={"zh": "双11"}, start=DAY, until=date(2026, 12, 1), weights={"a": D(1)})


def test_a_season_for_an_unknown_indicator_suggests_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'sales'"):
        check_seasons([season({"sale": D(40)})], ["sales", "csat"])


def test_seasons_must_not_overlap() -> None:
    long = season({"a": D(40)}, date(2026, 11, 1), date(2026, 12, 1))
    with pytest.raises(ValueError, match="overlap on 2026-11-11"):
        check_seasons([season({"a": D(50)}), long], ["a"])
    after = season({"a": D(50)}, date(2026, 12, 1), date(2026, 12, 2))
    check_seasons([after, long], ["a"])


def test_a_season_that_leaves_a_rest_nobody_can_take_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing else can take the other 20"):
        in_force({"a": D(100), "b": D(0)}, [season({"a": D(80)})], DAY)
