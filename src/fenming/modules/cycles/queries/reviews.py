"""Reads of reviews: what has to be rated, what is written, whom one reviews and what is still open there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, F, Min, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator, Level
from fenming.modules.cycles.models import Cycle, Participant, Rating, Review, Step, StepKind, Task
from fenming.modules.cycles.queries import rated
from fenming.modules.cycles.queries.reach import visible_participants
from fenming.modules.cycles.queries.standing import Card, totals
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries.terms import Terms

Kind = Review.Kind
Levels = Mapping[str, tuple[Decimal, str]]
"""Indicator → level and reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A weight that differs between two versions of a scheme; none where the indicator is not in one of them."""

    name: str
    before: Decimal | None
    now: Decimal | None


def rated_items(terms: Terms | None) -> list[Indicator]:
    """What a reviewer has to give a level for."""
    if terms is None:
        return []
    return [one for item in terms.scheme.items if rated.is_rated(one := terms.scheme.indicator(item.indicator))]


def changed_since(old: Terms | None, terms: Terms | None) -> list[Change]:
    """What has become of the weights since a review was begun under another version of the scheme."""
    if old is None or terms is None or old.version == terms.version:
        return []
    before = old.weights
    names = {name: known for one in (old, terms) for name in one.weights if (known := one.scheme.indicator(name))}
    return [
        Change(name=one.name.say(wording.speaking()), before=before.get(name), now=terms.weights.get(name))
        for name, one in names.items()
        if before.get(name) != terms.weights.get(name)
    ]


def needs_reason(one: Indicator, level: Decimal | None) -> bool:
    """The best and the worst level are not given without a reason."""
    values = [each.value for each in one.levels]
    return level is not None and level in (max(values), min(values))


def lacking(items: Iterable[Indicator], levels: Levels) -> list[str]:
    """What is missing before a manager review can be handed in, in words."""
    found = []
    for one in items:
        level, note = levels.get(one.id, (None, ""))
        name = {"item": one.name.say(wording.speaking())}
        if level is None:
            found.append(_("%(item)s: choose a level.") % name)
        elif needs_reason(one, level) and not note.strip():
            found.append(_("%(item)s: the best and the worst level need a reason.") % name)
    return found


def levels_of(review: Review | None) -> dict[str, tuple[Decimal, str]]:
    return {one.indicator: (one.level, one.note) for one in review.ratings.all()} if review else {}


def reviews_of(people: Collection[int]) -> dict[tuple[int, str], Review]:
    """(participant, kind) → the review with its levels, in two queries."""
    found = Review.objects.filter(participant__in=people).prefetch_related(Prefetch("ratings", Rating.objects.all()))
    return {(one.participant_id, one.kind): one for one in found.select_related("author__employee")}


def steps_of(cycle: Cycle) -> dict[str, Step]:
    """The steps of a cycle that are taken, by kind and in their order."""
    return {one.kind: one for one in cycle.steps.exclude(state=Step.State.SKIPPED).order_by("position")}


def is_open(cycle: Cycle, steps: Mapping[str, Step], kind: str) -> bool:
    """Whether what belongs to a step may be done now."""
    return cycle.state == Cycle.State.OPEN and kind in steps and steps[kind].state == Step.State.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One level of an item, as a card to choose."""

    level: Level
    edge: bool

    @property
    def value(self) -> str:
        return plain(self.level.value)


def cards(one: Indicator) -> list[Given]:
    """The levels of an item, the best first."""
    return [Given(level=level, edge=needs_reason(one, level.value)) for level in one.levels]


def plain(level: Decimal) -> str:
    """A level as a form posts it: 6, 4.5."""
    return f"{level.normalize():f}"


def level_name(one: Indicator, level: Decimal | None) -> str:
    """What a level is called."""
    return next((each.name.say(wording.speaking()) for each in one.levels if each.value == level), "")


# Whom one reviews


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One of the people whom somebody reviews, and how far everything is."""

    person: Participant
    card: Card | None
    own: Review | None
    review: Review | None
    open: list[Task]
    late: bool

    @property
    def review_state(self) -> str:
        if self.review is None:
            return ""
        return "done" if self.review.submitted_at else "draft"

    @property
    def next(self) -> Task | None:
        return self.open[0] if self.open else None


def reached(scope: Scope, reviewer: int | None) -> QuerySet[Participant]:
    """The people of cycles under way or past whom somebody reviews or reaches, never oneself."""
    found = visible_participants(scope, reviewer=reviewer)
    return found if reviewer is None else found.exclude(employee=reviewer)


def my_people(reviewer: int | None, scope: Scope, *, everybody: bool) -> QuerySet[Participant]:
    """Those of running cycles: one's own, or all in reach; who is late comes first."""
    found = reached(scope, reviewer).filter(cycle__state=Cycle.State.OPEN)
    if not everybody:
        found = found.filter(reviewer=reviewer) if reviewer else found.none()
    due = Min("tasks__due", filter=Q(tasks__state=Task.State.OPEN, tasks__step__state=Step.State.OPEN))
    notes = Count("check_ins", distinct=True)
    return found.annotate(first_due=due, notes=notes).order_by(
        F("first_due").asc(nulls_last=True), "employee__number", "id"
    )


def rows(people: Sequence[Participant]) -> list[Row]:
    """The same with what is written and what is open, in a handful of queries."""
    ids = [one.pk for one in people]
    reviews = reviews_of(ids)
    today = timezone.localdate()
    open_tasks: dict[int, list[Task]] = {}
    tasks = Task.objects.filter(participant__in=ids, state=Task.State.OPEN, step__state=Step.State.OPEN)
    for task in tasks.select_related("step").order_by("due", "step__position"):
        open_tasks.setdefault(task.participant_id or 0, []).append(task)
    found = totals(people)
    return [
        Row(
            person=one,
            card=found.get(one.pk),
            own=reviews.get((one.pk, Kind.SELF)),
            review=reviews.get((one.pk, Kind.MANAGER)),
            open=open_tasks.get(one.pk, []),
            late=_late(open_tasks.get(one.pk, []), today),
        )
        for one in people
    ]


def _late(tasks: Sequence[Task], today: date) -> bool:
    return any(task.due < today for task in tasks)


def writable(reviewer: int | None, manages: Scope) -> QuerySet[Participant]:
    """Those whose manager review is open now and who are one's own, or in the reach of HR."""
    found = reached(manages, reviewer)
    step = {"kind": StepKind.MANAGER_REVIEW, "state": Step.State.OPEN}
    open_now = Step.objects.filter(cycle__state=Cycle.State.OPEN, **step)
    return found.filter(cycle__in=open_now.values("cycle")).order_by("cycle", "employee__number")


def next_person(people: QuerySet[Participant], current: Participant) -> Participant | None:
    """Whom to review after somebody: the next of the same cycle whose review is not handed in, then from the start."""
    same = people.filter(cycle=current.cycle_id, cycle__steps__kind=StepKind.MANAGER_REVIEW).exclude(pk=current.pk)
    waiting = same.exclude(reviews__in=Review.objects.filter(kind=Kind.MANAGER, submitted_at__isnull=False))
    passed = Case(When(employee__number__gt=current.employee.number, then=Value(0)), default=Value(1))
    return waiting.order_by(passed, "employee__number").first()
