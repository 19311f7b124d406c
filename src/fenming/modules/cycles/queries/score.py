"""One person's scorecard: how the total came about, step by step, each with the way to its records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.drawing import shapes
from fenming.library.indicators import Indicator
from fenming.library.schemes import Item, Scheme
from fenming.modules.bonus.queries import amount_of
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import pinned, scorecard_visible
from fenming.pipeline.inputs import Inputs, StayUnder
from fenming.rules.curves import aimed, target_of

Card = Any
Amount = Any
"""A scorecard with its lines and adjustments, as the schemes module gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One indicator of the scorecard, ready to be shown. ``share`` is the part of the period that it stood for."""

    indicator: Indicator
    item: Item
    place: int
    span: int
    share: Decimal
    value: Decimal | None
    weight: Decimal
    planned_weight: Decimal
    score: Decimal | None
    points: Decimal | None
    missing: str
    carried: bool
    because: Sequence[Sequence[Any]]
    url: str

    @property
    def name(self) -> str:
        return self.indicator.name.say(wording.speaking())

    @property
    def tone(self) -> str:
        return wording.tone_at(self.place)

    @property
    def shown(self) -> str:
        if self.value is None:
            return wording.why_missing(self.missing)
        return wording.quantity(self.indicator, self.value, brief=True)

    @property
    def target(self) -> Decimal | None:
        return target_of(self.item.curve)

    @property
    def goal(self) -> str:
        return wording.goal(self.indicator, self.target, self.item.curve.better)

    @property
    def worth(self) -> Decimal:
        """The points to be had: the weight, or its part of the period."""
        return (self.weight if self.points is not None else self.planned_weight) * self.share

    @property
    def earned(self) -> Decimal | None:
        return None if self.points is None else self.points * self.share

    @property
    def reached(self) -> Decimal | None:
        """The score, of 100."""
        return self.score

    @property
    def changed(self) -> bool:
        """Whether a season or a missing indicator gave it another weight than the scheme."""
        return self.points is not None and self.weight != self.planned_weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """Points beside the indicators."""

    name: str
    points: Decimal
    because: list[str]
    url: str

    @property
    def up(self) -> bool:
        return self.points > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonus:
    """What the person received of the pool, and why."""

    amount: Decimal
    pool: Decimal
    because: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A scorecard, ready to be shown."""

    card: Card
    run: Run
    period: str
    scheme: Scheme
    lines: list[Line]
    extras: list[Extra]
    steps: list[shapes.Step]
    season: str
    because: list[str]
    bonus: Bonus | None

    @property
    def missing(self) -> list[Line]:
        return [line for line in self.lines if line.points is None]

    @property
    def grown(self) -> list[Line]:
        """The weights that grew because another indicator is left out."""
        return [line for line in self.lines if line.changed] if self.missing else []

    @property
    def blocked(self) -> bool:
        return self.card.total is None


def visible_score(scope: Scope, number: int, pay: Scope) -> Score | None:
    """A scorecard that the scope reaches, with the bonus where ``pay`` reaches that."""
    card = scorecard_visible(scope, number)
    return score_of(card, card.run, pay) if card else None


def score_of(card: Card, run: Run, pay: Scope) -> Score:
    """The scorecard of a run, with the bonus where ``pay`` reaches it."""
    return score_with(card, run, amount_of(run, card.employee_id, pay))


def score_with(card: Card, run: Run, amount: Amount | None) -> Score:
    """The same with the bonus at hand, for many at once."""
    inputs = pinned.inputs_of(run)
    definitions = pinned.definitions_of(run)
    lines = lines_of(card, inputs)
    scheme = pinned.scheme_of(inputs, card.scheme)
    extras = [_extra(card, one, scheme, definitions) for one in card.adjustments.all()]
    return Score(
        card=card,
        run=run,
        period=wording.period_name(run),
        scheme=scheme,
        lines=lines,
        extras=extras,
        steps=_steps(card, lines, extras),
        season=wording.named(card.season) if card.season else "",
        because=wording.told(card.because, definitions),
        bonus=Bonus(amount=amount.amount, pool=amount.allotment.pool, because=wording.told(amount.because, definitions))
        if amount
        else None,
    )


def lines_of(card: Card, inputs: Inputs) -> list[Line]:
    """The lines of a card beside what its schemes say; after a move in mid-period those of each stay."""
    person = pinned.person_of(inputs, card.employee.number)
    stays = person.stays
    definitions = inputs.definitions()
    found = []
    for line in card.lines.all():
        scheme = _scheme_at(inputs, card.scheme, stays, line.span)
        place, item = _item(scheme, line.indicator, person.targets.get(line.indicator))
        found.append(
            Line(
                indicator=definitions[line.indicator],
                item=item,
                place=place,
                span=line.span,
                share=_share(stays, line.span),
                value=line.value,
                weight=line.weight,
                planned_weight=line.planned_weight,
                score=line.score,
                points=line.points,
                missing=line.missing,
                carried=line.carried,
                because=line.because,
                url=rows_url(card.pk, line.indicator, line.span),
            )
        )
    return found


def rows_url(card: int, indicator: str, span: int = 0) -> str:
    """Where the records behind a number are shown."""
    url = reverse("rows", args=(card, indicator))
    return f"{url}?span={span}" if span else url


def _scheme_at(inputs: Inputs, last: str, stays: Sequence[StayUnder], span: int) -> Scheme:
    return pinned.scheme_of(inputs, stays[span - 1].scheme if span and span <= len(stays) else last)


def _item(scheme: Scheme, indicator: str, target: Decimal | None) -> tuple[int, Item]:
    """The scheme's item and its place there, aimed at the person's own target where there is one."""
    place, item = next(pair for pair in enumerate(scheme.items) if pair[1].indicator == indicator)
    return place, item if target is None else item.model_copy(update={"curve": aimed(item.curve, target)})


def _share(stays: Sequence[StayUnder], span: int) -> Decimal:
    """The part of the worked days that a stay takes."""
    if not span or span > len(stays):
        return Decimal(1)
    days = [(one.end - one.start).days for one in stays]
    return Decimal(days[span - 1]) / Decimal(sum(days))


def _extra(card: Card, line: Any, scheme: Scheme, definitions: Mapping[str, Indicator]) -> Extra:
    rule = next((one for one in scheme.adjustments if one.id == line.identifier), None)
    about = definitions.get(rule.indicator) if rule else None
    return Extra(
        name=wording.named(line.name),
        points=line.points,
        because=wording.told(line.because, definitions, about),
        url=rows_url(card.pk, rule.indicator) if rule else "",
    )


def _steps(card: Card, lines: Sequence[Line], extras: Sequence[Extra]) -> list[shapes.Step]:
    """The waterfall. It ends at the stored total; a limit, a veto or rounding between is a step of its own."""
    earned = [shapes.Earned(line.name, line.earned, line.worth, line.tone, _note(line), line.url) for line in lines]
    changes = []
    if card.total is not None:
        moved = any(line.share != 1 for line in lines)
        if not moved:
            changes = [shapes.Change(one.name, one.points, "", one.url) for one in extras]
        rest = card.total - sum((line.earned or Decimal(0) for line in lines), Decimal(0))
        rest -= Decimal(0) if moved else sum((one.points for one in extras), Decimal(0))
        if abs(rest) >= Decimal("0.05"):
            changes.append(shapes.Change(_why_rest(card, moved=moved), rest))
        return shapes.waterfall(earned, changes, total=card.total)
    return shapes.waterfall(earned, changes)[:-1]


def _why_rest(card: Card, *, moved: bool) -> str:
    rules = {step[0] for step in card.because}
    if "total.vetoed" in rules:
        return _("Veto")
    if "total.cap" in rules or "total.at_least_zero" in rules:
        return _("Limit of the total")
    return _("Extra points of the posts") if moved else _("Rounding")


def _note(line: Line) -> str:
    if line.points is None:
        return line.shown
    return f"{wording.figure(line.indicator, line.value, brief=True)} / {line.goal}" if line.goal else line.shown
