import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def plain_static(settings: Settings) -> None:
    """Files by their own names, so that no test needs collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
