"""The organisation, its people, and the accounts they sign in with."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.controls.validity import Dated


class Named(models.Model):
    """Something with a stable code and a name in both languages."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return self.name_zh if (get_language() or "zh").startswith("zh") else self.name_en


class Department(Named):
    """A department; a child's people belong to the parent's scope too."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")


class Store(Named):
    """A shop of brick and mortar."""

    region = models.CharField(_("region"), max_length=40, blank=True)


class Shop(Named):
    """A shop on a platform, with the accounts that serve it."""

    platform = models.CharField(_("platform"), max_length=40)


class Employee(models.Model):
    """A person who works, worked or will work here."""

    number = models.CharField(_("number"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    tag = models.CharField(_("service tag"), max_length=30, blank=True, db_index=True)
    joined = models.DateField(_("joined"))
    left = models.DateField(_("left"), null=True, blank=True)

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Assignment(Dated):
    """Where somebody works, at which post, for which base pay, from when to when."""

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="assignments")
    department = models.ForeignKey(Department, models.PROTECT, related_name="assignments")
    team = models.CharField(_("team"), max_length=60, blank=True)
    post = models.CharField(_("post"), max_length=60)
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True)
    manager = models.ForeignKey(Employee, models.PROTECT, null=True, blank=True, related_name="+")
    base = models.DecimalField(_("base pay"), max_digits=12, decimal_places=2)

    class Meta:
        ordering = ("employee_id", "valid_from")
        indexes = (models.Index(fields=("department", "valid_from"), name="assignment_department"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="assignment_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.employee_id} {self.post} {self.valid_from}"


class Attendance(models.Model):
    """The share of a month that somebody was present, for the bonus."""

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="attendances")
    month = models.DateField(_("month"))
    share = models.DecimalField(_("share present"), max_digits=5, decimal_places=4)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("employee", "month"), name="one_attendance_a_month"),)

    def __str__(self) -> str:
        return f"{self.employee_id} {self.month:%Y-%m} {self.share}"


class UserManager(BaseUserManager["User"]):
    """Makes accounts; the name one signs in with is the employee number."""

    def get_queryset(self) -> "models.QuerySet[User]":
        """With the employee, whose name every page shows."""
        return super().get_queryset().select_related("employee")

    def create_user(self, username: str, password: str | None = None, **more: object) -> "User":
        user = self.model(username=username, **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account: one role, and the employee behind it if any."""

    class Role(models.TextChoices):
        HR = "hr", _("HR manager")
        LEAD = "lead", _("Team lead")
        EMPLOYEE = "employee", _("Employee")

    username = models.CharField(_("sign-in name"), max_length=150, unique=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.EMPLOYEE)
    employee = models.OneToOneField(Employee, models.PROTECT, null=True, blank=True, related_name="user")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.employee.name if self.employee else self.username
