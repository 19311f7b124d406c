"""The first start of the installation, and which tours an account has seen."""

from django.conf import settings
from django.db import models


class Setup(models.Model):
    """How far the first start is: one row, so that closing the browser or stopping the server loses nothing."""

    key_digest = models.CharField(max_length=64, blank=True)
    """Of the one-time key that opens the first page; empty once there is an account."""
    wrong_keys = models.PositiveIntegerField(default=0)
    wrong_since = models.DateTimeField(null=True)
    done = models.JSONField(default=list)
    """The steps that are done or were skipped."""
    chosen = models.JSONField(default=dict)
    """What was chosen at each step."""
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    """Who runs it, so that a second person is told."""
    held_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    """When the list of what comes next was put away."""

    def __str__(self) -> str:
        return f"first start: {', '.join(self.done)}"


class TourSeen(models.Model):
    """A tour that an account has ended or skipped."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    tour = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "tour"), name="tour_seen_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.tour}"
