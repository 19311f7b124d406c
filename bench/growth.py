"""How the time for readings grows with facts and with people."""

from itertools import pairwise
from pathlib import Path

from bench import facts
from bench.measuring import Figure, Options, Section, interleaved, medians, slope
from bench.readings import fenming
from fenming.lake.engine import DuckEngine
from fenming.lake.tables import Lake
from fenming.rules.periods import Period, parse

MONTH_ROWS, PEOPLE = 3_000_000, (500, 2_000, 8_000)
STRETCHES = ("2026-03-01..2026-03-22", "2026-01..2026-03", "2026")


def run(options: Options) -> Section:
    """Facts by longer stretches of one table with 2,000 people; people by three tables of a month."""
    rows = options.of(facts.ROWS)
    root, month = facts.sessions(rows), parse("2026-03")
    spans = [parse(text) for text in STRETCHES]
    by_facts = _taken({f"{_rows_in(root, span):,} facts": (root, span) for span in spans}, options.rounds)
    roots = {people: facts.sessions(options.of(MONTH_ROWS), people, over=month) for people in PEOPLE}
    by_people = _taken({f"{people:,} people": (one, month) for people, one in roots.items()}, options.rounds)
    return Section(
        "Growth",
        f"Facts → readings of 12 indicators: longer stretches with {facts.PEOPLE:,} people, then "
        f"{options.of(MONTH_ROWS):,} facts with more people. An exponent of 1 is in proportion; "
        "the target 1.1 allows for noise.",
        [*_figures(by_facts, "facts"), *_figures(by_people, "people")],
    )


def _rows_in(root: Path, span: Period) -> int:
    time = f"f.occurred_at >= TIMESTAMP '{span.start}' AND f.occurred_at < TIMESTAMP '{span.end}'"
    sql = f"SELECT count(*) FROM fact AS f WHERE {time}"
    files = Lake(root).snapshot().files(facts.FACT, span.start, span.end)
    return int(DuckEngine([root]).rows(sql, fact=facts.FACT, files=files)[0][0])


def _taken(cases: dict[str, tuple[Path, Period]], rounds: int) -> dict[str, float]:
    engines = {root: DuckEngine([root]) for root, _ in cases.values()}

    def case(root: Path, span: Period) -> None:
        fenming(engines[root], root, span)

    return medians(interleaved({name: lambda at=at: case(*at) for name, at in cases.items()}, rounds))  # type: ignore[misc]


def _figures(taken: dict[str, float], what: str) -> list[Figure]:
    points = [(float(name.split()[0].replace(",", "")), seconds) for name, seconds in taken.items()]
    exponent = slope(points)
    steps = ", ".join(f"×{b[0] / a[0]:.1f} {what} takes ×{b[1] / a[1]:.1f}" for a, b in pairwise(points))
    told = [Figure(name, seconds) for name, seconds in taken.items()]
    return [*told, Figure(f"exponent over {what}", ratio=exponent, target=1.1, note=steps)]
