"""Entries as files, written row by row so that a long log needs no more memory than a short one."""

import csv
import json
from collections.abc import Callable, Iterable
from datetime import UTC
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter import Workbook

from fenming.controls import redaction
from fenming.controls.models import Operation
from fenming.library.text import refuse
from fenming.pipeline.result import safe_cell

ROWS_A_SHEET = 1_000_000
CELL_MAX = 32_767


def write(entries: Iterable[Operation], path: Path) -> int:
    """Write the entries into a file of the kind that its name says; how many they were."""
    return _writer(path)(entries, path)


def check_kind(path: Path) -> None:
    """Refuse a file name that says no kind we write."""
    _writer(path)


def _writer(path: Path) -> Callable[[Iterable[Operation], Path], int]:
    found = _WRITERS.get(path.suffix.lower())
    if found is None:
        raise refuse(
            f"“{path.name}”应以 .xlsx、.csv 或 .json 结尾。", f"“{path.name}” should end in .xlsx, .csv or .json."
        )
    return found


def _heads() -> list[str]:
    return [
        _("No."),
        _("Time"),
        pgettext("log", "Who"),
        _("Operation"),
        _("Object"),
        _("Before"),
        _("After"),
        _("Address"),
    ]


def _cells(entry: Operation) -> list[str]:
    told = (
        f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S.%f}", entry.actor_name, entry.action, entry.object,
        _json(redaction.kept(entry.before)), _json(redaction.kept(entry.after)), entry.address or "",
    )  # fmt: skip
    return [str(entry.pk), *(safe_cell(text[: CELL_MAX - 1]) for text in told)]


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _xlsx(entries: Iterable[Operation], path: Path) -> int:
    written = 0
    sheet: Any = None
    with Workbook(path, {"constant_memory": True, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        for entry in entries:
            row = written % ROWS_A_SHEET
            if row == 0:
                sheet = _sheet(book, bold)
            sheet.write_number(row + 1, 0, entry.pk)
            for column, text in enumerate(_cells(entry)[1:], start=1):
                sheet.write_string(row + 1, column, text)
            written += 1
        if sheet is None:
            _sheet(book, bold)
    return written


def _sheet(book: Any, bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 7, 26)
    sheet.write_row(0, 0, _heads(), bold)
    return sheet


def _csv(entries: Iterable[Operation], path: Path) -> int:
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_heads())
        for entry in entries:
            rows.writerow(_cells(entry))
            written += 1
    return written


def _json_lines(entries: Iterable[Operation], path: Path) -> int:
    written = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for entry in entries:
            told = {
                "id": entry.pk,
                "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
                "actor": entry.actor_id,
                "actor_name": entry.actor_name,
                "action": entry.action,
                "object": entry.object,
                "before": redaction.kept(entry.before),
                "after": redaction.kept(entry.after),
                "address": entry.address,
            }
            file.write(f"{',' if written else ''}\n{json.dumps(told, ensure_ascii=False)}")
            written += 1
        file.write("\n]\n")
    return written


_WRITERS: dict[str, Callable[[Iterable[Operation], Path], int]] = {".xlsx": _xlsx, ".csv": _csv, ".json": _json_lines}
