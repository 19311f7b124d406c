"""Files as people keep them, and files made to do harm."""

import io
import struct
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from fenming.library.text import Refusal
from fenming.modules.people.importing import files, reading
from fenming.modules.people.importing.columns import FIELDS
from fenming.modules.people.importing.files import inspect
from fenming.modules.people.importing.reading import Table, read_table
from fenming.modules.people.tests.importing import HEADS, saved, text, workbook

ROW = ["KF9", "单晓", "客服部", "客服", "2024/3/1"]
HEAD_ROW = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>工号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>'
)
SHEET = "xl/worksheets/sheet1.xml"


def table(folder: Path, data: bytes) -> Table:
    path = folder / "people"
    path.write_bytes(data)
    return read_table(path, FIELDS)


def refused(folder: Path, data: bytes) -> str:
    with pytest.raises(Refusal) as error:
        table(folder, data)
    assert error.value.words.zh
    return error.value.words.en


def changed(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with another file in the place of one of its own."""
    body = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, content)
    return body.getvalue()


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_text_files_are_read_in_the_encodings_of_chinese_systems(tmp_path: Path, encoding: str) -> None:
    row = table(tmp_path, text([ROW], encoding=encoding)).rows[0]
    assert row.values == {
        "number": "KF9", "name": "单晓", "department": "客服部", "post": "客服", "joined": date(2024, 3, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["2024/3/1", "2024年3月1日", "2024-03-01", "２０２４/３/１", "20240301", 45352, date(2024, 3, 1)]
)
def test_a_day_is_read_however_it_is_written(tmp_path: Path, cell: object) -> None:
    assert table(tmp_path, workbook([[*ROW[:4], cell]])).rows[0].values["joined"] == date(2024, 3, 1)


def test_headings_may_stand_below_a_title_in_any_order_and_language(tmp_path: Path) -> None:
    heads = ["Hire date", "员工编号", "Full name", "职位", "所属部门", "喜欢的颜色"]
    rows = [["2024/3/1", "ＫＦ９", "Mary", "agent", "客服部", "绿"]]
    found = table(tmp_path, workbook(rows, heads, above=[["员工花名册"], []]))
    assert found.rows[0].values["number"] == "KF9"
    assert (found.rows[0].row, found.ignored) == (4, ["喜欢的颜色"])
    assert set(found.fields) == {"number", "name", "department", "post", "joined"}


def test_every_row_of_a_merged_cell_has_its_value(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEADS, ROW, ["KF8", "李四", None, "客服", "2024/3/1"], ["KF7", "王五", None, "客服", "2024/3/1"]):
        book.active.append(row)
    book.active.merge_cells("C2:C3")
    assert [row.values.get("department") for row in table(tmp_path, saved(book)).rows] == ["客服部", "客服部", None]


def test_formulas_are_read_as_their_last_values_and_named(tmp_path: Path) -> None:
    sheet = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{HEAD_ROW}"
        '<row r="2"><c r="A2" t="inlineStr"><is><t>KF9</t></is></c>'
        '<c r="B2" t="str"><f>"Ma"&amp;"ry"</f><v>Mary</v></c></row></sheetData></worksheet>'
    )
    found = table(tmp_path, changed(workbook([ROW]), SHEET, sheet.encode()))
    assert found.rows[0].values["name"] == "Mary"
    assert found.inspected.formulas == ["Sheet B2"]


def test_an_error_of_a_formula_is_no_value(tmp_path: Path) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{HEAD_ROW}"
        '<row r="2"><c r="A2" t="inlineStr"><is><t>KF9</t></is></c>'
        '<c r="B2" t="e"><v>#REF!</v></c></row></sheetData></worksheet>'
    )
    problem = table(tmp_path, changed(workbook([ROW]), SHEET, sheet.encode())).rows[0].problem
    assert problem
    assert (problem.code, problem.field) == ("formula_error", "name")


def test_an_id_number_kept_as_a_figure_has_lost_its_last_digits(tmp_path: Path) -> None:
    heads = ["工号", "证件号"]
    problem = table(tmp_path, workbook([["KF9", 110101199003074477]], heads)).rows[0].problem
    assert problem
    assert problem.code == "digits_lost"
    assert (
        table(tmp_path, workbook([["KF9", "11010119900307 447x"]], heads)).rows[0].values["id_number"].endswith("447X")
    )


def test_a_quote_before_a_formula_is_taken_off_again(tmp_path: Path) -> None:
    row = table(tmp_path, workbook([["KF9", "'=1+1", "客服部", "客服", "2024/3/1"]])).rows[0]
    assert row.values["name"] == "=1+1"


def test_cells_full_of_blanks_are_no_row(tmp_path: Path) -> None:
    assert len(table(tmp_path, workbook([ROW, [" ", None, "\u3000", None, None]])).rows) == 1


# Files made to do harm


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 people",
        b"\x89PNG\r\n\x1a\n",
        b"MZ\x90\x00\x03",
        b"a,b\0c\n",
        b"\x1f\x8b\x08\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    ],
)
def test_other_files_are_refused_by_their_content(tmp_path: Path, data: bytes) -> None:
    assert "no Excel or CSV" in refused(tmp_path, data)


def test_an_empty_file_and_one_without_numbers_are_refused(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path, b"")
    assert "no heading with" in refused(tmp_path, text([["a", "b"]], ["x", "y"]))
    assert "no rows below" in refused(tmp_path, workbook([]))


def test_a_web_page_named_xls_is_refused(tmp_path: Path) -> None:
    assert "web page" in refused(tmp_path, b"<html><table><tr><td>KF9</td></tr></table></html>")


def test_a_password_is_named(tmp_path: Path) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert "password" in refused(tmp_path, data)


def test_a_zip_that_is_no_workbook_or_broken_is_refused(tmp_path: Path) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no Excel or CSV" in refused(tmp_path, body.getvalue())
    assert "damaged" in refused(tmp_path, workbook([ROW])[:900])


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_UNPACKED", 1 << 20)
    assert "too large" in refused(tmp_path, changed(workbook([ROW]), "xl/media/image1.png", b"\0" * (2 << 20)))


def test_a_bomb_that_lies_about_its_size_is_refused_while_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_UNPACKED", 1 << 20)
    size = 2 << 20
    data = changed(workbook([ROW]), "xl/media/image1.png", b"\0" * size)
    lying = data.replace(struct.pack("<I", size), struct.pack("<I", 100))
    assert lying != data
    assert "too large" in refused(tmp_path, lying)


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "ZZ5", "IV199999"])
def test_a_cell_far_away_does_not_make_a_huge_table(tmp_path: Path, place: str) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="{place}"><v>1</v></c></row></sheetData></worksheet>'
    )
    assert refused(tmp_path, changed(workbook([ROW]), SHEET, sheet.encode())).startswith(("Unpacked", "The sheet has"))


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    book = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><workbook>&b;</workbook>'
    assert "too large" in refused(tmp_path, changed(workbook([ROW]), "xl/workbook.xml", book))


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (files, reading):
        monkeypatch.setattr(module, "MOST_ROWS", 3)
    assert "rows" in refused(tmp_path, workbook([ROW] * 5))
    assert "rows" in refused(tmp_path, text([ROW] * 5))


def test_macros_and_links_are_named_and_nothing_of_them_is_read(tmp_path: Path) -> None:
    data = changed(changed(workbook([ROW]), "xl/vbaProject.bin", b"x"), "xl/externalLinks/externalLink1.xml", b"<x/>")
    path = tmp_path / "people"
    path.write_bytes(data)
    found = inspect(path)
    assert (found.macros, found.links) == (True, True)
    assert table(tmp_path, data).rows[0].values["number"] == "KF9"
