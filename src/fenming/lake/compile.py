"""All needs over one fact and one stretch of time become one scan, grouped by subject and validity span.

The SQL is DuckDB's; `engine` translates it for Spark. Only portable forms are used (see docs/algorithms/engine.md).
Values are whole numbers and decimals; for facts of shared accounts they come multiplied by a million (parts per
million of the person's share), so that nothing is divided before `rules/`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from fenming.lake import expressions
from fenming.lake.needs import Additive, Keyed, NearestRank, Need, Whole
from fenming.lake.schema import literal
from fenming.lake.stretch import stretch
from fenming.library.facts import fact_type
from fenming.rules.periods import Period

MILLION = 1_000_000
_EXACT = "DECIMAL(28,4)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """By what readings are grouped: a subject column (none: everybody together) and further columns of the fact.

    ``spans`` says that the relation ``spans`` splits some subjects in time; ``shared`` that ``segments`` and
    ``shares`` divide the facts of accounts that name nobody; ``tags`` that ``tags`` names people by their tag.
    ``by`` may hold columns of the fact and ``day``; ``only`` keeps to some subjects, for a quick look at a few.
    """

    subject: str | None = "employee"
    by: tuple[str, ...] = ()
    spans: bool = False
    shared: bool = False
    tags: bool = False
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One query. Its rows hold subject, span, the ``by`` columns, the number of facts, then a value for each need."""

    fact: str
    start: date | None
    end: date
    needs: tuple[Need, ...]
    by: tuple[str, ...]
    scaled: bool
    sql: str


def compile_scans(needs: Iterable[Need], period: Period, grouping: Grouping) -> list[Scan]:
    """As few scans as the needs allow: one for all sums of a fact over the same time, and one for each other shape."""
    wanted = sorted(dict.fromkeys(needs), key=_scan_key)
    return [_compile(list(group), period, grouping) for _, group in groupby(wanted, key=_scan_key)]


def _scan_key(need: Need) -> tuple[str, str, str, str]:
    rows = need.rows
    match need:
        case Additive(shared=shared):
            return (rows.fact, rows.over, "additive", "" if shared else "named")
        case Whole():
            return (rows.fact, rows.over, "whole", "")
        case NearestRank(value=value, percent=percent):
            return (rows.fact, rows.over, "rank", f"{value} {percent} {rows.tests()}")
        case Keyed(key=key, event=event, active_days=days):
            return (rows.fact, rows.over, "keyed", f"{key} {event} {days} {rows.tests()}")


def _compile(needs: Sequence[Need], period: Period, grouping: Grouping) -> Scan:
    start, end = stretch(needs[0], period)
    kind = needs[0]
    named_only = not isinstance(kind, Additive) or not kind.shared
    fact = kind.rows.fact
    by = tuple(column for column in grouping.by if column == "day" or column in fact_type(fact).all_columns)
    grouping = Grouping(
        subject=grouping.subject,
        by=by,
        spans=grouping.spans,
        tags=grouping.tags and "tag" in fact_type(fact).columns,
        only=grouping.only,
        shared=grouping.shared and not named_only,
    )
    plan = _Plan(needs, grouping, fact, start, end)
    match kind:
        case Additive() | Whole():
            sql = plan.fused()
        case NearestRank():
            sql = plan.nearest_rank(kind)
        case Keyed():
            sql = plan.keyed(kind, period)
    return Scan(fact=fact, start=start, end=end, needs=tuple(needs), by=by, scaled=grouping.shared, sql=sql)


class _Plan:
    """The SQL of one scan, put together from common table expressions."""

    def __init__(self, needs: Sequence[Need], grouping: Grouping, fact: str, start: date | None, end: date) -> None:
        self.needs, self.grouping, self.fact = needs, grouping, fact
        self.time = " AND ".join(
            ([f"f.occurred_at >= {_at(start)}"] if start else []) + [f"f.occurred_at < {_at(end)}"]
        )
        tests = dict.fromkeys(test for need in needs for test in need.rows.tests())
        self.tests = {test: f"t{number}" for number, test in enumerate(tests)}
        self.groups = ["subject", "span", *grouping.by]

    def fused(self) -> str:
        values = [f"{self._value(need)} AS v{number}" for number, need in enumerate(self.needs)]
        if not self.grouping.shared:
            return f"WITH facts AS ({self._rows()}) {self._grouped('facts', values)}"
        return self._shared(values)

    def nearest_rank(self, need: NearestRank) -> str:
        group = ", ".join(self.groups)
        kept = [*self._kept(need), f"({need.value}) IS NOT NULL"]
        ranked = (
            f"SELECT {group}, {need.value} AS v, row_number() OVER (PARTITION BY {group} ORDER BY {need.value}) AS r, "
            f"count(*) OVER (PARTITION BY {group}) AS n FROM facts WHERE {' AND '.join(kept)}"
        )
        return (
            f"WITH facts AS ({self._rows()}), ranked AS ({ranked}) SELECT {group}, max(n) AS n, min(v) AS v0 "
            f"FROM ranked WHERE r * 100 >= n * {need.percent} GROUP BY {group}"
        )

    def keyed(self, need: Keyed, period: Period) -> str:
        group, counted = ", ".join(self.groups), f"count(DISTINCT {need.event})" if need.event else "count(*)"
        previous, active = period.previous(), period.end - timedelta(days=need.active_days)
        stretches = {
            "now_n": (period.start, period.end),
            "before_n": (previous.start, previous.end),
            "active_n": (active, period.end),
        }
        inner = ", ".join(
            f"{counted} FILTER (WHERE occurred_at >= {_at(start)} AND occurred_at < {_at(end)}) AS {name}"
            for name, (start, end) in stretches.items()
        )
        kept = [*self._kept(need), f"({need.key}) IS NOT NULL"]
        values = ", ".join(f"{one.sql} AS v{number}" for number, one in enumerate(self.needs) if isinstance(one, Keyed))
        return (
            f"WITH facts AS ({self._rows()}), "
            f"keys AS (SELECT {group}, {need.key} AS entity, {inner} FROM facts WHERE {' AND '.join(kept)} "
            f"GROUP BY {group}, {need.key}) SELECT {group}, count(*) AS n, {values} FROM keys GROUP BY {group}"
        )

    def _rows(self) -> str:
        """The facts of the stretch with their subject, span and tests; nothing is computed twice."""
        grouping = self.grouping
        subject, joins = "CAST(NULL AS VARCHAR)", ""
        if grouping.subject:
            subject = f"f.{grouping.subject}"
        if grouping.tags and grouping.subject == "employee":
            subject, joins = "coalesce(f.employee, tags.employee)", " LEFT JOIN tags ON f.tag = tags.tag"
        span = "0"
        if grouping.spans:
            span = "coalesce(spans.span, 0)"
            joins += (
                f" LEFT JOIN spans ON {subject} = spans.subject"
                " AND f.occurred_at >= spans.starts_at AND f.occurred_at < spans.ends_at"
            )
        columns = ["f.occurred_at", *(f"f.{name}" for name in self._columns_used())]
        day = ["CAST(f.occurred_at AS DATE) AS day"] if "day" in grouping.by else []
        tests = [f"{expressions.qualified(test, 'f')} AS {name}" for test, name in self.tests.items()]
        selected = ", ".join([f"{subject} AS subject", f"{span} AS span", *day, *columns, *tests])
        return f"SELECT {selected} FROM fact AS f{joins} WHERE {self.time}{self._few(subject, ' AND ')}"

    def _few(self, subject: str, word: str) -> str:
        """The condition that keeps to some subjects; facts of shared accounts stay until their shares are known."""
        if self.grouping.only is None:
            return ""
        kept = f"{subject} IN ({', '.join(map(literal, self.grouping.only)) or 'NULL'})"
        return f"{word}({kept} OR {subject} IS NULL)" if self.grouping.shared else f"{word}{kept}"

    def _columns_used(self) -> list[str]:
        known = fact_type(self.fact).all_columns
        texts = [text for need in self.needs for text in _texts(need)]
        used = {name for text in texts for name in expressions.columns_of(text)} | set(self.grouping.by)
        if self.grouping.shared:
            used.add("account")
        return [name for name in known if name in used]

    def _value(self, need: Need) -> str:
        assert isinstance(need, Additive | Whole)  # noqa: S101 - the scan key keeps shapes apart
        kept = expressions.all_of(self._kept(need))
        tree = expressions.only_where(expressions.aggregate(need.sql, self.fact), kept)
        return expressions.without_filters(tree).sql("duckdb")

    def _kept(self, need: Need) -> list[str]:
        return [self.tests[test] for test in need.rows.tests()]

    def _grouped(self, relation: str, values: Sequence[str], *, where: str = "") -> str:
        named = ["subject", "span" if self.grouping.spans else "0 AS span", *self.grouping.by]
        group = ", ".join(name for name in self.groups if name != "span" or self.grouping.spans)
        return f"SELECT {', '.join(named)}, count(*) AS n, {', '.join(values)} FROM {relation}{where} GROUP BY {group}"

    def _shared(self, values: Sequence[str]) -> str:
        """Facts that name somebody count whole; those of a shared account are summed by segment, then shared out."""
        by = "".join(f", {column}" for column in self.grouping.by)
        numbers = ["n", *(f"v{number}" for number in range(len(self.needs)))]
        whole = ", ".join(f"CAST({name} AS {_EXACT}) * {MILLION} AS {name}" for name in numbers)
        parts = ", ".join(f"sum(CAST({name} AS {_EXACT}) * shares.ppm) AS {name}" for name in numbers)
        group = f"segments.segment{''.join(f', facts.{column}' for column in self.grouping.by)}"
        held = (
            f"SELECT {group}, count(*) AS n, {', '.join(values)} FROM facts LEFT JOIN segments"
            " ON facts.account = segments.account AND date_trunc('hour', facts.occurred_at) = segments.hour"
            " AND facts.occurred_at >= segments.starts_at AND facts.occurred_at < segments.ends_at"
            f" WHERE facts.subject IS NULL GROUP BY {group}"
        )
        named = self._grouped("facts", values, where=" WHERE subject IS NOT NULL")
        every = (
            f"SELECT subject, span{by}, {whole} FROM named"
            f" UNION ALL SELECT CAST(NULL AS VARCHAR), 0{by}, {whole} FROM held WHERE segment IS NULL"
            f" UNION ALL SELECT shares.employee, shares.span{by}, {parts} FROM held"
            f" JOIN shares ON held.segment = shares.segment GROUP BY shares.employee, shares.span{by}"
        )
        totals = ", ".join(f"sum({name}) AS {name}" for name in numbers)
        return (
            f"WITH facts AS ({self._rows()}), named AS ({named}), held AS ({held}), credited AS ({every}) "
            f"SELECT subject, span{by}, {totals} FROM credited{self._few('subject', ' WHERE ')}"
            f" GROUP BY subject, span{by}"
        )


def _texts(need: Need) -> list[str]:
    match need:
        case Additive(sql=sql) | Whole(sql=sql):
            return [sql]
        case NearestRank(value=value):
            return [value]
        case Keyed(key=key, event=event):
            return [key, event] if event else [key]


def _at(day: date | None) -> str:
    return f"TIMESTAMP '{day} 00:00:00'"
