from decimal import Decimal
from typing import Any

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from fenming.rules.curves import (
    Add,
    Binary,
    Curve,
    Deduct,
    Rank,
    Ratio,
    Step,
    Steps,
    Target,
    Veto,
    aimed,
    reached,
    reaching,
    score,
    straight,
    takes_target,
    target_of,
)

D = Decimal
CURVE: TypeAdapter[Curve] = TypeAdapter(Curve)
CASES = [
    pytest.param(case["curve"], case.get("peers", ()), value, points, id=f"{case['title']} {value}")
    for case in golden.load("curves")
    for value, points in case["scores"].items()
]
NUMBERS = st.decimals(-1000, 1000, places=3)
ABOVE_ZERO = st.decimals(D("0.001"), 1000, places=3)
POINTS = st.decimals(0, 200, places=2)
BETTER = st.sampled_from(["higher", "lower"])


@st.composite
def targets(draw: st.DrawFn) -> Target:
    floor, target, stretch = draw(st.lists(NUMBERS, min_size=3, max_size=3, unique=True).map(sorted))
    low, middle, high = draw(st.lists(POINTS, min_size=3, max_size=3).map(sorted))
    if draw(st.booleans()):
        floor, stretch = stretch, floor
    end = stretch if draw(st.booleans()) else None
    return Target(floor=floor, target=target, stretch=end, floor_score=low, target_score=middle, cap=high)


@st.composite
def steps(draw: st.DrawFn) -> Steps:
    marks = draw(st.lists(NUMBERS, min_size=1, max_size=5, unique=True).map(sorted))
    below, *scores = draw(st.lists(POINTS, min_size=len(marks) + 1, max_size=len(marks) + 1).map(sorted))
    better = draw(BETTER)
    worst_first = marks if better == "higher" else marks[::-1]
    pairs = zip(worst_first, scores, strict=True)
    return Steps(steps=tuple(Step(at=at, score=points) for at, points in pairs), better=better, below=below)


UNITS = st.sampled_from(["exact", "complete", "started"])
CURVES = st.one_of(
    targets(),
    steps(),
    st.builds(Deduct, target=NUMBERS, per=ABOVE_ZERO, points=ABOVE_ZERO, better=BETTER, units=UNITS),
    st.builds(Add, target=NUMBERS, per=ABOVE_ZERO, points=ABOVE_ZERO, cap=POINTS, better=BETTER, units=UNITS),
    st.builds(Ratio, target=ABOVE_ZERO, better=BETTER),
    st.builds(Rank, better=BETTER),
    st.builds(Veto, limit=NUMBERS, better=BETTER),
    st.builds(Binary, target=NUMBERS, better=BETTER),
)


@pytest.mark.parametrize(("curve", "peers", "value", "points"), CASES)
def test_golden_scores(curve: dict[str, Any], peers: list[Decimal], value: Decimal, points: Decimal) -> None:
    assert score(CURVE.validate_python(curve), value, peers=peers).score == points


@given(CURVES, NUMBERS, NUMBERS, st.lists(NUMBERS, max_size=5))
def test_a_better_value_never_scores_less(curve: Curve, one: Decimal, other: Decimal, peers: list[Decimal]) -> None:
    worse, better = sorted([one, other], reverse=curve.better == "lower")
    group = [*peers, one, other]
    assert score(curve, worse, peers=group).score <= score(curve, better, peers=group).score


@given(CURVES, NUMBERS)
def test_scores_are_bounded_and_have_two_decimals(curve: Curve, value: Decimal) -> None:
    found = score(curve, value).score
    assert 0 <= found <= 200
    assert found.as_tuple().exponent == -2


def test_only_a_broken_limit_vetoes() -> None:
    assert score(Veto(limit=D(0)), D(1)).vetoed
    assert not score(Veto(limit=D(0)), D(0)).vetoed
    assert not score(Binary(target=D(1)), D(0)).vetoed


@pytest.mark.parametrize(
    ("curve", "target"),
    [
        (Target(floor=D(1), target=D(2)), D(2)),
        (Steps(steps=(Step(at=D(1), score=D(100)), Step(at=D(2), score=D(110)), Step(at=D(0), score=D(50)))), D(1)),
        (Steps(steps=(Step(at=D(1), score=D(90)),)), None),
        (Veto(limit=D(3)), D(3)),
        (Rank(), None),
        (Ratio(target=D(5)), D(5)),
    ],
)
def test_every_curve_shows_what_to_aim_at(curve: Curve, target: Decimal | None) -> None:
    assert target_of(curve) == target


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        ({"kind": "target", "floor": 1, "target": 1}, "keep them apart"),
        ({"kind": "target", "floor": 1, "target": 2, "stretch": 2}, "above 2"),
        ({"kind": "target", "floor": 2, "target": 1, "stretch": 3}, "below 1"),
        ({"kind": "target", "floor": 1, "target": 2, "cap": 90}, "scores must rise"),
        ({"kind": "steps", "steps": []}, "at least one step"),
        ({"kind": "steps", "steps": [{"at": 1, "score": 1}, {"at": 1, "score": 2}]}, "twice"),
        ({"kind": "steps", "steps": [{"at": 1, "score": 5}, {"at": 2, "score": 4}]}, "never fall"),
        ({"kind": "steps", "steps": [{"at": 1, "score": 5}], "below": -1}, "start at 0"),
        ({"kind": "deduct", "target": 1, "per": 0, "points": 1}, "per must be above 0"),
        ({"kind": "deduct", "target": 1, "per": 1, "points": -1}, "points must be above 0"),
        ({"kind": "deduct", "target": 1, "per": 1, "points": 1, "at_least": 101}, "at_least"),
        ({"kind": "add", "target": 1, "per": 1, "points": 1, "base": 70, "cap": 60}, "base"),
        ({"kind": "ratio", "target": 0}, "target must be above 0"),
        ({"kind": "rank", "best": 50, "worst": 60}, "worst"),
        ({"kind": "binary", "target": 1, "missed": 100}, "missed"),
        ({"kind": "binary", "target": 1, "goal": 100}, "goal"),
    ],
)
def test_settings_nobody_could_explain_are_refused(curve: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CURVE.validate_python(curve)


@pytest.mark.parametrize(
    ("curve", "target", "expected"),
    [
        (Target(floor=D("0.55"), target=D("0.60"), stretch=D("0.66")), D("0.30"), ("0.275", "0.30", "0.33")),
        (Target(floor=D(45), target=D(30), stretch=D(20)), D(60), ("90", "60", "40")),
        (Target(floor=D(-10), target=D(0), stretch=D(10)), D(5), ("-5", "5", "15")),
        (Target(floor=D(50), target=D(100)), D(-20), ("-70", "-20", "None")),
    ],
)
def test_the_marks_of_a_curve_follow_a_target_of_ones_own(
    curve: Target, target: Decimal, expected: tuple[str, ...]
) -> None:
    own = aimed(curve, target)
    assert isinstance(own, Target)
    assert [None if one == "None" else D(one) for one in expected] == [own.floor, own.target, own.stretch]
    assert own.better == curve.better
    assert score(own, target).score == curve.target_score


@pytest.mark.parametrize(
    "curve",
    [
        Deduct(target=D(1), per=D("0.01"), points=D(2)), Add(target=D(1), per=D(1), points=D(1), cap=D(20)),
        Ratio(target=D(1)), Binary(target=D(1)),
    ],
)  # fmt: skip
def test_other_curves_take_a_target_of_ones_own_as_it_is(curve: Curve) -> None:
    assert takes_target(curve)
    assert target_of(aimed(curve, D(7))) == D(7)


def test_a_curve_without_a_target_takes_none() -> None:
    assert not takes_target(Rank())
    with pytest.raises(ValueError, match="no target"):
        aimed(Rank(), D(1))


@given(st.lists(NUMBERS), NUMBERS, BETTER)
def test_counting_who_reaches_a_mark_is_asking_each(values: list[Decimal], mark: Decimal, better: Any) -> None:
    assert reaching(sorted(values), mark, better) == sum(reached(value, mark, better) for value in values)


@given(targets() | steps(), NUMBERS, st.decimals(0, 1, places=3))
def test_a_straight_curve_bends_at_its_marks_only(curve: Target | Steps, value: Decimal, way: Decimal) -> None:
    assert straight(curve)
    if isinstance(curve, Target):
        marks = [curve.floor, curve.target, *([] if curve.stretch is None else [curve.stretch])]
    else:
        marks = [one.at for one in curve.steps]
    beyond = [mark for mark in marks if mark > value]
    other = (min(beyond) if beyond else value + 100) - D("0.000001")
    between = value + (other - value) * way
    ends = [score(curve, one).score for one in (value, other)]
    if value not in marks:
        assert abs(score(curve, between).score - (ends[0] + (ends[1] - ends[0]) * way)) <= D("0.02")
