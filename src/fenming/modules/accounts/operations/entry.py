"""Whether somebody is who he says: the password, counted before it is looked at, and the code of the second factor.

Whatever is wrong, the answer is the same, and the password is hashed exactly once.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from fenming.controls.operations import Actor, record
from fenming.controls.redaction import text
from fenming.library.text import Words
from fenming.modules.accounts.models import Attempt, Policy, User
from fenming.modules.accounts.operations.telling import tell
from fenming.modules.accounts.queries.accounts import by_name
from fenming.modules.accounts.queries.policy import policy

NOBODY = "!"
"""An unusable password: Django hashes once to find that nothing equals it."""
_FAILURES = (Attempt.Outcome.FAILED, Attempt.Outcome.WRONG_CODE, Attempt.Outcome.LOCKED, Attempt.Outcome.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where an attempt comes from."""

    address: str | None = None
    agent: str = ""


def check(name: str, password: str, caller: Caller) -> User | None:
    """The account, if name and password are right and it may sign in now."""
    rules = policy()
    user = by_name(name)
    if is_blocked(caller, rules):
        _note(name, user, caller, Attempt.Outcome.LOCKED)
        return None
    attempt = _begin(name, user, caller, rules)
    right = user.check_password(password) if user else check_password(password, NOBODY)
    if attempt.outcome == Attempt.Outcome.LOCKED or user is None or not right:
        _failed(attempt, rules)
        return None
    if not user.is_active:
        _settle(attempt, Attempt.Outcome.CLOSED)
        _log(attempt)
        return None
    _settle(attempt, Attempt.Outcome.HALF)
    return user


def is_blocked(caller: Caller, rules: Policy) -> bool:
    """Whether too much went wrong from this address; who was asked for makes no difference."""
    if caller.address is None:
        return False
    since = timezone.now() - timedelta(minutes=rules.lock_window_minutes)
    found = Attempt.objects.filter(address=caller.address, at__gt=since, outcome__in=_FAILURES)
    return found.count() >= rules.lock_after_address


def is_locked(user: User) -> bool:
    return bool(user.locked_until and user.locked_until > timezone.now())


def try_code(user: User, caller: Caller) -> Attempt | None:
    """A code is about to be looked at: the attempt, or none where the account is locked."""
    rules = policy()
    attempt = _begin(user.username, user, caller, rules, failed=Attempt.Outcome.WRONG_CODE)
    if attempt.outcome == Attempt.Outcome.LOCKED:
        _log(attempt)
        return None
    return attempt


def code_was(attempt: Attempt, *, right: bool) -> None:
    """What came of the code; one that was right is no attempt of its own."""
    if right:
        attempt.delete()
    else:
        _failed(attempt, policy())


def note_entry(user: User, caller: Caller) -> None:
    """Somebody is in, all of whose proofs were right."""
    latest = Attempt.objects.filter(user=user, outcome=Attempt.Outcome.HALF).order_by("-id").first()
    if latest:
        _settle(latest, Attempt.Outcome.SIGNED_IN)
    else:
        _note(user.username, user, caller, Attempt.Outcome.SIGNED_IN)


def _begin(
    name: str, user: User | None, caller: Caller, rules: Policy, failed: str = Attempt.Outcome.FAILED
) -> Attempt:
    """Write the attempt down as failed; whoever comes while enough others are still in the balance is refused."""
    now = timezone.now()
    with transaction.atomic():
        locked = False
        if user:
            held = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
            since = now - timedelta(minutes=rules.lock_window_minutes)
            pending = Attempt.objects.filter(user=user, counts=True, at__gt=since).count()
            locked = is_locked(held) or pending >= rules.lock_after
        return _note(name, user, caller, Attempt.Outcome.LOCKED if locked else failed, counts=not locked)


def _note(name: str, user: User | None, caller: Caller, outcome: str, *, counts: bool = False) -> Attempt:
    return Attempt.objects.create(
        name=text(name)[:150], user=user, address=caller.address, agent=caller.agent, outcome=outcome, counts=counts
    )


def _settle(attempt: Attempt, outcome: str) -> None:
    attempt.outcome, attempt.counts = outcome, False
    attempt.save(update_fields=["outcome", "counts"])


def _failed(attempt: Attempt, rules: Policy) -> None:
    _log(attempt)
    if attempt.user_id and attempt.counts:
        _lock_if_enough(attempt, attempt.user_id, rules)


def _lock_if_enough(attempt: Attempt, pk: int, rules: Policy) -> None:
    now = timezone.now()
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).get(pk=pk)
        counted = Attempt.objects.filter(user=user, counts=True)
        recent = counted.filter(at__gt=now - timedelta(minutes=rules.lock_window_minutes)).count()
        if recent < rules.lock_after or is_locked(user):
            return
        user.locked_until = now + timedelta(minutes=rules.lock_minutes)
        user.save(update_fields=["locked_until"])
        counted.update(counts=False)
        record(_actor(attempt), "accounts.lock", user.username, after={"until": user.locked_until, "attempts": recent})
        tell([user.pk], "account_locked", url=("my-security",), title=LOCKED, body=_locked_words(attempt, rules))


LOCKED = Words(zh="你的账号因多次登录失败被暂时锁定", en="Your account was locked after several wrong attempts")


def _locked_words(attempt: Attempt, rules: Policy) -> Words:
    at = date_format(timezone.localtime(attempt.at), "Y-m-d H:i")
    return Words(
        zh=f"{at}，来自 {attempt.address or '未知地址'}。{rules.lock_minutes} 分钟后自动解锁。"
        "如果不是你本人，请修改密码并告知管理员。",
        en=f"{at}, from {attempt.address or 'an unknown address'}. It opens again after {rules.lock_minutes} minutes. "
        "If it was not you, change your password and tell an administrator.",
    )


def _log(attempt: Attempt) -> None:
    record(_actor(attempt), "accounts.sign_in_failed", attempt.name, after={"outcome": attempt.outcome})


def _actor(attempt: Attempt) -> Actor:
    """Nobody has proved to be that account."""
    return Actor(name="visitor", address=attempt.address)
