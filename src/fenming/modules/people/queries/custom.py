"""The company's own fields: which there are, who sees them, and what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fenming.controls.scope import Powers
from fenming.modules.people import custom
from fenming.modules.people.models import CustomField, Department, Employee, Post
from fenming.modules.people.pinyin import search_text

On, Seen = CustomField.On, CustomField.Seen
HOLDERS: Mapping[str, type[Employee] | type[Department] | type[Post]] = {
    On.EMPLOYEE: Employee,
    On.DEPARTMENT: Department,
    On.POST: Post,
}
"""The tables whose ``custom`` keeps the values."""
OPEN = frozenset({Seen.SELF, Seen.VIEWERS})
"""Fields that everybody sees who sees the person."""
DEALING = frozenset({"people.view", "people.edit", "people.import", "people.export"})
"""The permissions to see people, in one way or another."""


@dataclass(frozen=True, slots=True)
class Told:
    """A field with the value that somebody has in it, as kept and as text."""

    field: CustomField
    value: custom.Kept | None
    text: str


def all_fields(on: str) -> list[CustomField]:
    """Every field on people, departments or posts, those no longer used at the end."""
    return list(CustomField.objects.filter(on=on).order_by("retired", "position", "id"))


def field_at(code: str) -> CustomField | None:
    return CustomField.objects.filter(code=code).first()


def fields_for(on: str, powers: Powers) -> list[CustomField]:
    """The fields that somebody sees on what is in scope, in their order; one query."""
    return fields_seen(on, powers.scopes)


def fields_seen(on: str, permissions: Iterable[str]) -> list[CustomField]:
    """The fields that these permissions show on people (or departments, posts) whom they reach."""
    seen = set(permissions) - {Seen.SELF}
    if seen & DEALING:
        seen |= OPEN
    elif on != On.EMPLOYEE:
        seen.add(Seen.SELF)
    return _fields(on, seen)


def own_fields() -> list[CustomField]:
    """The fields that people see in their own file."""
    return _fields(On.EMPLOYEE, {Seen.SELF})


def _fields(on: str, seen_with: set[str]) -> list[CustomField]:
    found = CustomField.objects.filter(on=on, retired=False, seen_with__in=seen_with)
    return list(found.order_by("position", "id"))


def shown(on: str, values: Mapping[str, Any], powers: Powers, *, own: bool = False) -> list[Told]:
    """What somebody may see of an object's own fields, those without a value too. ``own``: of the own file."""
    return told(own_fields() if own else fields_for(on, powers), values)


def told(fields: Iterable[CustomField], values: Mapping[str, Any]) -> list[Told]:
    """The fields with what ``custom`` of an object says."""
    return [Told(one, values.get(one.code), custom.as_text(one, values.get(one.code))) for one in fields]


def searched_fields() -> list[CustomField]:
    """The fields on people that the search looks into for everybody: those that everybody in scope sees."""
    found = CustomField.objects.filter(on=On.EMPLOYEE, searchable=True, retired=False, seen_with__in=OPEN)
    return list(found.order_by("position", "id"))


def searched_words(fields: Iterable[CustomField], values: Mapping[str, Any]) -> list[str]:
    """What the search finds of somebody's own fields; yes and no would find half the company."""
    kept = (values.get(one.code) for one in fields)
    return [value for value in kept if isinstance(value, str)]


def search_of(employee: Employee, fields: Iterable[CustomField]) -> str:
    """What the search looks into for somebody; ``fields`` are the `searched_fields`."""
    return search_text(employee.name, employee.number, employee.tag, *searched_words(fields, employee.custom))
