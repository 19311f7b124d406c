"""The people, and where each worked from when to when."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fenming.controls.fields import EncryptedDecimal, EncryptedText
from fenming.controls.validity import Dated
from fenming.modules.people.models.organisation import Department, Post, Store


class Employee(models.Model):
    """A person who works, worked or will work here.

    ``joined`` and ``left`` sum up the employments: the first day of all, and the last one unless it is open.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    tag = models.CharField(_("service tag"), max_length=30, blank=True, db_index=True)
    joined = models.DateField(_("joined"))
    left = models.DateField(_("left"), null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = EncryptedText(_("phone"), max_length=30, blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, default="", db_index=True)
    id_number = EncryptedText(_("ID number"), max_length=30, blank=True, default="")
    id_index = models.CharField(max_length=64, blank=True, default="", db_index=True)
    custom = models.JSONField(default=dict, blank=True)
    search = models.TextField(default="", blank=True)
    """Name, pinyin, initials and number, in lower case, as `people.pinyin` writes them."""
    version = models.PositiveIntegerField(default=1)
    """Grows with every change, so that the second of two editors is told."""
    updated_at = models.DateTimeField(auto_now=True, db_index=True)
    """Of the last change of the person, of an employment or a post; who writes in bulk names it too."""

    class Meta:
        ordering = ("number",)
        indexes = (
            models.Index(fields=("name", "number"), name="employee_name"),
            models.Index(fields=("joined", "number"), name="employee_joined"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Employment(Dated):
    """A stretch of time in the company; somebody who returns has several."""

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="employments")

    class Meta:
        ordering = ("employee_id", "valid_from")
        indexes = (models.Index(fields=("employee", "valid_from", "valid_to"), name="employment_days"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="employment_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.employee_id} {self.valid_from}"


class Assignment(Dated):
    """Where somebody works, at which post, for which base pay, from when to when.

    The primary ones of a person never overlap, and they alone are scored; others may stand beside them.
    """

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="assignments")
    department = models.ForeignKey(Department, models.PROTECT, related_name="assignments", verbose_name=_("department"))
    team = models.CharField(_("team"), max_length=60, blank=True)
    post = models.ForeignKey(Post, models.PROTECT, related_name="assignments", verbose_name=_("post"))
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, verbose_name=_("store"))
    manager = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("manager")
    )
    base = EncryptedDecimal(_("base pay"), max_digits=12, decimal_places=2, null=True, blank=True)
    is_primary = models.BooleanField(_("primary"), default=True)

    class Meta:
        ordering = ("employee_id", "valid_from")
        indexes = (
            models.Index(fields=("employee", "valid_from", "valid_to"), name="assignment_days"),
            models.Index(fields=("department", "valid_from"), name="assignment_department"),
            models.Index(fields=("store", "valid_from"), name="assignment_store"),
            models.Index(fields=("manager", "valid_from"), name="assignment_manager"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="assignment_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.employee_id} {self.post_id} {self.valid_from}"


class Attendance(models.Model):
    """The share of a month that somebody was present, for the bonus."""

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="attendances")
    month = models.DateField(_("month"))
    share = models.DecimalField(_("share present"), max_digits=5, decimal_places=4)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("employee", "month"), name="one_attendance_a_month"),)

    def __str__(self) -> str:
        return f"{self.employee_id} {self.month:%Y-%m} {self.share}"
