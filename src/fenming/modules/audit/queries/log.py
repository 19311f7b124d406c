"""Entries of the log as people read them."""

from dataclasses import dataclass
from datetime import datetime

from fenming.controls import queries
from fenming.controls.models import Operation
from fenming.controls.queries import Difference, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry and what it changed."""

    entry: Operation
    changes: list[Difference]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the log, the kinds of operation that one can choose from, and where the next page begins."""

    rows: list[Row]
    actions: list[str]
    older: int | None
    searched_to: datetime | None


def page(wanted: Wanted, *, before: int | None) -> Page:
    """The newest entries that are wanted, before an entry if one is given."""
    found = queries.operations(wanted, before=before)
    return Page(
        rows=[Row(entry=one, changes=queries.differences(one)) for one in found.entries],
        actions=queries.actions(),
        older=found.older,
        searched_to=found.searched_to,
    )


def exceeds(wanted: Wanted, limit: int) -> bool:
    """Whether more entries than ``limit`` are wanted."""
    return queries.matching(wanted)[: limit + 1].count() > limit
