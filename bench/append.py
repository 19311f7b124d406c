"""A batch comes in, and a person's score is there: the wait of somebody who watches."""

import random
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa

from bench import facts
from bench.measuring import Figure, Options, Section
from bench.twelve import scheme, twelve
from fenming.lake.engine import DuckEngine
from fenming.lake.measure import measure
from fenming.lake.tables import Lake
from fenming.library.schemes import Scheme
from fenming.pipeline.cards import Participant, Stay, score
from fenming.rules.periods import parse

MONTH, ROWS, BATCH = parse("2026-03"), 4_000_000, 1_000
Steps = dict[str, list[float]]


def run(options: Options) -> Section:
    """New facts of one day, then corrections of one day and of the whole month, on a copy of the table."""
    made = facts.sessions(options.of(ROWS), over=MONTH)
    root = facts.kept() / "append"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(made, root)
    lake, engine = Lake(root), DuckEngine([root])
    batches = _Batches(root, random.Random(5))
    cases = {"1,000 new facts of one day": batches.new, "1,000 corrections of one day": batches.of_a_day,
             "1,000 corrections over the month": batches.of_the_month}  # fmt: skip
    taken: dict[str, Steps] = {name: {"write": [], "readings": [], "score": []} for name in cases}
    for turn in range(options.rounds + 1):
        for name, batch in cases.items():
            steps = _once(lake, engine, batch, scheme(), turn)
            for step, seconds in steps.items() if turn else ():
                taken[name][step].append(seconds)
    shutil.rmtree(root)
    return Section(
        "Append",
        f"{BATCH:,} facts written into a month of {options.of(ROWS):,}, then a person's month measured "
        "again and scored.",
        [_figure(name, steps, 0.5 if "new" in name else None) for name, steps in taken.items()],
    )


def _figure(name: str, steps: Steps, target: float | None) -> Figure:
    totals = sorted(map(sum, zip(*steps.values(), strict=True)))
    middle = {step: sorted(seconds)[len(seconds) // 2] for step, seconds in steps.items()}
    note = ", ".join(f"{step} {seconds:.3f} s" for step, seconds in middle.items())
    return Figure(f"{name} → score", totals[len(totals) // 2], None, target, note, "seconds")


def _once(lake: Lake, engine: DuckEngine, batch: Callable[[], pa.Table], by: Scheme, turn: int) -> dict[str, float]:
    rows = batch()
    start = time.perf_counter()
    written = lake.write(facts.FACT, rows, name=f"batch {turn}", source="bench")
    assert written.new + written.changed == rows.num_rows, written
    wrote = time.perf_counter()
    tally = measure(engine, lake.snapshot(), twelve(), MONTH, only=["E00007"])
    measured = time.perf_counter()
    stay = Stay(scheme=by, start=MONTH.start, end=MONTH.end)
    one = Participant(person="E00007", subject="E00007", name="E00007", group="all", stays=(stay,))
    definitions = by.definitions()
    cards = score([one], lambda person, name, span: tally.reading(definitions[name], (person, span)), MONTH).cards
    assert cards[0].total is not None
    return {"write": wrote - start, "readings": measured - wrote, "score": time.perf_counter() - measured}


class _Batches:
    """Facts that come in: new ones, and others that are there already with another rating."""

    def __init__(self, root: Path, some: random.Random) -> None:
        self.root, self.some, self.numbers = root, some, count(900_000_000)

    def new(self) -> pa.Table:
        day = datetime(2026, 3, 17)
        rows = [
            {
                "fact_id": f"S{next(self.numbers)}",
                "occurred_at": day + timedelta(seconds=self.some.randrange(86_400)),
                "zone": "Asia/Shanghai",
                "employee": f"E{self.some.randrange(facts.PEOPLE):05d}",
                "platform": "jd",
                "answered": True,
                "first_reply_ms": self.some.randrange(60_000),
                "handle_ms": self.some.randrange(900_000),
                "resolved": self.some.random() < 0.8,
                "rating": self.some.randint(1, 5),
            }
            for _ in range(BATCH)
        ]
        return pa.Table.from_pylist(rows)

    def of_a_day(self) -> pa.Table:
        return self._corrected("AND occurred_at >= TIMESTAMP '2026-03-17' AND occurred_at < TIMESTAMP '2026-03-18'")

    def of_the_month(self) -> pa.Table:
        return self._corrected("")

    def _corrected(self, when: str) -> pa.Table:
        files = Lake(self.root).snapshot().files(facts.FACT, MONTH.start, MONTH.end)
        listed = ", ".join(f"'{name}'" for name in files)
        salt = self.some.randrange(1_000_000)
        columns = "* EXCLUDE (batch, source) REPLACE (coalesce(rating, 0) % 5 + 1 AS rating)"
        sql = f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false) WHERE TRUE {when}"
        return duckdb.sql(f"{sql} ORDER BY hash(fact_id, {salt}) LIMIT {BATCH}").to_arrow_table()
