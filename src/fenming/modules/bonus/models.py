"""Bonus pools and what each person received of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fenming.controls.models import Run


class Pool(models.Model):
    """The bonus of a department for a period, in yuan."""

    department = models.ForeignKey("people.Department", models.PROTECT, related_name="pools")
    start = models.DateField(_("from"))
    end = models.DateField(_("up to"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("department", "start", "end"), name="one_pool_a_period"),)

    def __str__(self) -> str:
        return f"{self.department_id} {self.start} {self.amount}"


class Allotment(models.Model):
    """How a pool was divided in a run: to people, to the team fund, and what nobody could take."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="allotments")
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="+")
    pool = models.DecimalField(max_digits=14, decimal_places=2)
    fund = models.DecimalField(max_digits=14, decimal_places=2)
    undistributed = models.DecimalField(max_digits=14, decimal_places=2)
    owner = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "department"), name="one_allotment_a_run"),)

    def __str__(self) -> str:
        return f"{self.department_id} {self.pool}"


class Amount(models.Model):
    """What one person received, and why."""

    allotment = models.ForeignKey(Allotment, models.CASCADE, related_name="amounts")
    employee = models.ForeignKey("people.Employee", models.PROTECT, related_name="bonuses")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    because = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("allotment", "employee"), name="one_amount_a_person"),)

    def __str__(self) -> str:
        return f"{self.employee_id} {self.amount}"


class Adjustment(models.Model):
    """What a correction of a closed period makes good with a later one: the difference for one person, in yuan.

    ``run`` is the correction, ``of`` the closed run that stands. ``settled_in`` is the run that paid it out; ``ended``
    says what else became of it.
    """

    class End(models.TextChoices):
        APART = "apart", _("paid apart")
        """With the last wage of who leaves, or otherwise outside of a close."""
        UNDONE = "undone", _("undone")

    run = models.ForeignKey(Run, models.PROTECT, related_name="adjustments_made")
    of = models.ForeignKey(Run, models.PROTECT, related_name="adjustments")
    employee = models.ForeignKey("people.Employee", models.PROTECT, related_name="adjustments")
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=300)
    source = models.CharField(_("from"), max_length=60)
    made_at = models.DateTimeField(auto_now_add=True)
    settled_in = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="adjustments_paid")
    ended = models.CharField(max_length=10, choices=End.choices, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("run", "employee"), name="one_adjustment_a_correction_and_person"),
            models.UniqueConstraint(
                fields=("of", "employee", "source"),
                condition=~Q(ended="undone"),
                name="one_adjustment_a_source_and_person",
            ),
            models.CheckConstraint(condition=Q(settled_in=None) | Q(ended=""), name="an_adjustment_ends_in_one_way"),
        )

    def __str__(self) -> str:
        return f"{self.employee_id} {self.amount}"

    @property
    def can_be_undone(self) -> bool:
        """What follows the decision of an appeal stays."""
        return not self.source.startswith("appeal:")

    @property
    def told_source(self) -> str:
        """What it comes from, in words."""
        kind, _colon, number = self.source.partition(":")
        names = {"appeal": _("appeal %(number)s"), "late_facts": _("late facts")}
        return str(names[kind]) % {"number": number} if kind in names else ""


class LateCheck(models.Model):
    """What later facts would change of a closed run, as a job found it; true for ``facts`` and ``corrections`` only.

    ``found`` holds what arrived, and what would come out for each person who would have something else.
    """

    run = models.OneToOneField(Run, models.CASCADE, related_name="late_check")
    facts = models.JSONField(default=dict)
    corrections = models.CharField(max_length=40, blank=True)
    """A digest of the corrections that stood."""
    found = models.JSONField(null=True)
    error = models.JSONField(null=True)
    work = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"late facts of {self.run_id}"


class Trial(models.Model):
    """What one or two drafts of a scheme would have done in some periods. Nothing of it counts.

    ``variants`` are the drafts as they were when it was asked for; ``facts`` the versions that all of it is computed
    from. ``key`` is that of the form: one sent twice asks once.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("computing")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("called off")

    department = models.ForeignKey("people.Department", models.PROTECT, related_name="+")
    draft = models.ForeignKey("schemes.Draft", models.SET_NULL, null=True, blank=True, related_name="trials")
    variants = models.JSONField()
    periods = models.JSONField()
    facts = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    error = models.JSONField(null=True)
    work = models.BigIntegerField(null=True)
    key = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("author", "key"), condition=~Q(key=""), name="one_trial_a_form"),
        )

    def __str__(self) -> str:
        return f"trial {self.pk}"


class TrialPeriod(models.Model):
    """One period of a trial: what came out for everybody, as it stands and under each variant."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="results")
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=30)
    start = models.DateField()
    end = models.DateField()
    summary = models.JSONField()
    people = models.JSONField()

    class Meta:
        ordering = ("trial", "position")
        constraints = (models.UniqueConstraint(fields=("trial", "position"), name="one_result_a_trial_and_period"),)

    def __str__(self) -> str:
        return f"{self.trial_id} {self.label}"
