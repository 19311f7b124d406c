"""Rows that must not be taken, and what may stand beside them; whom an importer reaches; who was faster."""

import io
import json
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client

from fenming.controls.models import Operation
from fenming.controls.scope import Powers, Scope
from fenming.controls.worker import run_due
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people.models import (
    Assignment,
    Attendance,
    Department,
    Employee,
    Employment,
    ImportRow,
    PeopleImport,
    Region,
)
from fenming.modules.people.operations.import_batch import write_batch
from fenming.modules.people.tests.importing import DAY, HEADS, apply, codes, kinds, upload, workbook

pytestmark = pytest.mark.django_db
NEW = ["KF9", "单晓", "客服部", "cs_agent", date(2026, 11, 2)]
ID, OTHER_ID = "110101199003074477", "11010119900307002X"


def new(number: str, **more: Any) -> list[Any]:
    return [number, "新人", "客服部", "cs_agent", date(2026, 11, 2), *more.values()]


def seats(number: str) -> list[tuple[Any, ...]]:
    found = Assignment.objects.filter(employee__number=number).order_by("valid_from")
    return list(found.values_list("department__code", "valid_from", "valid_to"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ([None, "无号", "客服部", "cs_agent", date(2026, 1, 1)], "no_number"),
        (["KF9", None, "客服部", "cs_agent", date(2026, 1, 1)], "missing"),
        (["KF9", "新人", None, "cs_agent", date(2026, 1, 1)], "missing"),
        (["KF9", "新人", "客服部", "cs_agent", None], "missing"),
        (["KF9", "新人", "客服部", "cs_agent", "明天"], "unreadable_time"),
        (["KF9", "新人", "客服部", "cs_agent", "03/04/2026"], "ambiguous_date"),
        (["KF9", "新" * 81, "客服部", "cs_agent", date(2026, 1, 1)], "too_long"),
        (["KF2", "(清空)", None, None, None], "cannot_clear"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(
    small_company: SmallCompany, signed_in: SignIn, row: list[Any], code: str
) -> None:
    one = upload(signed_in("hr"), workbook([row, new("KF7")]))
    assert one.counts == {"refused": 1, "new": 1}
    assert list(codes(one).values()) == [code]
    page = signed_in("hr").get(f"/people/import/{one.pk}/?kind=refused").content.decode()
    assert "1 refused row is left out" in page


def test_the_good_rows_are_written_without_the_bad_ones_and_those_come_back_corrected(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    client = signed_in("hr")
    one = apply(client, upload(client, workbook([NEW, ["KF8", "李四", "不存在的部门", "cs_agent", "@明天"]])))
    assert (one.state, one.counts) == ("applied", {"new": 1, "refused": 1})
    answer = client.get(f"/people/import/{one.pk}/refused/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    heads, row = book.active.iter_rows(values_only=True)
    assert heads == (*HEADS, "Why it was refused", "What to do")
    assert (row[0], row[4], row[5]) == ("KF8", "'@明天", "Joined：This is no date.")
    book.active["C2"], book.active["E2"] = "客服部", "2026-11-05"
    body = io.BytesIO()
    book.save(body)
    again = upload(client, body.getvalue(), "corrected.xlsx")
    assert kinds(again) == {"KF8": "new"}


def test_a_number_twice_and_an_id_number_twice_are_refused_on_every_row(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    heads = [*HEADS, "证件号"]
    rows = [new("A1", id=None), new("A1", id=None), new("A2", id=ID), new("A3", id=ID.lower()), new("A4", id=OTHER_ID)]
    one = upload(signed_in("hr"), workbook(rows, heads))
    assert codes(one) == {"A1": "repeated_number", "A2": "repeated_id", "A3": "repeated_id"}
    assert kinds(one)["A4"] == "new"


def test_an_id_number_of_somebody_else_is_refused(small_company: SmallCompany, signed_in: SignIn) -> None:
    client, heads = signed_in("hr"), [*HEADS, "证件号"]
    apply(client, upload(client, workbook([new("A1", id=ID)], heads)))
    assert codes(upload(client, workbook([new("A2", id=ID), new("A3", id="110101199003074478")], heads))) == {
        "A2": "id_taken", "A3": "wrong_id",
    }  # fmt: skip


def test_managers_in_a_circle_are_refused_and_the_others_taken(small_company: SmallCompany, signed_in: SignIn) -> None:
    client, heads = signed_in("hr"), ["工号", "直属上级"]
    one = upload(
        client,
        workbook([["KF2", "KF3"], ["KF3", "KF4"], ["KF4", "KF2"], ["WL2", "WL1"], ["WL3", "WL3"]], heads),
        from_day="2026-06-01",
    )
    assert codes(one) == dict.fromkeys(("KF2", "KF3", "KF4", "WL3"), "manager_circle")
    assert kinds(one)["WL2"] == "moved"
    apply(client, one)
    assert codes(upload(client, workbook([["WL1", "WL2"]], heads))) == {"WL1": "manager_circle"}
    assert kinds(upload(client, workbook([["WL1", "WL2"], ["WL2", "KF1"]], heads))) == {"WL1": "moved", "WL2": "moved"}


def test_a_manager_is_found_by_number_or_name_in_the_file_or_the_company(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    client, heads = signed_in("hr"), [*HEADS, "直属上级"]
    rows = [
        new("A1", m="A3"),
        new("A2", m="林晓雯"),
        ["A3", "陈老板", *NEW[2:], None],
        new("A4", m="陈老板"),
        new("A5", m="没有人"),
    ]
    one = upload(client, workbook(rows, heads))
    assert codes(one) == {"A5": "unknown_manager"}
    apply(client, one)
    managers = dict(Assignment.objects.filter(manager__isnull=False).values_list("employee__number", "manager__number"))
    assert managers == {"A1": "A3", "A2": "KF1", "A4": "A3"}


def test_who_reports_to_a_refused_row_is_refused_too(small_company: SmallCompany, signed_in: SignIn) -> None:
    heads = [*HEADS, "直属上级"]
    one = upload(
        signed_in("hr"),
        workbook([["A1", "甲", "长" * 81, "p", "2026-1-1", None], new("A2", m="A1"), new("A3", m="A2")], heads),
    )
    assert codes(one) == {"A1": "too_long", "A2": "refused_manager", "A3": "refused_manager"}


def test_a_post_cannot_begin_within_the_one_before(small_company: SmallCompany, signed_in: SignIn) -> None:
    heads = ["工号", "部门", "任职生效日"]
    rows = [
        ["KF2", "物流部", date(2024, 6, 1)],
        ["KF3", "物流部", date(2026, 6, 1)],
        ["KF4", "物流部", date(2025, 1, 1)],
    ]
    client = signed_in("hr")
    one = upload(client, workbook(rows, heads))
    assert codes(one) == {"KF2": "post_overlaps"}
    assert kinds(one) == {"KF2": "refused", "KF3": "moved", "KF4": "moved"}
    apply(client, one)
    assert seats("KF3")[1][1] == date(2026, 6, 1)
    assert seats("KF4")[1][1] == DAY


def test_corrections_put_the_present_post_right(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([["KF4", "物流部"]], ["工号", "部门"]), corrects="on")
    assert kinds(one) == {"KF4": "changed"}
    apply(client, one)
    assert seats("KF4") == [("logistics", date(2025, 1, 1), None)]


def test_somebody_leaves_and_returns_under_the_same_number(small_company: SmallCompany, signed_in: SignIn) -> None:
    client, heads = signed_in("hr"), ["工号", "入职日期", "离职日期", "部门"]
    one = apply(client, upload(client, workbook([["KF4", None, "2026-06-30", None]], heads)))
    assert one.counts == {"left": 1}
    assert seats("KF4") == [("customer_service", date(2025, 1, 1), date(2026, 7, 1))]
    one = upload(client, workbook([["KF4", "2026-06-01", None, None], ["KF3", None, "2024-01-01", None]], heads))
    assert codes(one) == {"KF4": "joined_before_left", "KF3": "left_before_joined"}
    back = upload(client, workbook([["KF4", "2026-09-01", None, "物流部"]], heads))
    assert kinds(back) == {"KF4": "returned"}
    apply(client, back)
    assert seats("KF4")[1] == ("logistics", date(2026, 9, 1), None)
    spans = (
        Employment.objects.filter(employee__number="KF4").order_by("valid_from").values_list("valid_from", "valid_to")
    )
    assert list(spans) == [(date(2025, 1, 1), date(2026, 7, 1)), (date(2026, 9, 1), None)]
    kf4 = Employee.objects.get(number="KF4")
    assert (kf4.joined, kf4.left) == (date(2025, 1, 1), None)
    assert kinds(upload(client, workbook([["KF4", "2026-09-01", None, "物流部"]], heads))) == {"KF4": "unchanged"}


def test_departments_and_posts_are_created_only_when_allowed(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    rows = [
        ["A1", "甲", "客服部/售前组", "金牌客服", "2026-11-1"],
        ["A2", "乙", "新事业部/一组", "cs_agent", "2026-11-1"],
    ]
    one = upload(client, workbook(rows))
    assert one.missing == ["department:客服部/售前组", "post:金牌客服", "department:新事业部/一组"]
    one = apply(client, one, ["department:客服部/售前组", "post:金牌客服"])
    assert (kinds(one), codes(one)) == ({"A1": "new", "A2": "refused"}, {"A2": "not_created"})
    made = Department.objects.get(name_zh="售前组")
    assert (made.parent.code, made.code) == ("customer_service", "shouqianzu")
    client.post(f"/people/import/{one.pk}/undo/")
    run_due()
    assert not Department.objects.filter(name_zh="售前组").exists()
    assert not Employee.objects.filter(number="A1").exists()


def test_a_deeper_department_is_found_by_its_path_and_an_ambiguous_name_is_refused(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    for parent in ("customer_service", "logistics"):
        Department.objects.create(code=f"{parent}-1", name_zh="一组", parent=Department.objects.get(code=parent))
    one = upload(
        signed_in("hr"), workbook([["KF2", "客服部／一组"], ["KF3", "一组"], ["KF4", "logistics-1"]], ["工号", "部门"])
    )
    assert codes(one) == {"KF3": "ambiguous_department"}
    assert kinds(one)["KF2"] == kinds(one)["KF4"] == "moved"


# Who may do what


@pytest.fixture
def region_hr(small_company: SmallCompany, signed_in: SignIn) -> Client:
    """KF1 as the HR of the east, to which customer service belongs."""
    east, west = (Region.objects.create(code=code, name_zh=code) for code in ("east", "west"))
    Department.objects.filter(code="customer_service").update(region=east)
    Department.objects.filter(code="logistics").update(region=west)
    user, role = User.objects.get(username="KF1"), Role.objects.get(code="region_hr")
    Grant.objects.create(user=user, role=role, reach="region", valid_from=date(2026, 1, 1))
    return signed_in("KF1")


def test_a_region_neither_changes_nor_finds_out_about_another(region_hr: Client) -> None:
    rows = [
        ["WL2", "改名", "客服部", "cs_agent", None],
        ["KF2", "赵辉", "物流部", None, None],
        ["A1", "甲", "物流部", "cs_agent", "2026-1-1"],
        ["A2", "乙", "没有的部门", "cs_agent", "2026-1-1"],
        ["KF3", "王方", None, None, None],
    ]
    one = upload(region_hr, workbook(rows))
    assert codes(one) == {
        "WL2": "taken",
        "KF2": "unknown_department",
        "A1": "unknown_department",
        "A2": "unknown_department",
    }
    apply(region_hr, one)
    assert Employee.objects.get(number="WL2").name == "吴刚"
    assert Employee.objects.get(number="KF3").name == "王方"
    page = region_hr.get(f"/people/import/{one.pk}/").content.decode()
    assert "吴刚" not in page
    heads = ["工号", "直属上级"]
    assert codes(upload(region_hr, workbook([["KF2", "WL1"], ["KF3", "周强"]], heads))) == dict.fromkeys(
        ("KF2", "KF3"), "unknown_manager"
    )


def test_base_pay_is_left_aside_without_the_permission_for_it(region_hr: Client) -> None:
    one = upload(
        region_hr,
        workbook([["KF2", 99999]], ["工号", "基本工资"])
        if False
        else workbook([["KF2", 99999, "赵辉"]], ["工号", "基本工资", "姓名"]),
    )
    assert (kinds(one), one.notes["ignored"]) == ({"KF2": "unchanged"}, ["基本工资"])
    heads = next(
        openpyxl.load_workbook(
            io.BytesIO(b"".join(region_hr.get("/people/export/").streaming_content))
        ).active.iter_rows(values_only=True)
    )
    assert not {"Base pay", "Phone", "ID number"} & set(heads)


def test_who_lost_the_reach_meanwhile_writes_nothing(region_hr: Client) -> None:
    one = upload(region_hr, workbook([["KF3", "王方"], ["KF4", "李那"]], ["工号", "姓名"]))
    region_hr.post(f"/people/import/{one.pk}/apply/")
    Assignment.objects.filter(employee__number="KF3").update(department=Department.objects.get(code="logistics"))
    run_due()
    assert codes(one) == {"KF3": "gone_meanwhile"}
    assert Employee.objects.get(number="KF4").name == "李那"


def test_nobody_sees_the_import_of_another(small_company: SmallCompany, signed_in: SignIn, region_hr: Client) -> None:
    one = upload(signed_in("hr"), workbook([NEW]))
    for path in ("", "refused/", "progress/"):
        assert region_hr.get(f"/people/import/{one.pk}/{path}").status_code == 404
    for path in ("apply", "undo", "discard", "stop"):
        assert region_hr.post(f"/people/import/{one.pk}/{path}/").status_code == 404


# Others at the same time


def test_what_somebody_changed_meanwhile_is_refused(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([["KF3", "王方"], ["KF4", "李那"]], ["工号", "姓名"]))
    Employee.objects.filter(number="KF3").update(email="new@example.com", version=2)
    one = apply(client, one)
    assert (one.state, one.counts, codes(one)) == (
        "applied",
        {"refused": 1, "changed": 1},
        {"KF3": "changed_meanwhile"},
    )
    assert Employee.objects.get(number="KF3").name == "王芳"


def test_a_number_given_away_meanwhile_is_taken(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    first, second = (upload(client, workbook([NEW])) for _ in range(2))
    assert apply(client, first).counts == {"new": 1}
    assert codes(apply(client, second)) == {"KF9": "taken"}
    assert Employee.objects.filter(number="KF9").count() == 1


def test_a_second_click_writes_nothing_twice(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([NEW]))
    for _ in range(2):
        assert client.post(f"/people/import/{one.pk}/apply/").status_code == 302
    run_due()
    assert Employee.objects.filter(number="KF9").count() == 1
    assert client.post(f"/people/import/{one.pk}/apply/").status_code == 409


def test_the_database_refuses_a_row_and_the_others_are_written(
    small_company: SmallCompany, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post that overlaps another, put in behind the back of versions: one row falls, not the batch."""
    client = signed_in("hr")
    one = upload(client, workbook([["KF2", "物流部"], ["KF3", "物流部"], ["KF4", "物流部"]], ["工号", "部门"]))
    kf3 = Assignment.objects.get(employee__number="KF3")
    Assignment.objects.filter(pk=kf3.pk).update(valid_to=DAY + timedelta(days=30))
    kf3.pk, kf3.valid_from = None, DAY + timedelta(days=30)
    kf3.save(force_insert=True)
    Assignment.objects.filter(pk=kf3.pk).update(valid_from=DAY + timedelta(days=40))
    row = ImportRow.objects.get(of=one, number="KF3")
    content = json.loads(row.content)
    content["writes"]["seat"]["end"] = str(DAY + timedelta(days=50))
    row.content = json.dumps(content)
    row.save()
    one = apply(client, one)
    assert codes(one) == {"KF3": "conflict"}
    assert [seats(number)[1][0] for number in ("KF2", "KF4")] == ["logistics", "logistics"]


def test_writing_stops_and_goes_on(
    small_company: SmallCompany, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fenming.modules.people.operations import import_batch

    monkeypatch.setattr(import_batch, "BATCH", 2)
    client = signed_in("hr")
    one = upload(client, workbook([new(f"A{at}") for at in range(5)]))
    client.post(f"/people/import/{one.pk}/apply/")
    everywhere = Powers(scopes={"people.import": Scope.all()})
    assert write_batch(one.pk, everywhere) == 2
    assert client.post(f"/people/import/{one.pk}/stop/").status_code == 302
    run_due()
    one.refresh_from_db()
    assert (one.state, Employee.objects.filter(number__startswith="A").count()) == ("stopped", 2)
    assert "Go on with 3 rows" in client.get(f"/people/import/{one.pk}/").content.decode()
    one = apply(client, one)
    assert (one.state, Employee.objects.filter(number__startswith="A").count()) == ("applied", 5)
    assert Operation.objects.filter(action="people.import_row").count() == 5


def test_undoing_leaves_what_something_later_depends_on(small_company: SmallCompany, signed_in: SignIn) -> None:
    client, heads = signed_in("hr"), [*HEADS, "直属上级"]
    rows = [new("A1", m=None), new("A2", m="A1"), new("A3", m=None), ["KF3", "王方", None, None, None, None]]
    one = apply(client, upload(client, workbook(rows, heads)))
    Attendance.objects.create(employee=Employee.objects.get(number="A2"), month=date(2026, 11, 1), share=1)
    Employee.objects.filter(number="KF3").update(version=7)
    client.post(f"/people/import/{one.pk}/undo/")
    run_due()
    states = dict(ImportRow.objects.filter(of=one).values_list("number", "state"))
    assert states == {"A1": "kept", "A2": "kept", "A3": "undone", "KF3": "kept"}
    assert Employee.objects.filter(number__in=["A1", "A2", "A3"]).count() == 2
    assert "3 rows could not be undone" in client.get(f"/people/import/{one.pk}/").content.decode()


def test_a_returned_person_is_set_back(small_company: SmallCompany, signed_in: SignIn) -> None:
    client, heads = signed_in("hr"), ["工号", "入职日期", "离职日期", "手机号"]
    apply(client, upload(client, workbook([["KF4", None, "2026-06-30", "13800000000"]], heads)))
    before = (
        seats("KF4"),
        list(Employment.objects.filter(employee__number="KF4").values_list("valid_from", "valid_to")),
    )
    one = apply(client, upload(client, workbook([["KF4", "2026-09-01", None, "13900000000"]], heads)))
    assert one.counts == {"returned": 1}
    client.post(f"/people/import/{one.pk}/undo/")
    run_due()
    assert (
        seats("KF4"),
        list(Employment.objects.filter(employee__number="KF4").values_list("valid_from", "valid_to")),
    ) == before
    kf4 = Employee.objects.get(number="KF4")
    assert (kf4.phone, kf4.left) == ("13800000000", date(2026, 7, 1))


# What is kept of it


def test_neither_the_log_nor_the_disk_nor_the_page_shows_what_is_sensitive(
    small_company: SmallCompany, signed_in: SignIn, tmp_path: Any
) -> None:
    client, heads = signed_in("hr"), [*HEADS, "证件号", "手机号"]
    one = upload(client, workbook([new("A1", id=ID, phone="13812345678")], heads))
    page = client.get(f"/people/import/{one.pk}/").content.decode()
    assert ID not in page
    assert "138****5678" in page
    kept = (tmp_path / "imports" / one.file).read_bytes()
    assert kept[:2] != b"PK"
    assert ID not in str(
        ImportRow.objects.filter(of=one).extra(select={"raw": "content"}).values_list("raw", flat=True)[0]
    )
    one = apply(client, one)
    assert not list((tmp_path / "imports").iterdir())
    log = json.dumps(list(Operation.objects.values_list("before", "after")))
    assert ID not in log
    assert "13812345678" not in log


def test_discarding_leaves_nothing(small_company: SmallCompany, signed_in: SignIn, tmp_path: Any) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([NEW]))
    assert client.post(f"/people/import/{one.pk}/discard/").status_code == 302
    assert not PeopleImport.objects.exists()
    assert not list((tmp_path / "imports").iterdir())


def test_a_file_of_another_type_is_told_about(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, b"%PDF-1.7", "people.xlsx")
    assert (one.state, one.file) == ("failed", "")
    assert "no Excel or CSV" in client.get(f"/people/import/{one.pk}/").content.decode()


def test_a_page_of_rows_costs_few_queries(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([new(f"A{at}") for at in range(60)]))
    with django_assert_max_num_queries(15):
        assert client.get(f"/people/import/{one.pk}/").status_code == 200
    with django_assert_max_num_queries(15):
        assert client.get("/people/import/?q=\0").status_code == 200


def test_comparing_costs_the_same_queries_for_any_file(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    from fenming.modules.people.jobs import read_import

    one = upload(signed_in("hr"), workbook([new(f"A{at}") for at in range(500)]))
    PeopleImport.objects.filter(pk=one.pk).update(state="reading")
    with django_assert_max_num_queries(40):
        read_import.now(number=one.pk)
