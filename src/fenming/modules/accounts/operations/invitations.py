"""Links by which people set their password: made, sent, used, revoked, asked for again."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.accounts.models import Attempt, Link, User
from fenming.modules.accounts.operations.entry import Caller, is_blocked
from fenming.modules.accounts.operations.passwords import set_password
from fenming.modules.accounts.operations.telling import tell
from fenming.modules.accounts.queries.policy import policy
from fenming.modules.accounts.queries.sessions import digest

BATCH = 1000
BULK_AT_MOST = 5000
RESET_HOURS = 24
ASKED_EVERY = timedelta(hours=1)
FORGOT_EVERY = timedelta(minutes=5)
FORGOT_PER_ADDRESS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A link that was just made: only now is its token known."""

    user: User
    token: str
    link: Link


def open_for(employees: Sequence[tuple[int, str, str]], *, actor: Actor) -> list[User]:
    """Accounts for employees (id, number, e-mail), with no password yet; those that have one keep it."""
    if len(employees) > BULK_AT_MOST:
        raise refuse(
            f"一次最多 {BULK_AT_MOST} 人，请按部门分批邀请。",
            f"At most {BULK_AT_MOST} people at once: please invite department by department.",
        )
    ids = [one for one, _, _ in employees]
    with transaction.atomic():
        there = set(User.objects.filter(employee__in=ids).values_list("employee_id", flat=True))
        names = set(
            User.objects.filter(username__in=[number for _, number, _ in employees]).values_list("username", flat=True)
        )
        new = [
            User(username=number, employee_id=one, email=email) for one, number, email in employees if one not in there
        ]
        if taken := sorted(one.username for one in new if one.username in names):
            raise refuse(
                f"登录名已被别的账号使用：{'、'.join(taken[:5])}",
                f"Another account has this sign-in name already: {', '.join(taken[:5])}",
            )
        for one in new:
            one.set_unusable_password()
        User.objects.bulk_create(new, batch_size=BATCH)
        if new:
            record(actor, "accounts.open", "accounts", after={"accounts": len(new)})
        return list(User.objects.filter(employee__in=ids).order_by("username"))


def make_links(users: Collection[User], *, purpose: str, actor: Actor) -> list[Made]:
    """A new link for each active account; its earlier ones lead nowhere any more."""
    now = timezone.now()
    lasts = timedelta(days=policy().invitation_days) if purpose == Link.Purpose.INVITE else timedelta(hours=RESET_HOURS)
    able = [one for one in users if one.is_active]
    tokens = [secrets.token_urlsafe(32) for _ in able]
    with transaction.atomic():
        _revoke([one.pk for one in able])
        links = [
            Link(user=user, purpose=purpose, digest=digest(token), created_by_id=actor.user, expires_at=now + lasts)
            for user, token in zip(able, tokens, strict=True)
        ]
        Link.objects.bulk_create(links, batch_size=BATCH)
        subject = able[0].username if len(able) == 1 else "accounts"
        record(actor, f"accounts.link_{purpose}", subject, after={"links": len(links), "until": now + lasts})
    return [Made(user=user, token=token, link=link) for user, token, link in zip(able, tokens, links, strict=True)]


def revoke(user: User, *, actor: Actor) -> int:
    """The links of an account that are still open lead nowhere any more."""
    with transaction.atomic():
        count = _revoke([user.pk])
        if count:
            record(actor, "accounts.link_revoke", user.username, after={"links": count})
    return count


def _revoke(users: Sequence[int]) -> int:
    rows = Link.objects.filter(user__in=users, used_at=None, revoked_at=None)
    return rows.update(revoked_at=timezone.now())


def use(link: Link, password: str, *, actor: Actor, language: str = "", time_zone: str = "") -> bool:
    """The person sets the password by a link, once. False where it is not open any more."""
    now = timezone.now()
    with transaction.atomic():
        is_active = User.objects.select_for_update(of=("self",)).filter(pk=link.user_id, is_active=True).exists()
        # of one table only: beside a joined one PostgreSQL would not look again at a row that it had to wait for
        rows = Link.objects.filter(pk=link.pk, used_at=None, revoked_at=None, expires_at__gt=now)
        if not is_active or not rows.update(used_at=now):
            return False
        user = link.user
        if language or time_zone:
            user.language, user.time_zone = language or user.language, time_zone or user.time_zone
            user.save(update_fields=["language", "time_zone"])
        set_password(user, password, actor=actor, how=link.purpose)
    return True


def ask_again(link: Link) -> bool:
    """The person asks whoever made the link for a new one. False where that was done within the hour."""
    now = timezone.now()
    with transaction.atomic():
        fresh = Link.objects.filter(user=link.user_id, asked_at__gt=now - ASKED_EVERY).exists()
        if fresh or not link.user.is_active or link.state not in {"expired", "revoked"}:
            return False
        Link.objects.filter(pk=link.pk).update(asked_at=now)
        record(Actor(name=link.user.username), "accounts.link_ask", link.user.username)
        if link.created_by_id:
            tell([link.created_by_id], "link_asked", title=ASKED, body=_asked(link.user), url=("account", link.user_id))
    return True


ASKED = Words(zh="有人需要新的登录链接", en="Somebody needs a new link to sign in")


def _asked(user: User) -> Words:
    name = f"{user.get_full_name()} {user.username}"
    return Words(
        zh=f"{name}：原来的链接已失效，请重新发送。",
        en=f"{name}: the earlier link does not work any more. Please send another one.",
    )


def forgot(name: str, caller: Caller) -> bool:
    """Note that somebody forgot a password; whether a letter may go out, which does not depend on the account."""
    since = timezone.now() - FORGOT_EVERY
    asked = Attempt.objects.filter(outcome=Attempt.Outcome.FORGOT, at__gt=since)
    too_often = asked.filter(name__iexact=name).exists() or (
        caller.address is not None and asked.filter(address=caller.address).count() >= FORGOT_PER_ADDRESS
    )
    if too_often or is_blocked(caller, policy()):
        return False
    with transaction.atomic():
        Attempt.objects.create(name=name, address=caller.address, agent=caller.agent, outcome=Attempt.Outcome.FORGOT)
        record(Actor(name="visitor", address=caller.address), "accounts.forgot", name)
    return True
