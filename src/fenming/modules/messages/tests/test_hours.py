"""Quiet hours and digests, in any time zone, on any day of the year."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.modules.messages.sending.hours import after_quiet, is_quiet, next_digest

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [
        ZoneInfo(one)
        for one in (
            "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
            "America/St_Johns", "Pacific/Apia", "UTC",
        )
    ]
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
WALLS = st.times().map(lambda one: one.replace(second=0, microsecond=0))
LONGEST_JUMP = timedelta(hours=1)


@given(MOMENTS, ZONES, WALLS, WALLS)
def test_nothing_goes_in_quiet_hours_and_nothing_waits_longer_than_they_last(
    moment: datetime, zone: ZoneInfo, start: time, end: time
) -> None:
    found = after_quiet(moment, zone, start, end)
    assert found >= moment
    wall = found.astimezone(zone)
    if not is_quiet(moment.astimezone(zone).time(), start, end):
        assert found == moment
        return
    jumped = (found - LONGEST_JUMP).astimezone(zone).utcoffset() != wall.utcoffset()
    assert jumped or not is_quiet(wall.time(), start, end)
    assert jumped or wall.time() == end
    step = (found - moment) / 50
    earlier = [moment + step * number for number in range(50)]
    assert all(is_quiet(one.astimezone(zone).time(), start, end) for one in earlier if found - one > LONGEST_JUMP)
    assert found - moment <= timedelta(hours=25)


@given(MOMENTS, ZONES, st.integers(0, 23), st.booleans())
def test_a_digest_comes_after_now_at_its_hour_and_within_its_period(
    moment: datetime, zone: ZoneInfo, hour: int, weekly: bool
) -> None:
    found = next_digest(moment, zone, hour, weekly=weekly)
    period = timedelta(days=7 if weekly else 1)
    assert moment < found <= moment + period + LONGEST_JUMP
    wall = found.astimezone(zone)
    jumped = (found - LONGEST_JUMP).astimezone(zone).utcoffset() != wall.utcoffset()
    assert wall.hour == hour or jumped
    assert not weekly or wall.weekday() == 0


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23 21:59", "2026-11-23 21:59"),
        ("2026-11-23 22:00", "2026-11-24 08:00"),
        ("2026-11-24 00:00", "2026-11-24 08:00"),
        ("2026-11-24 07:59", "2026-11-24 08:00"),
        ("2026-11-24 08:00", "2026-11-24 08:00"),
    ],
)
def test_hours_past_midnight(now: str, until: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    found = after_quiet(moment, SHANGHAI, time(22), time(8))
    assert found == datetime.fromisoformat(until).replace(tzinfo=SHANGHAI)


def test_where_the_clock_is_put_back_the_end_comes_twice_and_the_next_one_counts() -> None:
    quiet = (time(1), time(2, 30))
    first = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN)
    assert after_quiet(first, BERLIN, *quiet) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=BERLIN)
    assert after_quiet(second, BERLIN, *quiet) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_where_the_clock_jumps_over_the_end_it_is_over_within_the_hour() -> None:
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN)
    found = after_quiet(moment, BERLIN, time(22), time(2, 30))
    assert datetime(2026, 3, 29, 1, 0, tzinfo=UTC) <= found <= datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_equal_times_and_a_missing_one_are_no_quiet_hours() -> None:
    moment = datetime(2026, 11, 23, 23, tzinfo=SHANGHAI)
    for quiet in ((time(22), time(22)), (None, None), (time(22), None), (None, time(8))):
        assert after_quiet(moment, SHANGHAI, *quiet) == moment


def test_a_weekly_digest_comes_on_monday() -> None:
    monday = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
    assert next_digest(monday - timedelta(minutes=1), SHANGHAI, 9, weekly=True) == monday
    assert next_digest(monday, SHANGHAI, 9, weekly=True) == monday + timedelta(days=7)
    assert next_digest(monday, SHANGHAI, 9, weekly=False) == monday + timedelta(days=1)
