"""Tokens of an app, which the platforms give for two hours and want to be kept."""

import hashlib
from collections.abc import Callable

from django.core.cache import cache

from fenming.modules.accounts.models import Provider
from fenming.modules.accounts.sso.calls import Answer
from fenming.modules.accounts.sso.protocol import Failed, Reason

MARGIN_S = 300
LASTS_S = 7200

Fetch = Callable[[Provider], tuple[str, int]]
"""Gets a new token and the seconds that it lasts."""


class Stale(Exception):  # noqa: N818 - a token is
    """The platform no longer takes the token."""


def with_token(provider: Provider, fetch: Fetch, use: Callable[[str], Answer]) -> Answer:
    """Use the app's token; one that the platform has withdrawn is fetched anew, once."""
    name = _name(provider)
    kept = cache.get(name)
    if kept:
        try:
            return use(kept)
        except Stale:
            cache.delete(name)
    token, lasts_s = fetch(provider)
    if lasts_s > MARGIN_S:
        cache.set(name, token, min(lasts_s, LASTS_S) - MARGIN_S)
    try:
        return use(token)
    except Stale:
        raise Failed(Reason.CREDENTIALS, "The platform does not take its own token.") from None


def _name(provider: Provider) -> str:
    """Another app or another secret has another token."""
    mark = hashlib.sha256(f"{provider.client}\0{provider.secret}".encode()).hexdigest()[:32]
    return f"fenming.sso.{provider.pk}.{mark}"
