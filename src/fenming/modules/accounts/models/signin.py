"""Signing in: the policy, links, attempts, sessions, and the second factor."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.fields import EncryptedText


def _setting(name: object, default: int, at_least: int, at_most: int) -> "models.PositiveIntegerField[int, int]":
    """A whole number between two bounds."""
    bounds = [MinValueValidator(at_least), MaxValueValidator(at_most)]
    return models.PositiveIntegerField(name, default=default, validators=bounds)  # type: ignore[arg-type]


class Policy(models.Model):
    """What the company asks of passwords and sessions: one row, or none where nothing was changed yet."""

    length_min = _setting(_("shortest password, characters"), 10, 8, 64)
    refused_last = _setting(_("earlier passwords that are refused"), 5, 0, 24)
    age_days_max = _setting(_("a password lasts at most, days"), 0, 0, 730)
    lock_after = _setting(_("wrong attempts until an account is locked"), 5, 3, 50)
    lock_after_address = _setting(_("wrong attempts from one address"), 100, 10, 10_000)
    lock_window_minutes = _setting(_("counted within, minutes"), 15, 1, 1440)
    lock_minutes = _setting(_("locked for, minutes"), 15, 1, 1440)
    idle_minutes = _setting(_("signed out after rest, minutes"), 480, 5, 43_200)
    idle_minutes_admin = _setting(_("administrators after rest, minutes"), 30, 5, 1440)
    session_hours_max = _setting(_("a session lasts at most, hours"), 168, 1, 720)
    invitation_days = _setting(_("a link is valid for, days"), 7, 1, 60)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_policy"),)

    def __str__(self) -> str:
        return "policy"


class Link(models.Model):
    """A link by which a person sets a password: the first one, or a new one. Only its digest is kept."""

    class Purpose(models.TextChoices):
        INVITE = "invite", _("Invitation")
        RESET = "reset", _("New password")

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="links")
    purpose = models.CharField(_("for"), max_length=10, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, blank=True, related_name="+")
    """Who made it; nobody where the person asked for it."""
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    asked_at = models.DateTimeField(_("a new one was asked for"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("user", "-id"), name="link_user"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.user_id}"

    @property
    def state(self) -> str:
        if self.used_at:
            return "used"
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "open"


class Attempt(models.Model):
    """Somebody wanted to sign in. It is written as failed before the password is looked at, so that many at once
    are counted, too."""

    class Outcome(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        HALF = "half", _("Password right, code outstanding")
        FAILED = "failed", _("Wrong password")
        WRONG_CODE = "wrong_code", _("Wrong code")
        LOCKED = "locked", _("Refused: locked")
        CLOSED = "closed", _("Refused: not active")
        FORGOT = "forgot", _("Asked for a new password")

    at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=150)
    user = models.ForeignKey("accounts.User", models.CASCADE, null=True, blank=True, related_name="attempts")
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    counts = models.BooleanField(default=False)
    """Whether it still counts towards locking the account."""

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("user", "-at"), name="attempt_user"),
            models.Index(fields=("address", "-at"), name="attempt_address"),
            models.Index(fields=("at",), name="attempt_at"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.outcome}"


class Session(models.Model):
    """A device that is, or was, signed in. Only the digest of the session's key is kept."""

    class End(models.TextChoices):
        SIGNED_OUT = "signed_out", _("Signed out")
        REVOKED = "revoked", _("Ended by the person")
        BY_ADMIN = "by_admin", _("Ended by an administrator")
        IDLE = "idle", _("Not used for too long")
        TOO_LONG = "too_long", _("Reached its longest duration")
        PASSWORD = "password", _("Password changed")
        FACTOR = "factor", _("Second factor changed")
        SUSPENDED = "suspended", _("Account suspended")

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="sessions")
    method = models.CharField(_("by"), max_length=20, default="password")
    is_admin = models.BooleanField(default=False)
    """Whether the account held one of the three offices when it signed in: its rest is shorter."""
    is_strong = models.BooleanField(default=False)
    """Whether somebody else has already asked for a second factor: then we ask for none."""
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=12, choices=End.choices, blank=True)

    class Meta:
        ordering = ("-seen_at",)
        indexes = (models.Index(fields=("user", "ended_at"), name="session_user"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d %H:%M}"


class SecondFactor(models.Model):
    """An authenticator app's secret. Until it is confirmed by a code it asks for nothing."""

    user = models.OneToOneField("accounts.User", models.CASCADE, related_name="second_factor")
    secret = EncryptedText(max_length=64)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_counter = models.BigIntegerField(default=0)
    """The time step of the last code that was used: neither it nor an earlier one is taken again."""

    def __str__(self) -> str:
        return str(self.user_id)


class RecoveryCode(models.Model):
    """One of ten codes for somebody without the phone. Only a keyed digest is kept."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "digest"), name="recovery_code_once"),)

    def __str__(self) -> str:
        return str(self.user_id)


class PastPassword(models.Model):
    """The hash of an earlier password, so that it is not taken again."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="past_passwords")
    encoded = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(self.user_id)
