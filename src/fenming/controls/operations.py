"""Writes of the shared paperwork. Every operation of a module ends with one entry in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from fenming.controls import redaction, seals, secrets
from fenming.controls.models import Operation, Seal
from fenming.controls.queries import head, heads_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a signed-in user, or a command of the system's (no user)."""

    user: int | None = None
    name: str = "system"
    address: str | None = None


SYSTEM = Actor()
SEALED_AT_ONCE = 10_000
"""Entries a seal covers at most, so that neither sealing nor verifying needs much memory."""
OPEN = timedelta(days=1)
"""How long an id that was passed over may still turn up: PostgreSQL gives ids out before transactions commit."""


def record(
    actor: Actor,
    action: str,
    subject: object,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry into the operation log, in the caller's transaction. Sensitive fields are masked by name."""
    Operation.objects.create(
        actor_id=actor.user,
        actor_name=redaction.text(actor.name)[:150],
        action=action,
        object=redaction.text(str(subject))[:120],
        before=redaction.kept(before),
        after=redaction.kept(after, before),
        address=actor.address,
    )


def seal_log() -> int:
    """Seal every visible entry that no seal covers, at most ``SEALED_AT_ONCE`` a seal; how many that were.

    Of two workers that do it at once, the second finds the number taken and leaves the rest to the first.
    """
    total = 0
    while count := _seal_next():
        total += count
    return total


def _seal_next() -> int:
    try:
        with transaction.atomic():
            seal = _next_seal()
            if seal is None:
                return 0
            seal.save(force_insert=True)
            transaction.on_commit(partial(_note_head, seal), robust=True)
    except IntegrityError:
        return 0
    return seal.count


def _next_seal() -> Seal | None:
    last = head()
    through = last.through if last else 0
    late = _late(through)
    rows = Operation.objects.filter(id__in=late) if late else Operation.objects.filter(id__gt=through)
    numbers, prints = [], []
    for entry in rows.order_by("id").values_list(*seals.COLUMNS)[:SEALED_AT_ONCE].iterator():
        numbers.append(entry[0])
        prints.append(seals.fingerprint(entry))
    if not numbers:
        return None
    seal = Seal(
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        ranges=[list(one) for one in seals.runs(numbers)],
        count=len(numbers),
        through=max(through, numbers[-1]),
        fingerprints=b"".join(prints),
        previous=last.digest if last else "",
    )
    seal.digest = secrets.seal(seals.message(seal))
    return seal


def _late(through: int) -> list[int]:
    """Ids below those already sealed that were committed after them, while their place is still open.

    Counting finds that there are none, as nearly always, without reading the ids.
    """
    since = timezone.now() - OPEN
    before = Seal.objects.filter(at__lt=since).order_by("-number").values_list("through", flat=True).first() or 0
    ranges = Seal.objects.filter(at__gte=since).values_list("ranges", flat=True)
    sealed = seals.joined((first, last) for some in ranges for first, last in some)
    known = [(max(first, before + 1), last) for first, last in sealed if last > before]
    passed = Operation.objects.filter(id__gt=before, id__lte=through)
    if passed.count() <= seals.size(known):
        return []
    present = seals.runs(passed.order_by("id").values_list("id", flat=True).iterator())
    return list(islice(seals.ids(seals.without(list(present), known)), SEALED_AT_ONCE))


def _note_head(seal: Seal) -> None:
    """Note the newest seal outside the database: a log whose end was cut off no longer ends like this."""
    with heads_file().open("a", encoding="ascii") as file:
        file.write(f"{seal.number} {seal.digest} {seal.at.isoformat()}\n")
