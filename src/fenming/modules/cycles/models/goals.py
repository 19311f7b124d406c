"""What was agreed for the period, and what was said on the way."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fenming.modules.cycles.models.cycles import Participant


class Goal(models.Model):
    """One goal of a participant: an indicator with its target, or something in words. ``parent`` is what it serves."""

    class State(models.TextChoices):
        OPEN = "open", _("under way")
        REACHED = "reached", _("reached")
        MISSED = "missed", _("missed")
        DROPPED = "dropped", _("dropped")

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="goals")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    title = models.CharField(_("goal"), max_length=200)
    measure = models.CharField(_("how it is measured"), max_length=300, blank=True)
    indicator = models.CharField(_("indicator"), max_length=80, blank=True)
    target = models.DecimalField(_("target"), max_digits=20, decimal_places=6, null=True, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    is_milestone = models.BooleanField(_("milestone of a project"), default=False)
    progress = models.PositiveSmallIntegerField(_("progress in per cent"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    position = models.PositiveSmallIntegerField(default=0)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("participant", "position", "id")

    def __str__(self) -> str:
        return self.title


class CheckIn(models.Model):
    """A note on the way, of the person or of the reviewer."""

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="check_ins")
    author = models.ForeignKey("people.Employee", models.PROTECT, related_name="+")
    text = models.TextField(_("note"))
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.participant_id} {self.at:%Y-%m-%d}"


class Question(models.Model):
    """A word from one person to another about a number or about the period in general, and the answer."""

    participant = models.ForeignKey(Participant, models.CASCADE, null=True, blank=True, related_name="questions")
    employee = models.ForeignKey("people.Employee", models.PROTECT, related_name="questions")
    to = models.ForeignKey("people.Employee", models.PROTECT, null=True, blank=True, related_name="+")
    """Who is to answer; nobody: HR."""
    scorecard = models.BigIntegerField(null=True, blank=True)
    indicator = models.CharField(_("indicator"), max_length=80, blank=True)
    fact = models.CharField(_("record"), max_length=120, blank=True)
    """The ``fact_id`` of the row that is questioned, if it is one."""
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField(auto_now_add=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.employee_id} {self.indicator}"


class Recognition(models.Model):
    """Thanks of one colleague to another, for everybody to see who sees both."""

    giver = models.ForeignKey("people.Employee", models.PROTECT, related_name="+")
    receiver = models.ForeignKey("people.Employee", models.PROTECT, related_name="recognitions")
    badge = models.CharField(_("badge"), max_length=20)
    text = models.CharField(_("what for"), max_length=300)
    at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("receiver", "at"), name="recognition_of"),)

    def __str__(self) -> str:
        return f"{self.giver_id} → {self.receiver_id}"
