"""Signing in by others: leaving for a provider, coming back, being recognised, and linking."""

import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from fenming.controls.operations import Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.accounts.models import Departure, Identity, Provider, User
from fenming.modules.accounts.operations.telling import tell
from fenming.modules.accounts.queries import sso as queries
from fenming.modules.accounts.queries.sessions import digest
from fenming.modules.accounts.sso.protocol import Failed, Known, Reason, Trip

MARK = "sso"
"""In the session: a secret that every departure of this session is bound to."""
LASTS = timedelta(minutes=10)


def depart(request: HttpRequest, provider: Provider, *, back: str, after: str = "", user: User | None = None) -> Trip:
    """Note that somebody leaves for a provider; the state of 256 bits is only in the browser."""
    mark = request.session.setdefault(MARK, secrets.token_hex(32))
    state = secrets.token_hex(32)  # WeCom takes letters and digits only
    with transaction.atomic():
        Departure.objects.filter(at__lt=timezone.now() - LASTS).delete()
        Departure.objects.create(digest=digest(state), session=digest(mark), provider=provider, user=user, after=after)
    return trip(state, back=back)


def trip(state: str, *, back: str) -> Trip:
    """What follows from the state and the site's own key: nobody else can tell nonce or verifier."""
    nonce, verifier = (
        salted_hmac(f"fenming.sso.{one}", state, algorithm="sha256").hexdigest() for one in ("nonce", "verifier")
    )
    return Trip(state=state, nonce=nonce, verifier=verifier, back=back)


def arrive(request: HttpRequest, provider: Provider, state: str) -> Departure:
    """Who comes back, once, in time, in the same session and from the same provider; else it fails.

    Whatever is wrong, a state that was shown is used up.
    """
    found = Departure.objects.filter(digest=digest(state)).first() if len(state) == 64 else None
    if found is None or not Departure.objects.filter(pk=found.pk).delete()[0]:  # of two at once, one deletes it
        raise Failed(Reason.STATE)
    mark = request.session.get(MARK)
    fresh = timezone.now() - found.at < LASTS
    if not mark or found.session != digest(mark) or found.provider_id != provider.pk or not fresh:
        raise Failed(Reason.STATE)
    if found.user_id is not None and found.user_id != request.user.pk:
        raise Failed(Reason.STATE)
    return found


def recognise(provider: Provider, known: Known, *, actor: Actor) -> User:
    """The active account of a person whom a provider vouches for. The first time it is found as the provider's
    settings say, and linked; no account is ever made."""
    identity = queries.identity(provider, known.subject)
    user = identity.user if identity else _matched(provider, known)
    if not user.is_active:
        raise Failed(Reason.CLOSED)
    if identity is None:
        own = Actor(user=user.pk, name=user.username, address=actor.address)
        link(provider, user, known, actor=own, how=provider.match)
    Identity.objects.filter(provider=provider, subject=known.subject).update(used_at=timezone.now())
    return user


def _matched(provider: Provider, known: Known) -> User:
    match provider.match:
        case Provider.Match.NUMBER:
            found = queries.by_number(known.number)
        case Provider.Match.EMAIL:
            found = queries.by_email(known.email)
        case _:
            found = []
    if not found:
        raise Failed(Reason.UNKNOWN)
    active = [one for one in found if one.is_active]
    if len(active) > 1:
        raise Failed(Reason.SEVERAL)
    return (active or found)[0]


def link(provider: Provider, user: User, known: Known, *, actor: Actor, how: str) -> None:
    """From now on the provider's subject is this account. Neither has another partner there."""
    try:
        with transaction.atomic():
            _identity, is_new = Identity.objects.get_or_create(provider=provider, subject=known.subject, user=user)
            if not is_new:
                return
            record(actor, "accounts.link_identity", user.username, after={"provider": provider.code, "how": how})
            tell([user.pk], "identity_linked", url=("my-security",), title=LINKED, body=linked_words(provider))
    except IntegrityError:
        raise Failed(Reason.TAKEN) from None


LINKED = Words(zh="你的账号新增了一种登录方式", en="Your account has a new way to sign in")


def linked_words(provider: Provider) -> Words:
    zh, en = provider.name_zh, provider.name_en or provider.name_zh
    return Words(
        zh=f"已关联{zh}。如果不是你本人操作，请在“我的安全”中解除并告知管理员。",
        en=f"It is linked with {en}. If it was not you, unlink it under My security and tell an administrator.",
    )


def unlink(provider: Provider, user: User, *, actor: Actor) -> bool:
    """The provider no longer knows the account. The last way in is not taken away."""
    with transaction.atomic():
        User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        others = Identity.objects.filter(user=user, provider__enabled=True).exclude(provider=provider)
        if not user.has_usable_password() and not others.exists():
            raise refuse(
                "这是你唯一的登录方式。请先请管理员发送设置密码的链接，再解除关联。",
                "This is your only way in. Ask an administrator for a link to set a password first.",
            )
        count, _details = Identity.objects.filter(provider=provider, user=user).delete()
        if count:
            record(actor, "accounts.unlink_identity", user.username, before={"provider": provider.code})
    return bool(count)


def note_failure(provider: Provider, failed: Failed, *, actor: Actor) -> None:
    """A sign-in by a provider came to nothing. Without a state of ours nothing had begun: whoever likes could fill
    the log with that."""
    if failed.reason != Reason.STATE:
        after = {"reason": failed.reason, "detail": failed.detail}
        record(actor, "accounts.provider_failed", provider.code, after=after)
