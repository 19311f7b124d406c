"""Who works where today, for lists of people."""

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.controls.validity import on
from fenming.modules.people.models import Assignment, Department, Employee
from fenming.modules.people.queries.reach import visible_departments, visible_employees, with_children


def departments_by_person(employees: Collection[int]) -> dict[int, str]:
    """The department of each person's primary post today."""
    rows = Assignment.objects.filter(on(timezone.localdate()), employee__in=employees, is_primary=True)
    return {one.employee_id: one.department.name for one in rows.select_related("department")}


def present(scope: Scope) -> QuerySet[Employee]:
    """The people whom a scope reaches and who have not left."""
    today = timezone.localdate()
    return visible_employees(scope).filter(Q(left__isnull=True) | Q(left__gte=today))


def present_in(scope: Scope, department: int) -> QuerySet[Employee]:
    """Those of them who work in a department or below it."""
    today = timezone.localdate()
    seats = Assignment.objects.filter(on(today), department__in=with_children([department]))
    return present(scope).filter(id__in=seats.values("employee"))


def searched(people: QuerySet[Employee], text: str) -> QuerySet[Employee]:
    """Those whose name, pinyin, initials or number holds the text."""
    wanted = text.strip().replace("\0", "").lower()
    return people.filter(Q(search__contains=wanted) | Q(number__icontains=wanted) | Q(name__icontains=wanted))


def department_options(scope: Scope) -> list[tuple[int, str]]:
    """The departments that a scope reaches, by id."""
    found: QuerySet[Department] = visible_departments(scope).filter(closed_on=None)
    return [(one.pk, one.name) for one in found]


def named(employees: Collection[int]) -> dict[int, Employee]:
    """People by id."""
    return Employee.objects.in_bulk(list(employees))
