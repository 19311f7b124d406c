"""What the tests of people's pages share: one sign-in for each of the cast, in English."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from fenming.modules.accounts.models import User

SignIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    """Files by their own names, so that no test needs collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def signed_in(db: None) -> SignIn:
    """A client that is signed in under a name."""

    def sign_in(name: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(User.objects.get(username=name))
        return client

    return sign_in
