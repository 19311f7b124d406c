"""From facts and inputs to a result: the path of a number, for the site and the command line alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

from fenming.lake.credits import Credits, Span
from fenming.lake.engine import Engine
from fenming.lake.measure import Progress, Tally, measure
from fenming.library.indicators import Indicator, of_facts
from fenming.library.schemes import Scheme
from fenming.library.text import refuse
from fenming.pipeline.cards import Card, Participant, ReadingOf, Stay, score
from fenming.pipeline.inputs import Duty, Inputs, Person, StayUnder
from fenming.rules.attribution import Shift, segments
from fenming.rules.bonus import Allotment
from fenming.rules.periods import Period, period
from fenming.rules.readings import Reading


class Source(Protocol):
    """Where facts are read from: the pinned snapshot of a lake, or the files of one scoring."""

    def files(self, fact: str, start: date | None, end: date) -> list[str]: ...
    def facts(self) -> set[str]: ...


@dataclass(frozen=True, slots=True)
class FactFiles:
    """Typed parquet files of one scoring, whatever their time."""

    paths: dict[str, list[str]]

    def files(self, fact: str, start: date | None, end: date) -> list[str]:
        return self.paths.get(fact, [])

    def facts(self) -> set[str]:
        return set(self.paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All that came out: cards, totals over everybody, and how facts of shared accounts were credited."""

    inputs: Inputs
    period: Period
    definitions: dict[str, Indicator]
    cards: tuple[Card, ...]
    totals: dict[str, tuple[Indicator, Reading]]
    pools: dict[str, tuple[Decimal, Allotment]]
    facts: dict[str, int]
    unassigned: dict[str, Decimal]
    left_out: tuple[str, ...]
    """People whom the facts name and the inputs do not: they are not scored."""


@dataclass(slots=True)
class _Tallies:
    """One tally for each kind of subject that the schemes score."""

    definitions: dict[str, Indicator]
    by_subject: dict[str, Tally] = field(default_factory=dict)
    subject_of: dict[str, str] = field(default_factory=dict)

    def reading(self, subject: str, name: str, span: int) -> Reading:
        tally = self.by_subject[self.subject_of[subject]]
        return tally.reading(self.definitions[name], (subject, span))


def compute(
    engine: Engine, source: Source, inputs: Inputs, *, library: bool = True, progress: Progress | None = None
) -> Result:
    """Score everybody. Refuses schemes that match nobody; a person without facts gets a card that says so.

    ``library`` adds the totals of every shipped indicator that the facts suffice for to those of the schemes.
    """
    span, definitions, credits = period(inputs.start, inputs.end), inputs.definitions(), credits_of(inputs)
    tallies = _measure(engine, source, inputs, span, credits, progress)
    people = inputs.people or _found(tallies, inputs.schemes[0])
    if not people:
        raise _nobody(inputs.schemes, source)
    participants = [_participant(person, inputs.schemes, span) for person in people]
    tallies.subject_of = {one.subject: one.scheme.subject for one in participants}
    scored = score(
        participants,
        tallies.reading,
        span,
        carried_of=_carried(engine, source, inputs, span, credits, tallies.subject_of),
        pools=inputs.pools,
    )
    main = tallies.by_subject[inputs.schemes[0].subject]
    return Result(
        inputs=inputs,
        period=span,
        definitions=definitions,
        cards=scored.cards,
        totals=_totals(engine, source if library else None, definitions, main, span),
        pools=dict(scored.pools),
        facts={fact: int(number) for fact, number in sorted(main.rows.items())},
        unassigned=dict(sorted(main.unassigned.items())),
        left_out=tuple(sorted(_named(main) - {one.subject for one in participants})),
    )


def credits_of(inputs: Inputs) -> Credits | None:
    """How facts find people beyond the name they carry: tags, the roster by the schemes' method, mid-period moves."""
    policy = next((one.attribution for one in inputs.schemes if one.subject == "employee"), None)
    spans = _spans(inputs)
    if policy is None or not (inputs.roster or inputs.tags or spans):
        return None
    shifts = [
        Shift(
            person=duty.person, account=duty.account, start=duty.start, end=duty.end, weight=duty.weight, row=duty.row
        )
        for duty in inputs.roster
        if "roster" in policy.methods
    ]
    return Credits(
        segments=tuple(segments(shifts, method=policy.roster)),
        tags=inputs.tags if "tag" in policy.methods else None,
        spans=spans,
    )


def credits_for(inputs: Inputs, person: str) -> Credits | None:
    """The same as far as it decides about one person's facts, for showing them: of the roster only what matters.

    Who else was on duty matters on the accounts and days on which the person was, and a day around them, since no
    share reaches beyond a business day.
    """
    near: dict[str, set[date]] = {}
    for duty in inputs.roster:
        if duty.person == person:
            near.setdefault(duty.account, set()).update(_days(duty, around=1))
    touched = tuple(
        duty for duty in inputs.roster if duty.account in near and not near[duty.account].isdisjoint(_days(duty))
    )
    alone = tuple(one for one in inputs.people if one.person == person)
    return credits_of(inputs.model_copy(update={"roster": touched, "people": alone}))


def _days(duty: Duty, *, around: int = 0) -> list[date]:
    """The days that a shift touches, and so many before and after."""
    first, last = duty.start.date(), duty.end.date()
    return [first + timedelta(days=number) for number in range(-around, (last - first).days + around + 1)]


def time_span(engine: Engine, source: FactFiles) -> Period:
    """The days from the first fact to the last; refuses when there is none."""
    days = []
    for fact, paths in source.paths.items():
        sql = "SELECT min(f.occurred_at), max(f.occurred_at) FROM fact AS f"
        days += [moment.date() for moment in engine.rows(sql, fact=fact, files=paths)[0] if moment is not None]
    if not days:
        raise refuse(
            "文件中没有可用的记录，无从计分。", "The files hold no usable record, so there is nothing to score."
        )
    return period(min(days), max(days) + timedelta(days=1))


def _measure(
    engine: Engine, source: Source, inputs: Inputs, span: Period, credits: Credits | None, progress: Progress | None
) -> _Tallies:
    tallies = _Tallies(inputs.definitions())
    for subject in dict.fromkeys(scheme.subject for scheme in inputs.schemes):
        wanted = {
            name: one
            for scheme in inputs.schemes
            if scheme.subject == subject
            for name, one in scheme.definitions().items()
        }
        tallies.by_subject[subject] = measure(
            engine,
            source,
            wanted.values(),
            span,
            subject=None if subject == "company" else subject,
            credits=credits,
            progress=progress,
        )
    return tallies


def _participant(person: Person, schemes: Sequence[Scheme], span: Period) -> Participant:
    by_id = {scheme.id: scheme for scheme in schemes}
    under = person.stays or (StayUnder(scheme=schemes[0].id, start=span.start, end=span.end),)
    numbers = [0] if len(under) == 1 else range(1, len(under) + 1)
    return Participant(
        person=person.person,
        subject=person.subject or person.person,
        name=person.name or person.person,
        group=person.group or under[-1].scheme,
        stays=tuple(
            Stay(scheme=by_id[one.scheme], start=one.start, end=one.end, span=number)
            for number, one in zip(numbers, under, strict=True)
        ),
        base=person.base,
        attendance=person.attendance,
        targets=person.targets,
        targets_told=person.targets_told,
        decisions=person.decisions,
    )


def _spans(inputs: Inputs) -> tuple[Span, ...]:
    return tuple(
        Span(
            subject=person.person,
            span=number,
            start=datetime.combine(one.start, time()),
            end=datetime.combine(one.end, time()),
        )
        for person in inputs.people
        if len(person.stays) > 1
        for number, one in enumerate(person.stays, start=1)
    )


def _found(tallies: _Tallies, scheme: Scheme) -> tuple[Person, ...]:
    """Everybody whom a fact of the scheme names, in the order of their names."""
    return tuple(Person(person=name) for name in sorted(_named(tallies.by_subject[scheme.subject])))


def _named(tally: Tally) -> set[str]:
    return {str(key[0]) for key in tally.found() if key[0] is not None}


def _totals(
    engine: Engine, source: Source | None, definitions: dict[str, Indicator], tally: Tally, span: Period
) -> dict[str, tuple[Indicator, Reading]]:
    """The schemes' indicators over everybody, then those of the library that the facts of ``source`` suffice for."""
    if source is None:
        return {name: (one, tally.total(one)) for name, one in definitions.items()}
    others = [one for one in of_facts(source.facts()) if one.id not in definitions]
    apart = measure(engine, source, others, span, subject=None)
    found = {name: (one, tally.total(one)) for name, one in definitions.items()}
    return found | {one.id: (one, apart.total(one)) for one in others}


def _nobody(schemes: Sequence[Scheme], source: Source) -> Exception:
    """Why the schemes matched nobody: their facts are absent, or name no one."""
    wanted = sorted(
        {fact for scheme in schemes for one in scheme.definitions().values() for fact in one.measure.facts()}
    )
    have = sorted(source.facts())
    zh, en = "、".join(one.name.zh for one in schemes), ", ".join(one.name.en for one in schemes)
    return refuse(
        f"方案“{zh}”没有匹配到任何人：它需要 {'、'.join(wanted)}，文件中有 {'、'.join(have) or '无'}。"
        "请检查方案和周期，或用 --map 指明“员工”列。",
        f"The scheme “{en}” matches nobody: it reads {', '.join(wanted)}; "
        f"the files hold {', '.join(have) or 'nothing'}. "
        "Check the scheme and the period, or name the employee column by --map.",
    )


def _carried(
    engine: Engine,
    source: Source,
    inputs: Inputs,
    span: Period,
    credits: Credits | None,
    subject_of: dict[str, str],
) -> ReadingOf | None:
    """The readings of the period before, when a scheme carries any."""
    definitions = inputs.definitions()
    names = {item.indicator for scheme in inputs.schemes for item in scheme.items if item.missing == "carry"}
    if not names:
        return None
    before = _Tallies(definitions, subject_of=subject_of)
    for subject in dict.fromkeys(scheme.subject for scheme in inputs.schemes):
        before.by_subject[subject] = measure(
            engine,
            source,
            [definitions[name] for name in sorted(names)],
            span.previous(),
            subject=subject,
            credits=credits,
        )
    return before.reading
