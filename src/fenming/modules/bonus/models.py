"""Bonus pools and what each person received of them."""

from django.db import models
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
