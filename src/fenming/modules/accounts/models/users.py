"""The accounts."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


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
    """An account, and the employee behind it if any. What it may do, the grants say."""

    username = models.CharField(_("sign-in name"), max_length=150, unique=True)
    employee = models.OneToOneField(
        "people.Employee", models.PROTECT, null=True, blank=True, related_name="user", verbose_name=_("employee")
    )
    name = models.CharField(_("name"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    password_changed_at = models.DateTimeField(_("password changed"), null=True, blank=True)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        ordering = ("username",)

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.employee.name if self.employee else self.name or self.username

    @property
    def known_as(self) -> str:
        """The person's names in every spelling, none of which makes a good password."""
        return f"{self.name} {self.employee.search if self.employee else ''}"
