"""Schemes in force, and what came out of the runs: scorecards and their lines with every intermediate."""

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


class Scorecard(models.Model):
    """One person's result in one run."""

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
    because = models.JSONField(default=list)

    class Meta:
        ordering = ("run", "department", "rank")
        indexes = (models.Index(fields=("run", "department", "rank"), name="scorecard_board"),)
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
