"""From facts to readings: scans run, values gathered, and each indicator divided once, in `rules/`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
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
class Tally:
    """What the scans found: for each need its value by key and over everybody, and how many facts there were."""

    values: dict[Need, dict[Key, Decimal | None]] = field(default_factory=dict)
    totals: dict[Need, Decimal | None] = field(default_factory=dict)
    facts: dict[Need, Decimal] = field(default_factory=dict)
    unassigned: dict[str, Decimal] = field(default_factory=dict)
    rows: dict[str, Decimal] = field(default_factory=dict)
    by: tuple[str, ...] = ()

    def reading(self, one: Indicator, key: Key) -> Reading:
        """The indicator for one key, or why there is none."""
        lowered = lower(one)
        found = {name: self._value(need, key) for name, need in lowered.needs.items()}
        if all(value is _NOTHING for value in found.values()):
            present = any(self.facts.get(need) for need in lowered.needs.values())
            if one.empty != "zero" or not present:
                return absent("no_facts")
        if one.empty == "zero":
            found = {name: Decimal(0) if value is None else value for name, value in found.items()}
        empty = Decimal(0) if one.empty == "zero" else None
        parts = {name: empty if isinstance(value, _Nothing) else value for name, value in found.items()}
        return self._divide(one, lowered, parts)

    def total(self, one: Indicator) -> Reading:
        """The indicator over everybody, people without a name included."""
        lowered = lower(one)
        if not any(self.facts.get(need) for need in lowered.needs.values()):
            return absent("no_facts")
        return self._divide(one, lowered, {name: self.totals.get(need) for name, need in lowered.needs.items()})

    def found(self) -> set[Key]:
        return {key for values in self.values.values() for key in values}

    def _value(self, need: Need, key: Key) -> "Decimal | _Nothing | None":
        return self.values.get(need, {}).get(key, _NOTHING)

    def _divide(self, one: Indicator, lowered: Lowered, parts: Mapping[str, Decimal | None]) -> Reading:
        numerator = evaluate(lowered.numerator, parts)
        if lowered.denominator is None:
            nothing = one.measure.kind == "distinct" and not any(
                self.totals.get(need) for need in lowered.needs.values()
            )
            return reading(numerator=None if nothing else numerator, scale=one.scale)
        denominator = evaluate(lowered.denominator, parts)
        if denominator == 0 and self._never_supplied(lowered):
            return absent("not_supplied", numerator=numerator, denominator=denominator)
        if denominator is None and one.measure.kind == "growth":
            return absent("no_previous", numerator=numerator)
        return reading(numerator=numerator, denominator=denominator, scale=one.scale)

    def _never_supplied(self, lowered: Lowered) -> bool:
        """Whether nobody at all has a denominator: then the field is empty in the source, not zero for this person."""
        assert lowered.denominator is not None  # noqa: S101 - the caller divides
        return not evaluate(lowered.denominator, {name: self.totals.get(need) for name, need in lowered.needs.items()})


class _Nothing:
    """No row at all, which is not the same as a row without a value."""


_NOTHING = _Nothing()


def measure(
    engine: Engine,
    files: Files,
    indicators: Iterable[Indicator],
    period: Period,
    *,
    subject: str | None = "employee",
    by: tuple[str, ...] = (),
    credits: Credits | None = None,
    progress: Progress | None = None,
) -> Tally:
    """Every indicator for every subject of the period: one fused scan per fact, none per person.

    ``by`` adds columns of the fact (or ``day``) to the key; ``credits`` shares out the facts of shared accounts.
    """
    needs = list(dict.fromkeys(need for one in indicators for need in lower(one).needs.values()))
    relations = credits.relations() if credits and subject == "employee" else {}
    grouping = Grouping(
        subject=subject,
        by=by,
        spans=bool(credits and credits.spans and relations),
        shared=bool(credits and credits.segments and relations),
        tags=bool(credits and credits.tags and relations),
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
    """Rows are subject, span, by…, number of facts, values…"""
    width = 2 + len(scan.by)
    for row in rows:
        key, count = row[:width], _exact(row[width], scan) or Decimal(0)
        for need, raw in zip(scan.needs, row[width + 1 :], strict=True):
            _keep(tally, need, key if apart else None, _exact(raw, scan), count)
        if apart and isinstance(scan.needs[0], Additive) and scan.needs[0].rows.over == "period":
            tally.rows[scan.fact] = tally.rows.get(scan.fact, Decimal(0)) + count
            if key[0] is None:
                tally.unassigned[scan.fact] = tally.unassigned.get(scan.fact, Decimal(0)) + count


def _keep(tally: Tally, need: Need, key: Key | None, value: Decimal | None, count: Decimal) -> None:
    if key is None:
        tally.totals[need] = value
        return
    tally.values.setdefault(need, {})[key] = value
    tally.facts[need] = tally.facts.get(need, Decimal(0)) + count
    if isinstance(need, Additive) and value is not None:
        tally.totals[need] = _WIDE.add(tally.totals.get(need) or Decimal(0), value)


def _exact(raw: Any, scan: Scan) -> Decimal | None:
    """The value as a decimal; parts per million of shared facts become units, exactly."""
    if raw is None:
        return None
    value = Decimal(raw)
    return value.scaleb(-6, _WIDE) if scan.scaled else value
