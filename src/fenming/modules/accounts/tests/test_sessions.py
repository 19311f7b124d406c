"""Sessions: where one is signed in, and how that ends."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.modules.accounts import devices, jobs
from fenming.modules.accounts.models import Session, User
from fenming.modules.accounts.tests.conftest import SignedIn, enter, is_in
from fenming.modules.conftest import SmallCompany

Counted = Callable[[int], AbstractContextManager[None]]
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Mobile/15E148 MicroMessenger/8.0.50"
WECOM = "Mozilla/5.0 (Linux; Android 14; HBN-AL80) Chrome/116 Mobile Safari/537.36 wxwork/4.1.22 MicroMessenger/7.0.1"


@pytest.mark.parametrize(
    ("agent", "name"),
    [(WINDOWS, "Chrome on Windows"), (WECHAT, "WeChat on iPhone"), (WECOM, "WeCom on Android"), ("", "Unknown device")],
)
def test_a_device_is_named_in_words(agent: str, name: str) -> None:
    assert devices.named(agent) == name


def test_the_person_ends_another_device_and_it_is_told_so(company: SmallCompany) -> None:
    phone, desk = (
        Client(headers={"user-agent": WECHAT}),
        Client(headers={"user-agent": WINDOWS, "accept-language": "en"}),
    )
    enter(phone, "KF2")
    enter(desk, "KF2")
    page = desk.get(reverse("my-security")).content.decode()
    assert "WeChat on iPhone" in page
    assert page.count("This one") == 1
    other = Session.objects.get(agent=WECHAT)
    desk.post(reverse("end-own-sessions"), {"session": other.pk})
    assert b"ended from another device" in phone.get("/me/", follow=True, headers={"accept-language": "en"}).content
    assert is_in(desk)


def test_all_others_end_and_somebody_elses_do_not(company: SmallCompany) -> None:
    mine, others, stranger = Client(), [Client(), Client()], Client()
    for one in (mine, *others):
        enter(one, "KF2")
    enter(stranger, "KF3")
    foreign = Session.objects.get(user__username="KF3")
    mine.post(reverse("end-own-sessions"), {"session": foreign.pk})
    mine.post(reverse("end-own-sessions"), {"session": "others"})
    assert [is_in(one) for one in (mine, *others, stranger)] == [True, False, False, True]


def test_an_idle_session_ends_with_a_word_sooner_for_administrators(company: SmallCompany) -> None:
    for name, minutes, stays in (("KF2", 31, True), ("security", 31, False), ("KF2", 481, False)):
        client = Client(headers={"accept-language": "en"})
        enter(client, name)
        Session.objects.filter(user__username=name).update(seen_at=timezone.now() - timedelta(minutes=minutes))
        assert is_in(client) is stays, name
    assert set(Session.objects.exclude(ended_at=None).values_list("ended_reason", flat=True)) == {"idle"}


def test_the_word_of_an_idle_session_is_read_at_the_door(company: SmallCompany, visitor: Client) -> None:
    enter(visitor, "KF2")
    Session.objects.update(seen_at=timezone.now() - timedelta(days=2))
    assert b"nothing happened for a while" in visitor.get("/me/", follow=True).content


def test_no_session_lasts_for_ever(company: SmallCompany, visitor: Client) -> None:
    enter(visitor, "KF2")
    Session.objects.update(created_at=timezone.now() - timedelta(hours=168))
    assert not is_in(visitor)


def test_a_new_password_ends_all_other_sessions(company: SmallCompany) -> None:
    mine, other = Client(), Client(headers={"accept-language": "en"})
    enter(mine, "KF2")
    enter(other, "KF2")
    new = "a quiet evening rain"
    mine.post(reverse("my-password"), {"present": "correct horse", "password": new, "again": new})
    assert is_in(mine)
    assert b"The password was changed" in other.get("/me/", follow=True).content


def test_who_is_in_cannot_guess_the_present_password_without_end(signed_in: SignedIn) -> None:
    client = signed_in("KF2")
    new = "a quiet evening rain"
    for _ in range(5):
        client.post(reverse("my-password"), {"present": "wrong", "password": new, "again": new})
    client.post(reverse("my-password"), {"present": "correct horse", "password": new, "again": new})
    assert User.objects.get(username="KF2").check_password("correct horse")


def test_a_session_whose_row_is_gone_is_not_trusted(company: SmallCompany, visitor: Client) -> None:
    enter(visitor, "KF2")
    Session.objects.all().delete()
    assert not is_in(visitor)


def test_a_session_begun_elsewhere_gets_its_row(signed_in: SignedIn) -> None:
    client = signed_in("KF2")
    assert is_in(client)
    assert Session.objects.get(user__username="KF2").method == "other"


def test_an_administrator_ends_the_sessions_of_an_account(signed_in: SignedIn) -> None:
    theirs, client = signed_in("KF2"), signed_in("security")
    user = User.objects.get(username="KF2")
    assert is_in(theirs)
    client.post(reverse("account-do", args=[user.pk]), {"act": "end-sessions"})
    assert not is_in(theirs)


def test_being_seen_is_written_once_a_minute(signed_in: SignedIn, django_assert_num_queries: Counted) -> None:
    client = signed_in("KF2")
    client.get("/manifest.webmanifest")
    with django_assert_num_queries(3):  # Django's session, ours with the account, the powers
        client.get("/manifest.webmanifest")
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    with django_assert_num_queries(4):
        client.get("/manifest.webmanifest")


@pytest.mark.parametrize("page", ["accounts", "invite", "sign-in-policy", "my-security", "my-settings", "my-factor"])
def test_pages_take_few_queries(page: str, signed_in: SignedIn, django_assert_max_num_queries: Counted) -> None:
    client = signed_in("security")
    client.get(reverse(page))
    with django_assert_max_num_queries(15):
        assert client.get(reverse(page)).status_code == 200


def test_the_page_of_an_account_takes_few_queries(signed_in: SignedIn, django_assert_max_num_queries: Counted) -> None:
    client, user = signed_in("security"), User.objects.get(username="KF1")
    for _ in range(3):
        enter(Client(), "KF1")
    with django_assert_max_num_queries(15):
        client.get(reverse("account", args=[user.pk]))


def test_the_list_is_searched_filtered_and_ordered(signed_in: SignedIn) -> None:
    client = signed_in("security")

    def names(**asked: str) -> list[str]:
        return [row.user.username for row in client.get(reverse("accounts"), asked).context["rows"]]

    assert names(q="KF") == ["KF1", "KF2", "KF3", "KF4"]
    assert names(q="KF", order="-username") == ["KF4", "KF3", "KF2", "KF1"]
    User.objects.filter(username="KF3").update(is_active=False)
    assert names(state="suspended") == ["KF3"]
    assert names(q="林晓雯") == ["KF1"]
    assert names(q="\x00", state="nonsense", role="x" * 500, order="password", page="-1") != []
    assert names(role="99999999999999999999") != []


def test_old_sessions_and_attempts_are_forgotten(company: SmallCompany, visitor: Client) -> None:
    enter(visitor, "KF2")
    enter(Client(), "KF2")
    Session.objects.filter(pk=Session.objects.latest("pk").pk).update(ended_at=timezone.now() - timedelta(days=91))
    jobs.clean_sessions.now()
    assert Session.objects.count() == 1
    assert is_in(visitor)
