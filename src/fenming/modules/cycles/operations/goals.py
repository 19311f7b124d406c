"""Goals: proposed, set, copied, acknowledged, followed up; and the notes on the way."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.urls import reverse

from fenming.controls.operations import Actor, record, record_many
from fenming.library.text import Words, refuse
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import CheckIn, Cycle, Goal, Participant, Step, StepKind, Task
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.cycles.queries.goals import described, subject
from fenming.modules.messages.operations import complete, notify

TOPIC = "cycles.goals_changed"
MOST = 60
"""Goals of one person in one period: more are a list, not goals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a goal is to say."""

    title: str
    measure: str = ""
    indicator: str = ""
    target: Decimal | None = None
    due: date | None = None
    is_milestone: bool = False
    parent: int | None = None

    def values(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "measure": self.measure,
            "target": self.target,
            "due": self.due,
            "is_milestone": self.is_milestone,
            "parent_id": self.parent,
        }


def add(actor: Actor, people: Sequence[Participant], aims: Sequence[Aim], *, proposed: bool = False) -> int:
    """Set the same goals for one or several people, or propose one's own; returns how many were made.

    A goal that says the same as one already there is not made twice: sending a form again changes nothing.
    """
    with transaction.atomic():
        locked = _locked([one.pk for one in people])
        _hold_parents(aims)
        there = _there(locked)
        places = dict(
            Goal.objects.filter(participant__in=locked).order_by().values_list("participant").annotate(Max("position"))
        )
        made: dict[int, list[Goal]] = {}
        for person in locked:
            for aim in _fresh(aims, there.get(person, set())):
                places[person] = (places.get(person) or 0) + 1
                goal = Goal(
                    participant_id=person, author_id=actor.user, position=places[person],
                    indicator=aim.indicator, **aim.values(),
                )  # fmt: skip
                made.setdefault(person, []).append(goal)
        for person, goals in made.items():
            _refuse_too_many(len(there.get(person, ())) + len(goals))
        Goal.objects.bulk_create([goal for goals in made.values() for goal in goals])
        _tell(actor, "cycles.goals_proposed" if proposed else "cycles.goals_set", {}, made, proposed=proposed)
    return sum(map(len, made.values()))


def _locked(people: Collection[int]) -> list[int]:
    found = Participant.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("id")
    return list(found.values_list("id", flat=True))


def _there(people: Collection[int]) -> dict[int, set[tuple[str, str]]]:
    found: dict[int, set[tuple[str, str]]] = {}
    for person, title, indicator in Goal.objects.filter(participant__in=people).values_list(
        "participant", "title", "indicator"
    ):
        found.setdefault(person, set()).add(_same(title, indicator))
    return found


def _same(title: str, indicator: str) -> tuple[str, str]:
    """Two goals over one indicator are one; without an indicator the words count."""
    return ("", indicator) if indicator else (title, "")


def _fresh(aims: Iterable[Aim], there: set[tuple[str, str]]) -> list[Aim]:
    found: dict[tuple[str, str], Aim] = {_same(one.title, one.indicator): one for one in aims}
    return [one for key, one in found.items() if key not in there]


def _hold_parents(aims: Iterable[Aim]) -> None:
    """The goals to be served stay until the end of the transaction; refused where one is gone already."""
    wanted = {one.parent for one in aims if one.parent}
    if wanted and len(Goal.objects.select_for_update(of=("self",)).filter(pk__in=wanted)) < len(wanted):
        raise refuse(
            "要服务的上级目标刚刚被删除，请重新选择。",
            "The goal that this one serves was just taken away. Choose again.",
        )


def _refuse_too_many(count: int) -> None:
    if count > MOST:
        raise refuse(f"一个周期最多 {MOST} 个目标。", f"A period has at most {MOST} goals for one person.")


def change(actor: Actor, goal: Goal, aim: Aim, *, version: int, proposed: bool = False) -> Goal:
    """Change a goal; the reviewer's change of a proposal takes it up. Stale without a goal: somebody took it away."""
    with transaction.atomic():
        _locked([goal.participant_id])
        held = Goal.objects.select_related("parent").filter(pk=goal.pk).first()
        if held is None:
            raise Stale
        wanted = aim.values()
        if all(getattr(held, name) == value for name, value in wanted.items()) and held.author_id == actor.user:
            return held
        if held.version != version:
            raise Stale(held)
        _hold_parents([aim])
        was = described(held)
        Goal.objects.filter(pk=held.pk).update(**wanted, version=version + 1, author=actor.user)
        now = Goal.objects.select_related("parent").get(pk=held.pk)
        action = "cycles.goals_proposed" if proposed else "cycles.goals_set"
        _tell(actor, action, {held.participant_id: {held.pk: was}}, {held.participant_id: [now]}, proposed=proposed)
    return now


def accept(actor: Actor, person: Participant, goals: Collection[Goal]) -> int:
    """The reviewer takes up what the person proposed, as it stands."""
    with transaction.atomic():
        _locked([person.pk])
        ids = [one.pk for one in goals]
        taken = list(Goal.objects.filter(pk__in=ids, participant=person).exclude(author=actor.user))
        if taken:
            Goal.objects.filter(pk__in=[one.pk for one in taken]).update(author=actor.user, version=F("version") + 1)
            _tell(actor, "cycles.goals_set", {}, {person.pk: taken})
    return len(taken)


def remove(actor: Actor, goal: Goal, *, proposed: bool = False) -> None:
    """Take a goal away; those that served it serve nothing then."""
    with transaction.atomic():
        _locked([goal.participant_id])
        held = Goal.objects.filter(pk=goal.pk).select_related("parent").first()
        if held is None:
            return
        was, number = described(held), held.pk
        held.delete()
        action = "cycles.goals_proposed" if proposed else "cycles.goals_set"
        _tell(actor, action, {goal.participant_id: {number: was}}, {goal.participant_id: []}, proposed=proposed)


def _tell(
    actor: Actor,
    action: str,
    was: Mapping[int, Mapping[int, dict[str, Any]]],
    now: Mapping[int, Sequence[Goal]],
    *,
    proposed: bool = False,
) -> None:
    """Number the state of the goals, write it into the log, and ask those concerned to look at it."""
    if not now:
        return
    if not proposed:
        Participant.objects.filter(pk__in=list(now)).update(goals_version=F("goals_version") + 1)
    people = {one.pk: one for one in Participant.objects.filter(pk__in=list(now)).select_related("cycle", "employee")}
    entries = []
    for person, goals in now.items():
        after = {"goals_version": people[person].goals_version, "goals": {str(one.pk): described(one) for one in goals}}
        before = {"goals": {str(number): told for number, told in was.get(person, {}).items()}}
        entries.append((subject(person), before, after if not proposed else {"goals": after["goals"]}))
    record_many(actor, action, entries)
    if proposed:
        _ask_reviewers(actor, people.values())
    else:
        _ask_people(actor, people.values())


def _ask_people(actor: Actor, people: Collection[Participant]) -> None:
    """To acknowledge, or to acknowledge again; the step's task is open again while the step is."""
    Task.objects.filter(
        step__kind=StepKind.GOALS, step__state=Step.State.OPEN, participant__in=people, state=Task.State.DONE
    ).update(state=Task.State.OPEN, done_at=None, done_by=None)
    accounts = accounts_of({one.employee_id for one in people})
    by_cycle: dict[Cycle, list[int]] = {}
    for person in people:
        if person.employee_id in accounts:
            by_cycle.setdefault(person.cycle, []).append(accounts[person.employee_id].pk)
    for cycle, users in by_cycle.items():
        notify(
            users,
            topic=TOPIC,
            kind="todo",
            title=Words(zh=f"请确认 {cycle.label} 的绩效目标", en=f"Please acknowledge your goals of {cycle.label}"),
            body=Words(
                zh="目标已制定或有变化，请查看并确认。", en="They were set or have changed. Look and acknowledge."
            ),
            url=reverse("my-cycle"),
            subject_key=_key(cycle.pk),
            actor=actor,
        )


def _key(cycle: int) -> str:
    return f"cycle {cycle}"


def _ask_reviewers(actor: Actor, people: Iterable[Participant]) -> None:
    accounts = accounts_of({one.reviewer_id for one in people if one.reviewer_id})
    for person in people:
        if person.reviewer_id in accounts:
            notify(
                [accounts[person.reviewer_id].pk],
                topic="cycles.goals_proposed",
                kind="notice",
                title=Words(zh="下属提出了绩效目标", en="Goals have been proposed to you"),
                body=Words(
                    zh=f"{person.employee.name}：请查看并采纳或修改。",
                    en=f"{person.employee.name}: look at them and take them up or change them.",
                ),
                url=reverse("review-goals", args=(person.pk,)),
                subject_key=subject(person.pk),
                actor=actor,
            )


def acknowledge(actor: Actor, person: Participant, *, version: int) -> bool:
    """The person has read the goals as they stand; False where they have changed since the page was opened."""
    with transaction.atomic():
        held = Participant.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if held.goals_version != version:
            return False
        if held.acknowledged_version == version or version == 0:
            return version > 0
        Participant.objects.filter(pk=person.pk).update(acknowledged_version=version)
        finish(actor, StepKind.GOALS, [person.pk])
        own = accounts_of({held.employee_id})
        complete(TOPIC, _key(held.cycle_id), recipients=[one.pk for one in own.values()], actor=actor)
        record(
            actor,
            "cycles.goals_acknowledged",
            subject(person.pk),
            before={"acknowledged_version": held.acknowledged_version},
            after={"acknowledged_version": version},
        )
    return True


def follow_up(actor: Actor, goal: Goal, *, progress: int, state: str) -> None:
    """How far a goal is; it does not change what was agreed. Stale: somebody took it away."""
    with transaction.atomic():
        held = Goal.objects.select_for_update(of=("self",)).filter(pk=goal.pk).first()
        if held is None:
            raise Stale
        before = {"progress": held.progress, "state": held.state}
        after = {"progress": progress, "state": state}
        if before != after:
            Goal.objects.filter(pk=goal.pk).update(**after)
            record(actor, "cycles.goal_progress", f"goal {goal.pk}", before=before, after=after)


def check_in(actor: Actor, person: Participant, author: int, text: str) -> CheckIn:
    """Keep a note on the way and tell the other one; the same words by the same person at once are one note."""
    with transaction.atomic():
        _locked([person.pk])
        last = CheckIn.objects.filter(participant=person, author=author).first()
        if last is not None and last.text == text:
            return last
        note = CheckIn.objects.create(participant=person, author_id=author, text=text)
        record(actor, "cycles.check_in", f"check-ins {person.pk}", after={"text": text})
        own = author == person.employee_id
        other = person.reviewer_id if own else person.employee_id
        account = accounts_of({other}).get(other) if other else None
        if account is not None:
            notify(
                [account.pk],
                topic="cycles.check_in",
                kind="notice",
                title=Words(zh="有一条新的过程记录", en="There is a new check-in"),
                body=Words.same(f"{note.author.name}: {text[:200]}"),
                url=reverse("review-notes" if own else "my-notes", args=(person.pk,)),
                actor=actor,
            )
    return note


def finish_tracking(actor: Actor, person: Participant) -> bool:
    """The reviewer has followed up; False while nobody but the person has written a note."""
    with transaction.atomic():
        if not CheckIn.objects.filter(participant=person).exclude(author=person.employee_id).exists():
            return False
        finish(actor, StepKind.TRACKING, [person.pk])
    return True
