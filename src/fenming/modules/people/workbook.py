"""The organisation as one Excel workbook: a sheet for each kind of place, read as text; nothing written in it runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastexcel
import xlsxwriter

from fenming.library.text import Words, refuse
from fenming.modules.people.custom import folded
from fenming.modules.people.importing.cells import neutral, plain, tidy
from fenming.modules.people.importing.files import inspect
from fenming.modules.people.models import CustomField

MOST_ROWS = 5000
SHEETS: Mapping[str, Words] = {
    "regions": Words(zh="区域", en="Regions"),
    "departments": Words(zh="部门", en="Departments"),
    "posts": Words(zh="岗位", en="Posts"),
    "stores": Words(zh="门店", en="Stores"),
    "shops": Words(zh="店铺", en="Shops"),
}
HEADS: Mapping[str, Words] = {
    "code": Words(zh="代码", en="Code"),
    "name_zh": Words(zh="中文名称", en="Chinese name"),
    "name_en": Words(zh="英文名称", en="English name"),
    "parent": Words(zh="上级部门代码", en="Parent department code"),
    "department": Words(zh="部门代码", en="Department code"),
    "region": Words(zh="区域代码", en="Region code"),
    "platform": Words(zh="平台", en="Platform"),
    "position": Words(zh="排序", en="Order"),
    "closed_on": Words(zh="关闭日期", en="Closed from"),
}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "regions": ("code", "name_zh", "name_en", "closed_on"),
    "departments": ("code", "name_zh", "name_en", "parent", "region", "position", "closed_on"),
    "posts": ("code", "name_zh", "name_en", "department", "closed_on"),
    "stores": ("code", "name_zh", "name_en", "region", "closed_on"),
    "shops": ("code", "name_zh", "name_en", "platform", "region", "closed_on"),
}
OWN = "own_"
Fields = Mapping[str, Sequence[CustomField]]
"""The company's own fields of departments and posts that the editor sees."""
_SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet: its number as a spreadsheet shows it, and the cells that say something, by column."""

    kind: str
    row: int
    cells: Mapping[str, str] = field(default_factory=dict)


def columns(kind: str, fields: Fields) -> dict[str, Words]:
    """The columns of a sheet with their headings, the own fields after the others."""
    own = {f"{OWN}{one.code}": Words(zh=one.name_zh, en=one.name_en or one.name_zh) for one in fields.get(kind, ())}
    return {name: HEADS[name] for name in COLUMNS[kind]} | own


def write(path: Path, rows: Mapping[str, Iterable[Mapping[str, str]]], fields: Fields, language: str) -> None:
    """A workbook that can be read again; without rows it is a template."""
    with xlsxwriter.Workbook(path, _SAFE) as book:
        head = book.add_format({"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "valign": "vcenter"})
        text = book.add_format({"num_format": "@"})
        for kind, title in SHEETS.items():
            sheet = book.add_worksheet(title.say(language))
            known = columns(kind, fields)
            for at, words in enumerate(known.values()):
                sheet.write_string(0, at, neutral(words.say(language)), head)
            sheet.set_column(0, max(len(known) - 1, 0), 20, text)
            sheet.freeze_panes(1, 1)
            for line, row in enumerate(rows.get(kind, ()), start=1):
                for at, name in enumerate(known):
                    if row.get(name):
                        sheet.write_string(line, at, neutral(row[name]), text)


def read(path: Path, fields: Fields) -> list[Line]:
    """The rows of every sheet that is known by its name; a file without one is refused."""
    if inspect(path).kind not in ("xlsx", "xls"):
        raise refuse("请上传 Excel 文件（.xlsx）。", "Upload an Excel file (.xlsx).")
    titles = {folded(word): kind for kind, one in SHEETS.items() for word in (one.zh, one.en)}
    try:
        reader = fastexcel.read_excel(path)
        found = [(titles[folded(name)], name) for name in reader.sheet_names if folded(name) in titles]
        lines = [one for kind, name in found for one in _lines(kind, reader, name, fields)]
    except fastexcel.FastExcelError as error:
        raise refuse(
            "文件打不开，请另存为 .xlsx 再上传。", "The file cannot be opened. Save it as .xlsx again."
        ) from error
    if not found:
        raise refuse(
            f"没有找到工作表：{'、'.join(one.zh for one in SHEETS.values())}。请用下载的模板。",
            f"There is no sheet called {', '.join(one.en for one in SHEETS.values())}. Use the template.",
        )
    return lines


def _lines(kind: str, reader: fastexcel.ExcelReader, name: str, fields: Fields) -> list[Line]:
    sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", n_rows=MOST_ROWS + 2)
    table = sheet.to_polars().rows()
    if len(table) > MOST_ROWS + 1:
        raise refuse(f"工作表超过 {MOST_ROWS} 行。", f"The sheet has more than {MOST_ROWS} rows.")
    places = _places(kind, table[0] if table else (), fields)
    found = []
    for number, row in enumerate(table[1:], start=2):
        cells = {column: text for column, at in places.items() if (text := _text(row[at]))}
        if cells:
            found.append(Line(kind, number, cells))
    return found


def _places(kind: str, head: Sequence[Any], fields: Fields) -> dict[str, int]:
    names: dict[str, str] = {}
    for column, words in columns(kind, fields).items():
        for one in (words.zh, words.en, column.removeprefix(OWN)):
            names.setdefault(folded(one), column)
    places: dict[str, int] = {}
    for at, cell in enumerate(head):
        column_of = names.get(folded(plain(str(cell or ""))))
        if column_of:
            places.setdefault(column_of, at)
    if "code" not in places:
        title = SHEETS[kind]
        raise refuse(
            f"工作表“{title.zh}”没有“代码”列。请用下载的模板。",
            f"The sheet {title.en} has no column “Code”. Use the template.",
        )
    return places


def _text(cell: Any) -> str:
    return tidy("", str(cell)) if cell is not None else ""
