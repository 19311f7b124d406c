"""Writes of schemes and results: publish a version, score a period."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from fenming.controls.models import Run
from fenming.controls.operations import SYSTEM, Actor, record
from fenming.controls.scope import Scope
from fenming.lake.engine import Engine
from fenming.lake.measure import Progress, measure
from fenming.lake.tables import Lake, Snapshot
from fenming.library import indicators as library
from fenming.library.schemes import Scheme
from fenming.library.text import refuse
from fenming.modules.attribution.queries import duties
from fenming.modules.people.queries.records import department_ids, employee_ids, tags, teams_before
from fenming.modules.schemes.models import AdjustmentLine, DailyScore, SchemeVersion, Scorecard, ScoreLine
from fenming.modules.schemes.queries import people_of
from fenming.pipeline.cards import Card
from fenming.pipeline.compute import Result, compute
from fenming.pipeline.inputs import Inputs, code_version
from fenming.rules import scorecard
from fenming.rules.periods import Period
from fenming.rules.scorecard import Line
from fenming.rules.trace import Because

BATCH = 2000
_RATES = (library.Ratio, library.Share, library.Mean, library.Funnel)


def publish(
    scheme: Scheme, department: int, *, valid_from: date, reason: str = "", actor: Actor = SYSTEM
) -> SchemeVersion:
    """A new dated version of a scheme; the one in force before ends where it begins."""
    with transaction.atomic():
        before = SchemeVersion.objects.filter(identifier=scheme.id, valid_to=None).first()
        if before is not None:
            before.valid_to = valid_from
            before.save(update_fields=["valid_to"])
        version = SchemeVersion.objects.create(
            identifier=scheme.id,
            department_id=department,
            definition=scheme.model_dump(mode="json"),
            valid_from=valid_from,
            reason=reason,
            author_id=actor.user,
        )
        record(actor, "schemes.publish", version, after={"valid_from": valid_from, "reason": reason})
    return version


def withdraw(actor: Actor, version: SchemeVersion) -> None:
    """Take back a version by which nothing has been scored."""
    with transaction.atomic():
        if Run.objects.filter(complete=True, end__gt=version.valid_from).exists():
            raise refuse(
                f"方案“{version.identifier}”已经用于计分，不能收回；请发布新版本。",
                f"The scheme “{version.identifier}” has been scored by and stays. Publish a new version of it.",
            )
        record(actor, "schemes.withdraw", version, before={"valid_from": version.valid_from})
        version.delete()


def gather(period: Period, snapshot: Snapshot, *, pools: Mapping[str, Decimal] | None = None) -> Inputs:
    """Everything that a run of the period depends on, in a handful of queries."""
    schemes, people = people_of(period)
    return Inputs(
        schemes=tuple(schemes),
        start=period.start,
        end=period.end,
        people=tuple(people),
        roster=tuple(duties(Scope.all(), period.start, period.end)),
        tags=tags(Scope.all()),
        pools=dict(pools or {}),
        files={fact: str(version) for fact, version in sorted(snapshot.versions.items())},
        code=code_version(),
    )


def score_period(
    engine: Engine,
    lake: Lake,
    period: Period,
    *,
    folder: Path,
    kind: str = Run.Kind.LIVE,
    until: datetime | None = None,
    pools: Mapping[str, Decimal] | None = None,
    actor: Actor = SYSTEM,
    progress: Progress | None = None,
) -> tuple[Run, Result]:
    """Score everybody for a period as a new run, not yet complete: whoever called stores what follows, then completes.

    ``folder`` keeps the inputs of runs by their digest. Nothing of an earlier run is changed.
    """
    snapshot = lake.snapshot()
    inputs = gather(period, snapshot, pools=pools)
    result = compute(engine, snapshot, inputs, library=False, progress=progress)
    digest = keep_inputs(inputs, folder)
    run = Run.objects.create(
        kind=kind,
        label=period.label,
        start=period.start,
        end=period.end,
        until=until,
        facts=dict(snapshot.versions),
        inputs=digest,
        code=inputs.code,
        created_by_id=actor.user,
        supersedes=Run.objects.filter(start=period.start, end=period.end, complete=True).order_by("-id").first(),
    )
    _store(run, result)
    _store_daily(engine, snapshot, run, inputs)
    return run, result


def complete(run: Run, *, actor: Actor = SYSTEM) -> None:
    """Make a run the one that speaks for its period, and drop what was left of runs that never got this far."""
    with transaction.atomic():
        Run.objects.filter(start=run.start, end=run.end, complete=False).exclude(pk=run.pk).delete()
        Run.objects.filter(pk=run.pk).update(complete=True)
        record(actor, "schemes.score", run, after={"inputs": run.inputs, "facts": run.facts, "code": run.code})
    run.complete = True


def keep_inputs(inputs: Inputs, folder: Path) -> str:
    """Write the inputs below their digest; the same inputs are kept once."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = inputs.digest()
    path = folder / f"{digest}.json"
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.write_text(inputs.model_dump_json(), encoding="utf-8")
        draft.replace(path)
    return digest


def kept_inputs(run: Run, folder: Path) -> Inputs:
    """The inputs that a run pinned."""
    return Inputs.model_validate_json((folder / f"{run.inputs}.json").read_text(encoding="utf-8"))


def _store(run: Run, result: Result) -> None:
    """Cards, then lines, in short commits, so that readers of the site never wait long."""
    employees = employee_ids()
    departments = department_ids()
    groups = {person.person: person.group for person in result.inputs.people}
    teams = teams_before(run.end)
    cards = list(result.cards)
    for start in range(0, len(cards), BATCH):
        part = cards[start : start + BATCH]
        with transaction.atomic():
            stored = Scorecard.objects.bulk_create(
                [
                    _scorecard(run, card, employees, departments[groups[card.person]], team=teams.get(card.person, ""))
                    for card in part
                ],
                batch_size=BATCH,
            )
            both = list(zip(stored, part, strict=True))
            ScoreLine.objects.bulk_create([line for row, card in both for line in _lines(row, card)], batch_size=BATCH)
            AdjustmentLine.objects.bulk_create(
                [line for row, card in both for line in _adjustments(row, card)], batch_size=BATCH
            )


def _scorecard(run: Run, card: Card, employees: Mapping[str, int], department: int, *, team: str) -> Scorecard:
    season = card.scorecard.season
    return Scorecard(
        run=run,
        employee_id=employees[card.person],
        department_id=department,
        team=team,
        scheme=card.participant.scheme.id,
        season=dict(season.name) if season else None,
        subtotal=card.scorecard.subtotal,
        total=card.total,
        blocked=card.blocked or "",
        grade=card.grade or "",
        rank=card.rank,
        factor=card.factor,
        because=told(card.because),
    )


def _lines(row: Scorecard, card: Card) -> Iterable[ScoreLine]:
    for span, stay in zip(card.spans, card.participant.stays, strict=True):
        for line in span.card.lines:
            yield _line(row, line, stay.span)


def _line(row: Scorecard, line: Line, span: int) -> ScoreLine:
    return ScoreLine(
        scorecard=row,
        indicator=line.indicator,
        span=span,
        value=line.reading.value,
        numerator=line.reading.numerator,
        denominator=line.reading.denominator,
        missing=line.missing or "",
        carried=line.carried,
        target=line.target,
        planned_weight=line.planned_weight,
        weight=line.weight,
        score=line.score,
        points=line.points,
        because=told(line.because),
    )


def _adjustments(row: Scorecard, card: Card) -> Iterable[AdjustmentLine]:
    for span in card.spans:
        for one in span.card.adjustments:
            if one.points:
                yield AdjustmentLine(
                    scorecard=row, identifier=one.id, name=dict(one.name), points=one.points, because=told(one.because)
                )


def told(because: Sequence[Because]) -> list[list[object]]:
    """Steps as the database keeps them: rule, values, outcome."""
    return [[one.rule, [list(pair) for pair in one.given], one.gives] for one in because]


def _store_daily(engine: Engine, snapshot: Snapshot, run: Run, inputs: Inputs) -> None:
    """The trend of each department: rates of the day, scored by its scheme; sums and counts have no daily target."""
    span = Period(label=run.label, start=run.start, end=run.end)
    departments = department_ids()
    by_department: dict[str, Scheme] = {}
    for scheme in inputs.schemes:
        by_department.setdefault(scheme.department, scheme)
    definitions = {name: one for name, one in inputs.definitions().items() if isinstance(one.measure, _RATES)}
    tally = measure(engine, snapshot, definitions.values(), span, subject="department", by=("day",))
    rows = []
    for code, scheme in by_department.items():
        items = tuple(item.rule for item in scheme.items)
        for offset in range(span.days):
            day = span.start + timedelta(days=offset)
            readings = {
                item.indicator: tally.reading(definitions[item.indicator], (code, 0, day))
                for item in items
                if item.indicator in definitions
            }
            if code in departments and any(reading.value is not None for reading in readings.values()):
                card = scorecard.scorecard(person=code, items=items, readings=readings, day=day, seasons=scheme.seasons)
                rows.append(DailyScore(run=run, department_id=departments[code], day=day, score=card.total))
    DailyScore.objects.bulk_create(rows, batch_size=BATCH)
