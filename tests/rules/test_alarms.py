from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.alarms import beyond, missing, worse
from fenming.rules.comparing import Part

DAY = date(2026, 10, 15)


def days(*values: float | None) -> dict[date, Decimal]:
    """Values up to DAY; None is a day without one."""
    return {
        DAY - timedelta(days=offset): Decimal(str(value))
        for offset, value in enumerate(reversed(values))
        if value is not None
    }


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((5, 5, 5), True),
        ((5, 9, 5), False),
        ((5, 5), False),
        ((5, None, 5, 5), True),
        ((5, 5, None), False),
        ((5, None, None, None, None, 5, 5), False),
    ],
)
def test_three_days_below_the_mark(values: tuple[float | None, ...], told: bool) -> None:
    assert beyond(days(*values), DAY, mark=Decimal(8), days=3, better="higher") is told


def test_where_less_is_better_the_mark_is_a_ceiling() -> None:
    assert beyond(days(9, 9), DAY, mark=Decimal(8), days=2, better="lower")
    assert not beyond(days(9, 8), DAY, mark=Decimal(8), days=2, better="lower")


def test_data_are_missing_on_working_days_only() -> None:
    working = [DAY - timedelta(days=offset) for offset in (0, 1, 4)]
    assert missing(days(None), DAY, days=2, working=working)
    assert not missing(days(5, None), DAY, days=2, working=working)
    assert missing(days(5, None, None, None), DAY - timedelta(days=1), days=1, working=working)
    assert not missing({}, DAY, days=9, working=working)


def week(now: int | None, before: int | None) -> dict[date, Part]:
    given = {DAY: now, DAY - timedelta(days=7): before}
    return {day: Part(Decimal(value), Decimal(10)) for day, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("now", "before", "told"), [(80, 100, True), (81, 100, False), (0, 0, False), (5, None, False)]
)
def test_a_drop_of_a_fifth_against_the_week_before(now: int, before: int | None, told: bool) -> None:
    found = worse(week(now, before), DAY, percent=Decimal(20), better="higher", rate=False)
    assert (found is not None) is told


def test_a_rise_is_a_drop_where_less_is_better() -> None:
    assert worse(week(120, 100), DAY, percent=Decimal(20), better="lower", rate=True) == (12, 10)
    assert worse(week(None, 100), DAY, percent=Decimal(20), better="lower", rate=True) is None


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 300))
def test_better_is_never_an_alarm(now: int, before: int, percent: int) -> None:
    if now >= before:
        assert worse(week(now, before), DAY, percent=Decimal(percent), better="higher", rate=False) is None
