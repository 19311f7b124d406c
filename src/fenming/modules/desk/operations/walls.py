"""Walls are hung up and taken down."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.library.text import refuse
from fenming.modules.accounts.queries.sessions import digest
from fenming.modules.desk.models import Wall
from fenming.modules.desk.queries.walls import SEEN_EVERY

MOST_WALLS = 20
LASTS = timedelta(days=180)


def hang(actor: Actor, name: str, boards: Sequence[tuple[str, str]], *, seconds: int) -> tuple[Wall, str]:
    """A wall, and the token of its link: it is told once and kept by nobody."""
    if actor.user is None:
        raise LookupError("A wall belongs to an account.")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        if Wall.objects.filter(owner=actor.user, revoked_at=None).count() >= MOST_WALLS:
            raise refuse(
                f"大屏最多 {MOST_WALLS} 个，请先停用不用的。", f"There are {MOST_WALLS} walls; take one down first."
            )
        made = Wall.objects.create(
            owner_id=actor.user,
            name=name,
            digest=digest(token),
            boards=[list(one) for one in boards],
            seconds=seconds,
            expires_on=timezone.localdate() + LASTS,
        )
        record(actor, "desk.hang_wall", made, after={"boards": made.boards, "until": str(made.expires_on)})
    return made, token


def take_down(actor: Actor, wall: Wall) -> None:
    """From now on the link opens nothing; twice is as good as once."""
    with transaction.atomic():
        if Wall.objects.filter(pk=wall.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(actor, "desk.take_wall_down", wall)


def note_seen(wall: Wall) -> None:
    """That a screen shows the wall, now and then."""
    now = timezone.now()
    stale = Q(seen_at=None) | Q(seen_at__lt=now - SEEN_EVERY)
    if wall.seen_at is None or wall.seen_at < now - SEEN_EVERY:
        Wall.objects.filter(stale, pk=wall.pk).update(seen_at=now)
