"""One thread, four threads and Spark give equal readings for every shipped indicator: equal, not close."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fenming.lake.credits import Credits, Span
from fenming.lake.engine import DuckEngine, Engine, SparkEngine
from fenming.lake.measure import Tally, measure
from fenming.lake.needs import lower
from fenming.lake.tables import Lake, Snapshot
from fenming.library.indicators import Indicator, indicators
from fenming.pipeline.demo import company, facts, shifts
from fenming.pipeline.demo.events import MAKERS
from fenming.rules.attribution import Shift, segments
from fenming.rules.periods import period

SPARK = bool(shutil.which("java") and find_spec("pyspark"))
OCTOBER = period(date(2026, 10, 1), date(2026, 11, 1))
LOOKED_BACK_AT = ("audience_change", "headcount_change", "member_visit", "order_line")
EVERY = 5
"""One in so many rows of the large facts is enough to tell engines apart."""

QUICK = {
    "shuffle.partitions": "1",
    "adaptive.enabled": "false",
    "codegen.wholeStage": "false",
    "codegen.factoryMode": "NO_CODEGEN",
}
"""Small facts: planning would take longer than computing."""

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(not SPARK, reason="Spark needs Java and the extra fenming[spark]"),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """September and October of the demo company, written as the lake writes them: months lie in folders."""
    lake, demo = Lake(tmp_path_factory.mktemp("lake")), company()
    september = ((fact, make(demo, date(2026, 9, 1))) for fact in LOOKED_BACK_AT for make in MAKERS[fact])
    for fact, rows in (*september, *facts(demo, OCTOBER.start)):
        lake.write(fact, thinned(rows), name=fact, source="demo")
    return lake.snapshot()


def thinned(rows: pa.Table) -> pa.Table:
    """One in five of many rows, but every row of shared accounts' days, which attribution is about."""
    if rows.num_rows < 5000:
        return rows
    kept = pa.array([number % EVERY == 0 for number in range(rows.num_rows)])
    shared = pc.and_(pc.is_null(rows["employee"]), pc.less(rows["occurred_at"], pa.scalar(datetime(2026, 10, 8))))
    return rows.filter(pc.or_(kept, shared))


@pytest.fixture(scope="module")
def engines(snapshot: Snapshot) -> Iterator[dict[str, Engine]]:
    one, four = DuckEngine([snapshot.root], threads=1), DuckEngine([snapshot.root], threads=4)
    spark = SparkEngine(master="local[2]")
    for name, setting in QUICK.items():
        spark._session.conf.set(f"spark.sql.{name}", setting)
    yield {"one thread": one, "four threads": four, "spark": spark}
    for engine in (one, four, spark):
        engine.close()


def credits() -> Credits:
    """The demo's roster, its tags, and a transfer in mid-month of two people who hold shared accounts."""
    rows = shifts(company(), OCTOBER.start, OCTOBER.end).to_pylist()
    duty = [Shift(person=row["person"], account=row["account"], start=row["start"], end=row["end"]) for row in rows]
    people = sorted({row["person"] for row in rows})
    cuts = (OCTOBER.start, date(2026, 10, 12), OCTOBER.end)
    spans = [
        Span(subject=who, span=number, start=datetime.combine(start, datetime.min.time()),
             end=datetime.combine(end, datetime.min.time()))
        for who in people[:2] for number, (start, end) in enumerate(pairwise(cuts), start=1)
    ]  # fmt: skip
    tags = {who: who for who in people}
    return Credits(segments=tuple(segments(duty, method="equal")), tags=tags, spans=tuple(spans))


def everything(tally: Tally, chosen: list[Indicator]) -> dict[str, Any]:
    """All that an engine may influence: raw values and totals, counts, and the readings made of them."""
    return {
        "values": tally.values,
        "totals": tally.totals,
        "facts": tally.facts,
        "rows": tally.rows,
        "unassigned": tally.unassigned,
        "readings": {one.id: {key: tally.reading(one, key) for key in tally.found()} for one in chosen},
        "total readings": {one.id: tally.total(one) for one in chosen},
    }


def assert_agree(engines: dict[str, Engine], snapshot: Snapshot, chosen: list[Indicator], **more: Any) -> Tally:
    tallies = {name: measure(engine, snapshot, chosen, OCTOBER, **more) for name, engine in engines.items()}
    wanted = everything(tallies["one thread"], chosen)
    for name, tally in tallies.items():
        found = everything(tally, chosen)
        for part in wanted:
            assert found[part] == wanted[part], f"{name}: {part}"
    return tallies["one thread"]


def test_every_shipped_indicator_reads_the_same_on_every_engine(engines: dict[str, Engine], snapshot: Snapshot) -> None:
    chosen = list(indicators().values())
    tally = assert_agree(engines, snapshot, chosen)
    assert len(tally.rows) > 15
    read = [one for one in chosen if any(tally.reading(one, key).value is not None for key in tally.found())]
    assert len(read) > len(chosen) - 12


def test_shared_accounts_tags_and_transfers_are_credited_the_same_on_every_engine(
    engines: dict[str, Engine], snapshot: Snapshot
) -> None:
    chosen = [one for one in indicators().values() if "service_session" in one.measure.facts()]
    tally = assert_agree(engines, snapshot, chosen, credits=credits())
    assert {key[1] for key in tally.found()} == {0, 1, 2}
    assert tally.unassigned["service_session"] > 0
    (need,) = lower(indicators()["sessions"]).needs.values()
    assert any(part != part.to_integral_value() for part in tally.values[need].values() if part is not None)
    assert sum((part for part in tally.values[need].values() if part is not None), Decimal(0)) == tally.totals[need]


def test_values_by_day_and_shop_are_the_same_on_every_engine(engines: dict[str, Engine], snapshot: Snapshot) -> None:
    chosen = [indicators()[name] for name in ("sessions", "response_time", "first_response_p90", "inquiring_buyers")]
    tally = assert_agree(engines, snapshot, chosen, subject="shop", by=("day",))
    assert len({key[2] for key in tally.found()}) == 31


def test_without_files_every_engine_reads_nothing(engines: dict[str, Engine], tmp_path: Path) -> None:
    chosen = [indicators()[name] for name in ("sessions", "first_response_p90", "customer_retention")]
    nothing = Lake(tmp_path / "empty").snapshot()
    assert assert_agree(engines, nothing, chosen).found() == set()
