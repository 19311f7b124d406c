"""The one-time key that opens the first page of an empty installation. Only its digest is kept."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.library.text import refuse
from fenming.modules.start.models import Setup
from fenming.modules.start.queries.setup import is_empty

KEY_BYTES = 32
WRONG_AT_MOST = 20
WRONG_WITHIN = timedelta(minutes=10)


def new_key() -> str:
    """A fresh key in the place of the one before; refused once somebody has an account."""
    key = secrets.token_urlsafe(KEY_BYTES)
    with transaction.atomic():
        if not is_empty():
            raise refuse(
                "已有账号，首次启动链接不再可用。请用系统管理员账号登录，打开 /start/。",
                "There are accounts already, so there is no start link any more. "
                "Sign in as a system administrator and open /start/.",
            )
        Setup.objects.update_or_create(pk=1, defaults={"key_digest": digest(key), "wrong_keys": 0, "wrong_since": None})
        record(Actor(), "start.new_key", "start")
    return key


def digest(key: str) -> str:
    """What is kept of a key, here and in the session of whoever gave it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def fits(row: Setup, given: str) -> bool:
    """Whether a digest is that of the key in force."""
    return bool(row.key_digest) and hmac.compare_digest(row.key_digest, given)


def note_wrong(actor: Actor) -> bool:
    """Count a wrong key; whether there were too many lately. The right one always opens: nobody guesses 256 bits."""
    now = timezone.now()
    with transaction.atomic():
        row, _ = Setup.objects.select_for_update().get_or_create(pk=1)
        if row.wrong_since is None or row.wrong_since < now - WRONG_WITHIN:
            Setup.objects.filter(pk=1).update(wrong_keys=1, wrong_since=now)
            record(actor, "start.wrong_key", "start")
            return False
        if row.wrong_keys >= WRONG_AT_MOST:
            return True
        Setup.objects.filter(pk=1).update(wrong_keys=F("wrong_keys") + 1)
    return False
