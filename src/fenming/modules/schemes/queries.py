"""Reads of schemes and results. The scope is applied here, once."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Prefetch, Q, QuerySet, Sum

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.controls.validity import during, on
from fenming.library.schemes import Scheme
from fenming.modules.indicators.queries import own_indicators
from fenming.modules.people.queries.reach import within
from fenming.modules.people.queries.records import assignments_during, attendance
from fenming.modules.schemes.models import DailyScore, SchemeVersion, Scorecard, ScoreLine
from fenming.pipeline.inputs import Person, StayUnder
from fenming.rules.periods import Period


def schemes_during(start: date, end: date) -> dict[int, Scheme]:
    """The scheme versions in force at some time of a period, by the id of the version."""
    own = {name: one.model_dump(mode="json") for name, one in own_indicators(start).items()}
    rows = SchemeVersion.objects.filter(during(start, end)).order_by("identifier", "-valid_from")
    return {
        row.pk: Scheme.model_validate({**row.definition, "indicators": {**own, **row.definition.get("indicators", {})}})
        for row in rows
    }


def scheme_on(identifier: str, day: date) -> Scheme | None:
    """The version of a scheme in force on a day."""
    row = SchemeVersion.objects.filter(on(day), identifier=identifier).first()
    return Scheme.model_validate(row.definition) if row else None


def open_versions() -> list[SchemeVersion]:
    """The versions that have no end yet."""
    return list(SchemeVersion.objects.filter(valid_to=None).order_by("identifier"))


def people_of(period: Period) -> tuple[list[Scheme], list[Person]]:
    """Everybody who worked in the period, with the schemes they were under and from when to when."""
    versions = SchemeVersion.objects.filter(during(period.start, period.end)).order_by("identifier", "-valid_from")
    schemes = schemes_during(period.start, period.end)
    by_post = _by_post(versions, schemes)
    present = attendance(Scope.all(), period.start)
    stays: dict[int, list[Any]] = {}
    for one in assignments_during(Scope.all(), period.start, period.end):
        stays.setdefault(one.employee_id, []).append(one)
    people = [
        person
        for employee, own in stays.items()
        if (person := _person(own, by_post, period, present[employee].share if employee in present else Decimal(1)))
    ]
    used = {stay.scheme for person in people for stay in person.stays}
    return [scheme for scheme in schemes.values() if scheme.id in used], people


def _by_post(versions: QuerySet[SchemeVersion], schemes: Mapping[int, Scheme]) -> dict[tuple[int, str], Scheme]:
    """(department, post) → scheme; the post "" stands for all others of the department."""
    found: dict[tuple[int, str], Scheme] = {}
    for version in versions:
        scheme = schemes[version.pk]
        for post in scheme.posts or ("",):
            found.setdefault((version.department_id, post), scheme)
    return found


def _person(
    own: Sequence[Any], by_post: Mapping[tuple[int, str], Scheme], period: Period, present: Decimal
) -> Person | None:
    under = []
    for one in own:
        scheme = by_post.get((one.department_id, one.post.code)) or by_post.get((one.department_id, ""))
        if scheme is not None:
            start, end = max(one.valid_from, period.start), min(one.valid_to or period.end, period.end)
            under.append((one, scheme, StayUnder(scheme=scheme.id, start=start, end=end)))
    if not under:
        return None
    last, scheme, _ = under[-1]
    return Person(
        person=last.employee.number,
        subject=last.store.code if scheme.subject == "store" and last.store else "",
        name=last.employee.name,
        post=last.post.code,
        group=f"{last.department.code}",
        base=Decimal(1) if last.base is None else last.base,  # as in a file of people without pay
        attendance=present,
        stays=tuple(stay for _, _, stay in under),
    )


def scorecards(run: Run, scope: Scope) -> QuerySet[Scorecard]:
    """The results of a run that the scope reaches, best first."""
    found = Scorecard.objects.filter(within(scope), run=run).select_related("employee", "department")
    return found.order_by("department_id", F("rank").asc(nulls_last=True), "employee__number")


def scorecard_visible(scope: Scope, number: int) -> Scorecard | None:
    """One result of a complete run, with its lines and adjustments, if the scope reaches it."""
    found = Scorecard.objects.filter(within(scope), run__complete=True, pk=number)
    return with_lines(found.select_related("employee", "department", "run")).first()


def own_scorecards(employee: int, runs: Sequence[Run]) -> dict[int, Scorecard]:
    """One person's results in several runs, by run."""
    found = Scorecard.objects.filter(employee=employee, run__in=runs).select_related("employee", "department")
    return {card.run_id: card for card in found}


def results_of(run: Run, department: int) -> list[tuple[Decimal, str]]:
    """Totals and grades of everybody in a department who has a total, without names."""
    found = Scorecard.objects.filter(run=run, department=department, total__isnull=False)
    return [(total, grade) for total, grade in found.values_list("total", "grade") if total is not None]


def with_lines(found: QuerySet[Scorecard]) -> QuerySet[Scorecard]:
    """The same results with their lines and adjustments, in two more queries whatever their number."""
    return found.prefetch_related(Prefetch("lines", queryset=ScoreLine.objects.order_by("id")), "adjustments")


def indicator_means(runs: Sequence[Run], department: int) -> dict[tuple[int, str], dict[str, Any]]:
    """(run, indicator) → numerator and denominator in total, mean score, points and weight, people with a value."""
    rows = (
        ScoreLine.objects.filter(scorecard__run__in=runs, scorecard__department=department)
        .values("scorecard__run", "indicator")
        .annotate(
            numerators=Sum("numerator", filter=Q(value__isnull=False)),
            denominators=Sum("denominator", filter=Q(value__isnull=False)),
            score=Avg("score"),
            points=Avg("points"),
            weight=Avg("weight"),
            people=Count("id", filter=Q(value__isnull=False)),
            missing=Count("id", filter=Q(value__isnull=True)),
        )
    )
    return {(int(row["scorecard__run"]), str(row["indicator"])): dict(row) for row in rows}


def totals_by_run(department: int, runs: Sequence[Run]) -> dict[int, Decimal]:
    """The mean total of a department in each of several runs."""
    rows = Scorecard.objects.filter(run__in=runs, department=department).values_list("run").annotate(Avg("total"))
    return {run: mean for run, mean in rows if mean is not None}


def ranks_in(run: Run | None, department: int) -> dict[int, int]:
    """Employee → rank in another run, to show who moved."""
    if run is None:
        return {}
    found = Scorecard.objects.filter(run=run, department=department, rank__isnull=False)
    return {employee: rank for employee, rank in found.values_list("employee_id", "rank") if rank is not None}


def daily_scores(run: Run) -> QuerySet[DailyScore]:
    """The daily scores of all departments in a run."""
    return DailyScore.objects.filter(run=run).order_by("day")
