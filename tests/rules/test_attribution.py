from datetime import datetime, time, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.attribution import MILLION, Segment, Shift, findings, segments

MIDNIGHT = datetime(2026, 10, 1)
METHODS = st.sampled_from(["equal", "minutes"])
SHIFTS = st.lists(
    st.builds(
        lambda person, account, start, length, weight: Shift(
            person=person,
            account=account,
            start=MIDNIGHT + timedelta(minutes=30 * start),
            end=MIDNIGHT + timedelta(minutes=30 * (start + length)),
            weight=weight,
        ),
        st.sampled_from("abcd"),
        st.sampled_from("XY"),
        st.integers(0, 100),
        st.integers(-1, 60),
        st.sampled_from([1, 2, Decimal("0.5"), 0]),
    ),
    max_size=8,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def shift(row: list[Any], number: int | None = None) -> Shift:
    person, account, start, end, *weight = row
    return Shift(person=person, account=account, start=at(start), end=at(end), row=number, weight=(weight or [1])[0])


@pytest.mark.parametrize("case", golden.load("attribution"), ids=golden.title)
def test_golden_attribution(case: dict[str, Any]) -> None:
    found = segments([shift(row) for row in case["shifts"]], method=case["method"])
    assert found == [
        Segment(account=account, start=at(start), end=at(end), shares=tuple(sorted(shares.items())))
        for account, start, end, shares in case["expect"]
    ]


@given(SHIFTS, METHODS)
def test_every_segment_shares_out_exactly_a_million(shifts: list[Shift], method: Any) -> None:
    assert all(sum(part for _, part in one.shares) == MILLION for one in segments(shifts, method=method))


@given(SHIFTS, METHODS)
def test_segments_cover_exactly_the_time_on_duty_and_never_overlap(shifts: list[Shift], method: Any) -> None:
    found = segments(shifts, method=method)
    for half_hour in range(170):
        moment = MIDNIGHT + timedelta(minutes=30 * half_hour)
        for account in "XY":
            on_duty = {
                one.person
                for one in shifts
                if one.account == account and one.start <= moment < one.end and one.weight > 0
            }
            covering = [one for one in found if one.account == account and one.start <= moment < one.end]
            assert len(covering) == bool(on_duty)
            if on_duty and method == "equal":
                assert {person for person, _ in covering[0].shares} == on_duty


@given(SHIFTS, METHODS, st.randoms())
def test_the_order_of_shifts_does_not_matter(shifts: list[Shift], method: Any, random: Any) -> None:
    assert segments(random.sample(shifts, len(shifts)), method=method) == segments(shifts, method=method)


@given(SHIFTS)
def test_by_minutes_no_segment_crosses_the_start_of_a_business_day(shifts: list[Shift]) -> None:
    for one in segments(shifts, method="minutes", day_starts=time(6)):
        morning = datetime.combine(one.start.date(), time(6))
        following = morning if morning > one.start else morning + timedelta(days=1)
        assert one.end <= following


def test_a_person_listed_twice_with_two_weights_counts_with_the_larger() -> None:
    rows = [
        ["李娜", "X", "2026-10-01 09:00", "2026-10-01 12:00", 1],
        ["李娜", "X", "2026-10-01 09:00", "2026-10-01 12:00", 3],
        ["王强", "X", "2026-10-01 09:00", "2026-10-01 12:00", 1],
    ]
    assert segments([shift(row) for row in rows], method="equal")[0].shares == (("李娜", 750_000), ("王强", 250_000))


def test_findings_point_to_the_rows() -> None:
    rows = [
        ["李娜", "X", "2026-10-01 09:00", "2026-10-01 12:00"],
        ["李娜", "X", "2026-10-01 11:00", "2026-10-01 13:00"],
        ["李娜", "Y", "2026-10-01 09:00", "2026-10-01 12:00"],
        ["王强", "X", "2026-10-01 12:00", "2026-10-01 09:00"],
        ["王强", "Y", "2026-10-01 09:00", "2026-10-02 09:01"],
        ["张伟", "Y", "2026-10-01 09:00", "2026-10-01 10:00", 0],
        ["李娜", "X", "2026-10-01 13:00", "2026-10-01 14:00"],
    ]
    found = findings([shift(row, number) for number, row in enumerate(rows, start=2)])
    assert [(one.rows, one.code) for one in found] == [
        ((2, 3), "overlaps_itself"), ((5,), "ends_before_start"), ((6,), "too_long"), ((7,), "weightless"),
    ]  # fmt: skip
    assert all(one.words["zh"] and one.words["en"] for one in found)


def test_a_shift_that_swallows_two_others_is_found_twice() -> None:
    rows = [
        ["李娜", "X", "2026-10-01 08:00", "2026-10-01 20:00"],
        ["李娜", "X", "2026-10-01 09:00", "2026-10-01 10:00"],
        ["李娜", "X", "2026-10-01 11:00", "2026-10-01 12:00"],
    ]
    found = findings([shift(row, number) for number, row in enumerate(rows)])
    assert [one.rows for one in found] == [(0, 1), (0, 2)]


def test_findings_without_row_numbers_still_have_words() -> None:
    assert findings([shift(["王强", "X", "2026-10-01 12:00", "2026-10-01 12:00"])])[0].rows == ()


def test_twenty_thousand_shifts_take_well_under_a_second() -> None:
    shifts = [
        Shift(
            person=f"p{number % 400}",
            account=f"a{number % 50}",
            start=MIDNIGHT + timedelta(minutes=17 * number % 43_200),
            end=MIDNIGHT + timedelta(minutes=17 * number % 43_200 + 480),
        )
        for number in range(20_000)
    ]
    started = perf_counter()
    segments(shifts, method="minutes")
    segments(shifts, method="equal")
    assert perf_counter() - started < 6, "both methods together, with room for a busy machine"
