"""Files of pools and trials: what can be read is read, and nothing written in them runs."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from fenming.library.facts import Column
from fenming.library.text import Words, refuse
from fenming.pipeline.reading.findings import Findings
from fenming.pipeline.reading.lists import read_list
from fenming.pipeline.result import safe_cell

LARGEST_UNPACKED = 50 << 20
MOST_ROWS = 2000
COLUMNS = {
    "department": Column(type="text", zh="部门", en="Department", aliases=("部门代码", "部门名称", "code", "name")),
    "amount": Column(
        type="money", zh="奖金池", en="Pool", aliases=("金额", "奖金", "奖金总额", "amount", "bonus pool")
    ),
}
_HEAD = {"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A row that cannot be used: where it stands, what is wrong, and what to do."""

    row: int | None
    value: str
    reason: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file says: department → pool in yuan, and what it says wrongly."""

    amounts: Mapping[int, Decimal]
    problems: Sequence[Problem]


def read_pools(path: Path, departments: Mapping[str, int]) -> Read:
    """The pools of a file. ``departments`` gives the ids by code and by every name that is unique."""
    _inspect(path)
    findings = Findings()
    rows = read_list(path, COLUMNS, needed=[("department",), ("amount",)], findings=findings)
    problems = [Problem(row=one.row, value=one.value or "", reason=_joined(one.reason, one.remedy)) for one in findings]
    if len(rows) > MOST_ROWS:
        raise refuse(f"文件超过 {MOST_ROWS} 行。", f"The file has more than {MOST_ROWS} rows.")
    amounts: dict[int, Decimal] = {}
    for one in rows:
        name, amount = str(one.values.get("department") or "").strip(), one.values.get("amount")
        department = departments.get(name.casefold())
        if department is None:
            reason = Words(
                zh="没有这个部门，或不在您的管理范围内。", en="There is no such department within your reach."
            )
        elif amount is None or amount <= 0:
            reason = Words(zh="奖金池须大于 0。", en="A pool must be above 0.")
        elif department in amounts:
            reason = Words(zh="该部门出现了两次。", en="This department stands there twice.")
        else:
            amounts[department] = amount
            continue
        problems.append(Problem(row=one.row, value=name[:80], reason=reason))
    if not rows and not problems:
        raise refuse("文件中没有数据。", "The file has no rows.")
    return Read(amounts=amounts, problems=sorted(problems, key=lambda problem: problem.row or 0))


def _joined(reason: Words, remedy: Words) -> Words:
    return Words(zh=f"{reason.zh}{remedy.zh}", en=f"{reason.en} {remedy.en}")


def _inspect(path: Path) -> None:
    """Refuse an archive that unpacks to far more than a list of departments."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST_UNPACKED:
                raise refuse("文件太大，读不进来。", "The file is too large to be read.")


def pools_file(rows: Iterable[tuple[str, str, int, Decimal | None]], period: str) -> bytes:
    """The departments of a period with their people and pools, to be filled in and given back."""
    body, book = _book()
    page = book.add_worksheet(safe_cell(period)[:31])
    heads = [_("Department code"), _("Name"), _("People"), _("Pool")]
    page.write_row(0, 0, heads, book.add_format(_HEAD))
    money = book.add_format({"num_format": "#,##0.00"})
    for number, (code, name, people, pool) in enumerate(rows, start=1):
        page.write_string(number, 0, safe_cell(code))
        page.write_string(number, 1, safe_cell(name))
        page.write_number(number, 2, people)
        if pool is not None:
            page.write_number(number, 3, float(pool), money)
    page.set_column(0, 1, 24)
    page.set_column(2, 3, 14)
    book.close()
    return body.getvalue()


def table_file(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]) -> bytes:
    """Sheets of a title, headings and rows."""
    body, book = _book()
    taken: set[str] = set()
    for title, heads, rows in sheets:
        page = book.add_worksheet(_free(title, taken))
        page.write_row(0, 0, [safe_cell(one) for one in heads], book.add_format(_HEAD))
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write(page, last, column, value)
        page.freeze_panes(1, 2)
        page.autofilter(0, 0, max(last, 1), len(heads) - 1)
        page.set_column(0, len(heads) - 1, 15)
    book.close()
    return body.getvalue()


def _free(title: str, taken: set[str]) -> str:
    """A title that Excel takes: short, without its forbidden signs, once."""
    plain = "".join(" " if sign in "[]:*?/\\'" else sign for sign in title).strip()[:27] or "1"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain} {number}"
    taken.add(name.casefold())
    return name


def _write(page: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, Decimal | int):
        page.write_number(row, column, float(value))
    else:
        page.write_string(row, column, safe_cell(str(value)))


def _book() -> tuple[io.BytesIO, Any]:
    body = io.BytesIO()
    return body, xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
