"""Sessions begin, are seen, and end."""

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.controls.redaction import text
from fenming.controls.routes import address_of
from fenming.modules.accounts.models import Attempt, Session, User
from fenming.modules.accounts.queries.policy import policy
from fenming.modules.accounts.queries.sessions import Known, digest, is_admin, sessions_of

MARK = "known"
"""In a session's data: it has a row. Without the row it is not to be trusted any more."""
METHOD = "method"
STRONG = "strong"
SEEN_EVERY = timedelta(minutes=1)
KEPT_DAYS = 90
ATTEMPTS_KEPT_DAYS = 180
BACKEND = "fenming.modules.accounts.backends.SessionBackend"


def agent_of(request: HttpRequest) -> str:
    return text(request.META.get("HTTP_USER_AGENT", ""))[:300]


def actor_of(request: HttpRequest, user: User) -> Actor:
    """Who acts before any rule has let anybody in."""
    return Actor(user=user.pk, name=user.username, address=address_of(request))


def begin(request: HttpRequest, user: User, *, method: str, is_strong: bool = False) -> None:
    """Sign somebody in who has proved everything that is asked: a new session under a new key."""
    with transaction.atomic():
        request.session[METHOD], request.session[STRONG] = method, is_strong
        login(request, user, backend=BACKEND)
        request.session.set_expiry(policy().session_hours_max * 3600)
        Attempt.objects.filter(user=user, counts=True).update(counts=False)
        record(actor_of(request, user), "accounts.sign_in", user.username, after={"method": method})


def register(request: HttpRequest, user: User) -> None:
    """Give a session its row."""
    request.session[MARK] = True
    if not request.session.session_key:
        request.session.create()
    Session.objects.create(
        digest=digest(request.session.session_key or ""),
        user=user,
        method=request.session.pop(METHOD, "other"),
        is_strong=request.session.pop(STRONG, False),
        is_admin=is_admin(user),
        address=address_of(request),
        agent=agent_of(request),
    )


def seen(known: Known) -> None:
    """Note that a session is in use, at most once a minute."""
    now = timezone.now()
    if now - known.session.seen_at >= SEEN_EVERY:
        Session.objects.filter(pk=known.session.pk, ended_at=None).update(seen_at=now)


def time_out(known: Known, reason: str, actor: Actor) -> None:
    """The session has rested or lasted too long."""
    with transaction.atomic():
        rows = Session.objects.filter(pk=known.session.pk, ended_at=None)
        if rows.update(ended_at=timezone.now(), ended_reason=reason):
            record(actor, "accounts.session_timed_out", known.session, after={"reason": reason})


def sign_out(request: HttpRequest, user: User) -> None:
    """The person leaves."""
    key = request.session.session_key
    with transaction.atomic():
        rows = Session.objects.filter(digest=digest(key or ""), ended_at=None)
        rows.update(ended_at=timezone.now(), ended_reason=Session.End.SIGNED_OUT)
        record(actor_of(request, user), "accounts.sign_out", user.username)
        logout(request)


def end(user: User, sessions: Collection[int], *, reason: str, actor: Actor) -> int:
    """End some sessions of an account."""
    with transaction.atomic():
        rows = sessions_of([user.pk]).filter(pk__in=sessions)
        count = rows.update(ended_at=timezone.now(), ended_reason=reason)
        if count:
            record(actor, "accounts.end_sessions", user.username, after={"sessions": count, "reason": reason})
    return count


def end_all(users: Collection[int], *, reason: str, but_key: str = "") -> int:
    """End all sessions of accounts, within another operation; ``but_key`` is the key of one that goes on."""
    rows = sessions_of(users)
    if but_key:
        rows = rows.exclude(digest=digest(but_key))
    return rows.update(ended_at=timezone.now(), ended_reason=reason)


def rekey(request: HttpRequest, user: User) -> None:
    """A new key for the session that changed its own password or factor; its row goes with it."""
    before = digest(request.session.session_key or "")
    update_session_auth_hash(request, user)
    Session.objects.filter(digest=before).update(digest=digest(request.session.session_key or ""))


def clean() -> int:
    """Forget sessions that ended long ago, those that nobody can go on with, and old attempts."""
    now = timezone.now()
    old = now - timedelta(days=KEPT_DAYS)
    count, _ = Session.objects.filter(ended_at__lt=old).delete()
    unused, _ = Session.objects.filter(ended_at=None, seen_at__lt=old).delete()
    attempts, _ = Attempt.objects.filter(at__lt=now - timedelta(days=ATTEMPTS_KEPT_DAYS)).delete()
    return count + unused + attempts
