from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

from fenming.controls.tests.table import Person


@pytest.fixture(scope="module")
def table(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Person)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Person)


@pytest.fixture
def people(table: None, db: None, tmp_path: Path, settings: Settings) -> type[Person]:
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    return Person
