"""The shipped roles, and accounts opened many at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.roles import roles as shipped
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.accounts.queries.powers import role_ids

BATCH = 1000


def bring_roles(*, actor: Actor = SYSTEM) -> None:
    """The shipped roles that the installation does not have yet; those it has stay as the company made them."""
    with transaction.atomic():
        known = set(role_ids())
        new = [
            Role(
                code=one.id, name_zh=one.name.zh, name_en=one.name.en,
                permissions=list(one.permissions), everyone=one.everyone,
            )
            for one in shipped().values()
            if one.id not in known
        ]  # fmt: skip
        if new:
            Role.objects.bulk_create(new)
            record(actor, "accounts.bring_roles", "roles", after={"roles": [one.code for one in new]})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be opened: its role, the employee behind it, else the name shown, and what the grant lists."""

    name: str
    role: str
    employee: int | None = None
    shown: str = ""
    listed: Mapping[str, Sequence[int]] = field(default_factory=dict)
    is_active: bool = True


def open_accounts(accounts: Iterable[NewAccount], *, password: str, actor: Actor = SYSTEM) -> None:
    """Accounts that share one first password, hashed once.

    The role is granted with its usual reach; every employee's own role needs no grant.
    """
    secret, now = make_password(password), timezone.now()
    wanted = list(accounts)
    with transaction.atomic():
        bring_roles(actor=actor)
        made = User.objects.bulk_create(
            [
                User(
                    username=one.name,
                    employee_id=one.employee,
                    name=one.shown,
                    is_active=one.is_active,
                    password=secret,
                    password_changed_at=now,
                )
                for one in wanted
            ],
            batch_size=BATCH,
        )
        ids, today = role_ids(), timezone.localdate()
        Grant.objects.bulk_create(
            [
                Grant(
                    user=user, role_id=ids[one.role], reach=shipped()[one.role].reach, listed=dict(one.listed),
                    valid_from=today, author_id=actor.user, reason="opened with the account",
                )
                for user, one in zip(made, wanted, strict=True)
                if not shipped()[one.role].everyone
            ],
            batch_size=BATCH,
        )  # fmt: skip
        record(actor, "accounts.open", "accounts", after={"accounts": len(made)})
