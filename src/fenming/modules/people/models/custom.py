"""Fields that a company adds by itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fenming.modules.people.models.organisation import Named


class CustomField(Named):
    """A field of one's own on people, departments or posts; its values lie in the ``custom`` of those."""

    class On(models.TextChoices):
        EMPLOYEE = "employee", _("Employees")
        DEPARTMENT = "department", _("Departments")
        POST = "post", _("Posts")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("A number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        YES_NO = "yes_no", _("Yes or no")

    class Seen(models.TextChoices):
        SELF = "people.own", _("Everybody in scope, and the person")
        VIEWERS = "people.view", _("Those who may see people")
        EDITORS = "people.edit", _("Those who may edit people")
        UNMASKERS = "people.unmask", _("Those who may reveal ID numbers")

    on = models.CharField(_("belongs to"), max_length=20, choices=On.choices, default=On.EMPLOYEE)
    kind = models.CharField(_("type"), max_length=20, choices=Kind.choices, default=Kind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    required = models.BooleanField(_("required"), default=False)
    seen_with = models.CharField(_("who sees it"), max_length=20, choices=Seen.choices, default=Seen.VIEWERS)
    searchable = models.BooleanField(_("in search"), default=False)
    position = models.PositiveIntegerField(_("order"), default=0)
    retired = models.BooleanField(_("no longer used"), default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("on", "position", "id")
