"""What the tests beside the code share."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import translation


@pytest.fixture(autouse=True)
def plain_static(settings: object) -> None:
    """Files by their own names, so that no test needs collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is read outside a request speaks English, whatever test ran before."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def kept_connection() -> Iterator[None]:
    """A request that ends inside a test leaves the connection, whose transaction is the test's."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)
