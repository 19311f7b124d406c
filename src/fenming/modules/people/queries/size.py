"""How big the company is."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from fenming.controls.validity import on
from fenming.modules.people.models import Assignment, Department, Employee, PeopleImport


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """People who work here now or will, and where."""

    people: int
    departments: int


def size() -> Size:
    """How many people and departments there are."""
    today = timezone.localdate()
    here = Employee.objects.filter(Q(left=None) | Q(left__gt=today)).count()
    return Size(people=here, departments=Department.objects.filter(closed_on=None).count())


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A department with its people by post."""

    id: int
    code: str
    name: str
    posts: tuple[tuple[str, str, int], ...]
    """Code, name and people."""

    @property
    def people(self) -> int:
        return sum(count for *_, count in self.posts)


def places_with_posts() -> list[Place]:
    """The open departments in which somebody works, with the posts there; three queries."""
    counts: dict[int, list[tuple[str, str, int]]] = {}
    rows = Assignment.objects.filter(on(timezone.localdate()), is_primary=True).order_by("post__code")
    for department, code, zh, en, count in rows.values_list(
        "department_id", "post__code", "post__name_zh", "post__name_en"
    ).annotate(Count("id")):
        counts.setdefault(department, []).append((code, zh or en, count))
    return [
        Place(id=one.pk, code=one.code, name=one.name, posts=tuple(counts[one.pk]))
        for one in Department.objects.filter(closed_on=None)
        if one.pk in counts
    ]


def last_import(user: int | None) -> PeopleImport | None:
    """The newest import of somebody's."""
    return PeopleImport.objects.filter(author=user).first() if user else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who works here, where, and how many report to this person."""

    id: int
    number: str
    name: str
    email: str
    department: int
    department_name: str
    post: str
    has_store: bool
    reports: int


def members() -> list[Member]:
    """Everybody who works here today, in two queries; those to whom most report come first."""
    seats = Assignment.objects.filter(on(timezone.localdate()), is_primary=True)
    reports = Counter(seats.filter(manager__isnull=False).order_by().values_list("manager_id", flat=True))
    found = [
        Member(
            id=one.employee_id, number=one.employee.number, name=one.employee.name, email=one.employee.email,
            department=one.department_id, department_name=one.department.name, post=one.post.name,
            has_store=one.store_id is not None, reports=reports[one.employee_id],
        )
        for one in seats.select_related("employee", "department", "post").order_by("employee__number")
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.reports)
