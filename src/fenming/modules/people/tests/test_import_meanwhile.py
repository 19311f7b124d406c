"""What others did between the preview and the writing, or between the writing and the undoing."""

import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from fenming.controls.worker import run_due
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people import jobs
from fenming.modules.people.models import Assignment, Department, Employee, ImportRow, PeopleImport, Region, Store
from fenming.modules.people.operations.importing import folder
from fenming.modules.people.tests.importing import HEADS, apply, codes, upload, workbook

pytestmark = pytest.mark.django_db
ID, OTHER_ID = "110101199003074477", "11010119900307002X"
START = date(2026, 1, 1)


def new(number: str, *more: Any) -> list[Any]:
    return [number, "新人", "客服部", "cs_agent", date(2026, 11, 2), *more]


def states(one: PeopleImport) -> dict[str, str]:
    return dict(ImportRow.objects.filter(of=one).values_list("number", "state"))


def undo(client: Client, one: PeopleImport) -> PeopleImport:
    client.post(f"/people/import/{one.pk}/undo/")
    run_due()
    one.refresh_from_db()
    return one


def manager_of(number: str) -> str | None:
    return (
        Assignment.objects.filter(employee__number=number)
        .order_by("valid_from")
        .values_list("manager__number", flat=True)[0]
    )


# Reach


@pytest.fixture
def regions(small_company: SmallCompany) -> tuple[Region, Region]:
    """Customer service in the east, logistics in the west."""
    east, west = (Region.objects.create(code=code, name_zh=code) for code in ("east", "west"))
    Department.objects.filter(code="customer_service").update(region=east)
    Department.objects.filter(code="logistics").update(region=west)
    return east, west


def test_new_people_are_not_written_where_one_no_longer_reaches(
    regions: tuple[Region, Region], signed_in: SignIn
) -> None:
    grant = Grant.objects.create(
        user=User.objects.get(username="KF1"), role=Role.objects.get(code="region_hr"), reach="region",
        listed={"regions": [one.pk for one in regions]}, valid_from=START,
    )  # fmt: skip
    client = signed_in("KF1")
    one = upload(client, workbook([new("A1"), ["A2", "新人", "物流部", "courier", date(2026, 11, 2)]]))
    client.post(f"/people/import/{one.pk}/apply/")
    Grant.objects.filter(pk=grant.pk).update(listed={"regions": [regions[0].pk]})
    run_due()
    assert codes(one) == {"A2": "out_of_reach"}
    assert set(Employee.objects.filter(number__startswith="A").values_list("number", flat=True)) == {"A1"}


def test_who_was_suspended_meanwhile_hires_nobody(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([new("A1"), new("A2")]))
    client.post(f"/people/import/{one.pk}/apply/")
    User.objects.filter(username="hr").update(is_active=False)
    run_due()
    assert codes(one) == dict.fromkeys(("A1", "A2"), "out_of_reach")


def test_pay_is_not_set_by_who_may_no_longer(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([["KF2", 9999], ["KF3", 9999]], ["工号", "基本工资"]))
    client.post(f"/people/import/{one.pk}/apply/")
    role = Role.objects.get(code="hr")
    role.permissions = [name for name in role.permissions if name != "people.pay"]
    role.save()
    run_due()
    assert codes(one) == dict.fromkeys(("KF2", "KF3"), "pay_out_of_reach")


@pytest.mark.parametrize("base", [None, 8000])
def test_a_department_that_is_not_there_is_out_of_a_regions_reach(
    regions: tuple[Region, Region], signed_in: SignIn, base: int | None
) -> None:
    role = Role.objects.create(
        code="both", name_zh="两者", permissions=["people.import", "people.pay", "organisation.edit"]
    )
    Grant.objects.create(user=User.objects.get(username="KF1"), role=role, reach="region", valid_from=START)
    rows = [["A1", "新人", "新部门", "cs_agent", date(2026, 11, 2), base]]
    one = upload(signed_in("KF1"), workbook(rows, [*HEADS, "基本工资"]))
    assert one.state == "ready"
    assert set(codes(one).values()) <= {"out_of_reach", "pay_out_of_reach"}
    assert codes(one)


def test_a_store_lies_in_the_region_of_the_department(regions: tuple[Region, Region], signed_in: SignIn) -> None:
    Store.objects.create(code="S1", name_zh="西店", region=regions[1])
    Store.objects.create(code="S2", name_zh="东店", region=regions[0])
    rows = [new("A1", "西店"), new("A2", "东店"), ["KF2", None, None, None, None, "西店"]]
    one = upload(signed_in("hr"), workbook(rows, [*HEADS, "门店"]))
    assert codes(one) == dict.fromkeys(("A1", "KF2"), "store_elsewhere")


# Others


def test_a_circle_that_somebody_else_begins_is_not_closed(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    one = upload(client, workbook([["KF2", "KF3"], ["KF4", "KF1"]], ["工号", "直属上级"]), corrects="on")
    Assignment.objects.filter(employee__number="KF3").update(manager=Employee.objects.get(number="KF2"))
    apply(client, one)
    assert codes(one) == {"KF2": "manager_circle"}
    assert (manager_of("KF2"), manager_of("KF4")) == (None, "KF1")


def test_two_who_change_places_are_no_circle_on_the_way(
    small_company: SmallCompany, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fenming.modules.people.operations import import_batch

    monkeypatch.setattr(import_batch, "BATCH", 1)
    Assignment.objects.filter(employee__number="KF3").update(manager=Employee.objects.get(number="KF2"))
    client = signed_in("hr")
    rows = [["KF2", "KF3"], ["KF3", "KF1"]]
    one = apply(client, upload(client, workbook(rows, ["工号", "直属上级"]), corrects="on"))
    assert codes(one) == {}
    assert (manager_of("KF2"), manager_of("KF3")) == ("KF3", "KF1")


def test_a_department_removed_meanwhile_costs_its_rows_only(small_company: SmallCompany, signed_in: SignIn) -> None:
    gone = Department.objects.create(code="gone", name_zh="将撤部门")
    client = signed_in("hr")
    one = upload(client, workbook([new("A1"), ["A2", "新人", "将撤部门", "cs_agent", date(2026, 11, 2)], new("A3")]))
    gone.delete()
    one = apply(client, one)
    assert (one.state, set(codes(one))) == ("applied", {"A2"})
    assert Employee.objects.filter(number__in=["A1", "A2", "A3"]).count() == 2


def test_a_row_refused_beside_one_that_the_database_refuses(small_company: SmallCompany, signed_in: SignIn) -> None:
    gone = Department.objects.create(code="gone", name_zh="将撤部门")
    client = signed_in("hr")
    rows = [
        new("A1"),
        new("A4"),
        ["A2", "新人", "将撤部门", "cs_agent", date(2026, 11, 2)],
        ["KF3", "王方", *[None] * 3],
    ]
    one = upload(client, workbook([*rows, ["KF2", "赵会", *[None] * 3]]))
    gone.delete()
    Employee.objects.create(number="a1", name="别人", joined=START)
    Employee.objects.filter(number="KF3").update(version=5)
    one = apply(client, one)
    assert set(codes(one)) == {"A1", "A2", "KF3"}
    assert (codes(one)["A1"], codes(one)["KF3"]) == ("taken", "changed_meanwhile")
    assert Employee.objects.get(number="KF2").name == "赵会"


# Undoing


def test_an_id_number_that_somebody_has_by_now_is_not_given_back(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    client, heads = signed_in("hr"), ["工号", "身份证号", "姓名"]
    apply(client, upload(client, workbook([["KF2", ID, None]], heads)))
    one = apply(client, upload(client, workbook([["KF2", OTHER_ID, None], ["KF3", None, "王方"]], heads)))
    apply(client, upload(client, workbook([["KF4", ID, None]], heads)))
    one = undo(client, one)
    assert (one.state, states(one)) == ("undone", {"KF2": "kept", "KF3": "undone"})
    assert Employee.objects.get(number="KF2").id_number == OTHER_ID


def test_a_manager_who_is_gone_does_not_come_back(small_company: SmallCompany, signed_in: SignIn) -> None:
    client, heads = signed_in("hr"), ["工号", "直属上级"]
    first = apply(client, upload(client, workbook([new("A1")])))
    apply(client, upload(client, workbook([["KF2", "A1"]], heads), corrects="on"))
    second = apply(client, upload(client, workbook([["KF2", "KF1"], ["KF3", "KF1"]], heads), corrects="on"))
    undo(client, first)
    assert not Employee.objects.filter(number="A1").exists()
    second = undo(client, second)
    assert (second.state, states(second)) == ("undone", {"KF2": "kept", "KF3": "undone"})
    assert (manager_of("KF2"), manager_of("KF3")) == ("KF1", None)


def test_nobody_sets_back_whom_one_no_longer_reaches(regions: tuple[Region, Region], signed_in: SignIn) -> None:
    user, role = User.objects.get(username="KF1"), Role.objects.get(code="region_hr")
    grant = Grant.objects.create(
        user=user, role=role, reach="region", listed={"regions": [one.pk for one in regions]}, valid_from=START
    )
    client = signed_in("KF1")
    one = apply(client, upload(client, workbook([["KF3", "王方"], ["WL2", "吴钢"]], ["工号", "姓名"])))
    Grant.objects.filter(pk=grant.pk).update(listed={"regions": [regions[0].pk]})
    one = undo(client, one)
    assert states(one) == {"KF3": "undone", "WL2": "kept"}


# What a kill leaves behind


def test_a_file_in_plain_that_a_kill_left_behind_is_swept(small_company: SmallCompany, signed_in: SignIn) -> None:
    one = upload(signed_in("hr"), workbook([new("A1")]))
    left, fresh, orphan = folder() / "open-left", folder() / "open-fresh", folder() / ("0" * 32)
    for place in (left, fresh):
        place.mkdir()
        (place / "people.draft").write_text("in plain")
    orphan.write_text("of an import that was never kept")
    old = time.time() - 2 * 86_400
    for path in (left, orphan):
        os.utime(path, (old, old))
    jobs.forget_imports.now()
    assert sorted(path.name for path in Path(settings.DATA, "imports").iterdir()) == sorted([one.file, "open-fresh"])
