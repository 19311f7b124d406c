"""Roles, composed of permissions, and their grants to accounts, each with a reach."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.controls.validity import Dated


class Role(models.Model):
    """A set of permissions with a name. Those that Fenming brings can be changed like the company's own."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    permissions = models.JSONField(_("permissions"), default=list)
    everyone = models.BooleanField(_("for every employee"), default=False)
    """Held by each account that belongs to an employee, without a grant, and reaching only oneself."""
    second_factor = models.BooleanField(_("second factor required"), default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        chinese = (get_language() or "zh").startswith("zh")
        return self.name_zh if chinese or not self.name_en else self.name_en


class Grant(Dated):
    """A role of an account, and whom it reaches. Nothing is listed where the reach follows the person's own post."""

    class Reach(models.TextChoices):
        SELF = "self", _("Oneself")
        REPORTS = "reports", _("Direct reports")
        DEPARTMENT = "department", _("Department")
        TREE = "tree", _("Department and those below")
        STORE = "store", _("Store")
        REGION = "region", _("Region")
        CUSTOM = "custom", _("Chosen people, departments and stores")
        ALL = "all", _("Whole company")

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants", verbose_name=_("role"))
    reach = models.CharField(_("reaches"), max_length=20, choices=Reach.choices, default=Reach.SELF)
    listed = models.JSONField(_("chosen"), default=dict, blank=True)
    """Ids by ``departments``, ``stores``, ``regions``, ``employees``: read with the grant, in the one query that
    every page begins with."""
    signed_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, blank=True, related_name="+")
    """Who answers for a combination of offices; empty where there is none."""

    class Meta:
        ordering = ("user_id", "id")
        indexes = (models.Index(fields=("user", "valid_from"), name="grant_user"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="grant_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id} {self.reach}"
