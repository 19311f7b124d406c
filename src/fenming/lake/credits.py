"""Who has a share in the facts of shared accounts: segments by the hour, and the people's shares in each.

A segment is exploded into the hours it touches, so that facts meet it by an equality and a short range check.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa

from fenming.rules.attribution import Segment

_HOUR = timedelta(hours=1)
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
    for segment in segments:
        inner = {
            at for person, _ in segment.shares for at in starts.get(person, ()) if segment.start < at < segment.end
        }
        edges = [segment.start, *sorted(inner), segment.end]
        for start, end in pairwise(edges):
            yield replace(segment, start=start, end=end)


def _hours(segments: Sequence[Segment]) -> pa.Table:
    numbers, accounts, hours, starts, ends = [], [], [], [], []
    for number, segment in enumerate(segments):
        hour = segment.start.replace(minute=0, second=0, microsecond=0)
        while hour < segment.end:
            numbers.append(number)
            accounts.append(segment.account)
            hours.append(hour)
            starts.append(segment.start)
            ends.append(segment.end)
            hour += _HOUR
    return pa.table(
        {
            "segment": pa.array(numbers, pa.int64()),
            "account": pa.array(accounts, pa.string()),
            "hour": pa.array(hours, _TIME),
            "starts_at": pa.array(starts, _TIME),
            "ends_at": pa.array(ends, _TIME),
        }
    )


def _shares(segments: Sequence[Segment], spans: Sequence[Span]) -> pa.Table:
    own: dict[str, list[Span]] = {}
    for span in spans:
        own.setdefault(span.subject, []).append(span)
    rows = [
        (number, person, _span_at(own.get(person, ()), segment.start), ppm)
        for number, segment in enumerate(segments)
        for person, ppm in segment.shares
    ]
    return pa.table(
        {
            "segment": pa.array([row[0] for row in rows], pa.int64()),
            "employee": pa.array([row[1] for row in rows], pa.string()),
            "span": pa.array([row[2] for row in rows], pa.int32()),
            "ppm": pa.array([row[3] for row in rows], pa.int32()),
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
