"""The outbox: what is due is sealed into letters, taken, sent and noted. Any number of workers may work it off.

Whoever takes a delivery first moves its ``not_before`` on by a pause that grows with the tries. A worker that is killed
between sending and noting therefore leaves a delivery that comes up again: it is sent at least once, never lost. A
repeated e-mail bears the same Message-ID.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from fenming.modules.messages.models import Channel, Delivery, Preference
from fenming.modules.messages.operations import robot_post
from fenming.modules.messages.sending import mail, robots
from fenming.modules.messages.sending.robots import Outcome

BATCH = 20  # with every time-out spent, a batch takes less than the first pause
TRIES = 9
FIRST_PAUSE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
log = logging.getLogger(__name__)
LOST = "The worker was lost while it was sending."

Letter = list[Delivery]
People = dict[int, tuple[str, str]]  # address and language


def send_due(*, batches: int = 100) -> int:
    """Send what is due through every channel that is on; returns how many letters were tried."""
    tried = 0
    for channel in Channel.objects.filter(enabled=True):
        if channel.is_robot or mail.is_on():
            seal(channel, timezone.now())
            for _batch in range(batches):
                letters = take(channel, timezone.now())
                _send(channel, letters)
                tried += len(letters)
                if len(letters) < BATCH:
                    break
    return tried


def seal(channel: Channel, now: datetime) -> None:
    """Each delivery that is due is a letter; those of one person that were held back become one letter."""
    with transaction.atomic():
        due = channel.deliveries.filter(not_before__lte=now, letter=None)
        held: dict[int, list[int]] = defaultdict(list)
        for one in due.filter(state=Delivery.State.HELD).select_for_update(of=("self",)).select_related("message"):
            held[one.message.recipient_id].append(one.pk)
        Delivery.objects.bulk_update(
            [Delivery(pk=one, letter=min(together)) for together in held.values() for one in together],
            ["letter"],
            batch_size=1000,
        )
        due.filter(state=Delivery.State.WAITING).update(letter=F("id"))


def take(channel: Channel, now: datetime) -> list[Letter]:
    """The next letters, put off for whoever comes after; a robot's only as many as its minute still admits."""
    with transaction.atomic():
        Channel.objects.select_for_update().get(pk=channel.pk)  # one counts at a time
        due = channel.deliveries.filter(state__in=Delivery.OPEN, not_before__lte=now, letter=F("id"))
        taken = list(due.order_by("not_before", "id")[: _room(channel, now)])
        for tries in {one.tries for one in taken}:
            Delivery.objects.filter(letter__in=[one.pk for one in taken if one.tries == tries]).update(
                tries=F("tries") + 1,
                tried_at=now,
                not_before=now + FIRST_PAUSE * 2**tries,
                state=Delivery.State.FAILED if tries < TRIES else Delivery.State.DEAD,
                last_error=LOST,
            )
        going = [one.pk for one in taken if one.tries < TRIES]
    letters: dict[int, Letter] = {one: [] for one in going}
    for one in Delivery.objects.filter(letter__in=going).select_related("message").order_by("id"):
        letters[one.letter or one.pk].append(one)
    return list(letters.values())


def _room(channel: Channel, now: datetime) -> int:
    if not channel.is_robot:
        return BATCH
    just_now = channel.deliveries.filter(tried_at__gt=now - MINUTE).count()
    return max(0, min(BATCH, robots.PER_MINUTE[Channel.Kind(channel.kind)] - just_now))


def _send(channel: Channel, letters: Sequence[Letter]) -> None:
    """Send a batch; when nobody answers, the rest need not be tried now."""
    if not letters:
        return
    if channel.is_robot:
        _send_each(letters, lambda letter: robots.send(channel.kind, robot_post(channel, letter[0].message)))
        return
    people = _people([letter[0].message.recipient_id for letter in letters])
    out = mail.connection()
    try:
        _send_each(letters, lambda letter: _write_to(people, out, letter))
    finally:
        mail.hang_up(out)


def _send_each(letters: Sequence[Letter], send: Callable[[Letter], Outcome]) -> None:
    outcome = Outcome()
    for letter in letters:
        if not outcome.silent:
            try:
                outcome = send(letter)
            except Exception as fault:  # whatever is wrong with one letter holds up no other
                log.exception("Letter %s could not be sent.", letter[0].pk)
                outcome = Outcome(error=f"{type(fault).__name__}: {fault}")
        _note(letter, outcome)


def _write_to(people: People, out: BaseEmailBackend, letter: Letter) -> Outcome:
    address, language = people.get(letter[0].message.recipient_id, ("", ""))
    if not address:
        return Outcome(error="This account has no e-mail address any more.", hopeless=True)
    made = mail.letter(letter[0].pk, [one.message for one in letter], to=address, language=language)
    return mail.try_send(out, made)


def _people(ids: Sequence[int]) -> People:
    """Where and in which language to write to people who still have an account."""
    wishes = Preference.objects.in_bulk(ids)
    users = get_user_model()._default_manager.filter(pk__in=ids, is_active=True)
    return {user.pk: (getattr(user, "email", ""), _language(user, wishes.get(user.pk))) for user in users}


def _language(user: object, wish: Preference | None) -> str:
    return (wish.language if wish else "") or getattr(user, "language", "") or settings.LANGUAGE_CODE


def _note(letter: Letter, outcome: Outcome) -> None:
    """What became of a letter holds for all that is in it."""
    together = Delivery.objects.filter(letter=letter[0].letter)
    if outcome.is_sent:
        together.update(state=Delivery.State.SENT, sent_at=timezone.now(), last_error="")
        return
    given_up = outcome.hopeless or letter[0].tries >= TRIES
    together.update(state=Delivery.State.DEAD if given_up else Delivery.State.FAILED, last_error=outcome.error[:300])
