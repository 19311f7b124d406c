"""Sharing out a bonus pool, exact to the fen. The rules in prose: docs/algorithms/bonus.md.

Always: Σ amounts + fund + undistributed = pool. The last fen goes by largest remainder; what caps leave over
goes to the uncapped, and what nobody can take stays undistributed, owned by the team fund.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor, lcm
from typing import Any, ClassVar, Literal

from fenming.rules.curves import STRICT
from fenming.rules.money import from_units, split_whole, to_units, total, whole_weights
from fenming.rules.trace import Because, step
from fenming.rules.wording import did_you_mean

TEAM_FUND = "team_fund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one person brings to the pool: score in points, base in yuan, attendance and factor as fractions.

    attendance 1 is full; factor is 1 plus the raises earned (see reward.py). Without score or grade there is no
    claim under the rules that need them.
    """

    person: str
    score: Decimal | None
    base: Decimal
    attendance: Decimal
    grade: str | None = None
    factor: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        for name in ("score", "base", "attendance", "factor"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{self.person}: {name} is {value}; it must be 0 or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits per person with a claim: floor and cap in yuan, cap_share as a multiple of the own base."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    floor: Decimal | None = None
    cap: Decimal | None = None
    cap_share: Decimal | None = None

    def __post_init__(self) -> None:
        for name, limit in (("floor", self.floor), ("cap", self.cap), ("cap_share", self.cap_share)):
            if limit is not None and limit <= 0:
                raise ValueError(f"{name} must be above 0, got {limit}; leave it out for no limit.")
        for name, limit in (("floor", self.floor), ("cap", self.cap)):
            if limit is not None:
                _fen(limit, name)
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise ValueError(f"floor ({self.floor}) lies above cap ({self.cap}); lower the one or raise the other.")

    @property
    def limited(self) -> bool:
        """Whether any limit is set."""
        return (self.floor, self.cap, self.cap_share) != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByScore(Limits):
    """In proportion to score × base × attendance × factor."""

    kind: Literal["by_score"] = "by_score"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByGrade(Limits):
    """系数法: in proportion to the grade's coefficient × base × attendance.

    Source: 个人奖金 = 部门奖金总额 × 个人绩效系数 ÷ 系数之和, as practised.
    """

    kind: Literal["by_grade"] = "by_grade"
    coefficients: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        Limits.__post_init__(self)
        for grade, coefficient in self.coefficients.items():
            if coefficient < 0:
                raise ValueError(f"coefficients: grade {grade!r} has {coefficient}; it must be 0 or more.")
        if not any(self.coefficients.values()):
            raise ValueError("coefficients: at least one grade needs a coefficient above 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal(Limits):
    """平均分配: the same for everyone who attended at all."""

    kind: Literal["equal"] = "equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFund:
    """团队基金: everything to the team's fund, nothing to single people."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["team_fund"] = "team_fund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of the pool (a fraction) and the rule it follows. Limits belong on the mixed rule around it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    share: Decimal
    rule: ByScore | ByGrade | Equal | TeamFund

    def __post_init__(self) -> None:
        if self.share <= 0:
            raise ValueError(f"share must be above 0, got {self.share}; leave the part out instead.")
        if not isinstance(self.rule, TeamFund) and self.rule.limited:
            raise ValueError("A part has no floor or cap of its own; set them on the mixed rule, for the whole bonus.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed(Limits):
    """组合: the pool is first cut into parts, each follows its own rule, a person gets the sum of his parts."""

    kind: Literal["mixed"] = "mixed"
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        Limits.__post_init__(self)
        if (shares := total(part.share for part in self.parts)) != 1:
            raise ValueError(f"parts: the shares sum to {shares}, not to 1; adjust one of them.")


BonusRule = ByScore | ByGrade | Equal | TeamFund | Mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A person's bonus in yuan, and why."""

    amount: Decimal
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """Σ amounts + fund + undistributed is the pool, exactly; all in yuan. Everyone who claimed has an amount."""

    amounts: Mapping[str, Amount]
    fund: Decimal
    undistributed: Decimal
    undistributed_owner: str = TEAM_FUND


@dataclass(slots=True)
class _Draft:
    """An allotment in the making, in fen."""

    fen: dict[str, int]
    weights: dict[str, int] = field(default_factory=dict)
    told: dict[str, list[Because]] = field(default_factory=dict)
    fund: int = 0


def allot(pool: Decimal, claims: Sequence[Claim], rule: BonusRule) -> Allotment:
    """Share `pool` (yuan, whole fen, above 0) among `claims` by `rule`; the order of claims does not matter.

    With nobody to claim, all stays undistributed. ValueError: a pool of 0 or below or with parts of a fen, a
    person twice, a grade without a coefficient, floors that exceed the pool or someone's cap.
    """
    if pool <= 0:
        raise ValueError(f"The pool is {pool}; there must be more than 0 yuan to share out.")
    whole = _fen(pool, "pool")
    _check_once(claims)
    draft = _mixed(whole, claims, rule) if isinstance(rule, Mixed) else _alone(whole, claims, rule)
    if not isinstance(rule, TeamFund) and rule.limited:
        _limit(draft, claims, rule)
    return Allotment(
        amounts={person: Amount(amount=from_units(fen), because=tuple(draft.told[person]))
                 for person, fen in draft.fen.items()},
        fund=from_units(draft.fund),
        undistributed=from_units(whole - draft.fund - sum(draft.fen.values())),
    )  # fmt: skip


def _check_once(claims: Sequence[Claim]) -> None:
    seen: set[str] = set()
    for claim in claims:
        if claim.person in seen:
            raise ValueError(f"{claim.person} claims twice; merge the two claims into one.")
        seen.add(claim.person)


def _mixed(pool: int, claims: Sequence[Claim], rule: Mixed) -> _Draft:
    shares = whole_weights({f"{index:06}": part.share for index, part in enumerate(rule.parts)})
    draft = _Draft(fen={claim.person: 0 for claim in claims}, told={claim.person: [] for claim in claims})
    for part, fen in zip(rule.parts, split_whole(pool, shares).values(), strict=True):
        alone = _alone(fen, claims, part.rule)
        draft.fund += alone.fund
        for person, amount in alone.fen.items():
            draft.fen[person] += amount
            cut = step("bonus.part", from_units(fen), share=part.share, pool=from_units(pool))
            draft.told[person] += [cut, *alone.told[person]]
    for person, amount in draft.fen.items():
        draft.told[person].append(step("bonus.sum", from_units(amount)))
    draft.weights = dict(draft.fen)
    return draft


def _alone(pool: int, claims: Sequence[Claim], rule: ByScore | ByGrade | Equal | TeamFund) -> _Draft:
    draft = _Draft(fen={claim.person: 0 for claim in claims})
    if isinstance(rule, TeamFund):
        draft.fund = pool
        draft.told = {claim.person: [step("bonus.team_fund", from_units(pool))] for claim in claims}
        return draft
    weighed = {claim.person: _weigh(claim, rule) for claim in claims}
    draft.weights = _whole({person: weight for person, (weight, _) in weighed.items()})
    whole = sum((weight for weight, _ in weighed.values()), Fraction(0))
    if whole:
        draft.fen = split_whole(pool, draft.weights)
    for person, (weight, told) in weighed.items():
        draft.told[person] = [told]
        if weight:
            share = from_units(draft.fen[person])
            draft.told[person].append(step("bonus.share", share, pool=from_units(pool), weight=weight, weights=whole))
    return draft


def _weigh(claim: Claim, rule: ByScore | ByGrade | Equal) -> tuple[Fraction, Because]:
    match rule:
        case ByScore():
            return _weigh_score(claim)
        case ByGrade():
            return _weigh_grade(claim, rule)
        case _:
            weight = Fraction(1 if claim.attendance else 0)
            return weight, step("bonus.equal", weight, attendance=claim.attendance)


def _weigh_score(claim: Claim) -> tuple[Fraction, Because]:
    if claim.score is None:
        return Fraction(0), step("bonus.no_score", 0)
    weight = Fraction(claim.score) * Fraction(claim.base) * Fraction(claim.attendance) * Fraction(claim.factor)
    return weight, step(
        "bonus.by_score", weight,
        score=claim.score, base=claim.base, attendance=claim.attendance, factor=claim.factor,
    )  # fmt: skip


def _weigh_grade(claim: Claim, rule: ByGrade) -> tuple[Fraction, Because]:
    if claim.grade is None:
        return Fraction(0), step("bonus.no_grade", 0)
    if claim.grade not in rule.coefficients:
        hint = did_you_mean(claim.grade, rule.coefficients)
        raise ValueError(f"{claim.person}: grade {claim.grade!r} has no coefficient. {hint}")
    coefficient = rule.coefficients[claim.grade]
    weight = Fraction(coefficient) * Fraction(claim.base) * Fraction(claim.attendance)
    return weight, step(
        "bonus.by_grade", weight,
        grade=claim.grade, coefficient=coefficient, base=claim.base, attendance=claim.attendance,
    )  # fmt: skip


def _limit(draft: _Draft, claims: Sequence[Claim], rule: Limits) -> None:
    """Keep everyone with a claim within the limits; the shares so far are the proportions."""
    claimants = [claim for claim in claims if draft.weights[claim.person]]
    weights = {claim.person: draft.weights[claim.person] for claim in claimants}
    pool = sum(draft.fen.values())
    lows = {claim.person: _fen(rule.floor, "floor") if rule.floor else 0 for claim in claimants}
    highs = {claim.person: _cap(claim, rule, pool) for claim in claimants}
    if (floors := sum(lows.values())) > pool:
        raise ValueError(f"The floors sum to {from_units(floors)}, the pool holds {from_units(pool)}: lower the floor.")
    for person, low in lows.items():
        if low > highs[person]:
            raise ValueError(f"{person}: the floor {rule.floor} lies above the cap {from_units(highs[person])}.")
    for person, fen in fill(pool, weights, lows, highs).items():
        if fen != draft.fen[person]:
            draft.told[person].append(_limit_told(fen, draft.fen[person], lows[person], highs[person]))
        draft.fen[person] = fen


def _cap(claim: Claim, rule: Limits, pool: int) -> int:
    caps = [pool] if rule.cap is None else [pool, _fen(rule.cap, "cap")]
    if rule.cap_share is not None:
        caps.append(floor(Fraction(rule.cap_share) * Fraction(claim.base) * 100))
    return min(caps)


def _limit_told(fen: int, before: int, low: int, high: int) -> Because:
    amount, share = from_units(fen), from_units(before)
    if fen == high < before:
        return step("bonus.capped", amount, share=share)
    if fen == low > before:
        return step("bonus.floored", amount, share=share)
    return step("bonus.levelled", amount, share=share)


def fill(pool: int, weights: Mapping[str, int], lows: Mapping[str, int], highs: Mapping[str, int]) -> dict[str, int]:
    """Share `pool` whole units by `weights` (all above 0), each part within its low and high: water-filling.

    Whoever would pass a limit is held at it and the rest is shared anew, until nobody does. Sums to `pool`, or
    to Σ highs when that is less. Expects Σ lows ≤ pool and low ≤ high. Source: the CSS flexbox rule for
    flexible lengths, which freezes the side with the larger violation first.
    """
    held: dict[str, int] = {}
    free = dict(weights)
    while free:
        left, whole = pool - sum(held.values()), sum(free.values())
        short = {key: lows[key] * whole - left * free[key] for key in free if left * free[key] < lows[key] * whole}
        over = {key: left * free[key] - highs[key] * whole for key in free if left * free[key] > highs[key] * whole}
        if not short and not over:
            return held | split_whole(left, free)
        balance = sum(short.values()) - sum(over.values())
        held |= {key: lows[key] for key in short if balance >= 0} | {key: highs[key] for key in over if balance <= 0}
        free = {key: weight for key, weight in free.items() if key not in held}
    return held


def _whole(weights: Mapping[str, Fraction]) -> dict[str, int]:
    scale = lcm(*(weight.denominator for weight in weights.values()))
    return {person: weight.numerator * (scale // weight.denominator) for person, weight in weights.items()}


def _fen(amount: Decimal, name: str) -> int:
    try:
        return to_units(amount)
    except ValueError as error:
        raise ValueError(f"{name}: {amount} yuan has parts of a fen; give at most two decimals.") from error
