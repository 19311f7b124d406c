"""The small company with a security administrator, and clients that speak English."""

from collections.abc import Callable

import pytest
from django.test import Client

from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.conftest import PASSWORD, SmallCompany, found_people

SignedIn = Callable[[str], Client]


@pytest.fixture
def company(small_company: SmallCompany) -> SmallCompany:
    """The small company, with a security administrator."""
    open_accounts([NewAccount(name="security", role="security_admin")], password=PASSWORD)
    return small_company


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def staff(db: None) -> None:
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
