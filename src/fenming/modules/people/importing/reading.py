"""Opening a file of people: its headings found, its cells typed, whatever cannot be read noted with the row."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from fenming.library.text import Refusal, refuse
from fenming.modules.people import custom
from fenming.modules.people.importing.cells import LENGTHS, LONGEST, plain, tidy
from fenming.modules.people.importing.columns import CLEAR, Field, Fields
from fenming.modules.people.importing.files import MOST_ROWS, Area, Inspected, inspect, too_long
from fenming.modules.people.importing.sentences import Problem
from fenming.modules.people.models import CustomField
from fenming.pipeline.reading import cleaning
from fenming.pipeline.reading.cleaning import Reading
from fenming.pipeline.reading.headings import Heading, header_line, headings, matched, names_of, unit_for
from fenming.pipeline.reading.sheets import (
    FORMULA_ERROR,
    ROW,
    ExcelSheet,
    Sheet,
    UnreadableError,
    fingerprint,
    open_sheets,
)

EMPTIED = "\0"
"""The value of a cell that says to empty a field."""
_DAY = timedelta(days=1)
_OLD = re.compile(r"(19\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0?0:00:00)?")
_REWRITTEN = re.compile(r"\d(?:\.\d+)?E\+\d{1,3}")
_LONG = re.compile(r"\d{16,}")


@dataclass(slots=True)
class Row:
    """One row: its typed values (those given), its cells as they stand, and the first thing wrong with it."""

    sheet: str
    row: int
    values: dict[str, Any]
    problem: Problem | None = None
    frame: pl.DataFrame | None = None
    at: int = 0

    @property
    def cells(self) -> Sequence[str | None]:
        """The row as it stands in the file; read when it is asked for, since most rows are not."""
        return self.frame.row(self.at) if self.frame is not None else [self.problem.value if self.problem else None]


@dataclass(slots=True)
class Table:
    """What a file says about people."""

    rows: list[Row]
    headings: list[str]
    fields: dict[str, str]
    """Field → the heading that it was found under."""
    ignored: list[str]
    inspected: Inspected


def read_table(path: Path, fields: Fields) -> Table:
    """Every sheet that has a column of numbers, as rows; a file without one is refused."""
    inspected = inspect(path)
    try:
        sheets = [_filled(one, inspected) for one in open_sheets(path, fingerprint(path).encoding)]
        return _table(sheets, fields, inspected)
    except UnreadableError as error:
        raise refuse(f"文件打不开：{error}。", f"The file cannot be opened: {error}.") from error


def _filled(sheet: Sheet, inspected: Inspected) -> Sheet:
    """The sheet with every cell of a merged area saying what its first one says, downwards."""
    areas = [one for one in inspected.merges.get(sheet.name or "", []) if one[2] > one[0]]
    if not areas or not isinstance(sheet, ExcelSheet):
        return sheet
    frame = sheet.frame
    columns = {name: frame[name].to_list() for name in {str(one[1] - 1) for one in areas} & set(frame.columns)}
    for area in areas:
        _fill(columns.get(str(area[1] - 1)), area, frame.height)
    return replace(
        sheet, frame=frame.with_columns(pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items())
    )


def _fill(cells: list[str | None] | None, area: Area, height: int) -> None:
    first, _, last, _ = area
    if cells is not None and first <= height:
        until = min(last, height)
        cells[first:until] = [cells[first - 1]] * (until - first)


def _table(sheets: Sequence[Sheet], fields: Fields, inspected: Inspected) -> Table:
    names = names_of({name: one.column for name, one in fields.items()})
    table = Table([], [], {}, [], inspected)
    seen: list[str] = []
    for sheet in sheets:
        head = sheet.head
        at = header_line(head, names)
        line = headings(head[at]) if head else []
        found = matched(line, names)
        seen += [one.text for one in line]
        if "number" not in found or len(found) < 2:
            continue
        _check_one_layout(table, line, found)
        with closing(_rows(sheet, at, found, fields)) as rows:
            for row in rows:
                table.rows.append(row)
                if len(table.rows) > MOST_ROWS:
                    raise too_long()
    if not table.fields:
        raise _no_heading(seen)
    if not table.rows:
        raise refuse("表头下面没有数据。", "There are no rows below the heading.")
    return table


def _check_one_layout(table: Table, line: Sequence[Heading], found: Mapping[str, Heading]) -> None:
    used = {one.at for one in found.values()}
    fields = {name: one.text for name, one in found.items()}
    if table.fields and table.fields.keys() != fields.keys():
        raise refuse(
            "几张工作表的列不同。请分开导入。", "The sheets have different columns. Import them one after another."
        )
    table.fields = fields
    width = max(one.at for one in line) + 1
    texts = {one.at: one.text for one in line}
    table.headings = table.headings or [texts.get(at, "") for at in range(width)]
    table.ignored += [one.text for one in line if one.at not in used and one.text not in table.ignored]


def _no_heading(seen: Sequence[str]) -> ValueError:
    some = list(dict.fromkeys(seen))[:12]
    zh, en = "、".join(some) or "无", ", ".join(some) or "none"
    return refuse(
        f"没有找到含“工号”的表头。看到的列：{zh}。请用下载的模板，或把这一列改名为“工号”。",
        f"There is no heading with “Number”. Columns seen: {en}. Use the template, or name that column “Number”.",
    )


def _rows(sheet: Sheet, at: int, found: Mapping[str, Heading], fields: Fields) -> Generator[Row, None, None]:
    width = max(len(one) for one in sheet.head)
    rewritten = {name for name in ("id_number", "phone", "number") if name in found and _figures(sheet, found[name].at)}
    for batch in sheet.batches(header=at + sheet.first_row, width=width):
        for one in batch.ragged:
            yield Row("", one.row, {}, Problem("ragged_row", value=one.text[:1000]))
        if batch.frame.height:
            yield from _typed(sheet.name or "", batch.frame, found, fields, rewritten)


def _figures(sheet: Sheet, column: int) -> bool:
    """Whether a column has numbers of which a spreadsheet keeps 15 digits only."""
    if not isinstance(sheet, ExcelSheet):
        return False
    long = sheet.frame[str(column)].str.contains(r"^\d{16,}$").any()
    return bool(long) and sheet.rewritten(column)


def _typed(
    name: str, frame: pl.DataFrame, found: Mapping[str, Heading], fields: Fields, rewritten: set[str]
) -> Iterator[Row]:
    columns = {
        field: _column(field, fields[field], frame[str(one.at)], one, field in rewritten)
        for field, one in found.items()
    }
    cells, numbers = frame.drop(ROW), frame[ROW].to_list()
    for at, number in enumerate(numbers):
        values: dict[str, Any] = {}
        problem = None
        for field, (typed, raw) in columns.items():
            value = typed[at]
            if isinstance(value, Problem):
                problem = problem or value
                values[field] = None
            elif raw[at] is not None:
                values[field] = value
        if values:
            yield Row(name, number, values, problem, cells, at)


def _column(
    field: str, spec: Field, cells: pl.Series, heading: Heading, cut: bool
) -> tuple[list[Any], list[str | None]]:
    """The typed values of one column, a `Problem` in the place of each that cannot be read; and its tidy cells."""
    raw = cleaning.tidy(cells)
    kind = spec.column.type
    texts = raw.to_list()
    if spec.own:
        return [None if one is None else _own(field, spec.own, one) for one in texts], texts
    if kind == "text":
        return [None if one is None else _text(field, one, cut) for one in texts], texts
    how = Reading(kind, unit_for(kind, heading.unit))
    clear = raw.is_in(list(CLEAR)).fill_null(value=False)
    read = cleaning.read(raw.set(clear, None), how)
    values = [_native(one) for one in read.to_list()]
    if kind == "time":
        values = [value or _old(text) for value, text in zip(values, texts, strict=True)]
    for at, (value, text) in enumerate(zip(values, texts, strict=True)):
        if value is None and text is not None:
            values[at] = EMPTIED if text in CLEAR else Problem(cleaning.why(text, how), field, text[:100])
    if field == "left":
        values = [one + _DAY if isinstance(one, date) else one for one in values]
    return values, texts


def _native(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _old(text: str | None) -> date | None:
    """A day before 1970, such as a birthday, which the reader of moments does not expect."""
    found = _OLD.fullmatch(text or "")
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _own(field: str, own: CustomField, cell: str) -> Any:
    """What is kept of a field of the company's own."""
    if cell in CLEAR:
        return Problem("cannot_clear", field, cell) if own.required else EMPTIED
    if cell == FORMULA_ERROR:
        return Problem("formula_error", field, cell)
    try:
        return custom.clean(own, plain(cell))
    except Refusal as refused:
        return Problem("own", field, cell[:100], refused.words.model_dump())


def _text(field: str, cell: str, cut: bool) -> Any:
    if cell in CLEAR:
        return EMPTIED
    if cell == FORMULA_ERROR:
        return Problem("formula_error", field, cell)
    if (cut and _LONG.fullmatch(cell)) or (field != "name" and _REWRITTEN.fullmatch(cell)):
        return Problem("digits_lost", field, cell[:100])
    text = tidy(field, cell)
    if len(text) > (most := LENGTHS.get(field, LONGEST)):
        return Problem("too_long", field, text[:100], {"most": most})
    return text
