"""The two engines that read facts: DuckDB on one box, Spark on a cluster. Equal readings, bit for bit."""

import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pyarrow as pa
import sqlglot

from fenming.lake.schema import arrow_schema, literal, sql_columns
from fenming.library.text import Refusal, refuse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = tuple[Any, ...]


class Files(Protocol):
    """The files of one fact at one version, for a stretch of time (``start`` none: from the beginning)."""

    def files(self, fact: str, start: date | None, end: date) -> list[str]: ...


class Engine(Protocol):
    """Runs one checked query of the compiler over files and small relations."""

    name: str

    def rows(
        self, sql: str, *, fact: str, files: Sequence[str], relations: Mapping[str, pa.Table] | None = None
    ) -> list[Row]:
        """The rows of ``sql``, in which ``fact`` stands for the files and each relation for its table."""
        ...


class DuckEngine:
    """DuckDB, embedded. The second wall: it reads below ``folders``, does nothing else, and cannot be reconfigured."""

    name = "duckdb"

    def __init__(self, folders: Sequence[Path], *, threads: int = 0, memory: str = "800MB") -> None:
        self._connection = duckdb.connect()
        allowed = [f"{folder.resolve()}/" for folder in folders]
        settings: dict[str, object] = {
            "memory_limit": memory,
            "preserve_insertion_order": False,
            "enable_progress_bar": False,
            "temp_directory": str(Path(tempfile.gettempdir()) / "fenming-spill"),
            "allowed_directories": allowed,
            "enable_external_access": False,
        }
        if threads:
            settings["threads"] = threads
        for name, value in settings.items():
            self._connection.execute(f"SET {name} = $1", [value]).fetchall()
        self._connection.execute("SET lock_configuration = true").fetchall()
        self._lock = threading.Lock()

    def rows(
        self,
        sql: str,
        *,
        fact: str,
        files: Sequence[str],
        relations: Mapping[str, pa.Table] | None = None,
        seconds: float | None = None,
    ) -> list[Row]:
        """As `Engine.rows`; stopped with an InterruptException after so many ``seconds``."""
        with self._lock:
            cursor = self._connection.cursor()
        timer = threading.Timer(seconds, cursor.interrupt) if seconds is not None else None
        try:
            if timer:
                timer.start()
            for name, table in (relations or {}).items():
                cursor.register(name, table)
            query = sql.replace("FROM fact AS f", f"FROM {_source(fact, files)} AS f")
            statements = cursor.extract_statements(query)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise PermissionError("The engine runs one SELECT and nothing else; its folders are not to be written.")
            return cursor.execute(statements[0]).fetchall()
        finally:
            if timer:
                timer.cancel()
                timer.join()
            cursor.close()

    def close(self) -> None:
        self._connection.close()

    def within(self, seconds: float) -> "Hurried":
        """The same engine for somebody who waits: all its queries together take at most so long."""
        return Hurried(self, seconds)


class Hurried:
    """An engine with a deadline; a query that would pass it is stopped and refused in words."""

    name = "duckdb"

    def __init__(self, engine: DuckEngine, seconds: float) -> None:
        self._engine, self._until, self._seconds = engine, time.monotonic() + seconds, seconds

    def rows(
        self, sql: str, *, fact: str, files: Sequence[str], relations: Mapping[str, pa.Table] | None = None
    ) -> list[Row]:
        left = self._until - time.monotonic()
        if left <= 0:
            raise self._too_long()
        try:
            return self._engine.rows(sql, fact=fact, files=files, relations=relations, seconds=left)
        except duckdb.InterruptException as error:
            raise self._too_long() from error

    def _too_long(self) -> Refusal:
        return refuse(
            f"试算超过 {self._seconds:g} 秒，已停止。请少看一些记录，或把公式写得简单些。",
            f"Trying it out took more than {self._seconds:g} s and was stopped. Look at fewer records, or simplify it.",
        )


def _source(fact: str, files: Sequence[str]) -> str:
    if not files:
        kinds = {**dict.fromkeys(arrow_schema(fact).names, "VARCHAR"), "source_row": "BIGINT", **sql_columns(fact)}
        empty = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in kinds.items())
        return f"(SELECT {empty} WHERE FALSE)"
    listed = ", ".join(literal(file) for file in files)
    return f"read_parquet([{listed}], hive_partitioning = false)"


class SparkEngine:
    """Spark, for facts that outgrow one box. Takes the same queries, translated by sqlglot."""

    name = "spark"

    def __init__(self, session: "SparkSession | None" = None, *, master: str = "local[*]") -> None:
        self._session = session or _spark(master)

    def rows(
        self, sql: str, *, fact: str, files: Sequence[str], relations: Mapping[str, pa.Table] | None = None
    ) -> list[Row]:
        if files:
            self._session.read.parquet(*files).createOrReplaceTempView("fact")
        else:
            self._session.sql(_for_spark(f"SELECT * FROM {_source(fact, files)} AS f")).createOrReplaceTempView("fact")
        for name, table in (relations or {}).items():
            self._session.createDataFrame(table).createOrReplaceTempView(name)
        return [tuple(row) for row in self._session.sql(_for_spark(sql)).collect()]

    def close(self) -> None:
        self._session.stop()


def _for_spark(sql: str) -> str:
    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]


def _spark(master: str) -> "SparkSession":
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master(master)
        .appName("fenming")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
        .config("spark.sql.parquet.inferTimestampNTZ.enabled", "true")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
