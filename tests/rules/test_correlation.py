import statistics
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fenming.rules.correlation import pearson

D = Decimal
NUMBERS = st.decimals(min_value=-1000, max_value=1000, places=2)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=8, max_size=30)


def test_a_line_correlates_fully_up_and_down() -> None:
    up = [(D(one), D(2 * one + 3)) for one in range(8)]
    assert pearson(up) == 1
    assert pearson([(x, -y) for x, y in up]) == -1


def test_eight_people_are_needed_and_some_spread() -> None:
    line = [(D(one), D(one)) for one in range(8)]
    assert pearson(line[:7]) is None
    assert pearson([(D(1), y) for _, y in line]) is None
    assert pearson([(x, D("0.5")) for x, _ in line]) is None


def test_a_known_coefficient() -> None:
    xs = (43, 21, 25, 42, 57, 59, 33, 38)
    ys = (99, 65, 79, 75, 87, 81, 70, 90)
    assert pearson([(D(x), D(y)) for x, y in zip(xs, ys, strict=True)]) == D("0.508")


@given(PAIRS)
def test_it_agrees_with_the_standard_library(pairs: list[tuple[Decimal, Decimal]]) -> None:
    xs, ys = ([float(one) for one in side] for side in zip(*pairs, strict=True))
    assume(statistics.pstdev(xs) > 1 and statistics.pstdev(ys) > 1)
    assert float(pearson(pairs) or 0) == pytest.approx(statistics.correlation(xs, ys), abs=0.0006)


@given(PAIRS, st.decimals(min_value="0.01", max_value=100, places=2), NUMBERS)
def test_units_do_not_matter(pairs: list[tuple[Decimal, Decimal]], scale: Decimal, shift: Decimal) -> None:
    assert pearson(pairs) == pearson([(x * scale + shift, y) for x, y in pairs])
