"""What a system administrator sees of the work behind the pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation, Work
from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.conftest import SmallCompany
from fenming.modules.people.queries.records import company


@pytest.fixture
def admin(small_company: SmallCompany) -> Client:
    open_accounts([NewAccount(name="admin", role="system_admin")], password="correct horse")
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(username="admin"))
    return client


def work(state: str, **more: Any) -> Work:
    return Work.objects.create(job="fenming.controls.jobs.tidy", state=state, next_try_at=timezone.now(), **more)


def test_what_failed_shows_why_and_can_be_tried_again(admin: Client) -> None:
    dead = work("dead", error={"zh": "磁盘已满", "en": "The disk is full"}, traceback="Traceback: <b>line 3</b>")
    assert "The disk is full" in admin.get(reverse("works"), {"state": "dead"}).content.decode()
    page = admin.get(reverse("work", args=[dead.pk])).content.decode()
    assert "Traceback: &lt;b&gt;line 3&lt;/b&gt;" in page
    admin.post(reverse("work-retry", args=[dead.pk]))
    dead.refresh_from_db()
    assert dead.state == "queued"
    assert Operation.objects.filter(action="jobs.retry", actor__username="admin").count() == 1


def test_a_second_click_is_told_and_does_nothing(admin: Client) -> None:
    waiting = work("queued")
    for _ in range(2):
        page = admin.post(reverse("work-cancel", args=[waiting.pk]), follow=True)
    assert "Only waiting work can be cancelled" in page.content.decode()
    assert Operation.objects.filter(action="jobs.cancel").count() == 1


def test_states_narrow_and_unknown_ones_do_nothing(admin: Client) -> None:
    work("done")
    assert "tidy" not in admin.get(reverse("works"), {"state": "dead"}).content.decode().split("Schedules")[0]
    for query in ({"state": "x\x00y"}, {"page": "-3"}, {"page": "9" * 400}):
        assert admin.get(reverse("works"), query).status_code == 200


def test_unknown_work_is_not_found(admin: Client) -> None:
    assert admin.get(f"/system/works/{2**70}/").status_code == 404
    assert admin.post(reverse("work-retry", args=[987654])).status_code == 404


def test_the_company_is_changed_with_an_entry_in_the_log(admin: Client) -> None:
    given = {
        "name_zh": "新名字",
        "name_en": "New name",
        "time_zone": "Asia/Urumqi",
        "language": "zh-hans",
        "calendar": "cn",
    }
    assert admin.post(reverse("company"), given).status_code == 302
    found = company()
    assert found is not None
    assert (found.name_zh, found.time_zone) == ("新名字", "Asia/Urumqi")
    assert Operation.objects.get(action="people.describe_company").after["name_zh"] == "新名字"


def test_what_was_typed_stays_when_something_is_wrong(admin: Client) -> None:
    page = admin.post(
        reverse("company"), {"name_zh": "x" * 10_000, "time_zone": "Mars/Base", "language": "en", "calendar": "cn"}
    )
    assert page.status_code == 200
    assert "x" * 10_000 in page.content.decode()


def test_pages_take_few_queries(admin: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    one = work("dead")
    for path in (reverse("works"), reverse("work", args=[one.pk]), reverse("company")):
        with django_assert_max_num_queries(15):
            assert admin.get(path).status_code == 200
