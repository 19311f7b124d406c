"""What the tests beside the code share."""

from collections.abc import Iterator

import pytest
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
