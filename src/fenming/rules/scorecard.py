"""One person's scorecard: readings to scores to points to a total, with every intermediate kept.

total = Σ points + extra points and deductions, then never below 0, then the optional cap, veto last.
The rules in prose: docs/algorithms/scoring.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Literal

from fenming.rules import curves, money
from fenming.rules.curves import STRICT, Better, Curve, Scored, Step, Units
from fenming.rules.readings import Missing, Reading, absent
from fenming.rules.trace import Because, step
from fenming.rules.weights import Season, Weights, in_force, planned, without
from fenming.rules.wording import check_name

NOTHING_TO_SCORE = "nothing_to_score"
ZERO_EFFECT = "zero"
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One indicator of a scheme: its weight in per cent, its curve, and what to do when it has no reading.

    missing: exclude (the others grow to 100 again, visibly), carry (the reading of the period before stands in;
    without one, exclude), block (no total until a person decides). `told` says how a target of the person's own on
    the curve came about.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    indicator: str
    weight: Decimal
    curve: Curve
    missing: Literal["exclude", "carry", "block"] = "exclude"
    told: tuple[Because, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerUnit:
    """Extra points (加分) or, with negative points, a deduction (扣分) for each `per` beyond a mark.

    better says which side of `beyond` counts: higher for values above it, lower for values below. `cap` limits
    the points either way and is written without a sign.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["per_unit"] = "per_unit"
    id: str
    name: Mapping[str, str]
    indicator: str
    points: Decimal
    per: Decimal = Decimal(1)
    beyond: Decimal = Decimal(0)
    cap: Decimal | None = None
    side: Literal["above", "below"] = "above"
    units: Units = "exact"

    def __post_init__(self) -> None:
        check_name(self.name, of=f"adjustment {self.id!r}")
        curves.check_above_zero("per", self.per)
        if self.points == 0:
            raise ValueError(f"adjustment {self.id!r}: points is 0 and would change nothing; remove it.")
        if self.cap is not None:
            curves.check_above_zero("cap", self.cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiered:
    """Extra points or a deduction in steps: the points of the furthest step reached, nothing before the first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["tiered"] = "tiered"
    id: str
    name: Mapping[str, str]
    indicator: str
    steps: tuple[Step, ...]
    side: Literal["above", "below"] = "above"

    def __post_init__(self) -> None:
        check_name(self.name, of=f"adjustment {self.id!r}")
        if not self.steps:
            raise ValueError(f"adjustment {self.id!r}: steps is empty; give at least one step with at and score.")
        if len({one.at for one in self.steps}) < len(self.steps):
            raise ValueError(f"adjustment {self.id!r}: a threshold appears twice; keep one of the two.")


Adjustment = PerUnit | Tiered


@dataclass(frozen=True, slots=True, kw_only=True)
class VetoRule:
    """一票否决: beyond the limit the total is 0 (effect "zero"), or the grade is at best the letter in `effect`.

    better is the good side of the limit: "lower" means that values above it break the rule.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    name: Mapping[str, str]
    indicator: str
    limit: Decimal
    effect: str
    better: Better = "lower"

    def __post_init__(self) -> None:
        check_name(self.name, of=f"veto {self.id!r}")
        if not self.effect.strip():
            raise ValueError(f"veto {self.id!r}: effect is empty; write zero or a grade letter.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One indicator on a scorecard. Weights in per cent; points = weight × score ÷ 100, half-up to 0.01.

    reading is the one that was scored (the carried one if `carried`); score and points are None when excluded
    or blocked, with the reason in `missing`.
    """

    indicator: str
    reading: Reading
    carried: bool
    target: Decimal | None
    better: Better
    planned_weight: Decimal
    weight: Decimal
    score: Decimal | None
    points: Decimal | None
    missing: Missing | None
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """What one adjustment came to, in points; 0 with its reason when it did not apply."""

    id: str
    name: Mapping[str, str]
    points: Decimal
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """subtotal = Σ points of the lines; total is None when `blocked` names the indicator that blocks.

    blocked may also be NOTHING_TO_SCORE. vetoed lists effects: "zero" or grade letters the grade may not exceed.
    """

    person: str
    lines: tuple[Line, ...]
    adjustments: tuple[Adjusted, ...]
    subtotal: Decimal
    total: Decimal | None
    blocked: str | None
    vetoed: tuple[str, ...]
    season: Season | None
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A scorecard for part of a period: `days` is how many days the person worked under it."""

    card: Scorecard
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Several spans as one result; contributions, one for each span in order, sum to the total exactly."""

    person: str
    spans: tuple[Span, ...]
    contributions: tuple[Decimal, ...]
    total: Decimal | None
    blocked: str | None
    vetoed: tuple[str, ...]
    because: tuple[Because, ...]


def scorecard(
    *,
    person: str,
    items: Sequence[Item],
    readings: Mapping[str, Reading],
    day: date,
    seasons: Sequence[Season] = (),
    adjustments: Sequence[Adjustment] = (),
    vetoes: Sequence[VetoRule] = (),
    carried: Mapping[str, Reading] | None = None,
    peers: Mapping[str, Sequence[Decimal]] | None = None,
    cap: Decimal | None = None,
) -> Scorecard:
    """The scorecard of `person` for the weights in force on `day`.

    readings: indicator → reading (none given counts as no_facts); carried: those of the period before; peers:
    indicator → values of the group, for rank curves; cap: the highest total. Weights must sum to 100:
    ValueError, as for unsound seasons. A missing reading never becomes a silent 0.
    """
    used = {item.indicator: _reading(item, readings, carried or {}) for item in items}
    weights = in_force(planned(items), seasons, day)
    kept = without(weights, {item.indicator for item in items if _excluded(item, used[item.indicator][0])})
    lines = tuple(_line(item, *used[item.indicator], kept, (peers or {}).get(item.indicator, ())) for item in items)
    adjusted = tuple(_adjusted(adjustment, readings) for adjustment in adjustments)
    veto_effects, veto_told = _vetoes(lines, vetoes, readings)
    blocked = _blocked(items, used, kept)
    subtotal = money.total([ZERO, *(line.points for line in lines if line.points is not None)])
    total, told = (None, (_blocked_told(blocked),)) if blocked else _total(subtotal, adjusted, veto_effects, cap)
    return Scorecard(
        person=person, lines=lines, adjustments=adjusted, subtotal=subtotal, total=total, blocked=blocked,
        vetoed=veto_effects, season=weights.season, because=(*kept.because, *veto_told, *told),
    )  # fmt: skip


def merge_spans(spans: Sequence[Span]) -> Merged:
    """One result for a person who changed post in mid-period: the totals weighted by days, half-up to 0.01.

    A span with nothing to score is left out, visibly; a blocked span blocks the whole; a veto to zero in any
    span makes the whole 0. ValueError for no span, spans of several people, or days below 1.
    """
    person = _one_person(spans)
    vetoed = tuple(dict.fromkeys(effect for span in spans for effect in span.card.vetoed))
    counted = {index: span for index, span in enumerate(spans) if span.card.total is not None}
    blocked = next((span.card.blocked for span in spans if span.card.blocked not in (None, NOTHING_TO_SCORE)), None)
    if blocked or not counted:
        blocked = blocked or NOTHING_TO_SCORE
        return Merged(
            person=person, spans=tuple(spans), contributions=(ZERO,) * len(spans), total=None, blocked=blocked,
            vetoed=vetoed, because=(_blocked_told(blocked),),
        )  # fmt: skip
    total, parts, told = _weighted(counted, vetoed)
    contributions = tuple(parts.get(index, ZERO) for index in range(len(spans)))
    return Merged(
        person=person, spans=tuple(spans), contributions=contributions, total=total, blocked=None,
        vetoed=vetoed, because=told,
    )  # fmt: skip


def _reading(
    item: Item, readings: Mapping[str, Reading], carried: Mapping[str, Reading]
) -> tuple[Reading, Missing | None]:
    """The reading to score, and why the period's own is missing."""
    own = readings.get(item.indicator) or absent("no_facts")
    before = carried.get(item.indicator)
    if own.missing and item.missing == "carry" and before is not None and before.value is not None:
        return before, own.missing
    return own, own.missing


def _excluded(item: Item, used: Reading) -> bool:
    return used.value is None and item.missing != "block"


def _line(item: Item, used: Reading, missing: Missing | None, kept: Weights, peers: Sequence[Decimal]) -> Line:
    carried = missing is not None and used.value is not None
    weight = kept.weights.get(item.indicator, ZERO)
    scored = None if used.value is None else curves.score(item.curve, used.value, peers=peers)
    points = None if scored is None else money.to_fen(Fraction(weight) * Fraction(scored.score) / 100)
    return Line(
        indicator=item.indicator, reading=used, carried=carried, target=curves.target_of(item.curve),
        better=item.curve.better, planned_weight=item.weight, weight=weight,
        score=None if scored is None else scored.score, points=points, missing=missing,
        because=_line_told(item, used, missing, weight, scored, points),
    )  # fmt: skip


def _line_told(
    item: Item, used: Reading, missing: Missing | None, weight: Decimal, scored: Scored | None, points: Decimal | None
) -> tuple[Because, ...]:
    if scored is None or points is None:
        if item.missing == "block":
            return (*used.because, step("line.blocked", "", indicator=item.indicator))
        return (*used.because, step("line.excluded", "", indicator=item.indicator))
    carried = (step("line.carried", used.value or 0, indicator=item.indicator),) if missing else ()
    worth = step("line.points", points, weight=weight, score=scored.score)
    return (*used.because, *carried, *item.told, *scored.because, worth)


def _adjusted(adjustment: Adjustment, readings: Mapping[str, Reading]) -> Adjusted:
    found = readings.get(adjustment.indicator)
    if found is None or found.value is None:
        points, told = ZERO, step("adjustment.missing", ZERO, indicator=adjustment.indicator)
    elif isinstance(adjustment, PerUnit):
        points, told = _per_unit(adjustment, found.value)
    else:
        points, told = _tiered(adjustment, found.value)
    return Adjusted(id=adjustment.id, name=adjustment.name, points=points, because=(told,))


def _per_unit(rule: PerUnit, value: Decimal) -> tuple[Decimal, Because]:
    distance = Fraction(value) - Fraction(rule.beyond)
    counted = max(distance if rule.side == "above" else -distance, Fraction(0))
    units = curves.units_between(counted, rule.per, rule.units)
    size = abs(Fraction(rule.points)) * units
    size = size if rule.cap is None else min(size, Fraction(rule.cap))
    points = money.to_fen(size if rule.points > 0 else -size)
    return points, step(
        "adjustment.per_unit", points, value=value, beyond=rule.beyond, units=units, per=rule.per, points=rule.points,
    )  # fmt: skip


def _tiered(rule: Tiered, value: Decimal) -> tuple[Decimal, Because]:
    better: Better = "higher" if rule.side == "above" else "lower"
    furthest_first = reversed(curves.ordered(rule.steps, better))
    found = next((one for one in furthest_first if curves.reached(value, one.at, better)), None)
    if found is None:
        return ZERO, step("adjustment.tier.none", ZERO, value=value)
    points = money.to_fen(found.score)
    return points, step("adjustment.tier", points, value=value, at=found.at)


def _vetoes(
    lines: Sequence[Line], rules: Sequence[VetoRule], readings: Mapping[str, Reading]
) -> tuple[tuple[str, ...], tuple[Because, ...]]:
    broken_curves = [line for line in lines if any(told.rule == "curve.veto.broken" for told in line.because)]
    effects = [ZERO_EFFECT for _ in broken_curves]
    told = [step("veto.curve", ZERO, indicator=line.indicator) for line in broken_curves]
    for rule in rules:
        found = readings.get(rule.indicator)
        if found is None or found.value is None:
            told.append(step("veto.unknown", "", indicator=rule.indicator))
        elif not curves.reached(found.value, rule.limit, rule.better):
            effects.append(rule.effect)
            told.append(step("veto.rule", rule.effect, indicator=rule.indicator, value=found.value, limit=rule.limit))
    return tuple(dict.fromkeys(effects)), tuple(told)


def _blocked(items: Sequence[Item], used: Mapping[str, tuple[Reading, Missing | None]], kept: Weights) -> str | None:
    for item in items:
        if item.missing == "block" and used[item.indicator][0].value is None:
            return item.indicator
    return None if kept.weights else NOTHING_TO_SCORE


def _blocked_told(blocked: str) -> Because:
    if blocked == NOTHING_TO_SCORE:
        return step("total.nothing_to_score", "")
    return step("total.blocked", "", indicator=blocked)


def _total(
    subtotal: Decimal, adjusted: Sequence[Adjusted], vetoed: Sequence[str], cap: Decimal | None
) -> tuple[Decimal, tuple[Because, ...]]:
    extra = money.total([ZERO, *(one.points for one in adjusted)])
    total = money.total([subtotal, extra])
    told = [step("total.sum", total, subtotal=subtotal, adjustments=extra)]
    if total < 0:
        total = ZERO
        told.append(step("total.at_least_zero", ZERO))
    if cap is not None and total > cap:
        total = money.to_fen(cap)
        told.append(step("total.cap", total))
    if ZERO_EFFECT in vetoed:
        total = ZERO
        told.append(step("total.vetoed", ZERO))
    return total, tuple(told)


def _one_person(spans: Sequence[Span]) -> str:
    people = {span.card.person for span in spans}
    if len(people) != 1:
        raise ValueError(f"Spans to merge must be of exactly one person, got {sorted(people)}.")
    if any(span.days < 1 for span in spans):
        raise ValueError("Every span needs at least one day; leave out the empty ones.")
    return people.pop()


def _weighted(
    spans: Mapping[int, Span], vetoed: Sequence[str]
) -> tuple[Decimal, dict[int, Decimal], tuple[Because, ...]]:
    days = sum(span.days for span in spans.values())
    # Fen times days; keys padded with zeros sort as numbers, so that ties go to the earlier span.
    worth = {f"{index:06}": money.to_units(span.card.total or ZERO) * span.days for index, span in spans.items()}
    total = money.to_fen(Fraction(sum(worth.values()), 100 * days))
    told = [step("total.span", span.card.total or ZERO, days=span.days, all_days=days) for span in spans.values()]
    told.append(step("total.merged", total, all_days=days))
    if ZERO_EFFECT in vetoed:
        total = ZERO
        told.append(step("total.vetoed", ZERO))
    parts = money.split_whole(money.to_units(total), worth) if total else {}
    return total, {int(key): money.from_units(part) for key, part in parts.items()}, tuple(told)
