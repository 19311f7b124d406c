"""The records behind a number of a scorecard, as they were delivered: counted or not, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.drawing.figures import MISSING, fixed, thousands
from fenming.lake.raw import RawRow, RawRows, raw_rows
from fenming.library import indicators as library
from fenming.library.facts import Column, fact_type
from fenming.library.indicators import Indicator
from fenming.modules.cycles.queries.score import Line
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import pinned
from fenming.pipeline.compute import credits_for
from fenming.pipeline.inputs import Inputs, Person
from fenming.rules.periods import Period
from fenming.rules.trace import plain

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

    fact_id: str
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


def behind(
    card: Card,
    inputs: Inputs,
    one: Indicator,
    line: Line | None,
    *,
    limit: int,
    offset: int = 0,
    ids: Collection[str] | None = None,
) -> RawRows:
    """The records that an indicator looked at for the person of a scorecard, from the facts that its run pinned."""
    run = card.run
    person = pinned.person_of(inputs, card.employee.number)
    return raw_rows(
        engine_at(lake_folder()),
        lake_at(lake_folder()).pinned(run.facts),
        one,
        _stretch(run, person, one, line),
        person=person.subject or person.person,
        subject=pinned.scheme_of(inputs, card.scheme).subject,
        credits=credits_for(inputs, card.employee.number),
        limit=limit,
        offset=offset,
        ids=ids,
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


def tables(rows: Sequence[RawRow]) -> list[Table]:
    """Records as they are shown, a table for each kind of fact."""
    found = []
    for fact, group in groupby(rows, key=lambda row: row.fact):
        some = list(group)
        columns = {name: fact_type(fact).all_columns[name] for name in some[0].values}
        found.append(
            Table(
                name=fact_type(fact).name.say(wording.speaking()),
                heads=[column.words.say(wording.speaking()) for column in columns.values()],
                records=[_record(row, columns) for row in some],
                shared=any(row.share != 1 for row in some),
            )
        )
    return found


def _record(row: RawRow, columns: dict[str, Column]) -> Record:
    return Record(
        fact_id=row.fact_id,
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
