"""People from files: what a row comes to, what is written, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest

from fenming.controls.models import Operation
from fenming.modules.conftest import SmallCompany
from fenming.modules.people.models import Assignment, Employee, Employment
from fenming.modules.people.tests.importing import DAY, apply, client_of, kinds, upload, workbook

pytestmark = pytest.mark.django_db
NEW = [
    ["KF9", "单晓", "客服部", "cs_agent", date(2026, 11, 2)],
    ["KF8", "Mary Lee", "客服部", "cs_agent", "2026年11月3日"],
]


@pytest.fixture(autouse=True)
def plain_static(settings: object) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}  # type: ignore[attr-defined]


def test_new_people_are_seen_first_and_written_when_confirmed(small_company: SmallCompany) -> None:
    client = client_of("hr")
    one = upload(client, workbook(NEW))
    assert (one.state, one.counts) == ("ready", {"new": 2})
    assert not Employee.objects.filter(number="KF9").exists()
    assert client.get(f"/people/import/{one.pk}/").status_code == 200
    one = apply(client, one)
    assert one.state == "applied"
    made = Employee.objects.get(number="KF9")
    assert (made.name, made.joined, made.version) == ("单晓", date(2026, 11, 2), 1)
    assert "shanxiao" in made.search
    assert "danxiao" in made.search
    post = Assignment.objects.get(employee=made)
    assert (post.department.code, post.post.code, post.valid_from) == (
        "customer_service",
        "cs_agent",
        date(2026, 11, 2),
    )
    assert Employment.objects.filter(employee=made).count() == 1
    assert Operation.objects.filter(action="people.import").count() == 1
    assert Operation.objects.filter(action="people.import_row", object="employee KF9").count() == 1
    assert client.get(f"/people/import/{one.pk}/").status_code == 200


def test_a_changed_department_is_a_new_post_from_the_chosen_day(small_company: SmallCompany) -> None:
    client = client_of("hr")
    one = upload(
        client, workbook([["KF2", "赵辉", "物流部", "courier", date(2025, 1, 1)], ["KF3", "王方", None, None, None]])
    )
    assert kinds(one) == {"KF2": "moved", "KF3": "changed"}
    apply(client, one)
    before, after = Assignment.objects.filter(employee__number="KF2").order_by("valid_from")
    assert (before.valid_to, after.valid_from, after.department.code) == (DAY, DAY, "logistics")
    assert (after.base, after.team) == (Decimal(6000), "一组")
    changed = Employee.objects.get(number="KF3")
    assert (changed.name, changed.version) == ("王方", 2)
    assert "wangfang" in changed.search


def test_an_import_is_undone_as_a_whole(small_company: SmallCompany) -> None:
    client = client_of("hr")
    before = sorted(Assignment.objects.values_list("id", "department_id", "post_id", "valid_from", "valid_to"))
    names = dict(Employee.objects.values_list("number", "name"))
    rows = [*NEW, ["KF2", "赵辉", "物流部", "courier", None], ["KF3", "王方", "", "", ""]]
    one = apply(client, upload(client, workbook(rows)))
    assert one.state == "applied"
    client.post(f"/people/import/{one.pk}/undo/")
    from fenming.controls.worker import run_due

    run_due()
    one.refresh_from_db()
    assert one.state == "undone"
    assert sorted(Assignment.objects.values_list("id", "department_id", "post_id", "valid_from", "valid_to")) == before
    assert dict(Employee.objects.values_list("number", "name")) == names
