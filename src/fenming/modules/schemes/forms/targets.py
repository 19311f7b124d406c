"""Personal targets from Excel: every row is taken, or says why not."""

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import fastexcel
import xlsxwriter
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from fenming.library.indicators import Indicator
from fenming.modules.schemes.forms.parts import stored, typed
from fenming.modules.schemes.queries.telling import decimal
from fenming.pipeline.result import safe_cell

MOST_BYTES = 4_000_000
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A row that could not be taken, as the spreadsheet numbers it."""

    row: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What a file says: number → target, and what is wrong."""

    people: Mapping[str, str] = field(default_factory=dict)
    wrong: Sequence[Wrong] = ()


def read_targets(file: "UploadedFile[Any] | None", one: Indicator | None, known: Collection[str]) -> Targets:
    """The first column is the employee's number, the last one the target; the first row are headings."""
    if file is None:
        return _refused(_("Choose the file."))
    if (file.size or 0) > MOST_BYTES:
        return _refused(_("The file is too large."))
    try:
        sheet = fastexcel.read_excel(file.read()).load_sheet(0, header_row=None, dtypes="string")
        rows = sheet.to_polars().rows()
    except (fastexcel.FastExcelError, ValueError):
        return _refused(_("This is no Excel file that can be read. Download the sheet, fill it in, and send it back."))
    if len(rows) > MOST_ROWS:
        return _refused(_("The file has too many rows."))
    people: dict[str, str] = {}
    wrong = []
    for number, row in enumerate(rows[1:], start=2):
        cells = [str(cell).strip() if cell is not None else "" for cell in row]
        if not any(cells):
            continue
        said = _row(cells, one, known, people)
        if said:
            wrong.append(Wrong(row=number, text=said))
    if not people and not wrong:
        return _refused(_("The file holds no targets."))
    return Targets(people=people, wrong=wrong)


def _row(cells: Sequence[str], one: Indicator | None, known: Collection[str], people: dict[str, str]) -> str:
    """Take a row, or say why not. A row without a target means the scheme's."""
    person, given = cells[0][:60], cells[-1][:60] if len(cells) > 1 else ""
    if person not in known:
        return _("Nobody of this department has the number “%(number)s”.") % {"number": person}
    if person in people:
        return _("%(number)s stands there twice.") % {"number": person}
    if not given:
        return ""
    value = stored("measure", given, one)
    if decimal(value) is None:
        return _("“%(value)s” is not a number.") % {"value": given}
    people[person] = value
    return ""


def _refused(text: str) -> Targets:
    return Targets(wrong=[Wrong(row=0, text=text)])


def targets_sheet(one: Indicator | None, people: Sequence[tuple[str, str]], targets: Mapping[str, str]) -> bytes:
    """A sheet to fill in: number, name, target."""
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(_("Targets"))
    unit = "%" if one and one.percent else ""
    for column, head in enumerate((_("Number"), _("Name"), f"{_('Target')} {unit}".strip())):
        page.write_string(0, column, head, book.add_format({"bold": True}))
    for row, (number, name) in enumerate(people, start=1):
        page.write_string(row, 0, safe_cell(number))
        page.write_string(row, 1, safe_cell(name))
        given = typed("measure", targets.get(number), one)
        if decimal(given) is not None:
            page.write_number(row, 2, float(given))
    page.set_column(0, 2, 18)
    page.freeze_panes(1, 0)
    book.close()
    return body.getvalue()
