"""Background work, as a person sees it; the same rows are the queue."""

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from fenming.library.text import Words

Text = str | Promise
"""A text for people; a lazy one is kept in both languages."""


def spoken(text: Text) -> dict[str, str]:
    """A text as it is kept: in both languages."""
    kept = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            kept[key] = str(text)
    return kept


class Work(models.Model):
    """One piece of background work: waiting, running, or how it ended.

    A worker holds the row by ``lease`` until ``next_try_at`` and puts that off while it is alive; once the time has
    passed, the row is anybody's again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        DEAD = "dead", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    job = models.CharField(_("job"), max_length=120)
    name = models.JSONField(_("name"), null=True)
    arguments = models.JSONField(_("arguments"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"))
    lease = models.UUIDField(null=True)
    progress_done = models.BigIntegerField(null=True)
    progress_of = models.BigIntegerField(null=True)
    progress_what = models.JSONField(null=True)
    result = models.JSONField(_("result"), null=True)
    error = models.JSONField(_("error"), null=True)
    traceback = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    scheduled_for = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("state", "next_try_at"), name="work_due"),)
        constraints = (models.UniqueConstraint(fields=("job", "scheduled_for"), name="work_once_a_schedule"),)

    def __str__(self) -> str:
        return f"{self.job} #{self.pk}"

    @property
    def what(self) -> str:
        """What it is busy with, in the language of the page."""
        return _said(self.progress_what)

    @property
    def why(self) -> str:
        """Why the last try failed, in the language of the page."""
        return _said(self.error)

    @property
    def given_name(self) -> str:
        """The name that it was given when it was made, in the language of the page; empty without one."""
        return _said(self.name)


def _said(kept: dict[str, str] | None) -> str:
    return Words(**kept).say(get_language() or "zh") if kept else ""
