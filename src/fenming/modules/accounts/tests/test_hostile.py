"""What somebody with bad intentions tries at the door."""

from datetime import date, timedelta
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.modules.accounts.models import Attempt, Grant, Link, Role, Session, User
from fenming.modules.accounts.operations.entry import Caller, check
from fenming.modules.accounts.tests.conftest import SignedIn, enter, is_in
from fenming.modules.conftest import PASSWORD, SmallCompany
from fenming.modules.people.models import Department, Region


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "///evil.example",
        "javascript:alert(1)", "http:evil.example", " //evil.example", "/\t/evil.example", "/%0d%0aX: 1\r\nX: 1",
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(wanted: str, company: SmallCompany, visitor: Client) -> None:
    answer = enter(visitor, "KF2", next=wanted)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert visitor.get("/sign-in/", {"next": wanted})["Location"] == "/"


def test_signing_in_leads_back_to_a_page_of_ours(company: SmallCompany, visitor: Client) -> None:
    assert visitor.get("/me/?period=2026-10")["Location"] == "/sign-in/?next=/me/%3Fperiod%3D2026-10"
    assert enter(visitor, "KF2", next="/me/?period=2026-10")["Location"] == "/me/?period=2026-10"


def test_a_foreign_host_is_refused_and_never_gets_into_a_link(signed_in: SignedIn) -> None:
    client, user = signed_in("security"), User.objects.get(username="KF2")
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        answer = client.post(reverse("account-do", args=[user.pk]), {"act": "link"}, headers={"host": "evil.example"})
        assert answer.status_code == 400
        forwarded = client.post(
            reverse("account-do", args=[user.pk]), {"act": "link"}, headers={"x-forwarded-host": "evil.example"}
        )
        assert b"evil.example" not in forwarded.content


@pytest.mark.parametrize(
    "page", ["sign-in", "second-factor", "forgot-password", "sign-out", "end-own-sessions", "my-password", "invite"]
)
def test_nothing_is_done_without_a_token_of_the_form(page: str, signed_in: SignedIn) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in("security").cookies
    assert client.post(reverse(page), {"username": "KF2", "password": PASSWORD}).status_code == 403


def test_a_planted_session_key_is_not_kept(company: SmallCompany) -> None:
    planted = Client()
    planted.get("/sign-in/")
    session = planted.session
    session["planted"] = True
    session.save()
    before = session.session_key
    planted.cookies["sessionid"] = before
    enter(planted, "KF2")
    assert planted.cookies["sessionid"].value != before
    thief = Client()
    thief.cookies["sessionid"] = before
    assert not is_in(thief)


def test_a_made_up_session_key_opens_nothing(company: SmallCompany, visitor: Client) -> None:
    for key in ("a" * 32, "", "x" * 5000, "../../etc/passwd", "\x00"):
        visitor.cookies["sessionid"] = key
        assert visitor.get("/me/security/").status_code == 302


def answer_to(name: str, password: str) -> str:
    """The page that somebody sees, without the form's token and what was typed."""
    page = enter(Client(headers={"accept-language": "en"}), name, password)
    assert page.status_code == 200
    return "".join(line for line in page.content.decode().replace(name, "NAME").splitlines() if "csrf" not in line)


def test_all_who_cannot_come_in_read_the_same(company: SmallCompany) -> None:
    User.objects.filter(username="KF3").update(is_active=False)
    User.objects.filter(username="KF4").update(locked_until=timezone.now() + timedelta(minutes=5))
    fresh = User.objects.get(username="WL2")
    fresh.set_unusable_password()
    fresh.save()
    pages = {
        answer_to("KF2", "wrong"), answer_to("nobody", "wrong"), answer_to("KF3", PASSWORD), answer_to("KF3", "wrong"),
        answer_to("KF4", PASSWORD), answer_to("WL2", "wrong"),
    }  # fmt: skip
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("name", "password"),
    [("KF2", "wrong"), ("KF2", PASSWORD), ("nobody", "wrong"), ("KF3", PASSWORD), ("KF4", PASSWORD), ("WL2", "wrong")],
    ids=["wrong", "right", "unknown", "suspended", "locked", "invited"],
)
def test_every_answer_costs_one_hash(name: str, password: str, company: SmallCompany) -> None:
    User.objects.filter(username="KF3").update(is_active=False)
    User.objects.filter(username="KF4").update(locked_until=timezone.now() + timedelta(minutes=5))
    fresh = User.objects.get(username="WL2")
    fresh.set_unusable_password()
    fresh.save()
    honest = MD5PasswordHasher.encode
    with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=honest) as encode:
        check(name, password, Caller())
    assert encode.call_count == 1


def test_an_account_is_locked_after_five_wrong_passwords_even_for_the_right_one(company: SmallCompany) -> None:
    for _ in range(5):
        enter(Client(), "KF2", "wrong")
    assert enter(Client(), "KF2").status_code == 200
    assert Operation.objects.filter(action="accounts.lock", object="KF2").count() == 1
    assert enter(Client(), "KF3").status_code == 302
    User.objects.filter(username="KF2").update(locked_until=timezone.now() - timedelta(seconds=1))
    assert enter(Client(), "KF2").status_code == 302


def test_a_locked_account_tells_its_person_and_an_administrator_opens_it(signed_in: SignedIn) -> None:
    theirs, client = signed_in("KF2"), signed_in("security")
    for _ in range(5):
        enter(Client(), "KF2", "wrong")
    assert b"Your account was locked" in theirs.get(reverse("inbox")).content
    user = User.objects.get(username="KF2")
    assert b"Locked" in client.get(reverse("account", args=[user.pk])).content
    client.post(reverse("account-do", args=[user.pk]), {"act": "unlock"})
    assert enter(Client(), "KF2").status_code == 302


def test_attempts_still_in_the_balance_count(company: SmallCompany) -> None:
    user = User.objects.get(username="KF2")
    for _ in range(5):
        Attempt.objects.create(name="KF2", user=user, outcome="failed", counts=True)
    assert check("KF2", PASSWORD, Caller()) is None


def test_wrong_attempts_long_ago_do_not_count(company: SmallCompany) -> None:
    for _ in range(4):
        enter(Client(), "KF2", "wrong")
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=16))
    enter(Client(), "KF2", "wrong")
    assert enter(Client(), "KF2").status_code == 302


def test_one_address_cannot_try_everybody(signed_in: SignedIn) -> None:
    client = signed_in("security")
    page = client.get(reverse("sign-in-policy")).context["form"].initial
    client.post(reverse("sign-in-policy"), {**page, "roles": [], "lock_after_address": 10})
    for number in range(10):
        enter(Client(REMOTE_ADDR="203.0.113.9"), f"nobody{number}", "wrong")
    assert enter(Client(REMOTE_ADDR="203.0.113.9"), "KF2").status_code == 200
    assert enter(Client(REMOTE_ADDR="203.0.113.10"), "KF2").status_code == 302


def test_a_failure_is_logged_without_the_password(company: SmallCompany) -> None:
    enter(Client(), "n" * 150, "my secret phrase")
    entry = Operation.objects.get(action="accounts.sign_in_failed")
    assert entry.object == "n" * 120
    assert "my secret phrase" not in str(list(Operation.objects.values()) + list(Attempt.objects.values()))


@pytest.mark.parametrize("name", ["\x00", "a\x00b", "x" * 100_000, "' OR 1=1 --", "\ud800", "", "💥" * 150, "%s%n"])
@pytest.mark.parametrize("password", ["\x00", "x" * 1_000_000, "\ud800", ""])
def test_no_name_and_no_password_breaks_the_door(
    name: str, password: str, company: SmallCompany, visitor: Client
) -> None:
    typed = urlencode({"username": name, "password": password}, encoding="utf-8", errors="surrogatepass")
    answer = visitor.post("/sign-in/", typed, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..", "' OR 1=1"])
def test_made_up_links_are_told_so(token: str, company: SmallCompany, visitor: Client) -> None:
    assert visitor.get(f"/link/{token}/").status_code == 404
    assert visitor.post(f"/link/{token}/again/").status_code in {200, 404}


def test_pages_cannot_be_framed_and_are_not_kept(company: SmallCompany, visitor: Client) -> None:
    page = visitor.get("/sign-in/")
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]


def test_cookies_are_closed_to_scripts_and_other_sites(company: SmallCompany, visitor: Client) -> None:
    enter(visitor, "KF2")
    for name in ("sessionid", "csrftoken"):
        cookie = visitor.cookies[name]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    with override_settings(SESSION_COOKIE_SECURE=True):
        other = Client()
        enter(other, "KF2")
        assert other.cookies["sessionid"]["secure"]


def test_only_a_digest_of_the_key_is_kept(company: SmallCompany, visitor: Client) -> None:
    enter(visitor, "KF2")
    assert visitor.cookies["sessionid"].value not in str(list(Session.objects.values()))


def test_a_scoped_administrator_takes_nobody_over_who_can_do_more(company: SmallCompany, signed_in: SignedIn) -> None:
    helper, boss = User.objects.get(username="KF1"), User.objects.get(username="KF2")
    Role.objects.create(code="helper", name_zh="助理", permissions=["security.accounts"])
    Grant.objects.create(user=helper, role=Role.objects.get(code="helper"), reach="tree", valid_from=date(2026, 1, 1))
    Grant.objects.create(user=boss, role=Role.objects.get(code="hr"), reach="all", valid_from=date(2026, 1, 1))
    client = signed_in("KF1")
    for act in ("link", "suspend", "reset-factor", "unlock", "end-sessions", "activate", "revoke"):
        assert client.post(reverse("account-do", args=[boss.pk]), {"act": act}).status_code == 403
    boss.set_unusable_password()
    boss.save()
    assert client.post(reverse("invite"), {"way": "one", "person": "KF2"}).status_code == 403
    client.post(reverse("invite"), {"way": "many", "send": "file", "again": "on"})
    assert not Link.objects.filter(user=boss).exists()
    assert (
        client.post(reverse("account-do", args=[User.objects.get(username="KF3").pk]), {"act": "link"}).status_code
        == 200
    )
    assert client.get(reverse("account", args=[User.objects.get(username="WL2").pk])).status_code == 404
    assert client.get(reverse("account", args=[User.objects.get(username="security").pk])).status_code == 404


def test_a_region_does_not_reset_who_will_hold_an_office_or_reaches_further(
    company: SmallCompany, signed_in: SignedIn
) -> None:
    east, west = (Region.objects.create(code=code, name_zh=code) for code in ("east", "west"))
    Department.objects.filter(code="customer_service").update(region=east)
    Department.objects.filter(code="logistics").update(region=west)
    region, today = Role.objects.get(code="region_hr"), timezone.localdate()
    who = {one.username: one for one in User.objects.all()}
    Grant.objects.create(user=who["KF1"], role=region, reach="region", valid_from=today)
    tomorrow = today + timedelta(days=1)
    office = Role.objects.get(code="security_admin")
    Grant.objects.create(user=who["KF2"], role=office, reach="all", valid_from=tomorrow)
    hr = Role.objects.get(code="hr")
    Grant.objects.create(user=who["KF3"], role=hr, reach="region", listed={"regions": [west.pk]}, valid_from=today)
    Grant.objects.create(user=who["KF4"], role=hr, reach="region", listed={"regions": [east.pk]}, valid_from=today)
    client = signed_in("KF1")
    asked = {
        one: client.post(reverse("account-do", args=[who[one].pk]), {"act": "link"}) for one in ("KF2", "KF3", "KF4")
    }
    assert {one: answer.status_code for one, answer in asked.items()} == {"KF2": 403, "KF3": 403, "KF4": 200}


@pytest.mark.parametrize("address", ["nowhere", "fe80::1%eth0", "1.2.3.4, 5.6.7.8", "x" * 300, ""])
def test_an_address_that_a_proxy_invents_breaks_nothing(address: str, company: SmallCompany, visitor: Client) -> None:
    given = {"username": "KF2", "password": "wrong"}
    assert visitor.post("/sign-in/", given, REMOTE_ADDR=address).status_code == 200
    assert visitor.post("/sign-in/", given | {"password": PASSWORD}, REMOTE_ADDR=address).status_code == 302
    assert visitor.get("/me/security/", REMOTE_ADDR=address).status_code == 200
    assert set(Attempt.objects.values_list("address", flat=True)) <= {None, "fe80::1"}
    assert visitor.get("/api/v1/people/", REMOTE_ADDR=address).status_code in (401, 404)
