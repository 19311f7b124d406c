"""A company exported and imported again is the company: for whatever it holds."""

import io
import string
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fenming.controls.models import Operation
from fenming.controls.operations import Actor
from fenming.modules.accounts.models import User
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people.importing.writing import write_people
from fenming.modules.people.jobs import read_import, write_import
from fenming.modules.people.models import Assignment, CustomField, Department, Employee, PeopleImport, Post, Store
from fenming.modules.people.operations import importing
from fenming.modules.people.queries.importing import exported, fields_for
from fenming.modules.people.tests.importing import DAY, apply, kinds, upload, workbook

pytestmark = pytest.mark.django_db(transaction=False)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Co", "Cn", "Zl", "Zp"]), min_size=1, max_size=20
)
NUMBERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}[0-9]", fullmatch=True)
DAYS = st.dates(date(1975, 1, 1), date(2030, 12, 31))


def content(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def sheet(data: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))


def test_an_export_imports_again_without_a_change(small_company: SmallCompany, signed_in: SignIn) -> None:
    Employee.objects.filter(number="KF2").update(name="=cmd|' /C calc'!A0", tag="@x", left=date(2026, 5, 1))
    Assignment.objects.filter(employee__number="KF2").update(valid_to=date(2026, 5, 1), team="-组")
    kf4 = Employee.objects.get(number="KF4")
    kf4.phone, kf4.id_number = "+4915112345", "11010119900307447X"
    kf4.save()
    client = signed_in("hr")
    data = content(client.get("/people/export/?state=all"))
    rows = sheet(data)
    assert len(rows) == 8
    assert "'=cmd|' /C calc'!A0" in [row[1] for row in rows]
    one = upload(client, data)
    assert (one.counts, one.notes["ignored"]) == ({"unchanged": 7}, [])


def test_an_export_says_in_the_log_what_left_the_house(small_company: SmallCompany, signed_in: SignIn) -> None:
    content(signed_in("hr").get("/people/export/"))
    entry = Operation.objects.get(action="people.export")
    assert entry.after["people"] == 7
    assert {"base", "phone", "id_number"} <= set(entry.after["columns"])


def test_a_changed_cell_of_an_export_is_the_only_change(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    rows = [list(row) for row in sheet(content(client.get("/people/export/")))]
    at = {head: column for column, head in enumerate(rows[0])}
    mine = next(row for row in rows if row[0] == "KF3")
    mine[at["Department"]], mine[at["Base pay"]] = "物流部", 7000
    one = upload(client, workbook(rows[1:], rows[0]))
    assert one.counts == {"unchanged": 6, "moved": 1}
    apply(client, one)
    now = Assignment.objects.get(employee__number="KF3", valid_to=None)
    assert (now.department.code, now.base, now.valid_from) == ("logistics", Decimal("7000.00"), DAY)


def test_the_template_has_headings_hints_and_lists(small_company: SmallCompany, signed_in: SignIn) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content(signed_in("hr").get("/people/import/template/"))))
    page, hints = book.worksheets
    assert [cell.value for cell in page[1]][:3] == ["Number", "Name", "Department"]
    lists = [rule.formula1 for rule in page.data_validations.dataValidation if rule.type == "list"]
    assert lists[0].replace("'", "") == "Hints!$D$2:$D$3"
    assert {hints["D2"].value, hints["D3"].value} == {"Customer service", "Logistics"}


@st.composite
def companies(draw: st.DrawFn) -> list[dict[str, object]]:
    numbers = draw(st.lists(NUMBERS, min_size=1, max_size=6, unique_by=str.casefold))
    people = []
    for number in numbers:
        joined = draw(DAYS)
        people.append(
            {
                "number": number,
                "name": draw(WORDS),
                "team": draw(st.just("") | WORDS),
                "joined": joined,
                "stays": draw(st.none() | st.integers(1, 5000)),
                "phone": draw(st.just("") | st.from_regex(r"\+?[0-9]{5,15}", fullmatch=True)),
                "id_number": draw(
                    st.just("") | st.text(string.ascii_uppercase + string.digits, min_size=5, max_size=12)
                ),
                "base": draw(st.none() | st.decimals(0, 10**9, places=2)),
                "manager": draw(st.none() | st.sampled_from(numbers)),
                "department": draw(st.integers(0, 4)),
                "post": draw(st.integers(0, 2)),
                "store": draw(st.none() | st.integers(0, 1)),
                "custom": draw(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "size": st.sampled_from(["L", "M"]),
                            "hobby": WORDS,
                            "vegan": st.booleans(),
                            "born": DAYS.map(str),
                            "shoe": st.decimals(-(10**6), 10**6, places=3).map(lambda one: f"{one.normalize():f}"),
                        },
                    )
                ),
            }
        )
    return people


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(people=companies(), names=st.lists(WORDS, min_size=5, max_size=5), chinese=st.booleans())
def test_any_company_imports_its_own_export_without_a_change(
    small_company: SmallCompany, people: list[dict[str, object]], names: list[str], chinese: bool
) -> None:
    from django.db import transaction

    with transaction.atomic():
        found(people, names)
        check(chinese)
        transaction.set_rollback(True)


def found(people: list[dict[str, object]], names: list[str]) -> None:
    """A company of these people; departments in each other, some with the same name."""
    places = []
    for at, name in enumerate(names):
        parent = places[at // 2] if at else None
        places.append(Department.objects.create(code=f"d{at}", name_zh=name, name_en=names[-at], parent=parent))
    posts = [Post.objects.create(code=f"q{at}", name_zh=name) for at, name in enumerate(names[:3])]
    stores = [Store.objects.create(code=f"s{at}", name_zh=names[0]) for at in range(2)]
    for kind, code in zip(
        ("choice", "text", "yes_no", "date", "number"), ("size", "hobby", "vegan", "born", "shoe"), strict=True
    ):
        CustomField.objects.create(
            code=code,
            name_zh=f"自{code}",
            name_en=f"own {code}",
            kind=kind,
            choices=["L", "M"] if kind == "choice" else [],
        )
    from fenming.modules.people.models import Employment

    made = {}
    for one in people:
        left = one["joined"] + timedelta(days=one["stays"]) if one["stays"] else None
        same = {name: one[name] for name in ("number", "name", "joined", "phone", "id_number", "custom")}
        made[one["number"]] = employee = Employee.objects.create(**same, left=left)
        Employment.objects.create(employee=employee, valid_from=one["joined"], valid_to=left)
    for one in people:
        employee = made[one["number"]]
        Assignment.objects.create(
            employee=employee,
            department=places[one["department"]],
            post=posts[one["post"]],
            team=one["team"],
            store=None if one["store"] is None else stores[one["store"]],
            base=one["base"],
            manager=made[one["manager"]] if one["manager"] and one["manager"] != one["number"] else None,
            valid_from=employee.joined,
            valid_to=employee.left,
        )


def check(chinese: bool) -> None:
    user = User.objects.get(username="hr")
    powers = powers_of(user)
    fields = fields_for(powers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.xlsx"
        rows = exported(powers.scope("people.export"), powers, fields, Employee.objects.all(), chinese=chinese)
        count = write_people(path, fields, rows, chinese=chinese)
        given = {"name": "people.xlsx", "data": path.read_bytes(), "from_day": timezone.localdate(), "corrects": False}
    one = importing.receive(Actor(user=user.pk, name="hr"), **given)
    read_import.now(number=one.pk)
    one.refresh_from_db()
    if one.counts != {"unchanged": count}:
        from fenming.modules.people.queries.importing import content as told

        raise AssertionError(
            [(row.number, row.kind, told(row)) for row in one.rows.exclude(kind="unchanged")], one.error
        )


def test_a_company_made_by_an_import_exports_what_was_imported(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    heads = [
        "Number",
        "Name",
        "Department",
        "Team",
        "Post",
        "Manager",
        "Base pay",
        "Joined",
        "Left",
        "Phone",
        "ID number",
        "E-mail",
    ]
    rows = [
        [
            "A1",
            "Mary Lee",
            "客服部",
            "早班",
            "cs_agent",
            "KF1",
            8000.5,
            date(2020, 2, 29),
            None,
            "13812345678",
            "110101199003074477",
            "m@example.com",
        ],
        [
            "A2",
            "解一",
            "物流部",
            None,
            "courier",
            "Mary Lee",
            None,
            date(2021, 1, 1),
            date(2022, 1, 31),
            None,
            None,
            None,
        ],
    ]
    one = apply(client, upload(client, workbook(rows, heads)))
    assert (one.state, one.counts) == ("applied", {"new": 2})
    out = [
        dict(zip(row_heads, row, strict=True))
        for row_heads, row in _pairs(sheet(content(client.get("/people/export/?state=all"))))
    ]
    mine = {str(row["Number"]): row for row in out}
    assert (mine["A1"]["Base pay"], mine["A1"]["Phone"], mine["A1"]["Manager"]) == (8000.5, "13812345678", "KF1")
    assert mine["A2"]["Manager"] == "A1"
    assert str(mine["A2"]["Left"])[:10] == "2022-01-31"
    assert Employee.objects.get(number="A2").left == date(2022, 2, 1)
    assert kinds(upload(client, workbook(rows, heads))) == {"A1": "unchanged", "A2": "unchanged"}


def _pairs(rows: list[tuple[object, ...]]) -> list[tuple[tuple[object, ...], tuple[object, ...]]]:
    return [(rows[0], row) for row in rows[1:]]


def test_a_try_that_was_cut_short_is_read_again_from_the_start(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([["KF3", "王方", "", "", None]]))
    PeopleImport.objects.filter(pk=one.pk).update(state="reading")
    read_import.now(number=one.pk)
    one.refresh_from_db()
    assert (one.state, one.rows.count()) == ("ready", 1)
    write_import.now(number=one.pk)
    assert Employee.objects.get(number="KF3").name == "王芳"
