from decimal import Decimal
from fractions import Fraction
from typing import Any

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from fenming.rules.bonus import BonusRule, ByGrade, ByScore, Claim, Equal, Mixed, Part, TeamFund, allot, fill
from fenming.rules.money import total

D = Decimal
RULE: TypeAdapter[BonusRule] = TypeAdapter(BonusRule)
SHARES = st.decimals(0, 1, places=2)
POOLS = st.decimals(D("0.01"), 10**9, places=2)
RULES = st.sampled_from(
    [
        ByScore(),
        ByScore(cap=D(300)),
        ByScore(cap_share=D("0.333")),
        ByGrade(coefficients={"A": D("1.2"), "B": D(1)}, cap=D("0.05")),
        Equal(cap=D(1000), cap_share=D(2)),
        TeamFund(),
        Mixed(parts=(Part(share=D("0.3"), rule=Equal()), Part(share=D("0.7"), rule=ByScore())), cap=D(77)),
        Mixed(
            parts=(
                Part(share=D("0.123"), rule=TeamFund()),
                Part(share=D("0.877"), rule=ByGrade(coefficients={"A": D(2), "B": D(0)})),
            )
        ),
    ]
)


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    return [
        Claim(
            person=person,
            score=draw(st.none() | st.decimals(0, 120, places=2)),
            base=draw(st.decimals(0, 20000, places=2)),
            attendance=draw(SHARES),
            grade=draw(st.sampled_from([None, "A", "B"])),
        )
        for person in draw(st.lists(st.text(min_size=1, max_size=2), unique=True, max_size=8))
    ]


def claim(person: str = "李娜", base: int = 1000, **more: Any) -> Claim:
    return Claim(person=person, **({"score": D(100), "base": D(base), "attendance": D(1)} | more))


@pytest.mark.parametrize("case", golden.load("bonus"), ids=golden.title)
def test_golden_bonus(case: dict[str, Any]) -> None:
    claimed = [Claim(**({"score": None, "attendance": D(1)} | one)) for one in case["claims"]]
    found = allot(case["pool"], claimed, RULE.validate_python(case["rule"]))
    assert {person: one.amount for person, one in found.amounts.items()} == case["expect"]
    assert (found.fund, found.undistributed) == (case.get("fund", 0), case.get("undistributed", 0))
    assert found.undistributed_owner == "team_fund"


@given(POOLS, claims(), RULES)
def test_amounts_fund_and_rest_sum_to_the_pool(pool: Decimal, claimed: list[Claim], rule: BonusRule) -> None:
    found = allot(pool, claimed, rule)
    amounts = [one.amount for one in found.amounts.values()]
    assert total([*amounts, found.fund, found.undistributed]) == pool
    assert min([*amounts, found.fund, found.undistributed]) >= 0


@given(POOLS, claims(), RULES, st.randoms())
def test_the_order_of_people_does_not_matter(pool: Decimal, claimed: list[Claim], rule: BonusRule, random: Any) -> None:
    shuffled = random.sample(claimed, len(claimed))
    one, other = allot(pool, claimed, rule), allot(pool, shuffled, rule)
    assert (one.amounts, one.undistributed) == (dict(other.amounts), other.undistributed)


@given(
    st.dictionaries(st.text(min_size=1, max_size=2), st.integers(1, 1000), min_size=1, max_size=8),
    st.integers(0, 10_000),
    st.data(),
)
def test_water_filling_keeps_limits_and_treats_the_free_in_proportion(
    weights: dict[str, int], pool: int, data: st.DataObject
) -> None:
    lows = {key: data.draw(st.integers(0, pool // len(weights))) for key in weights}
    highs = {key: data.draw(st.integers(lows[key], pool + 1)) for key in weights}
    found = fill(pool, weights, lows, highs)
    assert sum(found.values()) == min(pool, sum(highs.values()))
    assert all(lows[key] <= found[key] <= highs[key] for key in weights)
    free = [key for key in weights if lows[key] < found[key] < highs[key]]
    per_weight = [Fraction(found[key], weights[key]) for key in free]
    assert all(
        abs(one - other) <= Fraction(1, weights[free[i]]) + Fraction(1, weights[free[j]])
        for i, one in enumerate(per_weight)
        for j, other in enumerate(per_weight)
    )


def test_a_floor_holds_for_a_claim_too_small_for_a_fen() -> None:
    found = allot(D(10), [claim("大", 10**9), claim("小", 1, score=D("0.01"))], ByScore(floor=D(1)))
    assert {person: one.amount for person, one in found.amounts.items()} == {"大": 9, "小": 1}


def test_limits_of_others_are_told_to_those_they_touch() -> None:
    found = allot(D(100), [claim("a", 900), claim("b", 50), claim("c", 50)], ByScore(cap=D(60)))
    told = {person: one.because[-1].rule for person, one in found.amounts.items()}
    assert told == {"a": "bonus.capped", "b": "bonus.levelled", "c": "bonus.levelled"}
    floored = allot(D(100), [claim("a", 900), claim("b", 50)], ByScore(floor=D(20))).amounts
    assert [one.because[-1].rule for one in floored.values()] == ["bonus.levelled", "bonus.floored"]


@pytest.mark.parametrize(
    ("pool", "claimed", "rule", "words"),
    [
        (D(0), [claim()], Equal(), "more than 0 yuan"),
        (D(-5), [claim()], Equal(), "more than 0 yuan"),
        (D("0.001"), [claim()], Equal(), "parts of a fen"),
        (D(10), [claim(), claim()], Equal(), "claims twice"),
        (D(10), [claim(), claim("王强")], Equal(floor=D(6)), "floors sum to 12.00"),
        (D(10), [claim(grade="AA")], ByGrade(coefficients={"A": D(1)}), "Did you mean 'A'"),
        (D(100), [claim(base=10)], Equal(floor=D(6), cap_share=D("0.5")), "lies above the cap 5.00"),
    ],
)
def test_what_cannot_be_allotted_says_why(pool: Decimal, claimed: list[Claim], rule: BonusRule, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        allot(pool, claimed, rule)


def test_a_claim_below_0_is_refused() -> None:
    with pytest.raises(ValueError, match="base is -1"):
        claim(base=-1)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "equal", "cap": 0}, "cap must be above 0"),
        ({"kind": "equal", "floor": 0.001}, "parts of a fen"),
        ({"kind": "equal", "floor": 2, "cap": 1}, "lies above cap"),
        ({"kind": "by_grade", "coefficients": {"A": -1}}, "0 or more"),
        ({"kind": "by_grade", "coefficients": {"A": 0}}, "above 0"),
        ({"kind": "mixed", "parts": [{"share": 0.5, "rule": {"kind": "equal"}}]}, "sum to 0.5"),
        ({"kind": "mixed", "parts": [{"share": 0, "rule": {"kind": "equal"}}]}, "share must be above 0"),
        ({"kind": "mixed", "parts": [{"share": 1, "rule": {"kind": "equal", "cap": 5}}]}, "on the mixed rule"),
        ({"kind": "team_fund", "cap": 5}, "cap"),
    ],
)
def test_rules_nobody_could_explain_are_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        RULE.validate_python(rule)
