from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.periods import Period, months, parse, period

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize("case", golden.load("periods"), ids=golden.title)
def test_what_people_write_is_understood(case: dict[str, Any]) -> None:
    found = parse(case["text"])
    assert (found.label, found.start, found.end) == (case["label"], case["start"], case["until"])
    assert found.previous().label == case["previous"]


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-02-30", "October", "2026-10..", "a..b", "2026-10-05..2026-10-01"]
)
def test_a_wrong_period_lists_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="2026-Q4"):
        parse(text)


@given(DAYS, st.integers(1, 800))
def test_the_period_before_ends_where_this_one_starts(start: date, days: int) -> None:
    this = period(start, start + timedelta(days=days))
    assert this.previous().end == this.start


@given(DAYS, st.integers(1, 800))
def test_a_label_can_be_read_back(start: date, days: int) -> None:
    this = period(start, start + timedelta(days=days))
    assert parse(this.label) == this


def test_the_share_passed_runs_from_0_to_1() -> None:
    october = parse("2026-10")
    assert october.days == 31
    days = [date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 11), date(2026, 11, 1), date(2027, 1, 1)]
    assert [october.passed(day) for day in days] == [0, 0, Decimal("0.322581"), 1, 1]


def test_months_are_those_the_days_touch() -> None:
    assert [one.label for one in months(date(2026, 11, 30), date(2027, 1, 2))] == ["2026-11", "2026-12", "2027-01"]
    assert [one.label for one in months(date(2026, 11, 1), date(2026, 12, 1))] == ["2026-11"]


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(ValueError, match="must come after"):
        Period(label="x", start=date(2026, 1, 1), end=date(2026, 1, 1))
