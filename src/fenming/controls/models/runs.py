"""The runs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """One scoring, immutable once complete: it pins fact versions, schemes, roster, people and code.

    ``inputs`` is the digest of everything that the pins name; the inputs themselves lie beside the facts.
    ``departments`` are the ids of those it is about; none listed: the whole company.
    """

    class Kind(models.TextChoices):
        LIVE = "live", _("running period")
        CLOSE = "close", _("closed period")
        ADJUST = "adjust", _("correction of a closed period")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.CharField(_("period"), max_length=30)
    start = models.DateField()
    end = models.DateField()
    departments = models.JSONField(_("departments"), default=list)
    until = models.DateTimeField(_("facts up to"), null=True)
    facts = models.JSONField(_("fact versions"), default=dict)
    inputs = models.CharField(max_length=64)
    code = models.CharField(max_length=60)
    complete = models.BooleanField(default=False)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-start", "-id")
        indexes = (models.Index(fields=("start", "end", "complete"), name="run_period"),)

    def __str__(self) -> str:
        return f"{self.label} #{self.pk}"
