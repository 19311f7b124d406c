"""Small facts, indicators and rosters for the tests of the lake."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fenming.lake.credits import Credits
from fenming.lake.engine import DuckEngine
from fenming.lake.measure import Tally, measure
from fenming.lake.schema import arrow_schema
from fenming.library.indicators import Indicator
from fenming.pipeline.compute import FactFiles
from fenming.rules.attribution import Shift
from fenming.rules.periods import Period, period

OCTOBER = period(date(2026, 10, 1), date(2026, 11, 1))
NOON = datetime(2026, 10, 5, 12)
WORDS = {"zh": "词", "en": "word"}
Row = Mapping[str, Any]
_numbers = count()


def oct_at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute)


def batch(fact: str, rows: Iterable[Row]) -> pa.Table:
    """Rows as a reader hands them to the lake: no identity, no partition; at noon of 5 October unless they say so."""
    schema = arrow_schema(fact)
    names = [name for name in schema.names if name not in {"fact_id", "month", "batch", "source"}]
    return pa.Table.from_pylist(
        [{"occurred_at": NOON, **row} for row in rows], schema=pa.schema([schema.field(name) for name in names])
    )


def stored(fact: str, rows: Iterable[Row]) -> pa.Table:
    """Rows as they lie in the lake, each with an id."""
    schema = arrow_schema(fact)
    found = [
        {"fact_id": f"{fact}|{number}", "occurred_at": NOON, "month": "2026-10", **row}
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(found, schema=schema)


def files(folder: Path, facts: Mapping[str, Iterable[Row]]) -> FactFiles:
    """One file a fact."""
    paths = {}
    for fact, rows in facts.items():
        path = folder / f"{fact}-{next(_numbers)}.parquet"
        pq.write_table(stored(fact, rows), path)
        paths[fact] = [str(path)]
    return FactFiles(paths)


def indicator_of(kind: str, fact: str | None = "service_session", **measured: Any) -> Indicator:
    """An indicator of this kind; what is not about measuring is filled in."""
    own = {name: measured.pop(name) for name in ("empty", "scale") if name in measured}
    if fact:
        measured["fact"] = fact
    words = dict.fromkeys(("name", "about", "formula", "unit", "data_source", "collection", "pitfalls"), WORDS)
    return Indicator.model_validate(
        {
            **words, **own, "id": "tried", "valid_from": date(2026, 1, 1), "direction": "higher", "departments": ["hr"],
            "reference": "a test", "measure": {"kind": kind, **measured},
        }
    )  # fmt: skip


def only(when: str) -> list[dict[str, Any]]:
    return [{"when": when, "otherwise": WORDS}]


def tallied(
    folder: Path,
    facts: Mapping[str, Iterable[Row]],
    *indicators: Indicator,
    span: Period = OCTOBER,
    subject: str | None = "employee",
    by: tuple[str, ...] = (),
    only: Sequence[str] | None = None,
    credits: Credits | None = None,
) -> Tally:
    """What one engine measures over these facts."""
    source, engine = files(folder, facts), DuckEngine([folder], threads=1)
    try:
        return measure(engine, source, indicators, span, subject=subject, by=by, only=only, credits=credits)
    finally:
        engine.close()


def shift(person: str, account: str, start: datetime, hours: float) -> Shift:
    return Shift(person=person, account=account, start=start, end=start + timedelta(hours=hours))
