"""Who was on duty on which account."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Duty(models.Model):
    """One shift of a person on an account of a shop, in local time."""

    employee = models.ForeignKey("people.Employee", models.PROTECT, related_name="duties")
    account = models.CharField(_("account"), max_length=80)
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    weight = models.DecimalField(_("weight"), max_digits=6, decimal_places=3, default=1)
    source = models.CharField(_("source"), max_length=120, blank=True)
    source_row = models.IntegerField(null=True)

    class Meta:
        ordering = ("account", "start", "employee_id")
        indexes = (models.Index(fields=("start", "end"), name="duty_time"),)
        constraints = (
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="duty_ends_after_start"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="duty_weighs_something"),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.start:%Y-%m-%d %H:%M}"
