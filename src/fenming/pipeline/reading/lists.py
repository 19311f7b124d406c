"""Short files read whole: people and rosters. One row a line, its fields by name, what is wrong listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fenming.library.facts import Column
from fenming.pipeline.reading.cleaning import Reading, read, tidy, unreadable, why
from fenming.pipeline.reading.findings import Findings
from fenming.pipeline.reading.headings import Heading, header_line, headings, hint, matched, names_of, unit_for
from fenming.pipeline.reading.sheets import ROW, Sheet, UnreadableError, fingerprint, open_sheets


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a short file: its values by field, and its cells as they stand."""

    sheet: str | None
    row: int
    values: Mapping[str, Any]
    cells: Mapping[str, str | None]


def read_list(
    path: Path,
    columns: Mapping[str, Column],
    *,
    needed: Sequence[Sequence[str]],
    findings: Findings,
) -> list[ListRow]:
    """Rows of every sheet that has the needed columns (of each group one); other sheets are listed."""
    try:
        sheets = list(open_sheets(path, fingerprint(path).encoding))
        rows = [row for sheet in sheets for row in _sheet_rows(sheet, columns, needed, findings)]
    except UnreadableError as error:
        findings.add("unreadable_file", file=path.name, detail=str(error))
        return []
    if not sheets:
        findings.add("empty", file=path.name)
    return rows


def _sheet_rows(
    sheet: Sheet,
    columns: Mapping[str, Column],
    needed: Sequence[Sequence[str]],
    findings: Findings,
) -> list[ListRow]:
    names = names_of(columns)
    head = sheet.head
    at = header_line(head, names)
    line = headings(head[at]) if head else []
    fields = matched(line, names)
    lacking = [group[0] for group in needed if not set(group) & set(fields)]
    if lacking:
        _list_missing(sheet, columns, lacking, line, findings)
        return []
    width = max(len(one) for one in head)
    frames = []
    for batch in sheet.batches(header=at + sheet.first_row, width=width):
        for one in batch.ragged:
            findings.add(
                "ragged_row", file=sheet.path.name, row=one.row, found=one.found, wanted=width, value=one.text[:200]
            )
        frames.append(batch.frame)
    frame = pl.concat([one for one in frames if one.height]) if any(one.height for one in frames) else None
    return [] if frame is None else _rows(sheet, frame, columns, fields, findings)


def _list_missing(
    sheet: Sheet,
    columns: Mapping[str, Column],
    lacking: Sequence[str],
    line: Sequence[Heading],
    findings: Findings,
) -> None:
    found = [one.text for one in line]
    zh, en = hint([text for name in lacking for text in (columns[name].zh, *columns[name].aliases)], found)
    findings.add(
        "missing_columns",
        file=sheet.path.name,
        sheet=sheet.name,
        found="、".join(found) or "—",
        hint=en,
        hint_zh=zh,
        missing=", ".join(columns[name].en for name in lacking),
        missing_zh="、".join(columns[name].zh for name in lacking),
    )


def _rows(
    sheet: Sheet,
    frame: pl.DataFrame,
    columns: Mapping[str, Column],
    fields: Mapping[str, Heading],
    findings: Findings,
) -> list[ListRow]:
    cells = {name: tidy(frame[str(one.at)]) for name, one in fields.items()}
    blank = pl.DataFrame(cells).select(pl.all_horizontal(pl.all().is_null())).to_series()
    bad, values = blank.clone(), {}
    for name, one in fields.items():
        how = Reading(columns[name].type, unit_for(columns[name].type, one.unit))
        values[name] = read(cells[name], how)
        wrong = unreadable(cells[name], values[name], how) & ~bad
        for row, text in zip(frame[ROW].filter(wrong), cells[name].filter(wrong), strict=True):
            findings.add(
                why(text, how),
                file=sheet.path.name,
                sheet=sheet.name,
                row=row,
                column=one.text,
                field=name,
                value=text,
            )
        bad |= wrong
    typed, raw = pl.DataFrame(values), pl.DataFrame(cells)
    return [
        ListRow(sheet.name, row, value, cell)
        for row, value, cell, wrong in zip(frame[ROW], typed.to_dicts(), raw.to_dicts(), bad, strict=True)
        if not wrong
    ]
