"""One indicator cut along dimensions: numerators and denominators from the newest facts, kept to a scope's people.

Who sees everything counts every fact, those that name nobody included. Everybody else counts the facts of the people
whom the scope reaches on the stretch's last day, shared accounts by their shares. What was measured is kept in memory
under the facts' versions and the definition, so that looking again costs nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

from deltalake import DeltaTable

from fenming.controls.models import Run
from fenming.controls.queries import runs
from fenming.controls.scope import Scope
from fenming.lake.measure import measure
from fenming.lake.needs import Additive, lower
from fenming.library import indicators as library
from fenming.library.indicators import Indicator
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder
from fenming.modules.people.queries.reach import visible_employees
from fenming.modules.people.queries.records import teams_before
from fenming.modules.schemes.queries import pinned
from fenming.pipeline.breakdown import columns_of
from fenming.pipeline.compute import credits_of
from fenming.rules.comparing import Part
from fenming.rules.periods import Period

Key = tuple[str, ...]
Row = tuple[Key, Part]

OF_PEOPLE = ("team", "employee")
HIDDEN = frozenset({"member", "account", "employee"})
"""Columns that are no dimension: customers are nobody's group, accounts and people are reached by their shares."""
KEPT = 256
_LINEAR = (library.Count, library.Sum, library.Mean, library.Ratio, library.Share, library.Tiered)


def can_be_cut(one: Indicator) -> bool:
    """Whether the parts of an indicator add up: sums, counts, and rates of both, of the period itself."""
    measured = one.measure
    plain = isinstance(measured, _LINEAR)
    if isinstance(measured, library.Formula):
        formulas = measured.numerator + (measured.denominator or "")
        plain = not any(sign in formulas for sign in "*×/÷") and all(
            part.over == "period" for part in measured.parts.values()
        )
    return plain and all(isinstance(need, Additive) for need in lower(one).needs.values())


def is_rate(one: Indicator) -> bool:
    return lower(one).denominator is not None


def dimensions(one: Indicator) -> list[str]:
    """What an indicator can be cut by: text columns that its facts have, then team and person."""
    return [name for name in columns_of(one) if name not in HIDDEN] + list(OF_PEOPLE)


class Cutter:
    """Cuts facts for one visitor; what it asks the database it asks once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._people: dict[date, tuple[str, ...]] = {}
        self._teams: dict[date, dict[str, str]] = {}

    def cells(self, one: Indicator, period: Period, dims: Sequence[str], only: Mapping[str, str]) -> dict[Key, Part]:
        """The parts by the values of ``dims`` (``day`` may be one), where the columns of ``only`` have these values."""
        columns = [name for name in dict.fromkeys([*dims, *only]) if name not in OF_PEOPLE]
        by_person = not self.scope.everything or bool(set(OF_PEOPLE) & {*dims, *only})
        folder = lake_folder()
        found = _measured(
            folder,
            _versions(folder, one),
            one,
            period,
            tuple(columns),
            None if self.scope.everything else self.people(period.end),
            self._run(period) if by_person else None,
            by_person,
        )
        teams = self.teams(period.end) if by_person and "team" in {*dims, *only} else {}
        parts: dict[Key, Part] = {}
        for (person, *values), part in found:
            at = dict(zip(columns, values, strict=True)) | {"employee": person, "team": teams.get(person, "")}
            if all(at[name] == value for name, value in only.items()):
                key = tuple(at[name] for name in dims)
                parts[key] = parts[key] + part if key in parts else part
        return parts

    def people(self, end: date) -> tuple[str, ...]:
        """The people whom the scope reaches on the last day before ``end``."""
        if end not in self._people:
            there = visible_employees(replace(self.scope, day=end - timedelta(days=1)))
            self._people[end] = tuple(there.order_by("number").values_list("number", flat=True))
        return self._people[end]

    def teams(self, end: date) -> dict[str, str]:
        if end not in self._teams:
            self._teams[end] = teams_before(end)
        return self._teams[end]

    @cached_property
    def runs(self) -> list[Run]:
        return runs()

    def _run(self, period: Period) -> Run | None:
        """The run whose roster tells whose the facts of shared accounts are."""
        return next((one for one in self.runs if one.start <= period.start and one.end >= period.end), None)


def cells(
    scope: Scope, one: Indicator, period: Period, dims: Sequence[str], only: Mapping[str, str]
) -> dict[Key, Part]:
    """One cut, for who needs no other."""
    return Cutter(scope).cells(one, period, dims, only)


def _versions(folder: Path, one: Indicator) -> tuple[tuple[str, int], ...]:
    """The newest version of each table that the indicator reads."""
    present = [fact for fact in sorted(one.measure.facts()) if (folder / fact / "_delta_log").is_dir()]
    return tuple((fact, DeltaTable(folder / fact).version()) for fact in present)


@lru_cache(maxsize=KEPT)
def _measured(
    folder: Path,
    versions: tuple[tuple[str, int], ...],
    one: Indicator,
    period: Period,
    columns: tuple[str, ...],
    people: tuple[str, ...] | None,
    run: Run | None,
    by_person: bool,
) -> tuple[Row, ...]:
    """(person or nobody, value of each column…) with its part."""
    if not versions or people == ():
        return ()
    credits = credits_of(pinned.inputs_of(run)) if run else None
    tally = measure(
        engine_at(folder),
        lake_at(folder).pinned(dict(versions)),
        [one],
        period,
        subject="employee" if by_person else None,
        by=columns,
        only=people,
        credits=replace(credits, spans=()) if credits else None,
    )
    rate = is_rate(one)
    rows = []
    for key in tally.found():
        if people is not None and key[0] is None:
            continue  # a shared account's facts that found nobody are for who sees everything
        read = tally.reading(one, key)
        part = Part(read.numerator, read.denominator if rate else None)
        rows.append(((_text(key[0]), *(_text(value) for value in key[2:])), part))
    return tuple(rows)


def _text(value: object) -> str:
    return "" if value is None else str(value)
