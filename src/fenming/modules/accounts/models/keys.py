"""Keys of the open API, and the answers that it has given to writes."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.fields import EncryptedText


class ApiKey(models.Model):
    """A key that acts for an account, within the permissions it names. Of its secret only a digest is kept."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="keys", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True, default="")
    previous_until = models.DateTimeField(null=True, blank=True)
    """Until when the secret before the last rotation still works."""
    permissions = models.JSONField(_("permissions"), default=list)
    networks = models.JSONField(_("networks"), default=list, blank=True)
    """From where it may be used, as ``192.0.2.0/24``; from anywhere where none is named."""
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} {self.prefix}"

    @property
    def last_moment(self) -> datetime:
        """A moment of its last day: it expires when the next begins."""
        return self.expires_at - timedelta(seconds=1)

    @property
    def state(self) -> str:
        """``works``, ``revoked``, ``expired``, or ``suspended`` with its account."""
        if self.revoked_at:
            return "revoked"
        if self.expires_at <= timezone.now():
            return "expired"
        return "works" if self.user.is_active else "suspended"


class KeptAnswer(models.Model):
    """What a write was answered, so that the same request sent again is not done again."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="answers")
    token = models.CharField(max_length=100)
    """The ``Idempotency-Key`` of the request."""
    digest = models.CharField(max_length=64)
    """Of method, path and body."""
    status = models.PositiveSmallIntegerField()
    body = EncryptedText(default="", blank=True)
    made_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "token"), name="one_answer_a_token"),)

    def __str__(self) -> str:
        return f"{self.key_id} {self.token}"
