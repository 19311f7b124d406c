"""Reads of the shared paperwork."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Max, Prefetch, Q, QuerySet

from fenming.controls import redaction
from fenming.controls.models import Operation, Run, Seal, Work


def complete_runs() -> QuerySet[Run]:
    """Every run that may speak for its period, the latest period first, of one period the newest run first."""
    return Run.objects.filter(complete=True).exclude(kind=Run.Kind.ADJUST).order_by("-start", "-id")


def runs(department: int | None = None, *, most: int | None = None) -> list[Run]:
    """The run that speaks for each period, the latest period first; for one department, where one is named.

    That is the newest complete one. Corrections of closed periods speak for nobody: they say what is to be made good.
    Only the newest run of each period, or of each choice of departments in it, is read: not every run that ever was.
    """
    if department is None:
        return list(_newest("start", "end")[:most])
    found: dict[tuple[date, date], Run] = {}
    for run in runs_apart():
        if not run.departments or department in run.departments:
            found.setdefault((run.start, run.end), run)
    return list(found.values())[:most]


def runs_apart() -> QuerySet[Run]:
    """The newest run of each period and choice of departments, in the order of `complete_runs`."""
    return _newest("start", "end", "departments")


def _newest(*apart: str) -> QuerySet[Run]:
    newest = complete_runs().order_by().values(*apart).annotate(newest=Max("id")).values("newest")
    return Run.objects.filter(pk__in=newest).order_by("-start", "-id")


def run_of(department: int, start: date, end: date) -> Run | None:
    """The run that speaks for a department in a period."""
    rows = complete_runs().filter(start=start, end=end)
    return next((run for run in rows if not run.departments or department in run.departments), None)


def closed_departments(start: date, end: date) -> set[int]:
    """The departments whose results of a period stand: nothing scores them again."""
    closed = Run.objects.filter(kind=Run.Kind.CLOSE, complete=True, start=start, end=end)
    return {one for listed in closed.values_list("departments", flat=True) for one in listed}


def closing_run(departments: Collection[int], start: date, end: date) -> Run | None:
    """The run that closed a period for some of the departments."""
    closed = Run.objects.filter(kind=Run.Kind.CLOSE, complete=True, start=start, end=end).order_by("-id")
    return next((run for run in closed if not set(run.departments).isdisjoint(departments)), None)


def pinned_versions() -> list[dict[str, int]]:
    """The fact versions that some run still names, which vacuum keeps."""
    return list(Run.objects.values_list("facts", flat=True))


PAGE = 50
SEARCHED_AT_ONCE = 50_000
"""How many entries one page of a text search looks through: no index finds a part of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries of the operation log. An ``actor`` is a user's id or a name; the period ends before ``end``."""

    text: str = ""
    actor: int | str | None = None
    action: str = ""
    object: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """A page of the log, the newest first. ``older`` is the entry before which the next page begins, if any.

    ``searched_to`` is set where a text search stopped, though older entries may match.
    """

    entries: list[Operation]
    older: int | None
    searched_to: datetime | None = None


def operations(wanted: Wanted, *, before: int | None = None, size: int = PAGE) -> Entries:
    """A page of the log in at most three queries, whatever the log's length."""
    found = matching(wanted)
    if before is not None:
        at = Operation.objects.filter(pk=before).values_list("at", flat=True).first()
        if at is None:
            return Entries(entries=[], older=None)
        found = found.filter(_earlier(at, before))
    floor = _floor(wanted, before) if wanted.text else None
    if floor:
        found = found.filter(at__gte=floor[1]).exclude(at=floor[1], id__lt=floor[0])
    rows = list(found[: size + 1])
    if len(rows) > size:
        return Entries(entries=rows[:size], older=rows[size - 1].pk)
    if floor and (wanted.start is None or wanted.start < floor[1]):
        return Entries(entries=rows, older=floor[0], searched_to=floor[1])
    return Entries(entries=rows, older=None)


def matching(wanted: Wanted) -> QuerySet[Operation]:
    """All entries that are wanted, the newest first."""
    found = Operation.objects.order_by("-at", "-id")
    if isinstance(wanted.actor, int):
        found = found.filter(actor_id=wanted.actor)
    elif wanted.actor:
        found = found.filter(actor_name=wanted.actor)
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.object:
        found = found.filter(object=wanted.object)
    if wanted.start:
        found = found.filter(at__gte=wanted.start)
    if wanted.end:
        found = found.filter(at__lt=wanted.end)
    if wanted.text:
        part = wanted.text
        found = found.filter(Q(object__icontains=part) | Q(actor_name__icontains=part) | Q(action__icontains=part))
    return found


def _earlier(at: datetime, number: int) -> Q:
    """Before an entry in the order of the log; the first half is what an index serves."""
    return Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=number))


def _floor(wanted: Wanted, before: int | None) -> tuple[int, datetime] | None:
    """The entry down to which a text search looks on one page, or None where the log ends before."""
    top = Operation.objects.order_by("-at", "-id")
    newest = top.filter(at__lt=wanted.end) if wanted.end else top
    number = before if before is not None else newest.values_list("id", flat=True).first()
    if number is None:
        return None
    return top.order_by("-id").filter(id__lte=number - SEARCHED_AT_ONCE).values_list("id", "at").first()


def actions() -> list[str]:
    """The kinds of operation that the log has, leaping through the index from one to the next."""
    table = Operation._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE kinds(action) AS (SELECT min(action) FROM {table} UNION ALL "
            f"SELECT (SELECT min(o.action) FROM {table} o WHERE o.action > kinds.action) FROM kinds "
            "WHERE kinds.action IS NOT NULL) SELECT action FROM kinds WHERE action IS NOT NULL"
        )
        return sorted(row[0] for row in cursor.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of an entry: what it was and what it became, as text; None where the entry does not say."""

    field: str
    before: str | None
    after: str | None


def differences(entry: Operation) -> list[Difference]:
    """What an operation changed, field by field; fields that stayed as they were are left out."""
    before, after = redaction.kept(entry.before) or {}, redaction.kept(entry.after) or {}
    return [
        Difference(field=one, before=_shown(before.get(one)), after=_shown(after.get(one)))
        for one in sorted({*before, *after})
        if one not in before or one not in after or before[one] != after[one]
    ]


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def head() -> Seal | None:
    """The newest seal, without its fingerprints."""
    return Seal.objects.defer("fingerprints").order_by("-number").first()


def heads_file() -> Path:
    """Where the newest seals are noted outside the database."""
    return Path(settings.DATA) / "audit-heads.log"


def works(*, state: str | None = None, creator: int | None = None) -> QuerySet[Work]:
    """Background work, the newest first: all of it, or that in a state, or what one account has asked for."""
    found = Work.objects.prefetch_related(Prefetch("created_by", get_user_model().objects.all())).defer("traceback")
    if state is not None:
        found = found.filter(state=state)
    return found if creator is None else found.filter(created_by=creator)


def work(number: int) -> Work | None:
    """One piece of background work."""
    return works().filter(pk=number).first()


def traceback_of(number: int) -> str:
    """Where the code of a failed work stopped: for system administrators only."""
    return Work.objects.filter(pk=number).values_list("traceback", flat=True).first() or ""
