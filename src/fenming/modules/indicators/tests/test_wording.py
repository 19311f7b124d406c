"""Numbers and sentences as people read them."""

from decimal import Decimal

import pytest
from django.utils import translation

from fenming.library.indicators import indicator
from fenming.modules.indicators.queries import wording


@pytest.mark.parametrize(
    ("name", "value", "zh", "en"),
    [
        ("response_time", "34.185787", "34.2 秒", "34.2 s"),
        ("resolution_rate", "0.818452", "81.8%", "81.8%"),
        ("sales_amount", "174013.28", "¥174,013.28", "¥174,013.28"),
        ("satisfaction_score", "4.542857", "4.54 分", "4.54/5"),
    ],
)
def test_quantities_wear_their_unit(name: str, value: str, zh: str, en: str) -> None:
    with translation.override("zh-hans"):
        assert wording.quantity(indicator(name), Decimal(value)) == zh
    with translation.override("en"):
        assert wording.quantity(indicator(name), Decimal(value)) == en


def test_a_missing_value_is_a_dash() -> None:
    assert wording.quantity(indicator("response_time"), None) == "—"


def test_large_sums_drop_their_fen_where_space_is_short() -> None:
    assert wording.figure(indicator("sales_amount"), Decimal("174013.28"), brief=True) == "174,013"


@pytest.mark.parametrize(
    ("better", "value", "reached"),
    [("lower", "60", 50), ("lower", "20", 100), ("higher", "15", 50), ("higher", "-5", 0)],
)
def test_attainment_goes_by_the_direction(better: str, value: str, reached: int) -> None:
    assert wording.attained(Decimal(value), Decimal(30), better) == reached  # type: ignore[arg-type]


def test_explanations_put_names_and_units_in() -> None:
    one = indicator("resolution_rate")
    step = ["curve.target.reached", [["value", "0.912345678"], ["target", "0.85"]], "100"]
    with translation.override("en"):
        assert wording.told([step], {}, one) == ["91.23% reaches the target 85%: 100 points."]
    gone = ["weights.without", [["excluded", "resolution_rate, response_time"], ["kept", "55"]], "100"]
    names = {name: indicator(name) for name in ("resolution_rate", "response_time")}
    with translation.override("zh-hans"):
        assert wording.told([gone], names)[0].startswith("问题解决率、响应时间 缺数据")


def test_extra_points_for_each_are_told_simply() -> None:
    given = [["value", "2"], ["beyond", "0"], ["units", "2"], ["per", "1"], ["points", "-1"]]
    with translation.override("en"):
        assert wording.told([["adjustment.per_unit", given, "-2"]], {}) == ["2 × -1 points = -2 points."]


@pytest.mark.parametrize(
    ("name", "grows"), [("sales_amount", True), ("new_customers", True), ("resolution_rate", False), ("reads", True)]
)
def test_sums_and_counts_grow_through_the_period(name: str, grows: bool) -> None:
    assert wording.adds_up(indicator(name)) is grows
