"""Reads of goals: what was agreed, what it serves, who carries it, and what has changed since it was acknowledged."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.models import Operation
from fenming.library.indicators import Indicator
from fenming.modules.cycles.models import CheckIn, Cycle, Goal, Participant, Step, StepKind
from fenming.modules.cycles.queries.rated import is_rated
from fenming.modules.cycles.queries.standing import Moment, Standing, at_moments
from fenming.modules.indicators.queries import wording

HEIGHT = 6
"""How far up a goal is followed: no company has more levels, and a circle ends here."""
JUDGED = (
    StepKind.SELF_REVIEW,
    StepKind.MANAGER_REVIEW,
    StepKind.CALIBRATION,
    StepKind.LETTER,
    StepKind.INTERVIEW,
    StepKind.CONFIRM,
    StepKind.ARCHIVE,
)
FIELDS = ("title", "measure", "target", "due", "is_milestone", "parent")


def subject(person: int) -> str:
    """Under which name the log knows the goals of a participant."""
    return f"goals {person}"


def may_change(cycle: Cycle, steps: Mapping[str, Step]) -> bool:
    """Goals change until the period begins to be judged."""
    begun = (Step.State.OPEN, Step.State.DONE)
    judged = any(kind in steps and steps[kind].state in begun for kind in JUDGED)
    return cycle.state == Cycle.State.OPEN and not judged


def goals_of(person: Participant) -> list[Goal]:
    """The goals of a participant, with what each serves."""
    found = Goal.objects.filter(participant=person).select_related("parent__participant__employee", "author")
    return list(found)


def is_proposal(goal: Goal, person: Participant) -> bool:
    """Whether the person wrote it and the reviewer has not taken it up yet."""
    return goal.author is not None and goal.author.employee_id == person.employee_id


def parents_for(person: Participant) -> list[Goal]:
    """The goals that a goal of this participant can serve: the reviewer's own of the same time."""
    if person.reviewer_id is None:
        return []
    cycle = person.cycle
    above = Goal.objects.filter(
        participant__employee=person.reviewer_id,
        participant__removed_at=None,
        participant__cycle__start__lt=cycle.end,
        participant__cycle__end__gt=cycle.start,
    )
    open_ones = above.exclude(participant__cycle__state=Cycle.State.CANCELLED).exclude(participant=person.pk)
    return list(open_ones.select_related("participant__employee").exclude(state=Goal.State.DROPPED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A goal with the goals it serves, the nearest first."""

    goal: Goal
    above: list[Goal]
    indicator: Indicator | None
    proposed: bool

    @property
    def target(self) -> str:
        if self.goal.target is None:
            return ""
        return wording.mark(self.indicator, self.goal.target) if self.indicator else f"{self.goal.target.normalize():f}"

    @property
    def tone(self) -> str:
        late = self.goal.due and self.goal.due < timezone.localdate() and self.goal.state == Goal.State.OPEN
        return (
            "coral"
            if late
            else {"reached": "brand", "missed": "coral", "dropped": "slate"}.get(self.goal.state, "blue")
        )


def served(person: Participant, goals: Sequence[Goal], known: Mapping[str, Indicator]) -> list[Served]:
    """The goals of a participant with everything above them, a query for each level."""
    held: dict[int, Goal] = {one.parent.pk: one.parent for one in goals if one.parent}
    wanted = {one.parent_id for one in held.values() if one.parent_id} - set(held)
    for _level in range(HEIGHT):
        if not wanted:
            break
        above = Goal.objects.filter(pk__in=wanted).select_related("participant__employee")
        held |= {one.pk: one for one in above}
        wanted = {one.parent_id for one in held.values() if one.parent_id} - set(held)
    return [
        Served(goal=one, above=_chain(one, held), indicator=known.get(one.indicator), proposed=is_proposal(one, person))
        for one in goals
    ]


def _chain(goal: Goal, held: Mapping[int, Goal]) -> list[Goal]:
    found: list[Goal] = []
    at = goal.parent_id
    while at and at in held and held[at] not in found and at != goal.pk:
        found.append(held[at])
        at = held[at].parent_id
    return found


def carried(person: Participant) -> tuple[list[Goal], dict[int, list[Goal]]]:
    """The goals of a participant, and for each of them the goals that serve it directly: who carries it. One query."""
    own = Goal.objects.filter(participant=person)
    below = Q(parent__in=own.order_by().values("id"), participant__removed_at=None)
    both = Goal.objects.filter(Q(participant=person) | below)
    mine: list[Goal] = []
    found: dict[int, list[Goal]] = {}
    for one in both.select_related("participant__employee", "parent__participant__employee", "author"):
        if one.participant_id == person.pk:
            mine.append(one)
        else:
            found.setdefault(one.parent_id or 0, []).append(one)
    for some in found.values():
        some.sort(key=lambda one: (one.participant.employee.number, one.position))
    return mine, found


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An item of the scheme that can become a goal as it stands."""

    indicator: Indicator
    target: Decimal | None
    shown: str

    @property
    def name(self) -> str:
        return self.indicator.name.say(wording.speaking())


def offers(now: Standing, goals: Collection[Goal]) -> list[Offer]:
    """The measured items of the scheme that no goal names yet."""
    there = {one.indicator for one in goals}
    return [
        Offer(indicator=one.indicator, target=one.target, shown=one.goal)
        for one in now.figures
        if one.indicator.id not in there and not is_rated(one.indicator)
    ]


def before(person: Participant) -> Participant | None:
    """The same person in the last cycle before, if goals were set there."""
    earlier = Participant.objects.filter(
        employee=person.employee_id, cycle__start__lt=person.cycle.start, goals__isnull=False
    ).exclude(cycle__state=Cycle.State.CANCELLED)
    return earlier.select_related("cycle").order_by("-cycle__start").first()


# What has changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What became of one goal since it was acknowledged."""

    title: str
    kind: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)


def described(goal: Goal) -> dict[str, Any]:
    """A goal as the log keeps it, in the words of those who read it."""
    return {
        "title": goal.title,
        "measure": goal.measure,
        "target": f"{goal.target.normalize():f}" if goal.target is not None else "",
        "due": goal.due.isoformat() if goal.due else "",
        "is_milestone": goal.is_milestone,
        "parent": str(goal.parent) if goal.parent_id else "",
    }


def differences(person: Participant) -> list[Difference]:
    """What has changed in the goals since the person acknowledged them, goal by goal."""
    if not 0 < person.acknowledged_version < person.goals_version:
        return []
    entries = Operation.objects.filter(
        object=subject(person.pk), after__goals_version__gt=person.acknowledged_version
    ).order_by("id")
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for entry in entries:
        was, became = (entry.before or {}).get("goals", {}), (entry.after or {}).get("goals", {})
        for key in {*was, *became}:
            first.setdefault(key, was.get(key))
            last[key] = became.get(key)
    found = [_difference(first[key], last[key]) for key in first if first[key] != last[key]]
    return [one for one in found if one]


def _difference(was: dict[str, Any] | None, became: dict[str, Any] | None) -> Difference | None:
    if was is None and became is None:
        return None
    if was is None and became is not None:
        return Difference(title=became["title"], kind="added")
    if became is None and was is not None:
        return Difference(title=was["title"], kind="removed")
    assert was is not None and became is not None  # noqa: S101, PT018 - the cases above
    names = {
        "title": _("Goal"),
        "measure": _("How it is measured"),
        "target": _("Target"),
        "due": _("Due"),
        "is_milestone": _("Milestone"),
        "parent": _("Serves"),
    }
    changed = [
        (str(names[one]), _shown(was.get(one)), _shown(became.get(one)))
        for one in FIELDS
        if was.get(one) != became.get(one)
    ]
    return Difference(title=became["title"], kind="changed", fields=changed)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or "—")


# On the way


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A check-in with the figures of its day."""

    check_in: CheckIn
    own: bool
    figures: Moment | None


def notes_of(person: Participant, now: Standing | None = None) -> list[Note]:
    """The check-ins of both, the newest first, each with how the person stood then."""
    found = list(CheckIn.objects.filter(participant=person).select_related("author")[:100])
    figures = at_moments(person, [one.at for one in found], now.terms if now else None)
    return [Note(check_in=one, own=one.author_id == person.employee_id, figures=figures.get(one.at)) for one in found]
