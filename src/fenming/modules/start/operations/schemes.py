"""The first schemes: shipped ones, fitted to the company's departments and posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from fenming.controls.operations import Actor
from fenming.library.schemes import Scheme, schemes
from fenming.modules.people.queries.size import Place
from fenming.modules.schemes.operations import publish, withdraw
from fenming.modules.schemes.queries import open_versions

REASON = "first start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A shipped scheme for a department: for its posts, or, where none are named, for all others of the department."""

    place: Place
    scheme: str
    posts: tuple[str, ...] = ()

    def fitted(self, start: date) -> Scheme:
        """The scheme under an id of its own, unless it stays as it was shipped for."""
        shipped = schemes()[self.scheme]
        name = self.scheme if self.place.code == shipped.department else f"{self.scheme}-{self.place.code}"[:80]
        return shipped.model_copy(
            update={"id": name, "department": self.place.code, "posts": self.posts, "valid_from": start}
        )


def publish_chosen(actor: Actor, chosen: Sequence[Chosen], start: date) -> int:
    """Publish what was chosen from a day on; what was published before and is chosen no more is withdrawn."""
    wanted = {one.fitted(start).id: one for one in chosen}
    with transaction.atomic():
        kept = set()
        for version in open_versions():
            if version.reason != REASON:
                continue
            one = wanted.get(version.identifier)
            same = (
                one and version.valid_from == start and version.definition == one.fitted(start).model_dump(mode="json")
            )
            if same and one and version.department_id == one.place.id:
                kept.add(version.identifier)
            else:
                withdraw(actor, version)
        for name, one in wanted.items():
            if name not in kept:
                publish(one.fitted(start), one.place.id, valid_from=start, reason=REASON, actor=actor)
    return len(wanted)
