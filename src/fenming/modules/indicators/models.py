"""The company's own indicators, dated; the shipped ones live in the library."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fenming.controls.validity import Dated


class OwnIndicator(Dated):
    """One version of an indicator that the company defined or changed; it goes before a shipped one of its id."""

    identifier = models.SlugField(_("id"), max_length=80)
    definition = models.JSONField(_("definition"))

    class Meta:
        ordering = ("identifier", "valid_from")

    def __str__(self) -> str:
        return f"{self.identifier} {self.valid_from}"
