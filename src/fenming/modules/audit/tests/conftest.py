"""An auditor, somebody without a part in it, and a log to read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from fenming.controls.operations import Actor, record
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts

SignIn = Callable[[str], Client]
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Any) -> None:
    """A data folder for each test."""
    settings.DATA = tmp_path


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def signed_in(db: None) -> SignIn:
    """Signs in under the name of a shipped role; the accounts are made by ``open_accounts``, which is logged."""
    open_accounts([NewAccount(name="auditor", role="audit_admin"), NewAccount(name="hr", role="hr")], password=PASSWORD)

    def sign_in(name: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        assert client.login(username=name, password=PASSWORD)
        return client

    return sign_in


@pytest.fixture
def some_log(db: None) -> None:
    """Sixty entries of two people."""
    for number in range(60):
        actor = Actor(name="KF1" if number % 2 else "WL1", address="10.0.0.7")
        record(
            actor, "people.change" if number % 3 else "bonus.set_pool", f"=KF{number}",
            before={"post": "cs_agent", "phone": "13800000000", "note": f"n{number}"},
            after={"post": "cs_lead", "phone": "13900000000", "note": f"n{number}"},
        )  # fmt: skip
