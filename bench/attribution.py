"""Sessions of shared accounts shared out over their people, against the best hand-written join."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bench import facts
from bench.measuring import Figure, Options, Section, interleaved, medians, ratio
from bench.twelve import listed, own
from fenming.lake.compile import MILLION
from fenming.lake.credits import Credits
from fenming.lake.engine import DuckEngine
from fenming.lake.measure import Tally, measure
from fenming.lake.tables import Lake
from fenming.library.indicators import Count, Mean, Share
from fenming.rules.attribution import Segment, Shift, segments
from fenming.rules.periods import parse

MONTH = parse("2026-03")
ROWS, ACCOUNTS, PEOPLE_EACH = 4_000_000, 200, 10

INDICATORS = [
    own("sessions_shared", Count(fact=facts.FACT)),
    own("handle_time", Mean(fact=facts.FACT, value="handle_ms")),
    own("resolved", Share(fact=facts.FACT, test="resolved")),
    own("first_reply", Mean(fact=facts.FACT, value="first_reply_ms")),
    own("rating_mean", Mean(fact=facts.FACT, value="rating")),
]
SUMS = {
    "n": "count(*)",
    "handled": "sum(handle_ms)",
    "handled_n": "count(handle_ms)",
    "resolved": "count(*) FILTER (WHERE resolved)",
    "resolved_n": "count(resolved)",
    "reply": "sum(first_reply_ms)",
    "reply_n": "count(first_reply_ms)",
    "rating": "sum(rating)",
    "rating_n": "count(rating)",
}
_OF_PEOPLE = ", ".join(f"sum(CAST({name} AS HUGEINT) * ppm)" for name in SUMS)


def roster(accounts: int = ACCOUNTS) -> list[Shift]:
    """Three slots a day, about five of an account's ten people in each, who come and go up to a quarter off."""
    some, found = random.Random(7), []
    for account in range(accounts):
        people = [f"E{account * PEOPLE_EACH + number:05d}" for number in range(PEOPLE_EACH)]
        for slot in range(-3, 3 * MONTH.days):
            starts = datetime(2026, 3, 1) + timedelta(hours=8 * slot)
            for person in some.sample(people, some.randint(3, 7)):
                early, late = (timedelta(minutes=some.randrange(15)) for _ in range(2))
                end, weight = starts + timedelta(hours=8) + late, some.choice((Decimal(1), Decimal(1), Decimal("0.5")))
                found.append(
                    Shift(person=person, account=f"account_{account}", start=starts - early, end=end, weight=weight)
                )
    return found


def by_fenming(engine: DuckEngine, root: Path, credits: Credits) -> Tally:
    return measure(engine, Lake(root).snapshot(), INDICATORS, MONTH, credits=credits)


BY_SEGMENT = f"""
    seg AS (SELECT DISTINCT account, seg_start FROM sh),
    p AS (SELECT s.account, g.seg_start, {", ".join(f"{sql} AS {name}" for name, sql in SUMS.items())}
          FROM s ASOF JOIN seg g ON s.account = g.account AND s.occurred_at >= g.seg_start
          GROUP BY s.account, g.seg_start)
    SELECT sh.employee, {_OF_PEOPLE} FROM p JOIN sh ON p.account = sh.account AND p.seg_start = sh.seg_start
    WHERE sh.employee IS NOT NULL GROUP BY sh.employee"""

SHARES = f"""
    b AS (SELECT account, start_at AS t FROM r UNION SELECT account, end_at FROM r),
    bounds AS (SELECT account, t AS seg_start FROM b),
    duty AS (SELECT g.account, g.seg_start, r.employee, max(r.weight) AS weight FROM bounds g LEFT JOIN r
             ON g.account = r.account AND r.start_at <= g.seg_start AND r.end_at > g.seg_start GROUP BY ALL),
    parts AS (SELECT *, {MILLION} * weight // sum(weight) OVER one AS part,
                     {MILLION} * weight % sum(weight) OVER one AS rest
              FROM duty WINDOW one AS (PARTITION BY account, seg_start)),
    sh AS (SELECT account, seg_start, employee, part + CAST(
             row_number() OVER (PARTITION BY account, seg_start ORDER BY rest DESC, employee)
             <= {MILLION} - sum(part) OVER (PARTITION BY account, seg_start) AS INTEGER) AS ppm FROM parts)"""


class ByHand:
    """The join of the laboratory: ASOF to the segment, summed by segment, then multiplied by whole shares."""

    def __init__(self, root: Path, shifts: list[Shift], found: list[Segment]) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET memory_limit = '800MB'; SET preserve_insertion_order = false").fetchall()
        self.root, self.roster, self.shares = root, _roster(shifts), _shares(found)

    def credited(self) -> list[tuple[Any, ...]]:
        """From segments with their shares to sums of people."""
        self.connection.register("shares_given", self.shares)
        return self._run(f"sh AS MATERIALIZED (SELECT * FROM shares_given), {BY_SEGMENT}")

    def from_roster(self) -> list[tuple[Any, ...]]:
        """From shifts to sums of people, all in one query."""
        self.connection.register("r", self.roster)
        return self._run(f"{SHARES}, {BY_SEGMENT}")

    def _run(self, rest: str) -> list[tuple[Any, ...]]:
        files = Lake(self.root).snapshot().files(facts.FACT, MONTH.start, MONTH.end)
        rows = (
            f"SELECT account, occurred_at, handle_ms, resolved, first_reply_ms, rating FROM {listed(files)}"
            f" WHERE occurred_at >= TIMESTAMP '{MONTH.start}' AND occurred_at < TIMESTAMP '{MONTH.end}'"
        )
        return self.connection.execute(f"WITH s AS ({rows}), {rest}").fetchall()


def _roster(shifts: list[Shift]) -> pa.Table:
    return pa.table(
        {
            "account": [one.account for one in shifts],
            "employee": [one.person for one in shifts],
            "start_at": pa.array([one.start for one in shifts], pa.timestamp("us")),
            "end_at": pa.array([one.end for one in shifts], pa.timestamp("us")),
            "weight": pa.array([int(one.weight * 2) for one in shifts], pa.int64()),
        }
    )


def _shares(found: list[Segment]) -> pa.Table:
    """Segments and, where one ends without another beginning, a gap that belongs to nobody."""
    starts = {(one.account, one.start) for one in found}
    gaps = [(one.account, one.end, None, 0) for one in found if (one.account, one.end) not in starts]
    rows = [(one.account, one.start, person, ppm) for one in found for person, ppm in one.shares] + gaps
    return pa.table(
        {
            "account": pa.array([row[0] for row in rows], pa.string()),
            "seg_start": pa.array([row[1] for row in rows], pa.timestamp("us")),
            "employee": pa.array([row[2] for row in rows], pa.string()),
            "ppm": pa.array([row[3] for row in rows], pa.int64()),
        }
    )


def same(tally: Tally, rows: list[tuple[Any, ...]]) -> None:
    """Both ways give the same whole numbers for everybody."""
    for person, *sums in rows:
        readings = [tally.reading(one, (person, 0)) for one in INDICATORS]
        ours = [readings[0].numerator]
        for one in readings[1:]:
            ours += [one.numerator, one.denominator]
        assert [int((value or 0) * MILLION) for value in ours] == [int(value) for value in sums], person
    assert len(rows) == len({key[0] for key in tally.found()} - {None}), "not the same people"


def run(options: Options) -> Section:
    """The three ways in interleaved rounds."""
    root = facts.sessions(options.of(ROWS), over=MONTH, named=0, accounts=ACCOUNTS)
    shifts = roster()
    found = segments(shifts, method="equal")
    engine, hand = DuckEngine([root]), ByHand(root, shifts, found)
    same(by_fenming(engine, root, Credits(segments=tuple(found))), hand.credited())
    same(by_fenming(engine, root, Credits(segments=tuple(found))), hand.from_roster())
    times = interleaved(
        {
            "hand": hand.credited,
            "fenming": lambda: by_fenming(engine, root, Credits(segments=tuple(found))),
            "hand, roster": hand.from_roster,
            "fenming, roster": lambda: by_fenming(
                engine, root, Credits(segments=tuple(segments(shifts, method="equal")))
            ),
        },
        options.rounds,
    )
    taken = medians(times)
    return Section(
        "Shared accounts",
        f"{options.of(ROWS):,} sessions of {ACCOUNTS} accounts that name nobody, {len(shifts):,} shifts, "
        f"{len(found):,} segments with constant people; nine sums a person, equal to the last millionth.",
        [
            Figure("segments → sums, ASOF join by hand", taken["hand"]),
            Figure("segments → sums, Fenming", taken["fenming"], ratio(times, "fenming", "hand"), 1.5),
            Figure("roster → sums, one query by hand", taken["hand, roster"]),
            Figure("roster → sums, Fenming", taken["fenming, roster"], ratio(times, "fenming, roster", "hand, roster")),
        ],
    )
