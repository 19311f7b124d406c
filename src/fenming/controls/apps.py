"""The paperwork as a Django app."""

import sqlite3
from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class ControlsConfig(AppConfig):
    name = "fenming.controls"

    def ready(self) -> None:
        from fenming.controls.validity import guard_again

        connection_created.connect(know_sqlite, dispatch_uid="fenming.sqlite")
        post_migrate.connect(guard_again, sender=self, dispatch_uid="fenming.guards")


def know_sqlite(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """What Django would assume or ask.

    It assumes 999 values a statement; the library's own limit makes bulk writes thirty times fewer. Whether there is
    JSON it asks in a transaction, and while somebody writes for long it would take the wait for a no, for good.
    """
    if connection.vendor == "sqlite":
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = min(limit, 32_000)
        connection.features.supports_json_field = True
