"""People get accounts, roles and links at the first start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from fenming.controls.jobs import jobs
from fenming.controls.operations import Actor
from fenming.library.text import refuse
from fenming.modules.accounts.operations.first import grant_at_start
from fenming.modules.accounts.operations.invitations import Made, make_links, open_for
from fenming.modules.accounts.operations.letters import address_of
from fenming.modules.accounts.queries.entry import waiting_officers
from fenming.modules.people.queries.size import Member
from fenming.modules.start.operations.setup import own
from fenming.modules.start.queries.invitations import ROLES

INVITE = "invite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody to invite, and as what."""

    member: Member
    role: str


def invite(actor: Actor, guests: Sequence[Guest]) -> list[Made]:
    """Accounts and roles for the guests, and a link for each who has not signed in, the administrators' too."""
    with transaction.atomic():
        return make_links(_opened(actor, guests), purpose=INVITE, actor=actor)


def invite_by_mail(actor: Actor, guests: Sequence[Guest], base: str) -> tuple[int, int]:
    """The same by e-mail: how many letters go out, and how many people have no address."""
    with transaction.atomic():
        users = _opened(actor, guests)
        able = [one.pk for one in users if address_of(one)]
        jobs()["accounts.send_invitations"].later(
            by=actor.user, users=able, base=base, sender=actor.user, sender_name=actor.name
        )
    return len(able), len(users) - len(able)


def _opened(actor: Actor, guests: Sequence[Guest]) -> list[Any]:
    own(actor)
    if any(one.role not in ROLES for one in guests):
        raise refuse("不能在此授予该角色。", "This role is not given here.")
    people = [(one.member.id, one.member.number, one.member.email) for one in guests]
    users = open_for(people, actor=actor) if people else []
    role_of = {one.member.id: one.role for one in guests}
    grant_at_start(actor, [(user, role_of[user.employee_id]) for user in users if user.employee_id])
    return [one for one in (*waiting_officers(), *users) if not one.has_usable_password()]
