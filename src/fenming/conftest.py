"""What the tests beside the code share."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.utils import translation


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other database; it is not skipped, since there is nothing to make good."""

    def elsewhere(item: pytest.Item) -> bool:
        mark = item.get_closest_marker("only_on")
        return mark is not None and connection.vendor not in mark.args

    left_out = [one for one in items if elsewhere(one)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [one for one in items if not elsewhere(one)]


@pytest.fixture(autouse=True)
def plain_static(settings: object) -> None:
    """Files by their own names, so that no test needs collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def quick_passwords(settings: object) -> None:
    """A hash that is made slow on purpose would take a third of all tests' time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


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


@pytest.fixture(autouse=True, scope="session")
def cleared() -> Iterator[None]:
    """What tests have committed is cleared on PostgreSQL although the log refuses it."""
    clearing = connection.ops.sql_flush

    def all_of_it(*arguments: Any, **named: Any) -> list[str]:
        role = "SET session_replication_role ="
        return [f"{role} replica", *clearing(*arguments, **named), f"{role} DEFAULT"]

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            patch.setattr(connection.ops, "sql_flush", all_of_it)
        yield
