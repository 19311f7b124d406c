"""Boards as files: whole, in Chinese, and within the scope."""

import io
import re
import zlib
from urllib.parse import unquote

import openpyxl
import pytest
from django.http import QueryDict
from django.test import Client

from fenming.controls.scope import Scope
from fenming.drawing.paper import Cell, Head, Sheet, drawn
from fenming.modules.accounts.models import Role
from fenming.modules.conftest import SignIn
from fenming.modules.desk.queries.company import company
from fenming.modules.desk.queries.files import ranking_of
from fenming.modules.desk.queries.papers import company_sheet, pivot_paper, ranking_sheet
from fenming.modules.desk.queries.pivot import pivot
from fenming.modules.desk.tests.conftest import October
from fenming.modules.people.queries.records import department_ids

SIGNS = {"xlsx": b"PK", "pdf": b"%PDF", "png": b"\x89PNG"}
EXPORTS = ("/board/export/", "/board/company/export/", "/board/pivot/export/")


@pytest.mark.parametrize("form", SIGNS)
@pytest.mark.parametrize("address", EXPORTS)
def test_each_board_comes_in_each_form(address: str, form: str, october: October, signed_in: SignIn) -> None:
    answer = signed_in("KF1").get(f"{address}?as={form}")
    assert answer.content.startswith(SIGNS[form])
    assert unquote(answer["Content-Disposition"]).rstrip('"').endswith(f".{form}")


@pytest.mark.parametrize("form", ["", "exe", "%00", "pdf%0d%0aX: y"])
def test_an_unknown_form_is_excel(form: str, october: October, signed_in: SignIn) -> None:
    assert signed_in("hr").get(f"/board/export/?as={form}").content.startswith(SIGNS["xlsx"])


def test_paper_shows_a_lead_the_own_department_only(october: October) -> None:
    own = Scope(departments=frozenset({department_ids()["customer_service"]}))
    asked = QueryDict("department=logistics&indicator=damage_rate&by=employee")
    ranked, all_of, cut = ranking_of(own, asked), company(own, asked), pivot(own, asked)
    assert ranked is not None
    assert all_of is not None
    assert cut is not None
    told = f"{ranking_sheet(ranked)}{company_sheet(all_of)}{pivot_paper(cut)}"
    assert "林晓雯" in told
    assert not [one for one in ("吴刚", "郑洁", "周强", "Logistics", "WL") if one in told]


def test_without_the_right_to_bonuses_nobody_s_pay_is_to_be_seen(october: October, signed_in: SignIn) -> None:
    role = Role.objects.get(code="lead")
    role.permissions = [one for one in role.permissions if not one.startswith("bonus.")]
    lead, scorecard = signed_in("KF1"), f"/board/score/{october.cards['KF2'].pk}/"
    pages = ("/board/", "/board/company/", scorecard)
    for address in pages:
        assert "¥" in lead.get(address).content.decode()
    assert "奖金" in heads(lead, "/board/export/")
    assert "奖金成本" in heads(lead, "/board/company/export/")
    role.save()
    for address in pages:
        assert "¥" not in lead.get(address).content.decode()
    assert not any("奖金" in (head or "") for address in EXPORTS[:2] for head in heads(lead, address))
    assert lead.get("/board/export/?as=pdf").content.startswith(b"%PDF")


def heads(client: Client, address: str) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(client.get(address, headers={"accept-language": "zh-hans"}).content))
    return [str(cell.value) for cell in next(book.worksheets[0].iter_rows(max_row=1))]


def test_texts_are_never_read_as_markup() -> None:
    hostile = '#panic("x") ] $ #read("/etc/passwd") @a <b> \\ * _ \x07 ' + "长" * 300
    sheet = Sheet(
        title=hostile, lead=hostile, foot=hostile, language="zh-hans", heads=[Head(text=hostile, wide=True)],
        rows=[[Cell(text=hostile, bar=float(10**9))], [Cell(text="", bar=-5)]], notes=[hostile],
    )  # fmt: skip
    assert drawn(sheet, "pdf").startswith(SIGNS["pdf"])
    assert drawn(sheet, "png").startswith(SIGNS["png"])


def test_a_pdf_brings_its_chinese_letters_along() -> None:
    made = drawn(Sheet(title="客服部 绩效看板", lead="", foot="", language="zh-hans"), "pdf")
    assert re.search(rb"/FontName\s*/[A-Z]{6}\+NotoSansCJK", made) or b"FontFile" in _unpacked(made)


def _unpacked(made: bytes) -> bytes:
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, flags=re.DOTALL)
    parts = [made]
    for one in found:
        try:
            parts.append(zlib.decompress(one))
        except zlib.error:
            continue
    return b"".join(parts)


def test_a_long_table_takes_several_pages() -> None:
    rows = [[Cell(text=str(number))] for number in range(300)]
    sheet = Sheet(title="", lead="", foot="", language="en", heads=[Head(text="Number")], rows=rows)
    pages = re.search(rb"/Count (\d+)", _unpacked(drawn(sheet, "pdf")))
    assert pages is not None
    assert int(pages[1]) > 5


def test_the_company_s_workbook_counts_grades(october: October, signed_in: SignIn) -> None:
    answer = signed_in("hr").get("/board/company/export/")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].values)
    assert {row[0] for row in rows[1:]} == {"Customer service", "Logistics"}
    assert sum(int(str(row[3])) for row in rows[1:]) == 7
    assert all(sum(int(str(one)) for one in row[6:] if one) == row[3] for row in rows[1:])
