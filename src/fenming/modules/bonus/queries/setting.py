"""The pools of a period, department by department, and what became of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.controls.queries import complete_runs
from fenming.controls.scope import Scope
from fenming.drawing import shapes
from fenming.drawing.figures import plain, thousands
from fenming.library.schemes import Scheme
from fenming.modules.bonus.models import Allotment, Amount, Pool
from fenming.modules.people.queries.reach import visible_departments
from fenming.modules.people.queries.records import assignments_during
from fenming.modules.schemes.queries.again import pinned_inputs
from fenming.modules.schemes.queries.rules import schemes_by_department
from fenming.rules.bonus import BonusRule, ByGrade, ByScore, Equal, Limits, Mixed, TeamFund
from fenming.rules.money import total
from fenming.rules.periods import Period, parse, period

ZERO = Decimal(0)
BARS = 16
MONTHS_BACK = 12
Department = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a rule: its share of the pool, and who gets it."""

    share: Decimal
    name: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A bonus rule in words."""

    parts: list[Part]
    limits: list[str]

    @property
    def segments(self) -> list[shapes.Segment]:
        return shapes.split([(one.share * 100, one.tone) for one in self.parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What became of a pool in the run that speaks for the department."""

    run: Run
    pool: Decimal
    fund: Decimal
    undistributed: Decimal
    owner: str
    amounts: Sequence[Decimal]

    @property
    def given(self) -> Decimal:
        return self.pool - self.fund - self.undistributed

    @property
    def segments(self) -> list[shapes.Segment]:
        parts = ((self.given, "brand"), (self.fund, "violet"), (self.undistributed, "amber"))
        return shapes.split([(amount / self.pool * 100, tone) for amount, tone in parts if amount], gap=0.4)

    @property
    def bars(self) -> list[shapes.Column]:
        if not self.amounts:
            return []
        return shapes.histogram(self.amounts, None, 0, float(max(self.amounts)) or 1, count=BARS)

    @property
    def least(self) -> Decimal | None:
        return min(self.amounts, default=None)

    @property
    def most(self) -> Decimal | None:
        return max(self.amounts, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One department in a period."""

    department: Department
    people: int
    pool: Decimal | None
    before: Decimal | None
    closed: bool
    editable: bool
    told: Told | None
    shared: Shared | None

    @property
    def per_head(self) -> Decimal | None:
        return self.pool / self.people if self.pool is not None and self.people else None

    @property
    def stale(self) -> bool:
        """Whether the result was made from another pool than the one that is set now."""
        return self.shared is not None and not self.closed and self.shared.pool != self.pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All pools of a period that somebody sees."""

    period: Period
    rows: list[Row]

    @property
    def total(self) -> Decimal:
        return total(row.pool or ZERO for row in self.rows)

    @property
    def before(self) -> Decimal:
        return total(row.before or ZERO for row in self.rows)

    @property
    def people(self) -> int:
        return sum(row.people for row in self.rows)

    @property
    def shared(self) -> list[Shared]:
        return [row.shared for row in self.rows if row.shared]

    @property
    def given(self) -> Decimal:
        return total(one.given for one in self.shared)

    @property
    def fund(self) -> Decimal:
        return total(one.fund for one in self.shared)

    @property
    def undistributed(self) -> Decimal:
        return total(one.undistributed for one in self.shared)

    @property
    def editable(self) -> bool:
        return any(row.editable for row in self.rows)

    @property
    def without(self) -> int:
        """Departments with people and without a pool."""
        return sum(row.pool is None and row.people > 0 for row in self.rows)


def whole_departments(scope: Scope) -> list[Department]:
    """The departments that a scope reaches as a whole: whoever sees a part of the people sees no pool."""
    found = visible_departments(scope)
    return list(found if scope.everything else found.filter(pk__in=scope.departments))


def periods(today: date) -> list[Period]:
    """The periods to choose from, the latest first: the next month, this one, a year back, and whatever has a pool."""
    month = parse(f"{today:%Y-%m}")
    following = parse(f"{month.end:%Y-%m}")
    found = {(following.start, following.end): following}
    at = month
    for _number in range(MONTHS_BACK + 1):
        found[at.start, at.end] = at
        at = at.previous()
    for start, end in Pool.objects.values_list("start", "end").distinct():
        found.setdefault((start, end), period(start, end))
    return sorted(found.values(), key=lambda one: (one.start, one.end), reverse=True)


def chosen(wanted: str, known: Sequence[Period]) -> Period:
    """The period that was asked for; otherwise the newest that has a pool, else this month."""
    asked = next((one for one in known if one.label == wanted), None)
    if asked is not None:
        return asked
    newest = Pool.objects.order_by("-start", "end").values_list("start", "end").first()
    month = parse(f"{timezone.localdate():%Y-%m}")
    return next((one for one in known if newest == (one.start, one.end)), month)


def sheet(scope: Scope, editing: Scope, span: Period) -> Sheet:
    """The pools of a period that ``scope`` sees and ``editing`` may change."""
    departments = whole_departments(scope)
    before = span.previous()
    spans = Q(start=span.start, end=span.end) | Q(start=before.start, end=before.end)
    amounts = {(one.department_id, one.start): one.amount for one in Pool.objects.filter(spans)}
    runs = list(complete_runs().filter(start=span.start, end=span.end))
    closed = {one for run in runs if run.kind == Run.Kind.CLOSE for one in run.departments}
    people = _people(span)
    shared = _shared(runs)
    unscored = any(one.pk not in shared for one in departments)
    schemes = schemes_by_department(span.start, span.end) if unscored else {}
    rows = []
    for one in departments:
        pool = amounts.get((one.pk, span.start))
        had = shared.get(one.pk)
        scheme = _leading(had.run, one.code) if had else next(iter(schemes.get(one.pk, ())), None)
        if not (people[one.pk] or pool is not None or had or scheme):
            continue
        rows.append(
            Row(
                department=one,
                people=people[one.pk],
                pool=pool,
                before=amounts.get((one.pk, before.start)),
                closed=one.pk in closed,
                editable=one.pk not in closed and (editing.everything or one.pk in editing.departments),
                told=told(scheme.bonus) if scheme else None,
                shared=had,
            )
        )
    return Sheet(period=span, rows=rows)


def _people(span: Period) -> Counter[int]:
    """Department → how many people had their last post of a period there."""
    rows = assignments_during(Scope.all(), span.start, span.end).values_list("employee_id", "department_id")
    return Counter(dict(rows).values())


def _shared(runs: Sequence[Run]) -> dict[int, Shared]:
    """Department → what became of its pool in the run that speaks for it, the newest of those at hand."""
    order = {run.pk: place for place, run in enumerate(runs)}
    speaks: dict[int, tuple[Run, Allotment]] = {}
    for one in sorted(Allotment.objects.filter(run__in=runs), key=lambda one: order[one.run_id]):
        run = runs[order[one.run_id]]
        if not run.departments or one.department_id in run.departments:
            speaks.setdefault(one.department_id, (run, one))
    paid: dict[int, list[Decimal]] = {}
    rows = Amount.objects.filter(allotment__in=[one.pk for _, one in speaks.values()])
    for allotment, amount in rows.values_list("allotment", "amount"):
        paid.setdefault(allotment, []).append(amount)
    return {
        department: Shared(
            run=run,
            pool=one.pool,
            fund=one.fund,
            undistributed=one.undistributed,
            owner=one.owner,
            amounts=paid.get(one.pk, []),
        )
        for department, (run, one) in speaks.items()
    }


def _leading(run: Run, group: str) -> Scheme | None:
    """The scheme by whose rule a run divided the pool of a department: the one that most people are under."""
    inputs = pinned_inputs(run)
    counts = Counter(one.stays[-1].scheme for one in inputs.people if one.group == group and one.stays)
    name = min(counts, key=lambda one: (-counts[one], one), default="")
    return next((one for one in inputs.schemes if one.id == name), None)


def told(rule: BonusRule) -> Told:
    """A rule as parts of the pool, and its limits."""
    cut: list[tuple[Decimal, BonusRule]] = [(Decimal(1), rule)]
    if isinstance(rule, Mixed):
        cut = [(one.share, one.rule) for one in rule.parts]
    return Told(
        parts=[Part(share=share, **_named(one)) for share, one in cut],
        limits=[] if isinstance(rule, TeamFund) else list(_limits(rule)),
    )


def _named(rule: Any) -> dict[str, str]:
    match rule:
        case ByScore():
            return {"name": _("by points: score × base pay × attendance × reward"), "tone": "brand"}
        case ByGrade():
            grades = " · ".join(f"{grade} {plain(factor)}" for grade, factor in rule.coefficients.items())
            return {"name": _("by grade: %(grades)s") % {"grades": grades}, "tone": "blue"}
        case Equal():
            return {"name": _("equally among all who attended"), "tone": "amber"}
        case _:
            return {"name": _("to the team fund"), "tone": "violet"}


def _limits(rule: Limits) -> Iterable[str]:
    if rule.floor is not None:
        yield _("at least ¥%(amount)s each") % {"amount": thousands(rule.floor, 2)}
    if rule.cap is not None:
        yield _("at most ¥%(amount)s each") % {"amount": thousands(rule.cap, 2)}
    if rule.cap_share is not None:
        yield _("at most %(times)s × base pay") % {"times": plain(rule.cap_share)}
