"""All departments that a visitor reaches, side by side: totals, their course, grades, gaps in the data, bonuses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.controls.models import Run
from fenming.controls.queries import runs_apart
from fenming.controls.scope import Scope
from fenming.drawing import shapes
from fenming.drawing.figures import fixed, thousands
from fenming.modules.bonus.queries import paid_by_department
from fenming.modules.desk.queries.board import Kpi
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.reach import visible_departments
from fenming.modules.schemes.queries import grades_by_department

PERIODS = 13
KEPT = 16
TONES = {"S": "brand", "A": "blue", "B": "violet", "C": "amber", "D": "coral"}
Span = tuple[date, date]


@dataclass(slots=True, kw_only=True)
class Sum:
    """What a department, or all of them, came to in a period."""

    people: int = 0
    totals: Decimal = Decimal(0)
    scored: int = 0
    missing: int = 0
    bonus: Decimal = Decimal(0)
    grades: dict[str, int]

    @property
    def mean(self) -> Decimal | None:
        return self.totals / self.scored if self.scored else None

    def add(self, other: "Sum") -> None:
        self.people += other.people
        self.totals += other.totals
        self.scored += other.scored
        self.missing += other.missing
        self.bonus += other.bonus
        for letter, number in other.grades.items():
            self.grades[letter] = self.grades.get(letter, 0) + number


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeShare:
    """How many people have a grade, as a piece of a bar."""

    letter: str
    people: int
    tone: str
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One department on the board."""

    department: Any
    now: Sum
    change: Decimal | None
    spark: shapes.Spark | None
    grades: list[GradeShare]
    period: str

    @property
    def change_text(self) -> str:
        return fixed(abs(self.change)) if self.change is not None else ""

    @property
    def up(self) -> bool:
        return self.change is not None and self.change >= 0

    @property
    def missing_share(self) -> Decimal:
        return Decimal(self.now.missing * 100) / self.now.people if self.now.people else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The whole page."""

    lines: list[Line]
    kpis: list[Kpi]
    legend: list[tuple[str, str]]
    label: str
    periods: list[tuple[str, str]]

    @property
    def title(self) -> str:
        return pgettext("board", "All departments")

    @property
    def query(self) -> str:
        return f"period={self.label}"


def company(scope: Scope, given: QueryDict) -> Company | None:
    """The board of the period asked for, else of the newest; None where nothing is scored that the scope reaches."""
    departments = list(visible_departments(scope))
    complete = list(runs_apart())
    speaking = {one.pk: _speaking(one.pk, complete) for one in departments}
    spans = sorted({span for runs in speaking.values() for span in runs}, reverse=True)[:PERIODS]
    labels = {span: next(runs[span] for runs in speaking.values() if span in runs) for span in spans}
    span = next((one for one in spans if labels[one].label == given.get("period", "")), spans[0] if spans else None)
    if span is None:
        return None
    upto = [one for one in reversed(spans) if one <= span]
    sums = _sums({speaking[one.pk][at] for one in departments for at in upto if at in speaking[one.pk]}, scope)
    by_department = {
        one.pk: [sums.get((speaking[one.pk][at].pk, one.pk)) if at in speaking[one.pk] else None for at in upto]
        for one in departments
    }
    lines = [line for one in departments if (line := _line(one, by_department[one.pk], labels[span].label)) is not None]
    if not lines:
        return None
    letters = sorted({letter for line in lines for letter in line.now.grades}, key=_order)
    return Company(
        lines=sorted(lines, key=lambda line: -(line.now.mean or Decimal(0))),
        kpis=_kpis(list(by_department.values())),
        legend=[(letter, TONES.get(letter, "slate")) for letter in letters if letter],
        label=labels[span].label,
        periods=[(labels[one].label, wording.period_name(labels[one])) for one in spans],
    )


def _speaking(department: int, complete: Iterable[Run]) -> dict[Span, Run]:
    """The run that speaks for a department in each period."""
    found: dict[Span, Run] = {}
    for run in complete:
        if not run.departments or department in run.departments:
            found.setdefault((run.start, run.end), run)
    return found


def _sums(runs: set[Run], scope: Scope) -> Mapping[tuple[int, int], Sum]:
    if scope.everything:
        return _kept(frozenset((run.pk, run.created_at) for run in runs))
    return _added({run.pk for run in runs}, scope)


@lru_cache(maxsize=KEPT)
def _kept(runs: frozenset[tuple[int, datetime]]) -> Mapping[tuple[int, int], Sum]:
    """Everybody's: a year of a whole company is long to add up, and what a run found never changes."""
    return _added({number for number, _created in runs}, Scope.all())


def _added(runs: set[int], scope: Scope) -> Mapping[tuple[int, int], Sum]:
    found: dict[tuple[int, int], Sum] = {}
    for row in grades_by_department(runs, scope):
        one = found.setdefault((row["run"], row["department"]), Sum(grades={}))
        one.people += row["people"]
        one.totals += row["totals"] or Decimal(0)
        one.scored += row["scored"]
        one.missing += row["incomplete"]
        one.grades[row["grade"]] = row["people"]
    for key, amount in paid_by_department(runs, scope).items():
        if key in found:
            found[key].bonus = amount
    return found


def _line(department: Any, course: Sequence[Sum | None], label: str) -> Line | None:
    now = course[-1]
    if now is None:
        return None
    means = [one.mean if one else None for one in course]
    before = means[-2] if len(means) > 1 else None
    return Line(
        department=department,
        now=now,
        change=None if now.mean is None or before is None else now.mean - before,
        spark=shapes.spark(means) if sum(one is not None for one in means) > 1 else None,
        grades=_shares(now),
        period=label,
    )


def _order(letter: str) -> tuple[bool, str]:
    """S stands before A; who has no grade comes last."""
    return (not letter, "" if letter == "S" else letter)


def _shares(now: Sum) -> list[GradeShare]:
    letters = sorted(now.grades, key=_order)
    tones = [(now.grades[letter], TONES.get(letter, "slate")) for letter in letters]
    pieces = shapes.split(tones, of=now.people or 1)
    return [
        GradeShare(letter=letter, people=now.grades[letter], tone=piece.tone, x=piece.x, width=piece.width)
        for letter, piece in zip(letters, pieces, strict=True)
    ]


def _kpis(courses: Sequence[Sequence[Sum | None]]) -> list[Kpi]:
    together = []
    for at in zip(*courses, strict=True):
        one = Sum(grades={})
        for part in at:
            if part is not None:
                one.add(part)
        together.append(one)
    now, before = together[-1], together[-2] if len(together) > 1 else None
    means = [one.mean for one in together]
    change = None if before is None or now.mean is None or before.mean is None else now.mean - before.mean
    missing_share = Decimal(now.missing * 100) / now.people if now.people else Decimal(0)
    return [
        Kpi(
            name=_("Mean total"), icon="gauge", tone="brand", value=fixed(now.mean), unit=_("points"),
            note=_("of everybody you see"), spark=_spark(means), delta=fixed(abs(change)) if change else "",
            up=bool(change and change > 0), good=bool(change and change > 0), reached=now.mean,
        ),
        Kpi(
            name=_("People scored"), icon="users", tone="blue", value=str(now.people), unit=_("people"),
            note="", spark=_spark([Decimal(one.people) for one in together]),
        ),
        Kpi(
            name=_("Missing data"), icon="database-x", tone="amber", value=str(now.missing), unit=_("people"),
            note=_("left out and weighed anew, never zero"),
            spark=_spark([Decimal(one.missing) for one in together]), reached=missing_share,
        ),
        Kpi(
            name=_("Bonus cost"), icon="cash", tone="coral", value=f"¥{thousands(now.bonus)}", unit="",
            note=_("¥%(mean)s a head") % {"mean": thousands(now.bonus / now.people if now.people else Decimal(0))},
            spark=_spark([one.bonus for one in together]), is_pay=True,
        ),
    ]  # fmt: skip


def _spark(values: Sequence[Decimal | None]) -> shapes.Spark | None:
    return shapes.spark(values) if sum(one is not None for one in values) > 1 else None
