"""Whom a scope reaches, and where people work: the conditions that every other read starts from."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from fenming.controls.scope import Scope
from fenming.controls.validity import on
from fenming.modules.people.models import Assignment, Department, Employee, Post, Region, Shop, Store


def seats(day: date) -> Q:
    """The condition for the assignments that place people on a day.

    Those valid then; of somebody who has left, the last one; of somebody who is yet to come, the first.
    """
    others = Assignment.objects.filter(employee=OuterRef("employee"))
    gone = Q(valid_to__lte=day) & ~Exists(others.filter(valid_from__gte=OuterRef("valid_to")))
    coming = Q(valid_from__gt=day) & ~Exists(others.filter(valid_from__lt=OuterRef("valid_from")))
    return on(day) | gone | coming


def reached(scope: Scope) -> Q:
    """The condition for the assignments whose people a scope reaches by where they work or for whom."""
    return (Q(department__in=scope.departments) | Q(store__in=scope.stores) | Q(manager__in=scope.managers)) & seats(
        scope.day or timezone.localdate()
    )


def people_in(scope: Scope, path: str = "id") -> Q:
    """The condition that keeps a table with an employee, found by ``path``, to the people a scope reaches."""
    if scope.everything:
        return Q()
    named = Q(**{f"{path}__in": scope.employees})
    if not (scope.departments or scope.stores or scope.managers):
        return named
    return named | Q(**{f"{path}__in": Assignment.objects.filter(reached(scope)).values("employee")})


def within(scope: Scope, *, employee: str = "employee", department: str = "department") -> Q:
    """The condition that keeps records of an employee in a department to a scope.

    What was recorded for a department stays with it, wherever the person has gone since.
    """
    if scope.everything:
        return Q()
    elsewhere = Scope(stores=scope.stores, managers=scope.managers, employees=scope.employees, day=scope.day)
    return Q(**{f"{department}__in": scope.departments}) | people_in(elsewhere, employee)


def posted_in(departments: Collection[int], *, employee: str, start: str, end: str) -> Q:
    """The condition for rows about a span of time, of people whose primary post was in the departments at its end.

    While the span lasts, today counts too. The paths name the employee and the days of each row.
    """
    posts = Assignment.objects.filter(employee=OuterRef(employee), department__in=departments, is_primary=True)
    till_end = posts.filter(valid_from__lt=OuterRef(end)).filter(Q(valid_to=None) | Q(valid_to__gte=OuterRef(end)))
    today = timezone.localdate()
    lasts = Q(**{f"{start}__lte": today, f"{end}__gt": today})
    return Q(Exists(till_end)) | (lasts & Q(Exists(posts.filter(on(today)))))


def departments_of(employee: int, day: date, *, below: bool = False) -> set[int]:
    """The departments that somebody works in on a day, if asked with all those below them; one query."""
    works = Assignment.objects.filter(on(day), employee=employee, department=OuterRef("id"))
    rows = Department.objects.order_by().annotate(mine=Exists(works)).values_list("id", "parent_id", "mine")
    found = {one for one, _, mine in rows if mine}
    return and_below(found, {one: parent for one, parent, _ in rows}) if below else found


def stores_of(employee: int, day: date) -> set[int]:
    """The stores that somebody works in on a day."""
    found = Assignment.objects.filter(on(day), employee=employee, store__isnull=False)
    return set(found.values_list("store_id", flat=True))


def with_children(departments: Iterable[int]) -> set[int]:
    """The departments and all below them."""
    return and_below(set(departments), dict(Department.objects.order_by().values_list("id", "parent_id")))


def and_below(found: set[int], parents: Mapping[int, int | None]) -> set[int]:
    """The departments and all below them, by the parent of each."""
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def regions_of_departments() -> dict[int, int | None]:
    """The region of each department: its own, else that of the nearest department above it."""
    rows = Department.objects.order_by().values_list("id", "parent_id", "region_id")
    return nearest_regions({one: (parent, region) for one, parent, region in rows})


def nearest_regions(rows: Mapping[int, tuple[int | None, int | None]]) -> dict[int, int | None]:
    """The same for departments at hand: parent and own region by id."""
    found: dict[int, int | None] = {}
    for one in rows:
        at: int | None = one
        while at and rows[at][1] is None:
            at = rows[at][0]
        found[one] = rows[at][1] if at else None
    return found


def places_in(regions: Iterable[int]) -> tuple[set[int], set[int]]:
    """The departments and the stores of regions."""
    wanted = set(regions)
    departments = {one for one, region in regions_of_departments().items() if region in wanted}
    return departments, set(Store.objects.filter(region__in=wanted).values_list("id", flat=True))


def places_around(employee: int, day: date) -> tuple[set[int], set[int]]:
    """The departments and the stores of the regions that somebody works in on a day; one query.

    The region of a post is that of its store, else that of its department.
    """
    posts = Assignment.objects.filter(on(day), employee=employee)
    in_department = Exists(posts.filter(department=OuterRef("id"), store__region=None))
    in_store = Exists(posts.filter(store=OuterRef("id")))
    columns = ("id", "above", "region_id", "mine", "is_store")
    no, yes = Value(value=False), Value(value=True)
    places = Department.objects.order_by().annotate(above=F("parent_id"), mine=in_department, is_store=no)
    shops = Store.objects.order_by().annotate(above=Value(None, IntegerField()), mine=in_store, is_store=yes)
    rows = list(places.values_list(*columns).union(shops.values_list(*columns)))
    own = nearest_regions({one: (above, region) for one, above, region, _, is_store in rows if not is_store})
    regions = {(one, is_store): region if is_store else own[one] for one, _, region, _, is_store in rows}
    wanted = {regions[one, is_store] for one, _, _, mine, is_store in rows if mine} - {None}
    departments, stores = (
        {one for (one, kind), region in regions.items() if kind == of and region in wanted} for of in (False, True)
    )
    return departments, stores


def visible_departments(scope: Scope) -> QuerySet[Department]:
    """The departments whose boards the scope may open."""
    found = Department.objects.order_by("position", "id")
    if scope.everything:
        return found
    by_people = Assignment.objects.filter(reached(scope)).values("department")
    return found.filter(Q(id__in=scope.departments) | Q(id__in=by_people))


def visible_stores(scope: Scope) -> QuerySet[Store]:
    """The stores that the scope names, and those where its people work."""
    found = Store.objects.order_by("code")
    if scope.everything:
        return found
    by_people = Assignment.objects.filter(reached(scope), store__isnull=False).values("store")
    return found.filter(Q(id__in=scope.stores) | Q(id__in=by_people))


def visible_posts(scope: Scope) -> QuerySet[Post]:
    """The posts of no department, those of departments that the scope names, and those that its people hold."""
    found = Post.objects.order_by("code")
    if scope.everything:
        return found
    by_people = Assignment.objects.filter(reached(scope)).values("post")
    return found.filter(Q(department=None) | Q(department__in=scope.departments) | Q(id__in=by_people))


def visible_regions(scope: Scope) -> QuerySet[Region]:
    """The regions of the departments and stores that the scope names."""
    found = Region.objects.order_by("code")
    if scope.everything:
        return found
    by_department = regions_of_departments() if scope.departments else {}
    regions = {by_department.get(one) for one in scope.departments} - {None}
    return found.filter(Q(id__in=regions) | Q(id__in=Store.objects.filter(id__in=scope.stores).values("region")))


def visible_shops(scope: Scope) -> QuerySet[Shop]:
    """The shops of the regions that the scope reaches."""
    found = Shop.objects.order_by("code")
    return found if scope.everything else found.filter(region__in=visible_regions(scope))


def visible_employees(scope: Scope) -> QuerySet[Employee]:
    """The people whom the scope reaches."""
    return Employee.objects.filter(people_in(scope))
