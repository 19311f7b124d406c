"""What forms offer to choose from: departments as a tree, stores, regions."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from fenming.modules.people.models import Department, Employee, Region, Store

INDENT = "\u2003"


def still_open() -> Q:
    """The condition for places that are not closed today."""
    return Q(closed_on=None) | Q(closed_on__gt=timezone.localdate())


def departments() -> list[tuple[int, str]]:
    """The open departments, children after their parents and indented."""
    below: dict[int | None, list[Department]] = {}
    for one in Department.objects.filter(still_open()):
        below.setdefault(one.parent_id, []).append(one)
    found: list[tuple[int, str]] = []

    def walk(parent: int | None, depth: int) -> None:
        for one in below.get(parent, ()):
            found.append((one.pk, INDENT * depth + one.name))
            walk(one.pk, depth + 1)

    walk(None, 0)
    return found


def stores() -> list[tuple[int, str]]:
    """The open stores."""
    return [(one.pk, one.name) for one in Store.objects.filter(still_open())]


def regions() -> list[tuple[int, str]]:
    """The regions."""
    return [(one.pk, one.name) for one in Region.objects.filter(still_open())]


def employees_by_number(numbers: Iterable[str]) -> dict[str, int]:
    """Employee number → id, of those asked for."""
    return dict(Employee.objects.filter(number__in=list(numbers)).values_list("number", "id"))


def names_of(listed: dict[str, list[int]]) -> list[str]:
    """The names behind ids of departments, stores, regions and employees."""
    found: list[Department | Store | Region | Employee] = [
        *Department.objects.filter(id__in=listed.get("departments", ())),
        *Store.objects.filter(id__in=listed.get("stores", ())),
        *Region.objects.filter(id__in=listed.get("regions", ())),
        *Employee.objects.filter(id__in=listed.get("employees", ())),
    ]
    return [one.name for one in found]
