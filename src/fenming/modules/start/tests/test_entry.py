"""The door of an empty installation: who comes in, who does not, and what the first account may do."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation, Work
from fenming.library.text import Refusal
from fenming.modules.accounts.models import Grant, User
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.start.models import Setup
from fenming.modules.start.operations.keys import WRONG_AT_MOST, WRONG_WITHIN, digest, new_key
from fenming.modules.start.tests.conftest import ALONE, COMPANY, PASSWORD, SHARED


@pytest.mark.parametrize("page", ["home", "sign-in", "board", "people", "inbox", "start-company", "start-done"])
def test_without_an_account_every_page_leads_to_the_start(page: str, visitor: Client) -> None:
    assert visitor.get(reverse(page))["Location"] == "/start/"
    assert visitor.post(reverse(page))["Location"] == "/start/"
    assert visitor.get(reverse(page), headers={"HX-Request": "true"})["HX-Redirect"] == "/start/"


def test_without_the_key_nobody_makes_an_account(visitor: Client) -> None:
    new_key()
    assert "fenming start-link" in visitor.get("/start/").content.decode()
    for given in (SHARED, ALONE, {"way": "demo"}):
        visitor.post("/start/", given)
    assert not User.objects.exists()
    assert not Work.objects.exists()


@pytest.mark.parametrize(
    "key", ["x", "x" * 100_000, "a\0b", "中文", "http://[", "https://e.com/start/?key=", "\ud800", "../.."]
)
def test_a_wrong_key_is_refused_whatever_it_is(key: str, visitor: Client) -> None:
    right = new_key()
    answer = visitor.post("/start/", {"key": key.encode("utf-8", "replace").decode()})
    assert answer.status_code == 403
    assert right not in answer.content.decode()
    assert visitor.get("/start/", {"key": key.encode("utf-8", "replace").decode()}).status_code == 403


def test_only_the_newest_key_opens_and_only_its_digest_is_kept(visitor: Client, tmp_path: Path) -> None:
    older, newer = new_key(), new_key()
    assert visitor.post("/start/", {"key": older}).status_code == 403
    assert visitor.post("/start/", {"key": f" http://localhost:8000/start/?key={newer} "}).status_code == 302
    row = Setup.objects.get()
    assert row.key_digest == digest(newer)
    assert newer not in str([row.__dict__, *Operation.objects.values()])


def test_a_session_of_an_older_key_does_not_go_on(opened: Client) -> None:
    new_key()
    opened.post("/start/", SHARED)
    assert not User.objects.exists()


def test_too_many_wrong_keys_are_slowed_down_and_the_right_one_still_opens(visitor: Client) -> None:
    right = new_key()
    answers = [visitor.post("/start/", {"key": f"wrong{number}"}).status_code for number in range(WRONG_AT_MOST + 3)]
    assert answers == [403] * WRONG_AT_MOST + [429] * 3
    assert visitor.post("/start/", {"key": right}).status_code == 302
    Setup.objects.update(wrong_since=timezone.now() - WRONG_WITHIN - timedelta(seconds=1))
    assert Client().post("/start/", {"key": "again"}).status_code == 403


def test_the_key_ends_with_the_first_account(founder: Client) -> None:
    assert Setup.objects.get().key_digest == ""
    with pytest.raises(Refusal):
        new_key()
    assert Client().get("/start/", {"key": "any"})["Location"] == "/sign-in/"
    assert Client().post("/start/", ALONE)["Location"] == "/sign-in/"
    assert User.objects.count() == 3


def test_the_administrations_are_shared_out(founder: Client) -> None:
    held = {one.user.username: one.role.code for one in Grant.objects.exclude(role__code="hr")}
    assert held == {"chen": "system_admin", "wang": "security_admin", "zhang": "audit_admin"}
    assert not Grant.objects.exclude(signed_by=None).exists()
    assert [one.username for one in User.objects.all() if one.has_usable_password()] == ["chen"]
    assert not powers_of(User.objects.get(username="chen")).may("security.roles", "security.accounts", "audit.view")


def test_one_person_alone_signs_with_a_reason(opened: Client) -> None:
    assert opened.post("/start/", ALONE)["Location"] == "/start/company/"
    signed = Grant.objects.exclude(signed_by=None)
    assert {one.role.code for one in signed} == {"system_admin", "security_admin", "audit_admin"}
    assert {one.reason for one in signed} == {ALONE["reason"]}
    entry = Operation.objects.get(action="accounts.open_first")
    assert (entry.after["signed"], entry.after["reason"]) == (True, ALONE["reason"])
    assert "陈一" in opened.get(reverse("roles")).content.decode()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"reason": ""}, "Please give the reason."),
        ({"signed": ""}, "Please confirm that you answer for it."),
        ({"password": "12345678"}, "too common"),
        ({"username": "a b"}, "Letters, digits"),
        ({"name": ""}, "This field is required."),
        ({"security": "nobody"}, "Select a valid choice"),
        ({"email": "x@"}, "Enter a valid email"),
        ({"name": "x\0y"}, "Null characters"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(change: dict[str, str], problem: str, opened: Client) -> None:
    page = opened.post("/start/", ALONE | change).content.decode()
    assert problem in page
    kept = (ALONE | change)["reason"] or (ALONE | change)["username"]
    assert kept in page
    assert not User.objects.exists()


def test_two_accounts_never_share_a_sign_in_name(opened: Client) -> None:
    page = opened.post("/start/", SHARED | {"audit_username": "WANG"}).content.decode()
    assert "a sign-in name of its own" in page
    assert not User.objects.exists()


def test_the_second_of_two_founders_is_led_to_sign_in(opened: Client) -> None:
    other = Client(headers={"accept-language": "en"})
    session = other.session
    session["start_key"] = opened.session["start_key"]
    session.save()
    assert opened.post("/start/", SHARED)["Location"] == "/start/company/"
    assert other.post("/start/", ALONE)["Location"] == "/sign-in/"
    assert User.objects.count() == 3


def test_nobody_but_a_system_administrator_goes_on(founder: Client) -> None:
    auditor = Client()
    auditor.force_login(User.objects.get(username="zhang"))
    assert auditor.get("/start/").status_code == 403
    assert auditor.post("/start/company/", COMPANY).status_code == 403
    assert Client().get("/start/company/")["Location"].startswith("/sign-in/")


def test_a_hostile_next_leads_nowhere_else(founder: Client) -> None:
    answer = founder.post("/start/company/?next=https://evil.example/", COMPANY | {"next": "//evil.example"})
    assert answer["Location"] == "/start/people/"
    Client().get("/start/?next=https://evil.example")
    later = Client().post("/sign-in/?next=https://evil.example/", {"username": "chen", "password": PASSWORD})
    assert "evil" not in later.headers.get("Location", "")


def test_the_demo_company_is_asked_for_once(opened: Client) -> None:
    for _ in range(3):
        opened.post("/start/", {"way": "demo"})
    assert Work.objects.filter(job="start.found_demo").count() == 1
    assert opened.get("/start/progress/").status_code == 200
    assert Client().get("/start/progress/").status_code == 403


def test_a_demo_that_failed_can_be_tried_again(opened: Client) -> None:
    opened.post("/start/", {"way": "demo"})
    Work.objects.update(state="dead", error={"zh": "磁盘已满", "en": "The disk is full"})
    assert "The disk is full" in opened.get("/start/").content.decode()
    opened.post("/start/", {"way": "demo"})
    assert Work.objects.get(job="start.found_demo").state == "queued"
