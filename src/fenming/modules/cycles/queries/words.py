"""Reads of what people say to each other: questions with their answers, and thanks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.library.badges import Badge, badges
from fenming.library.indicators import Indicator
from fenming.modules.cycles.models import Participant, Question, Recognition
from fenming.modules.cycles.queries.rated import known_indicators
from fenming.modules.cycles.queries.reach import own_participations
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.reach import departments_of, people_in
from fenming.modules.schemes.queries import scorecard_visible

A_DAY = timedelta(days=1)
MOST_A_DAY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a question is about: a number of one's own scorecard, one of its records, or nothing in particular."""

    card: Any | None
    indicator: Indicator | None
    fact: str
    shown: str
    participant: Participant | None

    @property
    def name(self) -> str:
        return self.indicator.name.say(wording.speaking()) if self.indicator else ""


def about(employee: int, card: int | None, indicator: str, fact: str) -> About | None:
    """What somebody asks about; None where the scorecard is not one's own or the indicator is not on it."""
    if card is None:
        latest = own_participations(employee).first()
        return About(card=None, indicator=None, fact="", shown="", participant=latest)
    found = scorecard_visible(Scope(employees=frozenset({employee})), card)
    if found is None:
        return None
    lines = {line.indicator: line for line in found.lines.all()}
    run = found.run
    one = known_indicators(run.start).get(indicator) if indicator else None
    if indicator and one is None:
        return None
    line = lines.get(indicator)
    mine = own_participations(employee).filter(cycle__start=run.start, cycle__end=run.end)
    return About(
        card=found,
        indicator=one,
        fact=fact,
        shown=wording.quantity(one, line.value, brief=True) if one and line and line.value is not None else "",
        participant=mine.first(),
    )


def asked_by(employee: int) -> QuerySet[Question]:
    """One's own questions, the latest first."""
    return Question.objects.filter(employee=employee).select_related(
        "to", "participant__cycle", "answered_by__employee"
    )


def asked_of(scope: Scope, employee: int | None) -> QuerySet[Question]:
    """The questions that somebody is to answer, and all of people in reach for HR; open ones first, oldest first."""
    found = Question.objects.all()
    if not scope.everything:
        found = found.filter(people_in(scope, "employee") | Q(to=employee or 0))
    if employee is not None:
        found = found.exclude(employee=employee)
    found = found.select_related("employee", "to", "participant__cycle", "answered_by__employee")
    return found.order_by(F("answered_at").asc(nulls_first=True), "asked_at")


def thread(question: Question) -> list[Question]:
    """Everything that was asked about the same thing, the first at the top."""
    same = Question.objects.filter(employee=question.employee_id, indicator=question.indicator)
    if question.participant_id:
        same = same.filter(participant=question.participant_id)
    else:
        same = same.filter(scorecard=question.scorecard)
    return list(same.select_related("to", "employee", "answered_by__employee").order_by("id")[:50])


def names_of(questions: Collection[Question]) -> dict[int, str]:
    """Question → the name of the indicator that it is about."""
    if not any(one.indicator for one in questions):
        return {}
    known = known_indicators(timezone.localdate())
    return {
        one.pk: known[one.indicator].name.say(wording.speaking()) if one.indicator in known else one.indicator
        for one in questions
        if one.indicator
    }


# Thanks


@dataclass(frozen=True, slots=True, kw_only=True)
class Thanks:
    """A word of thanks as it is shown."""

    row: Recognition
    badge: Badge | None
    may_withdraw: bool


def wall(employee: int | None, scope: Scope) -> QuerySet[Recognition]:
    """The thanks that the people of one's own departments received; without a post, those of everybody in reach."""
    found = Recognition.objects.filter(withdrawn_at=None).select_related("giver", "receiver")
    places = departments_of(employee, timezone.localdate(), below=True) if employee else set()
    if not places:
        return found.filter(people_in(scope, "receiver"))
    near = people_in(Scope(departments=frozenset(places)), "receiver")
    return found.filter(near | Q(receiver=employee) | Q(giver=employee))


def told(rows: Sequence[Recognition], employee: int | None) -> list[Thanks]:
    known = badges()
    return [Thanks(row=one, badge=known.get(one.badge), may_withdraw=may_withdraw(one, employee)) for one in rows]


def may_withdraw(one: Recognition, employee: int | None) -> bool:
    """The giver can take it back for a day."""
    return employee is not None and one.giver_id == employee and one.at > timezone.now() - A_DAY


def given_today(employee: int) -> int:
    """How often somebody has thanked today, also what was withdrawn since."""
    return Recognition.objects.filter(giver=employee, at__gte=timezone.now() - A_DAY).count()
