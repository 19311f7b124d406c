"""Facts to readings, against the best hand-written query and other engines."""

from pathlib import Path
from typing import Any

from bench import contenders, facts
from bench.measuring import Figure, Options, Section, Times, apart, interleaved, medians, peak, ratio
from bench.servers import postgres
from bench.twelve import agree, scheme, twelve
from fenming.lake.engine import DuckEngine
from fenming.lake.measure import measure
from fenming.lake.tables import Lake
from fenming.pipeline.cards import Participant, Scored, Stay, score
from fenming.rules.periods import Period, parse
from fenming.rules.readings import Reading

MONTH, YEAR = parse("2026-03"), parse("2026")


def fenming(engine: DuckEngine, root: Path, span: Period) -> dict[str, dict[str, Reading]]:
    """Every reading of everybody, as a scoring asks for them."""
    wanted = twelve()
    tally = measure(engine, Lake(root).snapshot(), wanted, span)
    people = sorted({key[0] for key in tally.found() if key[0] is not None})
    return {person: {one.id: tally.reading(one, (person, 0)) for one in wanted} for person in people}


def files(root: Path, span: Period) -> list[str]:
    return Lake(root).snapshot().files(facts.FACT, span.start, span.end)


def ways(root: Path, span: Period) -> dict[str, Any]:
    """What runs in one process, by name."""
    engine, opened = DuckEngine([root]), contenders.connection()
    found = {
        "hand": lambda: contenders.hand(opened, files(root, span), span),
        "fenming": lambda: fenming(engine, root, span),
        "twelve queries": lambda: contenders.twelve_queries(opened, files(root, span), span),
        "polars": lambda: contenders.polars(files(root, span), span),
    }
    if span.days < 100:  # a year would not fit into the memory of most machines
        found["pandas"] = lambda: contenders.pandas(files(root, span), span)
    return found


def memory_of(way: str, rows: int, label: str) -> float:
    """The peak of one way alone in its process."""
    ways(facts.sessions(rows), parse(label))[way]()
    return peak()


def values(found: dict[str, dict[str, Reading]]) -> contenders.Rows:
    return {person: {name: one.value for name, one in own.items()} for person, own in found.items()}


def check(able: dict[str, Any]) -> None:
    """All ways agree to a millionth before any is timed."""
    ours = values(able["fenming"]())
    for name, run in able.items():
        if name != "fenming":
            found = run()
            if found:
                assert agree(ours, found) < 1e-6, f"{name} disagrees"


def stretch(rows: int, span: Period, rounds: int, more: dict[str, Any]) -> tuple[list[Figure], Times]:
    """One table's lines for a month or a year."""
    able = {**ways(facts.sessions(rows), span), **more}
    check(able)
    times = interleaved(able, rounds)
    taken = medians(times)
    told = []
    for name, seconds in taken.items():
        used = f"{apart('readings', 'memory_of', name, rows, span.label):.0f} MiB peak" if name not in more else ""
        target = 1.3 if name == "fenming" else None
        compared = None if name == "hand" else ratio(times, name, "hand")
        told.append(Figure(f"{span.label}: {NAMES[name]}", seconds, compared, target, used))
    return told, times


NAMES = {
    "hand": "one fused DuckDB query by hand",
    "fenming": "Fenming, facts → readings",
    "twelve queries": "DuckDB, a query an indicator",
    "polars": "Polars, streaming",
    "pandas": "pandas",
    "postgres": "PostgreSQL, one query",
    "postgres, twelve": "PostgreSQL, a query an indicator",
}


def scored(rows: int, rounds: int) -> list[Figure]:
    """Readings to cards with grades and ranks, in `rules/`, for 10,000 readings."""
    root, one = facts.sessions(rows), scheme()
    found = fenming(DuckEngine([root]), root, MONTH)
    stay = Stay(scheme=one, start=MONTH.start, end=MONTH.end)
    people = [Participant(person=name, subject=name, name=name, group="all", stays=(stay,)) for name in found]

    def cards() -> Scored:
        return score(people, lambda person, name, _: found[person][name], MONTH)

    seconds = medians(interleaved({"rules": cards}, rounds))["rules"]
    number = sum(len(own) for own in found.values())
    return [Figure("scoring 10,000 readings (curves, weights, grades, because)", seconds * 10_000 / number)]


def run(options: Options) -> Section:
    """One month with everybody, twelve with those that read files."""
    rows = options.of(facts.ROWS)
    root = facts.sessions(rows)
    more: dict[str, Any] = {}
    with postgres() as address:
        if address:
            one, each = contenders.postgresql(address, files(root, MONTH), MONTH)
            more = {"postgres": one, "postgres, twelve": each}
        month, _ = stretch(rows, MONTH, options.rounds, more)
    year, _ = stretch(rows, YEAR, max(1, options.rounds // 2), {})
    return Section(
        "Readings",
        f"12 indicators × {facts.PEOPLE:,} people over {rows:,} service sessions of a year, "
        f"{facts.size_of(root) / 1e6:,.0f} MB of Delta; memory target ≤ 1024 MiB. By hand: the same aggregates, "
        "division in DOUBLE; Fenming divides exactly and keeps numerator, denominator and why.",
        [*month, *year, *scored(rows, options.rounds)],
    )
