"""Facts that arrived after a period was closed, as what the result would be now. Nothing follows by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.lake.tables import Snapshot
from fenming.library.facts import fact_type
from fenming.library.text import Refusal, Words
from fenming.modules.bonus.models import Adjustment, LateCheck
from fenming.modules.bonus.queries.adjustments import HOLDS, Standing, late_source, standing
from fenming.modules.bonus.queries.corrected import Correction, both, differences
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder
from fenming.modules.schemes.queries import scorecards
from fenming.modules.schemes.queries.again import pinned_inputs
from fenming.pipeline.cards import Card
from fenming.pipeline.inputs import Inputs
from fenming.rules.periods import period


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One kind of fact: how many records of the period there were at the close, and how many there are now."""

    name: Words
    before: int
    now: int

    @property
    def more(self) -> int:
        return self.now - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What later facts would change for one person. ``due`` is what would be made good, in yuan."""

    employee: int
    number: str
    name: str
    department: str
    total_before: Decimal | None
    total_now: Decimal | None
    grade_before: str
    grade_now: str
    due: Decimal
    noted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """All that later facts would change of a closed run."""

    facts: Mapping[str, int]
    arrived: list[Arrived]
    rows: list[Difference]

    @property
    def source(self) -> str:
        return late_source(self.facts)

    @property
    def open(self) -> list[Difference]:
        return [row for row in self.rows if not row.noted]


Found = dict[str, Any]


def late_facts(closed: Run, scope: Scope) -> Late | None:
    """What later facts would change for those whom a scope reaches; None where that is not known yet for the facts of
    now: a job finds it, which takes a while in a large company."""
    now = lake_at(lake_folder()).snapshot()
    if dict(now.versions) == dict(closed.facts):
        return Late(facts=now.versions, arrived=[], rows=[])
    check = LateCheck.objects.filter(run=closed).first()
    if check is None or (check.facts, check.corrections) != (dict(now.versions), corrections(closed)):
        return None
    if check.error is not None:
        raise Refusal(Words(**check.error))
    return _shown(closed, scope, now.versions, check.found or {"arrived": [], "rows": {}})


def corrections(closed: Run) -> str:
    """A digest of the corrections of a closed run that hold."""
    rows = Adjustment.objects.filter(HOLDS, of=closed).order_by("id").values_list("id", flat=True)
    return sha256(repr(list(rows)).encode()).hexdigest()[:40]


def _shown(closed: Run, scope: Scope, facts: Mapping[str, int], found: Found) -> Late:
    made = Adjustment.objects.filter(HOLDS, of=closed, source=late_source(facts))
    noted = set(made.values_list("employee__number", flat=True))
    rows = [
        Difference(
            employee=card.employee_id,
            number=card.employee.number,
            name=card.employee.name,
            department=card.department.name,
            total_before=card.total,
            total_now=None if one["total"] is None else Decimal(one["total"]),
            grade_before=card.grade,
            grade_now=one["grade"],
            due=Decimal(one["due"]),
            noted=card.employee.number in noted,
        )
        for card in scorecards(closed, scope).filter(employee__number__in=set(found["rows"]) | noted)
        if (one := found["rows"].get(card.employee.number)) is not None
    ]
    arrived = [Arrived(name=fact_type(name).name, before=before, now=now) for name, before, now in found["arrived"]]
    return Late(facts=facts, arrived=arrived, rows=sorted(rows, key=lambda row: (-abs(row.due), row.number)))


def found_late(closed: Run, now: Snapshot, told: Callable[[int, int], None]) -> Found:
    """What facts that arrived since the close would change, for everybody in it."""
    inputs = pinned_inputs(closed)
    arrived = _arrived(inputs, lake_at(lake_folder()).pinned(closed.facts), now)
    if not arrived:
        return {"arrived": [], "rows": {}}
    cards = {card.employee.number: card for card in scorecards(closed, Scope.all())}
    made = Adjustment.objects.filter(HOLDS, of=closed, source=late_source(now.versions))
    noted = set(made.values_list("employee__number", flat=True))
    before = standing(closed, cards)
    parts = [part for part in [[one for one in cards if one not in before], *([one] for one in before)] if part]
    rows: dict[str, dict[str, str | None]] = {}
    for number, part in enumerate(parts, start=1):
        told(number, len(parts) + 1)
        rows |= _part(closed, part, now.versions, before, noted, cards)
    return {"arrived": arrived, "rows": rows}


def _part(
    closed: Run,
    numbers: list[str],
    facts: Mapping[str, int],
    before: Mapping[str, Standing],
    noted: set[str],
    cards: Mapping[str, Any],
) -> dict[str, dict[str, str | None]]:
    wanted = Correction(closed=closed, added=dict.fromkeys(numbers, ()), facts=facts)
    was, now = both(wanted, before)
    due = differences(wanted, before, was, now)
    found: dict[str, Card] = {card.person: card for card in now.cards}
    return {
        number: {
            "total": None if found[number].total is None else str(found[number].total),
            "grade": found[number].grade or "",
            "due": str(due[number]),
        }
        for number in numbers
        if due[number]
        or number in noted
        or (cards[number].total, cards[number].grade) != (found[number].total, found[number].grade or "")
    }


def _arrived(inputs: Inputs, closed: Snapshot, now: Snapshot) -> list[tuple[str, int, int]]:
    """The kinds of fact that the schemes read and that are not what they were, within the days that count."""
    span = period(inputs.start, inputs.end)
    carries = any(item.missing == "carry" for scheme in inputs.schemes for item in scheme.items)
    start = span.previous().start if carries else span.start
    names = sorted({fact for one in inputs.definitions().values() for fact in one.measure.facts()})
    found = []
    for name in names:
        if closed.versions.get(name) == now.versions.get(name):
            continue
        held, holds = (_counted(one, name, start, span.end) for one in (closed, now))
        if held != holds:
            found.append((name, held[0], holds[0]))
    return found


def _counted(snapshot: Snapshot, fact: str, start: date, end: date) -> tuple[int, int]:
    """How many records of some days a version holds, and a digest of what they say, whatever delivery they came by."""
    said = ", ".join(f'f."{name}"' for name in ("fact_id", "occurred_at", *fact_type(fact).all_columns))
    sql = (
        f"SELECT count(*), bit_xor(hash({said})) FROM fact AS f"
        f" WHERE f.occurred_at >= TIMESTAMP '{start}' AND f.occurred_at < TIMESTAMP '{end}'"
    )
    count, digest = engine_at(lake_folder()).rows(sql, fact=fact, files=snapshot.files(fact, start, end))[0]
    return int(count), int(digest or 0)
