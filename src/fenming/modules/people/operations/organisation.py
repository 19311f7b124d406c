"""Writes of departments, posts, stores, shops and regions. The rules: the tree has no circle, nobody works at
something that is closed, a store's region is that of its people's departments, and what is referred to stays.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import ForeignObjectRel, Q
from django.utils import timezone

from fenming.controls import queries as log
from fenming.controls.models import Operation
from fenming.controls.operations import Actor, record
from fenming.controls.redaction import MASK, MASK_CHANGED
from fenming.controls.scope import Scope
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.people.models import Assignment, CustomField, Department, Employee, Post, Region, Shop, Store
from fenming.modules.people.models.organisation import Named
from fenming.modules.people.queries.custom import OPEN
from fenming.modules.people.queries.organisation import MOST_STOREYS, Place, same_name, workers
from fenming.modules.people.queries.reach import people_in, regions_of_departments, with_children

P = TypeVar("P", bound=Place)
NOBODY = Scope()
NAMED_AT_ONCE = 5
COLUMNS: Mapping[type[Place], tuple[str, ...]] = {
    Department: ("name_zh", "name_en", "parent", "region", "position"),
    Post: ("name_zh", "name_en", "department"),
    Store: ("name_zh", "name_en", "region"),
    Shop: ("name_zh", "name_en", "platform", "region"),
    Region: ("name_zh", "name_en"),
}
"""What may be changed of each, besides its ``custom``; the code stays as it is."""


class SameName(Refusal):
    """There is another one of this name: whoever means it says so and goes on."""


class Occupied(Refusal):
    """People work there: they have to move first."""


class Stale(Refusal):
    """Somebody else has changed it meanwhile; ``entries`` of the log say what."""

    def __init__(self, place: Place, entries: list[Operation]) -> None:
        super().__init__(
            Words(
                zh="别人刚修改过这一项。请比较下面的改动，再保存一次。",
                en="Somebody else has changed this meanwhile. Compare the changes below, then save again.",
            )
        )
        self.place = place
        self.entries = entries


def subject(place: Place) -> str:
    """How the operation log names it."""
    return f"{place._meta.model_name} {place.code}"


def found(actor: Actor, kind: type[P], code: str, values: Mapping[str, Any], *, anyway: bool = False) -> P:
    """A new department, post, store, shop or region. ``anyway``: though there is another one of the name."""
    with transaction.atomic():
        _lock(kind)
        if kind._default_manager.filter(code__iexact=code).exists():
            raise refuse(
                f"代码 {code} 已被使用，请换一个。", f"The code {code} is taken. Choose another one."
            )  # fmt: skip
        place: P = kind(code=code)
        _put(place, values)
        if not anyway:
            _refuse_same_name(place)
        place.save(force_insert=True)
        if isinstance(place, Department):
            _check_parent(place)
        record(actor, "organisation.found", subject(place), after=_told(place) | {"version": place.version})
    return place


def change(
    actor: Actor, place: P, values: Mapping[str, Any], *, version: int, anyway: bool = False, seen: Scope = NOBODY
) -> P:
    """Change it. ``seen`` are the people whom a refusal may name."""
    with transaction.atomic():
        now = _held(place, version)
        before, columns = _told(now), _columns(now)
        _put(now, values)
        if _columns(now) == columns:
            return now
        if not anyway and (columns["name_zh"], columns["name_en"]) != (now.name_zh, now.name_en):
            _refuse_same_name(now)
        _save(actor, "organisation.change", now, before)
        if isinstance(now, Department):
            _check_parent(now)
        moved = any(columns.get(name) != getattr(now, name, None) for name in ("parent", "region"))
        if moved and isinstance(now, Department | Store):
            _refuse_disagreement(now, seen)
    return now


def close(actor: Actor, place: P, day: date, *, version: int, seen: Scope = NOBODY) -> P:
    """From ``day`` on nobody works there. Those who would are named, as far as ``seen``."""
    with transaction.atomic():
        now = _held(place, version)
        refuse_occupied(now, day, seen)
        below = Department.objects.filter(parent=now) if isinstance(now, Department) else Department.objects.none()
        open_below = list(below.filter(Q(closed_on=None) | Q(closed_on__gt=day)))
        if open_below:
            zh, en = _listed([one.name_zh for one in open_below]), ", ".join(one.name for one in open_below[:5])
            raise refuse(
                f"下级部门还在：{zh}。请先关闭或移走它们。",
                f"There are departments below: {en}. Close or move them first.",
            )
        before = _told(now)
        now.closed_on = day
        _save(actor, "organisation.close", now, before)
    return now


def reopen(actor: Actor, place: P, *, version: int) -> P:
    """Take back the closing."""
    with transaction.atomic():
        now = _held(place, version)
        parent = now.parent if isinstance(now, Department) else None
        if parent is not None and parent.closed_on is not None:
            raise refuse(
                f"上级部门“{parent.name_zh}”已关闭，请先恢复它。",
                f"The department above, {parent.name}, is closed. Reopen that first.",
            )
        before = _told(now)
        now.closed_on = None
        _save(actor, "organisation.reopen", now, before)
    return now


def drop(actor: Actor, place: Place, *, version: int, seen: Scope = NOBODY) -> None:
    """Delete what nothing refers to, and never did."""
    with transaction.atomic():
        now = _held(place, version)
        refuse_occupied(now, timezone.localdate(), seen)
        if _is_referred_to(now):
            raise refuse(
                "还有记录用到它（任职、下级部门、方案等），不能删除。可以关闭它。",
                "It stays: posts of people, departments below, schemes or the like refer to it. You can close it.",
            )
        before = _told(now)
        now.delete()
        record(actor, "organisation.drop", subject(place), before=before)


def refuse_occupied(place: Place, day: date, seen: Scope) -> None:
    """Nobody may work there on the day or later."""
    count, names = workers(place, day, seen)
    if not count:
        return
    more = count > len(names)
    zh = f"：{_listed(names)}{' 等' if more else ''}" if names else ""
    en = f": {', '.join(names)}{' and others' if more else ''}" if names else ""
    raise Occupied(
        Words(
            zh=f"那天起还有 {count} 人在这里任职{zh}。请先把他们调走。",
            en=f"{count} {'person works' if count == 1 else 'people work'} there on that day or later{en}. "
            "Move them first.",
        )
    )


def _lock(kind: type[Named]) -> None:
    """Of two who move departments at once, the second sees what the first did."""
    if kind is Department:
        list(Department.objects.select_for_update().order_by("id").values_list("id", flat=True))


def _held(place: P, version: int) -> P:
    _lock(type(place))
    now: P | None = type(place)._default_manager.select_for_update().filter(pk=place.pk).first()  # type: ignore[assignment]
    if now is None:
        raise refuse("它已被别人删除。", "Somebody else has deleted it.")
    if now.version != version:
        newest = log.operations(log.Wanted(object=subject(now)), size=20).entries
        raise Stale(now, [one for one in newest if (one.after or {}).get("version", 0) > version])
    return now


def _put(place: Place, values: Mapping[str, Any]) -> None:
    for name in COLUMNS[type(place)]:
        if name in values:
            setattr(place, name, values[name])
    given = values.get("custom")
    if given is not None and isinstance(place, Department | Post):
        merged = {**place.custom, **given}
        place.custom = {code: value for code, value in merged.items() if value is not None}


def _columns(place: Place) -> dict[str, Any]:
    own = dict(place.custom) if isinstance(place, Department | Post) else {}
    return {name: getattr(place, name) for name in COLUMNS[type(place)]} | {"custom": own}


def _told(place: Place) -> dict[str, Any]:
    """It as the log keeps it: others by their codes."""
    told = {name: getattr(place, name) for name in COLUMNS[type(place)]}
    plain = {name: one.code if isinstance(one, Department | Region) else one for name, one in told.items()}
    own = {f"field {code}": value for code, value in _columns(place)["custom"].items()}
    return plain | {"closed_on": place.closed_on} | own


def _save(actor: Actor, action: str, place: Place, before: Mapping[str, Any]) -> None:
    place.version += 1
    place.save()
    after = _told(place)
    changed = [one for one in dict.fromkeys([*before, *after]) if before.get(one) != after.get(one)]
    closed = set() if all(not one.startswith("field ") for one in changed) else _restricted()
    old = {one: MASK if one in closed else before.get(one) for one in changed}
    new = {one: MASK_CHANGED if one in closed else after.get(one) for one in changed}
    record(actor, action, subject(place), before=old, after=new | {"version": place.version})


def _restricted() -> set[str]:
    """The fields whose values not everybody sees who sees the log."""
    found = CustomField.objects.exclude(seen_with__in=OPEN).values_list("code", flat=True)
    return {f"field {code}" for code in found}


def _refuse_same_name(place: Place) -> None:
    other = same_name(type(place), (place.name_zh, place.name_en), but=place.pk)
    if other:
        raise SameName(
            Words(
                zh=f"已有同名的“{other.name_zh}”（{other.code}）。如确实是另一个，请勾选“仍要使用这个名称”。",
                en=f"There is {other.name} ({other.code}) already. If it is another one, tick “Use this name anyway”.",
            )
        )


def _check_parent(department: Department) -> None:
    parent = Department.objects.filter(pk=department.parent_id or 0).first()
    if parent is None:
        return
    if parent.closed_on is not None and department.closed_on is None:
        raise refuse(
            f"上级部门“{parent.name_zh}”已关闭。请选别的部门，或先恢复它。",
            f"The department above, {parent.name}, is closed. Choose another one, or reopen it.",
        )
    if circle := _circle(department):
        zh, en = (" → ".join(one) for one in zip(*((row.name_zh, row.name) for row in circle), strict=True))
        raise refuse(
            f"不能移到自己的下级部门之下：{zh}。",
            f"A department cannot move below one that is below itself: {en}.",
        )
    if _storeys(department) > MOST_STOREYS:
        raise refuse(f"部门最多 {MOST_STOREYS} 级。", f"Departments stand in at most {MOST_STOREYS} levels.")


def _storeys(department: Department) -> int:
    """How many departments stand above each other in the deepest line through this one."""
    parents = dict(Department.objects.order_by().values_list("id", "parent_id"))

    def depth(one: int | None) -> int:
        return 1 + depth(parents[one]) if one else 0

    return max(depth(one) for one in with_children([department.pk]))


def _circle(department: Department) -> list[Department]:
    """The circle that the department lies in, from itself down to itself; empty where there is none."""
    rows = {one.pk: one for one in Department.objects.defer("custom")}
    up, at = [department], rows.get(department.parent_id or 0)
    while at is not None and at.pk != department.pk and len(up) <= len(rows):
        up.append(at)
        at = rows.get(at.parent_id or 0)
    return [department, *reversed(up)] if at is not None else []


def _refuse_disagreement(place: Department | Store, seen: Scope) -> None:
    """A store's region is that of the departments of those who work there."""
    where = Q(department__in=with_children([place.pk])) if isinstance(place, Department) else Q(store=place)
    still = Q(valid_to=None) | Q(valid_to__gt=timezone.localdate())
    regions = regions_of_departments()
    odd = [
        employee
        for employee, department, region in Assignment.objects.filter(where, still, store__region__isnull=False)
        .order_by("employee__number")
        .values_list("employee", "department", "store__region")
        if regions[department] not in (None, region)
    ]
    if not odd:
        return
    named = Employee.objects.filter(people_in(seen), id__in=odd[:NAMED_AT_ONCE])
    names = [str(one) for one in named.only("name", "number")]
    raise refuse(
        f"有 {len(odd)} 人的门店与部门会不在同一区域{'：' + _listed(names) if names else ''}。请先调整他们的任职。",
        f"The store and the department of {len(odd)} {'person' if len(odd) == 1 else 'people'} would lie in two regions"
        f"{': ' + ', '.join(names) if names else ''}. Change their posts first.",
    )


def _is_referred_to(place: Place) -> bool:
    """Whether any row of any table names it."""
    relations = (one for one in place._meta.get_fields(include_hidden=True) if isinstance(one, ForeignObjectRel))
    return any(one.related_model._base_manager.filter(**{one.field.name: place}).exists() for one in relations)


def _listed(names: Iterable[str]) -> str:
    return "、".join(list(names)[:NAMED_AT_ONCE])
