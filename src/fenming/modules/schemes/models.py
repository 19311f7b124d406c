"""Schemes in force, and what came out of the runs: scorecards and their lines with every intermediate."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fenming.controls.models import Run
from fenming.controls.validity import Dated


class SchemeVersion(Dated):
    """One dated version of a scheme, for the people of a department at certain posts (none listed: all posts)."""

    identifier = models.SlugField(_("id"), max_length=80)
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="schemes")
    definition = models.JSONField(_("definition"))

    class Meta:
        ordering = ("identifier", "valid_from")

    def __str__(self) -> str:
        return f"{self.identifier} {self.valid_from}"


class Draft(models.Model):
    """A scheme in the making, from the first stroke to its publication.

    ``definition`` is kept as it was typed, whether or not it can be used yet. ``base`` is the version that it changes;
    ``version`` counts the savings, ``saved_by`` and ``done_by`` are the keys of the page that saved it last and of the
    one whose button it last obeyed: a page is never late after itself, and a button pressed twice counts once.
    """

    class State(models.TextChoices):
        DRAFTING = "drafting", _("drafting")
        SUBMITTED = "submitted", _("waiting for approval")
        RETURNED = "returned", _("returned")
        APPROVED = "approved", _("approved")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    identifier = models.SlugField(_("id"), max_length=80)
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="scheme_drafts")
    definition = models.JSONField(_("definition"), default=dict)
    base = models.ForeignKey(SchemeVersion, models.SET_NULL, null=True, blank=True, related_name="drafts")
    published = models.OneToOneField(SchemeVersion, models.SET_NULL, null=True, blank=True, related_name="draft")
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFTING)
    note = models.CharField(_("note"), max_length=500, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"))
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    saved_by = models.CharField(max_length=40, blank=True)
    done_by = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-changed_at",)
        indexes = (models.Index(fields=("state", "department"), name="draft_state"),)

    def __str__(self) -> str:
        return f"{self.identifier} draft {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it can be edited."""
        return self.state in {self.State.DRAFTING, self.State.RETURNED}


class Scorecard(models.Model):
    """One person's result in one run; ``lacking`` counts its lines without points."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="scorecards")
    employee = models.ForeignKey("people.Employee", models.PROTECT, related_name="scorecards")
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="+")
    team = models.CharField(max_length=60, blank=True)
    scheme = models.CharField(max_length=80)
    season = models.JSONField(null=True)
    subtotal = models.DecimalField(max_digits=9, decimal_places=2)
    total = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    blocked = models.CharField(max_length=80, blank=True)
    grade = models.CharField(max_length=10, blank=True)
    rank = models.PositiveIntegerField(null=True)
    factor = models.DecimalField(max_digits=9, decimal_places=4)
    lacking = models.PositiveSmallIntegerField(default=0)
    because = models.JSONField(default=list)

    class Meta:
        ordering = ("run", "department", "rank")
        indexes = (
            models.Index(fields=("run", "department", "rank"), name="scorecard_board"),
            models.Index(fields=("run", "department", "grade", "total", "lacking"), name="scorecard_company"),
        )
        constraints = (models.UniqueConstraint(fields=("run", "employee"), name="one_scorecard_a_run"),)

    def __str__(self) -> str:
        return f"{self.employee_id} {self.total}"


class ScoreLine(models.Model):
    """One indicator of a scorecard: the reading as a ratio, and how it became points."""

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="lines")
    indicator = models.CharField(max_length=80)
    span = models.PositiveSmallIntegerField(default=0)
    value = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    numerator = models.DecimalField(max_digits=38, decimal_places=10, null=True)
    denominator = models.DecimalField(max_digits=38, decimal_places=10, null=True)
    missing = models.CharField(max_length=20, blank=True)
    carried = models.BooleanField(default=False)
    target = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    planned_weight = models.DecimalField(max_digits=6, decimal_places=2)
    weight = models.DecimalField(max_digits=6, decimal_places=2)
    score = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    points = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    because = models.JSONField(default=list)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.scorecard_id} {self.indicator} {self.points}"


class IndicatorTotal(models.Model):
    """An indicator of one team of a department in one run, added up over its people: what boards look back on.

    An empty indicator is the whole score.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="+")
    team = models.CharField(max_length=60, blank=True)
    indicator = models.CharField(max_length=80, blank=True)
    numerator = models.DecimalField(max_digits=38, decimal_places=10)
    denominator = models.DecimalField(max_digits=38, decimal_places=10)
    score = models.DecimalField(max_digits=20, decimal_places=2)
    scored = models.PositiveIntegerField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("run", "department", "team", "indicator"), name="one_total_an_indicator"),
        )

    def __str__(self) -> str:
        return f"{self.department_id} {self.team} {self.indicator}"


class AdjustmentLine(models.Model):
    """Extra points or a deduction on a scorecard."""

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="adjustments")
    identifier = models.CharField(max_length=80)
    name = models.JSONField()
    points = models.DecimalField(max_digits=9, decimal_places=2)
    because = models.JSONField(default=list)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.identifier} {self.points}"


class DailyScore(models.Model):
    """A department's score of one day in a run, for the trend: its facts of the day, added up and scored."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="daily")
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="+")
    day = models.DateField()
    score = models.DecimalField(max_digits=9, decimal_places=2, null=True)

    class Meta:
        ordering = ("department", "day")
        constraints = (models.UniqueConstraint(fields=("run", "department", "day"), name="one_score_a_day"),)

    def __str__(self) -> str:
        return f"{self.department_id} {self.day} {self.score}"
