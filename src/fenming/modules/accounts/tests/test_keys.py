"""The pages of API keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.modules.accounts.models import ApiKey, User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.accounts.queries.keys import key_of
from fenming.modules.conftest import PASSWORD, SmallCompany
from fenming.modules.messages.models import Message


@pytest.fixture
def keeper(small_company: SmallCompany) -> Client:
    open_accounts([NewAccount(name="security", role="security_admin")], password=PASSWORD)
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(username="security"))
    return client


def typed(**more: Any) -> dict[str, Any]:
    last = timezone.localdate() + timedelta(days=30)
    return {"name": "Payroll", "account": "hr", "expires": f"{last}", "permissions": ["people.view"], **more}


def made(keeper: Client, **more: Any) -> tuple[ApiKey, str]:
    answer = keeper.post(reverse("new-key"), typed(**more))
    assert answer.status_code == 200
    return ApiKey.objects.latest("id"), answer.context["token"]


def test_a_new_key_is_shown_once_and_works(keeper: Client) -> None:
    key, token = made(keeper, networks="192.0.2.0/24, 2001:db8::/32")
    assert key_of(token, "192.0.2.9", timezone.now()) == key
    assert key.networks == ["192.0.2.0/24", "2001:db8::/32"]
    assert timezone.localtime(key.last_moment).date() == timezone.localdate() + timedelta(days=30)
    page = keeper.get(reverse("keys"))
    assert key.prefix in page.content.decode()
    assert token[-43:] not in page.content.decode()


def test_the_page_with_the_secret_is_kept_by_nobody(keeper: Client) -> None:
    answer = keeper.post(reverse("new-key"), typed())
    assert "no-store" in answer["Cache-Control"]
    assert answer.context["token"] in answer.content.decode()


def test_the_account_is_told_of_a_key_that_acts_for_it(keeper: Client) -> None:
    made(keeper)
    assert Message.objects.get(topic="accounts.key_made").recipient.username == "hr"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"account": "nobody"}, "There is no active account of this name"),
        ({"expires": "2020-01-01"}, "A key lasts until a day from today on"),
        ({"expires": "9999-12-31"}, "A key lasts until a day from today on"),
        ({"networks": "nonsense"}, "is no network"),
        ({"permissions": ["security.keys"]}, "not one of the available choices"),
        ({"permissions": []}, "This field is required"),
        ({"account": "KF1", "permissions": ["people.edit"]}, "The account itself does not have"),
        ({"name": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_a_key_is_said(wrong: dict[str, Any], words: str, keeper: Client) -> None:
    answer = keeper.post(reverse("new-key"), typed(**wrong))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_rotation_shows_the_new_secret_and_keeps_the_old_one_a_while(keeper: Client) -> None:
    key, old = made(keeper)
    last = timezone.localdate() + timedelta(days=200)
    answer = keeper.post(reverse("rotate-key", args=[key.pk]), {"overlap": "24", "expires": f"{last}"})
    new = answer.context["token"]
    assert key_of(old, "", timezone.now()) == key_of(new, "", timezone.now()) == key
    assert key_of(old, "", timezone.now() + timedelta(hours=25)) is None


def test_a_revoked_key_stays_in_the_list_and_cannot_be_revived(keeper: Client) -> None:
    key, token = made(keeper)
    keeper.post(reverse("revoke-key", args=[key.pk]))
    assert key_of(token, "", timezone.now()) is None
    assert "revoked" in keeper.get(reverse("keys")).content.decode()
    last = timezone.localdate() + timedelta(days=9)
    answer = keeper.post(reverse("rotate-key", args=[key.pk]), {"overlap": "0", "expires": f"{last}"})
    assert answer.status_code == 422
    assert keeper.post(reverse("revoke-key", args=[key.pk])).status_code == 302
    assert keeper.post(reverse("revoke-key", args=[2**63])).status_code == 404


def test_the_list_is_few_queries_however_many_keys(keeper: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        made(keeper)
    with django_assert_max_num_queries(15):
        assert keeper.get(reverse("keys")).status_code == 200
