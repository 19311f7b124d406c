"""Who calls: each operation asks for a key and names the permissions any of which opens it."""

import time
from threading import Lock
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from fenming.api.problems import Problem, invalid
from fenming.controls.operations import Actor
from fenming.controls.permissions import PERMISSIONS
from fenming.controls.routes import Request, address_of
from fenming.modules.accounts.operations.keys import note_use
from fenming.modules.accounts.queries.keys import key_of, powers_of_key

WINDOW_S = 60


class KeyRequest(Request):
    """A request of the open API."""

    key: int


class Meter:
    """How many requests each key has made in the running minute, counted by each process for itself.

    Only keys that work are counted, so there are never many.
    """

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._window = 0
        self._lock = Lock()

    def count(self, key: int, most: int, now: float) -> int:
        """Count a request; 0, or after how many seconds the next is welcome."""
        window = int(now // WINDOW_S)
        with self._lock:
            if window != self._window:
                self._counts, self._window = {}, window
            self._counts[key] = self._counts.get(key, 0) + 1
            return 0 if self._counts[key] <= most else max(1, round((window + 1) * WINDOW_S - now + 0.5))


METER = Meter()


class Key(HttpBearer):
    """A key of the open API, as ``Authorization: Bearer fenming_…``. A session does not count."""

    def __init__(self, *rules: str) -> None:
        super().__init__()
        unknown = set(rules) - set(PERMISSIONS)
        if unknown or not rules:
            raise LookupError(f"No such permission: {', '.join(sorted(unknown)) or 'none is named'}")
        self.rules = rules
        self.parameters: frozenset[str] = frozenset()
        """What the operation knows in the address; `site` tells it."""

    def __call__(self, request: HttpRequest) -> Any:
        scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, token.strip() if scheme.lower() == "bearer" else "")

    def authenticate(self, request: Any, token: str) -> int:
        now, address = timezone.now(), address_of(request) or ""
        key = key_of(token, address, now)
        if key is None:
            words = _("The key is missing, unknown, expired, revoked, or not allowed from here. Ask who manages keys.")
            raise Problem(401, "no-key", words, headers={"WWW-Authenticate": 'Bearer realm="fenming"'})
        if wait := METER.count(key.pk, settings.API_RATE, time.time()):
            words = _("These are too many requests in a minute. Wait %(seconds)s seconds.") % {"seconds": wait}
            raise Problem(429, "too-many", words, headers={"Retry-After": str(wait)})
        note_use(key, address, now)
        powers = powers_of_key(key)
        if not powers.may(*self.rules):
            words = _("This key may not do this. It needs the permission: %(names)s.")
            raise Problem(403, "forbidden", words % {"names": ", ".join(self.rules)})
        if unknown := set(request.GET) - self.parameters:
            raise invalid({one: [_("There is no such field.")] for one in sorted(unknown)})
        request.key, request.powers, request.scope = key.pk, powers, powers.scope(*self.rules)
        request.actor = Actor(user=key.user_id, name=f"{key.user.username} (API {key.prefix})", address=address or None)
        return key.pk
