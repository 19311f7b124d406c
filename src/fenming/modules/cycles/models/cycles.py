"""A period of a department on its way from goals to archive: its steps, its people, and who has to do what."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.controls.models import Run
from fenming.modules.cycles.models.plans import Owner, StepKind


class Cycle(models.Model):
    """One department's performance cycle. ``run`` is what speaks for it now; once closed, it never changes."""

    class State(models.TextChoices):
        OPEN = "open", _("under way")
        CLOSED = "closed", _("archived")
        CANCELLED = "cancelled", _("called off")

    department = models.ForeignKey("people.Department", models.PROTECT, related_name="cycles")
    label = models.CharField(_("period"), max_length=30)
    start = models.DateField(_("from"))
    end = models.DateField(_("up to"))
    departments = models.JSONField(default=list)
    """Those it covers, by id: its own and those below it that had no plan and no cycle of their own."""
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    head = models.ForeignKey("people.Employee", models.PROTECT, null=True, related_name="+")
    appeal_days = models.PositiveSmallIntegerField(default=7)
    shows_rank = models.CharField(max_length=10, default="rank")
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="cycles")
    published_at = models.DateTimeField(_("results published"), null=True, blank=True)
    closed_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    work = models.BigIntegerField(null=True, blank=True)
    """The background work that closes it, or closed it."""
    scorings = models.PositiveIntegerField(default=0)
    """How many scorings have begun: of those that overlap, the newest counts, since it read the newest inputs."""
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-start", "department_id")
        constraints = (
            models.UniqueConstraint(
                fields=("department", "start", "end"), condition=~Q(state="cancelled"), name="one_cycle_a_period"
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="cycle_ends_after_start"),
        )

    def __str__(self) -> str:
        return f"{self.department} {self.label}"

    @property
    def last(self) -> date:
        """The last day of its period."""
        return self.end - timedelta(days=1)


class Step(models.Model):
    """A step of a cycle with its own days; skipped ones are not taken this time."""

    class State(models.TextChoices):
        WAITING = "waiting", _("not yet")
        OPEN = "open", pgettext_lazy("step", "open")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("skipped")

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="steps")
    kind = models.CharField(_("step"), max_length=20, choices=StepKind.choices)
    position = models.PositiveSmallIntegerField()
    owner = models.CharField(_("done by"), max_length=10, choices=Owner.choices)
    opens = models.DateField(_("opens"))
    due = models.DateField(_("due"))
    remind_before = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    why = models.CharField(_("reason"), max_length=200, blank=True)
    """Why it was skipped, ended with tasks open, or opened again."""

    class Meta:
        ordering = ("cycle", "position")
        constraints = (
            models.UniqueConstraint(fields=("cycle", "kind"), name="one_step_of_a_kind_a_cycle"),
            models.CheckConstraint(condition=Q(due__gte=F("opens")), name="cycle_step_due_after_opening"),
        )

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.kind}"


class Participant(models.Model):
    """Somebody in a cycle, and who reviews: the manager on the day it opened, or whom HR has named since."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="participants")
    employee = models.ForeignKey("people.Employee", models.PROTECT, related_name="cycles")
    reviewer = models.ForeignKey("people.Employee", models.PROTECT, null=True, blank=True, related_name="+")
    reviewer_why = models.CharField(_("why this reviewer"), max_length=20, blank=True)
    """manager, above (the manager has left or reports in a circle), head, named, or empty where nobody was found."""
    goals_version = models.PositiveIntegerField(default=0)
    acknowledged_version = models.PositiveIntegerField(default=0)
    """Which state of the goals the person has acknowledged; fewer than ``goals_version``: changed since."""
    removed_at = models.DateTimeField(null=True, blank=True)
    """Taken out of the cycle: left the company, or moved to a department with a cycle of its own."""
    removed_why = models.CharField(_("why no longer in the cycle"), max_length=200, blank=True)

    class Meta:
        ordering = ("cycle", "employee__number")
        constraints = (models.UniqueConstraint(fields=("cycle", "employee"), name="one_place_in_a_cycle"),)
        indexes = (models.Index(fields=("reviewer", "cycle"), name="participant_reviewer"),)

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.employee_id}"


class Task(models.Model):
    """What one person has to do for one participant at one step: all boards, reminders and to-dos are made of these.

    Steps that HR does for the whole department have one task without a participant.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("step", "open")
        DONE = "done", _("done")
        WAIVED = "waived", _("waived")

    step = models.ForeignKey(Step, models.CASCADE, related_name="tasks")
    participant = models.ForeignKey(Participant, models.CASCADE, null=True, blank=True, related_name="tasks")
    assignee = models.ForeignKey("people.Employee", models.PROTECT, null=True, blank=True, related_name="tasks")
    """Nobody: HR does it, whoever that is."""
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    due = models.DateField(_("due"))
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    why = models.CharField(_("reason"), max_length=200, blank=True)
    reminded_on = models.DateField(null=True, blank=True)
    """The last day on which the assignee was reminded: never twice a day."""

    class Meta:
        ordering = ("due", "id")
        constraints = (
            models.UniqueConstraint(fields=("step", "participant"), name="one_task_a_step_and_person"),
            models.UniqueConstraint(fields=("step",), condition=Q(participant=None), name="one_task_a_step"),
        )
        indexes = (
            models.Index(fields=("assignee", "state", "due"), name="task_to_do"),
            models.Index(fields=("step", "state"), name="task_progress"),
        )

    def __str__(self) -> str:
        return f"{self.step_id} {self.participant_id} {self.state}"
