"""The operation log, and the seals over it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Operation(models.Model):
    """Who did what to what, before and after, when and from where. Append-only, by the database itself."""

    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    actor_name = models.CharField(_("actor"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=60)
    object = models.CharField(_("object"), max_length=120)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("actor", "at"), name="operation_actor"),
            models.Index(fields=("actor_name", "at"), name="operation_actor_name"),
            models.Index(fields=("action", "at"), name="operation_action"),
            models.Index(fields=("object", "at"), name="operation_object"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.object}"


class Seal(models.Model):
    """A link of the chain over the log: which entries it vouches for, and the keyed digest that says so.

    ``ranges`` are the ids that it covers, first and last of each run; ``through`` is the highest id that this
    seal or an earlier one covers. Append-only.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("at"), db_index=True)
    ranges = models.JSONField()
    count = models.PositiveIntegerField(_("entries"))
    through = models.BigIntegerField()
    fingerprints = models.BinaryField()
    previous = models.CharField(max_length=200, blank=True)
    digest = models.CharField(_("digest"), max_length=200, db_index=True)

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"{self.number} {self.digest}"
