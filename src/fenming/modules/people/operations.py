"""Writes of the organisation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.db import transaction

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.text import Words
from fenming.modules.people.models import Assignment, Attendance, Department, Employee, Shop, Store, User

BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEmployee:
    """A person to be taken on; ``tag`` is the code that marks the person's work on shared accounts."""

    number: str
    name: str
    joined: date
    left: date | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssignment:
    """A post to be held from ``start`` until (exclusive) ``end``; people, department and store by their codes."""

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
    actor: Actor = SYSTEM,
) -> None:
    """Departments, stores (with region) and shops (with platform), by their codes."""
    with transaction.atomic():
        Department.objects.bulk_create(
            Department(code=code, name_zh=name.zh, name_en=name.en) for code, name in departments.items()
        )
        Store.objects.bulk_create(
            Store(code=code, name_zh=name.zh, name_en=name.en, region=region) for code, (name, region) in stores.items()
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
    with transaction.atomic():
        Employee.objects.bulk_create(
            [
                Employee(number=one.number, name=one.name, joined=one.joined, left=one.left, tag=one.tag)
                for one in people
            ],
            batch_size=BATCH,
        )
        ids = dict(Employee.objects.filter(number__in=[one.number for one in people]).values_list("number", "id"))
        departments = dict(Department.objects.values_list("code", "id"))
        stores = dict(Store.objects.values_list("code", "id"))
        Assignment.objects.bulk_create(
            [
                Assignment(
                    employee_id=ids[one.employee],
                    department_id=departments[one.department],
                    team=one.team,
                    post=one.post,
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
        record(actor, "people.take_on", "employees", after={"people": len(people)})
    return ids


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


def open_accounts(accounts: Iterable[tuple[str, str, int | None]], *, password: str, actor: Actor = SYSTEM) -> None:
    """Accounts (sign-in name, role, employee id) that share one first password, hashed once."""
    secret = make_password(password)
    with transaction.atomic():
        made = User.objects.bulk_create(
            [
                User(username=name, role=role, employee_id=employee, password=secret)
                for name, role, employee in accounts
            ],
            batch_size=BATCH,
        )
        record(actor, "people.open_accounts", "accounts", after={"accounts": len(made)})
