"""Who is behind a shared account at a moment: shifts cut into segments with shares.

Shares are integer parts per million that sum to exactly 1,000,000 a segment. A moment that no segment covers
belongs to nobody and goes to the unassigned pool. Times are naive local, ends exclusive.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import lcm
from operator import attrgetter, itemgetter
from typing import Literal

from fenming.rules.money import split_whole

MILLION = 1_000_000
Method = Literal["equal", "minutes"]

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """`person` is on duty on `account` from `start` up to `end`; `row` is the row of the file it came from."""

    person: str
    account: str
    start: datetime
    end: datetime
    weight: Decimal | int = 1
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """From `start` up to `end` the account's work belongs to `shares`: (person, parts per million), by name."""

    account: str
    start: datetime
    end: datetime
    shares: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something odd in the roster: the rows it concerns, a stable code, and words in zh and en."""

    rows: tuple[int, ...]
    code: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Between two neighbouring boundaries of an account: who is on duty, with whole weights, by name."""

    start: datetime
    end: datetime
    duty: tuple[tuple[str, int], ...]


def segments(shifts: Iterable[Shift], *, method: Method, day_starts: time = time(4)) -> list[Segment]:
    """The segments of all accounts, by account and start; they never overlap within one account.

    equal: between two boundaries of an account each person on duty has a share by weight. minutes: over a stretch
    without a gap, cut where the business day starts, shares go by minutes on duty × weight. A person listed twice
    at once counts once, with the larger weight. Shifts that end before they start, or weigh nothing, give nothing:
    see `findings`. Never raises. O(n log n) in the number of shifts.
    """
    sound = sorted((shift for shift in shifts if _sound(shift)), key=attrgetter("account"))
    found: list[Segment] = []
    for account, own in groupby(sound, key=attrgetter("account")):
        pieces = _pieces(list(own))
        found += _equal(account, pieces) if method == "equal" else _minutes(account, _cut(pieces, day_starts))
    return found


def findings(shifts: Sequence[Shift]) -> list[Finding]:
    """What a person should look at, by row: shifts that end before they start, weigh nothing, last more than 24
    hours, or overlap another shift of the same person on the same account. Nothing is raised or changed.
    """
    found = [finding for shift in shifts for finding in _alone(shift)]
    sound = sorted((shift for shift in shifts if _sound(shift)), key=lambda one: (one.account, one.person, one.start))
    for _, own in groupby(sound, key=attrgetter("account", "person")):
        found += _overlaps(list(own))
    return sorted(found, key=lambda one: (one.rows, one.code))


def _sound(shift: Shift) -> bool:
    return shift.end > shift.start and shift.weight > 0


def _pieces(shifts: Sequence[Shift]) -> Iterator[_Piece]:
    scale = lcm(*(Fraction(shift.weight).denominator for shift in shifts))
    boundaries: list[tuple[datetime, bool, str, int]] = []
    for shift in shifts:
        weight = int(shift.weight * scale)
        boundaries.append((shift.start, True, shift.person, weight))
        boundaries.append((shift.end, False, shift.person, weight))
    duty: dict[str, list[int]] = {}
    since = shifts[0].start
    for moment, changes in groupby(sorted(boundaries), key=itemgetter(0)):
        if duty:
            yield _Piece(since, moment, tuple(sorted((person, max(held)) for person, held in duty.items())))
        for _, starts, person, weight in changes:
            _change(duty, person, weight, starts=starts)
        since = moment


def _change(duty: dict[str, list[int]], person: str, weight: int, *, starts: bool) -> None:
    if starts:
        duty.setdefault(person, []).append(weight)
        return
    duty[person].remove(weight)
    if not duty[person]:
        del duty[person]


def _equal(account: str, pieces: Iterable[_Piece]) -> list[Segment]:
    found: list[Segment] = []
    shares: dict[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]] = {}
    for piece in pieces:
        if piece.duty not in shares:
            shares[piece.duty] = _shares(dict(piece.duty))
        last = found[-1] if found else None
        start = piece.start
        if last and last.end == start and last.shares == shares[piece.duty]:
            start = found.pop().start
        found.append(Segment(account=account, start=start, end=piece.end, shares=shares[piece.duty]))
    return found


def _minutes(account: str, pieces: Iterable[tuple[bool, _Piece]]) -> list[Segment]:
    """`pieces` come with a flag: whether a business day starts where the piece does."""
    found: list[Segment] = []
    stretch: list[_Piece] = []
    for new_day, piece in pieces:
        if stretch and (new_day or piece.start != stretch[-1].end):
            found.append(_stretch(account, stretch))
            stretch = []
        stretch.append(piece)
    return [*found, _stretch(account, stretch)]


def _stretch(account: str, pieces: Sequence[_Piece]) -> Segment:
    worked: dict[str, int] = {}
    for piece in pieces:
        ticks = (piece.end - piece.start) // _TICK
        for person, weight in piece.duty:
            worked[person] = worked.get(person, 0) + ticks * weight
    return Segment(account=account, start=pieces[0].start, end=pieces[-1].end, shares=_shares(worked))


def _cut(pieces: Iterable[_Piece], day_starts: time) -> Iterator[tuple[bool, _Piece]]:
    for piece in pieces:
        start = piece.start
        while start < piece.end:
            morning = datetime.combine(start.date(), day_starts)
            following = morning if morning > start else morning + _DAY
            end = min(piece.end, following)
            yield start == morning, _Piece(start, end, piece.duty)
            start = end


def _shares(weights: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(split_whole(MILLION, weights).items()))


def _alone(shift: Shift) -> Iterator[Finding]:
    if shift.end <= shift.start:
        yield _finding(
            [shift], "ends_before_start",
            zh=f"{shift.person} 在 {shift.account} 的班次结束（{shift.end}）不晚于开始（{shift.start}），"
               "未计入；请改正时间。",
            en=f"{shift.person}'s shift on {shift.account} ends ({shift.end}) no later than it starts ({shift.start}); "
               f"it is left out until corrected.",
        )  # fmt: skip
    elif shift.end - shift.start > _DAY:
        yield _finding(
            [shift], "too_long",
            zh=f"{shift.person} 在 {shift.account} 的班次超过24小时（{shift.start} 至 {shift.end}），请核对日期。",
            en=f"{shift.person}'s shift on {shift.account} lasts more than 24 hours "
               f"({shift.start} to {shift.end}); please check the dates.",
        )  # fmt: skip
    if shift.weight <= 0:
        yield _finding(
            [shift], "weightless",
            zh=f"{shift.person} 在 {shift.account} 的班次权重为 {shift.weight}，未计入；权重应大于0。",
            en=f"{shift.person}'s shift on {shift.account} weighs {shift.weight} and is left out; "
               f"a weight is above 0.",
        )  # fmt: skip


def _overlaps(shifts: Sequence[Shift]) -> Iterator[Finding]:
    """`shifts` of one person on one account, by start."""
    longest = shifts[0]
    for shift in shifts[1:]:
        if shift.start < longest.end:
            yield _finding(
                [longest, shift], "overlaps_itself",
                zh=f"{shift.person} 在 {shift.account} 的两个班次重叠（自 {shift.start}），同一时刻只算一人；请合并。",
                en=f"Two shifts of {shift.person} on {shift.account} overlap from {shift.start}; "
                   f"the person counts once, please merge them.",
            )  # fmt: skip
        longest = max(longest, shift, key=attrgetter("end"))


def _finding(shifts: Sequence[Shift], code: str, *, zh: str, en: str) -> Finding:
    rows = tuple(sorted(shift.row for shift in shifts if shift.row is not None))
    return Finding(rows=rows, code=code, words={"zh": zh, "en": en})
