"""What came in: batches of facts, and the rows that could not be used."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Batch(models.Model):
    """One delivery of one fact type: what was new, unchanged, corrected or rejected."""

    name = models.CharField(_("name"), max_length=120)
    fact = models.CharField(_("fact"), max_length=60)
    source = models.CharField(_("source"), max_length=120)
    new = models.BigIntegerField(default=0)
    same = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    version = models.IntegerField(_("table version"), null=True)
    at = models.DateTimeField(auto_now_add=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.fact} {self.name}"


class RejectedRow(models.Model):
    """A row or cell that could not be used: where it stands, why, and what to do."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="rejected_rows")
    file = models.CharField(max_length=255)
    sheet = models.CharField(max_length=120, blank=True)
    row = models.BigIntegerField(null=True)
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=60)
    reason = models.JSONField()
    remedy = models.JSONField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.file} {self.row} {self.code}"
