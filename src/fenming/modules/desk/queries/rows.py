"""From a number to its records: how it came about, and each row that counted or did not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.drawing.figures import MISSING, fixed, thousands
from fenming.lake.raw import RawRow, raw_rows
from fenming.library import indicators as library
from fenming.library.facts import Column, fact_type
from fenming.library.indicators import Indicator
from fenming.library.schemes import Scheme
from fenming.modules.desk.queries import pinned, wording
from fenming.modules.desk.queries.score import Line, lines_of
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder
from fenming.modules.schemes.queries import scorecard_visible
from fenming.pipeline.compute import credits_of
from fenming.pipeline.inputs import Inputs, Person
from fenming.rules.periods import Period
from fenming.rules.trace import plain

PAGE = 50
Card = Any
_BEYOND = (library.Growth, library.Retention, library.Repeat, library.Banded, library.Formula)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of a record under the name of its column."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One fact as it was delivered."""

    at: datetime
    place: str
    origin: str
    key: str
    cells: list[Cell]
    share: str
    excluded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The records of one kind of fact on this page."""

    name: str
    heads: list[str]
    records: list[Record]
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The whole page. ``line`` is none for an indicator that only gives points beside the scorecard."""

    card: Card
    run: Run
    period: str
    scheme: Scheme
    indicator: Indicator
    line: Line | None
    division: str
    because: list[str]
    tables: list[Table]
    counted: int
    excluded: list[tuple[str, int]]
    page: int
    pages: int
    subject: str

    @property
    def total(self) -> int:
        return self.counted + sum(number for _words, number in self.excluded)

    @property
    def left_out(self) -> int:
        return sum(number for _words, number in self.excluded)

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * PAGE, self.total)

    @property
    def name(self) -> str:
        return self.indicator.name.say(wording.speaking())

    @property
    def about(self) -> str:
        return self.indicator.about.say(wording.speaking())

    @property
    def formula(self) -> str:
        return self.indicator.formula.say(wording.speaking())

    @property
    def pitfalls(self) -> str:
        return self.indicator.pitfalls.say(wording.speaking())

    @property
    def basis(self) -> str:
        return self.line.item.basis.say(wording.speaking()) if self.line else ""


def rows_of(scope: Scope, number: int, indicator: str, *, span: int, page: int) -> Rows | None:
    """The records behind an indicator of a scorecard that the scope reaches; None when there is no such thing."""
    card = scorecard_visible(scope, number)
    if card is None:
        return None
    inputs = pinned.inputs_of(card.run)
    scheme = pinned.scheme_of(inputs, card.scheme)
    lines = [line for line in lines_of(card, inputs) if line.indicator.id == indicator]
    line = next((one for one in lines if one.span == span), lines[0] if lines else None)
    if line is None and indicator not in scheme.used():
        return None
    one = inputs.definitions()[indicator]
    return _rows(card, inputs, scheme, one, line, max(1, page))


def _rows(card: Card, inputs: Inputs, scheme: Scheme, one: Indicator, line: Line | None, page: int) -> Rows:
    run = card.run
    person = pinned.person_of(inputs, card.employee.number)
    found = raw_rows(
        engine_at(lake_folder()),
        lake_at(lake_folder()).pinned(run.facts),
        one,
        _stretch(run, person, one, line),
        person=person.subject or person.person,
        subject=scheme.subject,
        credits=credits_of(inputs),
        limit=PAGE,
        offset=(page - 1) * PAGE,
    )
    pages = max(1, -(-found.total // PAGE))
    if page > pages:
        return _rows(card, inputs, scheme, one, line, pages)
    stored = _stored(card, one, line)
    return Rows(
        card=card,
        run=run,
        period=wording.period_name(run),
        scheme=scheme,
        indicator=one,
        line=line,
        division=_division(one, stored) if stored is not None else "",
        because=_because(card, scheme, one, line, inputs),
        tables=_tables(found.rows),
        counted=found.counted,
        excluded=[(words.say(wording.speaking()), number) for words, number in found.excluded],
        page=page,
        pages=pages,
        subject=person.subject,
    )


def _stretch(run: Run, person: Person, one: Indicator, line: Line | None) -> Period:
    """The days whose records are shown: the period, one stay of it, or the one before for a carried reading."""
    whole = pinned.span_of(run)
    if line is not None and line.carried:
        return whole.previous()
    if line is None or not line.span or isinstance(one.measure, _BEYOND) or line.span > len(person.stays):
        return whole
    stay = person.stays[line.span - 1]
    return Period(label=whole.label, start=stay.start, end=stay.end)


def _stored(card: Card, one: Indicator, line: Line | None) -> Any:
    if line is None:
        return None
    return next((row for row in card.lines.all() if row.indicator == one.id and row.span == line.span), None)


def _division(one: Indicator, stored: Any) -> str:
    """812,000 ÷ 24 × 0.001 = 33.83 秒; a plain sum only says what it is."""
    if stored.value is None or stored.numerator is None:
        return ""
    value = wording.quantity(one, stored.value)
    numerator = _grouped(stored.numerator)
    scale = "" if one.scale == 1 else f" × {plain(one.scale)}"
    if stored.denominator is None or stored.denominator == 1:
        return f"{numerator}{scale} = {value}" if scale else value
    return f"{numerator} ÷ {_grouped(stored.denominator)}{scale} = {value}"


def _grouped(value: Decimal) -> str:
    """Thousands apart, and only the decimals there are."""
    return f"{value.normalize():,f}"


def _because(card: Card, scheme: Scheme, one: Indicator, line: Line | None, inputs: Inputs) -> list[str]:
    definitions = inputs.definitions()
    if line is not None:
        steps = [step for step in line.because if not str(step[0]).startswith("reading.") or line.value is None]
        return wording.told(steps, definitions, one)
    rules = {rule.id for rule in scheme.adjustments if rule.indicator == one.id}
    extras = [extra for extra in card.adjustments.all() if extra.identifier in rules]
    return [text for extra in extras for text in wording.told(extra.because, definitions, one)]


def _tables(rows: Sequence[RawRow]) -> list[Table]:
    tables = []
    for fact, group in groupby(rows, key=lambda row: row.fact):
        some = list(group)
        columns = {name: fact_type(fact).all_columns[name] for name in some[0].values}
        tables.append(
            Table(
                name=fact_type(fact).name.say(wording.speaking()),
                heads=[column.words.say(wording.speaking()) for column in columns.values()],
                records=[_record(row, columns) for row in some],
                shared=any(row.share != 1 for row in some),
            )
        )
    return tables


def _record(row: RawRow, columns: dict[str, Column]) -> Record:
    return Record(
        at=row.occurred_at,
        place=_place(row),
        origin=" · ".join(part for part in (row.source, row.batch) if part),
        key=" ".join(row.fact_id.split("|")[1:]) or row.fact_id,
        cells=[
            Cell(name=column.words.say(wording.speaking()), text=_shown(column, row.values[name]))
            for name, column in columns.items()
        ],
        share=f"{plain(row.share * 100)}%",
        excluded=row.excluded.say(wording.speaking()) if row.excluded else "",
    )


def _place(row: RawRow) -> str:
    """File, sheet and row where the record came from a file."""
    parts = [row.file.replace("\\", "/").rsplit("/", 1)[-1]] if row.file else []
    parts += [row.sheet] if row.sheet else []
    parts += [_("row %(row)s") % {"row": row.row}] if row.row is not None else []
    return " · ".join(parts)


def _shown(column: Column, value: Any) -> str:
    match value:
        case None:
            return MISSING
        case bool():
            return _("yes") if value else _("no")
        case int() if column.type == "duration":
            return _("%(seconds)s s") % {"seconds": thousands(Decimal(value) / 1000, 1)}
        case Decimal() if column.type == "money":
            return f"¥{thousands(value, 2)}"
        case Decimal():
            return plain(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case int():
            return thousands(value)
        case float():
            return fixed(value, 2)
        case _:
            return str(value)
