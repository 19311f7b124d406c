"""Colleagues to one another: by name and department, and nothing else."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.modules.people.models import Employee
from fenming.modules.people.queries.reach import departments_of
from fenming.modules.people.queries.seats import departments_by_person, present, present_in

AT_ONCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """What everybody in the company may know of everybody."""

    id: int
    name: str
    department: str


def colleagues(text: str, *, near: int | None = None, without: int | None = None) -> list[Colleague]:
    """Colleagues here by a part of their name; without a text those of the department where ``near`` works."""
    wanted = text.strip().replace("\0", "").lower()
    found = present(Scope.all())
    if without is not None:
        found = found.exclude(pk=without)
    if wanted:
        found = found.filter(Q(name__icontains=wanted) | Q(search__contains=wanted))
    else:
        found = found.filter(pk__in=_near(near))
    return _told(list(found.order_by("name", "id")[:AT_ONCE]))


def _near(employee: int | None) -> Collection[int]:
    places = departments_of(employee, timezone.localdate()) if employee else set()
    some = [present_in(Scope.all(), one).values_list("id", flat=True)[: AT_ONCE + 1] for one in sorted(places)]
    return [one for ids in some for one in ids]


def colleague(number: int) -> Colleague | None:
    """A colleague who is here, by id."""
    found = present(Scope.all()).filter(pk=number).first()
    return _told([found])[0] if found else None


def _told(people: list[Employee]) -> list[Colleague]:
    places = departments_by_person([one.pk for one in people])
    return [Colleague(id=one.pk, name=one.name, department=places.get(one.pk, "")) for one in people]


def hold(employee: int) -> None:
    """Keep somebody's row until the transaction ends: what one may do so many times is counted one at a time."""
    Employee.objects.select_for_update().filter(pk=employee).values_list("pk").first()
