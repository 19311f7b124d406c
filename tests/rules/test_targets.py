from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.curves import Binary, Curve, Rank, Ratio, Steps, Target, Veto
from fenming.rules.curves import Step as CurveStep
from fenming.rules.targets import (
    Agreed,
    ByFormula,
    ByGroup,
    ByPerson,
    FromHistory,
    Known,
    by_goal,
    mean,
    periods_needed,
    resolve,
)
from fenming.rules.trace import as_text

D = Decimal
CURVE = Target(floor=D(60), target=D(100), stretch=D(120))


def known(*history: str | None, group: tuple[str | None, ...] = (), last_year: str | None = None) -> Known:
    return Known(
        person="KF1",
        post="agent",
        team="一组",
        history=[None if one is None else D(one) for one in history],
        group_history=[None if one is None else D(one) for one in group],
        last_year=None if last_year is None else D(last_year),
    )


def rules_of(found: object) -> list[str]:
    return [one.rule for one in found.because]  # type: ignore[attr-defined]


def test_a_person_listed_has_the_own_target_and_everybody_else_the_schemes() -> None:
    rule = ByPerson(people={"KF1": D(80)})
    found = resolve(rule, CURVE, known())
    assert (found.target, rules_of(found)) == (D(80), ["target.person", "target.own"])
    other = resolve(rule, CURVE, Known(person="KF2"))
    assert (other.target, other.because) == (None, ())


@pytest.mark.parametrize(("by", "group"), [("post", "agent"), ("team", "一组"), ("store", "")])
def test_a_group_has_its_target(by: str, group: str) -> None:
    rule = ByGroup(by=by, groups={group: D(90)})  # type: ignore[arg-type]
    assert resolve(rule, CURVE, known()).target == D(90)
    assert resolve(ByGroup(by=by, groups={"other": D(90)}), CURVE, known()).target is None  # type: ignore[arg-type]


def test_history_is_the_mean_of_the_periods_that_have_a_value() -> None:
    found = resolve(FromHistory(periods=3, factor=D("1.1")), CURVE, known("90", None, "110", "9999"))
    assert found.target == D("110.000000")
    assert as_text(found.because[0], "en") == "The own mean of 2 periods before, 100, times 1.1 is 110."


def test_the_groups_history_stands_for_somebody_who_has_none() -> None:
    found = resolve(FromHistory(of="group", periods=2), CURVE, known(None, group=("70", "90")))
    assert (found.target, found.because[0].rule) == (D(80), "target.history.group")


def test_without_history_the_schemes_target_holds_and_it_is_said() -> None:
    found = resolve(FromHistory(periods=2), CURVE, known(None, None, "80"))
    assert found.target is None
    assert [as_text(one, "en") for one in found.because] == [
        "None of the 2 periods before has a value.",
        "So the scheme's target of 100 holds.",
    ]


def test_a_formula_speaks_of_history_and_the_schemes_target() -> None:
    found = resolve(ByFormula(formula="(last + target) ÷ 2"), CURVE, known("80"))
    assert found.target == D(90)
    assert as_text(found.because[0], "en") == "The target follows (last + target) ÷ 2 with last = 80, target = 100: 90."
    assert resolve(ByFormula(formula="last_year * 1.2"), CURVE, known(last_year="50")).target == D(60)
    assert resolve(ByFormula(formula="mean3"), CURVE, known("1", "2", "3", "4")).target == D(2)


@pytest.mark.parametrize("formula", ["last_year", "mean3", "last", "target / (target - 100)"])
def test_a_formula_that_lacks_its_history_or_divides_by_zero_falls_back(formula: str) -> None:
    found = resolve(ByFormula(formula=formula), CURVE, known())
    assert (found.target, rules_of(found)) == (None, ["target.no_formula", "target.usual"])


@pytest.mark.parametrize(
    "formula", ["best", "target ** 9", "__import__('os')", "target.real", "(" * 150, "", "1e9", "a" * 201]
)
def test_a_hostile_formula_is_refused_when_it_is_written(formula: str) -> None:
    with pytest.raises(ValueError, match=r"[Ff]ormula"):
        ByFormula(formula=formula)


@pytest.mark.parametrize("target", [D(0), D("1E+12"), D("-5"), D("Infinity")])
def test_a_target_that_the_curve_cannot_take_falls_back(target: Decimal) -> None:
    found = resolve(ByPerson(people={"KF1": target}), Ratio(target=D(10)), known())
    assert (found.target, rules_of(found)) == (None, ["target.person", "target.unusable"])


@pytest.mark.parametrize("curve", [Rank(), Veto(limit=D(1)), Steps(steps=(CurveStep(at=D(1), score=D(100)),))])
def test_curves_without_a_target_have_no_own_one(curve: Curve) -> None:
    with pytest.raises(ValueError, match="no target"):
        resolve(ByPerson(people={"KF1": D(1)}), curve, known())


def test_a_goal_agreed_for_the_period_is_the_target_and_names_its_day() -> None:
    found = by_goal(Agreed(target=D(90), on=date(2026, 9, 3)), CURVE)
    assert (found.target, rules_of(found)) == (D(90), ["target.goal", "target.own"])
    assert "2026-09-03" in as_text(found.because[0], "en")


def test_a_goal_that_the_curve_cannot_take_leaves_the_schemes_target_and_says_so() -> None:
    found = by_goal(Agreed(target=D("1E+12"), on=date(2026, 9, 3)), CURVE)
    assert (found.target, rules_of(found)) == (None, ["target.goal", "target.unusable"])


def test_a_curve_without_a_target_takes_no_goal() -> None:
    assert by_goal(Agreed(target=D(1), on=date(2026, 9, 3)), Rank()).because == ()


@pytest.mark.parametrize(("periods", "factor"), [(0, "1"), (13, "1"), (3, "0"), (3, "-1")])
def test_a_history_out_of_bounds_is_refused(periods: int, factor: str) -> None:
    with pytest.raises(ValueError, match=r"periods|factor"):
        FromHistory(periods=periods, factor=D(factor))


def test_how_much_history_a_rule_needs() -> None:
    rules = [FromHistory(periods=5), ByFormula(formula="last"), ByPerson(), ByGroup(by="team")]
    assert [periods_needed(one) for one in rules] == [5, 3, 0, 0]


VALUES = st.lists(st.decimals(min_value=1, max_value=10**6, places=2), min_size=1, max_size=12)


@given(VALUES)
def test_the_mean_lies_between_the_least_and_the_most(values: list[Decimal]) -> None:
    found = mean(values)
    assert found is not None
    assert min(values) <= found <= max(values)


@given(VALUES, st.decimals(min_value="0.01", max_value=3, places=2))
def test_history_follows_only_the_periods_it_names(values: list[Decimal], factor: Decimal) -> None:
    rule = FromHistory(periods=2, factor=factor)
    curve = Binary(target=D(1))
    one, other = (Known(person="p", history=history) for history in (values, values[:2]))
    assert resolve(rule, curve, one) == resolve(rule, curve, other)
