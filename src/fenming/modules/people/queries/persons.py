"""People as a list and one by one, as of any day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.utils import timezone

from fenming.controls.masking import masked
from fenming.controls.scope import Powers, Scope
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
from fenming.modules.people.queries.custom import Told, fields_seen, own_fields, told
from fenming.modules.people.queries.reach import (
    and_below,
    nearest_regions,
    people_in,
    seats,
    visible_employees,
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

    @property
    def has_place(self) -> bool:
        return bool(self.department or self.store or self.region or self.post)


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


def listed(scope: Scope, powers: Powers, wanted: Wanted, known: "Choices | None" = None) -> QuerySet[Employee]:
    """The people that are wanted, of those in reach, without what is sensitive; ``known`` for filters by place."""
    found = Employee.objects.filter(people_in(scope), _in_state(wanted.state, wanted.on))
    fields = _restricted_fields(powers) if wanted.q else ()
    for token in wanted.q.lower().split()[:TOKENS]:
        found = found.filter(_says(token, fields, powers))
    places = _places(wanted, known or choices(scope)) if wanted.has_place else Q()
    if places:
        then = on(wanted.on) if wanted.state == State.HERE else seats(wanted.on)
        found = found.filter(id__in=Assignment.objects.filter(places, then).values("employee"))
    order = wanted.order if wanted.order.removeprefix("-") in ORDERS else "number"
    turned = "-" if order.startswith("-") else ""
    return found.defer(*SENSITIVE, "custom", "search").order_by(order, f"{turned}number")


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


def _restricted_fields(powers: Powers) -> list[tuple[str, Scope]]:
    """Searchable fields that not everybody in scope sees, with whose the viewer sees; the others are in ``search``."""
    seen = [one for one in (CustomField.Seen.EDITORS, CustomField.Seen.UNMASKERS) if powers.may(one)]
    if not seen:
        return []
    fields = CustomField.objects.filter(on=CustomField.On.EMPLOYEE, searchable=True, retired=False, seen_with__in=seen)
    return [(one.code, powers.scope(one.seen_with)) for one in fields]


def _says(token: str, fields: Iterable[tuple[str, Scope]], powers: Powers) -> Q:
    """A word of the search: part of the names, the whole phone number, or part of a field."""
    said = Q(search__contains=token)
    if powers.may("people.unmask") and is_phone(token):
        said |= Q(phone_index=phone_index(token)) & people_in(powers.scope("people.unmask"))
    for code, reach in fields:
        said |= Q(**{f"custom__{code}__icontains": token}) & people_in(reach)
    return said


def _places(wanted: Wanted, known: "Choices") -> Q:
    found = Q()
    if wanted.department:
        found &= Q(department__in=known.below(wanted.department))
    if wanted.store:
        found &= Q(store=wanted.store)
    if wanted.post:
        found &= Q(post=wanted.post)
    if wanted.region:
        found &= known.in_region(wanted.region)
    return found


def rows(scope: Scope, people: Sequence[Employee], day: date) -> list[Row]:
    """What the list says of the people of one page: two queries, however many they are."""
    ids = [one.pk for one in people]
    posts: dict[int, list[Assignment]] = {}
    reaches = ExpressionWrapper(people_in(scope, "manager") or Q(pk__isnull=False), BooleanField())
    found = Assignment.objects.filter(employee__in=ids).annotate(manager_in_reach=reaches)
    found = found.select_related("department", "post", "store", "manager")
    for one in found.defer("base", *(f"manager__{name}" for name in (*SENSITIVE, "custom", "search"))):
        posts.setdefault(one.employee_id, []).append(one)
    employments: dict[int, list[Employment]] = {}
    for employment in Employment.objects.filter(employee__in=ids):
        employments.setdefault(employment.employee_id, []).append(employment)
    return [_row(one, employments.get(one.pk, ()), seat(posts.get(one.pk, ()), day), day) for one in people]


def _row(employee: Employee, employments: Sequence[Employment], place: Assignment | None, day: date) -> Row:
    state = state_on(employments, day)
    nexts = [one.valid_from for one in employments if one.valid_from > day]
    since = min(nexts) if state is State.COMING and nexts else employee.joined
    until = last_day(employee.left) if state is State.LEFT else None
    return Row(employee, state, place, since, until, bool(getattr(place, "manager_in_reach", False)))


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
    """The company's places, and which of them the viewer may narrow a list to."""

    all_departments: list[Department]
    all_stores: list[Store]
    departments: list[tuple[int, str]]
    stores: list[tuple[int, str]]
    posts: list[tuple[int, str]]
    regions: list[tuple[int, str]]

    def below(self, department: int) -> set[int]:
        """The department and all below it."""
        return and_below({department}, {one.pk: one.parent_id for one in self.all_departments})

    def in_region(self, region: int) -> Q:
        """Posts in a region: by the store, else by the department."""
        stores = [one.pk for one in self.all_stores if one.region_id == region]
        anywhere = [one.pk for one in self.all_stores if one.region_id is None]
        found = nearest_regions({one.pk: (one.parent_id, one.region_id) for one in self.all_departments})
        departments = [one for one, its in found.items() if its == region]
        return Q(store__in=stores) | Q(department__in=departments) & (Q(store=None) | Q(store__in=anywhere))


def choices(scope: Scope) -> Choices:
    """Departments as an indented tree, stores and regions of those in reach, and the posts; four queries."""
    departments = list(Department.objects.order_by("position", "id"))
    stores = list(Store.objects.select_related("region"))
    posts = [(one.pk, one.name) for one in Post.objects.all()]
    if scope.everything:
        regions = [(one.pk, one.name) for one in Region.objects.all()]
        return Choices(departments, stores, indented(departments), _pairs(stores), posts, regions)
    also = _places_beyond(scope)
    own = [one for one in departments if one.pk in scope.departments or ("department", one.pk) in also]
    seen = [one for one in stores if one.pk in scope.stores or ("store", one.pk) in also]
    regions = sorted({(one.region.pk, one.region.name) for one in seen if one.region})
    return Choices(departments, stores, indented(own), _pairs(seen), posts, regions)


def _pairs(places: Iterable[Store]) -> list[tuple[int, str]]:
    return [(one.pk, one.name) for one in places]


def _places_beyond(scope: Scope) -> set[tuple[str, int]]:
    """Departments and stores that the scope does not name, where people in reach work now."""
    day = scope.day or timezone.localdate()
    near = Q(department__in=scope.departments) | Q(store__in=scope.stores) | Q(manager__in=scope.managers)
    works = Assignment.objects.filter(near | Q(employee__in=scope.employees), on(day)).order_by()
    departments = works.exclude(department__in=scope.departments).values_list(Value("department"), "department")
    stores = works.exclude(store=None).exclude(store__in=scope.stores).values_list(Value("store"), "store")
    return set(departments.union(stores))


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
    fields: list[Told]
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
        fields=told(fields_seen(CustomField.On.EMPLOYEE, {"people.view", *may}), employee.custom),
        may=may,
    )


def reports_of(manager: int, day: date, scope: Scope) -> QuerySet[Employee]:
    """Those of the people in reach who report to somebody on a day."""
    reports = Assignment.objects.filter(on(day), manager=manager).values("employee")
    return visible_employees(scope).filter(id__in=reports).defer(*SENSITIVE, "custom", "search")


def own_file(employee: int, day: date) -> Person | None:
    """One's own file, with the fields that are everybody's own to see."""
    scope = Scope(employees=frozenset({employee}))
    number = Employee.objects.filter(pk=employee).values_list("number", flat=True).first()
    found = person(scope, Powers(), number, day) if number else None
    if found is None:
        return None
    return Person(
        **{name: getattr(found, name) for name in Person.__dataclass_fields__ if name != "fields"},
        fields=told(own_fields(), found.employee.custom),
    )


def field_names() -> dict[str, str]:
    """The name of each field on people, by its code."""
    return {one.code: one.name for one in CustomField.objects.filter(on=CustomField.On.EMPLOYEE)}


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
