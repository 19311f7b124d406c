"""What all writes share: they are done once however often they are sent, and upon the version that was read."""

import re
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import BaseModel

from fenming.api.problems import Problem, invalid
from fenming.modules.accounts.operations.keys import ANSWERS_KEPT, claim_answer, keep_answer
from fenming.modules.accounts.queries.keys import OtherRequest, answered

View = TypeVar("View", bound=Callable[..., Any])
TOKEN = r"[!-~]{1,100}"  # noqa: S105 - a pattern
VERSION = r'(?:W/)?"?([0-9]{1,9})"?'


def once(status: int) -> Callable[[View], View]:
    """A write that answers with ``status``; with an ``Idempotency-Key`` it is done once in 24 hours.

    The answer is kept in the transaction of the write: either both are there or neither. A refusal is not kept, since
    nothing was written.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def answering(request: Any, *args: Any, **named: Any) -> HttpResponse:
            token = request.headers.get("Idempotency-Key")
            if token is None:
                return _response(status, _body(view(request, *args, **named)))
            if not re.fullmatch(TOKEN, token):
                raise invalid({"Idempotency-Key": [_("This must be 1 to 100 printable ASCII characters.")]})
            digest = sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
            if kept := _before(request.key, token, digest):
                return kept
            try:
                with transaction.atomic():
                    claim = claim_answer(request.key, token, digest)
                    body = _body(view(request, *args, **named))
                    keep_answer(claim, status=status, body=body)
                    return _response(status, body)
            except IntegrityError:  # the same request at the same moment: the other one has answered now
                if kept := _before(request.key, token, digest):
                    return kept
                raise

        return answering  # type: ignore[return-value]

    return declare


def _body(result: BaseModel) -> str:
    return result.model_dump_json(exclude_unset=True)


def _before(key: int, token: str, digest: str) -> HttpResponse | None:
    """What was answered before; refused where the token came with another request."""
    try:
        kept = answered(key, token, digest, timezone.now() - ANSWERS_KEPT)
    except OtherRequest:
        words = _("This Idempotency-Key was sent with another request in the last 24 hours. Use a new one.")
        raise Problem(409, "key-used", words) from None
    return _response(kept.status, kept.body, replayed=True) if kept else None


def _response(status: int, body: str, *, replayed: bool = False) -> HttpResponse:
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8", headers=headers)


def version_of(request: Any, sent: int | None) -> tuple[int, int]:
    """The version that a change builds upon, and how it is refused if it is another by now."""
    header = request.headers.get("If-Match")
    if header is None:
        if sent is None:
            words = _(
                "Send the version that you have read, as “version” or in If-Match, so that nobody is overwritten."
            )
            raise Problem(428, "version-needed", words)
        return sent, 409
    found = re.fullmatch(VERSION, header.strip())
    if found is None:
        raise invalid({"If-Match": [_('This must be the ETag of the person, such as "3".')]})
    return int(found[1]), 412
