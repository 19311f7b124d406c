"""From readings to scorecards, grades, ranks and bonuses of many people. Pure: everything it needs is handed in."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from fenming.library.schemes import Scheme
from fenming.rules import bonus, curves, grades, reward, scorecard
from fenming.rules.bonus import Allotment, Amount, Claim
from fenming.rules.decisions import Decision, decided, regraded
from fenming.rules.grades import Graded
from fenming.rules.periods import Period
from fenming.rules.readings import Reading
from fenming.rules.scorecard import Merged, Scorecard, Span
from fenming.rules.trace import Because, step

ReadingOf = Callable[[str, str, int], Reading]
"""(subject, indicator, span) → reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A person under one scheme from ``start`` up to ``end``; ``span`` is 0 for a whole period, else 1, 2 …"""

    scheme: Scheme
    start: date
    end: date
    span: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Who is scored: the stays of the period, and what the bonus needs. ``group`` is graded and ranked together."""

    person: str
    subject: str
    name: str
    group: str
    stays: tuple[Stay, ...]
    base: Decimal = Decimal(1)
    attendance: Decimal = Decimal(1)
    targets: Mapping[str, Decimal] = field(default_factory=dict)
    targets_told: Mapping[str, tuple[Because, ...]] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()

    @property
    def scheme(self) -> Scheme:
        """The scheme at the end of the period, by which grade and bonus go."""
        return self.stays[-1].scheme


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything that came out for one person, with why at every step."""

    participant: Participant
    spans: tuple[Span, ...]
    total: Decimal | None
    blocked: str | None
    grade: str | None
    rank: int | None
    factor: Decimal
    bonus: Amount | None
    because: tuple[Because, ...]

    @property
    def person(self) -> str:
        return self.participant.person

    @property
    def scorecard(self) -> Scorecard:
        """The scorecard of the last stay; most people have only one."""
        return self.spans[-1].card


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The cards of everybody, in the order of rank within their group, and how each group's pool was divided."""

    cards: tuple[Card, ...]
    pools: Mapping[str, tuple[Decimal, Allotment]]


def score(
    participants: Sequence[Participant],
    reading_of: ReadingOf,
    period: Period,
    *,
    carried_of: ReadingOf | None = None,
    pools: Mapping[str, Decimal] | None = None,
) -> Scored:
    """Score, grade, rank and reward everybody. ``pools`` holds the bonus of each group in yuan.

    The season in force is the one on the period's middle day.
    """
    middle = period.start + timedelta(days=period.days // 2)
    groups: dict[str, list[Participant]] = {}
    for one in participants:
        groups.setdefault(one.group, []).append(one)
    cards: list[Card] = []
    divided: dict[str, tuple[Decimal, Allotment]] = {}
    for group, members in groups.items():
        peers = _peers(members, reading_of)
        merged = {one.person: _merge(one, reading_of, carried_of, middle, peers) for one in members}
        pool = (pools or {}).get(group)
        found, allotment = _group(members, merged, pool)
        cards += found
        if pool is not None and allotment is not None:
            divided[group] = (pool, allotment)
    return Scored(cards=tuple(cards), pools=divided)


def _merge(
    one: Participant,
    reading_of: ReadingOf,
    carried_of: ReadingOf | None,
    day: date,
    peers: Mapping[str, Sequence[Decimal]],
) -> Merged:
    spans = []
    for stay in one.stays:
        items = tuple(_aimed(item.rule, one) for item in stay.scheme.items)
        carries = {item.indicator for item in items if item.missing == "carry"}
        card = scorecard.scorecard(
            person=one.person,
            items=items,
            readings={name: reading_of(one.subject, name, stay.span) for name in stay.scheme.used()},
            day=day,
            seasons=stay.scheme.seasons,
            adjustments=stay.scheme.adjustments,
            vetoes=stay.scheme.vetoes,
            carried={name: carried_of(one.subject, name, 0) for name in carries} if carried_of else {},
            peers=peers,
        )
        spans.append(Span(card=card, days=(stay.end - stay.start).days))
    return scorecard.merge_spans(spans)


def _aimed(item: scorecard.Item, one: Participant) -> scorecard.Item:
    """The item with the person's own target on its curve, where there is one, and how it came about."""
    told = one.targets_told.get(item.indicator, ())
    target = one.targets.get(item.indicator)
    if not curves.takes_target(item.curve) or (target is None and not told):
        return item
    usual = curves.target_of(item.curve)
    if target is None or usual is None:
        return replace(item, told=told)
    own = told or (step("target.own", target, usual=usual),)
    return replace(item, curve=curves.aimed(item.curve, target), told=own)


def _peers(members: Sequence[Participant], reading_of: ReadingOf) -> dict[str, tuple[Decimal, ...]]:
    """The values of a group, only for indicators that are scored by rank."""
    ranked = {item.indicator for one in members for item in one.scheme.items if isinstance(item.curve, curves.Rank)}
    found = {
        name: (reading_of(one.subject, name, one.stays[-1].span).value for one in members if name in one.scheme.used())
        for name in ranked
    }
    return {name: tuple(value for value in values if value is not None) for name, values in found.items()}


def _group(
    members: Sequence[Participant], merged: Mapping[str, Merged], pool: Decimal | None
) -> tuple[list[Card], Allotment | None]:
    decisions = {one.person: decided(merged[one.person].total, one.decisions) for one in members}
    totals = {person: total for person, (total, _) in decisions.items()}
    graded = _graded(members, merged, totals)
    ranks = grades.ranks(totals)
    factors = {one.person: reward.factor(one.scheme.rewards, _lines(merged[one.person])) for one in members}
    allotment = None
    if pool is not None:
        claims = [
            Claim(
                person=one.person,
                score=totals[one.person],
                base=one.base,
                attendance=one.attendance,
                grade=graded[one.person].grade,
                factor=factors[one.person][0],
            )
            for one in members
        ]
        allotment = bonus.allot(pool, claims, _leading(members).bonus)
    cards = [
        Card(
            participant=one,
            spans=merged[one.person].spans,
            total=totals[one.person],
            blocked=merged[one.person].blocked,
            grade=graded[one.person].grade,
            rank=ranks[one.person],
            factor=factors[one.person][0],
            bonus=allotment.amounts[one.person] if allotment else None,
            because=(
                *_told(merged[one.person]),
                *decisions[one.person][1],
                *graded[one.person].because,
                *factors[one.person][1],
            ),
        )
        for one in members
    ]
    return sorted(cards, key=lambda card: (card.rank is None, card.rank or 0, card.person)), allotment


def _graded(
    members: Sequence[Participant], merged: Mapping[str, Merged], totals: Mapping[str, Decimal | None]
) -> dict[str, Graded]:
    """Each by the grading of one's own scheme, among those of the group who share it, then as people decided."""
    found: dict[str, Graded] = {}
    for scheme in {one.scheme.id: one.scheme for one in members}.values():
        own = [one.person for one in members if one.scheme.id == scheme.id]
        letters = scheme.grades.grades
        vetoed = {
            person: [effect for effect in merged[person].vetoed if effect != scorecard.ZERO_EFFECT] for person in own
        }
        at_best = {person: max(limits, key=letters.index) for person, limits in vetoed.items() if limits}
        found |= grades.grade(scheme.grades, {person: totals[person] for person in own}, at_best=at_best)
    return {one.person: regraded(found[one.person], one.decisions, one.scheme.grades.grades) for one in members}


def _leading(members: Sequence[Participant]) -> Scheme:
    """The scheme that most of a group are under (then the first by name): its rule divides the one pool they share."""
    counts = Counter(one.scheme.id for one in members)
    leading = min(counts, key=lambda name: (-counts[name], name))
    return next(one.scheme for one in members if one.scheme.id == leading)


def _told(merged: Merged) -> tuple[Because, ...]:
    """How the total came about: each span's own steps, and how several spans became one."""
    together = merged.because if len(merged.spans) > 1 else ()
    return (*(told for span in merged.spans for told in span.card.because), *together)


def _lines(merged: Merged) -> tuple[scorecard.Line, ...]:
    return merged.spans[-1].card.lines
