"""What the numbers need of people: posts in a period, attendance, tags, ids."""

from datetime import date

from django.db.models import QuerySet

from fenming.controls.scope import Scope
from fenming.controls.validity import during
from fenming.modules.people.models import Assignment, Attendance, Company, Department, Employee, Region
from fenming.modules.people.queries.reach import people_in, visible_employees, within


def assignments_during(scope: Scope, start: date, end: date) -> QuerySet[Assignment]:
    """The primary posts of people at some time from ``start`` up to ``end``, by employee and time."""
    found = Assignment.objects.filter(during(start, end), within(scope), is_primary=True)
    return found.select_related("employee", "department", "store", "post").order_by("employee__number", "valid_from")


def attendance(scope: Scope, month: date) -> dict[int, Attendance]:
    """The share present in a month, by employee."""
    return {one.employee_id: one for one in Attendance.objects.filter(people_in(scope, "employee"), month=month)}


def tags(scope: Scope) -> dict[str, str]:
    """Service tag → employee number."""
    return dict(visible_employees(scope).exclude(tag="").values_list("tag", "number"))


def teams_before(day: date) -> dict[str, str]:
    """Employee number → the team of the last post held before a day, of everybody."""
    found = Assignment.objects.filter(valid_from__lt=day, is_primary=True).order_by("valid_from")
    return dict(found.values_list("employee__number", "team"))


def employee_ids() -> dict[str, int]:
    """Employee number → id, of everybody."""
    return dict(Employee.objects.values_list("number", "id"))


def department_ids() -> dict[str, int]:
    """Department code → id."""
    return dict(Department.objects.values_list("code", "id"))


def region_ids() -> dict[str, int]:
    """Region code → id."""
    return dict(Region.objects.values_list("code", "id"))


def company() -> Company | None:
    """The company of this installation, once the first start has named it."""
    return Company.objects.filter(pk=1).first()
