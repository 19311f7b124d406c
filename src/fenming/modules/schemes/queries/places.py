"""Departments and posts that schemes are made for."""

from datetime import timedelta

from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.modules.people.queries.reach import visible_departments, visible_employees, visible_posts
from fenming.modules.people.queries.records import assignments_during


def posts_of(department: int) -> list[tuple[str, str]]:
    """The posts of a department and those of none; first those that somebody holds there."""
    scope = Scope(departments=frozenset({department}))
    today = timezone.localdate()
    held = set(assignments_during(scope, today, today + timedelta(days=1)).values_list("post__code", flat=True))
    found = {one.code: one.name for one in visible_posts(scope)}
    return sorted(found.items(), key=lambda one: (one[0] not in held, one[0]))


def departments_for(scope: Scope) -> list[tuple[int, str, str]]:
    """The departments that a scope reaches wholly: id, name and code."""
    found = visible_departments(scope)
    return [(one.pk, one.name, one.code) for one in found if scope.everything or one.pk in scope.departments]


def post_names() -> dict[str, str]:
    """Every post's name by its code."""
    return {one.code: one.name for one in visible_posts(Scope.all())}


def people_of_department(department: int) -> list[tuple[str, str]]:
    """Number and name of everybody who works in a department now or has worked there last."""
    found = visible_employees(Scope(departments=frozenset({department})))
    return list(found.order_by("number").values_list("number", "name"))
