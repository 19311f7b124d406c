"""Reads of people. The scope is applied here, once: who may be seen."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Q, QuerySet

from fenming.controls.scope import Scope
from fenming.controls.validity import during, on
from fenming.modules.people.models import Assignment, Attendance, Department, Employee, User


def scope_of(user: User, day: date) -> Scope:
    """What an account may see: HR everybody, a lead the own department and those below, everybody oneself.

    A lead without a department sees only oneself.
    """
    if user.role == User.Role.HR:
        return Scope.all()
    if user.role != User.Role.LEAD or user.employee_id is None:
        return Scope(employee=user.employee_id)
    own = Assignment.objects.filter(on(day), employee_id=user.employee_id).values_list("department_id", flat=True)
    return Scope(departments=frozenset(with_children(own)), employee=user.employee_id)


def with_children(departments: Sequence[int] | QuerySet[Assignment, int]) -> set[int]:
    """The departments and all below them."""
    parents = dict(Department.objects.values_list("id", "parent_id"))
    found = set(departments)
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def within(scope: Scope, *, employee: str = "employee", department: str = "department") -> Q:
    """The condition that keeps rows of a table with an employee and a department to a scope."""
    if scope.everything:
        return Q()
    return Q(**{f"{department}__in": scope.departments}) | Q(**{f"{employee}": scope.employee or 0})


def visible_departments(scope: Scope) -> QuerySet[Department]:
    """The departments whose boards the scope may open."""
    found = Department.objects.order_by("id")
    return found if scope.everything else found.filter(id__in=scope.departments)


def employee_visible(scope: Scope, number: str, day: date) -> Employee | None:
    """An employee by number, if the scope reaches him or her."""
    if scope.everything:
        return Employee.objects.filter(number=number).first()
    reached = Q(id=scope.employee or 0) | Q(
        id__in=Assignment.objects.filter(on(day), department__in=scope.departments).values("employee_id")
    )
    return Employee.objects.filter(reached, number=number).first()


def assignments_during(scope: Scope, start: date, end: date) -> QuerySet[Assignment]:
    """Who worked where at some time from ``start`` up to ``end``, by employee and time."""
    found = Assignment.objects.filter(during(start, end)).filter(within(scope))
    return found.select_related("employee", "department", "store").order_by("employee__number", "valid_from")


def attendance(scope: Scope, month: date) -> dict[int, Attendance]:
    """The share present in a month, by employee."""
    found = Attendance.objects.filter(month=month)
    if not scope.everything:
        people = Assignment.objects.filter(on(month), department__in=scope.departments).values("employee_id")
        found = found.filter(Q(employee_id__in=people) | Q(employee_id=scope.employee or 0))
    return {one.employee_id: one for one in found}


def tags(scope: Scope) -> dict[str, str]:
    """Service tag → employee number."""
    found = Employee.objects.exclude(tag="")
    if not scope.everything:
        found = found.filter(Q(id=scope.employee or 0) | Q(assignments__department__in=scope.departments)).distinct()
    return dict(found.values_list("tag", "number"))


def teams_before(day: date) -> dict[str, str]:
    """Employee number → the team of the last post held before a day, of everybody."""
    found = Assignment.objects.filter(valid_from__lt=day).order_by("valid_from")
    return dict(found.values_list("employee__number", "team"))


def employee_ids() -> dict[str, int]:
    """Employee number → id, of everybody."""
    return dict(Employee.objects.values_list("number", "id"))


def department_ids() -> dict[str, int]:
    """Department code → id."""
    return dict(Department.objects.values_list("code", "id"))
