"""Founding places and taking people on, many at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.text import Words
from fenming.modules.people.identity import id_index, phone_index
from fenming.modules.people.models import (
    Assignment,
    Attendance,
    CustomField,
    Department,
    Employee,
    Employment,
    Post,
    Region,
    Shop,
    Store,
)
from fenming.modules.people.queries.custom import search_of, searched_fields

BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEmployee:
    """A person to be taken on; ``tag`` is the code that marks the person's work on shared accounts."""

    number: str
    name: str
    joined: date
    left: date | None = None
    tag: str = ""
    phone: str = ""
    id_number: str = ""
    email: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssignment:
    """A post to be held from ``start`` until (exclusive) ``end``; people, department, post, store by their codes."""

    employee: str
    department: str
    team: str
    post: str
    store: str | None
    manager: str | None
    base: Decimal
    start: date
    end: date | None


def found_places(
    *,
    departments: Mapping[str, Words],
    stores: Mapping[str, tuple[Words, str]],
    shops: Mapping[str, tuple[Words, str]],
    posts: Mapping[str, Words] | None = None,
    regions: Mapping[str, Words] | None = None,
    actor: Actor = SYSTEM,
) -> None:
    """Regions, departments, posts, stores (with region) and shops (with platform), by their codes."""
    with transaction.atomic():
        Region.objects.bulk_create(
            Region(code=code, name_zh=name.zh, name_en=name.en) for code, name in (regions or {}).items()
        )
        region_ids = dict(Region.objects.values_list("code", "id"))
        Department.objects.bulk_create(
            Department(code=code, name_zh=name.zh, name_en=name.en, position=position)
            for position, (code, name) in enumerate(departments.items())
        )
        Post.objects.bulk_create(
            Post(code=code, name_zh=name.zh, name_en=name.en) for code, name in (posts or {}).items()
        )
        Store.objects.bulk_create(
            Store(code=code, name_zh=name.zh, name_en=name.en, region_id=region_ids.get(region))
            for code, (name, region) in stores.items()
        )
        Shop.objects.bulk_create(
            Shop(code=code, name_zh=name.zh, name_en=name.en, platform=platform)
            for code, (name, platform) in shops.items()
        )
        record(actor, "people.found_places", "organisation", after={"departments": sorted(departments)})


def take_on(
    people: Sequence[NewEmployee], assignments: Iterable[NewAssignment], *, actor: Actor = SYSTEM
) -> dict[str, int]:
    """Employees with their dated posts; returns their ids by number."""
    wanted = list(assignments)
    searched = list(searched_fields())
    with transaction.atomic():
        Employee.objects.bulk_create([_employee(one, searched) for one in people], batch_size=BATCH)
        ids = dict(Employee.objects.filter(number__in=[one.number for one in people]).values_list("number", "id"))
        Employment.objects.bulk_create(
            [
                Employment(employee_id=ids[one.number], valid_from=one.joined, valid_to=one.left, author_id=actor.user)
                for one in people
            ],
            batch_size=BATCH,
        )
        _assign(wanted, ids, actor)
        record(actor, "people.take_on", "employees", after={"people": len(people)})
    return ids


def _employee(one: NewEmployee, searched: Sequence[CustomField]) -> Employee:
    made = Employee(
        number=one.number,
        name=one.name,
        joined=one.joined,
        left=one.left,
        tag=one.tag,
        email=one.email,
        phone=one.phone,
        phone_index=phone_index(one.phone),
        id_number=one.id_number,
        id_index=id_index(one.id_number),
        custom=dict(one.custom),
    )
    made.search = search_of(made, searched)
    return made


def _assign(assignments: Sequence[NewAssignment], ids: Mapping[str, int], actor: Actor) -> None:
    posts = _posts({one.post for one in assignments})
    departments = dict(Department.objects.values_list("code", "id"))
    stores = dict(Store.objects.values_list("code", "id"))
    Assignment.objects.bulk_create(
        [
            Assignment(
                employee_id=ids[one.employee],
                department_id=departments[one.department],
                team=one.team,
                post_id=posts[one.post],
                store_id=stores[one.store] if one.store else None,
                manager_id=ids[one.manager] if one.manager else None,
                base=one.base,
                valid_from=one.start,
                valid_to=one.end,
                author_id=actor.user,
            )
            for one in assignments
        ],
        batch_size=BATCH,
    )


def _posts(codes: set[str]) -> dict[str, int]:
    """The ids of posts by code; one that is not there yet is made, named by its code."""
    known = set(Post.objects.filter(code__in=codes).values_list("code", flat=True))
    Post.objects.bulk_create(Post(code=code, name_zh=code) for code in sorted(codes - known))
    return dict(Post.objects.filter(code__in=codes).values_list("code", "id"))


def note_attendance(month: date, shares: Mapping[int, Decimal], *, actor: Actor = SYSTEM) -> None:
    """The share of a month that each employee (by id) was present; noting it again replaces it."""
    with transaction.atomic():
        Attendance.objects.bulk_create(
            [Attendance(employee_id=employee, month=month, share=share) for employee, share in shares.items()],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["employee", "month"],
            update_fields=["share"],
        )
        record(actor, "people.note_attendance", f"{month:%Y-%m}", after={"people": len(shares)})
