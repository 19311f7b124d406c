"""The organisation as somebody sees it: departments as a tree with who works there, posts, stores, shops, regions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from fenming.controls.scope import Scope
from fenming.controls.validity import on
from fenming.modules.people.custom import folded
from fenming.modules.people.models import Assignment, Department, Post, Region, Shop, Store
from fenming.modules.people.models.organisation import Named
from fenming.modules.people.pinyin import search_text, slug
from fenming.modules.people.queries.reach import (
    people_in,
    visible_departments,
    visible_posts,
    visible_regions,
    visible_shops,
    visible_stores,
)

Place = Department | Post | Store | Shop | Region
KINDS: Mapping[str, type[Place]] = {
    "departments": Department,
    "posts": Post,
    "stores": Store,
    "shops": Shop,
    "regions": Region,
}
WHOLE_TREE = 300
"""A larger tree is shown as far as it is open: the page would be too long to send."""
PEOPLE_SHOWN = 12
MOST_STOREYS = 12
"""How many departments stand above each other at most."""


class Row(NamedTuple):
    """A department, no more of it than the tree needs."""

    id: int
    code: str
    name: str
    names: tuple[str, str]
    parent: int | None
    region: int | None
    closed_on: date | None


@dataclass(slots=True)
class Node:
    """A department of the tree. One that is out of reach shows nothing but its name, as the way to others."""

    row: Row
    count: int | None
    """The people in reach here and below; None where the department is out of reach."""
    is_closed: bool = False
    is_open: bool = False
    is_current: bool = False
    children: list["Node"] = field(default_factory=list)
    url: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        return self.row.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which departments, as of which day, and the id of the one that is open."""

    day: date
    q: str = ""
    closed: bool = False
    chosen: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """The departments somebody sees. ``rows`` has all there are, for the way up from any of them."""

    rows: Mapping[int, Row]
    roots: list[Node]
    nodes: Mapping[int, Node]
    people: int

    def above(self, department: int) -> list[Node | Row]:
        """The departments above one, the highest first; those out of reach as rows."""
        return [self.nodes.get(one, self.rows[one]) for one in _way_up(self.rows, department)]

    def region_of(self, department: int) -> int | None:
        """The own region of a department, else that of the nearest one above."""
        line = [department, *reversed(_way_up(self.rows, department))]
        return next((region for one in line if (region := self.rows[one].region)), None)


def tree(scope: Scope, people: Scope, asked: Asked) -> Tree:
    """The departments in reach; ``people`` says who is counted. Three queries."""
    rows = {one.id: one for one in _rows()}
    visible = rows.keys() if scope.everything else set(visible_departments(scope).values_list("id", flat=True))
    wanted = {one.id for one in rows.values() if one.id in visible and _is_wanted(one, asked)}
    shown = wanted.union(*(_way_up(rows, one) for one in wanted))
    here = head_counts(people, asked.day)
    total = _with_below(rows, here)
    nodes = {
        one.id: Node(one, total[one.id] if one.id in visible else None, is_closed=_is_closed(one, asked.day))
        for one in rows.values()
        if one.id in shown
    }
    roots = _linked(nodes)
    _open(rows, nodes, asked)
    return Tree(rows, roots, nodes, sum(here.values()))


def _rows() -> Iterator[Row]:
    for one in Department.objects.order_by("position", "id").defer("custom"):
        names = (one.name_zh, one.name_en)
        yield Row(one.pk, one.code, one.name, names, one.parent_id, one.region_id, one.closed_on)


def _is_closed(row: Row, day: date) -> bool:
    return row.closed_on is not None and row.closed_on <= day


def _is_wanted(row: Row, asked: Asked) -> bool:
    if row.id == asked.chosen:
        return True
    if _is_closed(row, asked.day) and not asked.closed:
        return False
    return not asked.q or _says(asked.q, row.names, row.code)


def _says(q: str, names: tuple[str, str], *more: str) -> bool:
    """Whether names, pinyin or code have every word of a search."""
    text = search_text(names[0], names[1], *more)
    return all(word in text for word in q.lower().split())


def _way_up(rows: Mapping[int, Row], department: int) -> list[int]:
    """The departments above one, the highest first; a circle, which nobody can make, would end it."""
    found: list[int] = []
    at = rows[department].parent
    while at and at not in found and at != department:
        found.append(at)
        at = rows[at].parent
    return found[::-1]


def head_counts(people: Scope, day: date) -> dict[int, int]:
    """How many people in reach have their primary post in each department on a day; one query."""
    found = Assignment.objects.filter(on(day), people_in(people, "employee"), is_primary=True).order_by()
    return dict(found.values_list("department").annotate(people=Count("id")))


def _with_below(rows: Mapping[int, Row], here: Mapping[int, int]) -> Counter[int]:
    total: Counter[int] = Counter()
    for department, people in here.items():
        for one in (department, *_way_up(rows, department)):
            total[one] += people
    return total


def _linked(nodes: Mapping[int, Node]) -> list[Node]:
    roots: list[Node] = []
    for one in nodes.values():
        parent = nodes.get(one.row.parent or 0)
        (parent.children if parent else roots).append(one)
    return roots


def _open(rows: Mapping[int, Row], nodes: Mapping[int, Node], asked: Asked) -> None:
    """Open the way to the chosen department; what was searched for, wherever it is; else the first storey."""
    chosen = nodes.get(asked.chosen)
    line = {chosen.row.id, *_way_up(rows, chosen.row.id)} if chosen else set()
    for one in nodes.values():
        one.is_open = one.row.id in line or (len(nodes) <= WHOLE_TREE and (bool(asked.q) or one.row.parent is None))
        one.is_current = one is chosen


def pruned(tree: Tree) -> list[Node]:
    """The roots with what is below them, of a large tree only where it is open."""
    if len(tree.nodes) > WHOLE_TREE:
        for one in tree.nodes.values():
            if not one.is_open:
                one.children = []
    return tree.roots


def open_first(tree: Tree) -> int:
    """Mark the first department of the tree that is in reach as the open one; its id, 0 where there is none."""
    for one in _downwards(tree.roots):
        if one.count is not None:
            one.is_current = True
            return one.row.id
    return 0


def _downwards(nodes: Iterable[Node]) -> Iterator[Node]:
    for one in nodes:
        yield one
        yield from _downwards(one.children)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works in a department."""

    number: str
    name: str
    post: str


class _Seat(NamedTuple):
    employee: int
    manager: int | None
    post: int
    number: str
    name: str

    def member(self, posts: Mapping[int, str]) -> Member:
        return Member(self.number, self.name, posts[self.post])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A department with who works there on a day, as far as in reach."""

    department: Department
    above: list[Node | Row]
    region: Region | None
    is_inherited: bool
    heads: list[Member]
    """Those whom others here report to, and who report to nobody here."""
    posts: list[tuple[str, int]]
    people: list[Member]
    people_in_all: int


def chosen(tree: Tree, people: Scope, pk: int, day: date) -> Chosen | None:
    """A department, or None where it is not in reach; four queries."""
    node = tree.nodes.get(pk)
    if node is None or node.count is None:
        return None
    department = Department.objects.select_related("parent").get(pk=node.row.id)
    region = tree.region_of(department.pk)
    found = Assignment.objects.filter(on(day), people_in(people, "employee"), department=department, is_primary=True)
    columns = ("employee", "manager", "post", "employee__number", "employee__name")
    seats = [_Seat(*row) for row in found.order_by("employee__number").values_list(*columns)]
    posts = {one.pk: one.name for one in Post.objects.filter(pk__in={one.post for one in seats})}
    return Chosen(
        department=department,
        above=tree.above(department.pk),
        region=Region.objects.filter(pk=region).first() if region else None,
        is_inherited=department.region_id is None,
        heads=[one.member(posts) for one in _heads(seats)],
        posts=Counter(posts[one.post] for one in seats).most_common(),
        people=[one.member(posts) for one in seats[:PEOPLE_SHOWN]],
        people_in_all=len(seats),
    )


def _heads(seats: Sequence[_Seat]) -> list[_Seat]:
    here = {one.employee for one in seats}
    asked = {one.manager for one in seats}
    return [one for one in seats if one.employee in asked and one.manager not in here]


def visible(kind: str, scope: Scope) -> QuerySet[Any]:
    """The places of a kind that somebody sees."""
    found: Mapping[str, Any] = {
        "departments": visible_departments,
        "posts": visible_posts,
        "stores": visible_stores,
        "shops": visible_shops,
        "regions": visible_regions,
    }
    some: QuerySet[Any] = found[kind](scope)
    return some


@dataclass(frozen=True, slots=True)
class Listed:
    """A post, store, shop or region in a list, with how many people in reach it has."""

    place: Any
    people: int | None
    of: str
    """Its department or region, if that is in reach."""
    is_closed: bool


def listed(kind: str, scope: Scope, people: Scope, asked: Asked) -> list[Listed]:
    """Posts, stores, shops or regions as a list; three queries."""
    found = visible(kind, scope)
    if not asked.closed:
        found = found.filter(Q(closed_on=None) | Q(closed_on__gt=asked.day))
    if kind != "regions":
        found = found.select_related("department" if kind == "posts" else "region")
    counts = _people_at(kind, people, asked.day)
    known = set(visible_departments(scope).values_list("id", flat=True)) if kind == "posts" else set()
    return [
        Listed(one, None if counts is None else counts.get(one.pk, 0), _of(one, known), _closed(one, asked.day))
        for one in found
        if not asked.q or _says(asked.q, (one.name_zh, one.name_en), one.code, getattr(one, "platform", ""))
    ]


def _people_at(kind: str, people: Scope, day: date) -> dict[int, int] | None:
    column = {"posts": "post", "stores": "store"}.get(kind)
    if not column:
        return None
    found = Assignment.objects.filter(on(day), people_in(people, "employee"), is_primary=True).order_by()
    return dict(found.exclude(**{column: None}).values_list(column).annotate(people=Count("id")))


def _of(one: Any, departments: set[int]) -> str:
    if isinstance(one, Post):
        return one.department.name if one.department and one.department_id in departments else ""
    region: Region | None = getattr(one, "region", None)
    return region.name if region else ""


def _closed(one: Any, day: date) -> bool:
    return one.closed_on is not None and one.closed_on <= day


def place_at(kind: str, pk: int) -> Place | None:
    """A department, post, store, shop or region by its id."""
    found: Place | None = KINDS[kind]._default_manager.filter(pk=pk).first() if pk < 2**63 else None
    return found


def workers(place: Place, day: date, people: Scope) -> tuple[int, list[str]]:
    """How many people work at a department, post or store on a day or later, and the first of those in reach."""
    column = {Department: "department", Post: "post", Store: "store"}.get(type(place))
    if column is None:
        return 0, []
    later = Q(valid_to=None) | Q(valid_to__gt=day)
    found = Assignment.objects.filter(later, **{column: place}).order_by("employee__number")
    count = found.values("employee").distinct().count()
    seen = found.filter(people_in(people, "employee")).values_list("employee__name", "employee__number").distinct()
    return count, [f"{name} {number}" for name, number in seen[:5]] if count else []


def same_name(kind: type[Named], names: Iterable[str], *, but: int | None = None) -> Named | None:
    """Another one of the kind with one of these names, whatever case and width."""
    wanted = {folded(one) for one in names if one}
    for one in kind._default_manager.exclude(pk=but).only("code", "name_zh", "name_en"):
        if wanted & {folded(one.name_zh), folded(one.name_en)} - {""}:
            return one
    return None


def next_position(parent: int | None) -> int:
    """The order number after the last of the departments below one."""
    last = Department.objects.filter(parent=parent).aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1


def free_code(kind: type[Named], name: str) -> str:
    """A code made of a name, by its pinyin, that nothing of the kind has yet."""
    stem = slug(name)
    taken = set(kind._default_manager.filter(code__startswith=stem).values_list("code", flat=True))
    return next(
        code for number in range(len(taken) + 2) if (code := f"{stem}-{number}" if number else stem) not in taken
    )
