"""The organisation out into a workbook, and back in."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fenming.controls.models import Operation
from fenming.controls.operations import SYSTEM
from fenming.library.text import Refusal
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people import workbook
from fenming.modules.people.models import Assignment, CustomField, Department, Post, Region, Shop, Store
from fenming.modules.people.operations import workbook as operations
from fenming.modules.people.queries import workbook as queries

NO_FIELDS: workbook.Fields = {}


@pytest.fixture
def company(small_company: SmallCompany) -> SmallCompany:
    """Regions, a store with a name that would run, a shop, and a field on departments."""
    east, west = (Region.objects.create(code=code, name_zh=name) for code, name in (("east", "华东"), ("west", "华西")))
    Department.objects.filter(code="customer_service").update(region=east)
    Department.objects.filter(code="logistics").update(region=west)
    Store.objects.create(code="上海店", name_zh="=HYPERLINK(1)", region=east)
    Shop.objects.create(code="jd", name_zh="京东店", platform="京东", region=east)
    CustomField.objects.create(code="cost", name_zh="成本中心", on="department", kind="number", seen_with="people.own")
    return small_company


def lines(kind: str, *rows: Mapping[str, str]) -> list[workbook.Line]:
    return [workbook.Line(kind, at, row) for at, row in enumerate(rows, start=2)]


def results(some: list[workbook.Line]) -> list[str]:
    return [one.result for one in queries.plan(some, NO_FIELDS).lines]


def problem(some: list[workbook.Line]) -> tuple[int, str, str]:
    one = queries.plan(some, NO_FIELDS).of("refused")[0]
    assert one.problem is not None
    return one.line.row, one.column, one.problem.en


def apply(some: list[workbook.Line]) -> None:
    operations.apply(SYSTEM, some, NO_FIELDS, digest=queries.plan(some, NO_FIELDS).digest)


def exported(client: Any, **query: str) -> bytes:
    return bytes(client.get(reverse("organisation-export"), query).content)


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_exported_workbook_comes_back_without_a_change(signed_in: SignIn, tmp_path: Path, language: str) -> None:
    Department.objects.filter(code="logistics").update(custom={"cost": "1000"}, closed_on="2027-01-31")
    client = signed_in("hr")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    content = exported(client)
    text = client.post(
        reverse("organisation-file"), {"file": SimpleUploadedFile("o.xlsx", content)}
    ).content.decode()  # fmt: skip
    assert 'name="digest"' not in text
    path = tmp_path / "o.xlsx"
    path.write_bytes(content)
    fields = {"departments": [CustomField.objects.get(code="cost")]}
    plan = queries.plan(workbook.read(path, fields), fields)
    assert {one.result for one in plan.lines} == {"unchanged"}
    assert len(plan.lines) == 6 + Post.objects.count()


@pytest.mark.usefixtures("company")
def test_nothing_in_an_export_is_a_formula(signed_in: SignIn) -> None:
    book = openpyxl.load_workbook(BytesIO(exported(signed_in("hr"))))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert not [one for one in cells if one.data_type == "f"]
    assert "'=HYPERLINK(1)" in [one.value for one in cells]


@pytest.mark.usefixtures("company")
def test_a_filled_template_is_shown_and_brought_in_whole(signed_in: SignIn) -> None:
    client = signed_in("hr")
    book = openpyxl.load_workbook(BytesIO(exported(client, empty="1")))
    book["Departments"].append(["presale", "售前组", "Presale", "service-group", None, 3, None, "1,000"])
    book["Departments"].append(["service-group", "服务组", "", "customer_service"])
    book["Stores"].append(["s9", "新店", "", "north"])
    book["Regions"].append(["north", "华北"])
    out = BytesIO()
    book.save(out)
    page = client.post(reverse("organisation-file"), {"file": SimpleUploadedFile("o.xlsx", out.getvalue())})
    assert "4 new" in page.content.decode()
    assert not Department.objects.filter(code="presale").exists()
    typed = page.context["apply"].initial
    assert client.post(reverse("organisation-apply"), typed).status_code == 302
    made = Department.objects.get(code="presale")
    assert (made.parent.parent.code, made.position, made.custom) == ("customer_service", 3, {"cost": "1000"})
    assert Store.objects.get(code="s9").region.code == "north"
    assert Operation.objects.filter(action="organisation.import").count() == 5
    client.post(reverse("organisation-apply"), typed)
    assert Department.objects.filter(code="presale").count() == 1


@pytest.mark.usefixtures("company")
def test_empty_cells_leave_and_the_word_clears() -> None:
    some = lines("departments", {"code": "logistics", "name_en": "Freight", "region": "(clear)"})
    apply(some)
    now = Department.objects.get(code="logistics")
    assert (now.name_zh, now.name_en, now.region, now.version) == ("物流部", "Freight", None, 2)


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(
    ("kind", "row", "column", "said"),
    [
        ("departments", {"code": "logistics", "parent": "logistic"}, "parent", "Did you mean logistics"),
        ("departments", {"code": "logistics", "parent": "logistics"}, "parent", "circle: logistics → logistics"),
        ("departments", {"code": "logistics", "position": "-1"}, "position", "whole number"),
        ("departments", {"code": "logistics", "closed_on": "tomorrow"}, "closed_on", "no date"),
        ("departments", {"code": "logistics", "closed_on": "2026-12-31"}, "closed_on", "People work there"),
        ("departments", {"name_zh": "没有代码"}, "code", "The code is missing"),
        ("departments", {"code": "a b", "name_zh": "空格"}, "code", "other characters"),
        ("posts", {"code": "new"}, "name_zh", "The Chinese name is missing"),
        ("posts", {"code": "new", "name_zh": "x" * 81}, "name_zh", "At most 80"),
        ("shops", {"code": "tb", "name_zh": "淘宝店"}, "platform", "platform is missing"),
        ("stores", {"code": "s2", "name_zh": "店", "region": "nowhere"}, "region", "Nothing has the code nowhere"),
    ],
)
def test_a_refused_row_says_where_why_and_what_to_do(kind: str, row: dict[str, str], column: str, said: str) -> None:
    number, where, why = problem(lines(kind, row))
    assert (number, where) == (2, column)
    assert said in why
    with pytest.raises(Refusal):
        apply(lines(kind, row))


@pytest.mark.usefixtures("company")
def test_two_rows_that_make_a_circle_together_are_refused() -> None:
    rows = ({"code": "logistics", "parent": "customer_service"}, {"code": "customer_service", "parent": "logistics"})
    assert results(lines("departments", *rows)) == ["refused", "refused"]


@pytest.mark.usefixtures("company")
def test_a_code_is_in_a_sheet_once() -> None:
    rows = ({"code": "logistics", "name_en": "A"}, {"code": "LOGISTICS", "name_en": "B"})
    assert results(lines("departments", *rows)) == ["changed", "refused"]


@pytest.mark.usefixtures("company")
def test_a_store_stays_in_the_region_of_its_people() -> None:
    Assignment.objects.filter(employee__number="KF2").update(store=Store.objects.get(code="上海店"))
    assert "another region then" in problem(lines("stores", {"code": "上海店", "region": "west"}))[2]
    assert "another region then" in problem(lines("departments", {"code": "customer_service", "region": "west"}))[2]
    both = [*lines("stores", {"code": "上海店", "region": "west"}),
            *lines("departments", {"code": "customer_service", "region": "west"})]  # fmt: skip
    assert results(both) == ["changed", "changed"]


@pytest.mark.usefixtures("company")
def test_what_somebody_changed_meanwhile_is_shown_again() -> None:
    some = lines("departments", {"code": "logistics", "name_en": "Freight"})
    digest = queries.plan(some, NO_FIELDS).digest
    Department.objects.filter(code="logistics").update(name_en="Haulage")
    with pytest.raises(operations.Moved):
        operations.apply(SYSTEM, some, NO_FIELDS, digest=digest)
    assert Department.objects.get(code="logistics").name_en == "Haulage"


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken", b"<html>"])
def test_other_files_are_refused_in_words(signed_in: SignIn, content: bytes) -> None:
    client = signed_in("hr")
    page = client.post(reverse("organisation-file"), {"file": SimpleUploadedFile("o.xlsx", content)})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert client.post(reverse("organisation-apply"), {"lines": "forged", "digest": "x"}).status_code == 302


@pytest.mark.usefixtures("company")
def test_a_large_workbook_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    Department.objects.bulk_create(Department(code=f"d{at}", name_zh=f"部{at}") for at in range(1000))
    some = lines("departments", *({"code": f"d{at}", "name_en": f"Dept {at}"} for at in range(1000)))
    with django_assert_max_num_queries(15):
        digest = queries.plan(some, NO_FIELDS).digest
    with django_assert_max_num_queries(60):
        operations.apply(SYSTEM, some, NO_FIELDS, digest=digest)
    assert Department.objects.filter(name_en__startswith="Dept").count() == 1000


@pytest.mark.usefixtures("company")
def test_others_do_not_export(signed_in: SignIn) -> None:
    for name in ("organisation-file", "organisation-export"):
        assert signed_in("KF1").get(reverse(name)).status_code == 403
