"""Writes of schemes and results: publish a version, score a period."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from django.db import transaction

from fenming.controls.models import Run
from fenming.controls.operations import SYSTEM, Actor, record
from fenming.controls.queries import closed_departments, complete_runs
from fenming.controls.scope import Scope
from fenming.lake.engine import Engine
from fenming.lake.measure import Progress, measure
from fenming.lake.tables import Lake, Snapshot
from fenming.library import indicators as library
from fenming.library.schemes import Scheme
from fenming.library.text import Refusal, refuse
from fenming.modules.attribution.queries import duties
from fenming.modules.people.queries.records import department_ids, employee_ids, tags, teams_before
from fenming.modules.schemes.models import (
    AdjustmentLine,
    DailyScore,
    IndicatorTotal,
    SchemeVersion,
    Scorecard,
    ScoreLine,
)
from fenming.modules.schemes.queries import people_of
from fenming.modules.schemes.queries.targets import Goals
from fenming.pipeline.cards import Card
from fenming.pipeline.compute import Result, compute
from fenming.pipeline.inputs import Inputs, code_version
from fenming.rules import scorecard
from fenming.rules.decisions import Decision
from fenming.rules.periods import Period
from fenming.rules.scorecard import Line
from fenming.rules.trace import Because

BATCH = 2000
COMMITTED = 500
"""How many scorecards are written in one commit."""
_RATES = (library.Ratio, library.Share, library.Mean, library.Funnel)


def publish(
    scheme: Scheme, department: int, *, valid_from: date, reason: str = "", actor: Actor = SYSTEM
) -> SchemeVersion:
    """A new dated version of a scheme; the one in force before ends where it begins."""
    with transaction.atomic():
        versions = SchemeVersion.objects.select_for_update().filter(identifier=scheme.id)
        before = versions.filter(valid_to=None).first()
        if before is not None and before.valid_from >= valid_from:
            raise refuse(
                f"方案“{scheme.id}”已有自 {before.valid_from} 起生效的版本；请选择更晚的日期，或先收回该版本。",
                f"“{scheme.id}” has a version from {before.valid_from} on. Choose a later day, or withdraw it first.",
            )
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
    """Take back a version by which nothing has been scored; the one before it goes on."""
    with transaction.atomic():
        if Run.objects.filter(complete=True, end__gt=version.valid_from).exists():
            raise refuse(
                f"方案“{version.identifier}”已经用于计分，不能收回；请发布新版本。",
                f"The scheme “{version.identifier}” has been scored by and stays. Publish a new version of it.",
            )
        record(actor, "schemes.withdraw", version, before={"valid_from": version.valid_from})
        identifier, start, end = version.identifier, version.valid_from, version.valid_to
        version.delete()
        SchemeVersion.objects.filter(identifier=identifier, valid_to=start).update(valid_to=end)


def gather(
    period: Period,
    snapshot: Snapshot,
    *,
    pools: Mapping[str, Decimal] | None = None,
    departments: Collection[int] | None = None,
    decisions: Mapping[str, Sequence[Decision]] | None = None,
    closed: Collection[int] = (),
    instead: Sequence[SchemeVersion] = (),
    goals: Goals | None = None,
) -> Inputs:
    """Everything that a run of the period depends on, in a handful of queries.

    ``decisions`` are those that people took about results, by employee number, in their order; ``instead`` and
    ``goals`` are as in `people_of`.
    """
    schemes, people = people_of(period, departments, closed=closed, instead=instead, goals=goals)
    made = decisions or {}
    people = [one.model_copy(update={"decisions": tuple(made.get(one.person, ()))}) for one in people]
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
    departments: Collection[int] | None = None,
    decisions: Mapping[str, Sequence[Decision]] | None = None,
    actor: Actor = SYSTEM,
    progress: Progress | None = None,
    continues: bool = False,
    goals: Goals | None = None,
) -> tuple[Run, Result]:
    """Score everybody for a period as a new run, not yet complete: whoever called stores what follows, then completes.

    ``folder`` keeps the inputs of runs by their digest. Nothing of an earlier run is changed. ``departments`` are those
    it is about; without them everybody, but for those whose period is closed: their results stand. ``continues`` goes
    on with a run of the same inputs that was broken off: what it has stored is not stored again.
    """
    closed = closed_departments(period.start, period.end) if kind != Run.Kind.ADJUST else set()
    if departments is not None and closed.intersection(departments):
        raise _closed()
    gathered = partial(
        gather, period, pools=pools, departments=departments, decisions=decisions, closed=closed, goals=goals
    )
    broken_off = _broken_off(lake, period, kind, gathered) if continues else None
    run, snapshot = broken_off or (None, lake.snapshot())
    inputs = gathered(snapshot)
    if not inputs.people:
        raise refuse(
            "没有可计分的人：该周期内没有人在所选部门任职并适用方案，或这些部门已经归档。",
            "There is nobody to score: no one worked under a scheme in these departments in the period, "
            "or the period is closed for all of them.",
        )
    result = compute(engine, snapshot, inputs, library=False, progress=progress)
    whole = kind == Run.Kind.LIVE and departments is None and not closed
    digest = keep_inputs(inputs, folder)
    run = run or Run.objects.create(
        kind=kind,
        label=period.label,
        start=period.start,
        end=period.end,
        departments=[] if whole else _departments(inputs),
        until=until,
        facts=dict(snapshot.versions),
        inputs=digest,
        code=inputs.code,
        created_by_id=actor.user,
        supersedes=Run.objects.filter(start=period.start, end=period.end, complete=True).order_by("-id").first(),
    )
    store(run, result, progress)
    _store_daily(engine, snapshot, run, inputs)
    return run, result


def _broken_off(
    lake: Lake, period: Period, kind: str, gathered: Callable[[Snapshot], Inputs]
) -> tuple[Run, Snapshot] | None:
    """A run that was never finished and whose inputs are what they would be now, with the facts that it pinned.

    Of runs about the same people the newest speaks, so one that another has overtaken is made anew.
    """
    spoken = list(complete_runs().filter(start=period.start, end=period.end))
    for run in Run.objects.filter(kind=kind, start=period.start, end=period.end, complete=False).order_by("-id"):
        if any(one.pk > run.pk and _overlap(one, run) for one in spoken):
            continue
        snapshot = lake.pinned(run.facts)
        inputs = gathered(snapshot)
        if (inputs.digest(), inputs.code) == (run.inputs, run.code):
            return run, snapshot
    return None


def _overlap(one: Run, other: Run) -> bool:
    if not one.departments or not other.departments:
        return True
    return not set(one.departments).isdisjoint(other.departments)


def _departments(inputs: Inputs) -> list[int]:
    """The departments that a result is about, by the people in it."""
    ids = department_ids()
    return sorted({ids[one.group] for one in inputs.people})


class Overtaken(Exception):  # noqa: N818 - nothing failed: a newer run counts more
    """A run with newer inputs has begun meanwhile."""


def complete(run: Run, *, actor: Actor = SYSTEM, is_newest: Callable[[], bool] | None = None) -> None:
    """Make a run the one that speaks for its period, and drop what was left of runs that never got this far.

    Refused where its departments were closed while it was computed: their results stand. ``is_newest`` says at the last
    moment whether no newer one has begun; else this one is dropped.
    """
    with transaction.atomic():
        same = Run.objects.select_for_update().filter(start=run.start, end=run.end).order_by("id")
        list(same.values_list("id", flat=True))
        too_late = run.kind != Run.Kind.ADJUST and _closed_meanwhile(run)
        overtaken = is_newest is not None and not is_newest()
        if not too_late and not overtaken:
            unfinished = Run.objects.filter(start=run.start, end=run.end, departments=run.departments, complete=False)
            unfinished.exclude(pk=run.pk).delete()
            Run.objects.filter(pk=run.pk).update(complete=True)
            record(actor, "schemes.score", run, after={"inputs": run.inputs, "facts": run.facts, "code": run.code})
    if too_late:
        Run.objects.filter(pk=run.pk).delete()
        raise _closed()
    if overtaken:
        Run.objects.filter(pk=run.pk).delete()
        raise Overtaken(str(run))
    run.complete = True


def _closed_meanwhile(run: Run) -> bool:
    here = Scorecard.objects.filter(run=run).order_by().values_list("department", flat=True).distinct()
    return not closed_departments(run.start, run.end).isdisjoint(run.departments or here)


def _closed() -> Refusal:
    return refuse(
        "该部门本周期已经归档，结果不再改写；请用申诉或次期调整。",
        "The period is closed for this department and its results stand. Correct them by an appeal.",
    )


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


def store(run: Run, result: Result, progress: Progress | None = None) -> None:
    """Cards, then lines, in short commits, so that readers of the site never wait long; what is there stays."""
    employees = employee_ids()
    departments = department_ids()
    groups = {person.person: person.group for person in result.inputs.people}
    teams = teams_before(run.end)
    there = set(Scorecard.objects.filter(run=run).values_list("employee_id", flat=True))
    cards = [card for card in result.cards if employees[card.person] not in there]
    for start in range(0, len(cards), COMMITTED):
        if progress:
            progress("store", len(there) + start, len(result.cards))
        part = cards[start : start + COMMITTED]
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

    _store_totals(run, result.cards, lambda card: (departments[groups[card.person]], teams.get(card.person, "")))


def _store_totals(run: Run, cards: Iterable[Card], place_of: Callable[[Card], tuple[int, str]]) -> None:
    """The score and each indicator added up by department and team, so that who looks back reads nobody again."""
    totals: dict[tuple[int, str, str], IndicatorTotal] = {}

    def total(card: Card, indicator: str) -> IndicatorTotal:
        department, team = place_of(card)
        key = department, team, indicator
        if key not in totals:
            totals[key] = IndicatorTotal(
                run=run, department_id=department, team=team, indicator=indicator,
                numerator=Decimal(0), denominator=Decimal(0), score=Decimal(0), scored=0,
            )  # fmt: skip
        return totals[key]

    for card in cards:
        _count(total(card, ""), card.total)
        for line in (line for span in card.spans for line in span.card.lines):
            found = total(card, line.indicator)
            _count(found, line.score)
            if line.reading.value is not None:
                found.numerator += line.reading.numerator or 0
                found.denominator += line.reading.denominator or 0
    with transaction.atomic():
        IndicatorTotal.objects.filter(run=run).delete()
        IndicatorTotal.objects.bulk_create(totals.values(), batch_size=BATCH)


def _count(total: IndicatorTotal, score: Decimal | None) -> None:
    if score is not None:
        total.score += score
        total.scored += 1


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
        lacking=sum(line.points is None for span in card.spans for line in span.card.lines),
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
    with transaction.atomic():
        DailyScore.objects.filter(run=run).delete()
        DailyScore.objects.bulk_create(rows, batch_size=BATCH)
