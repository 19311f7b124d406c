"""People as a list and one by one, as of any day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.utils import timezone

from fenming.controls.masking import masked
from fenming.controls.scope import NOTHING, Powers, Scope
from fenming.controls.validity import during, on
from fenming.modules.people.identity import is_phone, phone_index
from fenming.modules.people.models import (
    Assignment,
    CustomField,
    Department,
    Employee,
    Employment,
    Post,
    Region,
    Store,
)
from fenming.modules.people.queries.reach import (
    people_in,
    places_in,
    reached,
    seats,
    visible_departments,
    visible_employees,
    with_children,
)

FOUND_AT_ONCE = 20
TOKENS = 6
REPORTS_SHOWN = 60
SENSITIVE = ("phone", "id_number")
ORDERS = ("number", "name", "joined")
EARLIEST, LATEST = date(1950, 1, 1), date(2100, 1, 1)
"""The days that a file may speak of."""


class State(StrEnum):
    HERE = "here"
    LEFT = "left"
    COMING = "coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people of a list, as of which day, in which order. Without a state, people of any."""

    on: date
    q: str = ""
    department: int | None = None
    store: int | None = None
    region: int | None = None
    post: int | None = None
    state: str = ""
    order: str = "number"


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody in the list."""

    employee: Employee
    state: State
    seat: Assignment | None
    since: date
    until: date | None
    """The last day, of somebody who has left."""
    manager_in_reach: bool


def listed(scope: Scope, powers: Powers, wanted: Wanted) -> QuerySet[Employee]:
    """The people that are wanted, of those in reach, without what is sensitive."""
    found = Employee.objects.filter(people_in(scope), _in_state(wanted.state, wanted.on))
    fields = _searched_fields(scope, powers) if wanted.q else ()
    for token in wanted.q.lower().split()[:TOKENS]:
        found = found.filter(_says(token, fields, powers))
    places = _places(wanted)
    if places:
        found = found.filter(id__in=Assignment.objects.filter(places, seats(wanted.on)).values("employee"))
    order = wanted.order if wanted.order.removeprefix("-") in ORDERS else "number"
    return found.defer(*SENSITIVE, "custom", "search").order_by(order, "number")


def _in_state(state: str, day: date) -> Q:
    here = Q(Exists(Employment.objects.filter(on(day), employee=OuterRef("id"))))
    later = Q(Exists(Employment.objects.filter(employee=OuterRef("id"), valid_from__gt=day)))
    match state:
        case State.HERE:
            return here
        case State.COMING:
            return ~here & later
        case State.LEFT:
            return Q(left__lte=day) & ~here & ~later
        case _:
            return Q()


def _searched_fields(scope: Scope, powers: Powers) -> list[tuple[str, Scope]]:
    fields = CustomField.objects.filter(on=CustomField.On.EMPLOYEE, searchable=True, retired=False)
    return [(one.code, reach) for one in fields if (reach := _reach_of(one, scope, powers)) != NOTHING]


def _reach_of(field: CustomField, scope: Scope, powers: Powers) -> Scope:
    """Of whom somebody sees a field: those in reach, or those in reach of the permission that it asks for."""
    if field.seen_with in (CustomField.Seen.SELF, CustomField.Seen.VIEWERS):
        return scope
    return powers.scope(field.seen_with)


def _says(token: str, fields: Iterable[tuple[str, Scope]], powers: Powers) -> Q:
    """A word of the search: part of the names, the whole phone number, or part of a field."""
    said = Q(search__contains=token)
    if powers.may("people.unmask") and is_phone(token):
        said |= Q(phone_index=phone_index(token)) & people_in(powers.scope("people.unmask"))
    for code, reach in fields:
        said |= Q(**{f"custom__{code}__icontains": token}) & people_in(reach)
    return said


def _places(wanted: Wanted) -> Q:
    found = Q()
    if wanted.department:
        found &= Q(department__in=with_children([wanted.department]))
    if wanted.store:
        found &= Q(store=wanted.store)
    if wanted.post:
        found &= Q(post=wanted.post)
    if wanted.region:
        departments, _stores = places_in([wanted.region])
        found &= Q(store__region=wanted.region) | Q(store__region__isnull=True, department__in=departments)
    return found


def rows(scope: Scope, people: Sequence[Employee], day: date) -> list[Row]:
    """What the list says of the people of one page: three queries, however many they are."""
    ids = [one.pk for one in people]
    posts: dict[int, list[Assignment]] = {}
    found = Assignment.objects.filter(employee__in=ids).select_related("department", "post", "store", "manager")
    for one in found.defer("base", *(f"manager__{name}" for name in (*SENSITIVE, "custom", "search"))):
        posts.setdefault(one.employee_id, []).append(one)
    employments: dict[int, list[Employment]] = {}
    for employment in Employment.objects.filter(employee__in=ids):
        employments.setdefault(employment.employee_id, []).append(employment)
    seated = {one: seat(posts.get(one, ()), day) for one in ids}
    known = in_reach(scope, {one.manager_id for one in seated.values() if one and one.manager_id})
    return [_row(one, employments.get(one.pk, ()), seated[one.pk], known, day) for one in people]


def _row(
    employee: Employee, employments: Sequence[Employment], place: Assignment | None, known: set[int], day: date
) -> Row:
    state = state_on(employments, day)
    nexts = [one.valid_from for one in employments if one.valid_from > day]
    since = min(nexts) if state is State.COMING and nexts else employee.joined
    until = last_day(employee.left) if state is State.LEFT else None
    return Row(employee, state, place, since, until, bool(place and place.manager_id in known))


def in_reach(scope: Scope, ids: Iterable[int]) -> set[int]:
    """Those of the people that a scope reaches; no query where it reaches everybody."""
    wanted = set(ids)
    if scope.everything or not wanted:
        return wanted
    return set(visible_employees(scope).filter(id__in=wanted).values_list("id", flat=True))


def last_day(end: date | None) -> date | None:
    """The last day of what ends before ``end``."""
    return end - timedelta(days=1) if end else None


def is_on(one: Assignment | Employment, day: date) -> bool:
    return one.valid_from <= day and (one.valid_to is None or one.valid_to > day)


def state_on(employments: Iterable[Employment], day: date) -> State:
    """Whether somebody is here on a day, is yet to come (again), or has left."""
    some = list(employments)
    if any(is_on(one, day) for one in some):
        return State.HERE
    return State.COMING if any(one.valid_from > day for one in some) else State.LEFT


def seat(posts: Iterable[Assignment], day: date) -> Assignment | None:
    """The post that stands for somebody on a day: the primary one of then, else the last before, else the first."""
    by_time = sorted(posts, key=lambda one: (one.is_primary, one.valid_from))
    now = [one for one in by_time if is_on(one, day)]
    if now:
        return now[-1]
    primary = [one for one in by_time if one.is_primary]
    gone = [one for one in primary if one.valid_to is not None and one.valid_to <= day]
    return gone[-1] if gone else next(iter(primary), None)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list can be narrowed to, of what the viewer may know of: pairs of id and name."""

    departments: list[tuple[int, str]]
    stores: list[tuple[int, str]]
    posts: list[tuple[int, str]]
    regions: list[tuple[int, str]]


def choices(scope: Scope) -> Choices:
    """Departments as an indented tree, and the stores, posts and regions of those in reach."""
    stores = Store.objects.select_related("region")
    posts, regions = Post.objects.all(), Region.objects.all()
    if not scope.everything:
        works = Assignment.objects.filter(reached(scope)).order_by()
        stores = stores.filter(Q(id__in=scope.stores) | Q(id__in=works.values("store")))
        posts = posts.filter(id__in=works.values("post"))
    named = [(one.pk, one.name) for one in stores]
    if not scope.everything:
        regions = regions.filter(store__in=[pk for pk, _ in named]).distinct()
    return Choices(
        departments=indented(visible_departments(scope)),
        stores=named,
        posts=[(one.pk, one.name) for one in posts],
        regions=[(one.pk, one.name) for one in regions],
    )


def indented(departments: Iterable[Department]) -> list[tuple[int, str]]:
    """Departments below their parents, moved in by their depth."""
    some = {one.pk: one for one in departments}
    below: dict[int | None, list[Department]] = {}
    for one in some.values():
        below.setdefault(one.parent_id if one.parent_id in some else None, []).append(one)
    found: list[tuple[int, str]] = []

    def walk(parent: int | None, depth: int) -> None:
        for one in below.get(parent, ()):
            found.append((one.pk, "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}" * depth + one.name))
            walk(one.pk, depth + 1)

    walk(None, 0)
    return found


def found_by(scope: Scope, powers: Powers, q: str) -> list[tuple[Employee, Assignment | None]]:
    """People who are here or coming, for a field that completes what is typed: the exact number first."""
    today = timezone.localdate()
    wanted = Wanted(on=today, q=q)
    gone = Q(left__isnull=False, left__lte=today)
    some = listed(scope, powers, wanted).exclude(gone).order_by(_exact_first(q), "number")[:FOUND_AT_ONCE]
    people = list(some)
    posts = Assignment.objects.filter(employee__in=[one.pk for one in people]).select_related("department", "post")
    by_person: dict[int, list[Assignment]] = {}
    for one in posts.defer("base"):
        by_person.setdefault(one.employee_id, []).append(one)
    return [(one, seat(by_person.get(one.pk, ()), today)) for one in people]


def _exact_first(q: str) -> Case:
    return Case(When(number__iexact=q.strip(), then=Value(0)), default=Value(1))


@dataclass(frozen=True, slots=True)
class Seen:
    """A field of the company's own, with its value as text."""

    field: CustomField
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's file as of a day, as far as the viewer may see it."""

    employee: Employee
    day: date
    state: State
    employments: list[Employment]
    posts: list[Assignment]
    seat: Assignment | None
    others: list[Assignment]
    manager_in_reach: bool
    reports: list[Employee]
    reports_in_all: int
    fields: list[Seen]
    may: frozenset[str]
    """The permissions of the viewer that reach this person."""

    @property
    def phone(self) -> str:
        return masked("phone", self.employee.phone)

    @property
    def id_number(self) -> str:
        return masked("id_number", self.employee.id_number)

    @property
    def current(self) -> Employment | None:
        """The employment of the day; of somebody who has left the last, of somebody yet to come the next."""
        now = [one for one in self.employments if is_on(one, self.day)]
        after = [one for one in self.employments if one.valid_from > self.day]
        return next(iter(now or after or self.employments[-1:]), None)


REACHING = ("people.edit", "people.pay", "people.unmask")
OPEN = (CustomField.Seen.SELF, CustomField.Seen.VIEWERS)
"""The fields that everybody sees who sees the person."""


def visible_person(scope: Scope, powers: Powers, number: str) -> tuple[Employee, frozenset[str]] | None:
    """Somebody in reach, and which further permissions reach him; one query."""
    if "\0" in number:
        return None
    reaching = {
        f"may_{index}": ExpressionWrapper(people_in(powers.scope(one)) or Q(pk__isnull=False), BooleanField())
        for index, one in enumerate(REACHING)
    }
    found = visible_employees(scope).annotate(**reaching).filter(number=number).first()
    if found is None:
        return None
    may = (one for index, one in enumerate(REACHING) if getattr(found, f"may_{index}"))
    return found, frozenset(may)


def person(scope: Scope, powers: Powers, number: str, day: date) -> Person | None:
    """Somebody's file as of a day, or None where the scope does not reach."""
    found = visible_person(scope, powers, number)
    if found is None:
        return None
    employee, may = found
    employments = list(employee.employments.select_related("author__employee").order_by("valid_from"))
    posts = list(
        employee.assignments.select_related("department", "post", "store", "manager", "author__employee")
        .defer("base")
        .order_by("valid_from", "-is_primary")
    )
    place = seat(posts, day)
    reports = reports_of(employee.pk, day, scope)
    shown = list(reports[: REPORTS_SHOWN + 1])
    return Person(
        employee=employee,
        day=day,
        state=state_on(employments, day),
        employments=employments,
        posts=posts,
        seat=place,
        others=[one for one in posts if is_on(one, day) and one is not place],
        manager_in_reach=bool(place and place.manager_id and in_reach(scope, [place.manager_id])),
        reports=shown[:REPORTS_SHOWN],
        reports_in_all=len(shown) if len(shown) <= REPORTS_SHOWN else reports.count(),
        fields=fields_of(employee.custom, {CustomField.Seen.SELF, CustomField.Seen.VIEWERS, *may}),
        may=may,
    )


def reports_of(manager: int, day: date, scope: Scope) -> QuerySet[Employee]:
    """Those of the people in reach who report to somebody on a day."""
    report = Exists(Assignment.objects.filter(on(day), manager=manager, employee=OuterRef("id")))
    return visible_employees(scope).filter(report).defer(*SENSITIVE, "custom", "search")


def own_file(employee: int, day: date) -> Person | None:
    """One's own file, with the fields that are everybody's own to see."""
    scope = Scope(employees=frozenset({employee}))
    number = Employee.objects.filter(pk=employee).values_list("number", flat=True).first()
    found = person(scope, Powers(), number, day) if number else None
    if found is None:
        return None
    return Person(
        **{name: getattr(found, name) for name in Person.__dataclass_fields__ if name != "fields"},
        fields=fields_of(found.employee.custom, {CustomField.Seen.SELF}),
    )


def employee_fields(permissions: Iterable[str]) -> list[CustomField]:
    """The fields on people that somebody with these permissions sees, in their order."""
    fields = CustomField.objects.filter(on=CustomField.On.EMPLOYEE, retired=False, seen_with__in=set(permissions))
    return list(fields.order_by("position", "id"))


def fields_of(custom: Mapping[str, Any], permissions: Iterable[str]) -> list[Seen]:
    return [Seen(one, shown(custom.get(one.code))) for one in employee_fields(permissions)]


def shown(value: Any) -> str:
    """A value of a field as text; yes and no stay what they are, for the page to say."""
    return "" if value is None else str(value)


def next_number() -> str:
    """A number that nobody has: the one after the highest of the kind that was given last."""
    last = Employee.objects.order_by("-id").values_list("number", flat=True).first() or "E0000"
    prefix = last.rstrip("0123456789")
    digits = len(last) - len(prefix)
    if not digits:
        return ""
    same = Employee.objects.filter(number__startswith=prefix).annotate(length=Length("number"))
    taken = same.filter(length=len(last)).order_by("-number").values_list("number", flat=True)[:50]
    tails = (one[len(prefix) :] for one in taken)
    highest = max((int(one) for one in tails if one.isascii() and one.isdigit()), default=0)
    return f"{prefix}{highest + 1:0{digits}d}"


def posts_during(employees: Iterable[int], start: date, end: date | None) -> QuerySet[Assignment]:
    """The primary posts of people at some time of a stretch, for reporting lines."""
    until = end or date.max
    return Assignment.objects.filter(during(start, until), employee__in=set(employees), is_primary=True).defer("base")
