"""Targets of one's own: by person, by group, from history, or by a formula.

The rules in prose: docs/algorithms/targets.md.

A scheme states one target for everybody on the curve; a rule beside it may give somebody another. What the rule needs
and cannot find is never guessed: the scheme's target stays, and the explanation says so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Literal

from fenming.rules.curves import STRICT, Curve, aimed, check_above_zero, takes_target, target_of
from fenming.rules.money import rounded
from fenming.rules.readings import check_formula, evaluate
from fenming.rules.trace import Because, plain, step

NAMES = ("last", "last_year", "mean3", "target")
"""What a formula may speak of: the period before, the same period a year before, the mean of three, the scheme's."""

LONGEST_HISTORY = 12
DIGITS = 6
LARGEST = Decimal("1E+12")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPerson:
    """Each person's own, by number; whoever is not listed has the scheme's."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["person"] = "person"
    people: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByGroup:
    """One for everybody of a post, a team or a store, by code or name of that group."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["group"] = "group"
    by: Literal["post", "team", "store"]
    groups: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromHistory:
    """The mean of the last `periods` periods, of one's own or of the whole group, times `factor`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["history"] = "history"
    of: Literal["own", "group"] = "own"
    periods: int = 3
    factor: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if not 1 <= self.periods <= LONGEST_HISTORY:
            raise ValueError(f"periods must lie between 1 and {LONGEST_HISTORY}, got {self.periods}.")
        check_above_zero("factor", self.factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByFormula:
    """Arithmetic over last, last_year, mean3 and target, such as (last + target) / 2."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["formula"] = "formula"
    formula: str

    def __post_init__(self) -> None:
        check_formula(self.formula, NAMES)


Rule = ByPerson | ByGroup | FromHistory | ByFormula


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A target agreed with the person for this period, in the unit of the reading, and the day on which it was."""

    target: Decimal
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a person and one indicator: values in the unit of the reading, the newest period first.

    A period without a value is None. `group_history` are the means over the people of the same scheme.
    """

    person: str
    post: str = ""
    team: str = ""
    store: str = ""
    history: Sequence[Decimal | None] = ()
    group_history: Sequence[Decimal | None] = ()
    last_year: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The person's own target, or None where the scheme's holds, and why."""

    target: Decimal | None
    because: tuple[Because, ...]


def resolve(rule: Rule, curve: Curve, known: Known) -> Resolved:
    """The target of a person by `rule`, half-up to six decimals, for an indicator scored on `curve`.

    A person or group not listed has the scheme's target without a word; missing history, an undefined formula and
    a target that the curve cannot take fall back to it with one. ValueError for a curve without a target.
    """
    usual = target_of(curve)
    if not takes_target(curve) or usual is None:
        raise ValueError(f"A {curve.kind} curve has no target that a person could have of one's own.")
    match rule:
        case ByPerson():
            found, told = rule.people.get(known.person), step("target.person", "")
        case ByGroup():
            group = {"post": known.post, "team": known.team, "store": known.store}[rule.by]
            found, told = rule.groups.get(group), step("target.group", "", group=group)
        case FromHistory():
            return _checked(curve, usual, *_from_history(rule, known))
        case _:
            return _checked(curve, usual, *_by_formula(rule, usual, known))
    if found is None:
        return Resolved(target=None, because=())
    return _checked(curve, usual, found, told)


def by_goal(goal: Agreed, curve: Curve) -> Resolved:
    """The target of a goal agreed for the period, in place of whatever a rule says; the scheme's if it is unusable."""
    usual = target_of(curve)
    if not takes_target(curve) or usual is None:
        return Resolved(target=None, because=())
    return _checked(curve, usual, goal.target, step("target.goal", "", day=goal.on.isoformat()))


def mean(values: Sequence[Decimal | None]) -> Fraction | None:
    """The mean of the values there are, exactly; None where there is none."""
    present = [Fraction(value) for value in values if value is not None]
    return sum(present, Fraction(0)) / len(present) if present else None


def periods_needed(rule: Rule) -> int:
    """How many periods before this one the rule looks at; a year before is asked for apart."""
    match rule:
        case FromHistory():
            return rule.periods
        case ByFormula():
            return 3
        case _:
            return 0


def _from_history(rule: FromHistory, known: Known) -> tuple[Decimal | None, Because]:
    values = (known.history if rule.of == "own" else known.group_history)[: rule.periods]
    found = mean(values)
    count = sum(value is not None for value in values)
    if found is None:
        return None, step("target.no_history", "", periods=rule.periods)
    result, factor = found * Fraction(rule.factor), rule.factor
    if rule.of == "own":
        told = step("target.history.own", result, mean=found, count=count, factor=factor)
    else:
        told = step("target.history.group", result, mean=found, count=count, factor=factor)
    return rounded(result, digits=DIGITS), told


def _by_formula(rule: ByFormula, usual: Decimal, known: Known) -> tuple[Decimal | None, Because]:
    three = mean(known.history[:3])
    parts = {
        "last": known.history[0] if known.history else None,
        "last_year": known.last_year,
        "mean3": None if three is None else rounded(three, digits=DIGITS),
        "target": usual,
    }
    found = evaluate(rule.formula, parts)
    if found is None:
        return None, step("target.no_formula", "", formula=rule.formula)
    used = [name for name in NAMES if re.search(rf"\b{name}\b", rule.formula)]
    values = ", ".join(f"{name} = {plain(value)}" for name in used if (value := parts[name]) is not None)
    told = step("target.formula", found, formula=rule.formula, values=values)
    return rounded(found, digits=DIGITS), told


def _checked(curve: Curve, usual: Decimal, found: Decimal | None, told: Because) -> Resolved:
    """The target if the curve can take it; else the scheme's stays, and the step before says why."""
    if found is None:
        return Resolved(target=None, because=(told, step("target.usual", usual)))
    try:
        _fits(found)
        aimed(curve, found)
    except ValueError:
        refused = step("target.unusable", usual, target=found)
        return Resolved(target=None, because=(told, refused))
    return Resolved(target=found, because=(told, step("target.own", found, usual=usual)))


def _fits(target: Decimal) -> None:
    if not target.is_finite() or abs(target) >= LARGEST:
        raise ValueError(f"A target must be a number below {LARGEST:,f}, got {target}.")
