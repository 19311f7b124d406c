"""Facts at rest: one Delta table a fact type, one writer a table, readers by version.

The writer compares a batch with what is there: new facts are appended, equal ones ignored, changed ones merged. Readers
never deduplicate. A reader takes a snapshot (versions, then lists of files) and never globs the folder.
"""

import fcntl
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote, urlparse

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from fenming.lake.schema import PROVENANCE, arrow_schema, literal, sql_columns
from fenming.library.facts import fact_type, fact_types
from fenming.library.text import refuse
from fenming.rules.periods import months

ATTEMPTS = 8
COMPACT_AFTER = 200
FILE_SIZE = 4 << 20
"""Bytes of a file: a month is several files in the order of time, so that a corrected day rewrites only its own."""
_PARTITION = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a batch. ``version`` is the table's version afterwards, none when nothing was ever written."""

    fact: str
    new: int
    same: int
    changed: int
    version: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The versions of all tables at one moment, and the files behind them."""

    root: Path
    versions: Mapping[str, int]

    def files(self, fact: str, start: date | None, end: date) -> list[str]:
        """The files that hold the facts from ``start`` (none: the beginning) up to ``end``."""
        if fact not in self.versions:
            return []
        table = DeltaTable(self.root / fact, version=self.versions[fact])
        if start is None:
            last = (end - timedelta(days=1)).strftime("%Y-%m")
            return _paths(table.file_uris(file_pruning_predicate=[(_PARTITION, "<=", last)]))
        wanted = [month.label for month in months(start, end)]
        return _paths(table.file_uris(file_pruning_predicate=[(_PARTITION, "in", wanted)]))

    def facts(self) -> set[str]:
        return set(self.versions)

    def months(self, fact: str) -> list[str]:
        """The months in which there are facts of a kind, such as 2026-10, the earliest first."""
        if fact not in self.versions:
            return []
        table = DeltaTable(self.root / fact, version=self.versions[fact])
        return sorted({str(part[_PARTITION]) for part in table.partitions()})


def _paths(uris: Iterable[str]) -> list[str]:
    return sorted(unquote(urlparse(uri).path) if uri.startswith("file:") else uri for uri in uris)


class Lake:
    """The folder of facts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def snapshot(self) -> Snapshot:
        """The newest version of every table, to be pinned by a run."""
        present = [name for name in fact_types() if (self.root / name / "_delta_log").is_dir()]
        return Snapshot(self.root, {name: DeltaTable(self.root / name).version() for name in present})

    def pinned(self, versions: Mapping[str, int]) -> Snapshot:
        """The snapshot that a run pinned earlier."""
        return Snapshot(self.root, dict(versions))

    def write(self, fact: str, batch: pa.Table | Sequence[Path], *, name: str, source: str) -> Written:
        """Take a batch into the table of its fact. ``batch`` is a typed table or the files of one, with unique ids.

        Safe to repeat: a batch written twice changes nothing the second time. Each commit is whole or absent.
        """
        with self._writing(fact):
            for attempt in range(ATTEMPTS):
                try:
                    return self._write(fact, batch, name=name, source=source)
                except CommitFailedError:
                    if attempt == ATTEMPTS - 1:
                        raise
        raise AssertionError("unreachable")

    def _write(self, fact: str, batch: pa.Table | Sequence[Path], *, name: str, source: str) -> Written:
        connection = duckdb.connect(config={"preserve_insertion_order": False})
        connection.execute("SET enable_progress_bar = false").fetchall()
        try:
            staged = _stage(connection, fact, batch, name=name, source=source)
            path = self.root / fact
            table = DeltaTable(path) if (path / "_delta_log").is_dir() else None
            new, changed, moved = _compare(connection, fact, table)
            if new or table is None:
                write_deltalake(
                    path,
                    _reader(connection, fact, "fresh"),
                    mode="append",
                    partition_by=[_PARTITION],
                    target_file_size=FILE_SIZE,
                )
            if changed and table is not None:
                _merge(DeltaTable(path), connection, fact, moved)
            written = DeltaTable(path)
            if len(written.file_uris()) > COMPACT_AFTER + _months(connection):
                written.optimize.compact()
            return Written(
                fact=fact, new=new, same=staged - new - changed, changed=changed, version=DeltaTable(path).version()
            )
        finally:
            connection.close()

    def compact(self, fact: str) -> None:
        """Fewer, larger files; what readers see does not change."""
        with self._writing(fact):
            DeltaTable(self.root / fact).optimize.compact()

    def vacuum(self, *, keep: Iterable[Mapping[str, int]] = (), hours: int = 168) -> int:
        """Delete files that no kept version and no version of the last ``hours`` needs; returns how many."""
        pinned = list(keep)
        removed = 0
        for fact in self.snapshot().versions:
            with self._writing(fact):
                table = DeltaTable(self.root / fact)
                versions = sorted({one[fact] for one in pinned if fact in one})
                removed += len(
                    table.vacuum(
                        retention_hours=hours,
                        enforce_retention_duration=False,
                        dry_run=False,
                        full=True,
                        keep_versions=versions or None,
                    )
                )
                removed += self._sweep(fact)
        return removed

    def _sweep(self, fact: str) -> int:
        """Remove the half-written files of a killed writer, which vacuum does not list."""
        leftovers = [path for path in (self.root / fact).rglob("*.parquet#*") if path.is_file()]
        for path in leftovers:
            path.unlink()
        return len(leftovers)

    def drop(self) -> None:
        """Forget every fact. For the demo company, which is made afresh."""
        shutil.rmtree(self.root)
        self.root.mkdir(parents=True)

    @contextmanager
    def _writing(self, fact: str) -> Iterator[None]:
        with (self.root / f".{fact}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _stage(
    connection: duckdb.DuckDBPyConnection, fact: str, batch: pa.Table | Sequence[Path], *, name: str, source: str
) -> int:
    """The batch as the relation ``staged``, with its provenance and the partition derived from the event's time."""
    if isinstance(batch, pa.Table):
        connection.register("given", batch)
        origin, given = "given", set(batch.column_names)
    else:
        files = ", ".join(literal(path) for path in batch)
        origin = f"read_parquet([{files}], union_by_name = true)"
        given = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {origin}").fetchall()}
    fixed = {"batch": literal(name), "source": literal(source), _PARTITION: "strftime(occurred_at, '%Y-%m')"}
    if "fact_id" not in given:
        fixed["fact_id"] = f"'{fact}:' || concat_ws('|', {', '.join(fact_type(fact).key)})"
    types = {"source_row": "BIGINT", **sql_columns(fact)}
    columns = []
    for field in arrow_schema(fact):
        kind = types.get(field.name, "VARCHAR")
        value = fixed.get(field.name) or (f'"{field.name}"' if field.name in given else "NULL")
        columns.append(f'CAST({value} AS {kind}) AS "{field.name}"')
    connection.execute(f"CREATE TEMP TABLE staged AS SELECT {', '.join(columns)} FROM {origin}").fetchall()
    _check_identity(connection, fact, derived="fact_id" not in given)
    return int(connection.execute("SELECT count(*) FROM staged").fetchall()[0][0])


def _check_identity(connection: duckdb.DuckDBPyConnection, fact: str, *, derived: bool) -> None:
    """Refuse rows that cannot be told apart or put in time: an empty part of a key would make two facts one, and
    readers never deduplicate."""
    for name in (*(fact_type(fact).key if derived else ("fact_id",)), "occurred_at"):
        empty = _count(connection, f"staged WHERE {name} IS NULL")
        if empty:
            raise refuse(
                f"“{fact}”有 {empty} 行的“{name}”为空，无法区分或定位这些记录。请补上后再导入。",
                f"In {empty} rows of “{fact}” “{name}” is empty, so they cannot be told apart or put in time. "
                "Fill it in and import again.",
            )
    doubles = _count(connection, "(SELECT fact_id FROM staged GROUP BY fact_id HAVING count(*) > 1)")
    if doubles:
        raise refuse(
            f"这一批“{fact}”中有 {doubles} 个编号重复出现，每条事实只能有一行。请去掉重复后再导入。",
            f"{doubles} ids of “{fact}” occur twice in this batch. Leave one row of each and import again.",
        )


def _compare(connection: duckdb.DuckDBPyConnection, fact: str, table: DeltaTable | None) -> tuple[int, int, list[str]]:
    """Split ``staged`` into ``fresh`` and ``changed``; equal facts are in neither. Also the months changed facts leave.

    A fact is looked up in every month, since a corrected time may move it; DuckDB prunes by the ids' ranges.
    """
    if table is None:
        connection.execute("CREATE TEMP VIEW fresh AS SELECT * FROM staged").fetchall()
        return _count(connection, "fresh"), 0, []
    files = ", ".join(literal(path) for path in _paths(table.file_uris()))
    compared = [field.name for field in arrow_schema(fact) if field.name not in (*PROVENANCE, "fact_id", _PARTITION)]
    differs = " OR ".join(f'staged."{name}" IS DISTINCT FROM held."{name}"' for name in compared)
    connection.execute(
        f"CREATE TEMP TABLE held AS SELECT * FROM read_parquet([{files}], hive_partitioning = false) AS h"
        " WHERE h.fact_id IN (SELECT fact_id FROM staged)"
        if files
        else "CREATE TEMP TABLE held AS SELECT * FROM staged WHERE FALSE"
    ).fetchall()
    connection.execute("CREATE TEMP TABLE fresh AS SELECT * FROM staged ANTI JOIN held USING (fact_id)").fetchall()
    connection.execute(
        "CREATE TEMP TABLE changed AS SELECT staged.*, strftime(held.occurred_at, '%Y-%m') AS left_month,"
        " held.occurred_at AS left_at"
        f" FROM staged JOIN held USING (fact_id) WHERE {differs}"
    ).fetchall()
    left = connection.execute("SELECT DISTINCT left_month FROM changed ORDER BY 1").fetchall()
    return _count(connection, "fresh"), _count(connection, "changed"), [row[0] for row in left]


def _merge(table: DeltaTable, connection: duckdb.DuckDBPyConnection, fact: str, left: list[str]) -> None:
    """Replace changed facts. Literal bounds on the partition and the ids keep the merge away from other files."""
    low, high, first, last = connection.execute(
        "SELECT min(fact_id), max(fact_id), min(left_at), max(left_at) FROM changed"
    ).fetchall()[0]
    listed = ", ".join(literal(month) for month in left)
    predicate = (
        f"held.{_PARTITION} IN ({listed})"
        f" AND held.occurred_at >= TIMESTAMP '{first}' AND held.occurred_at <= TIMESTAMP '{last}'"
        f" AND held.fact_id >= {literal(low)} AND held.fact_id <= {literal(high)}"
        " AND held.fact_id = fresh.fact_id"
    )
    source = _reader(connection, fact, "changed").read_all()
    merger = table.merge(source, predicate, source_alias="fresh", target_alias="held")
    merger.when_matched_update_all().execute()


def _reader(connection: duckdb.DuckDBPyConnection, fact: str, relation: str) -> pa.RecordBatchReader:
    names = ", ".join(f'"{name}"' for name in arrow_schema(fact).names)
    order = " ORDER BY month, occurred_at"
    table: pa.Table = connection.sql(f"SELECT {names} FROM {relation}{order}").to_arrow_table()
    return table.cast(arrow_schema(fact)).to_reader(max_chunksize=200_000)


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def _months(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("SELECT count(DISTINCT month) FROM staged").fetchall()[0][0])
