"""Writes of API keys. A secret is shown once, when it is made, and never logged."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.accounts.models import ApiKey, KeptAnswer, User
from fenming.modules.accounts.queries.keys import GIVEN, digest_of, is_used_lately
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.messages.operations import notify

LONGEST = timedelta(days=366)
"""A year, and the rest of its last day."""
OVERLAP_LONGEST = timedelta(days=30)
USE_NOTED_EVERY_S = 60
ANSWERS_KEPT = timedelta(hours=24)
NETWORKS_MOST = 50
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a key is to be."""

    user: User
    name: str
    permissions: Sequence[str]
    expires_at: datetime
    networks: Sequence[str] = ()


def make_key(actor: Actor, wanted: NewKey) -> tuple[ApiKey, str]:
    """A new key and its token, which nobody sees again."""
    _check(wanted)
    prefix, secret = "".join(secrets.choice(_LETTERS) for _ in range(12)), secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            user=wanted.user, name=wanted.name, prefix=prefix, digest=digest_of(secret),
            permissions=sorted(wanted.permissions, key=GIVEN.index), networks=list(wanted.networks),
            expires_at=wanted.expires_at, created_by_id=actor.user,
        )  # fmt: skip
        after = {"name": key.name, "account": wanted.user.username, "permissions": key.permissions,
                 "networks": key.networks, "expires": key.expires_at}  # fmt: skip
        record(actor, "accounts.make_key", subject(key), after=after)
        _tell(actor, key)
    return key, token(key, secret)


def rotate_key(actor: Actor, key: ApiKey, *, overlap: timedelta, expires_at: datetime) -> str:
    """A new secret for the same key. The old one works on for ``overlap``, at most as long as it would have."""
    now = timezone.now()
    _check_end(expires_at, now)
    if not timedelta() <= overlap <= OVERLAP_LONGEST:
        raise refuse("旧密钥最多再用 30 天。", "The old secret may work for 30 more days at most.")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        found = ApiKey.objects.select_for_update().get(pk=key.pk)
        _refuse_revoked(found)
        before = {"expires": found.expires_at}
        found.previous_digest = found.digest if overlap else ""
        found.previous_until = min(now + overlap, found.expires_at) if overlap else None
        found.digest, found.expires_at = digest_of(secret), expires_at
        found.save(update_fields=["digest", "previous_digest", "previous_until", "expires_at"])
        after = {"expires": expires_at, "old_one_until": found.previous_until or now}
        record(actor, "accounts.rotate_key", subject(found), before=before, after=after)
    return token(found, secret)


def revoke_key(actor: Actor, key: ApiKey) -> None:
    """Let a key work no more, from this moment on and for good."""
    with transaction.atomic():
        found = ApiKey.objects.select_for_update().get(pk=key.pk)
        _refuse_revoked(found)
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
        record(actor, "accounts.revoke_key", subject(found), before={"revoked": None}, after={"revoked": "yes"})


def note_use(key: ApiKey, address: str, now: datetime) -> None:
    """When and from where a key was used last, written at most once a minute. Not logged: what it does, is."""
    if is_used_lately(key, now, USE_NOTED_EVERY_S):
        return
    moment = now - timedelta(seconds=USE_NOTED_EVERY_S)
    due = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=moment), pk=key.pk)
    due.update(last_used_at=now, last_used_from=address or None)


def claim_answer(key: int, idempotency: str, digest: str) -> KeptAnswer:
    """Claim a token within the transaction of its write: whoever comes second waits, then finds the answer."""
    KeptAnswer.objects.filter(key=key, token=idempotency, made_at__lte=timezone.now() - ANSWERS_KEPT).delete()
    return KeptAnswer.objects.create(key_id=key, token=idempotency, digest=digest, status=0)


def keep_answer(claim: KeptAnswer, *, status: int, body: str) -> None:
    """Keep what the write was answered."""
    claim.status, claim.body = status, body
    claim.save(update_fields=["status", "body"])


def tidy_answers(now: datetime) -> int:
    """Forget the answers that are no longer repeated."""
    return KeptAnswer.objects.filter(made_at__lte=now - ANSWERS_KEPT).delete()[0]


def token(key: ApiKey, secret: str) -> str:
    """What a program sends: it names the key and proves that it may use it."""
    return f"fenming_{key.prefix}_{secret}"


def subject(key: ApiKey) -> str:
    return f"key {key.prefix}"


def _tell(actor: Actor, key: ApiKey) -> None:
    """Nobody's account is acted for without his knowing."""
    words = Words(
        zh=f"新接口密钥“{key.name}”以您的账号读写数据。如有疑问，请联系安全管理员。",
        en=f"The new API key “{key.name}” acts for your account. If you did not expect it, ask whoever manages keys.",
    )
    title = Words(zh="有接口密钥代表您的账号", en="An API key acts for your account")
    url = reverse("inbox")
    notify([key.user_id], topic="accounts.key_made", kind="notice", title=title, body=words, url=url, actor=actor)


def _check(wanted: NewKey) -> None:
    _check_end(wanted.expires_at, timezone.now())
    _check_networks(wanted.networks)
    if not wanted.user.is_active:
        raise refuse("这个账号已停用。请选择在用的账号。", "This account is suspended. Choose an active one.")
    if not wanted.permissions:
        raise refuse("请至少选择一项权限。", "Choose at least one permission.")
    if unknown := [one for one in wanted.permissions if one not in GIVEN]:
        raise refuse(
            f"接口密钥不能拥有 {'、'.join(unknown)}：系统、安全、审计管理只由人来做。",
            f"A key cannot have {', '.join(unknown)}: system, security and audit administration is left to people.",
        )
    own = powers_of(wanted.user)
    if beyond := [one for one in wanted.permissions if not own.may(one)]:
        raise refuse(
            f"这个账号自己没有 {'、'.join(beyond)}。请先授予角色，或去掉这些权限。",
            f"The account itself does not have {', '.join(beyond)}. Give it a role first, or leave these out.",
        )


def _check_end(expires_at: datetime, now: datetime) -> None:
    if not now < expires_at <= now + LONGEST:
        raise refuse(
            "有效期应从今天起，最长一年。到期前可以更换密钥。",
            "A key lasts until a day from today on, for a year at most. Rotate it before it expires.",
        )


def _check_networks(networks: Sequence[str]) -> None:
    if len(networks) > NETWORKS_MOST:
        raise refuse(f"最多 {NETWORKS_MOST} 个网段。", f"At most {NETWORKS_MOST} networks.")
    for one in networks:
        try:
            ip_network(one)
        except ValueError:
            raise refuse(
                f"“{one}”不是网段。请写成 192.0.2.0/24 或 192.0.2.7 的样子，主机位为零。",
                f"“{one}” is no network. Write it like 192.0.2.0/24 or 192.0.2.7, with the host's bits zero.",
            ) from None


def _refuse_revoked(key: ApiKey) -> None:
    if key.revoked_at:
        raise refuse("这个密钥已经吊销。请新建一个。", "This key is revoked already. Make a new one.")
