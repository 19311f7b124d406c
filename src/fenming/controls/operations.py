"""Writes of the shared paperwork. Every operation of a module ends with one entry in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fenming.controls.models import Operation
from fenming.controls.validity import as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a signed-in user, or a command of the system's (no user)."""

    user: int | None = None
    name: str = "system"
    address: str | None = None


SYSTEM = Actor()


def record(
    actor: Actor,
    action: str,
    subject: object,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry into the operation log, in the caller's transaction."""
    Operation.objects.create(
        actor_id=actor.user,
        actor_name=actor.name,
        action=action,
        object=str(subject)[:120],
        before=None if before is None else {name: as_json(value) for name, value in before.items()},
        after=None if after is None else {name: as_json(value) for name, value in after.items()},
        address=actor.address,
    )
