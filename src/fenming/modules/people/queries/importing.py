"""What an import is compared with, what it came to, and the people of an export."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from fenming.controls.masking import masked
from fenming.controls.scope import Powers, Scope
from fenming.modules.people.identity import id_index
from fenming.modules.people.importing.cells import folded, tidy
from fenming.modules.people.importing.columns import FIELDS, Fields, own_column
from fenming.modules.people.importing.company import Company, Person, Place, Places, Seat
from fenming.modules.people.importing.reading import EMPTIED, Row
from fenming.modules.people.importing.sentences import reason, remedy
from fenming.modules.people.models import (
    Assignment,
    CustomField,
    Department,
    Employee,
    Employment,
    ImportRow,
    PeopleImport,
    Post,
    Store,
)
from fenming.modules.people.queries.custom import fields_seen
from fenming.modules.people.queries.reach import people_in, regions_of_departments

AT_ONCE = 900
"""Values in one condition: SQLite's limit is 32,766, and plans stay good."""
_VALUES = ("number", "name", "tag", "email", "phone", "id_number", "joined", "left")


def in_parts(values: Iterable[Any], size: int = AT_ONCE) -> Iterator[list[Any]]:
    walk = iter(values)
    while part := list(islice(walk, size)):
        yield part


def fields_for(powers: Powers) -> Fields:
    """The columns that somebody may read and write, the company's own fields after the others."""
    found = {name: one for name, one in FIELDS.items() if not one.needs or powers.may(one.needs)}
    found |= dict(own_column(one) for one in fields_seen(CustomField.On.EMPLOYEE, powers.scopes))
    return found


# What an import is compared with


def company_for(rows: Sequence[Row], powers: Powers, *, day: date | None = None) -> Company:
    """The company, as far as the rows and the importer's reach ask for it; some twenty queries for any file."""
    day, scope, pay = day or timezone.localdate(), powers.scope("people.import"), powers.scope("people.pay")
    departments, posts, stores = places(scope)
    everybody = list(Employee.objects.order_by().values_list("id", "number", "name", "left"))
    inside = _ids(scope, everybody)
    known = {tidy("number", number).casefold(): pk for pk, number, _, _ in everybody}
    called = {pk: tidy("number", number) for pk, number, _, _ in everybody}
    wanted = {
        str(row.values["number"]): known.get(str(row.values["number"]).casefold())
        for row in rows
        if row.values.get("number")
    }
    mine = {number: pk for number, pk in wanted.items() if pk and pk in inside}
    people = _people(set(mine.values()), day)
    payable = _ids(pay, everybody)
    for one in people.values():
        one.pay_in_reach = one.id in payable
    fresh = frozenset(number for number, pk in wanted.items() if pk is None)
    return Company(
        day=day,
        people={number: people[pk] for number, pk in mine.items()},
        taken=frozenset(number for number, pk in wanted.items() if pk and pk not in inside),
        departments=departments,
        posts=posts,
        stores=stores,
        numbers={called[pk]: pk for pk, *_ in everybody if pk in inside},
        names=_names(everybody, inside, rows, fresh),
        fresh=fresh,
        gone=frozenset(pk for pk, _, _, left in everybody if left and left <= day),
        managers=managers(day),
        called=called,
        ids=_id_owners(rows, inside, called),
        tags=_tag_owners(rows, inside),
        everywhere=scope.everything,
        reach_departments=scope.departments,
        reach_stores=scope.stores,
        reach_managers=scope.managers,
        regions=regions_of_departments(),
        store_regions=dict(Store.objects.order_by().values_list("id", "region_id")),
        may_pay=powers.may("people.pay"),
        pay_departments=None if pay.everything else pay.departments,
        may_create=powers.may("organisation.edit"),
    )


def _ids(scope: Scope, everybody: Sequence[tuple[Any, ...]]) -> set[int]:
    if scope.everything:
        return {row[0] for row in everybody}
    return set(Employee.objects.filter(people_in(scope)).order_by().values_list("id", flat=True))


def places(scope: Scope) -> tuple[Places, Places, Places]:
    """Departments, posts and stores; those out of reach are not found by their names."""
    columns = ("id", "code", "name_zh", "name_en", "closed_on")
    departments = [Place(*one) for one in Department.objects.order_by("id").values_list(*columns, "parent_id")]
    posts = [Place(*one) for one in Post.objects.order_by("id").values_list(*columns, "department_id")]
    stores = [Place(*one) for one in Store.objects.order_by("id").values_list(*columns)]
    inside, shops = (None, None) if scope.everything else (scope.departments, scope.stores)
    return Places(departments, reachable=inside, paths=True), Places(posts), Places(stores, reachable=shops)


def _people(wanted: set[int], day: date) -> dict[int, Person]:
    found: dict[int, Person] = {}
    for part in in_parts(sorted(wanted)):
        for pk, version, custom, *values in (
            Employee.objects.filter(id__in=part).order_by().values_list("id", "version", "custom", *_VALUES)
        ):
            found[pk] = Person(pk, version, dict(zip(_VALUES, values, strict=True)), custom)
        _add_employments(found, part)
        _add_seats(found, part, day)
    return found


def _add_employments(found: Mapping[int, Person], part: Sequence[int]) -> None:
    spans: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    rows = Employment.objects.filter(employee__in=part).order_by("valid_from")
    for pk, start, end in rows.values_list("employee_id", "valid_from", "valid_to"):
        spans[pk].append((start, end))
    for pk, some in spans.items():
        found[pk].employments = some


def _add_seats(found: Mapping[int, Person], part: Sequence[int], day: date) -> None:
    primary: dict[int, list[Seat]] = defaultdict(list)
    rows = Assignment.objects.filter(employee__in=part).order_by("valid_from").values_list(
        "employee_id", "is_primary", "id", "department_id", "team", "post_id", "store_id", "manager_id", "base",
        "valid_from", "valid_to",
    )  # fmt: skip
    seat: Any
    for pk, is_primary, *seat in rows:
        person, one = found[pk], Seat(*seat)
        person.first_start = person.first_start or one.start
        person.last_start = max(one.start, person.last_start or one.start)
        if is_primary:
            primary[pk].append(one)
    for pk, seats in primary.items():
        found[pk].seat = now = seat_on(seats, day)
        found[pk].later = next((one.start for one in seats if one.start > now.start), None)


def seat_on(seats: Sequence[Seat], day: date) -> Seat:
    """The one of a day; of somebody who has left the last, of somebody yet to come the first."""
    begun = [one for one in seats if one.start <= day]
    return begun[-1] if begun else seats[0]


def _names(
    everybody: Sequence[tuple[Any, ...]], inside: set[int], rows: Sequence[Row], fresh: frozenset[str]
) -> dict[str, list[str]]:
    """The numbers of everybody who may be named as a manager, by folded name: only names that are asked for."""
    asked = {folded(str(row.values["manager"])) for row in rows if row.values.get("manager")}
    found: dict[str, list[str]] = defaultdict(list)
    for pk, number, name, left in everybody:
        if pk in inside and left is None and (key := folded(name)) in asked:
            found[key].append(tidy("number", number))
    for row in rows:
        if row.values.get("number") in fresh and (key := folded(str(row.values.get("name") or ""))) in asked:
            found[key].append(str(row.values["number"]))
    return found


def managers(day: date) -> dict[int, int]:
    """Who reports to whom, as far as it is known from the day on."""
    rows = Assignment.objects.filter(is_primary=True, manager__isnull=False).exclude(valid_to__lte=day)
    return dict(rows.order_by("-valid_from").values_list("employee_id", "manager_id"))


def _id_owners(rows: Sequence[Row], inside: set[int], called: Mapping[int, str]) -> dict[str, str]:
    given = {str(one) for row in rows if (one := row.values.get("id_number")) and one != EMPTIED}
    index = {id_index(one): one for one in given}
    found = {}
    for part in in_parts(index):
        for pk, key in Employee.objects.filter(id_index__in=part).order_by().values_list("id", "id_index"):
            found[index[key]] = called[pk] if pk in inside else ""
    return found


def _tag_owners(rows: Sequence[Row], inside: set[int]) -> dict[str, str]:
    given = {str(one) for row in rows if (one := row.values.get("tag")) and one != EMPTIED}
    found = {}
    for part in in_parts(sorted(given)):
        for pk, tag, number in (
            Employee.objects.filter(tag__in=part, left__isnull=True).order_by().values_list("id", "tag", "number")
        ):
            found[tag] = tidy("number", number) if pk in inside else ""
    return found


# What an import came to


def imports_of(user: int | None) -> QuerySet[PeopleImport]:
    """Somebody's own imports: a file holds what its owner put into it, and nobody else looks into it."""
    return PeopleImport.objects.filter(author=user) if user else PeopleImport.objects.none()


def rows_of(one: PeopleImport, kind: str = "", q: str = "") -> QuerySet[ImportRow]:
    """The rows in the order of the file."""
    found = ImportRow.objects.filter(of=one).order_by("id")
    if kind:
        found = found.filter(kind=kind)
    return found.filter(number__icontains=q) | found.filter(name__icontains=q) if q else found


def content(row: ImportRow) -> dict[str, Any]:
    """What a row comes to, as data."""
    return json.loads(row.content) if row.content else {}


# The people of an export


def exported(
    scope: Scope, powers: Powers, fields: Fields, people: QuerySet[Employee], *, chinese: bool
) -> Iterator[dict[str, Any]]:
    """Everybody of a list with what the columns say of them, a thousand at a time."""
    departments, posts, stores = places(Scope.all())
    own = {"department": departments, "post": posts, "store": stores}
    reach = {one: _reach(powers, one) for one in {spec.needs for spec in fields.values()} if one}
    day = timezone.localdate()
    called = dict(Employee.objects.order_by().values_list("id", "number"))
    ids = list(people.filter(people_in(scope)).order_by("number").values_list("id", flat=True))
    for part in in_parts(ids):
        found = _people(set(part), day)
        for pk in part:
            if pk in found:
                yield _exported(found[pk], fields, own, called, reach, chinese)


def _reach(powers: Powers, permission: str) -> set[int] | None:
    """Of whom a permission shows something; None for everybody."""
    scope = powers.scope(permission)
    return None if scope.everything else set(Employee.objects.filter(people_in(scope)).values_list("id", flat=True))


def _exported(
    one: Person, fields: Fields, own: Mapping[str, Places], called: Mapping[int, str],
    reach: Mapping[str, set[int] | None], chinese: bool,
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {}
    for name, spec in fields.items():
        inside = reach.get(spec.needs)
        if inside is not None and one.id not in inside:
            continue
        if spec.of == "custom":
            found[name] = one.custom.get(name.removeprefix("custom:"))
        elif name in one.values:
            found[name] = one.values[name]
        elif one.seat and name != "reason":
            found[name] = _of_seat(name, one.seat, own, called, chinese)
    return found


def _of_seat(
    name: str, seat: Seat, own: Mapping[str, Places], called: Mapping[int, str], chinese: bool
) -> date | Decimal | str | None:
    if name in own:
        return own[name].label(getattr(seat, name), chinese)
    if name == "manager":
        return called.get(seat.manager, "") if seat.manager else ""
    if name == "valid_from":
        return seat.start
    value: date | Decimal | str | None = getattr(seat, name)
    return value


@dataclass(frozen=True, slots=True)
class Line:
    """One change of a row, as a person reads it."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the preview."""

    row: ImportRow
    lines: Sequence[Line] = ()
    problem: Line | None = None
    """Column, cell and reason of a refused row."""
    remedy: str = ""
    needs: Sequence[str] = ()


def shown(row: ImportRow, fields: Fields, *, chinese: bool) -> Shown:
    """What a row comes to, sensitive values masked."""
    told = content(row)
    if problem := told.get("problem"):
        column = _title(problem["field"], fields, chinese)
        value = _masked(problem["field"], problem["value"])
        return Shown(
            row, (), Line(column, value, reason(problem | {"with": _titled(problem, fields, chinese)})), remedy(problem)
        )
    lines = [
        Line(_title(field, fields, chinese), _masked(field, before), _masked(field, after))
        for field, before, after in told.get("changes", ())
        if field in fields or not FIELDS.get(field)
    ]
    return Shown(row, lines, needs=[one.partition(":")[2] for one in told.get("needs", ())])


def _titled(problem: Mapping[str, Any], fields: Fields, chinese: bool) -> dict[str, Any]:
    """What the sentence names, a column by its title."""
    more = dict(problem.get("with", {}))
    return more | {"column": _title(more["column"], fields, chinese)} if "column" in more else more


def _title(field: str, fields: Fields, chinese: bool) -> str:
    spec = fields.get(field) or FIELDS.get(field)
    return (spec.column.zh if chinese else spec.column.en) if spec else ""


def _masked(field: str, value: str) -> str:
    return masked(field, value) if value and field in ("phone", "id_number") else value  # type: ignore[arg-type]


def refused_rows(one: PeopleImport, fields: Fields, *, chinese: bool) -> Iterator[tuple[list[str | None], str, str]]:
    """The cells of every refused row as they stood, why it was refused, and what to do."""
    for row in rows_of(one, ImportRow.Kind.REFUSED).iterator(chunk_size=1000):
        told = shown(row, fields, chinese=chinese)
        column = f"{told.problem.column}：" if told.problem and told.problem.column else ""
        yield content(row).get("cells", []), column + (told.problem.after if told.problem else ""), told.remedy
