"""The company's own fields: which there are, who sees them, and what they say."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fenming.controls.scope import Powers
from fenming.modules.people import custom
from fenming.modules.people.models import CustomField, Department, Employee, Post
from fenming.modules.people.pinyin import search_text, slug

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
    """The fields on people that are part of what the search looks into: those that everybody in scope sees."""
    found = CustomField.objects.filter(on=On.EMPLOYEE, searchable=True, retired=False, seen_with__in=OPEN)
    return list(found.order_by("position", "id"))


def search_of(employee: Employee, fields: Iterable[CustomField]) -> str:
    """What the search looks into for somebody; ``fields`` are the `searched_fields`.

    Yes and no are left out: they would find half the company.
    """
    kept = (employee.custom.get(one.code) for one in fields)
    words = [value.lower() for value in kept if isinstance(value, str)]
    return " ".join([search_text(employee.name, employee.number, employee.tag), *words])


def values_of(field: CustomField) -> dict[int, Any]:
    """The kept values of a field by the id of who has one, retired or not."""
    found = HOLDERS[field.on]._default_manager.filter(custom__has_key=field.code).order_by().values_list("id", "custom")
    return {one: kept[field.code] for one, kept in found if kept[field.code] is not None}


def counted(on: str) -> Counter[str]:
    """How many people, departments or posts have a value in each field; one query."""
    total: Counter[str] = Counter()
    for kept in HOLDERS[on]._default_manager.exclude(custom={}).values_list("custom", flat=True):
        total.update(code for code, value in kept.items() if value is not None)
    return total


def free_code(name: str) -> str:
    """A code made of a name that no field has yet."""
    stem = re.sub(r"[^a-z0-9]+", "_", slug(name)).strip("_")[:30]
    stem = stem if stem[:1].isalpha() else f"f_{stem}"
    taken = set(CustomField.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(
        code for number in range(len(taken) + 2) if (code := f"{stem}_{number}" if number else stem) not in taken
    )
