"""Who belongs where and reports to whom on a day, of the whole company at once."""

from datetime import date
from typing import NamedTuple

from fenming.controls.scope import Scope
from fenming.modules.people.models import Assignment, Department


def parents_of_departments() -> dict[int, int | None]:
    """Department → the one above it."""
    return dict(Department.objects.order_by().values_list("id", "parent_id"))


def department_names() -> dict[int, str]:
    """Department → its name in the language of the page, in the order of the organisation."""
    return {one.pk: one.name for one in Department.objects.order_by("position", "id")}


class LastPost(NamedTuple):
    """The last primary post of somebody up to a day, and whether it is still held then."""

    department: int
    manager: int | None
    held: bool


def posts_on(day: date) -> dict[int, LastPost]:
    """Everybody who has ever begun, with the last primary post up to a day; one query."""
    rows = Assignment.objects.filter(is_primary=True, valid_from__lte=day).order_by("valid_from")
    return {
        employee: LastPost(department, manager, end is None or end > day)
        for employee, department, manager, end in rows.values_list(
            "employee_id", "department_id", "manager_id", "valid_to"
        )
    }


def departments_in_order(scope: Scope) -> list[tuple[int, str, int]]:
    """The open departments that a scope holds whole, as a tree written down: id, name and depth."""
    rows = [one for one in Department.objects.order_by("position", "id") if one.closed_on is None]
    held = {one.pk for one in rows if scope.everything or one.pk in scope.departments}
    below: dict[int | None, list[Department]] = {}
    for one in rows:
        below.setdefault(one.parent_id if one.parent_id in held else None, []).append(one)
    found: list[tuple[int, str, int]] = []

    def walk(parent: int | None, depth: int) -> None:
        for one in below.get(parent, ()):
            if one.pk in held:
                found.append((one.pk, one.name, depth))
                walk(one.pk, depth + 1)

    walk(None, 0)
    return found
