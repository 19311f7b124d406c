"""From facts to readings: scans run, values gathered, and each indicator divided once, in `rules/`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import reduce
from typing import Any

import pyarrow as pa

from fenming.lake.compile import Grouping, Scan, compile_scans
from fenming.lake.credits import Credits
from fenming.lake.engine import Engine, Files
from fenming.lake.needs import Additive, Lowered, Need, lower
from fenming.library.indicators import Indicator
from fenming.rules.periods import Period
from fenming.rules.readings import Reading, absent, evaluate, reading

Key = tuple[Any, ...]
"""(subject, span, by…): what a reading belongs to. The subject is None for facts that found nobody."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""

_WIDE = Context(prec=80)


@dataclass(slots=True)
class _Column:
    """One need in what its scan found: the rows of the scan by key, raw, and the place of the value in a row."""

    rows: dict[Key, tuple[Any, ...]]
    place: int
    scaled: bool
    facts: Decimal
    total: Decimal | None = None

    def value(self, row: tuple[Any, ...]) -> Decimal | None:
        return _exact(row[self.place], scaled=self.scaled)


@dataclass(slots=True)
class _Plan:
    """How an indicator reads the columns: looked up once, not for every person.

    ``simple`` holds numerator and denominator (the same column twice: none) when both are bare needs of one scan.
    """

    lowered: Lowered
    columns: Mapping[str, _Column | None]
    present: bool = field(init=False)
    simple: tuple[_Column, _Column] | None = field(init=False)

    def __post_init__(self) -> None:
        self.present = any(column.facts for column in self.columns.values() if column)
        numerator = self.columns.get(self.lowered.numerator)
        denominator = self.columns.get(self.lowered.denominator or self.lowered.numerator)
        self.simple = None
        if numerator is not None and denominator is not None and numerator.rows is denominator.rows:
            self.simple = numerator, denominator

    def totals(self) -> dict[str, Decimal | None]:
        return {name: column.total if column else None for name, column in self.columns.items()}


@dataclass(slots=True)
class Tally:
    """What the scans found: for each need its value by key and over everybody, and how many facts there were."""

    unassigned: dict[str, Decimal] = field(default_factory=dict)
    rows: dict[str, Decimal] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    _columns: dict[Need, _Column] = field(default_factory=dict)
    _plans: dict[Indicator, _Plan] = field(default_factory=dict)

    @property
    def values(self) -> dict[Need, dict[Key, Decimal | None]]:
        """Each need's value by key, made anew: for looking at, not for scoring."""
        return {need: {key: one.value(row) for key, row in one.rows.items()} for need, one in self._columns.items()}

    @property
    def totals(self) -> dict[Need, Decimal | None]:
        return {need: one.total for need, one in self._columns.items()}

    @property
    def facts(self) -> dict[Need, Decimal]:
        return {need: one.facts for need, one in self._columns.items()}

    def reading(self, one: Indicator, key: Key) -> Reading:
        """The indicator for one key, or why there is none."""
        plan = self._plans.get(one) or self._plan(one)
        if plan.simple is not None:
            numerator, denominator = plan.simple
            row = numerator.rows.get(key)
            if row is not None and row[denominator.place] and row[numerator.place] is not None:
                return reading(
                    numerator=numerator.value(row),
                    denominator=_ONE if numerator is denominator else denominator.value(row),
                    scale=one.scale,
                )
        return self._reading(one, plan, key)

    def _reading(self, one: Indicator, plan: _Plan, key: Key) -> Reading:
        empty = _ZERO if one.empty == "zero" else None
        parts: dict[str, Decimal | None] = {}
        seen = False
        for name, column in plan.columns.items():
            row = column.rows.get(key) if column else None
            value = column.value(row) if column and row is not None else None
            seen = seen or row is not None
            parts[name] = empty if value is None else value
        if not seen and (empty is None or not plan.present):
            return absent("no_facts")
        return self._divide(one, plan, parts)

    def total(self, one: Indicator) -> Reading:
        """The indicator over everybody, people without a name included."""
        plan = self._plan(one)
        return self._divide(one, plan, plan.totals()) if plan.present else absent("no_facts")

    def found(self) -> set[Key]:
        return {key for column in self._columns.values() for key in column.rows}

    def _plan(self, one: Indicator) -> _Plan:
        lowered = lower(one)
        columns = {name: self._columns.get(need) for name, need in lowered.needs.items()}
        plan = self._plans[one] = _Plan(lowered, columns)
        return plan

    def _divide(self, one: Indicator, plan: _Plan, parts: Mapping[str, Decimal | None]) -> Reading:
        lowered = plan.lowered
        numerator = evaluate(lowered.numerator, parts)
        if lowered.denominator is None:
            nothing = one.measure.kind == "distinct" and not any(plan.totals().values())
            return reading(numerator=None if nothing else numerator, scale=one.scale)
        denominator = evaluate(lowered.denominator, parts)
        if denominator == 0 and self._never_supplied(plan):
            return absent("not_supplied", numerator=numerator, denominator=denominator)
        if denominator is None and one.measure.kind == "growth":
            return absent("no_previous", numerator=numerator)
        return reading(numerator=numerator, denominator=denominator, scale=one.scale)

    def _never_supplied(self, plan: _Plan) -> bool:
        """Whether nobody at all has a denominator: then the field is empty in the source, not zero for this person."""
        assert plan.lowered.denominator is not None  # noqa: S101 - the caller divides
        return not evaluate(plan.lowered.denominator, plan.totals())


_ZERO, _ONE = Decimal(0), Decimal(1)


def measure(
    engine: Engine,
    files: Files,
    indicators: Iterable[Indicator],
    period: Period,
    *,
    subject: str | None = "employee",
    by: tuple[str, ...] = (),
    only: Sequence[str] | None = None,
    credits: Credits | None = None,
    progress: Progress | None = None,
) -> Tally:
    """Every indicator for every subject of the period: one fused scan per fact, none per person.

    ``by`` adds columns of the fact (or ``day``) to the key; ``only`` measures some subjects, and the totals are
    theirs; ``credits`` shares out the facts of shared accounts.
    """
    needs = list(dict.fromkeys(need for one in indicators for need in lower(one).needs.values()))
    relations = credits.relations() if credits and subject == "employee" else {}
    grouping = Grouping(
        subject=subject,
        by=by,
        spans=bool(credits and credits.spans and relations),
        shared=bool(credits and credits.segments and relations),
        tags=bool(credits and credits.tags and relations),
        only=None if only is None else tuple(only),
    )
    together = [need for need in needs if not isinstance(need, Additive)]
    scans = [(scan, True) for scan in compile_scans(needs, period, grouping)]
    scans += [(scan, False) for scan in compile_scans(together, period, Grouping(subject=None))]
    tally = Tally(by=by)
    for number, (scan, apart) in enumerate(scans):
        if progress:
            progress(scan.fact, number, len(scans))
        _gather(tally, scan, _run(engine, files, scan, relations), apart=apart)
    if progress:
        progress("", len(scans), len(scans))
    return tally


def _run(engine: Engine, files: Files, scan: Scan, relations: Mapping[str, pa.Table]) -> list[tuple[Any, ...]]:
    return engine.rows(
        scan.sql, fact=scan.fact, files=files.files(scan.fact, scan.start, scan.end), relations=relations
    )


def _gather(tally: Tally, scan: Scan, rows: Sequence[tuple[Any, ...]], *, apart: bool) -> None:
    """Rows are subject, span, by…, number of facts, values…; they are kept as they came, and read when asked for."""
    width = 2 + len(scan.by)
    if not apart:
        for row in rows:
            for place, need in enumerate(scan.needs, start=width + 1):
                tally._columns[need].total = _exact(row[place], scaled=scan.scaled)
        return
    held = {row[:width]: row for row in rows}
    facts = _sum((row[width] for row in rows), scaled=scan.scaled) or _ZERO
    for place, need in enumerate(scan.needs, start=width + 1):
        total = _sum((row[place] for row in rows), scaled=scan.scaled) if isinstance(need, Additive) else None
        tally._columns[need] = _Column(held, place, scan.scaled, facts, total)
    if isinstance(scan.needs[0], Additive) and scan.needs[0].rows.over == "period":
        tally.rows[scan.fact] = tally.rows.get(scan.fact, _ZERO) + facts
        nobody = _sum((row[width] for row in rows if row[0] is None), scaled=scan.scaled)
        if nobody is not None:
            tally.unassigned[scan.fact] = tally.unassigned.get(scan.fact, _ZERO) + nobody


def _sum(raw: Iterable[Any], *, scaled: bool) -> Decimal | None:
    """The exact sum of what is there; none when nothing is."""
    there = [value for value in raw if value is not None]
    if not there:
        return None
    whole = sum(there) if isinstance(there[0], int) else reduce(_WIDE.add, there)
    return _exact(whole, scaled=scaled)


def _exact(raw: Any, *, scaled: bool) -> Decimal | None:
    """The value as a decimal; parts per million of shared facts become units, exactly."""
    if raw is None:
        return None
    return _WIDE.scaleb(raw if isinstance(raw, Decimal) else Decimal(raw), -6) if scaled else Decimal(raw)
