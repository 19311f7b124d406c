"""The department's board: key figures, trend, weights and the ranking of everybody."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fenming.controls.models import Run
from fenming.controls.queries import runs
from fenming.controls.scope import Scope
from fenming.drawing import shapes
from fenming.drawing.figures import MISSING, absolute, fixed, thousands
from fenming.library.indicators import Indicator
from fenming.library.schemes import Item, Scheme
from fenming.modules.bonus.queries import allotment
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.reach import visible_departments
from fenming.modules.schemes.queries import (
    Standing,
    Total,
    cards_shown,
    daily_scores,
    indicator_totals,
    pinned,
    ranked,
)
from fenming.rules.curves import target_of
from fenming.rules.weights import Season

COLUMNS = 5
KEY_INDICATORS = 3
ROWS, MOST_ROWS = 50, 500
"""Rows of a page at first, and at most."""
LONGEST = 80
ORDERS = ("rank", "-rank", "number", "-number", "total", "-total")
LOW_SCORE = 60
SPARK_RUNS = 13
Department = Any
Card = Any
Totals = Mapping[tuple[int, str], Total]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Which board is looked at: a department and a run, beside those to choose from."""

    department: Department
    departments: Sequence[Department]
    run: Run | None
    runs: Sequence[Run]

    @property
    def previous(self) -> Run | None:
        """The run of the period just before."""
        if self.run is None:
            return None
        before = pinned.span_of(self.run).previous()
        return next((one for one in self.runs if (one.start, one.end) == (before.start, before.end)), None)

    @property
    def latest(self) -> list[Run]:
        """The runs up to this one, oldest first, for the small curves."""
        if self.run is None:
            return []
        upto = [one for one in self.runs if one.start <= self.run.start]
        return list(reversed(upto[:SPARK_RUNS]))


def seat(scope: Scope, given: QueryDict) -> Seat | None:
    """The board that was asked for; what does not exist gives the first department and the newest run."""
    departments = list(visible_departments(scope))
    if not departments:
        return None
    wanted = given.get("department", "")
    department = next((one for one in departments if one.code == wanted), departments[0])
    known = runs(department.pk) or runs()
    return Seat(
        department=department,
        departments=departments,
        run=chosen_run(known, given),
        runs=known,
    )


def chosen_run(known: Sequence[Run], given: QueryDict) -> Run | None:
    """The run asked for by its number or its period, else the newest."""
    number, label = given.get("run", ""), given.get("period", "")
    found = next((one for one in known if str(one.pk) == number), None)
    found = found or next((one for one in known if one.label == label), None)
    return found or (known[0] if known else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column of the ranking."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of the ranking; ``low`` where it scored poorly, ``why`` where there is none."""

    text: str
    low: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person of the ranking; ``moved`` is how many places up since the period before."""

    card: Card
    cells: list[Cell]
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of the ranking are shown, and in which order."""

    q: str = ""
    team: str = ""
    scheme: str = ""
    grade: str = ""
    order: str = "rank"

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.team or self.scheme or self.grade)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Everybody of a department who was scored in a run, and what they can be narrowed by."""

    seat: Seat
    run: Run
    cards: list[Standing]
    schemes: list[Scheme]

    @property
    def teams(self) -> list[str]:
        return sorted({card.team for card in self.cards if card.team})

    @property
    def grades(self) -> list[tuple[str, int]]:
        counted = Counter(card.grade for card in self.cards)
        return [(letter, counted[letter]) for letter in self.schemes[0].grades.grades]

    def missing(self, team: str = "") -> int:
        """People of whom some indicator is missing."""
        return sum(card.lacking > 0 for card in self.cards if team in ("", card.team))


def group_at(scope: Scope, at: Seat) -> Group | None:
    """The people of a board; None when nobody was scored. The scheme of most of them comes first."""
    if at.run is None:
        return None
    cards = ranked(at.run, at.department.pk, scope, before=at.previous)
    if not cards:
        return None
    inputs = pinned.inputs_of(at.run)
    names = [name for name, _count in Counter(card.scheme for card in cards).most_common()]
    return Group(seat=at, run=at.run, cards=cards, schemes=[pinned.scheme_of(inputs, name) for name in names])


def wanted_of(given: QueryDict, group: Group) -> Wanted:
    """The valid part of what was asked of a ranking; a value that is not among the choices counts as not given."""
    text = given.get("q", "")
    choices: dict[str, Collection[str]] = {
        "team": group.teams,
        "scheme": [one.id for one in group.schemes],
        "grade": [letter for letter, _count in group.grades],
        "order": ORDERS,
    }
    found = {name: value for name, known in choices.items() if (value := given.get(name, "")) in known}
    return Wanted(q=text.strip() if len(text) <= LONGEST and text.isprintable() else "", **found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A group narrowed and ordered as asked."""

    group: Group
    scheme: Scheme
    rows: list[Row]
    heads: list[Head]
    wanted: Wanted
    found: int

    @property
    def hidden(self) -> int:
        return self.found - len(self.rows)


def ranking(group: Group, wanted: Wanted, *, most: int = MOST_ROWS) -> Ranking:
    """The rows of a ranking, in the columns of the scheme that was asked for or that most people are under."""
    scheme = next((one for one in group.schemes if one.id == wanted.scheme), group.schemes[0])
    found = _ordered([card for card in group.cards if _fits(card, wanted)], wanted.order)
    moved = {one.card: _moved(one) for one in found[:most]}
    return Ranking(
        group=group,
        scheme=scheme,
        rows=[_row(card, scheme, moved[card.pk]) for card in cards_shown(found[:most])],
        heads=[_head(scheme, item) for item in scheme.items[:COLUMNS]],
        wanted=wanted,
        found=len(found),
    )


def _moved(one: Standing) -> int:
    return one.rank_before - one.rank if one.rank_before and one.rank else 0


def _fits(card: Standing, wanted: Wanted) -> bool:
    text = wanted.q.casefold()
    return (
        (not text or text in card.name.casefold() or text in card.number.casefold())
        and wanted.team in ("", card.team)
        and wanted.grade in ("", card.grade)
        and wanted.scheme in ("", card.scheme)
    )


def _ordered(cards: list[Standing], order: str) -> list[Standing]:
    """Who has no total stands last, whatever the order."""
    by = order.removeprefix("-")
    backwards = order.startswith("-")
    if by == "number":
        return sorted(cards, key=lambda card: card.number, reverse=backwards)
    known = [card for card in cards if getattr(card, by) is not None]
    unknown = [card for card in cards if getattr(card, by) is None]
    return [*sorted(known, key=lambda card: getattr(card, by), reverse=backwards), *unknown]


def _head(scheme: Scheme, item: Item) -> Head:
    one = scheme.indicator(item.indicator)
    return Head(name=one.name.say(wording.speaking()), unit="¥" if wording.is_money(one) else wording.unit_of(one))


def _row(card: Card, scheme: Scheme, moved: int) -> Row:
    lines = {line.indicator: line for line in card.lines.all()}
    return Row(
        card=card,
        cells=[_cell(scheme.indicator(item.indicator), lines.get(item.indicator)) for item in scheme.items[:COLUMNS]],
        moved=moved,
    )


def _cell(one: Indicator, line: Any) -> Cell:
    if line is None:
        return Cell(text="", low=False, why=_("not in this person's scheme"))
    if line.value is None:
        return Cell(text=MISSING, low=False, why=wording.why_missing(line.missing))
    return Cell(
        text=wording.figure(one, line.value, brief=True), low=line.score is not None and line.score < LOW_SCORE, why=""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key figure, as the component shows it."""

    name: str
    icon: str
    tone: str
    value: str
    unit: str
    note: str
    spark: shapes.Spark | None = None
    delta: str = ""
    up: bool = True
    good: bool = True
    reached: Decimal | None = None
    is_pay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """An indicator of the scheme with its weight now, the planned one where a season changed it, and its mean score."""

    name: str
    tone: str
    weight: Decimal
    planned: Decimal
    score: Decimal | None

    @property
    def changed(self) -> bool:
        return self.weight != self.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything above the ranking."""

    kpis: list[Kpi]
    trend: dict[str, Any]
    weights: list[Weight]
    donut: list[shapes.Slice]
    season: Season | None

    @property
    def season_name(self) -> str:
        return wording.named(self.season.name) if self.season else ""


def board(found: Ranking) -> Board:
    """The key figures of a department in a run, or of the team that is looked at."""
    at, run, scheme = found.group.seat, found.group.run, found.scheme
    team = found.wanted.team
    totals = indicator_totals(at.latest, at.department.pk, team=team)
    shares = pinned.weights_of(run, scheme)
    weights = [
        Weight(
            name=scheme.indicator(item.indicator).name.say(wording.speaking()),
            tone=wording.tone_at(place),
            weight=shares.weights[item.indicator],
            planned=item.weight,
            score=_mean_score(totals.get((run.pk, item.indicator))),
        )
        for place, item in enumerate(scheme.items)
    ]
    heaviest = sorted(enumerate(scheme.items), key=lambda pair: -shares.weights[pair[1].indicator])[:KEY_INDICATORS]
    return Board(
        kpis=[
            _mean_total(at, run, totals),
            *(
                _key_indicator(at, scheme, place, item, totals)
                for place, item in sorted(heaviest, key=lambda one: one[0])
            ),
            _pool_or_missing(found.group, team),
        ],
        trend=_trend(run, at.department.pk, shares.season),
        weights=weights,
        donut=shapes.donut([(one.weight, one.tone) for one in weights]),
        season=shares.season,
    )


def _mean_total(at: Seat, run: Run, totals: Totals) -> Kpi:
    means = {one.pk: _mean_score(totals.get((one.pk, ""))) for one in at.latest}
    now = means.get(run.pk)
    before = means.get(at.previous.pk) if at.previous else None
    change = None if now is None or before is None else now - before
    return Kpi(
        name=_("Mean total"),
        icon="gauge",
        tone="brand",
        value=fixed(now),
        unit=_("points"),
        note=_("100 when all targets are met"),
        spark=_spark([means.get(one.pk) for one in at.latest]),
        **_delta(change, 1, better_up=True),
        reached=now,
    )


def _spark(values: Sequence[Decimal | None]) -> shapes.Spark | None:
    """A curve needs two points."""
    return shapes.spark(values) if sum(value is not None for value in values) > 1 else None


def _delta(change: Decimal | None, digits: int, *, better_up: bool) -> dict[str, Any]:
    if change is None:
        return {}
    text = thousands(absolute(change), digits)
    if not any(digit in "123456789" for digit in text):
        return {}
    return {"delta": text, "up": change > 0, "good": (change > 0) == better_up}


def _key_indicator(at: Seat, scheme: Scheme, place: int, item: Item, totals: Totals) -> Kpi:
    one = scheme.indicator(item.indicator)
    values = [_of_department(one, totals.get((run.pk, one.id))) for run in at.latest]
    now = values[-1]
    previous = at.previous
    before = _of_department(one, totals.get((previous.pk, one.id))) if previous else None
    change = None if now is None or before is None else (now - before) * (100 if one.percent else 1)
    target = target_of(item.curve)
    better = item.curve.better
    large = wording.is_money(one) and now is not None and abs(now) >= 1000
    goal = wording.goal(one, target, better)
    return Kpi(
        name=one.name.say(wording.speaking()),
        icon=wording.icon_of(one),
        tone=wording.tone_at(place),
        value=("¥" if wording.is_money(one) and now is not None else "") + wording.figure(one, now, brief=True),
        unit=wording.unit_of(one),
        note=_key_note(one, goal),
        spark=_spark(values),
        **_delta(change, 0 if large else one.digits, better_up=better == "higher"),
        reached=wording.attained(now, target, better),
    )


def _key_note(one: Indicator, goal: str) -> str:
    """Sums stand beside a personal target, so they are shown as the mean of the people."""
    parts = [_("mean a head")] if wording.adds_up(one) else []
    parts += [_("target %(target)s") % {"target": goal}] if goal else []
    return " · ".join(parts)


def _of_department(one: Indicator, total: Total | None) -> Decimal | None:
    """All numerators over all denominators: the rate of the department, or the mean of people's sums."""
    if total is None or not total.denominator:
        return None
    return total.numerator / total.denominator * one.scale


def _mean_score(total: Total | None) -> Decimal | None:
    return total.score / total.scored if total and total.scored else None


def _pool_or_missing(group: Group, team: str) -> Kpi:
    """The pool belongs to the whole department; a team has none."""
    shared = None if team else allotment(group.run, group.seat.department.pk)
    short = group.missing(team)
    gaps = (
        ngettext("%(count)s person with missing data", "%(count)s people with missing data", short) % {"count": short}
        if short
        else _("data complete")
    )
    if shared is None:
        return Kpi(
            name=_("Missing data"), icon="database-x", tone="coral", value=str(short), unit=_("people"),
            note=_("left out and weighed anew, never zero"),
        )  # fmt: skip
    given = shared.pool - shared.fund - shared.undistributed
    return Kpi(
        name=_("Bonus pool"),
        icon="cash",
        tone="coral",
        value=f"¥{thousands(shared.pool)}",
        unit="",
        note=gaps,
        reached=given / shared.pool * 100 if shared.pool else None,
        is_pay=True,
    )


def _trend(run: Run, department: int, season: Season | None) -> dict[str, Any]:
    """Daily scores of the department and of all; empty when there are none."""
    own: dict[date, Decimal] = {}
    every: dict[date, list[Decimal]] = {}
    for one in daily_scores(run):
        if one.score is not None:
            every.setdefault(one.day, []).append(one.score)
            if one.department_id == department:
                own[one.day] = one.score
    if not own:
        return {}
    days = [run.start + timedelta(days=offset) for offset in range((max(every) - run.start).days + 1)]
    all_of = {day: sum(values, Decimal(0)) / len(values) for day, values in every.items()}
    values = [*own.values(), *all_of.values(), Decimal(100)]
    return {
        "labels": [_label(day) for day in days],
        "min": int(min(values) // 5) * 5,
        "max": int(max(values) // 5) * 5 + 5,
        "digits": 1,
        "bands": _bands(days, season),
        "series": [
            {"name": _("Department"), "color": "--brand", "area": True, "values": _rounded(days, own)},
            {"name": _("All departments"), "color": "--slate", "values": _rounded(days, all_of)},
            {"name": _("Target"), "color": "--amber", "dashed": True, "values": [100] * len(days)},
        ],
    }


def _label(day: date) -> str:
    return f"{day.month}/{day.day}"


def _rounded(days: Sequence[date], values: Mapping[date, Decimal]) -> list[float | None]:
    return [round(float(values[day]), 2) if day in values else None for day in days]


def _bands(days: Sequence[date], season: Season | None) -> list[dict[str, str]]:
    inside = [day for day in days if season and season.start <= day < season.until]
    if not inside or season is None:
        return []
    return [{"from": _label(inside[0]), "to": _label(inside[-1]), "name": wording.named(season.name)}]
