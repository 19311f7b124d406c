"""Stretches of days with an exclusive end, and the ways people write them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from fenming.rules.money import rounded

FORMS = "2026-10 · 2026-Q4 · 2026 · 2026-10-03 · 2026-10-01..2026-10-15 · 2026年10月"

_DAY = timedelta(days=1)
_RANGE = re.compile(r"\.\.+|~|至|到")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])")
_YEAR = re.compile(r"\d{4}")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days from `start` up to but not including `end`; `label` is how it is written."""

    label: str
    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"Period {self.label!r}: the end {self.end} must come after the start {self.start}.")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    def previous(self) -> "Period":
        """The period just before: whole months step back by as many months, anything else by as many days.

        So October gives September, the fourth quarter the third, 2026 gives 2025, and ten days the ten before.
        """
        count = _whole_months(self.start, self.end)
        if count:
            return period(_shifted(self.start, -count), self.start)
        return period(self.start - (self.end - self.start), self.start)

    def passed(self, day: date) -> Decimal:
        """The share of its days that lie before `day`, from 0 to 1, six decimals, halves up."""
        gone = min(max((day - self.start).days, 0), self.days)
        return rounded(Fraction(gone, self.days), digits=6)


def period(start: date, end: date) -> Period:
    """The period from `start` up to `end` (exclusive), labelled in its shortest form. ValueError if empty."""
    return Period(label=_label(start, end), start=start, end=end)


def parse(text: str) -> Period:
    """The period a person wrote. In text both ends of a range are **included**: 10-01..10-15 has 15 days.

    Full-width digits, 年月日, 第4季度 and slashes are understood. ValueError lists the forms with examples.
    """
    plain = _plain(text)
    ends = [end for end in _RANGE.split(plain) if end]
    try:
        if len(ends) == 2:
            return period(_one(ends[0]).start, _one(ends[1]).end)
        return _one(plain)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a period ({error}). Write it like one of: {FORMS}.") from error


def months(start: date, end: date) -> Iterator[Period]:
    """The calendar months that the days from `start` up to `end` (exclusive) touch, whole, in order."""
    first = start.replace(day=1)
    while first < end:
        following = _shifted(first, 1)
        yield period(first, following)
        first = following


def _plain(text: str) -> str:
    narrow = unicodedata.normalize("NFKC", text).strip().upper().replace(" ", "")
    narrow = re.sub(r"第?([1-4])季度", r"Q\1", narrow)
    narrow = re.sub(r"[年月/]", "-", narrow.replace("日", ""))
    return re.sub(r"-(?=\.|~|至|到|$)", "", narrow)


def _one(text: str) -> Period:
    if match := _MONTH.fullmatch(text):
        return _months_from(int(match[1]), int(match[2]), 1)
    if match := _QUARTER.fullmatch(text):
        return _months_from(int(match[1]), 3 * int(match[2]) - 2, 3)
    if _YEAR.fullmatch(text):
        return _months_from(int(text), 1, 12)
    if match := _DATE.fullmatch(text):
        day = date(int(match[1]), int(match[2]), int(match[3]))
        return period(day, day + _DAY)
    raise ValueError("none of the known forms")


def _months_from(year: int, month: int, count: int) -> Period:
    first = date(year, month, 1)
    return period(first, _shifted(first, count))


def _shifted(first: date, count: int) -> date:
    years, month = divmod(first.month - 1 + count, 12)
    return date(first.year + years, month + 1, 1)


def _whole_months(start: date, end: date) -> int:
    """How many months, or 0 when either end is not the first of a month."""
    if start.day != 1 or end.day != 1:
        return 0
    return (end.year - start.year) * 12 + end.month - start.month


def _label(start: date, end: date) -> str:
    count = _whole_months(start, end)
    if count == 1:
        return f"{start:%Y-%m}"
    if count == 3 and start.month % 3 == 1:
        return f"{start:%Y}-Q{start.month // 3 + 1}"
    if count == 12 and start.month == 1:
        return f"{start:%Y}"
    last = end - _DAY
    return str(start) if last == start else f"{start}..{last}"
