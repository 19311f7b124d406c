"""What each account may do, and whom it reaches."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial, reduce
from operator import or_

from django.db.models import FilteredRelation, Q
from django.utils import timezone

from fenming.controls.scope import Powers, Scope
from fenming.controls.validity import on
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.people.queries.reach import departments_of, places_around, places_in, stores_of, with_children

Listed = Mapping[str, Sequence[int]]


def powers_of(user: User, day: date | None = None) -> Powers:
    """The permissions of an account with the scope of each: the union over its grants that are valid on the day."""
    day = day or timezone.localdate()
    valid = Q(grants__user=user) & on(day, "grants__")
    held = (
        Role.objects.order_by()
        .annotate(held=FilteredRelation("grants", condition=valid))
        .filter(Q(everyone=True) | Q(held__isnull=False))
        .values_list("permissions", "everyone", "held__reach", "held__listed")
    )
    reaches: dict[str, list[Callable[[], Scope]]] = {}
    for permissions, everyone, reach, listed in held:
        kinds: list[tuple[str, Listed]] = [(Grant.Reach.SELF, {})] if everyone and user.employee_id else []
        kinds += [(reach, listed)] if reach else []
        for kind, places in kinds:
            found = cache(partial(reach_of, kind, places, user.employee_id, day))
            for one in permissions:
                reaches.setdefault(one, []).append(found)
    return Powers(scopes=Reached(reaches))


class Reached(Mapping[str, Scope]):
    """Permissions with the scope of each, worked out when it is first asked for: a page needs one or two."""

    def __init__(self, reaches: Mapping[str, Sequence[Callable[[], Scope]]]) -> None:
        self._reaches = reaches

    def __getitem__(self, permission: str) -> Scope:
        return reduce(or_, (found() for found in self._reaches[permission]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._reaches)

    def __len__(self) -> int:
        return len(self._reaches)

    def __contains__(self, permission: object) -> bool:
        return permission in self._reaches


def reach_of(reach: str, listed: Listed, employee: int | None, day: date) -> Scope:
    """Whom a grant reaches: what it lists, or, where it lists nothing, what follows from the person's own post."""
    own = frozenset({employee} if employee else set())
    match reach:
        case Grant.Reach.ALL:
            return Scope(everything=True, day=day)
        case Grant.Reach.SELF:
            return Scope(employees=own, day=day)
        case Grant.Reach.REPORTS:
            return Scope(managers=own, employees=own, day=day)
        case Grant.Reach.CUSTOM:
            chosen = [frozenset(listed.get(name, ())) for name in ("departments", "stores", "employees")]
            return Scope(departments=chosen[0], stores=chosen[1], employees=chosen[2], day=day)
        case Grant.Reach.REGION:
            return _regions(listed, employee, day)
        case Grant.Reach.STORE:
            stores = listed.get("stores") or (stores_of(employee, day) if employee else ())
            return Scope(stores=frozenset(stores), employees=own, day=day)
        case _:
            below = reach == Grant.Reach.TREE
            return Scope(departments=frozenset(_departments(listed, employee, day, below)), employees=own, day=day)


def _departments(listed: Listed, employee: int | None, day: date, below: bool) -> Iterable[int]:
    if chosen := listed.get("departments"):
        return with_children(chosen) if below else chosen
    return departments_of(employee, day, below=below) if employee else ()


def _regions(listed: Listed, employee: int | None, day: date) -> Scope:
    """A region's departments and stores, and nobody by name: not even oneself, who may work in another."""
    departments, stores = set[int](), set[int]()
    if regions := listed.get("regions"):
        departments, stores = places_in(regions)
    elif employee:
        departments, stores = places_around(employee, day)
    return Scope(departments=frozenset(departments), stores=frozenset(stores), day=day)


def accounts_of_employees() -> list[int]:
    """The active accounts that belong to an employee."""
    return list(User.objects.filter(is_active=True, employee__isnull=False).values_list("id", flat=True))


def role_ids() -> dict[str, int]:
    """Role code → id."""
    return dict(Role.objects.values_list("code", "id"))
