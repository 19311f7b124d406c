"""What programs read of people and of the organisation, page by page and by codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from fenming.controls.scope import Powers, Scope
from fenming.modules.people.models import Assignment, Department, Employee, Post, Region, Shop, Store
from fenming.modules.people.queries.custom import fields_seen
from fenming.modules.people.queries.persons import Row, Wanted, listed, rows, seat, visible_person
from fenming.modules.people.queries.reach import (
    visible_departments,
    visible_posts,
    visible_regions,
    visible_shops,
    visible_stores,
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some people in the order of their numbers, and the last number where more follow."""

    rows: list[Row]
    last: str = ""


def page(
    scope: Scope, powers: Powers, wanted: Wanted, *, after: str = "", since: datetime | None = None, size: int = 50
) -> Page:
    """The people after a number, of those that are wanted; ``since``: changed at that moment or later."""
    found = listed(scope, powers, wanted).order_by("number")
    if after:
        found = found.filter(number__gt=after)
    if since:
        found = found.filter(updated_at__gte=since)
    some = list(found[: size + 1])
    more = len(some) > size
    return Page(rows(scope, some[:size], wanted.on), some[size - 1].number if more else "")


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who is to be changed: where he works now, and what the editor may do to him."""

    employee: Employee
    may: frozenset[str]
    now: Assignment | None


def standing(reach: Scope, powers: Powers, number: str, day: date) -> Standing | None:
    """Somebody within the editor's reach, with the post of a day."""
    found = visible_person(reach, powers, number)
    if found is None:
        return None
    employee, may = found
    posts = employee.assignments.select_related("department", "post", "store", "manager").order_by("valid_from")
    return Standing(employee, may, seat(posts, day))


def open_fields(permissions: Iterable[str]) -> list[Any]:
    """The company's own fields that these permissions show on a person in reach."""
    return fields_seen("employee", {"people.view", *permissions})


def coded(rows: QuerySet[Any], code: str) -> int | None:
    """The id behind a code, among rows that are in reach."""
    return rows.filter(code=code).values_list("id", flat=True).first()


def departments(scope: Scope) -> QuerySet[Department]:
    return visible_departments(scope).select_related("parent", "region")


def posts(scope: Scope) -> QuerySet[Post]:
    return visible_posts(scope).select_related("department")


def stores(scope: Scope) -> QuerySet[Store]:
    return visible_stores(scope).select_related("region")


def shops(scope: Scope) -> QuerySet[Shop]:
    return visible_shops(scope).select_related("region")


def regions(scope: Scope) -> QuerySet[Region]:
    return visible_regions(scope)
