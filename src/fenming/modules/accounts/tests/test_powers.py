"""Who may do what to whom, told with the small company's people."""

from datetime import date

import pytest
from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.conftest import SmallCompany
from fenming.modules.people.models import Assignment, Department, Employee, Region, Store
from fenming.modules.people.queries.reach import visible_employees
from fenming.modules.people.queries.records import department_ids


def scope(name: str, permission: str = "board.view") -> Scope:
    return powers_of(User.objects.get(username=name)).scope(permission)


def seen(found: Scope) -> set[str]:
    return set(visible_employees(found).values_list("number", flat=True))


def test_hr_sees_everybody_a_lead_the_department_an_employee_oneself(small_company: SmallCompany) -> None:
    assert scope("hr").everything
    assert scope("WL1").departments == {department_ids()["logistics"]}
    assert seen(scope("WL1")) == {"WL1", "WL2", "WL3"}
    assert seen(scope("KF2")) == set()
    assert seen(scope("KF2", "score.own")) == {"KF2"}


def test_a_lead_without_a_department_sees_nobody_but_oneself(small_company: SmallCompany) -> None:
    Assignment.objects.filter(employee_id=small_company.ids["WL1"]).update(valid_to=date(2026, 2, 1))
    assert seen(scope("WL1")) == {"WL1"}


def test_a_grant_ends_on_its_day(small_company: SmallCompany) -> None:
    Grant.objects.filter(user__username="hr").update(valid_from=date(2026, 1, 1), valid_to=timezone.localdate())
    assert not powers_of(User.objects.get(username="hr")).scopes


def test_two_grants_add_up_each_for_its_own_permissions(small_company: SmallCompany) -> None:
    user = User.objects.get(username="WL1")
    exporter = Role.objects.create(code="exporter", name_zh="导出", permissions=["people.export"])
    chosen = {"employees": [small_company.ids["KF2"]]}
    Grant.objects.create(user=user, role=exporter, reach="custom", listed=chosen, valid_from=date(2026, 1, 1))
    assert seen(scope("WL1", "people.export")) == {"KF2"}
    assert "KF2" not in seen(scope("WL1", "board.view"))


@pytest.fixture
def two_regions(small_company: SmallCompany) -> dict[str, Region]:
    regions = {code: Region.objects.create(code=code, name_zh=code) for code in ("east", "west")}
    Department.objects.filter(code="logistics").update(region=regions["east"])
    return regions


def test_a_region_reaches_its_departments_and_stores_and_nobody_else(
    small_company: SmallCompany, two_regions: dict[str, Region]
) -> None:
    store = Store.objects.create(code="s1", name_zh="门店", region=two_regions["west"])
    Assignment.objects.filter(employee__number="KF4").update(store=store)
    role = Role.objects.get(code="region_hr")
    for name, region in (("KF1", "west"), ("WL1", "east")):
        Grant.objects.filter(user__username=name).delete()
        user, chosen = User.objects.get(username=name), {"regions": [two_regions[region].pk]}
        Grant.objects.create(user=user, role=role, reach="region", listed=chosen, valid_from=date(2026, 1, 1))
    assert seen(scope("WL1", "people.view")) == {"WL1", "WL2", "WL3"}
    assert seen(scope("KF1", "people.view")) == {"KF4"}


def test_a_leaver_stays_with_the_last_department_and_a_transferred_one_does_not(small_company: SmallCompany) -> None:
    moved, gone = date(2026, 3, 1), date(2026, 4, 1)
    Assignment.objects.filter(employee__number="WL2").update(valid_to=gone)
    first = Assignment.objects.get(employee__number="WL3")
    Assignment.objects.filter(pk=first.pk).update(valid_to=moved)
    Assignment.objects.create(
        employee=first.employee, department_id=department_ids()["customer_service"], post=first.post, valid_from=moved
    )
    assert seen(scope("WL1")) == {"WL1", "WL2"}
    assert "WL3" in seen(scope("KF1"))


def test_direct_reports_are_those_of_today(small_company: SmallCompany) -> None:
    boss = Employee.objects.get(number="KF1")
    Assignment.objects.filter(employee__number__in=["KF2", "WL2"]).update(manager=boss)
    Grant.objects.filter(user__username="KF1").update(reach="reports")
    assert seen(scope("KF1")) == {"KF1", "KF2", "WL2"}
