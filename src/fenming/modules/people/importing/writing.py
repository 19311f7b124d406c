"""Excel files of people: the template, an export, and the refused rows with their reasons."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from fenming.modules.people.importing.cells import neutral
from fenming.modules.people.importing.columns import REQUIRED, Field, Fields
from fenming.modules.people.models import CustomField

MOST_LISTED = 5000
LISTED_ROWS = 2000
_HEAD = {
    "bold": True,
    "bg_color": "#0F7B6C",
    "font_color": "#FFFFFF",
    "valign": "vcenter",
    "border": 1,
    "border_color": "#FFFFFF",
}
_WIDTHS = {"number": 12, "name": 14, "department": 24, "id_number": 22, "email": 26, "phone": 16}
_SAFE = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
Lists = Mapping[str, Sequence[str]]


def title(spec: Field, chinese: bool) -> str:
    return neutral(spec.column.zh if chinese else spec.column.en)


def write_people(path: Path, fields: Fields, rows: Iterable[Mapping[str, Any]], *, chinese: bool) -> int:
    """People as they are, one a row; the file can be imported again. Returns how many there are."""
    with xlsxwriter.Workbook(path, _SAFE) as book:
        page = book.add_worksheet("员工" if chinese else "People")
        kinds = _formats(book)
        _heads(book, page, fields, chinese)
        count = 0
        for count, row in enumerate(rows, start=1):
            for column, (name, spec) in enumerate(fields.items()):
                _write(page, count, column, shown(name, spec, row.get(name), chinese), kinds)
    return count


def shown(name: str, spec: Field, value: Any, chinese: bool) -> Any:
    """A value as its cell has it."""
    if isinstance(value, bool):
        return ("是" if value else "否") if chinese else ("yes" if value else "no")
    if name == "left" and isinstance(value, date):
        return value - timedelta(days=1)
    if spec.of == "custom" and value not in (None, ""):
        is_day = spec.own and spec.own.kind == CustomField.Kind.DATE and _is_day(value)
        return date.fromisoformat(value) if is_day else str(value)
    return value


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


def _write(page: Any, row: int, column: int, value: Any, kinds: Mapping[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, date):
        page.write_datetime(row, column, value, kinds["date"])
    elif isinstance(value, Decimal):
        page.write_number(row, column, float(value), kinds["money"])
    else:
        page.write_string(row, column, neutral(str(value)), kinds["text"])


def _formats(book: Any) -> dict[str, Any]:
    kinds = {"date": "yyyy-mm-dd", "money": "0.00", "text": "@"}
    return {name: book.add_format({"num_format": code}) for name, code in kinds.items()}


def _heads(book: Any, page: Any, fields: Fields, chinese: bool) -> None:
    head, kinds = book.add_format(_HEAD), _formats(book)
    for column, (name, spec) in enumerate(fields.items()):
        kind = {"time": "date", "money": "money"}.get(spec.column.type, "text")
        page.set_column(column, column, _WIDTHS.get(name, 14), kinds[kind])
    page.freeze_panes(1, 2)
    page.set_row(0, 22)
    for column, spec in enumerate(fields.values()):
        page.write_string(0, column, title(spec, chinese), head)


def write_template(path: Path, fields: Fields, lists: Lists, *, chinese: bool) -> None:
    """An empty sheet with the headings, what each column wants, and the lists to choose from."""
    with xlsxwriter.Workbook(path, _SAFE | {"constant_memory": False}) as book:
        page = book.add_worksheet("员工" if chinese else "People")
        _heads(book, page, fields, chinese)
        listed = _write_hints(book, fields, lists, chinese)
        for column, (name, spec) in enumerate(fields.items()):
            _validate(page, column, name, spec, listed)


def _write_hints(book: Any, fields: Fields, lists: Lists, chinese: bool) -> dict[str, str]:
    """The sheet of hints and lists; returns where each list stands."""
    name = "填写说明" if chinese else "Hints"
    page, head, wrap = (
        book.add_worksheet(name),
        book.add_format(_HEAD),
        book.add_format({"text_wrap": True, "valign": "top"}),
    )
    page.write_row(0, 0, ["列", "怎么填"] if chinese else ["Column", "How to fill it in"], head)
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 70, wrap)
    needed = book.add_format({"bold": True, "font_color": "#B4372F", "valign": "top"})
    for row, (field, spec) in enumerate(fields.items(), start=1):
        page.write_string(row, 0, title(spec, chinese), needed if field in (*REQUIRED, "number") else None)
        page.write_string(row, 1, neutral(spec.hint[0 if chinese else 1]))
    extra = (
        "空单元格表示不改动；要清空一项，写“(清空)”。"
        if chinese
        else "An empty cell changes nothing; to empty a field, write (clear)."
    )
    page.write_string(len(fields) + 2, 1, extra)
    listed = {}
    for column, (field, texts) in enumerate(((one, lists[one]) for one in fields if lists.get(one)), start=3):
        page.write_string(0, column, title(fields[field], chinese), head)
        page.set_column(column, column, 24)
        some = texts[:MOST_LISTED]
        page.write_column(1, column, [neutral(text) for text in some])
        letter = chr(ord("A") + column)
        listed[field] = f"='{name}'!${letter}$2:${letter}${len(some) + 1}"
    return listed


def _validate(page: Any, column: int, name: str, spec: Field, listed: Mapping[str, str]) -> None:
    rule: dict[str, Any] = {"ignore_blank": True, "error_type": "warning"}
    if name in listed:
        rule |= {"validate": "list", "source": listed[name]}
    elif (choices := list(map(str, spec.own.choices)) if spec.own else []) and _fits(choices):
        rule |= {"validate": "list", "source": choices}
    elif spec.column.type == "time":
        rule |= {"validate": "date", "criteria": "between", "minimum": date(1950, 1, 1), "maximum": date(2099, 12, 31)}
    else:
        return
    page.data_validation(1, column, LISTED_ROWS, column, rule)


def _fits(choices: Sequence[str]) -> bool:
    """Whether Excel takes the choices in a rule of their own."""
    return len(",".join(choices)) < 250 and not any("," in one for one in choices)


def write_refused(
    path: Path, headings: Sequence[str], rows: Iterable[tuple[Sequence[str | None], str, str]], heads: Sequence[str]
) -> None:
    """Refused rows as they stood, with the reason and the remedy behind; unknown headings, these are left alone."""
    with xlsxwriter.Workbook(path, _SAFE) as book:
        page, head = book.add_worksheet("1"), book.add_format(_HEAD)
        text, why = book.add_format({"num_format": "@"}), book.add_format({"font_color": "#B4372F"})
        page.set_column(0, len(headings), 16, text)
        page.set_column(len(headings), len(headings) + 1, 48)
        page.freeze_panes(1, 0)
        for column, heading in enumerate([*headings, *heads]):
            page.write_string(0, column, neutral(heading), head)
        for at, (cells, *said) in enumerate(rows, start=1):
            for column, cell in enumerate(cells[: len(headings)]):
                if cell:
                    page.write_string(at, column, _as_it_stood(cell), text)
            for column, sentence in enumerate(said, start=len(headings)):
                page.write_string(at, column, neutral(sentence), why)


def _as_it_stood(cell: str) -> str:
    """A cell of the file, which may have its quote already."""
    return cell if cell.startswith("'") else neutral(cell)
