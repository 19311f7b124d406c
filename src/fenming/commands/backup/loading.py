"""Rows into a fresh database: in bulk, its triggers on, its foreign keys checked at the end."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import DatabaseError, connection

from fenming.commands.backup import values
from fenming.commands.backup.manifest import Table
from fenming.commands.backup.rows import Digest, Row, Source, digested, sequence_of
from fenming.library.text import Refusal, refuse

Turns = list[Callable[[Any], Any] | None]


class Fitted:
    """Rows on their way in: digested as the archive has them, and again as this database can hold them."""

    def __init__(self, table: Table, rows: Iterable[Row]) -> None:
        self.given, self.held, self.rounded = Digest(table), Digest(table), 0
        self._rows = rows
        decimals = [(place, one.places) for place, one in enumerate(table.columns) if one.kind == "decimal"]
        self._decimals = decimals if connection.vendor == "sqlite" else []

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.given.add(row)
            for place, places in self._decimals:
                if row[place] is not None:
                    sure = values.sure_digits(row[place], places)
                    self.rounded += sure != row[place]
                    row[place] = sure
            if self._decimals:
                self.held.add(row)
            yield row

    @property
    def digest(self) -> str:
        """What the database must give back."""
        return self.held.hexdigest() if self._decimals else self.given.hexdigest()


def empty(tables: Iterable[Table]) -> None:
    """Take out what migrations themselves have put in."""
    names = [connection.ops.quote_name(table.name) for table in tables]
    connection.check_constraints()  # nothing may be pending on a table that is emptied
    with connection.cursor() as cursor:
        for name in reversed(names):
            cursor.execute(f"DELETE FROM {name}")


def load(table: Table, rows: Iterable[Row]) -> Fitted:
    """Insert all rows and compare them with what the manifest says."""
    fitted = Fitted(table, rows)
    try:
        with connection.wrap_database_errors:
            (_copy if connection.vendor == "postgresql" else _insert)(table, fitted)
    except Refusal:
        raise
    except (DatabaseError, ValueError, TypeError, ArithmeticError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise refuse(
            f"表 {table.name} 的第 {fitted.given.rows} 行附近，数据库不接受：{reason}。什么都没有写入。",
            f"Around row {fitted.given.rows} of {table.name} the database refused: {reason}. Nothing was written.",
        ) from error
    if (fitted.given.rows, fitted.given.hexdigest()) != (table.rows, table.digest):
        raise refuse(
            f"表 {table.name} 的内容与清单不符。请使用另一份备份。",
            f"The rows of {table.name} are not those of the manifest. Use another backup.",
        )
    return fitted


def settle(tables: Iterable[Table]) -> None:
    """Numbers go on after the last one given out; every foreign key is checked now."""
    for table in tables:
        if table.last is not None:
            _continue_after(table, table.last)
    connection.check_constraints()


def verify(source: Source, table: Table, fitted: Fitted) -> None:
    """Read the table back and compare."""
    found = digested(table, source.rows(table))
    if (found.rows, found.hexdigest()) != (table.rows, fitted.digest):
        raise refuse(
            f"恢复后的表 {table.name} 与备份不一致（{found.rows} 行，应为 {table.rows} 行）。什么都没有写入。",
            f"The restored {table.name} differs from the backup ({found.rows} rows of {table.rows}). "
            "Nothing was written.",
        )


def _insert(table: Table, rows: Iterable[Row]) -> None:
    names, turns = _names(table), [values.for_sqlite(column.kind) for column in table.columns]
    marks = ", ".join("?" * len(turns))
    statement = f"INSERT INTO {connection.ops.quote_name(table.name)} ({names}) VALUES ({marks})"
    connection.ensure_connection()
    connection.connection.executemany(statement, (_turned(turns, row) for row in rows))


def _copy(table: Table, rows: Iterable[Row]) -> None:
    turns = [values.for_postgres(column.kind) for column in table.columns]
    with connection.cursor() as cursor:
        statement = f"COPY {connection.ops.quote_name(table.name)} ({_names(table)}) FROM STDIN"
        with cursor.cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(_turned(turns, row))


def _names(table: Table) -> str:
    return ", ".join(connection.ops.quote_name(column.name) for column in table.columns)


def _turned(turns: Turns, row: Row) -> Row:
    return [value if value is None or turn is None else turn(value) for turn, value in zip(turns, row, strict=True)]


def _continue_after(table: Table, last: int) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table.name, last])
        elif sequence := sequence_of(table):
            cursor.execute("SELECT setval(%s, %s, %s)", [sequence, max(last, 1), last > 0])
