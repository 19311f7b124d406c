"""Requests to providers: briefly, without redirects, a small JSON object or a failure in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx

from fenming.modules.accounts.sso import hosts
from fenming.modules.accounts.sso.protocol import Failed, Reason

TIMEOUT = httpx.Timeout(6, connect=4)
ANSWER_BYTES, ANSWER_SECONDS = 512_000, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The status, and the object in the body."""

    status: int
    body: dict[str, Any]

    def text(self, name: str) -> str:
        """A text or number of the object; empty where it has another shape."""
        value = self.body.get(name)
        if isinstance(value, str) and len(value) <= 8000 and "\0" not in value:
            return value.strip()
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""

    def inside(self, name: str) -> "Answer":
        """An object in the object."""
        found = self.body.get(name)
        return Answer(status=self.status, body=found if isinstance(found, dict) else {})


def ask(
    method: str, url: str, *, anywhere: bool = False, headers: Mapping[str, str] | None = None, **more: Any
) -> Answer:
    """One request. ``anywhere``: an administrator typed the address, so it must be public or named."""
    sent, extensions = dict(headers or {}), {}
    guarded = anywhere and not hosts.is_named(url)
    if guarded:
        hosts.check(url)
        parts = urlsplit(url)
        host = parts.hostname or ""
        # connect to the very address that was judged, so that the name cannot lead elsewhere a moment later
        address = hosts.public_address(host, parts.port or 443)
        sent["Host"], extensions = parts.netloc, {"sni_hostname": host}
        url = str(httpx.URL(url).copy_with(host=address))
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=not guarded) as client,
            client.stream(method, url, headers=sent, extensions=extensions, **more) as answer,
        ):
            return _judged(answer.status_code, _read(answer))
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise Failed(Reason.DOWN, type(problem).__name__) from None


def _read(answer: httpx.Response) -> bytes:
    found, deadline = b"", monotonic() + ANSWER_SECONDS
    for chunk in answer.iter_bytes():
        found += chunk
        if len(found) > ANSWER_BYTES or monotonic() > deadline:
            raise Failed(Reason.DOWN, "The answer is too long or too slow.")
    return found


def _judged(status: int, body: bytes) -> Answer:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise Failed(Reason.BUSY, f"HTTP {status}")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or 300 <= status < 400:
        raise Failed(Reason.DOWN, f"HTTP {status}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Failed(Reason.DOWN, f"HTTP {status}, and not understood")
    return Answer(status=status, body=found)
