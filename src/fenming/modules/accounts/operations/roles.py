"""Writes of roles and grants. The rules: nobody grants to oneself, nobody combines two administrations
without somebody who signs for it, and there is always somebody left who can edit roles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.controls.permissions import PERMISSIONS, offices
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.accounts.queries.roles import combined, is_held, keepers

KEEP = "security.roles"


class Combination(Refusal):
    """A grant that would combine administrations, which somebody must sign for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """What a role is to be."""

    name_zh: str
    name_en: str = ""
    note: str = ""
    permissions: tuple[str, ...] = ()
    everyone: bool = False
    second_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrant:
    """A role to be given, with whom it reaches, from a day up to another (exclusive)."""

    role: Role
    reach: str
    listed: Mapping[str, Sequence[int]] = field(default_factory=dict)
    start: date
    end: date | None = None
    reason: str = ""


def make_role(actor: Actor, code: str, wanted: NewRole) -> Role:
    """A role of the company's own."""
    _check(wanted)
    with transaction.atomic():
        if Role.objects.filter(code=code).exists():
            raise refuse(f"已有代码为 {code} 的角色。", f"There is a role with the code {code} already.")
        role = Role.objects.create(code=code, **_columns(wanted))
        record(actor, "accounts.make_role", role.code, after=_columns(wanted))
    return role


def change_role(actor: Actor, role: Role, wanted: NewRole, *, version: int) -> None:
    """Change what a role may do, for everybody who holds it."""
    _check(wanted)
    with transaction.atomic():
        one_at_a_time()
        now = Role.objects.get(pk=role.pk)
        if now.version != version:
            raise refuse(
                "这个角色刚被别人修改过。请看过新的内容再保存。",
                "Somebody else has just changed this role. Look at what it is now, then save again.",
            )
        _refuse_widening_own(actor, now, wanted)
        before = {name: getattr(now, name) for name in _columns(wanted)}
        for name, value in _columns(wanted).items():
            setattr(now, name, value)
        now.version += 1
        now.save()
        _refuse_combining_holders(now)
        _refuse_locking_out(timezone.localdate())
        record(actor, "accounts.change_role", now.code, before=before, after=_columns(wanted))


def drop_role(actor: Actor, role: Role) -> None:
    """Remove a role that nobody holds or ever held."""
    with transaction.atomic():
        if role.everyone or Grant.objects.filter(role=role).exists():
            raise refuse(
                "这个角色正在使用或曾被授予，不能删除。可以把它的权限清空。",
                "This role is or was held by somebody, so it stays. You can take away all its permissions.",
            )
        role.delete()
        record(actor, "accounts.drop_role", role.code, before={"permissions": role.permissions})


def give(actor: Actor, user: User, wanted: NewGrant, *, signed: bool = False) -> Grant:
    """Give an account a role. ``signed``: the actor answers for a combination of administrations."""
    if actor.user == user.pk:
        raise refuse(
            "不能给自己授权，请另一位安全管理员来做。",
            "Nobody grants roles to oneself. Another security administrator has to do this.",
        )
    with transaction.atomic():
        one_at_a_time()
        wanted.role.refresh_from_db()
        _check_reach(wanted)
        combination = combined(user.pk, wanted.role.permissions, wanted.start, wanted.end)
        if len(combination) > 1:
            _check_signature(wanted.reason, signed)
        grant = Grant.objects.create(
            user=user, role=wanted.role, reach=wanted.reach, listed=dict(wanted.listed), reason=wanted.reason,
            valid_from=wanted.start, valid_to=wanted.end, author_id=actor.user,
            signed_by_id=actor.user if len(combination) > 1 else None,
        )  # fmt: skip
        after = {"role": wanted.role.code, "reach": wanted.reach, "listed": dict(wanted.listed),
                 "from": wanted.start, "to": wanted.end, "reason": wanted.reason}  # fmt: skip
        if len(combination) > 1:
            after["combines"] = sorted(combination)
        record(actor, "accounts.give_role", user.username, after=after)
    return grant


def end(actor: Actor, grant: Grant, day: date) -> None:
    """End a grant: from ``day`` on it is not valid any more; one that has not begun is ended before it does."""
    with transaction.atomic():
        one_at_a_time()
        now = Grant.objects.select_related("role", "user").filter(pk=grant.pk).first()
        if now is None or (now.valid_to and now.valid_to <= day):
            raise refuse("这项授权已经结束。", "This grant has ended already.")
        before = {"role": now.role.code, "to": now.valid_to}
        if day <= now.valid_from:
            now.delete()
        else:
            now.valid_to = day
            now.save(update_fields=["valid_to"])
        _refuse_locking_out(day)
        record(actor, "accounts.end_role", now.user.username, before=before, after={"to": day})


def one_at_a_time() -> None:
    """Of two who change who may do what, the second waits and sees what the first has done."""
    list(Role.objects.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _columns(wanted: NewRole) -> dict[str, object]:
    return asdict(wanted) | {"permissions": sorted(wanted.permissions, key=list(PERMISSIONS).index)}


def _check(wanted: NewRole) -> None:
    unknown = set(wanted.permissions) - set(PERMISSIONS)
    if unknown:
        raise refuse(f"没有这样的权限：{'、'.join(unknown)}。", f"No such permission: {', '.join(unknown)}.")
    if len(offices(set(wanted.permissions))) > 1:
        raise refuse(
            "系统管理、安全管理、审计管理三类权限不能放在同一个角色里。请分成几个角色。",
            "Permissions of system, security and audit administration do not go into one role. Make several roles.",
        )
    if wanted.everyone and any(PERMISSIONS[one].company_wide for one in wanted.permissions):
        raise refuse(
            "全员角色只能包含与本人有关的权限。",
            "A role for every employee holds permissions about oneself only.",
        )


def _check_reach(wanted: NewGrant) -> None:
    wide = [PERMISSIONS[one].name for one in wanted.role.permissions if PERMISSIONS[one].company_wide]
    if wide and wanted.reach != Grant.Reach.ALL and not _mixed(wanted.role.permissions):
        raise refuse(
            f"“{wide[0].zh}”针对整个公司，数据范围请选“全公司”。",
            f"“{wide[0].en}” is about the whole company: choose “Whole company”.",
        )
    if wanted.reach == Grant.Reach.CUSTOM and not any(wanted.listed.values()):
        raise refuse("请选择具体的人员、部门或门店。", "Choose people, departments or stores.")


def _mixed(permissions: Iterable[str]) -> bool:
    """Whether some of the permissions are about people: then a narrower reach has a meaning."""
    return any(not PERMISSIONS[one].company_wide for one in permissions)


def _check_signature(reason: str, signed: bool) -> None:
    if not signed or not reason.strip():
        raise Combination(
            Words(
                zh="这会让一个账号同时拥有系统、安全、审计中的两类管理权。如确有必要，请写明原因并勾选“我对此负责”。",
                en="This account would hold two of system, security and audit administration at once. "
                "If it must be, give the reason and tick “I answer for this”.",
            )
        )


def _refuse_combining_holders(role: Role) -> None:
    """A change of a role must not combine administrations behind the backs of those who hold it."""
    for grant in Grant.objects.filter(role=role, signed_by=None).select_related("user__employee"):
        permissions = role.permissions
        if len(combined(grant.user_id, permissions, grant.valid_from, grant.valid_to, without=role.pk)) > 1:
            name = grant.user.get_full_name()
            raise refuse(
                f"{name} 还持有另一类管理权，这样修改会让两类管理权合在一起。请先结束其中一项授权。",
                f"{name} holds another administration too, and this change would combine them. End one grant first.",
            )


def _refuse_widening_own(actor: Actor, role: Role, wanted: NewRole) -> None:
    if actor.user and set(wanted.permissions) - set(role.permissions) and is_held(role, actor.user):
        raise refuse(
            "不能给自己持有的角色增加权限，请另一位安全管理员来做。",
            "Nobody adds permissions to a role that oneself holds. Another security administrator has to do this.",
        )


def _refuse_locking_out(day: date) -> None:
    """Neither today nor on the day of the change, which may come later."""
    if not all(keepers(KEEP, one) for one in {timezone.localdate(), day}):
        raise refuse(
            "这样就没有人能维护角色了。请先让另一个账号拥有“维护角色与授权”。",
            "Then nobody could edit roles any more. First give “Edit roles and grants” to another account.",
        )
