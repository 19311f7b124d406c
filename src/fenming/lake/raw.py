"""The rows behind a number: each fact with its file, sheet and row, the person's share, and why it did not count."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from fenming.lake import expressions
from fenming.lake.compile import MILLION
from fenming.lake.credits import Credits
from fenming.lake.engine import Engine, Files
from fenming.lake.needs import Additive, Keyed, NearestRank, Need, Whole, lower
from fenming.lake.schema import literal
from fenming.lake.stretch import stretch
from fenming.library import indicators as library
from fenming.library.facts import fact_type
from fenming.library.indicators import Condition, Indicator
from fenming.library.text import Words
from fenming.rules.periods import Period

_PLACE = ("fact_id", "source", "batch", "source_file", "source_sheet", "source_row", "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One fact as it was delivered. ``share`` is the person's part of it; ``excluded`` says why it did not count."""

    fact: str
    fact_id: str
    source: str | None
    batch: str | None
    file: str | None
    sheet: str | None
    row: int | None
    occurred_at: datetime
    values: dict[str, Any]
    share: Decimal
    excluded: Words | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRows:
    """A page of raw rows, how many there are in all, and how many did not count for which reason."""

    rows: tuple[RawRow, ...]
    counted: int
    excluded: tuple[tuple[Words, int], ...]

    @property
    def total(self) -> int:
        return self.counted + sum(number for _, number in self.excluded)


def raw_rows(
    engine: Engine,
    files: Files,
    one: Indicator,
    period: Period,
    *,
    person: str | None,
    subject: str = "employee",
    credits: Credits | None = None,
    among: Sequence[str] | None = None,
    everybody: bool = False,
    counted: bool | None = None,
    limit: int = 50,
    offset: int = 0,
    ids: Collection[str] | None = None,
) -> RawRows:
    """The facts that an indicator looked at for one subject, in the order of time; ``person`` none: unassigned ones.

    ``ids`` keeps to the facts named. ``everybody`` shows all of them,
    ``among`` those of several subjects; both as delivered, nothing shared out. ``counted`` shows only rows that
    counted, or only those that did not, while the numbers are of all.
    """
    kept, shown = _kept(ids), _kept(ids, counted=counted)
    seen_by = _Whose(person, None if among is None else tuple(among), everybody)
    found: list[RawRow] = []
    skip = offset
    counts: dict[str, tuple[Words | None, int]] = {}
    for query in _queries(one, period):
        files_of = files.files(query.fact, *query.stretch)
        relations = (credits or Credits()).relations()
        given = credits if credits and subject == "employee" else Credits()
        shared = query.sharable and bool(given.segments) and seen_by.is_one
        base = query.sql(seen_by, subject, shared=shared, tags=bool(given.tags))
        sql = f"{base} SELECT reason, count(*) FROM seen{kept} GROUP BY reason"
        here = 0
        for reason, number in engine.rows(sql, fact=query.fact, files=files_of, relations=relations):
            here += number if counted is None or counted == (reason is None) else 0
            words = query.reasons[reason] if reason is not None else None
            known = counts.get(words.en if words else "", (words, 0))
            counts[words.en if words else ""] = (words, known[1] + number)
        wanted = limit - len(found)
        if wanted > 0 and skip < here:
            part = f"LIMIT {int(wanted)} OFFSET {int(skip)}"
            page = f"{base} SELECT * FROM seen{shown} ORDER BY occurred_at, fact_id {part}"
            found += [query.row(row) for row in engine.rows(page, fact=query.fact, files=files_of, relations=relations)]
        skip = max(0, skip - here)
    excluded = tuple((words, number) for words, number in counts.values() if words is not None)
    return RawRows(rows=tuple(found), counted=counts.get("", (None, 0))[1], excluded=excluded)


def _kept(ids: Collection[str] | None, *, counted: bool | None = None) -> str:
    tests = ["reason IS NOT NULL"] if counted is False else []
    if counted:
        tests.append("reason IS NULL")
    if ids is not None:
        tests.append(f"fact_id IN ({', '.join(literal(one) for one in ids)})" if ids else "FALSE")
    return f" WHERE {' AND '.join(tests)}" if tests else ""


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose facts are shown: one subject's (none: those of nobody), those of several, or all."""

    person: str | None
    among: tuple[str, ...] | None
    everybody: bool

    @property
    def is_one(self) -> bool:
        return self.among is None and not self.everybody

    def condition(self, who: str) -> str:
        if self.everybody:
            return "TRUE"
        if self.among is not None:
            return f"{who} IN ({', '.join(map(literal, self.among)) or 'NULL'})"
        return f"{who} IS NULL" if self.person is None else f"{who} = {literal(self.person)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """The rows that needs of one fact, one time and one set of conditions looked at."""

    fact: str
    stretch: tuple[Any, Any]
    columns: tuple[str, ...]
    conditions: tuple[tuple[str, Words], ...]
    sharable: bool

    def covers(self, other: "_Query") -> bool:
        """Whether it shows the other's rows too, for the same reasons: then they need no second mention."""
        (start, end), (own_start, own_end) = other.stretch, self.stretch
        longer = (own_start is None or (start is not None and own_start <= start)) and own_end >= end
        return (
            longer and self.stretch != other.stretch and self.fact == other.fact and self.conditions == other.conditions
        )

    @property
    def reasons(self) -> tuple[Words, ...]:
        return tuple(words for _, words in self.conditions)

    def sql(self, whose: _Whose, subject: str, *, shared: bool, tags: bool) -> str:
        person = whose.person
        start, end = self.stretch
        time = ([f"f.occurred_at >= TIMESTAMP '{start} 00:00:00'"] if start else []) + [
            f"f.occurred_at < TIMESTAMP '{end} 00:00:00'"
        ]
        tagged = tags and "tag" in fact_type(self.fact).columns
        who = "coalesce(f.employee, tags.employee)" if tagged else f"f.{subject}"
        joins = " LEFT JOIN tags ON f.tag = tags.tag" if tagged else ""
        cases = " ".join(
            f"WHEN NOT ({expressions.qualified(test, 'f')}) THEN {number}"
            for number, (test, _) in enumerate(self.conditions)
        )
        reason = f"CASE {cases} END" if cases else "CAST(NULL AS INTEGER)"
        columns = ", ".join(f"f.{name}" for name in (*_PLACE, *self.columns))
        own = whose.condition(who)
        where = " AND ".join(time)
        named = f"SELECT {columns}, {reason} AS reason, {MILLION} AS ppm FROM fact AS f{joins} WHERE {where} AND {own}"
        if not shared:
            return f"WITH seen AS ({named})"
        segments = (
            " JOIN segments ON f.account = segments.account AND date_trunc('hour', f.occurred_at) = segments.hour"
            " AND f.occurred_at >= segments.starts_at AND f.occurred_at < segments.ends_at"
        )
        if person is None:
            segments = segments.replace(" JOIN", " LEFT JOIN", 1)
            lost = f"SELECT {columns}, {reason} AS reason, {MILLION} AS ppm FROM fact AS f{joins}{segments}"
            return f"WITH seen AS ({lost} WHERE {where} AND {who} IS NULL AND segments.segment IS NULL)"
        credited = (
            f"SELECT {columns}, {reason} AS reason, shares.ppm FROM fact AS f{joins}{segments}"
            f" JOIN shares ON segments.segment = shares.segment"
            f" WHERE {where} AND {who} IS NULL AND shares.employee = {literal(person)}"
        )
        return f"WITH seen AS ({named} UNION ALL {credited})"

    def row(self, values: Sequence[Any]) -> RawRow:
        place = dict(zip(_PLACE, values, strict=False))
        own = dict(zip(self.columns, values[len(_PLACE) :], strict=False))
        reason, ppm = values[-2:]
        return RawRow(
            fact=self.fact,
            fact_id=place["fact_id"],
            source=place["source"],
            batch=place["batch"],
            file=place["source_file"],
            sheet=place["source_sheet"],
            row=place["source_row"],
            occurred_at=place["occurred_at"],
            values=own,
            share=Decimal(ppm).scaleb(-6),
            excluded=None if reason is None else self.reasons[reason],
        )


def _queries(one: Indicator, period: Period) -> list[_Query]:
    found: dict[tuple[str, Any], _Query] = {}
    shown: dict[str, dict[str, None]] = {}
    for need in lower(one).needs.values():
        rows = need.rows
        place = (rows.fact, stretch(need, period))
        conditions = [(f"coalesce({condition.when}, TRUE)", condition.otherwise) for condition in rows.only]
        if rows.window:
            conditions.append((rows.tests()[-1], rows.window.otherwise))
        conditions += [(f"({text}) IS NOT NULL", words) for text, words in _needed(one, need)]
        shown.setdefault(rows.fact, {}).update(dict.fromkeys(_columns(need, rows.only)))
        known = found.get(place)
        found[place] = _Query(
            fact=rows.fact,
            stretch=place[1],
            columns=(),
            conditions=tuple(conditions),
            sharable=(isinstance(need, Additive) and need.shared) or bool(known and known.sharable),
        )
    return [
        replace(query, columns=tuple(shown[query.fact]))
        for query in found.values()
        if not any(other.covers(query) for other in found.values())
    ]


def _needed(one: Indicator, need: Need) -> list[tuple[str, Words]]:
    """The value without which a row says nothing to this indicator."""
    match one.measure:
        case library.Mean(value=text) | library.Percentile(value=text) | library.Distinct(value=text):
            pass
        case library.Share(test=text) | library.Count(test=str(text)):
            pass
        case library.Retention(key=text) | library.Repeat(key=text) | library.Banded(key=text):
            pass
        case _:
            return []
    columns = fact_type(need.rows.fact).all_columns
    named = [columns[name].words for name in columns if name in expressions.columns_of(text)]
    zh, en = "、".join(words.zh for words in named), ", ".join(words.en for words in named)
    return [(text, Words(zh=f"没有“{zh}”", en=f"no “{en}”"))]


def _columns(need: Need, only: Sequence[Condition]) -> list[str]:
    match need:
        case Additive(sql=sql) | Whole(sql=sql):
            texts = [sql]
        case NearestRank(value=value):
            texts = [value]
        case Keyed(key=key, event=event):
            texts = [key, event] if event else [key]
    texts += [condition.when for condition in only]
    used = {name for text in texts for name in expressions.columns_of(text)} - {"occurred_at"}
    return [name for name in fact_type(need.rows.fact).all_columns if name in used]
