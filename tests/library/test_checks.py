"""Every shipped indicator against a query that somebody else wrote from its words, over the demo company's October.

In `checks/` a comment names the indicator and a plain query gives `who` and the value. A table holds the October of its
fact, `every_…` all of its time; `who` is the subject, or the same for everybody when totals are compared.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from fenming.lake.engine import DuckEngine
from fenming.lake.measure import Tally, measure
from fenming.library.facts import fact_types
from fenming.library.indicators import Indicator, indicators
from fenming.pipeline.compute import FactFiles
from fenming.pipeline.demo import company, facts
from fenming.pipeline.demo.events import MAKERS
from fenming.rules.periods import period

OCTOBER = period(date(2026, 10, 1), date(2026, 11, 1))
SUBJECTS = ("employee", "department", "store", "shop", "account")
OF_ALL_TIME = ("audience_change", "headcount_change", "member_visit")
NEAR = Decimal("0.000001")
EVERYBODY = "everybody"


@cache
def checks() -> dict[str, str]:
    """The query of each indicator."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "checks").glob("*.sql")):
        _, *parts = re.split(r"^-- (\w+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        named = dict(zip(parts[::2], parts[1::2], strict=True))
        assert not found.keys() & named.keys(), f"{path.name}: checked twice: {found.keys() & named.keys()}"
        found |= named
    return found


@pytest.fixture(scope="module")
def facts_of_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FactFiles]:
    """September to November of every fact, and all time of those whose indicators look further back."""
    folder = tmp_path_factory.mktemp("demo")
    demo, paths = company(until=date(2026, 11, 23)), {fact: [] for fact in fact_types()}
    for month in demo.months:
        recent = month >= date(2026, 9, 1)
        made = facts(demo, month) if recent else ((fact, MAKERS[fact]) for fact in OF_ALL_TIME)
        for fact, rows in made:
            tables = [rows] if recent else [make(demo, month) for make in rows]
            for number, table in enumerate(tables):
                path = folder / f"{fact}-{month:%Y-%m}-{number}.parquet"
                pq.write_table(table, path)
                paths[fact].append(str(path))
    return folder, FactFiles(paths)


@pytest.fixture(scope="module")
def tallies(facts_of_demo: tuple[Path, FactFiles]) -> Iterator[dict[str, Tally]]:
    """What the product measures, by each kind of subject that an indicator may have."""
    folder, source = facts_of_demo
    engine = DuckEngine([folder])
    yield {
        subject: measure(
            engine, source, [one for one in indicators().values() if subject in one.subjects], OCTOBER, subject=subject
        )
        for subject in SUBJECTS
    }
    engine.close()


@pytest.fixture(scope="module")
def totals(facts_of_demo: tuple[Path, FactFiles]) -> Iterator[Tally]:
    folder, source = facts_of_demo
    engine = DuckEngine([folder])
    yield measure(engine, source, indicators().values(), OCTOBER)
    engine.close()


@pytest.fixture(scope="module")
def asked(facts_of_demo: tuple[Path, FactFiles]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The facts as tables, in a schema for each kind of subject."""
    with duckdb.connect() as connection:
        for fact, paths in facts_of_demo[1].paths.items():
            connection.execute(f"CREATE TABLE {fact} AS SELECT * FROM read_parquet($1)", [paths]).fetchall()
            for subject in (*SUBJECTS, EVERYBODY):
                named = f"SELECT {subject} AS who, * FROM main.{fact} WHERE {subject} IS NOT NULL"
                if subject == EVERYBODY:
                    named = f"SELECT '{EVERYBODY}' AS who, * FROM main.{fact}"
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS of_{subject}").fetchall()
                connection.execute(f"CREATE VIEW of_{subject}.every_{fact} AS {named}").fetchall()
                connection.execute(
                    f"CREATE VIEW of_{subject}.{fact} AS SELECT * FROM of_{subject}.every_{fact}"
                    " WHERE occurred_at >= DATE '2026-10-01' AND occurred_at < DATE '2026-11-01'"
                ).fetchall()
        yield connection


def answers(asked: duckdb.DuckDBPyConnection, name: str, subject: str) -> dict[str, Decimal]:
    """What the check finds for each subject; nobody without a value."""
    asked.execute(f"SET schema = 'of_{subject}'").fetchall()
    rows = asked.execute(checks()[name]).fetchall()
    assert len({who for who, _ in rows}) == len(rows)
    return {who: Decimal(str(value)) for who, value in rows if value is not None}


def assert_near(found: Decimal | None, wanted: Decimal | None, where: str) -> None:
    assert (found is None) == (wanted is None), f"{where}: measured {found}, checked {wanted}"
    if found is not None and wanted is not None:
        assert abs(found - wanted) <= NEAR, f"{where}: measured {found}, checked {wanted}"


def test_every_indicator_has_a_check_and_every_check_an_indicator() -> None:
    assert sorted(checks()) == sorted(indicators())


CASES = [pytest.param(one, subject, id=f"{one.id}-{subject}")
         for one in indicators().values() for subject in one.subjects if subject in SUBJECTS]  # fmt: skip


@pytest.mark.parametrize(("one", "subject"), CASES)
def test_each_subject_reads_what_the_check_finds(
    one: Indicator, subject: str, tallies: dict[str, Tally], asked: duckdb.DuckDBPyConnection
) -> None:
    wanted, tally = answers(asked, one.id, subject), tallies[subject]
    people = {str(key[0]) for key in tally.found() if key[0] is not None} | wanted.keys()
    for who in people:
        nothing = Decimal(0) if one.empty == "zero" else None
        assert_near(tally.reading(one, (who, 0)).value, wanted.get(who, nothing), f"{one.id} of {who}")


@pytest.mark.parametrize("one", indicators().values(), ids=list(indicators()))
def test_the_total_over_everybody_is_what_the_check_finds(
    one: Indicator, totals: Tally, asked: duckdb.DuckDBPyConnection
) -> None:
    assert_near(totals.total(one).value, answers(asked, one.id, EVERYBODY).get(EVERYBODY), one.id)


@pytest.mark.parametrize("one", indicators().values(), ids=list(indicators()))
def test_the_check_looks_at_something(one: Indicator, asked: duckdb.DuckDBPyConnection) -> None:
    assert answers(asked, one.id, EVERYBODY)
