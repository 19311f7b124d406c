"""What became of a period: calibration, the letter, the interview, and what is to be better next time."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fenming.modules.cycles.models.cycles import Participant


def name_of(user: Any) -> str:
    """What people call an account: by its employee's name, where it has one."""
    if user is None:
        return ""
    return str(user.employee.name if user.employee else user.get_full_name() or user.get_username())


class Calibration(models.Model):
    """A change that a calibration made, with its reason. Rows are added, never changed; one that undoes says so."""

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="calibrations")
    before_grade = models.CharField(max_length=10, blank=True)
    before_total = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    grade = models.CharField(_("grade"), max_length=10, blank=True)
    points = models.DecimalField(_("points"), max_digits=9, decimal_places=2, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.participant_id} {self.grade}{self.points or ''}"

    @property
    def by(self) -> str:
        """Who made it: the employee's name, else the account's."""
        return name_of(self.author)


class Letter(models.Model):
    """The result as a person was told it: pinned figures, so that it reads the same in ten years."""

    participant = models.OneToOneField(Participant, models.CASCADE, related_name="letter")
    contents = models.JSONField()
    issued_at = models.DateTimeField(auto_now_add=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    appeal_until = models.DateField(_("appeals up to and with"))

    class Meta:
        ordering = ("participant",)

    def __str__(self) -> str:
        return f"{self.participant_id}"


class Interview(models.Model):
    """The record of the talk about the result; the person confirms it or writes what was different."""

    participant = models.OneToOneField(Participant, models.CASCADE, related_name="interview")
    held_on = models.DateField(_("held on"))
    place = models.CharField(_("where"), max_length=120, blank=True)
    strengths = models.TextField(_("what went well"), blank=True)
    gaps = models.TextField(_("what was missing"), blank=True)
    agreed = models.TextField(_("what was agreed"), blank=True)
    words = models.TextField(_("in the person's own words"), blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("participant",)

    def __str__(self) -> str:
        return f"{self.participant_id} {self.held_on}"

    @property
    def by(self) -> str:
        """Who wrote the record last."""
        return name_of(self.author)


class Improvement(models.Model):
    """One action of an improvement plan; the next cycle shows it again until it is done or dropped."""

    class State(models.TextChoices):
        OPEN = "open", _("under way")
        DONE = "done", _("done")
        CARRIED = "carried", _("carried on")
        DROPPED = "dropped", _("dropped")

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="improvements")
    follows = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="followed_by")
    indicator = models.CharField(_("indicator"), max_length=80, blank=True)
    gap = models.CharField(_("what is missing"), max_length=300)
    action = models.CharField(_("what will be done"), max_length=300)
    support = models.CharField(_("what helps"), max_length=300, blank=True)
    measure = models.CharField(_("how one will see it"), max_length=300, blank=True)
    due = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(_("what came of it"), max_length=300, blank=True)
    employee_agreed_at = models.DateTimeField(_("agreed by the person"), null=True, blank=True)
    reviewer_agreed_at = models.DateTimeField(_("agreed by the reviewer"), null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("due", "id")

    def __str__(self) -> str:
        return self.action
