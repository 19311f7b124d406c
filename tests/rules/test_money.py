from decimal import Decimal, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.money import from_units, rounded, split, split_whole, to_fen, to_units, total

PEOPLE = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 10**9), min_size=1, max_size=12)
SOME_WEIGHT = PEOPLE.filter(lambda weights: any(weights.values()))
AMOUNTS = st.integers(-(10**40), 10**40)


@given(AMOUNTS, SOME_WEIGHT)
def test_parts_sum_to_the_whole_for_any_size(amount: int, weights: dict[str, int]) -> None:
    assert sum(split_whole(amount, weights).values()) == amount


@given(AMOUNTS, SOME_WEIGHT, st.randoms())
def test_the_order_of_people_does_not_matter(amount: int, weights: dict[str, int], random: object) -> None:
    shuffled = list(weights.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert split_whole(amount, dict(shuffled)) == split_whole(amount, weights)


@given(AMOUNTS, SOME_WEIGHT)
def test_each_part_is_within_one_unit_of_its_exact_share(amount: int, weights: dict[str, int]) -> None:
    whole = sum(weights.values())
    parts = split_whole(amount, weights)
    assert all(abs(parts[key] - Fraction(amount * weights[key], whole)) < 1 for key in weights)


@given(AMOUNTS, SOME_WEIGHT)
def test_a_negative_total_is_shared_like_the_positive_one(amount: int, weights: dict[str, int]) -> None:
    assert split_whole(-amount, weights) == {key: -part for key, part in split_whole(amount, weights).items()}


@given(AMOUNTS, SOME_WEIGHT)
def test_zero_weights_get_zero(amount: int, weights: dict[str, int]) -> None:
    assert all(part == 0 for key, part in split_whole(amount, weights).items() if weights[key] == 0)


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=4), max_size=8))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    assert Fraction(total(amounts)) == sum(map(Fraction, amounts), Fraction(0))


def test_the_last_fen_goes_to_the_largest_remainder() -> None:
    weights = {"a": Decimal("1"), "b": Decimal("1.5"), "c": Decimal("0.5")}
    assert split(Decimal("1.00"), weights) == {"a": Decimal("0.33"), "b": Decimal("0.50"), "c": Decimal("0.17")}


def test_equal_remainders_go_to_the_key_that_sorts_first() -> None:
    thirds = dict.fromkeys("cab", Decimal(1))
    assert split(Decimal("0.01"), thirds) == {"c": Decimal("0.00"), "a": Decimal("0.01"), "b": Decimal("0.00")}


def test_amounts_beyond_28_digits_stay_exact() -> None:
    amount = Decimal("123456789012345678901234567890123.45")
    parts = split(amount, {"a": Decimal(1), "b": Decimal(2)})
    assert total(parts.values()) == amount


def test_a_small_decimal_context_of_the_caller_changes_nothing() -> None:
    with localcontext(prec=3):
        assert split(Decimal("12345.67"), {"a": Decimal(1)}) == {"a": Decimal("12345.67")}
        assert str(to_fen(Decimal("98765.432"))) == "98765.43"
        assert str(total([Decimal("12345.6"), Decimal("0.01")])) == "12345.61"


@pytest.mark.parametrize(
    ("number", "digits", "expected"),
    [
        ("0.125", 2, "0.13"), ("-0.125", 2, "-0.13"), ("0.124999", 2, "0.12"), ("2.5", 0, "3"), ("0", 2, "0.00"),
        ("188.655", 2, "188.66"),
    ],
)  # fmt: skip
def test_halves_round_away_from_zero(number: str, digits: int, expected: str) -> None:
    assert str(rounded(Decimal(number), digits=digits)) == expected


def test_other_units_than_fen_can_be_shared() -> None:
    assert split(Decimal(10), {"a": Decimal(1), "b": Decimal(2)}, Decimal(5)) == {"a": Decimal(5), "b": Decimal(5)}
    assert from_units(-3, Decimal("0.05")) == Decimal("-0.15")
    assert from_units(3, Decimal("-0.05")) == Decimal("-0.15")


@pytest.mark.parametrize(
    ("amount", "weights", "unit", "words"),
    [
        ("1.001", {"a": "1"}, "0.01", "whole number of 0.01"),
        ("1", {"a": "1"}, "0", "above 0"),
        ("1", {}, "0.01", "Nobody to share"),
        ("1", {"a": "0"}, "0.01", "Nobody to share"),
        ("1", {"a": "-1", "b": "2"}, "0.01", "below 0"),
    ],
)
def test_what_cannot_be_shared_says_why(amount: str, weights: dict[str, str], unit: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        split(Decimal(amount), {key: Decimal(weight) for key, weight in weights.items()}, Decimal(unit))


def test_a_sum_that_cannot_be_exact_is_refused() -> None:
    with pytest.raises(Inexact):
        total([Decimal("1E+2000"), Decimal(1)])


def test_units_count_what_they_measure() -> None:
    assert to_units(Decimal("0.30")) == 30
