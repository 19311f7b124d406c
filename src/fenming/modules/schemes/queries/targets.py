"""What targets of one's own need of the past, and who has which: a handful of queries for everybody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from fenming.controls.models import Run
from fenming.controls.queries import complete_runs
from fenming.library.schemes import Item, Scheme
from fenming.modules.schemes.models import ScoreLine
from fenming.pipeline.inputs import Person
from fenming.rules import targets
from fenming.rules.money import rounded
from fenming.rules.periods import Period
from fenming.rules.targets import Agreed, Known

Span = tuple[date, date]
Goals = Mapping[str, Mapping[str, Agreed]]
"""Employee number → indicator → the target agreed for this period."""


@dataclass(slots=True)
class History:
    """Values of earlier periods: (period, person, indicator), and the mean of each (period, scheme, indicator)."""

    spans: Sequence[Span] = ()
    year_before: Span | None = None
    own: dict[tuple[Span, str, str], Decimal] = field(default_factory=dict)
    group: dict[tuple[Span, str, str], Decimal] = field(default_factory=dict)

    def of(self, person: str, scheme: str, indicator: str) -> dict[str, Any]:
        """What is known of one person's past, as `Known` takes it."""
        before = self.year_before
        return {
            "history": [self.own.get((span, person, indicator)) for span in self.spans],
            "group_history": [self.group.get((span, scheme, indicator)) for span in self.spans],
            "last_year": self.own.get((before, person, indicator)) if before else None,
        }


def with_targets(
    placed: Sequence[tuple[Person, Any]], schemes: Mapping[str, Scheme], period: Period, goals: Goals | None = None
) -> list[Person]:
    """The people, each with the targets that their schemes' rules give them; ``placed`` pairs each with the last post.

    Under several schemes in one period, the last that has a rule for an indicator counts. A goal agreed for the period
    stands above every rule.
    """
    people = _by_rules(placed, schemes, period)
    return [_by_goals(one, schemes, goals[one.person]) if goals and one.person in goals else one for one in people]


def _by_goals(person: Person, schemes: Mapping[str, Scheme], goals: Mapping[str, Agreed]) -> Person:
    own, told = dict(person.targets), dict(person.targets_told)
    for item in (item for stay in person.stays for item in schemes[stay.scheme].items if item.indicator in goals):
        found = targets.by_goal(goals[item.indicator], item.curve)
        if found.because:
            own.pop(item.indicator, None)
            told[item.indicator] = found.because
        if found.target is not None:
            own[item.indicator] = found.target
    return person.model_copy(update={"targets": own, "targets_told": told})


def _by_rules(placed: Sequence[tuple[Person, Any]], schemes: Mapping[str, Scheme], period: Period) -> list[Person]:
    used = {stay.scheme for person, _ in placed for stay in person.stays}
    ruled = {name: _ruled(schemes[name]) for name in used}
    if not any(ruled.values()):
        return [person for person, _ in placed]
    history = history_of(period, [item for items in ruled.values() for item in items])
    return [_aimed(person, post, ruled, history) for person, post in placed]


def _ruled(scheme: Scheme) -> list[Item]:
    return [item for item in scheme.items if item.targets is not None]


def _aimed(person: Person, post: Any, ruled: Mapping[str, Sequence[Item]], history: History) -> Person:
    own, told = dict(person.targets), dict(person.targets_told)
    for stay in person.stays:
        for item in ruled[stay.scheme]:
            found = resolved(item, known_of(person.person, post, stay.scheme, item.indicator, history))
            own.pop(item.indicator, None)
            if found.target is not None:
                own[item.indicator] = found.target
            told[item.indicator] = found.because
    return person.model_copy(update={"targets": own, "targets_told": told}) if told else person


def known_of(person: str, post: Any, scheme: str, indicator: str, history: History) -> Known:
    """What the rules may know of somebody at a post."""
    return Known(
        person=person,
        post=post.post.code,
        team=post.team,
        store=post.store.code if post.store else "",
        **history.of(person, scheme, indicator),
    )


def resolved(item: Item, known: Known) -> targets.Resolved:
    """The target of one person for an item that has a rule."""
    if item.targets is None:
        return targets.Resolved(target=None, because=())
    return targets.resolve(item.targets, item.curve, known)


def history_of(period: Period, items: Sequence[Item]) -> History:
    """The values of the periods that the items' rules look back on."""
    rules = [item.targets for item in items if item.targets is not None]
    spans: list[Span] = []
    at = period
    for _ in range(max((targets.periods_needed(one) for one in rules), default=0)):
        at = at.previous()
        spans.append((at.start, at.end))
    formulas = [one for one in rules if isinstance(one, targets.ByFormula)]
    before = (_year_before(period.start), _year_before(period.end)) if formulas else None
    history = History(spans=spans, year_before=before)
    wanted = {*spans, before} - {None}
    if wanted:
        _fill(history, wanted, {item.indicator for item in items})
    return history


def _fill(history: History, wanted: Collection[Span | None], indicators: Iterable[str]) -> None:
    found = complete_runs().filter(start__in={span[0] for span in wanted if span})
    speaks = speaking([run for run in found if (run.start, run.end) in wanted])
    rows = ScoreLine.objects.filter(
        scorecard__run__in={run for runs in speaks.values() for run in runs},
        indicator__in=set(indicators), span=0, carried=False, value__isnull=False,
    ).values_list(
        "scorecard__run", "scorecard__department", "scorecard__scheme", "scorecard__employee__number", "indicator",
        "value",
    )  # fmt: skip
    groups: dict[tuple[Span, str, str], list[Decimal | None]] = {}
    for run, department, scheme, person, indicator, value in rows.iterator():
        span = next((one for one, runs in speaks.items() if speaks_for(runs, department) == run), None)
        if span is not None and value is not None:
            history.own[span, person, indicator] = value
            groups.setdefault((span, scheme, indicator), []).append(value)
    for key, values in groups.items():
        mean = targets.mean(values)
        if mean is not None:
            history.group[key] = rounded(mean, digits=targets.DIGITS)


def speaking(found: Iterable[Run]) -> dict[Span, dict[int, Sequence[int]]]:
    """The complete runs of each period, the newest first, with the departments that each is about (none: all)."""
    spans: dict[Span, dict[int, Sequence[int]]] = {}
    for run in found:
        spans.setdefault((run.start, run.end), {})[run.pk] = run.departments
    return spans


def speaks_for(runs: Mapping[int, Sequence[int]], department: int) -> int | None:
    """The run among those of one period, the newest first, that speaks for a department."""
    return next((pk for pk, listed in runs.items() if not listed or department in listed), None)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
