"""Decisions of people stand behind the computed result, each with its reason, in the order in which they were made."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.decisions import Decision, decided, regraded
from fenming.rules.grades import Graded
from fenming.rules.trace import as_text

CHANGES = st.decimals(min_value=-50, max_value=50, places=2)
EARNED = Graded(grade="B", because=())


def decision(**given: object) -> Decision:
    return Decision(**({"source": "calibration", "number": 3, "reason": "peak season"} | given))  # type: ignore[arg-type]


@given(st.decimals(min_value=60, max_value=120, places=2), st.lists(CHANGES, max_size=1))
def test_points_are_added_exactly_and_each_is_told(total: Decimal, changes: list[Decimal]) -> None:
    after, told = decided(total, [decision(points=one) for one in changes])
    assert after == total + sum(changes)
    assert [one.rule for one in told] == ["decision.points"] * len(changes)


def test_a_total_never_falls_below_zero() -> None:
    assert decided(Decimal(10), [decision(points=Decimal(-25)), decision(points=Decimal(4))])[0] == Decimal(4)


def test_without_a_total_points_find_nothing_to_change_and_say_so() -> None:
    total, told = decided(None, [decision(points=Decimal(5)), decision(grade="A")])
    assert total is None
    assert [one.rule for one in told] == ["decision.no_total"]
    assert as_text(told[0], "en") == "Calibration no. 3 counts 5 points, but there is no total to add them to."


def test_the_last_decision_on_a_grade_counts_and_all_are_told() -> None:
    changes = [decision(grade="A"), decision(points=Decimal(1)), decision(source="appeal", number=8, grade="S")]
    graded = regraded(EARNED, changes, ("S", "A", "B"))
    assert graded.grade == "S"
    assert [as_text(one, "zh") for one in graded.because] == [
        "校准（第 3 号）由 B 改评为 A，理由：peak season。",
        "申诉（第 8 号）由 A 改评为 S，理由：peak season。",
    ]


def test_a_grade_that_the_scheme_does_not_know_is_refused_with_a_guess() -> None:
    with pytest.raises(ValueError, match="no grade 'a'"):
        regraded(EARNED, [decision(grade="a")], ("S", "A", "B"))


@pytest.mark.parametrize("given", [{}, {"points": Decimal("NaN")}])
def test_a_decision_has_an_effect(given: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match=r"effect|number"):
        decision(**given)
