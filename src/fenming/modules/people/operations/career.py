"""One person's employments and posts, changed as a whole: planned first, then checked, then kept.

While somebody is employed, one primary post follows the other without a gap; others may stand beside them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fenming.controls.scope import Scope
from fenming.modules.people.models import Assignment, Department, Employee, Employment, Post, Store
from fenming.modules.people.operations.turns import one_at_a_time
from fenming.modules.people.queries.persons import is_on, last_day, posts_during
from fenming.modules.people.queries.reach import regions_of_departments

Row = Assignment | Employment
TRACKED = {
    Assignment: (
        "department_id", "team", "post_id", "store_id", "manager_id", "base", "is_primary", "valid_from", "valid_to",
        "reason",
    ),
    Employment: ("valid_from", "valid_to", "reason"),
}  # fmt: skip
WHERE = ("department_id", "post_id", "store_id")
LINES = 12
"""How many levels of managers are followed upwards."""


def wrong(field: str, words: str, **named: object) -> ValidationError:
    """What is wrong with a field of the form, and the remedy; without a field, with the whole."""
    text = words % named
    return ValidationError({field: text}) if field else ValidationError(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody works, at which post, for whom and for which pay; without one it stays what it is."""

    department: Department
    post: Post
    store: Store | None = None
    manager: Employee | None = None
    team: str = ""
    base: Any = None


def values(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TRACKED[type(row)]}


@dataclass(slots=True)
class Career:
    """A person's rows as they are in memory, and what they were in the database."""

    employee: Employee
    employments: list[Employment]
    posts: list[Assignment]
    removed: list[Row] = field(default_factory=list)
    author: int | None = None
    _was: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, employee: Employee, author: int | None = None) -> "Career":
        """Read with everything that the checks and the preview name."""
        posts: list[Assignment] = []
        employments: list[Employment] = []
        if employee.pk:
            related = employee.assignments.select_related("department", "post", "store", "manager")
            posts = list(related.order_by("valid_from", "id"))
            employments = list(employee.employments.order_by("valid_from"))
        career = cls(employee, employments, posts, author=author)
        career._was = {id(row): values(row) for row in career.rows}
        return career

    def was(self, row: Row) -> dict[str, Any] | None:
        """What the row is in the database; None for a new one."""
        return self._was.get(id(row))

    @property
    def rows(self) -> list[Row]:
        return list[Row](self.employments) + list[Row](self.posts)

    @property
    def touched(self) -> list[Row]:
        """New rows and changed ones."""
        return [one for one in self.rows if self.was(one) != values(one)]

    def primary_on(self, day: date) -> Assignment | None:
        return next((one for one in self.posts if one.is_primary and is_on(one, day)), None)

    def primary_after(self, day: date, end: date | None) -> Assignment | None:
        """The first primary post that begins after a day and before ``end``."""
        later = (one for one in self.posts if one.is_primary and one.valid_from > day)
        return min((one for one in later if end is None or one.valid_from < end), key=_start, default=None)

    def employed_on(self, day: date) -> Employment:
        """The employment of a day, without which nothing can begin on it."""
        found = next((one for one in self.employments if is_on(one, day)), None)
        if found:
            return found
        words = _("On %(day)s this person is not employed. Choose a day of an employment, or record the return first.")
        raise wrong("day", words, day=day)

    def employ(self, start: date, reason: str) -> Employment:
        found = Employment(employee=self.employee, valid_from=start, reason=reason, author_id=self.author)
        self.employments.append(found)
        return found

    def place(self, place: Place, start: date, end: date | None, reason: str, *, is_primary: bool = True) -> Assignment:
        """A new post."""
        found = Assignment(
            employee=self.employee, valid_from=start, valid_to=end, reason=reason, is_primary=is_primary,
            author_id=self.author,
        )  # fmt: skip
        put(found, place)
        self.posts.append(found)
        return found

    def succeed(self, place: Place, start: date, reason: str, *, until_next: bool) -> Assignment:
        """A new primary post in place of the one of that day, up to the next that is already planned."""
        employment = self.employed_on(start)
        current, later = self.primary_on(start), self.primary_after(start, employment.valid_to)
        if current and current.valid_from == start:
            words = _(
                "The post of that time begins on %(day)s itself. Correct it, so that no other follows it that day."
            )
            raise wrong("day", words, day=start)
        if later and not until_next:
            words = _(
                "From %(day)s another post is already recorded (%(post)s). Tick “Until the next post begins”, "
                "or change that one first."
            )
            raise wrong("until_next", words, day=later.valid_from, post=f"{later.department} · {later.post}")
        if place.base is None and current:
            place = replace(place, base=current.base)
        end = current.valid_to if current else later.valid_from if later else employment.valid_to
        if current:
            current.valid_to = start
        return self.place(place, start, end, reason)

    def remove(self, row: Assignment) -> None:
        self.posts.remove(row)
        self.removed.append(row)

    def post(self, pk: int) -> Assignment:
        found = next((one for one in self.posts if one.pk == pk), None)
        if found is None:
            raise ValidationError(_("This post is no longer there. Open the person again."))
        return found

    def first_day(self) -> date | None:
        """The first day on which something is another than it was."""
        rows = [*self.touched, *self.removed]
        return min((day for row in rows for day in _changed_days(row, self.was(row))), default=None)

    # What must hold

    def check(self, reach: Scope) -> None:
        """Refuse in words what the database would refuse, and what it cannot know."""
        _refuse_overlaps(self.employments, _("Two employments would overlap: %(one)s and %(other)s."))
        primary = [one for one in self.posts if one.is_primary]
        _refuse_overlaps(primary, _("Two primary posts would overlap: %(one)s and %(other)s."))
        touched = [one for one in self.touched if isinstance(one, Assignment)]
        self._refuse_foreign(touched, reach)
        for one in touched:
            self._refuse_outside(one)
        moved = [one for one in touched if self._is_placed_anew(one)]
        regions = regions_of_departments() if moved else {}
        for one in moved:
            _refuse_closed(one)
            _refuse_regions(one, regions)
        lines = [one for one in touched if one.is_primary and one.manager_id]
        if lines:
            one_at_a_time()
        for one in lines:
            _refuse_circle(one, self.employee)

    def _refuse_foreign(self, touched: list[Assignment], reach: Scope) -> None:
        """Neither what is nor what becomes of it may lie outside the editor's reach."""
        if reach.everything:
            return
        old = [was for one in [*touched, *self.removed] if (was := self.was(one)) and "department_id" in was]
        named = self.employee.pk in reach.employees
        own = {(was["department_id"], was["store_id"]) for was in old}
        for was in old:
            if not (named or _reaches(reach, was["department_id"], was["store_id"], was["manager_id"])):
                raise ValidationError(_("This touches a post outside your area. Ask whoever is responsible there."))
        for one in touched:
            if (one.department_id, one.store_id) not in own and not _reaches(reach, one.department_id, one.store_id):
                words = _(
                    "You may not place people in %(place)s. Choose a department or store of your own area, "
                    "or ask whoever is responsible there."
                )
                raise wrong("department", words, place=one.store or one.department)

    def _is_placed_anew(self, post: Assignment) -> bool:
        """Whether it is at another place than before; not if only the pay, the manager or an end changed."""
        was = self.was(post)
        if was:
            return any(was[name] != getattr(post, name) for name in (*WHERE, "valid_from"))
        before = (one for one in self.posts if one.valid_to == post.valid_from)
        return all(any(getattr(one, name) != getattr(post, name) for name in WHERE) for one in before)

    def _refuse_outside(self, post: Assignment) -> None:
        inside = any(
            one.valid_from <= post.valid_from and (one.valid_to is None or (post.valid_to or date.max) <= one.valid_to)
            for one in self.employments
        )
        if not inside:
            raise wrong("", _("A post must lie within an employment: %(post)s."), post=said(post))

    def sum_up(self) -> None:
        """The employee's own first and last day follow the employments."""
        self.employee.joined = min(one.valid_from for one in self.employments)
        self.employee.left = max(self.employments, key=_start).valid_to


def put(post: Assignment, place: Place) -> None:
    """Let a post be at a place."""
    for name in ("department", "post", "store", "manager", "team", "base"):
        setattr(post, name, getattr(place, name))


def said(row: Row) -> str:
    """A row in words: what, from when to when."""
    end = last_day(row.valid_to)
    stretch = f"{row.valid_from} – {end or ''}".rstrip()
    return f"{row.department} · {row.post} ({stretch})" if isinstance(row, Assignment) else stretch


def _start(row: Row) -> date:
    return row.valid_from


def _changed_days(row: Row, was: Mapping[str, Any] | None) -> list[date]:
    if was is None or was == values(row) or was["valid_from"] != row.valid_from:
        return [row.valid_from, *([was["valid_from"]] if was else [])]
    if [name for name, value in was.items() if name != "valid_to" and getattr(row, name) != value]:
        return [row.valid_from]
    return [min(was["valid_to"] or date.max, row.valid_to or date.max)]


def _refuse_overlaps(rows: Iterable[Row], words: str) -> None:
    ordered = sorted(rows, key=_start)
    for one in ordered:
        if one.valid_to is not None and one.valid_to <= one.valid_from:
            raise ValidationError(_("What begins on %(start)s cannot end before it.") % {"start": one.valid_from})
    for one, other in pairwise(ordered):
        if one.valid_to is None or one.valid_to > other.valid_from:
            raise ValidationError(words % {"one": said(one), "other": said(other)})


def _reaches(reach: Scope, department: int, store: int | None, manager: int | None = None) -> bool:
    return department in reach.departments or store in reach.stores or manager in reach.managers


def _refuse_closed(post: Assignment) -> None:
    for name, place in (("department", post.department), ("post", post.post), ("store", post.store)):
        if place and place.closed_on and place.closed_on <= post.valid_from:
            words = _("%(place)s is closed since %(day)s. Choose another, or an earlier day.")
            raise wrong(name, words, place=place, day=place.closed_on)


def _refuse_regions(post: Assignment, regions: Mapping[int, int | None]) -> None:
    store, region = post.store, regions.get(post.department_id)
    if store and store.region_id and region and store.region_id != region:
        words = _(
            "%(store)s lies in another region than %(department)s. Choose a store of the department's region, "
            "or a department of the store's."
        )
        raise wrong("store", words, store=store, department=post.department)


def _refuse_circle(post: Assignment, employee: Employee) -> None:
    """Follow the managers upwards, level by level, each only for the days that the line below lasts."""
    manager = post.manager
    if manager is None:
        return
    if manager.left and manager.left <= post.valid_from:
        raise wrong("manager", _("%(name)s has left by then. Choose somebody who is here."), name=manager)
    level = [_Step(manager.pk, post.valid_from, post.valid_to or date.max, (employee.pk, manager.pk))]
    for _depth in range(LINES):
        circle = next((step.path for step in level if step.who == employee.pk), None)
        if circle:
            raise ValidationError({"manager": _in_a_circle(circle)})
        if not level:
            return
        level = _next_level(level)


class _Step(NamedTuple):
    """Somebody up the line, on which days, and the way there."""

    who: int
    start: date
    end: date
    path: tuple[int, ...]


def _next_level(level: list[_Step]) -> list[_Step]:
    start, end = min(one.start for one in level), max(one.end for one in level)
    above: dict[int, list[Assignment]] = {}
    for one in posts_during({step.who for step in level}, start, end).filter(manager__isnull=False):
        above.setdefault(one.employee_id, []).append(one)
    return [
        _Step(manager, max(step.start, one.valid_from), min(step.end, one.valid_to or date.max), (*step.path, manager))
        for step in level
        for one in above.get(step.who, ())
        if (manager := one.manager_id) and one.valid_from < step.end and (one.valid_to or date.max) > step.start
    ]


def _in_a_circle(path: tuple[int, ...]) -> str:
    names = dict(Employee.objects.filter(pk__in=path).values_list("pk", "name"))
    return _("These would report to each other in a circle: %(circle)s. Choose another manager.") % {
        "circle": " → ".join(names.get(one, "?") for one in path)
    }
