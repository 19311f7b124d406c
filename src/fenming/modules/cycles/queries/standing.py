"""How somebody stands: the figures by indicator beside their targets and those of the period before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fenming.controls.models import Run
from fenming.controls.queries import complete_runs
from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator
from fenming.library.schemes import Item
from fenming.modules.cycles.models import Cycle, Participant
from fenming.modules.cycles.queries.rated import is_rated
from fenming.modules.cycles.queries.score import rows_url
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import scorecards
from fenming.modules.schemes.queries.terms import Scored, Terms, cards_in, terms_and_before
from fenming.rules.curves import target_of
from fenming.rules.periods import period

HUNDRED = Decimal(100)
NEARLY = 90
Card = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One indicator of somebody's scheme. ``length`` is how much of the target is reached, ``was`` before that."""

    indicator: Indicator
    place: int
    weight: Decimal
    target: Decimal | None
    goal: str
    value: Decimal | None
    shown: str
    score: Decimal | None
    length: Decimal | None
    before: str
    was: Decimal | None
    better: bool | None
    url: str

    @property
    def name(self) -> str:
        return self.indicator.name.say(wording.speaking())

    @property
    def icon(self) -> str:
        return wording.icon_of(self.indicator)

    @property
    def tone(self) -> str:
        if self.length is None:
            return "slate"
        return "brand" if self.length >= HUNDRED else "amber" if self.length >= NEARLY else "coral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything of one person in one period; without a run there are targets and no values."""

    terms: Terms | None
    old_terms: Terms | None
    """Those of the version asked for beside, if it is another one."""
    card: Card | None
    before: Card | None
    figures: list[Figure]

    @property
    def measured(self) -> list[Figure]:
        return [one for one in self.figures if not is_rated(one.indicator)]

    @property
    def rated(self) -> list[Figure]:
        return [one for one in self.figures if is_rated(one.indicator)]

    @property
    def moved(self) -> Decimal | None:
        """By how many points the total differs from the period before."""
        if not (self.card and self.before) or self.card.total is None or self.before.total is None:
            return None
        return Decimal(self.card.total - self.before.total)


def standing(person: Participant, *, old_terms: int | None = None) -> Standing:
    """How a participant stands now, in five queries."""
    cycle = person.cycle
    terms, old = terms_and_before(person.employee_id, cycle.start, cycle.end, old_terms)
    earlier = period(cycle.start, cycle.end).previous()
    days = [(cycle.start, cycle.end), (earlier.start, earlier.end)]
    speaking = _speaking(days)
    runs = [_speaks(speaking, span, cycle) for span in days]
    cards = cards_in(person.employee_id, [run for run in runs if run])
    now, before = (cards.get(run.pk) if run else None for run in runs)
    return Standing(
        terms=terms,
        old_terms=old,
        card=now.card if now else None,
        before=before.card if before else None,
        figures=_figures(terms, now, before),
    )


def _speaking(days: Sequence[tuple[date, date]]) -> dict[tuple[date, date, int], Run]:
    """(start, end, department) → the run that speaks for it, in one query; 0 stands for the whole company.

    A company-wide run that is newer than a department's own speaks for that department too.
    """
    found: dict[tuple[date, date, int], Run] = {}
    whole: set[tuple[date, date]] = set()
    for run in complete_runs().filter(start__in=[start for start, _ in days]):
        span = (run.start, run.end)
        if span not in days or span in whole:
            continue
        for department in run.departments or (0,):
            found.setdefault((*span, department), run)
        if not run.departments:
            whole.add(span)
    return found


def _speaks(found: Mapping[tuple[date, date, int], Run], span: tuple[date, date], cycle: Cycle) -> Run | None:
    """The newest run that is about a department of the cycle."""
    places = (*cycle.departments, cycle.department_id, 0)
    about = {run.pk: run for place in places if (run := found.get((*span, place)))}
    return about[max(about)] if about else None


def speaking_runs(cycles: Iterable[Cycle]) -> dict[int, Run]:
    """Cycle → the run that speaks for it, in one query."""
    some = list(cycles)
    found = _speaking([(one.start, one.end) for one in some])
    runs = {one.pk: _speaks(found, (one.start, one.end), one) for one in some}
    return {cycle: run for cycle, run in runs.items() if run}


def totals(people: Collection[Participant]) -> dict[int, Card]:
    """Participant → the scorecard that speaks for the person now, a query for each run."""
    runs = speaking_runs({one.cycle_id: one.cycle for one in people}.values())
    found: dict[tuple[int, int], Card] = {}
    scope = Scope(employees=frozenset(one.employee_id for one in people))
    for run in {one.pk: one for one in runs.values()}.values():
        found |= {(run.pk, card.employee_id): card for card in scorecards(run, scope)}
    keys = {one.pk: (runs[one.cycle_id].pk, one.employee_id) for one in people if one.cycle_id in runs}
    return {person: found[key] for person, key in keys.items() if key in found}


def _figures(terms: Terms | None, now: Scored | None, before: Scored | None) -> list[Figure]:
    if terms is None:
        return []
    lines, earlier = _last_lines(now), _last_lines(before)
    card = now.card if now else None
    return [_figure(terms, place, item, lines, earlier, card) for place, item in enumerate(terms.scheme.items)]


def _last_lines(scored: Scored | None) -> dict[str, Any]:
    """Indicator → its line; after a move in mid-period that of the last stay."""
    if scored is None:
        return {}
    return {line.indicator: line for line in sorted(scored.lines, key=lambda one: one.span)}


def _figure(
    terms: Terms, place: int, item: Item, lines: Mapping[str, Any], earlier: Mapping[str, Any], card: Card | None
) -> Figure:
    one = terms.scheme.indicator(item.indicator)
    line, was = lines.get(item.indicator), earlier.get(item.indicator)
    value = line.value if line else None
    target = line.target if line and line.target is not None else target_of(item.curve)
    better = item.curve.better
    shown = wording.quantity(one, value, brief=True) if value is not None else ""
    if line and value is None:
        shown = wording.why_missing(line.missing)
    old = was.value if was else None
    return Figure(
        indicator=one,
        place=place,
        weight=terms.weights.get(item.indicator, item.weight),
        target=target,
        goal=wording.goal(one, target, better),
        value=value,
        shown=shown,
        score=line.score if line else None,
        length=wording.attained(value, target, better),
        before=wording.quantity(one, old, brief=True) if old is not None else "",
        was=wording.attained(old, target, better),
        better=None if value is None or old is None or value == old else (value > old) == (better == "higher"),
        url=rows_url(card.pk, item.indicator, line.span) if line and card else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The figures as they stood at some moment."""

    total: Decimal | None
    grade: str
    values: list[tuple[str, str]]


def at_moments(person: Participant, moments: Collection[datetime], scheme: Terms | None) -> dict[datetime, Moment]:
    """How somebody stood at each moment, by the run that spoke then; where there was none, nothing."""
    if not moments:
        return {}
    cycle = person.cycle
    runs = [one for one in complete_runs().filter(start=cycle.start, end=cycle.end) if _about(one, cycle)]
    cards = cards_in(person.employee_id, runs)
    found = {}
    for moment in moments:
        run = next((one for one in runs if one.created_at <= moment and one.pk in cards), None)
        if run:
            found[moment] = _moment(cards[run.pk], scheme)
    return found


def _about(run: Run, cycle: Cycle) -> bool:
    return not run.departments or not {*cycle.departments, cycle.department_id}.isdisjoint(run.departments)


def _moment(scored: Scored, terms: Terms | None) -> Moment:
    lines = _last_lines(scored)
    items = terms.scheme.items if terms else ()
    known = [(terms.scheme.indicator(one.indicator), lines.get(one.indicator)) for one in items] if terms else []
    values = [
        (one.name.say(wording.speaking()), wording.quantity(one, line.value, brief=True))
        for one, line in known
        if line is not None and line.value is not None
    ]
    return Moment(total=scored.card.total, grade=scored.card.grade, values=values[:4])
