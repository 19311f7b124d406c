"""API keys: whose one is, what it may do, and what it has been answered before."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from django.db.models import QuerySet

from fenming.controls.permissions import PERMISSIONS
from fenming.controls.scope import Powers
from fenming.modules.accounts.models import ApiKey, KeptAnswer, User
from fenming.modules.accounts.queries.powers import powers_of

SHAPE = re.compile(r"fenming_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
NOTHING = "0" * 64
GIVEN = tuple(code for code, one in PERMISSIONS.items() if one.office is None)
"""What a key can be given: none of the three administrations is left to a program."""


def keys() -> QuerySet[ApiKey]:
    """Every key, the newest first."""
    return ApiKey.objects.select_related("user__employee", "created_by__employee")


def key_at(pk: int) -> ApiKey | None:
    return keys().filter(pk=pk).first() if pk < 2**63 else None


def account_named(username: str) -> User | None:
    """The active account of a sign-in name."""
    return User.objects.filter(username=username, is_active=True).first()


def digest_of(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so that a plain digest cannot be guessed."""
    return sha256(secret.encode()).hexdigest()


def key_of(token: str, address: str, now: datetime) -> ApiKey | None:
    """The key of a token, if it works now and from there.

    Whatever is wrong with it, the way is the same: one query, one digest, two comparisons.
    """
    shape = SHAPE.fullmatch(token)
    prefix, secret = shape.groups() if shape else ("", token[:43])
    found = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    given = sha256(secret.encode("utf-8", "replace")).hexdigest()
    is_right = hmac.compare_digest(given, found.digest if found else NOTHING)
    was_right = hmac.compare_digest(given, (found.previous_digest if found else "") or NOTHING)
    if found is None or not (is_right or (was_right and _lasts(found.previous_until, now))):
        return None
    works = found.revoked_at is None and found.expires_at > now and found.user.is_active
    return found if works and is_inside(address, found.networks) else None


def _lasts(until: datetime | None, now: datetime) -> bool:
    return until is not None and until > now


def is_inside(address: str, networks: list[str]) -> bool:
    """Whether an address lies in one of the networks; without networks every one does."""
    if not networks:
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in ip_network(one) for one in networks)


def powers_of_key(key: ApiKey) -> Powers:
    """What a key may do: what its account may do now, as far as the key names it, and never more."""
    own = powers_of(key.user).scopes
    return Powers(scopes={one: scope for one, scope in own.items() if one in key.permissions and one in GIVEN})


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was given before."""

    status: int
    body: str


class OtherRequest(Exception):  # noqa: N818 - a refusal, not a fault
    """The token was sent before with another request."""


def answered(key: int, token: str, digest: str, since: datetime) -> Answered | None:
    """What the same request was answered; refused where the token came with another one."""
    found = KeptAnswer.objects.filter(key=key, token=token, made_at__gt=since).first()
    if found is None:
        return None
    if not hmac.compare_digest(found.digest, digest):
        raise OtherRequest
    return Answered(found.status, found.body)


def is_used_lately(key: ApiKey, now: datetime, every_s: int) -> bool:
    """Whether a use need not be noted, since the last was a moment ago."""
    return key.last_used_at is not None and (now - key.last_used_at).total_seconds() < every_s
