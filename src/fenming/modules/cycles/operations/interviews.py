"""The record of an interview: written by the reviewer, completed and confirmed by the person."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.operations import Actor, record
from fenming.library.text import Words
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Interview, Participant, StepKind
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.messages.operations import complete, notify

FIELDS = ("held_on", "place", "strengths", "gaps", "agreed")
TOPIC = "cycles.interview_confirm"


def write(actor: Actor, participant: Participant, given: Mapping[str, Any], *, version: int) -> Interview:
    """Keep the reviewer's side. Text that changes after the person confirmed has to be confirmed again.

    ``version`` is that of the record when the page was opened, 0 where there was none; the same text sent twice is
    kept once.
    """
    wanted = {name: given[name] for name in FIELDS}
    with transaction.atomic():
        Participant.objects.select_for_update().get(pk=participant.pk)
        now = Interview.objects.filter(participant=participant).first()
        if now is not None and all(getattr(now, name) == value for name, value in wanted.items()):
            return now
        if version != (now.version if now else 0):
            raise Stale(now) if now else ValidationError(_("This record is gone. Open the page again."))
        before = {name: getattr(now, name) for name in FIELDS} if now else None
        one = now or Interview(participant=participant, version=0)
        for name, value in wanted.items():
            setattr(one, name, value)
        one.author_id, one.confirmed_at, one.version = actor.user, None, one.version + 1
        one.save()
        record(actor, "cycles.write_interview", f"participant {participant.pk}", before=before, after=wanted)
        _ask(actor, participant)
    return one


def _ask(actor: Actor, participant: Participant) -> None:
    """The person is asked to confirm; once, however often the text changes before."""
    users = [one.pk for one in accounts_of({participant.employee_id}).values()]
    if users:
        label = participant.cycle.label
        notify(
            users,
            topic=TOPIC,
            kind="todo",
            title=Words(zh=f"请确认 {label} 绩效面谈记录", en=f"Please confirm your interview of {label}"),
            body=Words(
                zh="可补充自己的意见后确认。",
                en="Add your own words if you like, then confirm what was agreed.",
            ),
            url=reverse("interview", args=[participant.pk]),
            subject_key=f"interview {participant.pk}",
            actor=actor,
        )


def confirm(actor: Actor, participant: Participant, *, words: str, version: int) -> Interview:
    """The person adds own words and confirms the text that was read; with that the interview is done."""
    with transaction.atomic():
        Participant.objects.select_for_update().get(pk=participant.pk)
        now = Interview.objects.filter(participant=participant).first()
        if now is None:
            raise ValidationError(_("There is no record of an interview yet."))
        if now.confirmed_at is not None and now.words == words.strip():
            return now
        if now.version != version:
            raise Stale(now)
        now.words, now.confirmed_at = words.strip(), timezone.now()
        now.save(update_fields=["words", "confirmed_at"])
        record(actor, "cycles.confirm_interview", f"participant {participant.pk}", after={"words": now.words})
        complete(TOPIC, f"interview {participant.pk}", actor=actor)
        finish(actor, StepKind.INTERVIEW, [participant.pk])
    return now
