"""Plans as they hold: a department's own, else that of the nearest one above it, else the company's, else the shipped.

Which departments a cycle covers follows from them: a plan reaches down to the departments that have none of their own.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from fenming.library.plans import plans as shipped
from fenming.modules.cycles.models import Owner, Plan, Rhythm, StepKind
from fenming.modules.people.queries.calendar import WorkingDays
from fenming.rules.periods import Period, parse

ORDER = {kind: place for place, kind in enumerate(StepKind.values)}
Of = TypeVar("Of")
DAY = timedelta(days=1)
_BOTH = (Owner.REVIEWER, Owner.EMPLOYEE)
_ABOVE = (Owner.HR, Owner.HEAD)
OWNERS = {
    StepKind.GOALS: _BOTH,
    StepKind.TRACKING: _BOTH,
    StepKind.DATA: _ABOVE,
    StepKind.SELF_REVIEW: (Owner.EMPLOYEE,),
    StepKind.MANAGER_REVIEW: (Owner.REVIEWER,),
    StepKind.CALIBRATION: _ABOVE,
    StepKind.LETTER: _ABOVE,
    StepKind.INTERVIEW: (Owner.REVIEWER,),
    StepKind.CONFIRM: (Owner.EMPLOYEE,),
    StepKind.ARCHIVE: (Owner.HR,),
    StepKind.IMPROVEMENT: _BOTH,
}
"""Who can do a step."""


BESIDE = {StepKind.CONFIRM: StepKind.INTERVIEW, StepKind.IMPROVEMENT: StepKind.ARCHIVE}
"""Steps that open together with another: the result is confirmed while interviews are held, improvements are agreed
on while the cycle is archived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step as planned; see `models.plans.PlanStep`."""

    kind: str
    owner: str
    from_start: bool
    opens_after: int
    due_after: int
    remind_before: int
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How the cycles of a department run. ``version`` 0: the shipped plan, which nobody has changed."""

    department: int | None = None
    rhythm: str
    head: int | None = None
    appeal_days: int
    shows_rank: str
    opens_itself: bool = False
    version: int = 0
    steps: tuple[PlannedStep, ...]

    def taken(self) -> Iterator[PlannedStep]:
        """The steps that are taken, in their order."""
        return (one for one in self.steps if one.enabled)


def shipped_plan() -> Planned:
    """The plan that Fenming brings."""
    given = shipped()["default"]
    return Planned(
        rhythm=given.rhythm,
        appeal_days=given.appeal_days,
        shows_rank=given.shows_rank,
        steps=tuple(
            PlannedStep(
                kind=one.kind, owner=one.owner, from_start=one.from_start, opens_after=one.opens,
                due_after=one.due, remind_before=one.remind, enabled=one.enabled,
            )
            for one in given.steps
        ),
    )  # fmt: skip


_OF_PLAN = ("department", "rhythm", "head", "appeal_days", "shows_rank", "opens_itself", "version")
_OF_STEP = ("kind", "owner", "from_start", "opens_after", "due_after", "remind_before", "enabled")


def plans() -> dict[int | None, Planned]:
    """The plans of this company by department, the company's own under None; always that one at least. One query."""
    steps: dict[int | None, list[PlannedStep]] = {}
    given: dict[int | None, dict[str, Any]] = {}
    for row in Plan.objects.order_by().values(*_OF_PLAN, *(f"steps__{name}" for name in _OF_STEP)):
        department = row["department"]
        given[department] = {name: row[name] for name in _OF_PLAN}
        mine = steps.setdefault(department, [])
        if row["steps__kind"]:
            mine.append(PlannedStep(**{name: row[f"steps__{name}"] for name in _OF_STEP}))
    own = {
        one: Planned(**plan, steps=tuple(sorted(steps[one], key=lambda step: ORDER[step.kind])))
        for one, plan in given.items()
    }
    return {None: shipped_plan(), **own}


def own_or_inherited(department: int, known: Mapping[int | None, Of], parents: Mapping[int, int | None]) -> Of:
    """What holds for a department of what plans say: its own, else that of the nearest above, else the common one."""
    at: int | None = department
    while at is not None and at not in known:
        at = parents.get(at)
    return known[at]


def period_at(rhythm: str, day: date) -> Period:
    """The month, quarter or year that a day belongs to."""
    match rhythm:
        case Rhythm.YEAR:
            return parse(f"{day.year}")
        case Rhythm.QUARTER:
            return parse(f"{day.year}-Q{(day.month + 2) // 3}")
        case _:
            return parse(f"{day.year}-{day.month:02}")


def covered(department: int, parents: Mapping[int, int | None], apart: Collection[int]) -> list[int]:
    """A department and all below it, but for those in ``apart`` and what is below them."""
    found = {department}
    while more := {one for one, parent in parents.items() if parent in found and one not in apart} - found:
        found |= more
    return sorted(found)


def day_of(period: Period, step: PlannedStep, count: int, days: WorkingDays) -> date:
    """The day that a count of working days means for a step: 1 is the first working day, -1 the last one before."""
    anchor = period.start if step.from_start else period.end
    return days.after(anchor - DAY, count) if count > 0 else days.after(anchor, count)


def dates(steps: Iterable[PlannedStep], period: Period, days: WorkingDays) -> Iterator[tuple[PlannedStep, date, date]]:
    """Each step with the days on which it opens and is due in a period."""
    for one in steps:
        yield one, day_of(period, one, one.opens_after, days), day_of(period, one, one.due_after, days)
