from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.readings import Missing, Reading, absent, check_formula, evaluate, reading

D = Decimal
WHOLE = st.integers(-(10**6), 10**6).map(Decimal)


def test_a_ratio_is_divided_once_and_keeps_its_parts() -> None:
    found = reading(numerator=D(2), denominator=D(3))
    assert (found.value, found.numerator, found.denominator) == (D("0.666667"), 2, 3)


def test_milliseconds_become_seconds() -> None:
    assert reading(numerator=D(61_500), denominator=D(2), scale=D("0.001")).value == D("30.75")


def test_a_count_needs_no_denominator() -> None:
    assert reading(numerator=D(12)).value == 12


@pytest.mark.parametrize(
    ("numerator", "denominator", "missing", "reason"),
    [
        (None, D(1), None, "not_supplied"),
        (D(1), None, None, "not_supplied"),
        (D(0), D(0), None, "zero_denominator"),
        (D(1), D(0), "delayed", "delayed"),
        (D(1), D(2), "no_facts", "no_facts"),
    ],
)
def test_missing_is_a_reason_and_never_zero(
    numerator: Decimal | None, denominator: Decimal | None, missing: Missing | None, reason: str
) -> None:
    found = reading(numerator=numerator, denominator=denominator, missing=missing)
    assert (found.value, found.missing) == (None, reason)
    assert found.because[0].rule == f"reading.{reason}"


def test_every_reason_makes_a_reading() -> None:
    assert {absent(reason).missing for reason in get_args(Missing)} == set(get_args(Missing))


@pytest.mark.parametrize(("value", "missing"), [(None, None), (D(1), "delayed")])
def test_a_reading_is_a_value_or_a_reason(value: Decimal | None, missing: Missing | None) -> None:
    with pytest.raises(ValueError, match="not both"):
        Reading(value=value, missing=missing)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a + b", "9"), ("a - b * 2", "3"), ("(a − b) × 2", "10"), ("a ÷ b", "3.5"), ("b / 3", "0.666666666667"),
        ("-a + .5", "-6.5"), ("0.1 + 0.2", "0.3"), ("（a + b） / 3.", "3"), ("a / (b - b)", None), ("a + 空", None),
        ("-空", None), ("空 / 0", None),
    ],
)  # fmt: skip
def test_formulas_are_computed_exactly(formula: str, expected: str | None) -> None:
    parts = {"a": D(7), "b": D(2), "空": None}
    assert evaluate(formula, parts) == (None if expected is None else D(expected))


@given(WHOLE, WHOLE, WHOLE)
def test_a_formula_agrees_with_python(a: Decimal, b: Decimal, c: Decimal) -> None:
    assert evaluate("a * (b - c) + 2 * a", {"a": a, "b": b, "c": c}) == a * (b - c) + 2 * a


@pytest.mark.parametrize(
    "formula",
    ["__import__('os')", "a ** 9", "a.b", "a[0]", "'x'", "True", "1e9", "0x10", "1j", "a if a else a", "a; a", "+a",
     "1_000", "a <", "lambda: a", "a\0"],
)  # fmt: skip
def test_anything_but_arithmetic_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="Formula"):
        evaluate(formula, {"a": D(1)})


def test_a_misspelt_part_is_suggested() -> None:
    with pytest.raises(ValueError, match="Did you mean 'answered'"):
        check_formula("answerd / sessions", ["answered", "sessions"])
    with pytest.raises(ValueError, match=r"Known: answered\."):
        check_formula("xyz", ["answered"])
    with pytest.raises(ValueError, match="None is defined"):
        check_formula("xyz", [])


def test_a_formula_nobody_can_check_by_eye_is_refused() -> None:
    with pytest.raises(ValueError, match="by eye"):
        check_formula("a+" * 200 + "a", ["a"])


def test_a_ratio_tells_both_its_parts_and_a_sum_only_its_own() -> None:
    ratio = reading(numerator=Decimal(3), denominator=Decimal(4))
    assert dict(ratio.because[0].given) == {"numerator": "3", "denominator": "4", "scale": "1"}
    assert [told.rule for told in reading(numerator=Decimal(3)).because] == ["reading.value"]


def test_a_bare_name_is_its_part_exactly() -> None:
    long = Decimal("0.1234567890123456789")
    assert evaluate("sum", {"sum": long}) == long
    assert evaluate("sum", {"sum": None}) is None
