"""Appeals: what is disputed, by which evidence, who decides, and with what effect."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fenming.controls.models import Run
from fenming.modules.cycles.models.cycles import Participant


class Appeal(models.Model):
    """One appeal: received, investigated, decided, answered, archived. A person decides, never a rule."""

    class State(models.TextChoices):
        FILED = "filed", _("received")
        INCOMPLETE = "incomplete", _("waiting for more from the employee")
        INVESTIGATING = "investigating", _("being investigated")
        DECIDED = "decided", _("decided")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Decision(models.TextChoices):
        UPHELD = "upheld", _("upheld")
        PARTLY = "partly", _("upheld in part")
        REJECTED = "rejected", _("not upheld")

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="appeals")
    scorecard = models.BigIntegerField(null=True, blank=True)
    """The result that is disputed: the one that the letter told."""
    reason = models.TextField(_("what is disputed, and why"))
    wish = models.CharField(_("what should be"), max_length=300, blank=True)
    had_interview = models.BooleanField(_("an interview was held"), default=False)
    state = models.CharField(_("state"), max_length=15, choices=State.choices, default=State.FILED)
    filed_at = models.DateTimeField(auto_now_add=True)
    answer_by = models.DateField(_("to be decided by"))
    more_by = models.DateField(_("to be completed by"), null=True, blank=True)
    more_asked = models.TextField(_("what is missing"), blank=True)
    more = models.TextField(_("what was added"), blank=True)
    handler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    findings = models.TextField(_("what was found"), blank=True)
    rater = models.ForeignKey("people.Employee", models.PROTECT, null=True, blank=True, related_name="+")
    """Who was asked for a view: who rated, whoever reviews the person by now."""
    rater_asked_at = models.DateTimeField(null=True, blank=True)
    rater_words = models.TextField(_("the rater's view"), blank=True)
    rater_answered_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    decision_text = models.TextField(_("grounds of the decision"), blank=True)
    points = models.DecimalField(_("points"), max_digits=9, decimal_places=2, null=True, blank=True)
    grade = models.CharField(_("grade"), max_length=10, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="appeals")
    """The run that carries the effect: of the open cycle, or the correction of a closed one."""
    work = models.BigIntegerField(null=True, blank=True)
    """The background work that gives the decision its effect and answers."""
    answered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    reminded_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("participant",),
                condition=Q(state__in=("filed", "incomplete", "investigating")),
                name="one_appeal_at_a_time",
            ),
        )
        indexes = (models.Index(fields=("state", "answer_by"), name="appeal_due"),)

    def __str__(self) -> str:
        return f"#{self.pk}"


class Evidence(models.Model):
    """What an appeal rests on: an indicator, one of the records behind it, or a word."""

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="evidence")
    indicator = models.CharField(_("indicator"), max_length=80, blank=True)
    span = models.PositiveSmallIntegerField(default=0)
    """Which stay of the period the number is about, where somebody changed post."""
    fact = models.CharField(_("record"), max_length=300, blank=True)
    note = models.CharField(_("what is wrong with it"), max_length=500, blank=True)
    kept = models.JSONField(default=dict)
    """The number or the record as it was when it was named, so that the case can be read without the lake."""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("appeal", "indicator", "span", "fact"), name="one_mention_in_an_appeal"),
        )

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.indicator} {self.fact}"
