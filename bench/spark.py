"""The other engine on the same facts, with its start-up apart."""

import shutil
import time
from pathlib import Path

from bench import facts
from bench.measuring import Figure, Options, Section, apart, interleaved, medians
from bench.readings import MONTH, fenming, values
from bench.twelve import agree, twelve
from fenming.lake.engine import DuckEngine, SparkEngine
from fenming.lake.measure import measure
from fenming.lake.tables import Lake


def on_spark(root: str, rounds: int) -> dict[str, float]:
    """Start-up, then a month on both engines, in turn."""
    start = time.perf_counter()
    spark = SparkEngine(master="local[2]")
    started = time.perf_counter() - start
    folder, duck = Path(root), DuckEngine([Path(root)])
    wanted, lake = twelve(), Lake(folder)
    tally = measure(spark, lake.snapshot(), wanted, MONTH)
    found = values(fenming(duck, folder, MONTH))
    theirs = {who: {one.id: tally.reading(one, (who, 0)).value for one in wanted} for who in found}
    assert agree(found, theirs) == 0, "the engines differ"
    taken = interleaved(
        {
            "duckdb": lambda: measure(duck, lake.snapshot(), wanted, MONTH),
            "spark": lambda: measure(spark, lake.snapshot(), wanted, MONTH),
        },
        rounds,
    )
    return {"start": started, **medians(taken)}


def run(options: Options) -> Section:
    """Left out, and said so, where Java is absent."""
    rows = options.of(facts.ROWS)
    about = f"One month of {rows:,} sessions of a year, on one machine; equal readings."
    if shutil.which("java") is None:
        return Section("Spark", f"{about} Left out: there is no Java here.", [])
    taken = apart("spark", "on_spark", str(facts.sessions(rows)), options.rounds)
    return Section(
        "Spark",
        about,
        [
            Figure("start-up", taken["start"]),
            Figure("DuckDB, one month", taken["duckdb"]),
            Figure("Spark, one month", taken["spark"], taken["spark"] / taken["duckdb"]),
        ],
    )
