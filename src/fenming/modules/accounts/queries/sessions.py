"""Who is signed in where, and what a session is held to."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from fenming.controls.permissions import offices
from fenming.controls.validity import on
from fenming.modules.accounts import devices
from fenming.modules.accounts.models import Grant, Policy, Role, SecondFactor, Session, User
from fenming.modules.accounts.queries.policy import default
from fenming.modules.accounts.queries.powers import powers_of

_LIMITS = ("idle_minutes", "idle_minutes_admin", "session_hours_max", "age_days_max")


def digest(secret: str) -> str:
    """What is kept of a session's key or a link: both have far more letters than could be tried."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A session as the one query of every request finds it."""

    session: Session
    idle: timedelta
    longest: timedelta
    password_lasts: timedelta
    factor_missing: bool

    def ending(self, now: datetime) -> str:
        """Why it has ended or must end now; empty while it goes on."""
        if self.session.ended_at:
            return self.session.ended_reason or Session.End.REVOKED
        if now - self.session.seen_at >= self.idle:
            return Session.End.IDLE
        return Session.End.TOO_LONG if now - self.session.created_at >= self.longest else ""

    def is_password_old(self, user: User, now: datetime) -> bool:
        if not self.password_lasts or not user.has_usable_password():
            return False
        return now - (user.password_changed_at or user.created_at) >= self.password_lasts


def known(key: str) -> Known | None:
    """The session of a key, with its account, and what the policy and the roles hold it to: one query."""
    found: Any = _with_limits(timezone.localdate()).filter(digest=digest(key)).first()
    if found is None:
        return None
    given = found.limits
    return Known(
        session=found,
        idle=timedelta(minutes=given["idle_minutes_admin" if found.is_admin else "idle_minutes"]),
        longest=timedelta(hours=given["session_hours_max"]),
        password_lasts=timedelta(days=given["age_days_max"]),
        factor_missing=found.factor_missing,
    )


@lru_cache(maxsize=1)
def _with_limits(day: date) -> QuerySet[Session]:
    """Every session as ``known`` reads it: asked at each request, so put together once a day."""
    limits = [Coalesce(Subquery(Policy.objects.values(one)[:1]), Value(default(one))) for one in _LIMITS]
    return Session.objects.select_related("user__employee").annotate(
        limits=JSONObject(**dict(zip(_LIMITS, limits, strict=True))),
        factor_missing=_demanded("user", day) & ~Exists(confirmed("user")) & Q(is_strong=False),
    )


def confirmed(path: str) -> QuerySet[SecondFactor]:
    """The second factor of an outer query's account."""
    return SecondFactor.objects.filter(user=OuterRef(path), confirmed_at__isnull=False)


def _demanded(path: str, day: date) -> Exists:
    """Whether a role of an outer query's account demands a second factor on a day."""
    held = Grant.objects.filter(on(day), user=OuterRef(OuterRef(path)), role=OuterRef("id"))
    return Exists(Role.objects.order_by().filter(Q(everyone=True) | Exists(held), second_factor=True))


def demands_factor(user: User) -> bool:
    """Whether a role of the account demands a second factor."""
    return User.objects.filter(_demanded("pk", timezone.localdate()), pk=user.pk).exists()


def is_admin(user: User) -> bool:
    """Whether the account holds one of the three offices."""
    return bool(offices(set(powers_of(user).scopes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A session as people read it."""

    session: Session
    name: str
    is_phone: bool
    is_this: bool = False


def devices_of(user: int, *, key: str = "") -> list[Device]:
    """Where an account is signed in now; the device of ``key`` first."""
    this = digest(key) if key else ""
    rows = Session.objects.filter(user=user, ended_at=None).order_by("-seen_at")[:100]
    found = [
        Device(
            session=one, name=devices.named(one.agent), is_phone=devices.is_phone(one.agent), is_this=one.digest == this
        )
        for one in rows
    ]
    return sorted(found, key=lambda one: not one.is_this)


def sessions_of(users: Collection[int]) -> QuerySet[Session]:
    """The sessions of accounts that go on."""
    return Session.objects.filter(user__in=users, ended_at=None)
