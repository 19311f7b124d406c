"""The second wall: whatever an expression might contain, the engine reads its own folders and does nothing else."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import smallfacts

from fenming.lake.engine import DuckEngine


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "facts"
    folder.mkdir()
    (folder / "own.csv").write_text("a\n1\n", encoding="utf-8")
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "pay.csv").write_text("a\n9\n", encoding="utf-8")
    duckdb.connect(str(folder / "pay.duckdb")).close()
    return folder


@pytest.fixture
def engine(inside: Path) -> Iterator[DuckEngine]:
    made = DuckEngine([inside])
    yield made
    made.close()


def ask(engine: DuckEngine, sql: str) -> list[tuple[object, ...]]:
    return engine.rows(sql, fact="service_session", files=[])


def test_its_own_folders_can_be_read(engine: DuckEngine, inside: Path) -> None:
    assert ask(engine, f"SELECT * FROM read_csv('{inside}/own.csv')") == [(1,)]


HOSTILE = [
    "SELECT * FROM read_csv('{outside}/pay.csv')",
    "SELECT * FROM '{outside}/pay.csv'",
    "SELECT * FROM read_csv('{inside}/../secret/pay.csv')",
    "SELECT * FROM read_text('{outside}/pay.csv')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('{outside}/*')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    "COPY (SELECT 1) TO '{outside}/evil.csv'",
    "COPY (SELECT 1) TO '{inside}/own.csv'",
    "ATTACH '{inside}/new.duckdb' AS new",
    "CREATE TABLE kept AS SELECT 1",
    "CREATE MACRO kept() AS 1",
    "SET VARIABLE kept = 1",
    "SELECT 1; COPY (SELECT 1) TO '{inside}/own.csv'",
    "",
    "EXPORT DATABASE '{outside}/evil'",
    "ATTACH '{outside}/pay.duckdb' AS pay",
    "INSTALL httpfs",
    "INSTALL spatial FROM community",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET memory_limit = '100GB'",
    "SET threads = 64",
    "RESET enable_external_access",
    "PRAGMA threads = 64",
    "SET extension_directory = '{outside}'",
    "SELECT getenv('HOME')",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_reading_elsewhere_writing_attaching_installing_and_settings_are_refused(
    sql: str, engine: DuckEngine, inside: Path, outside: Path
) -> None:
    before = held(inside, outside)
    with pytest.raises((duckdb.Error, PermissionError)):
        ask(engine, sql.format(inside=inside, outside=outside))
    assert held(inside, outside) == before


def held(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.iterdir()}


@pytest.mark.parametrize(
    "sql", [one for one in HOSTILE if one.startswith(("SET lock", "SET en", "RESET", "INSTALL", "LOAD"))]
)
def test_the_database_is_locked_behind_that_door_too(sql: str, engine: DuckEngine) -> None:
    with pytest.raises(duckdb.Error):
        engine._connection.cursor().execute(sql).fetchall()


def test_a_neighbour_whose_name_starts_alike_is_not_its_own(tmp_path: Path) -> None:
    own, neighbour = tmp_path / "lake", tmp_path / "lake-of-others"
    for folder in (own, neighbour):
        folder.mkdir()
    (neighbour / "pay.csv").write_text("a\n9\n", encoding="utf-8")
    engine = DuckEngine([own])
    with pytest.raises(duckdb.PermissionException):
        ask(engine, f"SELECT * FROM read_csv('{neighbour}/pay.csv')")
    engine.close()


def test_a_link_inside_does_not_lead_outside(engine: DuckEngine, inside: Path, outside: Path) -> None:
    (inside / "link.csv").symlink_to(outside / "pay.csv")
    with pytest.raises(duckdb.Error):
        ask(engine, f"SELECT * FROM read_csv('{inside}/link.csv')")


def test_relations_of_one_query_are_gone_for_the_next(engine: DuckEngine) -> None:
    tags = {"tags": smallfacts.pa.table({"tag": ["a"]})}
    assert engine.rows("SELECT * FROM tags", fact="service_session", files=[], relations=tags) == [("a",)]
    with pytest.raises(duckdb.CatalogException, match="tags"):
        ask(engine, "SELECT * FROM tags")


def test_without_files_a_fact_is_an_empty_table_of_its_columns(engine: DuckEngine) -> None:
    assert ask(engine, "SELECT count(*), max(f.rating) FROM fact AS f") == [(0, None)]


def test_a_refused_query_leaves_the_engine_usable(engine: DuckEngine, inside: Path) -> None:
    with pytest.raises(PermissionError, match="one SELECT"):
        ask(engine, "SET threads = 64")
    assert ask(engine, f"SELECT count(*) FROM read_csv('{inside}/own.csv')") == [(1,)]
