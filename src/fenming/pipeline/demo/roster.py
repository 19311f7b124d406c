"""Who held which shared account when: early, late and night shifts of five people in turns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.draws import Ints, days_in, next_month
from fenming.pipeline.demo.places import SHOPS

MINUTE = timedelta(minutes=1)
TEAM = "jd_vip_service"
JD = str(SHOPS["京东旗舰店"].shared_account)
VIP = str(SHOPS["唯品会店"].shared_account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A shift of the rotation: the place in the rotation, the account, from and until; may run past midnight."""

    place: int
    account: str
    start: time
    end: time


EVERY_DAY = (
    Duty(place=0, account=JD, start=time(8, 30), end=time(16, 30)),
    Duty(place=1, account=JD, start=time(16), end=time(0)),
    Duty(place=1, account=VIP, start=time(18), end=time(23)),  # one person on two accounts
    Duty(place=2, account=VIP, start=time(9), end=time(18)),
)
WEEKEND_NIGHT = Duty(place=3, account=JD, start=time(23, 30), end=time(8))
REINFORCEMENT = Duty(place=4, account=JD, start=time(13), end=time(20))


def shifts(company: Company, start: date, end: date) -> pa.Table:
    """Every shift on a shared account that touches the days from `start` until (exclusive) `end`."""
    rows = [
        row
        for day in _days(start - timedelta(days=1), end)
        for row in _of_day(company, day)
        if row[3] > datetime.combine(start, time()) and row[2] < datetime.combine(end, time())
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    moment = pa.timestamp("us")
    kinds = (pa.string(), pa.string(), moment, moment)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(dict(zip(("person", "account", "start", "end"), arrays, strict=True)))


def _days(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=number) for number in range((end - start).days))


def _of_day(company: Company, day: date) -> Iterator[tuple[str, str, datetime, datetime]]:
    agents = [one.person for one in company.assignments if one.team == TEAM]
    for duty in _duties(day):
        person = agents[(duty.place - day.toordinal()) % len(agents)]
        start, end = datetime.combine(day, duty.start), datetime.combine(day, duty.end)
        yield person, duty.account, start, end if end > start else end + timedelta(days=1)


def _duties(day: date) -> Iterator[Duty]:
    yield from EVERY_DAY
    promotion = day.month == 11 and day.day <= 11
    if promotion or day.isoweekday() in (5, 6):
        yield WEEKEND_NIGHT
    if promotion or day.isoweekday() == 1:
        yield REINFORCEMENT


def on_duty(company: Company, month: date, account: str, agents: list[str]) -> Ints:
    """For each minute of a month the agents on this account: two columns of rows of `agents`, −1 for nobody."""
    held = np.full((days_in(month) * 1440, 2), -1, dtype=np.int64)
    midnight = datetime.combine(month, time())
    for row in shifts(company, month, next_month(month)).to_pylist():
        if row["account"] == account:
            start = max((row["start"] - midnight) // MINUTE, 0)
            minutes = held[start : (row["end"] - midnight) // MINUTE]
            column = (minutes[:, 0] >= 0).astype(np.int64)
            minutes[np.arange(len(minutes)), column] = agents.index(row["person"])
    return held
