"""Working days by the shipped calendars, and days that a company sets by itself."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenming.controls.operations import SYSTEM
from fenming.library.calendars import calendars
from fenming.library.text import Words
from fenming.modules.people.models import CalendarDay
from fenming.modules.people.operations.calendar import NewDay, clear_day, describe_company, replace_year, set_day
from fenming.modules.people.queries.calendar import weekdays, working_day_after, working_days, working_days_around

MAKE_UP = {
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}
NAME = Words(zh="厂庆", en="Founding day")


def founded(calendar: str = "cn") -> None:
    describe_company(
        SYSTEM, name=Words(zh="禾苗", en=""), time_zone="Asia/Shanghai", language="zh-hans", calendar=calendar
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("year", "made_up"), [(2025, 5), (2026, 6)])
def test_a_year_in_china_has_248_working_days_and_13_statutory_ones(year: int, made_up: int) -> None:
    founded()
    assert working_days(date(year, 1, 1), date(year + 1, 1, 1)) == 248
    assert CalendarDay.objects.filter(date__year=year, kind="statutory").count() == 13
    assert CalendarDay.objects.filter(date__year=year, kind="work").count() == made_up


def test_the_make_up_days_of_2026_are_those_of_the_notice() -> None:
    days = calendars()["cn-2026"].days()
    assert {day for day, (kind, _) in days.items() if kind == "work"} == MAKE_UP
    assert all(day.weekday() >= 5 for day in MAKE_UP)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
def test_weekdays_are_counted_as_one_by_one(start: date, length: int) -> None:
    end = date.fromordinal(start.toordinal() + length)
    assert weekdays(start, end) == sum(
        date.fromordinal(one).weekday() < 5 for one in range(start.toordinal(), end.toordinal())
    )


@pytest.mark.django_db
def test_elsewhere_the_week_has_five_days_and_no_holidays() -> None:
    founded("five_days")
    assert working_days(date(2026, 1, 1), date(2027, 1, 1)) == 261
    assert working_days(date(2026, 5, 1), date(2026, 5, 1)) == 0
    assert working_days(date(2026, 5, 2), date(2026, 5, 1)) == 0


@pytest.mark.django_db
def test_a_company_sets_days_of_its_own_and_takes_them_back() -> None:
    founded()
    week = date(2026, 3, 2), date(2026, 3, 9)
    set_day(SYSTEM, NewDay(date=date(2026, 3, 4), kind="rest", name=NAME))
    set_day(SYSTEM, NewDay(date=date(2026, 3, 7), kind="work", name=NAME))
    set_day(SYSTEM, NewDay(date=date(2026, 3, 8), kind="statutory", name=NAME))
    assert working_days(*week) == 5
    clear_day(SYSTEM, date(2026, 3, 4))
    assert working_days(*week) == 6
    clear_day(SYSTEM, date(2026, 3, 4))


@pytest.mark.django_db
def test_a_notice_replaces_its_year_and_no_other() -> None:
    founded()
    replace_year(SYSTEM, 2026, [NewDay(date=date(2026, 7, 1), kind="rest", name=NAME)])
    assert working_days(date(2026, 1, 1), date(2027, 1, 1)) == 260
    assert working_days(date(2025, 1, 1), date(2026, 1, 1)) == 248


@pytest.mark.django_db
def test_saving_the_company_again_keeps_the_days_that_were_set() -> None:
    founded()
    set_day(SYSTEM, NewDay(date=date(2026, 3, 4), kind="rest", name=NAME))
    founded()
    assert CalendarDay.objects.filter(date=date(2026, 3, 4)).exists()


@pytest.mark.django_db
def test_days_are_counted_over_holidays_and_made_up_days() -> None:
    founded()
    last = date(2026, 9, 30)
    assert [working_day_after(last, count) for count in (0, 1, 2, 5)] == [
        last, date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 13),
    ]  # fmt: skip
    assert working_day_after(date(2026, 10, 8), -1) == last
    assert working_day_after(date(2026, 9, 21), -1) == date(2026, 9, 20)


@pytest.mark.django_db
@settings(max_examples=40)
@given(day=st.dates(date(2025, 1, 1), date(2026, 12, 31)), count=st.integers(1, 60))
def test_between_a_day_and_the_nth_working_day_after_it_lie_n_working_days(day: date, count: int) -> None:
    if not CalendarDay.objects.exists():
        founded()
    there = working_day_after(day, count)
    one = timedelta(days=1)
    assert working_days(day + one, there + one) == count
    assert working_day_after(there, -count) <= day or working_days(there, there + one) == 1
    around = working_days_around(day, day)
    assert around.after(day, count) == there
    assert around.after(day, -count) < day < there
