"""Dated validity: a change is a new row, and the database refuses rows of one thing that overlap in time."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import connection, migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

GUARDS: set[str] = set()
"""What migrations have the database refuse, by the names of its constraints and triggers (on SQLite without event)."""
_TRIGGERS: dict[str, tuple[str, str]] = {}
"""Of SQLite: each trigger's table, and the statement that makes it."""


class Dated(models.Model):
    """Valid from a day up to another (exclusive, open when empty), with who changed it and why."""

    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("author")
    )

    class Meta:
        abstract = True


def on(day: date, prefix: str = "") -> Q:
    """Rows that are valid on a day."""
    return during(day, None, prefix=prefix)


def during(start: date, end: date | None, prefix: str = "") -> Q:
    """Rows that are valid on some day from ``start`` up to ``end``; without an end, on ``start``."""
    open_ended = Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": start})
    begun = Q(**{f"{prefix}valid_from__lt": end}) if end else Q(**{f"{prefix}valid_from__lte": start})
    return begun & open_ended


def refuse_overlaps(table: str, keys: Sequence[str], where: str = "") -> migrations.RunPython:
    """A migration step: an exclusion constraint on PostgreSQL, triggers on SQLite.

    ``where`` is a boolean column; only the rows that have it may not overlap.
    """
    GUARDS.add(f"{table}_no_overlap")
    for event, statement in zip(("insert", "update"), _SQLITE(table, keys, where), strict=True):
        _TRIGGERS[f"{table}_no_overlap_{event}"] = (table, statement)

    def forwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        write = _POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE
        for statement in write(table, keys, where):
            editor.execute(statement)

    def backwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_no_overlap")
        else:
            for event in ("insert", "update"):
                editor.execute(f"DROP TRIGGER {table}_no_overlap_{event}")

    return migrations.RunPython(forwards, backwards)


def _POSTGRESQL(table: str, keys: Sequence[str], where: str) -> list[str]:  # noqa: N802 - the name of a dialect
    equal = ", ".join(f"{key} WITH =" for key in keys)
    return [
        "CREATE EXTENSION IF NOT EXISTS btree_gist",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap "
        f"EXCLUDE USING gist ({equal}, daterange(valid_from, valid_to) WITH &&)"
        + (f" WHERE ({where})" if where else ""),
    ]


def _SQLITE(table: str, keys: Sequence[str], where: str) -> list[str]:  # noqa: N802 - the name of a dialect
    same = " AND ".join(f"o.{key} = NEW.{key}" for key in keys)
    same += f" AND o.{where} AND NEW.{where}" if where else ""
    overlap = (
        f"SELECT 1 FROM {table} o WHERE o.id <> NEW.id AND {same}"
        " AND o.valid_from < coalesce(NEW.valid_to, '9999-12-31')"
        " AND NEW.valid_from < coalesce(o.valid_to, '9999-12-31')"
    )
    return [
        f"CREATE TRIGGER {table}_no_overlap_{event} AFTER {event.upper()} ON {table} WHEN EXISTS ({overlap}) "
        f"BEGIN SELECT RAISE(ABORT, '{table}: two rows overlap in time'); END"
        for event in ("insert", "update")
    ]


def append_only(table: str) -> migrations.RunPython:
    """A migration step: the database itself refuses to change or delete rows of the table."""
    return _guard(
        table,
        "append_only",
        postgresql=f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW",
        sqlite={event: f"BEFORE {event.upper()} ON {table}" for event in ("update", "delete")},
    )


def kept_whole(table: str, key: str = "id") -> migrations.RunPython:
    """A migration step: nor does it empty the table at once or put a row in another's place, which ask no trigger for
    changes and deletions: TRUNCATE on PostgreSQL, INSERT OR REPLACE on SQLite."""
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
    return _guard(
        table,
        "kept_whole",
        postgresql=f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
        sqlite={"insert": f"BEFORE INSERT ON {table} WHEN {there}"},
    )


def _guard(table: str, name: str, *, postgresql: str, sqlite: dict[str, str]) -> migrations.RunPython:
    guard = f"{table}_{name}"
    GUARDS.add(guard)
    triggers = {
        f"{guard}_{event}": f"CREATE TRIGGER {guard}_{event} {when} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for event, when in sqlite.items()
    }
    _TRIGGERS.update({one: (table, statement) for one, statement in triggers.items()})

    def forwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"CREATE FUNCTION {guard}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
            )
            editor.execute(f"CREATE TRIGGER {guard} {postgresql} EXECUTE FUNCTION {guard}()")
            return
        for statement in triggers.values():
            editor.execute(statement)

    def backwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP TRIGGER {guard} ON {table}")
            editor.execute(f"DROP FUNCTION {guard}()")
            return
        for one in triggers:
            editor.execute(f"DROP TRIGGER {one}")

    return migrations.RunPython(forwards, backwards)


def holds_append_only(table: str) -> bool:
    """Whether the database still refuses to change and delete the table's rows."""
    names = {f"{table}_append_only", f"{table}_kept_whole"}
    query = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')"
    if connection.vendor == "sqlite":
        names = {f"{table}_append_only_{event}" for event in ("update", "delete")} | {f"{table}_kept_whole_insert"}
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return names <= {row[0] for row in cursor.fetchall()}


def guard_again(plan: Sequence[tuple[Any, bool]] = (), **_signal: Any) -> None:
    """After a migration forwards: SQLite alters a table by making another one, and the triggers go with the first."""
    if connection.vendor != "sqlite" or not plan or any(backwards for _migration, backwards in plan):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        there = {row[0] for row in cursor.fetchall()}
        for name, (table, statement) in _TRIGGERS.items():
            if table in there and name not in there:
                cursor.execute(statement)


def as_json(value: Any) -> Any:
    """A value as the operation log keeps it."""
    return value if isinstance(value, int | str | bool | float | list | dict | type(None)) else str(value)
