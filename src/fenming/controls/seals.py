"""What a seal over the operation log is made of: canonical forms, fingerprints and ranges, without a database."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fenming.controls.models import Seal

Range = tuple[int, int]
"""The first and the last id of a run without gaps."""

COLUMNS = ("id", "at", "actor_id", "actor_name", "action", "object", "before", "after", "address")
"""Every column of an entry, in the order that is hashed. Another order would break the seals that exist."""

PRINT = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def canonical(value: Any) -> bytes:
    """One way to write a value: JSON with sorted keys, moments as microseconds of UTC."""
    return json.dumps(value, default=_moment, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _moment(value: object) -> int:
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    raise TypeError(f"The operation log holds no {type(value).__name__}.")


def fingerprint(entry: Sequence[Any]) -> bytes:
    """The digest of an entry, given as its ``COLUMNS``."""
    return sha256(canonical(list(entry))).digest()


def message(seal: "Seal") -> bytes:
    """What the keyed digest of a seal is taken over."""
    told = [seal.number, seal.at, seal.ranges, seal.count, seal.through, seal.previous]
    return b"fenming operation log\n" + canonical(told) + b"\n" + sha256(seal.fingerprints).digest()


def runs(ids: Iterable[int]) -> Iterator[Range]:
    """Ascending ids as ranges."""
    first = last = None
    for one in ids:
        if last is not None and one == last + 1:
            last = one
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = one
    if first is not None and last is not None:
        yield first, last


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in any order, as few ascending ones."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


def without(ranges: Sequence[Range], covered: Sequence[Range]) -> Iterator[Range]:
    """What of ``ranges`` no range of ``covered`` holds; both are joined."""
    rest = iter(covered)
    hole = next(rest, None)
    for start, last in ranges:
        first = start
        while hole and hole[1] < first:
            hole = next(rest, None)
        while hole and hole[0] <= last:
            if first < hole[0]:
                yield first, hole[0] - 1
            first = hole[1] + 1
            if hole[1] > last:
                break
            hole = next(rest, None)
        if first <= last:
            yield first, last


def ids(ranges: Iterable[Range]) -> Iterator[int]:
    """The ids one by one."""
    for first, last in ranges:
        yield from range(first, last + 1)


def size(ranges: Iterable[Range]) -> int:
    """How many ids."""
    return sum(last - first + 1 for first, last in ranges)
