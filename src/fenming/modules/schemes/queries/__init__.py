"""Reads of schemes and results. The scope is applied here, once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import Count, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, Value

from fenming.controls.models import Run
from fenming.controls.queries import complete_runs
from fenming.controls.scope import Scope
from fenming.controls.validity import during, on
from fenming.library.schemes import Scheme
from fenming.modules.indicators.queries import own_indicators
from fenming.modules.people.queries.reach import within
from fenming.modules.people.queries.records import assignments_during, attendance
from fenming.modules.schemes.models import DailyScore, IndicatorTotal, SchemeVersion, Scorecard, ScoreLine
from fenming.modules.schemes.queries.targets import Goals, with_targets
from fenming.modules.schemes.queries.trying import readable
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


def people_of(
    period: Period,
    departments: Collection[int] | None = None,
    *,
    closed: Collection[int] = (),
    instead: Sequence[SchemeVersion] = (),
    goals: Goals | None = None,
) -> tuple[list[Scheme], list[Person]]:
    """Everybody who worked in the period, with the schemes they were under and from when to when.

    People belong to the department of their last post; ``departments`` names those to take, ``closed`` those to leave.
    ``instead`` are versions in no table, each in place of all those of its identifier: see `trying.provisional`.
    ``goals`` are targets agreed with people for this period.
    A version that begins within the period gives a stay of its own: the results count pro rata by days.
    """
    versions, schemes = _in_force(period, instead)
    by_post = _by_post(versions, schemes, period)
    present = attendance(Scope.all(), period.start)
    stays: dict[int, list[Any]] = {}
    for one in assignments_during(Scope.all(), period.start, period.end):
        stays.setdefault(one.employee_id, []).append(one)
    placed = [
        (person, own[-1])
        for employee, own in stays.items()
        if own[-1].department_id not in closed
        and (departments is None or own[-1].department_id in departments)
        and (person := _person(own, by_post, period, present[employee].share if employee in present else Decimal(1)))
    ]
    people = with_targets(placed, {one.id: one for one in schemes.values()}, period, goals)
    used = {stay.scheme for person in people for stay in person.stays}
    return [scheme for version in versions if (scheme := schemes[version.pk]).id in used], people


def _in_force(period: Period, instead: Sequence[SchemeVersion]) -> tuple[list[SchemeVersion], dict[int, Scheme]]:
    """The versions of a period in the order in which they count, and their schemes."""
    replaced = {one.identifier for one in instead}
    found = SchemeVersion.objects.filter(during(period.start, period.end)).exclude(identifier__in=replaced)
    versions = sorted([*found.order_by("identifier", "-valid_from"), *instead], key=lambda one: one.identifier)
    tried = {one.pk: readable(one, period.start) for one in instead}
    return versions, _told_apart(versions, schemes_during(period.start, period.end) | tried)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A version that holds from a day up to another, both within the period."""

    scheme: Scheme
    start: date
    end: date


def _by_post(
    versions: Iterable[SchemeVersion], schemes: Mapping[int, Scheme], period: Period
) -> dict[tuple[int, str], list[Rule]]:
    """(department, post) → what holds there, the newest first; the post "" stands for all others of the department."""
    found: dict[tuple[int, str], list[Rule]] = {}
    for version in versions:
        scheme = schemes[version.pk]
        start, end = max(version.valid_from, period.start), min(version.valid_to or period.end, period.end)
        for post in scheme.posts or ("",):
            found.setdefault((version.department_id, post), []).append(Rule(scheme=scheme, start=start, end=end))
    return found


def _told_apart(versions: Iterable[SchemeVersion], schemes: Mapping[int, Scheme]) -> dict[int, Scheme]:
    """Where a scheme changes within the period, its earlier versions get an id of their own."""
    found: dict[int, Scheme] = {}
    named: set[str] = set()
    for version in versions:
        scheme = schemes[version.pk]
        if scheme.id in named:
            scheme = scheme.model_copy(update={"id": f"{scheme.id[:69]}@{version.valid_from}"})
        named.add(scheme.id)
        found[version.pk] = scheme
    return found


def _holding(rules: Mapping[tuple[int, str], Sequence[Rule]], one: Any, period: Period) -> list[Rule]:
    """The versions that held for somebody at a post, day by day; the rule of the post goes before the department's."""
    start, end = max(one.valid_from, period.start), min(one.valid_to or period.end, period.end)
    own = [*rules.get((one.department_id, one.post.code), ()), *rules.get((one.department_id, ""), ())]
    marks = sorted({start, end, *(day for rule in own for day in (rule.start, rule.end) if start < day < end)})
    held: list[Rule] = []
    for at, until in pairwise(marks):
        rule = next((rule for rule in own if rule.start <= at < rule.end), None)
        if rule is None:
            continue
        if held and held[-1].scheme is rule.scheme and held[-1].end == at:
            held[-1] = replace(held[-1], end=until)
        else:
            held.append(Rule(scheme=rule.scheme, start=at, end=until))
    return held


def _person(
    own: Sequence[Any], rules: Mapping[tuple[int, str], Sequence[Rule]], period: Period, present: Decimal
) -> Person | None:
    under = [(one, rule) for one in own for rule in _holding(rules, one, period)]
    if not under:
        return None
    last, _ = under[-1]
    return Person(
        person=last.employee.number,
        subject=last.store.code if under[-1][1].scheme.subject == "store" and last.store else "",
        name=last.employee.name,
        post=last.post.code,
        group=f"{last.department.code}",
        base=Decimal(1) if last.base is None else last.base,  # as in a file of people without pay
        attendance=present,
        stays=tuple(StayUnder(scheme=rule.scheme.id, start=rule.start, end=rule.end) for _, rule in under),
    )


def scorecards(run: Run, scope: Scope) -> QuerySet[Scorecard]:
    """The results of a run that the scope reaches, best first."""
    found = Scorecard.objects.filter(within(scope), run=run).select_related("employee", "department")
    return found.order_by("department_id", F("rank").asc(nulls_last=True), "employee__number")


class Standing(NamedTuple):
    """Somebody in a ranking, with the rank in the run before."""

    card: int
    number: str
    name: str
    team: str
    scheme: str
    total: Decimal | None
    grade: str
    rank: int | None
    lacking: int
    rank_before: int | None


_STANDING = (
    "pk",
    "employee__number",
    "employee__name",
    "team",
    "scheme",
    "total",
    "grade",
    "rank",
    "lacking",
    "before",
)


def ranked(run: Run, department: int, scope: Scope, *, before: Run | None = None) -> list[Standing]:
    """Everybody of a department in reach, best first; thousands of them are narrowed and ordered at each look."""
    earlier = Scorecard.objects.filter(run=before, employee=OuterRef("employee"), department=department)
    rank_before = Subquery(earlier.values("rank")) if before else Value(None, output_field=IntegerField())
    found = scorecards(run, scope).filter(department=department).select_related(None)
    return [Standing(*row) for row in found.annotate(before=rank_before).values_list(*_STANDING)]


def cards_shown(found: Sequence[Standing]) -> list[Scorecard]:
    """The results behind these places of a ranking, in their order, with their lines."""
    cards = with_lines(Scorecard.objects.select_related("employee")).in_bulk([one.card for one in found])
    return [cards[one.card] for one in found if one.card in cards]


def cards_of(runs: Collection[int], employees: Collection[int]) -> QuerySet[Scorecard]:
    """The results of people in several runs; whoever asks has the right to them."""
    return Scorecard.objects.filter(run__in=runs, employee__in=employees).select_related("employee", "department")


def cards_beside(runs: Collection[int], employees: Collection[int]) -> QuerySet[Scorecard]:
    """The results of everybody who is graded together with these people, and of themselves."""
    theirs = Scorecard.objects.filter(run__in=runs, employee__in=employees).values("department")
    return Scorecard.objects.filter(run__in=runs, department__in=theirs).select_related("employee", "department")


def values_of(employees: Collection[int], indicators: Collection[str]) -> list[dict[str, Any]]:
    """What people reached in indicators in each complete run, the latest period first, of one period the newest."""
    rows = ScoreLine.objects.filter(
        scorecard__employee__in=employees, indicator__in=indicators, scorecard__run__in=complete_runs().order_by()
    )
    found = rows.order_by("-scorecard__run__start", "-scorecard__run", "-span").values(
        "indicator", "value", "target", employee=F("scorecard__employee"), start=F("scorecard__run__start"),
        end=F("scorecard__run__end"),
    )  # fmt: skip
    return [dict(row) for row in found]


def scorecard_visible(scope: Scope, number: int) -> Scorecard | None:
    """One result of a complete run, with its lines and adjustments, if the scope reaches it."""
    found = Scorecard.objects.filter(within(scope), run__complete=True, pk=number)
    return with_lines(found.select_related("employee", "department", "run")).first()


def own_scorecards(employee: int) -> dict[int, Scorecard]:
    """One person's results in all complete runs, by run."""
    found = Scorecard.objects.filter(employee=employee, run__complete=True)
    return {card.run_id: card for card in found.select_related("employee", "department", "run")}


def results_of(run: Run, department: int) -> list[tuple[Decimal, str]]:
    """Totals and grades of everybody in a department who has a total, without names."""
    found = Scorecard.objects.filter(run=run, department=department, total__isnull=False)
    return [(total, grade) for total, grade in found.values_list("total", "grade") if total is not None]


def with_lines(found: QuerySet[Scorecard]) -> QuerySet[Scorecard]:
    """The same results with their lines and adjustments, in two more queries whatever their number."""
    return found.prefetch_related(Prefetch("lines", queryset=ScoreLine.objects.order_by("id")), "adjustments")


@dataclass(slots=True, kw_only=True)
class Total:
    """An indicator over the people who have a value of it, and the scores of those who have one."""

    numerator: Decimal = Decimal(0)
    denominator: Decimal = Decimal(0)
    score: Decimal = Decimal(0)
    scored: int = 0


def indicator_totals(runs: Sequence[Run], department: int, *, team: str = "") -> dict[tuple[int, str], Total]:
    """(run, indicator) → its total in a department, or in one of its teams; an empty indicator is the whole score."""
    found = IndicatorTotal.objects.filter(run__in=runs, department=department, **({"team": team} if team else {}))
    totals: dict[tuple[int, str], Total] = {}
    for row in found:
        total = totals.setdefault((row.run_id, row.indicator), Total())
        total.numerator += row.numerator
        total.denominator += row.denominator
        total.score += row.score
        total.scored += row.scored
    return totals


def grades_by_department(runs: Collection[int], scope: Scope) -> list[dict[str, Any]]:
    """How many people of a department have which grade in each run, the sum of their totals, of how many, and how many
    of them lack some indicator."""
    found = Scorecard.objects.filter(within(scope), run__in=runs).order_by().values("run", "department", "grade")
    counted = found.annotate(
        people=Count("id"),
        totals=Sum("total"),
        scored=Count("total"),
        incomplete=Count("id", filter=Q(lacking__gt=0)),
    )
    return [dict(row) for row in counted]


def daily_scores(run: Run) -> QuerySet[DailyScore]:
    """The daily scores of all departments in a run."""
    return DailyScore.objects.filter(run=run).order_by("day")
