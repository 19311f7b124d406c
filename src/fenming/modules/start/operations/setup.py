"""The first start goes on: the first account, a step done, somebody taking over, the end."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from fenming.controls.jobs import jobs
from fenming.controls.models import Work
from fenming.controls.operations import Actor, record, retry
from fenming.library.text import refuse
from fenming.modules.accounts.operations.first import Colleague, Founder, open_first
from fenming.modules.accounts.queries.entry import any_account
from fenming.modules.start.models import Setup
from fenming.modules.start.queries.setup import STEPS, is_elsewhere


def open_account(founder: Founder, colleagues: Sequence[Colleague], *, address: str | None) -> Any:
    """The first account; with it the key ends."""
    with transaction.atomic():
        row, _ = Setup.objects.select_for_update().get_or_create(pk=1)
        user = open_first(founder, colleagues, address=address)
        row.key_digest, row.done, row.holder, row.held_at = "", ["account"], user, timezone.now()
        row.save()
    return user


def hold(user: int | None, *, take_over: bool = False) -> Setup:
    """The row, held by this person unless somebody else is at it; taking over is logged by whoever asks for it."""
    with transaction.atomic():
        row, _ = Setup.objects.select_for_update(of=("self",)).get_or_create(pk=1)
        if take_over or not is_elsewhere(row, user):
            row.holder_id, row.held_at = user, timezone.now()
            row.save(update_fields=["holder", "held_at"])
    return row


def finish_step(actor: Actor, step: str, chosen: Mapping[str, Any] | None = None, *, skipped: bool = False) -> None:
    """Note that a step is done or was skipped, and what was chosen; doing it again replaces that."""
    with transaction.atomic():
        row = own(actor)
        row.done = [one.id for one in STEPS if one.id in {*row.done, step}]
        row.chosen = {**row.chosen, step: {**row.chosen.get(step, {}), **(chosen or {}), "skipped": skipped}}
        row.save(update_fields=["done", "chosen"])
        record(actor, "start.step", step, after={"skipped": skipped})


def keep(actor: Actor, step: str, chosen: Mapping[str, Any]) -> None:
    """Keep what was chosen so far at a step that is not done."""
    with transaction.atomic():
        row = own(actor)
        row.chosen = {**row.chosen, step: {**row.chosen.get(step, {}), **chosen}}
        row.save(update_fields=["chosen"])


def finish(actor: Actor) -> None:
    """The first start is over; what it could do, it can no longer."""
    with transaction.atomic():
        row = own(actor)
        row.done, row.finished_at = [one.id for one in STEPS], timezone.now()
        row.save(update_fields=["done", "finished_at"])
        record(actor, "start.finish", "start")


def dismiss(actor: Actor) -> None:
    """Put the list of what comes next away."""
    with transaction.atomic():
        if Setup.objects.filter(pk=1, dismissed_at=None).update(dismissed_at=timezone.now()):
            record(actor, "start.dismiss", "start")


def own(actor: Actor) -> Setup:
    """The row, locked; refused while somebody else is at it, or once it is over."""
    row = Setup.objects.select_for_update(of=("self",)).get(pk=1)
    if row.finished_at:
        raise refuse("初始化已经完成。", "The first start is finished.")
    if is_elsewhere(row, actor.user):
        raise refuse(
            "另一位管理员正在进行初始化。请与其商量，或先接手。",
            "Another administrator is running the first start. Talk to each other, or take over first.",
        )
    row.held_at, row.holder_id = timezone.now(), actor.user
    row.save(update_fields=["held_at", "holder"])
    return row


def begin_demo(day: date) -> None:
    """Leave it to a worker to found the demo company; asked twice, it is founded once."""
    with transaction.atomic():
        row, _ = Setup.objects.select_for_update(of=("self",)).get_or_create(pk=1)
        if "demo" in row.chosen:
            failed = Work.objects.filter(pk=row.chosen["demo"], state=Work.State.DEAD).first()
            if failed is not None:
                retry(Actor(), failed)
            return
        if any_account():
            return
        row.chosen = {"demo": jobs()["start.found_demo"].later(day=day.isoformat()).pk}
        row.save(update_fields=["chosen"])
        record(Actor(), "start.demo", "start")
