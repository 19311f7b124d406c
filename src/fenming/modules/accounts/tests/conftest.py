"""The small company with a security administrator, and clients that speak English."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.conftest import PASSWORD, SmallCompany, found_people

SignedIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def plain_static(settings: Settings) -> None:
    """Files by their own names, so that no test needs collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def company(quick_hashes: None, small_company: SmallCompany) -> SmallCompany:
    """The small company, with a security administrator."""
    open_accounts([NewAccount(name="security", role="security_admin")], password=PASSWORD)
    return small_company


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def staff(quick_hashes: None, db: None) -> None:
    """The people and accounts of the small company only, for what has to do with neither lake nor schemes."""
    found_people()
    open_accounts([NewAccount(name="security", role="security_admin")], password=PASSWORD)


@pytest.fixture
def signed_in(company: SmallCompany) -> SignedIn:
    """A client that is signed in under a name."""
    return client_of


def client_of(name: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(username=name))
    return client


def enter(client: Client, name: str, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    """Type name and password at the door."""
    return client.post("/sign-in/", {"username": name, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/me/security/").status_code == 200
