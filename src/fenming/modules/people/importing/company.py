"""The company as an import finds it: plain data, no more of it than the importer reaches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from fenming.modules.people.importing.cells import folded


@dataclass(frozen=True, slots=True)
class Place:
    """A department, post or store."""

    id: int
    code: str
    zh: str
    en: str
    closed: date | None = None
    parent: int | None = None
    """Of a post, its department."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A primary assignment."""

    id: int
    department: int
    team: str
    post: int
    store: int | None
    manager: int | None
    base: Decimal | None
    start: date
    end: date | None


@dataclass(slots=True)
class Person:
    """Somebody of the file who is here already."""

    id: int
    version: int
    values: dict[str, Any]
    """Number, name, tag, email, phone, id_number, joined, left."""
    custom: Mapping[str, Any]
    employments: Sequence[tuple[date, date | None]] = ()
    seat: Seat | None = None
    later: date | None = None
    """When a post begins that comes after the present one."""
    last_start: date | None = None
    """When the last assignment of any kind begins."""
    first_start: date | None = None
    pay_in_reach: bool = True


class Places:
    """Departments, posts or stores by every name that means exactly one of them."""

    def __init__(
        self, places: Iterable[Place], *, reachable: frozenset[int] | None = None, paths: bool = False
    ) -> None:
        self.by_id = {one.id: one for one in places}
        self._names: dict[str, set[int]] = defaultdict(set)
        self._own: dict[int, list[str]] = {}
        for one in self.by_id.values():
            self._own[one.id] = names = self._called(one, paths)
            if reachable is None or one.id in reachable:
                for name in names:
                    self._names[folded(name)].add(one.id)

    def _called(self, one: Place, paths: bool) -> list[str]:
        """The names of a place, the best to show first."""
        zh, en = one.zh, one.en or one.zh
        found = [zh, one.en]
        seen, parent = {one.id}, one.parent
        while paths and parent and parent not in seen:
            above = self.by_id[parent]
            zh, en = f"{above.zh}/{zh}", f"{above.en or above.zh}/{en}"
            found += [zh, en]
            seen.add(parent)
            parent = above.parent
        return [name for name in (zh, en, *found, one.code) if name]

    def find(self, text: str) -> set[int]:
        return self._names.get(folded(text), set())

    def is_called(self, place: int | None, text: str) -> bool:
        """Whether a place, reachable or not, has this name."""
        return place is not None and folded(text) in map(folded, self._own.get(place, ()))

    def labels(self, chinese: bool = True) -> list[str]:
        """What can be chosen, in the order of the places."""
        inside = set().union(*self._names.values())
        return [self.label(one.id, chinese) for one in self.by_id.values() if one.id in inside and not one.closed]

    def label(self, place: int | None, chinese: bool = True) -> str:
        """What is written for a place, so that reading it finds the same."""
        if place is None:
            return ""
        zh, en, *others = self._own[place] if len(self._own[place]) > 1 else [*self._own[place] * 2]
        first = [zh, en] if chinese else [en, zh]
        return next((one for one in (*first, *others) if self.find(one) <= {place}), self.by_id[place].code)


@dataclass(slots=True, kw_only=True)
class Company:
    """Everything that rows are compared with."""

    day: date
    people: Mapping[str, Person]
    """By number: those of the file within reach."""
    taken: frozenset[str]
    """Numbers of the file that belong to people out of reach."""
    departments: Places
    posts: Places
    stores: Places
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Number → id of everybody who may be named as a manager."""
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Folded name → numbers of those."""
    fresh: frozenset[str] = frozenset()
    """Numbers of the file that nobody has yet."""
    gone: frozenset[int] = frozenset()
    managers: Mapping[int, int] = field(default_factory=dict)
    """Person → manager, of everybody."""
    called: Mapping[int, str] = field(default_factory=dict)
    """Id → number, of everybody who is a manager or within reach."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """ID number of the file → the number of who has it already, empty for somebody out of reach."""
    tags: Mapping[str, str] = field(default_factory=dict)
    everywhere: bool = True
    reach_departments: frozenset[int] = frozenset()
    reach_stores: frozenset[int] = frozenset()
    reach_managers: frozenset[int] = frozenset()
    regions: Mapping[int, int | None] = field(default_factory=dict)
    """Department → the region that it or one above it lies in."""
    store_regions: Mapping[int, int | None] = field(default_factory=dict)
    may_pay: bool = True
    pay_departments: frozenset[int] | None = None
    """Where base pay may be set; None for everywhere."""
    may_create: bool = True
    """Whether departments and posts that are not known may be created."""
