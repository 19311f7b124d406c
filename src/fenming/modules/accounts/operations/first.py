"""The first account of an installation, and those of the colleagues who share the administrations with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.controls.permissions import offices
from fenming.controls.validity import on
from fenming.library.roles import roles as shipped
from fenming.library.text import refuse
from fenming.modules.accounts.models import Grant, User
from fenming.modules.accounts.operations.founding import bring_roles
from fenming.modules.accounts.queries.entry import any_account
from fenming.modules.accounts.queries.powers import role_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """Who signs in first, with which roles, and why one person holds several administrations if so."""

    username: str
    name: str
    password: str
    email: str = ""
    language: str = ""
    roles: Sequence[str] = ("system_admin",)
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody who takes an administration, and gets a link to sign in with."""

    username: str
    name: str
    role: str
    email: str = ""


def open_first(founder: Founder, colleagues: Sequence[Colleague], *, address: str | None) -> User:
    """The founder's account, and the colleagues' without a password. The founder signs for what is combined."""
    combined = len(offices({one for role in founder.roles for one in shipped()[role].permissions})) > 1
    if combined and not founder.reason.strip():
        raise refuse(
            "一个人担任多个管理员，请写明原因。", "One person holds several administrations: please give the reason."
        )
    with transaction.atomic():
        if any_account():
            raise refuse(
                "刚刚已有人创建了第一个账号，请登录。", "Somebody has just made the first account. Please sign in."
            )
        user = User(
            username=founder.username, name=founder.name, email=founder.email, language=founder.language,
            password_changed_at=timezone.now(),
        )  # fmt: skip
        user.set_password(founder.password)
        user.save()
        actor = Actor(user=user.pk, name=user.username, address=address)
        bring_roles(actor=actor)
        others = [User(username=one.username, name=one.name, email=one.email) for one in colleagues]
        for one in others:
            one.set_unusable_password()
        User.objects.bulk_create(others)
        given = [(user, role) for role in founder.roles]
        given += [(other, one.role) for other, one in zip(others, colleagues, strict=True)]
        _give(given, user, founder.reason if combined else "")
        record(actor, "accounts.open_first", user.username, after={
            "roles": list(founder.roles), "colleagues": [f"{one.username}: {one.role}" for one in colleagues],
            "signed": combined, "reason": founder.reason if combined else "",
        })  # fmt: skip
    return user


def _give(given: Sequence[tuple[User, str]], founder: User, signed: str) -> None:
    """Each its role; the reason and the signature stand on those that the founder combines."""
    ids, today = role_ids(), timezone.localdate()
    Grant.objects.bulk_create(
        Grant(
            user=user, role_id=ids[role], reach=shipped()[role].reach, valid_from=today, author=founder,
            reason=signed if own else "first start", signed_by=founder if own else None,
        )
        for user, role in given
        for own in [bool(signed) and user.pk == founder.pk and bool(offices(set(shipped()[role].permissions)))]
    )  # fmt: skip


def grant_at_start(actor: Actor, wanted: Sequence[tuple[User, str]]) -> int:
    """Roles without administration, with their usual reach, for accounts that do not hold them yet; one write."""
    if any(offices(set(shipped()[role].permissions)) for _, role in wanted):
        raise refuse("这里只能授予不含管理权的角色。", "Only roles without administration are given here.")
    ids, today = role_ids(), timezone.localdate()
    with transaction.atomic():
        held = set(
            Grant.objects.filter(on(today), user__in=[user.pk for user, _ in wanted]).values_list("user_id", "role_id")
        )
        new = [
            Grant(
                user=user, role_id=ids[role], reach=shipped()[role].reach, valid_from=today, author_id=actor.user,
                reason="first start",
            )
            for user, role in wanted
            if not shipped()[role].everyone and user.pk != actor.user and (user.pk, ids[role]) not in held
        ]  # fmt: skip
        Grant.objects.bulk_create(new)
        if new:
            given = Counter(role for _, role in wanted)
            record(actor, "accounts.grant_at_start", "accounts", after={"grants": len(new), "roles": dict(given)})
    return len(new)
