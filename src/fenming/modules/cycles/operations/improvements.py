"""Improvement plans: actions that both agree on, and what came of each."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.text import Words
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Cycle, Improvement, Participant, StepKind, Task
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.messages.operations import complete, notify

State = Improvement.State
FIELDS = ("gap", "action", "support", "measure", "due", "indicator")
TOPIC = "cycles.improvement_due"
SOON = timedelta(days=3)
MOST = 20


def add(actor: Actor, participant: Participant, given: Mapping[str, Any], *, by_person: bool) -> Improvement:
    """Propose an action; whoever proposes it agrees with it. The same one sent twice is there once."""
    wanted = {name: given[name] for name in FIELDS}
    with transaction.atomic():
        Participant.objects.select_for_update().get(pk=participant.pk)
        open_ones = Improvement.objects.filter(participant=participant, state=State.OPEN)
        twice = open_ones.filter(**wanted).first()
        if twice is not None:
            return twice
        if open_ones.count() >= MOST:
            raise ValidationError(_("There are twenty open actions already. Fewer, done well, help more."))
        one = Improvement(participant=participant, author_id=actor.user, **wanted)
        _agree(one, by_person=by_person)
        one.save()
        record(actor, "cycles.add_improvement", f"participant {participant.pk}", after=wanted | {"number": one.pk})
        _settle(actor, participant)
    return one


def change(
    actor: Actor, participant: Participant, number: int, given: Mapping[str, Any], *, version: int, by_person: bool
) -> Improvement:
    """Change an open action; the other side has to agree again."""
    wanted = {name: given[name] for name in FIELDS}
    with transaction.atomic():
        one = _locked(participant, number)
        if all(getattr(one, name) == value for name, value in wanted.items()):
            return one
        _check(one, version)
        before = {name: getattr(one, name) for name in FIELDS}
        for name, value in wanted.items():
            setattr(one, name, value)
        one.employee_agreed_at = one.reviewer_agreed_at = None
        _agree(one, by_person=by_person)
        one.version += 1
        one.save()
        record(actor, "cycles.change_improvement", f"participant {participant.pk}", before=before, after=wanted)
    return one


def agree(actor: Actor, participant: Participant, number: int, *, version: int, by_person: bool) -> Improvement:
    """Agree with an action as it was read."""
    with transaction.atomic():
        one = _locked(participant, number)
        if (one.employee_agreed_at if by_person else one.reviewer_agreed_at) is not None:
            return one
        _check(one, version)
        _agree(one, by_person=by_person)
        one.save(update_fields=["employee_agreed_at", "reviewer_agreed_at"])
        record(actor, "cycles.agree_improvement", f"participant {participant.pk}", after={"number": number})
        _settle(actor, participant)
    return one


def conclude(
    actor: Actor, participant: Participant, number: int, *, version: int, state: str, outcome: str, due: date | None
) -> Improvement:
    """Say what came of an action. One that is carried on goes on as a new row, in the person's newest cycle."""
    with transaction.atomic():
        one = _locked(participant, number, open_only=False)
        if one.state == state and one.outcome == outcome.strip():
            return one
        if one.state != State.OPEN:
            raise Stale(one)
        _check(one, version)
        one.state, one.outcome, one.version = state, outcome.strip(), one.version + 1
        one.save(update_fields=["state", "outcome", "version"])
        if state == State.CARRIED:
            _carry_on(actor, one, due or one.due)
        record(
            actor, "cycles.conclude_improvement", f"participant {participant.pk}",
            after={"number": number, "state": state, "outcome": one.outcome},
        )  # fmt: skip
        complete(TOPIC, f"improvement {number}", actor=actor)
    return one


def _carry_on(actor: Actor, one: Improvement, due: date) -> Improvement:
    places = Participant.objects.filter(employee=one.participant.employee_id, removed_at=None)
    newest = places.exclude(cycle__state=Cycle.State.CANCELLED).order_by("-cycle__start", "-pk").first()
    now = timezone.now()
    return Improvement.objects.create(
        participant=newest or one.participant, follows=one, indicator=one.indicator, gap=one.gap, action=one.action,
        support=one.support, measure=one.measure, due=due, author_id=actor.user, employee_agreed_at=now,
        reviewer_agreed_at=now,
    )  # fmt: skip


def need_none(actor: Actor, participant: Participant, *, reason: str) -> None:
    """Say that no plan is needed this time, and why."""
    if len(reason.strip()) < 5:
        raise ValidationError(_("Say in at least five characters why no plan is needed."))
    finish(actor, StepKind.IMPROVEMENT, [participant.pk], state=Task.State.WAIVED, why=reason.strip()[:200])


def _locked(participant: Participant, number: int, *, open_only: bool = True) -> Improvement:
    """An action of this person, also one of an earlier cycle."""
    mine = Improvement.objects.select_for_update(of=("self",)).select_related("participant__cycle")
    one = mine.filter(participant__employee=participant.employee_id, pk=number).first()
    if one is None:
        raise ValidationError(_("This action is gone. Open the page again."))
    if open_only and one.state != State.OPEN:
        raise Stale(one)
    return one


def _check(one: Improvement, version: int) -> None:
    if one.version != version:
        raise Stale(one)


def _agree(one: Improvement, *, by_person: bool) -> None:
    if by_person:
        one.employee_agreed_at = timezone.now()
    else:
        one.reviewer_agreed_at = timezone.now()


def _settle(actor: Actor, participant: Participant) -> None:
    """The task is done once there is a plan and both agree with all of it."""
    mine = Improvement.objects.filter(participant=participant, state=State.OPEN)
    waiting = mine.filter(employee_agreed_at=None) | mine.filter(reviewer_agreed_at=None)
    if mine.exists() and not waiting.exists():
        finish(actor, StepKind.IMPROVEMENT, [participant.pk])


# Every day


def remind_of_due(today: date) -> int:
    """Tell both sides three days before an action is due, on the day, and every week after; how many actions."""
    found = Improvement.objects.filter(state=State.OPEN, due__lte=today + SOON, participant__removed_at=None)
    running = found.exclude(participant__cycle__state=Cycle.State.CANCELLED)
    due = [
        one
        for one in running.select_related("participant__employee", "participant__cycle")
        if (days := (today - one.due).days) in (-SOON.days, 0) or (days > 0 and days % 7 == 0)
    ]
    people = {one.participant.employee_id for one in due} | {one.participant.reviewer_id for one in due}
    users = accounts_of({one for one in people if one})
    for one in due:
        both = (one.participant.employee_id, one.participant.reviewer_id)
        recipients = [users[who].pk for who in both if who in users]
        if recipients:
            name = one.participant.employee.name
            notify(
                recipients,
                topic=TOPIC,
                kind="todo",
                title=Words(zh=f"改进措施到期：{name}", en=f"An improvement is due: {name}"),
                body=Words(zh=f"{one.action}。请填写结果。", en=f"{one.action} Please say what came of it."),
                url=reverse("improvement", args=[one.participant_id]),
                due=one.due,
                subject_key=f"improvement {one.pk}",
                actor=SYSTEM,
            )
    return len(due)
