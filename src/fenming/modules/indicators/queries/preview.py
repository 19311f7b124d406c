"""A definition tried out on last month: what it gives, for whom, from which records, in bounded time."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import duckdb
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.queries import complete_runs
from fenming.controls.scope import Scope
from fenming.drawing import figures
from fenming.lake.credits import Credits
from fenming.lake.engine import Hurried
from fenming.lake.measure import Tally, measure
from fenming.lake.raw import RawRow, RawRows, raw_rows
from fenming.lake.tables import Snapshot
from fenming.lake.values import common_values
from fenming.library.facts import fact_type
from fenming.library.indicators import Indicator
from fenming.library.text import Refusal, refuse
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
from fenming.modules.indicators.queries.wording import quantity, speaking
from fenming.modules.people.queries.reach import visible_departments, visible_employees
from fenming.pipeline.compute import credits_of
from fenming.pipeline.inputs import Inputs
from fenming.rules.periods import Period, months, parse
from fenming.rules.readings import Reading
from fenming.rules.trace import plain

SECONDS = 8.0
"""How long one try may take, all its queries together."""
VALUES_SECONDS = 2.0
BEST = 10
ROWS = 10
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Of:
    """One value: of somebody or of a department."""

    name: str
    note: str
    value: str
    bar: int
    """Its length beside the others, in per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as it was delivered."""

    at: str
    cells: list[tuple[str, str]]
    excluded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a definition gives for a month; ``problem`` says why it gives nothing."""

    period: Period
    total: str = figures.MISSING
    why: str = ""
    departments: list[Of] = field(default_factory=list)
    best: list[Of] = field(default_factory=list)
    worst: list[Of] = field(default_factory=list)
    people: int = 0
    counted: int = 0
    excluded: list[tuple[str, int]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    seconds: str = ""
    problem: str = ""


def try_out(one: Indicator, scope: Scope) -> Tried:
    """Measure last month. The company's total is everybody's; people and records are those that the scope reaches."""
    begun = time.monotonic()
    snapshot = lake_at(lake_folder()).snapshot()
    span = last_month(snapshot, one)
    engine = engine_at(lake_folder()).within(SECONDS)
    try:
        found = _tried(engine, snapshot, one, span, scope)
    except Refusal as refusal:
        return Tried(period=span, problem=refusal.words.say(speaking()))
    except duckdb.Error as error:
        return Tried(
            period=span, problem=_("It cannot be computed: %(why)s") % {"why": str(error).split("\n")[0][:200]}
        )
    return replace(found, seconds=f"{time.monotonic() - begun:.2f}")


def check_measurable(one: Indicator) -> None:
    """Refuse a definition that fails on last month's records: a run would fail with it for everybody."""
    snapshot = lake_at(lake_folder()).snapshot()
    try:
        measure(engine_at(lake_folder()).within(SECONDS), snapshot, [one], last_month(snapshot, one))
    except duckdb.Error as error:
        said = str(error).split("\n")[0][:200]
        raise refuse(f"用上月的记录算不出来：{said}", f"It fails on last month's records: {said}") from error


def last_month(snapshot: Snapshot, one: Indicator) -> Period:
    """The last whole month of which there are records, else the month before this one."""
    this = timezone.localdate().replace(day=1)
    labels = {label for fact in one.measure.facts() for label in snapshot.months(fact)}
    past = [label for label in labels if label < f"{this:%Y-%m}"]
    if past:
        return parse(max(past))
    return next(months(this, this.replace(day=2))).previous()


def suggestions(fact: str, columns: list[str]) -> dict[str, list[str]]:
    """Column → the texts it held most often last month, to choose from."""
    snapshot = lake_at(lake_folder()).snapshot()
    known = fact_type(fact).all_columns
    texts = [name for name in dict.fromkeys(columns) if name in known and known[name].type == "text"]
    labels = snapshot.months(fact)
    if not texts or not labels:
        return {}
    try:
        engine = engine_at(lake_folder()).within(VALUES_SECONDS)
        return common_values(engine, snapshot, fact, texts, parse(labels[-1]))
    except (Refusal, duckdb.Error):
        return {}


def _tried(engine: Hurried, snapshot: Snapshot, one: Indicator, span: Period, scope: Scope) -> Tried:
    tally = measure(engine, snapshot, [one], span, credits=_credits(span))
    total = tally.total(one)
    people = _people(tally, one, scope)
    departments = measure(engine, snapshot, [one], span, subject="department")
    among = None if scope.everything else [number for number, _name in _names(scope, None)]
    kept, left = (
        raw_rows(
            engine, snapshot, one, span, person=None, everybody=among is None, among=among, counted=counted, limit=ROWS
        )
        for counted in (True, False)
    )
    ordered = people if one.direction == "higher" else people[::-1]
    return Tried(
        period=span,
        total=shown(one, total),
        why=why_missing(total),
        departments=_departments(departments, one, scope),
        best=_of(one, ordered[:BEST]),
        worst=_of(one, ordered[BEST:][-BEST:][::-1]),
        people=len(people),
        counted=kept.counted,
        excluded=[(words.say(speaking()), number) for words, number in kept.excluded],
        rows=_rows(kept) + _rows(left),
    )


def _credits(span: Period) -> Credits | None:
    """How the last run of the month shared out the records of shared accounts; moves within the month do not matter."""
    run = complete_runs().filter(start=span.start, end=span.end).first()
    return _kept_credits(run.inputs, runs_folder()) if run else None


@lru_cache(maxsize=4)
def _kept_credits(digest: str, folder: Path) -> Credits | None:
    path = folder / f"{digest}.json"
    if not path.exists():
        return None
    found = credits_of(Inputs.model_validate_json(path.read_text(encoding="utf-8")))
    return Credits(segments=found.segments, tags=found.tags) if found else None


def _names(scope: Scope, numbers: list[str] | None) -> list[tuple[str, str]]:
    people = visible_employees(scope)
    wanted = people if numbers is None else people.filter(number__in=numbers)
    return [(str(number), str(name)) for number, name in wanted.values_list("number", "name")]


def _people(tally: Tally, one: Indicator, scope: Scope) -> list[tuple[str, str, Decimal]]:
    """(name, number, value) of those in reach who have a value, the highest first."""
    readings = {str(key[0]): tally.reading(one, key) for key in tally.found() if key[0] is not None}
    values = {who: reading.value for who, reading in readings.items() if reading.value is not None}
    if scope.is_empty or not values:
        return []
    known = dict(_names(scope, None))
    rows = [(known[who], who, value) for who, value in values.items() if who in known]
    return sorted(rows, key=lambda row: (-row[2], row[1]))


def _departments(tally: Tally, one: Indicator, scope: Scope) -> list[Of]:
    known = {row.code: row.name for row in visible_departments(scope)}
    readings = {str(key[0]): tally.reading(one, key) for key in tally.found() if key[0] is not None}
    rows = [
        (known[code], "", reading.value)
        for code, reading in readings.items()
        if code in known and reading.value is not None
    ]
    return _of(one, sorted(rows, key=lambda row: -row[2]))


def _of(one: Indicator, rows: list[tuple[str, str, Decimal]]) -> list[Of]:
    largest = max((abs(value) for _name, _note, value in rows), default=Decimal(0)) or Decimal(1)
    return [
        Of(name=name, note=note, value=quantity(one, value), bar=int(max(value, Decimal(0)) / largest * _HUNDRED))
        for name, note, value in rows
    ]


def _rows(found: RawRows) -> list[Row]:
    return [_row(row) for row in found.rows]


def _row(row: RawRow) -> Row:
    columns = fact_type(row.fact).all_columns
    return Row(
        at=f"{row.occurred_at:%m-%d %H:%M}",
        cells=[
            (columns[name].words.say(speaking()), _cell(columns[name].type, value))
            for name, value in row.values.items()
        ],
        excluded=row.excluded.say(speaking()) if row.excluded else "",
    )


def _cell(kind: str, value: object) -> str:
    match value:
        case None:
            return figures.MISSING
        case bool():
            return _("yes") if value else _("no")
        case int() if kind == "duration":
            return _("%(seconds)s s") % {"seconds": figures.thousands(Decimal(value) / 1000, 1)}
        case Decimal():
            return plain(value)
        case _:
            return str(value)[:60]


def shown(one: Indicator, reading: Reading) -> str:
    return figures.MISSING if reading.value is None else quantity(one, reading.value)


def why_missing(reading: Reading) -> str:
    """Why there is no value."""
    reasons: Mapping[str, str] = {
        "no_facts": _("no record of this month counted"),
        "not_supplied": _("the records do not hold the field"),
        "zero_denominator": _("nothing to divide by"),
        "no_previous": _("no records of the month before"),
    }
    return reasons.get(reading.missing, _("no data")) if reading.missing else ""
