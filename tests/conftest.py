"""What all tests share."""

from pathlib import Path

import pytest

REAL = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real data sets, which is not part of the project."""
    if not REAL.is_dir():
        pytest.skip("the folder of real data sets is not beside this checkout")
    return REAL


@pytest.fixture(autouse=True)
def plain_static(settings):
    """Pages in tests name static files as they are, without the digests that collectstatic makes."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
