"""Whether the facts of a period are complete for a department's schemes: by fact, and by indicator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from fenming.controls.models import Run
from fenming.controls.queries import run_of
from fenming.lake.engine import Engine
from fenming.lake.tables import Snapshot
from fenming.library.facts import fact_type
from fenming.library.indicators import Indicator
from fenming.modules.cycles.models import Cycle
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, rejected_rows
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.schemes.queries import people_of
from fenming.modules.schemes.queries.missing import readings_missing
from fenming.rules.periods import Period

RED, AMBER, GREEN = "red", "amber", "green"
MUCH = 20
"""From which share of people without a reading, in per cent, an indicator is amber; without any reading it is red."""
FEW = 2
"""Fewer than one part in this many of the rows of the period before is suspicious."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A kind of record that the schemes need: how many rows came in the period, up to which day."""

    id: str
    name: str
    rows: int
    before: int
    last: date | None
    expected: date
    rejected: int
    indicators: list[str]

    @property
    def tone(self) -> str:
        if not self.rows:
            return RED
        late = self.last is None or self.last < self.expected
        return AMBER if late or self.rejected or self.rows * FEW < self.before else GREEN

    @property
    def days_behind(self) -> int:
        return max((self.expected - self.last).days, 0) if self.last else 0

    @property
    def is_few(self) -> bool:
        return 0 < self.rows * FEW < self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An indicator: for how many of its people the newest run found no reading."""

    name: str
    people: int
    missing: int

    @property
    def percent(self) -> int:
        return -(-self.missing * 100 // self.people) if self.people else 0

    @property
    def tone(self) -> str:
        if self.missing and self.missing == self.people:
            return RED
        return AMBER if self.percent >= MUCH else GREEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """The whole answer. Without a scheme nothing is needed, without a run nothing is known of readings."""

    facts: list[Fact]
    gaps: list[Gap]
    schemes: list[str]
    run: Run | None

    @property
    def tones(self) -> list[str]:
        return [one.tone for one in self.facts] + [one.tone for one in self.gaps]

    @property
    def tone(self) -> str:
        return RED if RED in self.tones else AMBER if AMBER in self.tones or not self.tones else GREEN

    def count(self, tone: str) -> int:
        return self.tones.count(tone)

    @property
    def red(self) -> int:
        return self.count(RED)

    @property
    def amber(self) -> int:
        return self.count(AMBER)

    @property
    def green(self) -> int:
        return self.count(GREEN)


def completeness(cycle: Cycle) -> Completeness:
    """What has come in for the departments of a cycle."""
    span = Period(label=cycle.label, start=cycle.start, end=cycle.end)
    schemes, _ = people_of(span, cycle.departments)
    definitions = {name: one for scheme in schemes for name, one in scheme.definitions().items()}
    run = run_of(cycle.department_id, cycle.start, cycle.end)
    return Completeness(
        facts=_facts(span, definitions),
        gaps=_gaps(run, cycle.departments, definitions) if run else [],
        schemes=[one.name.say(speaking()) for one in schemes],
        run=run,
    )


def _facts(span: Period, definitions: Mapping[str, Indicator]) -> list[Fact]:
    used: dict[str, list[str]] = {}
    for one in definitions.values():
        for fact in one.measure.facts():
            used.setdefault(fact, []).append(one.name.say(speaking()))
    engine, snapshot = engine_at(lake_folder()), lake_at(lake_folder()).snapshot()
    moment = timezone.make_aware(datetime.combine(span.start, time()))
    rejected = rejected_rows(moment)
    before = span.previous()
    expected = min(span.end, timezone.localdate()) - DAY
    found = []
    for fact, names in sorted(used.items()):
        rows, last = _came(engine, snapshot, fact, span)
        found.append(
            Fact(
                id=fact, name=fact_type(fact).name.say(speaking()), rows=rows, last=last, expected=expected,
                before=_came(engine, snapshot, fact, before)[0], rejected=rejected.get(fact, 0),
                indicators=list(dict.fromkeys(names)),
            )
        )  # fmt: skip
    return found


def _came(engine: Engine, snapshot: Snapshot, fact: str, span: Period) -> tuple[int, date | None]:
    """How many rows of a fact a period has, and the day of the last one."""
    files = snapshot.files(fact, span.start, span.end)
    if not files:
        return 0, None
    inside = f"f.occurred_at >= TIMESTAMP '{span.start}' AND f.occurred_at < TIMESTAMP '{span.end}'"
    ((count, last),) = engine.rows(
        f"SELECT count(*), max(f.occurred_at) FROM fact AS f WHERE {inside}", fact=fact, files=files
    )
    return int(count), last.date() if last else None


def _gaps(run: Run, departments: Sequence[int], definitions: Mapping[str, Indicator]) -> list[Gap]:
    found = [
        Gap(name=definitions[name].name.say(speaking()), people=people, missing=missing)
        for name, (people, missing) in readings_missing(run, departments).items()
        if name in definitions
    ]
    return sorted(found, key=lambda one: (-one.percent, one.name))
