"""When a message may go to a person: quiet hours and digests, in the person's own time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONDAY = 0


def is_quiet(wall: time, start: time | None, end: time | None) -> bool:
    """Whether a clock on the wall shows a quiet time; the end is no longer quiet, and hours may pass midnight."""
    if start is None or end is None or start == end:
        return False
    if start < end:
        return start <= wall < end
    return wall >= start or wall < end


def after_quiet(moment: datetime, zone: ZoneInfo, start: time | None, end: time | None) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into.

    Where the clock is put back, the end comes twice and the first one after the moment counts; where it is put forward
    over the end, the hour after the jump counts.
    """
    if end is None or not is_quiet(moment.astimezone(zone).time(), start, end):
        return moment
    return next(one for one in _clock(moment, zone, end) if one > moment)


def next_digest(moment: datetime, zone: ZoneInfo, hour: int, *, weekly: bool) -> datetime:
    """The next full hour of that name after the moment, every day or on Mondays."""
    for found in _clock(moment, zone, time(hour)):
        if found > moment and (not weekly or found.astimezone(zone).weekday() == MONDAY):
            return found
    raise AssertionError("ten days have a Monday")


def _clock(moment: datetime, zone: ZoneInfo, wall: time) -> Iterator[datetime]:
    """The moments of ten days, yesterday first, at which the clock on the wall shows a time."""
    day = moment.astimezone(zone).date() - timedelta(days=1)
    for offset in range(10):
        for fold in (0, 1):
            local = datetime.combine(day + timedelta(days=offset), wall.replace(fold=fold), zone)
            yield local.astimezone(UTC)
