"""From the invitation to the first page, told with the small company's people."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from fenming.controls.models import Operation, Work
from fenming.modules.accounts import jobs
from fenming.modules.accounts.models import Attempt, Grant, Identity, Link, Provider, Role, Session, User
from fenming.modules.accounts.operations import standing
from fenming.modules.accounts.tests.conftest import SignedIn, enter, is_in
from fenming.modules.conftest import PASSWORD, SmallCompany
from fenming.modules.people.models import Employee

NEW = "a quiet evening rain"


def make_link(client: Client, name: str) -> str:
    """The link that an administrator makes on the account's page."""
    user = User.objects.get(username=name)
    answer = client.post(reverse("account-do", args=[user.pk]), {"act": "link"})
    assert answer.status_code == 200
    return str(answer.context["url"]).removeprefix("http://testserver")


def newcomer() -> Employee:
    return Employee.objects.create(number="KF9", name="新人", joined=date(2026, 11, 1), search="新人 xinren xr kf9")


def test_an_invitation_leads_to_a_password_and_straight_in(signed_in: SignedIn, visitor: Client) -> None:
    newcomer()
    made = signed_in("security").post(reverse("invite"), {"way": "one", "person": "KF9"})
    url = made.context["url"].removeprefix("http://testserver")
    assert b"KF9" in visitor.get(url).content
    given = {"password": NEW, "again": NEW, "language": "en", "time_zone": "Asia/Tokyo"}
    answer = visitor.post(url, given, follow=True)
    assert is_in(visitor)
    assert answer.redirect_chain
    user = User.objects.get(username="KF9")
    assert (user.language, user.time_zone) == ("en", "Asia/Tokyo")
    assert enter(Client(), "KF9", NEW).status_code == 302


def test_a_link_works_once(signed_in: SignedIn, visitor: Client) -> None:
    url = make_link(signed_in("security"), "KF2")
    assert visitor.post(url, {"password": NEW, "again": NEW}).status_code == 302
    answer = Client(headers={"accept-language": "en"}).post(
        url, {"password": "another evening", "again": "another evening"}
    )
    assert answer.status_code == 410
    assert b"used already" in answer.content
    assert User.objects.get(username="KF2").check_password(NEW)


def test_a_newer_link_replaces_the_earlier_one(signed_in: SignedIn, visitor: Client) -> None:
    client = signed_in("security")
    first, second = make_link(client, "KF2"), make_link(client, "KF2")
    assert b"newer one" in visitor.get(first).content
    assert visitor.get(second).status_code == 200


def test_an_expired_link_can_be_asked_for_again_once_an_hour(signed_in: SignedIn, visitor: Client) -> None:
    client = signed_in("security")
    url = make_link(client, "KF2")
    Link.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert b"has expired" in visitor.get(url).content
    for _ in range(3):
        assert visitor.post(f"{url}again/").status_code == 200
    assert Operation.objects.filter(action="accounts.link_ask").count() == 1
    assert b"Somebody needs a new link" in client.get(reverse("inbox")).content
    assert b"Asks for a link" in client.get(reverse("accounts")).content


def test_only_the_digest_of_a_link_is_kept(signed_in: SignedIn) -> None:
    token = make_link(signed_in("security"), "KF2").split("/")[2]
    assert len(token) >= 43
    assert token not in str(list(Link.objects.values()))
    assert token not in str(list(Operation.objects.values()))


def test_everybody_of_a_department_is_invited_by_a_file(signed_in: SignedIn) -> None:
    newcomer()
    answer = signed_in("security").post(reverse("invite"), {"way": "many", "send": "file", "department": ""})
    assert answer["Content-Type"].endswith("sheet")
    assert Link.objects.filter(user__username="KF9", purpose="invite").count() == 1
    assert Link.objects.count() == 1


def test_invitations_go_out_by_letter(signed_in: SignedIn, settings: Settings, visitor: Client) -> None:
    settings.MAIL = {"EMAIL_HOST": "mail.test"}
    Employee.objects.filter(pk=newcomer().pk).update(email="new@example.com")
    Employee.objects.create(number="KF8", name="无信箱", joined=date(2026, 11, 1))
    answer = signed_in("security").post(reverse("invite"), {"way": "many", "send": "mail"}, follow=True)
    assert b"1 person has no e-mail address" in answer.content
    work = Work.objects.get(job="accounts.send_invitations")
    jobs.send_invitations.now(**work.arguments)
    [letter] = mail.outbox
    url = next(line for line in letter.body.splitlines() if line.startswith("http://testserver/link/"))
    assert visitor.get(url).status_code == 200
    assert "link/" not in str(work.arguments)


@pytest.mark.parametrize("name", ["KF2", "kf2@example.com", "nobody", "nobody@example.com"])
def test_who_forgot_the_password_hears_the_same_whether_known_or_not(
    name: str, company: SmallCompany, visitor: Client, settings: Settings
) -> None:
    settings.MAIL = {"EMAIL_HOST": "mail.test"}
    User.objects.filter(username="KF2").update(email="kf2@example.com")
    answer = visitor.post(reverse("forgot-password"), {"name": name})
    assert b"If there is such an account" in answer.content
    assert name.encode() not in answer.content
    assert not mail.outbox
    jobs.send_reset.now(**Work.objects.get(job="accounts.send_reset").arguments)
    assert [one.to for one in mail.outbox] == ([["kf2@example.com"]] if "2" in name else [])


def test_letters_do_not_flood(company: SmallCompany, visitor: Client, settings: Settings) -> None:
    settings.MAIL = {"EMAIL_HOST": "mail.test"}
    for _ in range(5):
        visitor.post(reverse("forgot-password"), {"name": "KF2"})
    assert Work.objects.filter(job="accounts.send_reset").count() == 1


def test_a_new_password_is_held_to_the_policy(signed_in: SignedIn, visitor: Client) -> None:
    url = make_link(signed_in("security"), "KF2")
    refused = {"short": "at least 10", "1234567890123": "numeric", "password123": "common", "zhaohuikf2": "similar"}
    Employee.objects.filter(number="KF2").update(search="赵辉 zhaohui zh kf2")
    for password, why in refused.items():
        answer = visitor.post(url, {"password": password, "again": password})
        assert answer.status_code == 200, password
        assert why in answer.content.decode(), password
    assert b"not the same" in visitor.post(url, {"password": NEW, "again": NEW + "!"}).content


def test_earlier_passwords_are_refused(signed_in: SignedIn) -> None:
    client = signed_in("KF2")
    words = [f"a quiet evening {one}" for one in "abcdefg"]
    present = "correct horse"
    for word in words:
        given = {"present": present, "password": word, "again": word}
        assert client.post(reverse("my-password"), given).status_code == 302
        present = word
    for old, status in ((words[6], 200), (words[5], 200), (words[1], 200), (words[0], 302)):
        assert (
            client.post(reverse("my-password"), {"present": present, "password": old, "again": old}).status_code
            == status
        )


def test_an_old_password_must_be_changed_before_anything_opens(signed_in: SignedIn) -> None:
    security = signed_in("security")
    page = security.get(reverse("sign-in-policy")).context["form"].initial
    assert security.post(reverse("sign-in-policy"), {**page, "roles": [], "age_days_max": 90}).status_code == 302
    client = signed_in("KF2")
    User.objects.filter(username="KF2").update(password_changed_at=timezone.now() - timedelta(days=91))
    assert client.get("/me/")["Location"] == reverse("my-password")
    client.post(reverse("my-password"), {"present": "correct horse", "password": NEW, "again": NEW})
    assert client.get(reverse("my-security")).status_code == 200


def test_the_policy_keeps_its_bounds_and_tells_the_log(signed_in: SignedIn) -> None:
    client = signed_in("security")
    page = client.get(reverse("sign-in-policy")).context["form"].initial
    assert (
        b"greater than or equal to 8"
        in client.post(reverse("sign-in-policy"), {**page, "roles": [], "length_min": 3}).content
    )
    client.post(reverse("sign-in-policy"), {**page, "roles": [], "length_min": 12})
    entry = Operation.objects.get(action="accounts.change_policy")
    assert (entry.before["length_min"], entry.after["length_min"]) == (10, 12)


def test_signing_in_is_noted_and_told_to_the_log(company: SmallCompany, visitor: Client) -> None:
    assert enter(visitor, "kf2").status_code == 302
    assert is_in(visitor)
    assert Attempt.objects.get(user__username="KF2").outcome == "signed_in"
    visitor.post("/sign-out/")
    assert not is_in(visitor)
    actions = list(
        Operation.objects.filter(action__startswith="accounts.sign").order_by("id").values_list("action", flat=True)
    )
    assert actions == ["accounts.sign_in", "accounts.sign_out"]
    assert Session.objects.get(user__username="KF2").ended_reason == "signed_out"


def test_nobody_suspends_oneself_and_the_last_keeper_of_roles_stays(signed_in: SignedIn) -> None:
    client, me = signed_in("security"), User.objects.get(username="security")
    client.post(reverse("account-do", args=[me.pk]), {"act": "suspend"})
    assert User.objects.get(pk=me.pk).is_active
    other = signed_in("KF1")
    role = Role.objects.create(code="helper", name_zh="助理", permissions=["security.accounts"])
    Grant.objects.create(user=User.objects.get(username="KF1"), role=role, reach="all", valid_from=date(2026, 1, 1))
    answer = other.post(reverse("account-do", args=[me.pk]), {"act": "suspend"}, follow=True)
    assert b"last account that can edit roles" in answer.content
    assert User.objects.get(pk=me.pk).is_active


def test_suspending_ends_everything_and_activating_opens_again(signed_in: SignedIn) -> None:
    theirs, client, user = signed_in("KF2"), signed_in("security"), User.objects.get(username="KF2")
    assert is_in(theirs)
    client.post(reverse("account-do", args=[user.pk]), {"act": "suspend"})
    assert not is_in(theirs)
    assert enter(Client(), "KF2").status_code == 200
    client.post(reverse("account-do", args=[user.pk]), {"act": "activate"})
    assert enter(Client(), "KF2").status_code == 302


def test_who_has_left_is_suspended_overnight(company: SmallCompany) -> None:
    today = timezone.localdate()
    Employee.objects.filter(number="KF2").update(left=today)
    Employee.objects.filter(number="KF3").update(left=today + timedelta(days=1))
    assert jobs.suspend_leavers.now() == {"suspended": 1}
    assert not User.objects.get(username="KF2").is_active
    assert User.objects.get(username="KF3").is_active
    assert standing.suspend_leavers() == 0


def test_an_open_session_does_not_lead_letters_elsewhere(company: SmallCompany, signed_in: SignedIn) -> None:
    """Whoever finds a screen unlocked could else have a link to a new password sent to himself."""
    client, user = signed_in("KF2"), User.objects.get(username="KF2")
    given = {"language": "en", "time_zone": "Asia/Shanghai", "email": "thief@example.com"}
    for more in ({}, {"present": "a guess"}):
        assert client.post("/me/settings/", given | more).status_code == 200
        user.refresh_from_db()
        assert user.email == ""
    assert client.post("/me/settings/", given | {"email": ""}).status_code == 302
    assert client.post("/me/settings/", given | {"present": PASSWORD}).status_code == 302
    user.refresh_from_db()
    assert user.email == "thief@example.com"


def test_who_signs_in_by_the_company_gets_no_password_by_letter(company: SmallCompany, settings: Settings) -> None:
    settings.MAIL = {"EMAIL_HOST": "example.com"}
    user = User.objects.get(username="KF2")
    user.email = "kf2@example.com"
    user.set_unusable_password()
    user.save()
    provider = Provider.objects.create(code="c", kind="wecom", name_zh="企微", client="c", secret="s")
    Identity.objects.create(provider=provider, user=user, subject="kf2")
    assert jobs.send_reset.now(who="KF2", base="http://testserver/") == {"sent": 0}
    assert not Link.objects.filter(user=user).exists()


def test_a_letter_leads_to_the_site_whatever_host_was_asked_for(
    company: SmallCompany, visitor: Client, settings: Settings
) -> None:
    settings.MAIL, settings.SITE_URL = {"EMAIL_HOST": "mail.test"}, "https://pay.example.com"
    settings.ALLOWED_HOSTS = ["localhost", "pay.example.com"]
    User.objects.filter(username="KF2").update(email="kf2@example.com")
    visitor.post(reverse("forgot-password"), {"name": "KF2"}, headers={"host": "localhost:4444"})
    jobs.send_reset.now(**Work.objects.get(job="accounts.send_reset").arguments)
    [letter] = mail.outbox
    assert "https://pay.example.com/link/" in letter.body
    assert "localhost" not in letter.body
