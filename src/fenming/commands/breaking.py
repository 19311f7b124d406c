"""``fenming breakdown``: one indicator by a column, period beside period."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from fenming.commands.progress import bar
from fenming.commands.scoring import nothing_usable
from fenming.lake.engine import DuckEngine
from fenming.lake.tables import Lake
from fenming.library.indicators import Indicator, indicator
from fenming.pipeline.breakdown import Slice, breakdown
from fenming.pipeline.compute import FactFiles, Source, time_span
from fenming.pipeline.reading import load, load_mapping
from fenming.rules.money import rounded
from fenming.rules.periods import Period, months, parse
from fenming.rules.trace import plain

MONTHS_SHOWN = 6


def show(
    name: str,
    *,
    by: str,
    facts: Sequence[Path],
    data: Path | None,
    periods: Sequence[str],
    mapping: Path | None,
    columns: Mapping[str, str],
    language: str,
    console: Console,
) -> None:
    """Break an indicator down over files, or over the lake of a data folder."""
    one, asked = indicator(name), [parse(text) for text in periods]
    with TemporaryDirectory() as folder:
        if data is not None:
            lake = Lake(data / "facts")
            source: Source = lake.snapshot()
            engine = DuckEngine([lake.root])
            span = asked or _latest(date.today())  # noqa: DTZ011 - which months are shown, not what they hold
        else:
            with bar(console, "读取文件" if language == "zh" else "Reading files") as tell:
                loaded = load(
                    facts, into=Path(folder), mapping=load_mapping(mapping) if mapping else None, columns=columns,
                    progress=tell,
                )  # fmt: skip
            if not loaded.tables:
                raise nothing_usable(loaded)
            files = FactFiles({fact: [str(path) for path in paths] for fact, paths in loaded.tables.items()})
            source, engine = files, DuckEngine([Path(folder)])
            whole = time_span(engine, files)
            span = asked or list(months(whole.start, whole.end))[-MONTHS_SHOWN:]
        _table(one, by, span, breakdown(engine, source, one, by, span), language)
        engine.close()


def _latest(today: date) -> list[Period]:
    return list(months(today - timedelta(days=31 * (MONTHS_SHOWN - 1)), today + timedelta(days=1)))[-MONTHS_SHOWN:]


def _table(one: Indicator, by: str, periods: Sequence[Period], slices: Sequence[Slice], language: str) -> None:
    table = Table(title=f"{one.name.say(language)} · {by}")
    table.add_column(by)
    for period in periods:
        table.add_column(period.label, justify="right")
    for found in slices:
        shown = (reading.value for reading in found.readings)
        table.add_row(found.key or "", *("—" if value is None else plain(rounded(value, digits=4)) for value in shown))
    Console().print(table)
