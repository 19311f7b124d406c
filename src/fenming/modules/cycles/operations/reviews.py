"""Reviews: written, handed in, and their levels brought among the facts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from fenming.controls.operations import Actor, record, record_many
from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator
from fenming.modules.cycles.models import Cycle, Participant, Rating, Review, StepKind
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.cycles.queries import rated
from fenming.modules.cycles.queries.reviews import Levels, lacking, levels_of
from fenming.modules.hub.operations import take_in
from fenming.modules.hub.queries import lake_at, lake_folder
from fenming.modules.people.queries.reach import with_children
from fenming.modules.people.queries.records import assignments_during

STEPS = {Review.Kind.SELF: StepKind.SELF_REVIEW, Review.Kind.MANAGER: StepKind.MANAGER_REVIEW}
EVENING = time(18)
_CENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a review is to say. ``version`` is that of the opened page, ``form`` the key of the page itself."""

    done_well: str
    to_improve: str
    levels: Levels
    version: int
    form: str
    terms: int | None


def subject(person: int, kind: str) -> str:
    """Under which name the log knows a review."""
    return f"{kind} review {person}"


def write(actor: Actor, person: Participant, kind: str, written: Written, *, hand_in: bool) -> Review:
    """Keep what is written, as a draft or handed in. A draft saved again by its own page makes no second entry."""
    with transaction.atomic():
        Participant.objects.select_for_update(of=("self",)).get(pk=person.pk)
        review = _opened(person, kind, written)
        before = _contents(review) if review.pk else None
        again = review.pk is not None and review.form == written.form
        review.done_well, review.to_improve = written.done_well, written.to_improve
        review.author_id, review.form = actor.user, written.form
        if hand_in or not again:
            review.terms = written.terms
        if hand_in:
            review.submitted_at = timezone.now()
        review.version = review.version + 1 if review.pk else 1
        review.save()
        _set_levels([review], {review.pk: written.levels})
        if hand_in:
            finish(actor, STEPS[Review.Kind(kind)], [person.pk])
        if hand_in or not again:
            action = "cycles.review_handed_in" if hand_in else "cycles.review_drafted"
            after = {"version": review.version} | _contents(review) | {"levels": _told(written.levels)}
            record(actor, action, subject(person.pk, kind), before=before, after=after)
    return review


def _opened(person: Participant, kind: str, written: Written) -> Review:
    review = Review.objects.filter(participant=person, kind=kind).first()
    if review is None:
        return Review(participant=person, kind=kind)
    if review.version != written.version and review.form != written.form:
        raise Stale(review)
    return review


def _contents(review: Review) -> dict[str, Any]:
    return {"done_well": review.done_well, "to_improve": review.to_improve}


def _told(levels: Levels) -> dict[str, str]:
    return {name: f"{level.normalize():f} {note}".strip() for name, (level, note) in levels.items()}


def _set_levels(reviews: Sequence[Review], wanted: Mapping[int, Levels], *, only: str = "") -> None:
    """Make the levels of reviews what they are to be; ``only`` names the one item that is looked at."""
    rows = Rating.objects.filter(review__in=reviews)
    held = {(one.review_id, one.indicator): one for one in (rows.filter(indicator=only) if only else rows)}
    asked = {(review, name): given for review, levels in wanted.items() for name, given in levels.items()}
    changed, new = [], []
    for (review, name), (level, note) in asked.items():
        one = held.pop((review, name), None)
        if one is None:
            new.append(Rating(review_id=review, indicator=name, level=level, note=note))
        elif (one.level, one.note) != (level, note):
            one.level, one.note = level, note
            changed.append(one)
    Rating.objects.filter(pk__in=[one.pk for one in held.values()]).delete()
    Rating.objects.bulk_update(changed, ["level", "note"])
    Rating.objects.bulk_create(new)


def hand_in(
    actor: Actor, people: Collection[int], items: Mapping[int, Sequence[Indicator]]
) -> tuple[list[int], dict[int, list[str]]]:
    """Hand in the drafts of manager reviews at once.

    Returns those handed in, and what is missing with the others; one that was handed in before stays as it is.
    """
    with transaction.atomic():
        locked = Participant.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("id")
        ids = list(locked.values_list("id", flat=True))
        drafts = Review.objects.filter(participant__in=ids, kind=Review.Kind.MANAGER).prefetch_related("ratings")
        found = {one.participant_id: one for one in drafts}
        lacks = {one: lacking(items.get(one, ()), levels_of(found.get(one))) for one in ids}
        ready = [one for one in ids if not lacks[one] and one in found and found[one].submitted_at is None]
        now = timezone.now()
        Review.objects.filter(pk__in=[found[one].pk for one in ready]).update(
            submitted_at=now, version=F("version") + 1
        )
        finish(actor, StepKind.MANAGER_REVIEW, ready)
        entries = [(subject(one, Review.Kind.MANAGER), None, {"levels": _told(levels_of(found[one]))}) for one in ready]
        record_many(actor, "cycles.review_handed_in", entries)
    return ready, {one: lack for one, lack in lacks.items() if lack}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """The level of one person for one item; none takes it away. ``version`` is that of the review on the page."""

    person: int
    version: int
    level: Decimal | None
    note: str


def rate(actor: Actor, item: str, given: Sequence[Rated], terms: Mapping[int, int]) -> list[int]:
    """Rate several people on one item, side by side; returns those whose reviews somebody has changed meanwhile."""
    with transaction.atomic():
        people = [one.person for one in given]
        list(Participant.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("id"))
        found = {one.participant_id: one for one in Review.objects.filter(participant__in=people, kind="manager")}
        held = Rating.objects.filter(review__in=found.values(), indicator=item)
        was = {one.review.participant_id: (one.level, one.note) for one in held.select_related("review")}
        wanted = [one for one in given if was.get(one.person) != _asked(one)]
        fresh = [one for one in wanted if one.version == (found[one.person].version if one.person in found else 0)]
        new = [
            Review(
                participant_id=one.person, kind=Review.Kind.MANAGER, author_id=actor.user, terms=terms.get(one.person)
            )
            for one in fresh
            if one.person not in found
        ]
        old = [found[one.person].pk for one in fresh if one.person in found]
        Review.objects.filter(pk__in=old).update(
            version=F("version") + 1, author=actor.user, form="", updated_at=timezone.now()
        )
        Review.objects.bulk_create(new)
        touched = {one.participant_id: one for one in Review.objects.filter(participant__in=people, kind="manager")}
        reviews = [touched[one.person] for one in fresh]
        levels = {touched[one.person].pk: {item: asked} if (asked := _asked(one)) else {} for one in fresh}
        _set_levels(reviews, levels, only=item)
        entries = [
            (subject(one.person, "manager"), _level(item, was.get(one.person)), _level(item, _asked(one)))
            for one in fresh
        ]
        record_many(actor, "cycles.review_rated", entries)
    return [one.person for one in wanted if one not in fresh]


def _asked(one: Rated) -> tuple[Decimal, str] | None:
    return None if one.level is None else (one.level, one.note)


def _level(item: str, given: tuple[Decimal, str] | None) -> dict[str, Any]:
    return {"levels": _told({item: given}) if given else {}}


def flush_ratings(actor: Actor, cycle: Cycle) -> int:
    """Bring the levels of all manager reviews handed in among the facts; returns how many count.

    Doing it again changes only what was rated anew. Whoever was taken out of the cycle is not rated by it.
    """
    given = Rating.objects.filter(
        review__participant__cycle=cycle, review__kind=Review.Kind.MANAGER, review__submitted_at__isnull=False
    ).select_related("review__participant__employee", "review__author__employee")
    ratings = list(given.order_by("id"))
    if not ratings:
        return 0
    items = rated.items(rated.known_indicators(cycle.start))
    last = _last_days(cycle, {one.review.participant.employee_id for one in ratings})
    rows = [_row(cycle, one, items.get(one.indicator, one.indicator), last) for one in ratings]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    take_in(lake_at(lake_folder()), rated.FACT, table, name=f"cycle {cycle.pk}", source="cycle", actor=actor)
    return sum(row["level"] is not None for row in rows)


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("participant", "item", "employee", "department", "rater")),
        ("level", pa.decimal128(18, 4)),
        ("occurred_at", pa.timestamp("us")),
    ]
)


def _row(cycle: Cycle, rating: Rating, item: str, last: dict[int, date]) -> dict[str, Any]:
    review = rating.review
    person = review.participant
    author = review.author
    return {
        "participant": str(person.pk),
        "item": item,
        "employee": person.employee.number,
        "department": cycle.department.code,
        "rater": "" if author is None else author.employee.number if author.employee else author.username,
        "level": None if person.removed_at else rating.level.quantize(_CENT),
        "occurred_at": datetime.combine(last.get(person.employee_id, _final(cycle)), EVENING),
    }


def _final(cycle: Cycle) -> date:
    return cycle.end - timedelta(days=1)


def _last_days(cycle: Cycle, people: Collection[int]) -> dict[int, date]:
    """The last day of the period that each worked in the department of the cycle.

    Who moved on is rated for the time spent here, so that no other department's score counts it.
    """
    here = set(cycle.departments) or with_children([cycle.department_id])
    scope = Scope(employees=frozenset(people))
    return {
        one.employee_id: min(one.valid_to or cycle.end, cycle.end) - timedelta(days=1)
        for one in assignments_during(scope, cycle.start, cycle.end)
        if one.department_id in here
    }
