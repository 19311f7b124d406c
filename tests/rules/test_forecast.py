from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules import curves, forecast
from fenming.rules.forecast import Growing, Pace

HALF = Pace(passed=11, of=22)
SALES = curves.Target(floor=Decimal(0), target=Decimal(100), stretch=Decimal(200))


def sales(value: str, *, pace: Pace = HALF, curve: curves.Curve = SALES) -> Growing:
    now = Decimal(value)
    score = Decimal(50) if isinstance(curve, curves.Rank) else curves.score(curve, now).score
    return Growing(value=now, score=score, worth=Decimal(40), curve=curve, pace=pace)


def test_what_is_due_follows_working_days_not_the_calendar() -> None:
    assert Pace(passed=5, of=20).due(Decimal(1000)) == 250
    assert Pace(passed=1, of=3).due(Decimal(100)) == Decimal("33.333333")
    assert Pace(passed=1, of=3).share == Decimal("0.333333")


def test_a_sum_goes_on_per_working_day() -> None:
    assert HALF.projected(Decimal(60)) == 120
    assert Pace(passed=22, of=22).projected(Decimal(60)) == 60


def test_before_the_third_working_day_it_is_too_early() -> None:
    told = {days: Pace(passed=days, of=22).projected(Decimal(10)) is None for days in (0, 1, 2, 3)}
    assert told == {0: True, 1: True, 2: True, 3: False}
    assert forecast.total(Decimal(80), [], Pace(passed=2, of=22)) is None


def test_a_period_of_two_days_that_is_over_is_not_too_early() -> None:
    assert not Pace(passed=2, of=2).is_too_early


def test_a_period_without_working_days_has_passed() -> None:
    empty = Pace(passed=0, of=0)
    assert (empty.share, empty.is_over, empty.due(Decimal(7)), empty.projected(Decimal(7))) == (1, True, 7, 7)


@pytest.mark.parametrize(("passed", "of"), [(-1, 5), (6, 5)])
def test_more_days_than_there_are_cannot_pass(passed: int, of: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        Pace(passed=passed, of=of)


def test_the_gain_is_the_projected_score_less_the_present_one() -> None:
    one = sales("50")
    promised = curves.score(SALES, Decimal(100)).score - curves.score(SALES, Decimal(50)).score
    assert forecast.gain(one) == promised * 40 / 100
    assert forecast.total(Decimal("70.00"), [one], HALF) == Decimal("70.00") + promised * 40 / 100


def test_a_comparison_with_colleagues_stays() -> None:
    assert forecast.gain(sales("50", curve=curves.Rank(better="higher"))) == 0


def test_complaints_that_go_on_take_points() -> None:
    deduct = curves.Deduct(target=Decimal(0), per=Decimal(1), points=Decimal(5), better="lower")
    gain = forecast.gain(sales("4", curve=deduct))
    assert gain is not None
    assert gain < 0


def test_the_total_never_falls_below_zero() -> None:
    deduct = curves.Deduct(target=Decimal(0), per=Decimal(1), points=Decimal(5), better="lower")
    assert forecast.total(Decimal(1), [sales("9", curve=deduct)], HALF) == 0


def test_a_post_that_was_just_taken_over_makes_it_too_early() -> None:
    assert forecast.total(Decimal(70), [sales("5", pace=Pace(passed=1, of=12))], HALF) is None


@given(st.integers(3, 400), st.integers(0, 400), st.decimals(0, 10**9, places=2))
def test_who_is_on_the_mark_today_ends_on_the_target(passed: int, left: int, target: Decimal) -> None:
    pace = Pace(passed=passed, of=passed + left)
    end = pace.projected(pace.due(target))
    assert end is not None
    assert abs(end - target) <= Decimal("0.0002")
