"""What-if: a period as it stands and under drafts of a scheme, from the same facts. Nothing of it counts.

The rules in prose: docs/algorithms/bonus.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction

from fenming.controls import operations as controls
from fenming.controls.models import Work
from fenming.controls.operations import Actor, record
from fenming.library.text import Refusal, refuse
from fenming.modules.bonus.models import Trial, TrialPeriod
from fenming.modules.bonus.queries import pools
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder
from fenming.modules.people.queries.records import teams_before
from fenming.modules.schemes.operations import gather
from fenming.modules.schemes.queries.trying import provisional, readable
from fenming.pipeline.cards import Card
from fenming.pipeline.compute import Result, compute
from fenming.rules.money import rounded
from fenming.rules.periods import Period

MOST_PERIODS = 12
MOST_DETAILED = 600
"""Above so many people the points of single indicators are kept for the group only."""
ENDED = (Trial.State.DONE, Trial.State.FAILED, Trial.State.CANCELLED)
Told = Callable[[int, int], None]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A scheme to try: a draft as it is now, or any definition."""

    identifier: str
    definition: Mapping[str, Any]
    draft: int | None = None
    version: int | None = None


def ask(
    actor: Actor, department: int, variants: Sequence[Variant], periods: Sequence[Period], *, key: str = ""
) -> Trial:
    """A trial to be computed; one form asks once. Refuses what could not be computed."""
    if not 0 < len(periods) <= MOST_PERIODS:
        raise refuse(f"请选择 1 到 {MOST_PERIODS} 个周期。", f"Choose from 1 to {MOST_PERIODS} periods.")
    for one in variants:
        readable(provisional(one.identifier, department, one.definition), periods[0].start)
    with transaction.atomic():
        before = Trial.objects.filter(author=actor.user, key=key).first() if key else None
        if before is not None:
            return before
        trial = Trial.objects.create(
            department_id=department,
            draft_id=variants[0].draft,
            variants=[
                {"identifier": one.identifier, "draft": one.draft, "version": one.version,
                 "definition": dict(one.definition)}
                for one in variants
            ],
            periods=[[one.label, str(one.start), str(one.end)] for one in periods],
            facts=dict(lake_at(lake_folder()).snapshot().versions),
            author_id=actor.user,
            key=key,
        )  # fmt: skip
        told = {"periods": [one.label for one in periods], "drafts": [one.draft for one in variants]}
        record(actor, "bonus.try", trial, after=told)
    return trial


def stop(actor: Actor, trial: Trial) -> None:
    """Call a trial off; the periods that are done stay to be seen."""
    with transaction.atomic():
        waiting = Trial.objects.filter(pk=trial.pk).exclude(state__in=ENDED)
        if not waiting.update(state=Trial.State.CANCELLED):
            raise refuse("试算已经结束。", "The trial has ended already.")
        work = Work.objects.filter(pk=trial.work or 0, state=Work.State.QUEUED).first()
        if work is not None:
            controls.cancel(actor, work)
        record(actor, "bonus.stop_trial", trial, after={"state": Trial.State.CANCELLED})


def forget(actor: Actor, trial: Trial) -> None:
    """Delete a trial that has ended, with all its results."""
    with transaction.atomic():
        if trial.state not in ENDED:
            raise refuse("请先取消试算。", "Call the trial off first.")
        record(actor, "bonus.forget_trial", trial, before={"periods": [one[0] for one in trial.periods]})
        trial.delete()


def go_on(number: int, told: Told) -> int:
    """Compute what is left of a trial, a commit for each period; returns how many. Safe to begin again."""
    started = Trial.objects.filter(pk=number).exclude(state__in=ENDED)
    if not started.update(state=Trial.State.RUNNING):
        return 0
    trial = Trial.objects.get(pk=number)
    done = set(trial.results.values_list("position", flat=True))
    for position, span in enumerate(spans(trial)):
        if position in done:
            continue
        if Trial.objects.filter(pk=number, state=Trial.State.CANCELLED).exists():
            return len(done)
        told(position, len(trial.periods))
        try:
            _keep(trial, position, span)
        except Refusal as refused:
            started.update(state=Trial.State.FAILED, error=refused.words.model_dump())
            return len(done)
        done.add(position)
    started.update(state=Trial.State.DONE)
    return len(done)


def spans(trial: Trial) -> list[Period]:
    """The periods that a trial is about."""
    return [
        Period(label=label, start=date.fromisoformat(start), end=date.fromisoformat(end))
        for label, start, end in trial.periods
    ]


def _keep(trial: Trial, position: int, span: Period) -> None:
    results = tried(trial, span)
    kept = {
        "label": span.label, "start": span.start, "end": span.end,
        "summary": summary(results), "people": people(results, teams_before(span.end)),
    }  # fmt: skip
    TrialPeriod.objects.get_or_create(trial=trial, position=position, defaults=kept)


def tried(trial: Trial, span: Period) -> list[Result | None]:
    """The results of a period: as it stands, then under each variant; None where nobody is under any scheme."""
    versions = [provisional(one["identifier"], trial.department_id, one["definition"]) for one in trial.variants]
    snapshot = lake_at(lake_folder()).pinned(trial.facts)
    found: list[Result | None] = []
    for version in (None, *versions):
        inputs = gather(
            span,
            snapshot,
            pools=pools(span.start, span.end),
            departments=[trial.department_id],
            instead=[version] if version else (),
        )
        try:
            found.append(compute(engine_at(lake_folder()), snapshot, inputs, library=False) if inputs.people else None)
        except Refusal:
            raise
        except ValueError as error:
            raise refuse(f"{span.label}：无法计算，{error}", f"{span.label}: it cannot be computed. {error}") from error
    if not any(found):
        raise refuse(
            f"{span.label}：没有人适用这个方案，无从试算。",
            f"{span.label}: nobody is under this scheme.",
        )
    return found


def people(results: Sequence[Result | None], teams: Mapping[str, str]) -> list[dict[str, Any]]:
    """Everybody who is scored as it stands or under a variant, with what came out each time."""
    by_person = [{card.person: card for card in result.cards} if result else {} for result in results]
    known = {one.person: one for result in results if result for one in result.inputs.people}
    detailed = len(known) <= MOST_DETAILED
    return [
        {
            "number": number,
            "name": one.name,
            "post": one.post,
            "team": teams.get(number, ""),
            "of": [_card(cards[number], detailed=detailed) if number in cards else None for cards in by_person],
        }
        for number, one in sorted(known.items())
    ]


def _card(card: Card, *, detailed: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "scheme": card.participant.scheme.id,
        "total": _text(card.total),
        "grade": card.grade or "",
        "rank": card.rank,
        "factor": str(card.factor),
        "bonus": str(card.bonus.amount) if card.bonus else None,
    }
    if detailed:
        kept["points"] = {name: str(rounded(points, digits=2)) for name, points in points_of(card).items()}
    return kept


def points_of(card: Card) -> dict[str, Fraction]:
    """Indicator → points of the total; each stay counts by its days."""
    days = sum(span.days for span in card.spans)
    found: dict[str, Fraction] = {}
    for span in card.spans:
        for line in span.card.lines:
            if line.points is not None:
                share = Fraction(span.days, days) if len(card.spans) > 1 else Fraction(1)
                found[line.indicator] = found.get(line.indicator, Fraction(0)) + Fraction(line.points) * share
    return found


def summary(results: Sequence[Result | None]) -> dict[str, Any]:
    """What a period came to as a whole, each time: the pool and its parts, what was claimed, indicators in the mean."""
    return {
        "indicators": _indicators(results),
        "grades": list(dict.fromkeys(letter for result in results if result for letter in _letters(result))),
        "of": [_whole(result) if result else None for result in results],
    }


def _letters(result: Result) -> list[str]:
    return [letter for scheme in result.inputs.schemes for letter in scheme.grades.grades]


def _whole(result: Result) -> dict[str, Any]:
    pool, divided = next(iter(result.pools.values()), (None, None))
    scored = [card for card in result.cards if card.total is not None]
    claim = sum((Fraction(card.total or 0) * Fraction(card.factor) for card in scored), Fraction(0))
    points: dict[str, Fraction] = {}
    weights: dict[str, Fraction] = {}
    for card in scored:
        for name, value in points_of(card).items():
            points[name] = points.get(name, Fraction(0)) + value
        for line in card.scorecard.lines:
            weights[line.indicator] = weights.get(line.indicator, Fraction(0)) + Fraction(line.planned_weight)
    return {
        "pool": _text(pool),
        "fund": _text(divided.fund) if divided else None,
        "undistributed": _text(divided.undistributed) if divided else None,
        "owner": divided.undistributed_owner if divided else "",
        "claim": str(rounded(claim, digits=2)),
        "people": len(result.cards),
        "points": {name: _mean(value, len(scored)) for name, value in points.items()},
        "weights": {name: _mean(value, len(scored)) for name, value in weights.items()},
    }


def _indicators(results: Sequence[Result | None]) -> dict[str, dict[str, str]]:
    return {name: one.name.model_dump() for result in results if result for name, one in result.definitions.items()}


def _mean(value: Fraction, of: int) -> str:
    return str(rounded(value / of, digits=2))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
