"""The second factor: set up, asked for, lost, demanded by a role."""

from datetime import timedelta
from unittest.mock import patch

import pyotp
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.modules.accounts.models import RecoveryCode, Role, SecondFactor, Session, User
from fenming.modules.accounts.tests.conftest import SignedIn, enter, is_in
from fenming.modules.conftest import PASSWORD, SmallCompany

CODE = "/sign-in/code/"


def code_of(name: str, steps: int = 0) -> str:
    factor = SecondFactor.objects.get(user__username=name)
    return pyotp.TOTP(factor.secret).at(timezone.now(), counter_offset=steps)


def set_up(client: Client, name: str) -> list[str]:
    """Scan, type the code of the step before, and keep the recovery codes."""
    client.get(reverse("my-factor"))
    answer = client.post(reverse("my-factor"), {"code": code_of(name, -1)})
    codes: list[str] = answer.context["codes"]
    return codes


@pytest.fixture
def guarded(signed_in: SignedIn) -> list[str]:
    """KF2 has a second factor: the recovery codes."""
    return set_up(signed_in("KF2"), "KF2")


def test_the_password_alone_signs_nobody_in(guarded: list[str], visitor: Client) -> None:
    answer = enter(visitor, "KF2", next="/me/security/")
    assert answer["Location"] == CODE
    assert not is_in(visitor)
    assert "_auth_user_id" not in visitor.session
    assert not Session.objects.filter(user__username="KF2", method="password").exists()
    assert visitor.post(CODE, {"code": code_of("KF2")})["Location"] == "/me/security/"
    assert is_in(visitor)


def test_the_key_of_the_session_changes_at_both_steps(guarded: list[str], visitor: Client) -> None:
    enter(visitor, "KF2")
    half = visitor.cookies["sessionid"].value
    visitor.post(CODE, {"code": code_of("KF2")})
    assert visitor.cookies["sessionid"].value != half
    thief = Client()
    thief.cookies["sessionid"] = half
    assert not is_in(thief)


def test_a_code_is_taken_once(guarded: list[str]) -> None:
    code = code_of("KF2")
    for expected in (302, 200):
        client = Client()
        enter(client, "KF2")
        assert client.post(CODE, {"code": code}).status_code == expected


def test_neighbouring_codes_are_taken_and_no_further_ones(guarded: list[str]) -> None:
    for steps, expected in ((2, 200), (-2, 200), (0, 302), (1, 302)):
        client = Client()
        enter(client, "KF2")
        assert client.post(CODE, {"code": code_of("KF2", steps)}).status_code == expected, steps


def test_a_recovery_code_opens_once(guarded: list[str]) -> None:
    typed = guarded[0].lower().replace("-", " ")
    for expected in (302, 200):
        client = Client()
        enter(client, "KF2")
        assert client.post(CODE, {"code": typed}).status_code == expected
    assert RecoveryCode.objects.filter(user__username="KF2", used_at=None).count() == 9


def test_neither_secret_nor_codes_are_kept_in_plain(guarded: list[str]) -> None:
    from django.db import connection

    secret = SecondFactor.objects.get(user__username="KF2").secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_secondfactor")
        assert secret not in str(cursor.fetchall())
    kept = str(list(RecoveryCode.objects.values())) + str(list(Operation.objects.values()))
    assert not [one for one in guarded if one in kept or one.replace("-", "") in kept]
    assert secret not in kept


def test_five_wrong_codes_lock_the_account(guarded: list[str], visitor: Client) -> None:
    enter(visitor, "KF2")
    for _ in range(5):
        visitor.post(CODE, {"code": "000000"})
    assert visitor.post(CODE, {"code": code_of("KF2")}).status_code == 200
    assert enter(Client(), "KF2").status_code == 200
    assert Operation.objects.filter(action="accounts.lock").exists()


def test_the_right_password_does_not_wipe_out_wrong_codes(guarded: list[str]) -> None:
    for _ in range(5):
        client = Client()
        enter(client, "KF2")
        client.post(CODE, {"code": "000000"})
    client = Client()
    assert enter(client, "KF2").status_code == 200


def test_half_a_sign_in_does_not_last(guarded: list[str], visitor: Client) -> None:
    enter(visitor, "KF2")
    with patch("fenming.modules.accounts.views.entry.HALF_LASTS_S", -1):
        assert visitor.post(CODE, {"code": code_of("KF2")})["Location"] == "/sign-in/"
    enter(visitor, "KF2")
    User.objects.get(username="KF2")
    user = User.objects.get(username="KF2")
    user.set_password("another evening rain")
    user.save()
    assert visitor.post(CODE, {"code": code_of("KF2")})["Location"] == "/sign-in/"


def test_the_code_page_is_for_those_with_a_right_password(company: SmallCompany, visitor: Client) -> None:
    assert visitor.get(CODE)["Location"] == "/sign-in/"
    assert visitor.post(CODE, {"code": "000000"})["Location"] == "/sign-in/"


def test_a_role_that_demands_it_opens_nothing_before(signed_in: SignedIn) -> None:
    Role.objects.filter(code="security_admin").update(second_factor=True)
    client = Client(headers={"accept-language": "en"})
    enter(client, "security")
    for page in ("accounts", "roles", "my-security", "home", "my-password", "sign-in-policy"):
        assert client.get(reverse(page))["Location"] == reverse("my-factor"), page
    assert client.post(reverse("invite"), {"way": "many", "send": "file"})["Location"] == reverse("my-factor")
    assert client.get(reverse("accounts"), headers={"hx-request": "true"})["HX-Redirect"] == reverse("my-factor")
    assert b"Your role requires" in client.get(reverse("my-factor")).content
    assert set_up(client, "security")
    assert client.get(reverse("accounts")).status_code == 200
    assert signed_in("KF2").get(reverse("my-security")).status_code == 200


def test_setting_up_ends_other_sessions_and_shows_the_codes_once(signed_in: SignedIn) -> None:
    other, client = signed_in("KF2"), signed_in("KF2")
    assert is_in(other)
    assert len(set(set_up(client, "KF2"))) == 10
    assert is_in(client)
    assert not is_in(other)
    assert client.get(reverse("my-factor"))["Location"] == reverse("my-security")


def test_a_wrong_code_confirms_nothing(signed_in: SignedIn) -> None:
    client = signed_in("KF2")
    client.get(reverse("my-factor"))
    for code in ("000000", "12345", "abcdef", "\x00", "１２３４５６"):
        assert client.post(reverse("my-factor"), {"code": code}).status_code == 200
    assert SecondFactor.objects.get(user__username="KF2").confirmed_at is None
    assert enter(Client(), "KF2").status_code in {200, 302}


def test_turning_it_off_needs_the_password(signed_in: SignedIn) -> None:
    client = signed_in("KF2")
    set_up(client, "KF2")
    change = reverse("change-factor")
    client.post(change, {"what": "off", "present": "wrong"})
    assert SecondFactor.objects.filter(user__username="KF2").exists()
    assert len(client.post(change, {"what": "codes", "present": PASSWORD}).context["codes"]) == 10
    client.post(change, {"what": "off", "present": PASSWORD})
    assert not SecondFactor.objects.filter(user__username="KF2").exists()
    assert is_in(client)


def test_an_administrator_resets_a_lost_factor_and_the_person_is_told(guarded: list[str], signed_in: SignedIn) -> None:
    user = User.objects.get(username="KF2")
    answer = signed_in("security").post(reverse("account-do", args=[user.pk]), {"act": "reset-factor"}, follow=True)
    assert b"The second factor is reset" in answer.content
    assert not RecoveryCode.objects.filter(user=user).exists()
    client = Client(headers={"accept-language": "en"})
    enter(client, "KF2")
    assert b"An administrator reset your second factor" in client.get(reverse("inbox")).content


def test_a_new_password_by_link_does_not_get_around_the_factor(
    guarded: list[str], signed_in: SignedIn, visitor: Client
) -> None:
    user = User.objects.get(username="KF2")
    made = signed_in("security").post(reverse("account-do", args=[user.pk]), {"act": "link"})
    url = made.context["url"].removeprefix("http://testserver")
    new = "a quiet evening rain"
    assert visitor.post(url, {"password": new, "again": new})["Location"] == CODE
    assert not is_in(visitor)


def test_a_session_from_before_a_demand_is_held_too(signed_in: SignedIn) -> None:
    client = signed_in("KF1")
    assert is_in(client)
    Role.objects.filter(code="lead").update(second_factor=True)
    assert client.get(reverse("board"))["Location"] == reverse("my-factor")
    assert timezone.now() - Session.objects.latest("pk").created_at < timedelta(minutes=1)
