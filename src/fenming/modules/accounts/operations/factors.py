"""The second factor: set up, asked for, replaced, taken away."""

import secrets as random
from collections.abc import Iterator

import pyotp
from django.db import transaction
from django.utils import timezone

from fenming.controls import secrets
from fenming.controls.operations import Actor, record
from fenming.library.text import Words
from fenming.modules.accounts.models import RecoveryCode, SecondFactor, Session, User
from fenming.modules.accounts.operations.sessions import end_all
from fenming.modules.accounts.operations.telling import tell

STEP_S = 30
CODES = 10
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is read for another one."""


def begin(user: User) -> SecondFactor:
    """The secret that a person is about to confirm; the same one until it is."""
    found, _ = SecondFactor.objects.get_or_create(user=user, defaults={"secret": pyotp.random_base32()})
    return found


def confirm(user: User, code: str, *, actor: Actor, but_key: str = "") -> list[str] | None:
    """The app shows the right code: from now on it is asked for. The recovery codes, or None for a wrong code."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at=None).first()
        if factor is None or not _fits(factor, code):
            return None
        factor.confirmed_at = timezone.now()
        factor.save(update_fields=["confirmed_at"])
        codes = _new_codes(user)
        end_all([user.pk], reason=Session.End.FACTOR, but_key=but_key)
        record(actor, "accounts.factor_set_up", user.username)
    return codes


def prove(user: User, code: str, *, actor: Actor) -> bool:
    """Whether a code of the app, or a recovery code, is right; none is right twice."""
    wanted = _plain(code)
    with transaction.atomic():
        if len(wanted) == 6 and wanted.isascii() and wanted.isdecimal():
            factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
            return factor is not None and _fits(factor, wanted)
        rows = RecoveryCode.objects.filter(user=user, digest=_digest(user, wanted), used_at=None)
        if not wanted or not rows.update(used_at=timezone.now()):
            return False
        left = RecoveryCode.objects.filter(user=user, used_at=None).count()
        record(actor, "accounts.recovery_code_used", user.username, after={"left": left})
    return True


def renew_codes(user: User, *, actor: Actor) -> list[str]:
    """Ten new recovery codes; the earlier ones are worth nothing any more."""
    with transaction.atomic():
        codes = _new_codes(user)
        record(actor, "accounts.recovery_codes", user.username)
    return codes


def take_away(user: User, *, actor: Actor, by_admin: bool, but_key: str = "") -> bool:
    """No second factor any more: the person replaces it, or an administrator helps who has lost it."""
    with transaction.atomic():
        count, _ = SecondFactor.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        if count:
            end_all([user.pk], reason=Session.End.FACTOR, but_key=but_key)
            record(actor, "accounts.factor_reset", user.username, after={"by_administrator": by_admin})
        if count and by_admin:
            tell([user.pk], "factor_reset", title=_RESET, body=_RESET_BODY, url=("my-security",), actor=actor)
    return bool(count)


_RESET = Words(zh="你的两步验证已被管理员重置", en="An administrator reset your second factor")
_RESET_BODY = Words(
    zh="请重新绑定验证器。如果不是你本人提出的，请立即联系管理员。",
    en="Please set it up again. If you did not ask for this, tell an administrator at once.",
)


def address(user: User, factor: SecondFactor) -> str:
    """What the QR code says to the authenticator app."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=user.username, issuer_name="Fenming")


def _fits(factor: SecondFactor, code: str) -> bool:
    """Whether the code is the present one, the one before or the one after, and later than the last one used."""
    totp, now = pyotp.TOTP(factor.secret), int(timezone.now().timestamp()) // STEP_S
    wanted = _plain(code)
    if not (len(wanted) == 6 and wanted.isascii() and wanted.isdecimal()):
        return False
    found = next((one for one in _steps(now) if random.compare_digest(totp.generate_otp(one), wanted)), None)
    if found is None:
        return False
    rows = SecondFactor.objects.filter(pk=factor.pk, last_counter__lt=found)
    return bool(rows.update(last_counter=found))


def _steps(now: int) -> Iterator[int]:
    yield from (now, now - 1, now + 1)


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["-".join("".join(random.choice(LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(user, _plain(one))) for one in codes)
    return codes


def _plain(code: str) -> str:
    """A code without the blanks and strokes that people type."""
    return code.replace("-", "").replace(" ", "").strip().upper()


def _digest(user: User, code: str) -> str:
    return secrets.blind(f"{user.pk} {code}", "accounts.RecoveryCode")
