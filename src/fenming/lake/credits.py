"""Who has a share in the facts of shared accounts: segments by the hour, and the people's shares in each.

A segment is exploded into the hours it touches, so that facts meet it by an equality and a short range check.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa

from fenming.rules.attribution import Segment

_HOUR = 3_600_000_000  # microseconds
_TIME = pa.timestamp("us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``start`` up to ``end`` the subject's facts count under the number ``span`` (1, 2 …)."""

    subject: str
    span: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """How facts find people beyond the name they carry: by tag, by roster, and split in time."""

    segments: tuple[Segment, ...] = ()
    tags: Mapping[str, str] | None = None
    spans: tuple[Span, ...] = ()

    def relations(self) -> dict[str, pa.Table]:
        """The small relations that the compiler's queries name. Shares of a segment sum to a million."""
        cut = list(_cut(self.segments, self.spans))
        return {
            "segments": _hours(cut),
            "shares": _shares(cut, self.spans),
            "tags": _tags(self.tags or {}),
            "spans": _spans(self.spans),
        }


def _cut(segments: Sequence[Segment], spans: Sequence[Span]) -> Iterator[Segment]:
    """Segments cut where a span of one of their people begins, so that each lies in one span of everybody."""
    starts: dict[str, list[datetime]] = {}
    for span in spans:
        starts.setdefault(span.subject, []).append(span.start)
    if not starts:
        yield from segments
        return
    for segment in segments:
        inner = {
            at for person, _ in segment.shares for at in starts.get(person, ()) if segment.start < at < segment.end
        }
        edges = [segment.start, *sorted(inner), segment.end]
        for start, end in pairwise(edges):
            yield replace(segment, start=start, end=end)


def _hours(segments: Sequence[Segment]) -> pa.Table:
    starts = _moments([segment.start for segment in segments])
    ends = _moments([segment.end for segment in segments])
    first = starts // _HOUR
    count = (ends - 1) // _HOUR - first + 1
    number = np.repeat(np.arange(len(segments)), count)
    later = np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
    accounts = pa.array([segment.account for segment in segments], pa.string())
    return pa.table(
        {
            "segment": pa.array(number, pa.int64()),
            "account": accounts.take(pa.array(number)),
            "hour": pa.array((first[number] + later) * _HOUR, _TIME),
            "starts_at": pa.array(starts[number], _TIME),
            "ends_at": pa.array(ends[number], _TIME),
        }
    )


def _moments(times: Sequence[datetime]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Microseconds since 1970, of naive times."""
    found: np.ndarray[tuple[int], np.dtype[np.int64]] = pa.array(times, _TIME).cast(pa.int64()).to_numpy()
    return found


def _shares(segments: Sequence[Segment], spans: Sequence[Span]) -> pa.Table:
    own: dict[str, list[Span]] = {}
    for span in spans:
        own.setdefault(span.subject, []).append(span)
    numbers = [number for number, segment in enumerate(segments) for _ in segment.shares]
    shares = [share for segment in segments for share in segment.shares]
    held = (
        [_span_at(own.get(person, ()), segment.start) for segment in segments for person, _ in segment.shares]
        if own
        else [0] * len(shares)
    )
    return pa.table(
        {
            "segment": pa.array(numbers, pa.int64()),
            "employee": pa.array([person for person, _ in shares], pa.string()),
            "span": pa.array(held, pa.int32()),
            "ppm": pa.array([ppm for _, ppm in shares], pa.int32()),
        }
    )


def _span_at(spans: Sequence[Span], at: datetime) -> int:
    return next((span.span for span in spans if span.start <= at < span.end), 0)


def _tags(tags: Mapping[str, str]) -> pa.Table:
    return pa.table({"tag": pa.array(tags.keys(), pa.string()), "employee": pa.array(tags.values(), pa.string())})


def _spans(spans: Sequence[Span]) -> pa.Table:
    return pa.table(
        {
            "subject": pa.array([span.subject for span in spans], pa.string()),
            "span": pa.array([span.span for span in spans], pa.int32()),
            "starts_at": pa.array([span.start for span in spans], _TIME),
            "ends_at": pa.array([span.end for span in spans], _TIME),
        }
    )
