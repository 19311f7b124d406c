"""Accounts are suspended, opened again, unlocked."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.text import refuse
from fenming.modules.accounts.models import Link, Session, User
from fenming.modules.accounts.operations.roles import one_at_a_time
from fenming.modules.accounts.operations.sessions import end_all
from fenming.modules.accounts.queries.roles import keepers


def suspend(user: User, *, actor: Actor) -> None:
    """The account cannot sign in any more; its sessions and links end."""
    if user.pk == actor.user:
        raise refuse("不能停用自己的账号。", "Nobody suspends his own account.")
    with transaction.atomic():
        one_at_a_time()
        if keepers("security.roles") == {user.pk}:
            raise refuse(
                "这是最后一个能维护角色与授权的账号，不能停用。请先把“安全管理员”授予另一个账号。",
                "This is the last account that can edit roles and grants. Give another one that role first.",
            )
        _close([user.pk])
        record(actor, "accounts.suspend", user.username)


def activate(user: User, *, actor: Actor) -> None:
    """The account may sign in again, with its old password or by a new link."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=True, locked_until=None)
        record(actor, "accounts.activate", user.username)


def unlock(user: User, *, actor: Actor) -> None:
    """The account is not locked any more, and counting begins anew."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(locked_until=None)
        user.attempts.filter(counts=True).update(counts=False)
        record(actor, "accounts.unlock", user.username)


def suspend_leavers(*, actor: Actor = SYSTEM) -> int:
    """Suspend the accounts of everybody who has left by today; the last who can edit roles stays."""
    today = timezone.localdate()
    with transaction.atomic():
        one_at_a_time()
        gone = dict(User.objects.filter(is_active=True, employee__left__lte=today).values_list("pk", "username"))
        able = keepers("security.roles")
        if able and able <= set(gone):
            kept = min(able)
            record(actor, "accounts.kept_last_keeper", gone.pop(kept))
        if gone:
            _close(list(gone))
            record(actor, "accounts.suspend_leavers", "accounts", after={"accounts": sorted(gone.values())})
    return len(gone)


def _close(users: list[int]) -> None:
    now = timezone.now()
    User.objects.filter(pk__in=users).update(is_active=False)
    end_all(users, reason=Session.End.SUSPENDED)
    Link.objects.filter(Q(used_at=None) & Q(revoked_at=None), user__in=users).update(revoked_at=now)
