"""Rows out of a database in one snapshot, as lines that both databases share."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import connection, transaction

from fenming.commands.backup import values
from fenming.commands.backup.manifest import Column, Table
from fenming.library.text import refuse

CHUNK = 2000
Row = list[Any]
Turn = Callable[[Any], Any] | None


class Source(Protocol):
    """A database at one moment."""

    def rows(self, table: Table) -> Iterator[Row]: ...

    def last(self, table: Table) -> int | None: ...


class SqliteSource:
    """A read transaction of its own, beside which others go on writing."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def rows(self, table: Table) -> Iterator[Row]:
        names = ", ".join(_quoted(column.name) for column in table.columns)
        order = ", ".join(_quoted(name) for name in table.key)
        cursor = self._database.execute(f"SELECT {names} FROM {_quoted(table.name)} ORDER BY {order}")
        turns = [values.from_sqlite(column.kind, column.places) for column in table.columns]
        while chunk := cursor.fetchmany(CHUNK):
            yield from (_turned(table, turns, row) for row in chunk)

    def last(self, table: Table) -> int | None:
        if not _is_numbered(table):
            return None
        found = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table.name]).fetchone()
        return int(found[0]) if found else 0


class PostgresSource:
    """Django's connection within a REPEATABLE READ transaction."""

    def rows(self, table: Table) -> Iterator[Row]:
        names = ", ".join(values.selected(column.kind, _quoted(column.name)) for column in table.columns)
        order = ", ".join(_ordered(column) for column in table.columns if column.name in table.key)
        turns = [values.from_postgres(column.kind) for column in table.columns]
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {_quoted(table.name)} ORDER BY {order}")
            while chunk := cursor.fetchmany(CHUNK):
                yield from (_turned(table, turns, row) for row in chunk)

    def last(self, table: Table) -> int | None:
        sequence = sequence_of(table)
        if sequence is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
            found = cursor.fetchone()
        return int(found[0]) if found else 0


@contextmanager
def snapshot() -> Iterator[Source]:
    """The site's database at this moment."""
    if connection.vendor == "sqlite":
        with written() as source:
            yield source
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield PostgresSource()


@contextmanager
def written() -> Iterator[Source]:
    """What has been written: on SQLite and committed, on PostgreSQL in this very transaction."""
    if connection.vendor == "postgresql":
        yield PostgresSource()
        return
    database = sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=20, isolation_level=None)
    try:
        database.execute("PRAGMA query_only = ON")
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it is this moment
        yield SqliteSource(database)
    finally:
        database.close()


def sequence_of(table: Table) -> str | None:
    """The sequence behind a table's key on PostgreSQL."""
    if not _is_numbered(table):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [_quoted(table.name), table.key[0]])
        found = cursor.fetchone()
    return str(found[0]) if found and found[0] else None


class Digest:
    """A digest over rows, the same on both databases."""

    def __init__(self, table: Table) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()
        self._json = [place for place, column in enumerate(table.columns) if column.kind == "json"]

    def add(self, row: Row) -> None:
        if self._json:
            row = list(row)
            for place in self._json:
                if row[place] is not None:
                    row[place] = values.canonical_json(row[place])
        self._hash.update(line(row))
        self.rows += 1

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def line(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def digested(table: Table, rows: Iterable[Row]) -> Digest:
    digest = Digest(table)
    for row in rows:
        digest.add(row)
    return digest


def _turned(table: Table, turns: list[Turn], row: tuple[Any, ...]) -> Row:
    try:
        return [value if value is None or turn is None else turn(value) for turn, value in zip(turns, row, strict=True)]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise refuse(
            f"表 {table.name} 中有一行无法读取（{str(row[0])[:60]}）：{error}。请先运行 fenming doctor。",
            f"A row of {table.name} cannot be read ({str(row[0])[:60]}): {error}. Run fenming doctor first.",
        ) from error


def _is_numbered(table: Table) -> bool:
    kinds = {column.name: column.kind for column in table.columns}
    return len(table.key) == 1 and kinds[table.key[0]] == "integer"


def _ordered(column: Column) -> str:
    return f'{_quoted(column.name)} COLLATE "C"' if column.kind == "text" else _quoted(column.name)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
