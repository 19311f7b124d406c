"""Writes of the shared paperwork. Every operation of a module ends with one entry in the log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from fenming.controls import redaction, seals, secrets
from fenming.controls.models import Operation, Seal, Work
from fenming.controls.queries import head, heads_file
from fenming.library.text import refuse

SCHEDULED_WORK_KEPT = timedelta(days=1)


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
    _entry(actor, action, subject, before, after).save(force_insert=True)


def record_many(
    actor: Actor, action: str, entries: Iterable[tuple[object, Mapping[str, Any] | None, Mapping[str, Any] | None]]
) -> None:
    """An entry for each subject with what was before and after, as `record` writes it, at once."""
    Operation.objects.bulk_create([_entry(actor, action, *one) for one in entries], batch_size=1000)


def _entry(
    actor: Actor, action: str, subject: object, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Operation:
    return Operation(
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


def retry(actor: Actor, work: Work) -> None:
    """Let a failed work begin again, with all its tries."""
    with transaction.atomic():
        again = {"state": Work.State.QUEUED, "tries": 0, "next_try_at": timezone.now(), "finished_at": None}
        if not Work.objects.filter(pk=work.pk, state=Work.State.DEAD).update(**again):
            raise refuse("只有失败的任务可以重试。", "Only failed work can be tried again.")
        record(actor, "jobs.retry", work, before={"state": Work.State.DEAD}, after={"state": Work.State.QUEUED})


def cancel(actor: Actor, work: Work) -> None:
    """Take back a work that no worker has begun, or that waits for its next try."""
    with transaction.atomic():
        ended = {"state": Work.State.CANCELLED, "finished_at": timezone.now()}
        if not Work.objects.filter(pk=work.pk, state=Work.State.QUEUED).update(**ended):
            raise refuse(
                "只有等待中的任务可以取消；它已经开始或已经结束。",
                "Only waiting work can be cancelled; this has begun or ended.",
            )
        record(actor, "jobs.cancel", work, before={"state": Work.State.QUEUED}, after={"state": Work.State.CANCELLED})


def tidy_works(now: datetime) -> int:
    """Delete works done or taken back 30 days ago (``FENMING_KEEP``), scheduled ones done a day ago; the last of each
    schedule marks its moment and stays, and so does what failed: somebody should look at it."""
    kept = timedelta(days=settings.KEEP_DAYS["works"])
    done = Work.objects.filter(state=Work.State.DONE)
    ended = Work.objects.filter(state__in=(Work.State.DONE, Work.State.CANCELLED))
    last = Work.objects.filter(scheduled_for__isnull=False).values("job").annotate(last=Max("id")).values("last")
    old = ended.filter(finished_at__lt=now - kept)
    old |= done.filter(scheduled_for__isnull=False, finished_at__lt=now - SCHEDULED_WORK_KEPT)
    return old.exclude(pk__in=list(last.values_list("last", flat=True))).delete()[0]
