"""The plan of a department: how often a cycle comes round, and which steps it takes with which deadlines."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class Rhythm(models.TextChoices):
    MONTH = "month", _("every month")
    QUARTER = "quarter", _("every quarter")
    YEAR = "year", _("every year")


class StepKind(models.TextChoices):
    """The steps in their order; which of them a company takes is its own choice."""

    GOALS = "goals", _("Goals")
    TRACKING = "tracking", _("Tracking")
    DATA = "data", _("Data complete")
    SELF_REVIEW = "self_review", _("Self review")
    MANAGER_REVIEW = "manager_review", _("Manager review")
    CALIBRATION = "calibration", _("Calibration")
    LETTER = "letter", _("Result letter")
    INTERVIEW = "interview", _("Interview")
    CONFIRM = "confirm", _("Confirm or appeal")
    ARCHIVE = "archive", _("Archive")
    IMPROVEMENT = "improvement", _("Improvement plan")


class Owner(models.TextChoices):
    """Who does a step: everybody for oneself, each person's reviewer, the head of the department, or HR."""

    EMPLOYEE = "employee", _("employee")
    REVIEWER = "reviewer", _("reviewer")
    HEAD = "head", _("head of department")
    HR = "hr", _("HR")


class Plan(models.Model):
    """How one department's cycles run; the one without a department holds for all that have none of their own."""

    department = models.OneToOneField(
        "people.Department", models.CASCADE, null=True, blank=True, related_name="plan", verbose_name=_("department")
    )
    rhythm = models.CharField(_("rhythm"), max_length=10, choices=Rhythm.choices, default=Rhythm.MONTH)
    head = models.ForeignKey(
        "people.Employee", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("head of department")
    )
    appeal_days = models.PositiveSmallIntegerField(_("working days to appeal"), default=7)
    shows_rank = models.CharField(
        _("what people see of their place"),
        max_length=10,
        choices=(("rank", _("the rank")), ("band", _("the band: top, middle or last third")), ("none", _("nothing"))),
        default="rank",
    )
    opens_itself = models.BooleanField(_("open each cycle by itself"), default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("department_id",)
        constraints = (models.UniqueConstraint(Coalesce("department", Value(0)), name="one_plan_a_department"),)

    def __str__(self) -> str:
        return f"{self.department or '*'} {self.rhythm}"


class PlanStep(models.Model):
    """A step of a plan. Days are working days counted from the period's first day or from the day after its last."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="steps")
    kind = models.CharField(_("step"), max_length=20, choices=StepKind.choices)
    enabled = models.BooleanField(_("taken"), default=True)
    owner = models.CharField(_("done by"), max_length=10, choices=Owner.choices)
    from_start = models.BooleanField(_("counted from the period's first day"), default=False)
    opens_after = models.SmallIntegerField(_("opens on working day"), default=1)
    due_after = models.SmallIntegerField(_("due on working day"), default=5)
    remind_before = models.PositiveSmallIntegerField(_("reminder, working days before"), default=1)

    class Meta:
        ordering = ("plan", "id")
        constraints = (
            models.UniqueConstraint(fields=("plan", "kind"), name="one_step_of_a_kind"),
            models.CheckConstraint(condition=Q(due_after__gte=models.F("opens_after")), name="step_due_after_opening"),
        )

    def __str__(self) -> str:
        return f"{self.plan_id} {self.kind}"
