from datetime import date
from decimal import Decimal
from typing import Any

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from fenming.rules.curves import Binary, Rank, Ratio, Step
from fenming.rules.money import total
from fenming.rules.readings import Reading, absent, reading
from fenming.rules.scorecard import (
    NOTHING_TO_SCORE,
    Adjustment,
    Item,
    PerUnit,
    Scorecard,
    Span,
    Tiered,
    VetoRule,
    merge_spans,
    scorecard,
)

D = Decimal
DAY = date(2026, 10, 1)
NAME = {"zh": "名", "en": "name"}
ITEMS = TypeAdapter(tuple[Item, ...])
ADJUSTMENTS = TypeAdapter(tuple[Adjustment, ...])
VETOES = TypeAdapter(tuple[VetoRule, ...])


def as_reading(value: Any) -> Reading:
    return absent(value) if isinstance(value, str) else reading(numerator=value)


def sales(value: int | None, person: str = "李娜", **more: Any) -> Scorecard:
    readings = {} if value is None else {"sales": reading(numerator=D(value))}
    items = [Item(indicator="sales", weight=D(100), curve=Ratio(target=D(100)))]
    return scorecard(person=person, items=items, readings=readings, day=DAY, **more)


@pytest.mark.parametrize("case", golden.load("scorecards"), ids=golden.title)
def test_golden_scorecards(case: dict[str, Any]) -> None:
    card = scorecard(
        person="李娜",
        items=ITEMS.validate_python(case["items"]),
        readings={key: as_reading(value) for key, value in case["readings"].items()},
        day=DAY,
        adjustments=ADJUSTMENTS.validate_python(case.get("adjustments", ())),
        vetoes=VETOES.validate_python(case.get("vetoes", ())),
        carried={key: as_reading(value) for key, value in case.get("carried", {}).items()},
        cap=case.get("cap"),
    )
    assert {line.indicator: line.points for line in card.lines} == case["points"]
    assert {one.id: one.points for one in card.adjustments} == case.get("adjusted", {})
    assert (card.total, card.blocked) == (case["total"], case.get("blocked"))
    assert list(card.vetoed) == case.get("vetoed", [])


@given(st.lists(st.one_of(st.none(), st.integers(0, 150)), min_size=4, max_size=4))
def test_the_visible_points_sum_to_the_total(values: list[int | None]) -> None:
    weights = [D("33.33"), D("33.33"), D("33.33"), D("0.01")]
    items = [
        Item(indicator=key, weight=weight, curve=Ratio(target=D(70)))
        for key, weight in zip("abcd", weights, strict=True)
    ]
    readings = {key: reading(numerator=D(v)) for key, v in zip("abcd", values, strict=True) if v is not None}
    card = scorecard(person="p", items=items, readings=readings, day=DAY)
    points = [line.points for line in card.lines if line.points is not None]
    assert card.total == (total(points) if readings else None)
    assert sum(line.weight for line in card.lines) == (100 if readings else 0)


def test_a_missing_reading_is_excluded_in_plain_sight() -> None:
    items = [Item(indicator=key, weight=D(50), curve=Binary(target=D(1))) for key in "ab"]
    card = scorecard(person="p", items=items, readings={"a": reading(numerator=D(1))}, day=DAY)
    left_out = card.lines[1]
    assert (left_out.planned_weight, left_out.weight, left_out.score, left_out.missing) == (50, 0, None, "no_facts")
    assert [told.rule for told in card.because] == ["weights.without", "total.sum"]


def test_carry_with_nothing_to_carry_excludes() -> None:
    items = [Item(indicator="a", weight=D(100), curve=Binary(target=D(1)), missing="carry")]
    for carried in ({}, {"a": absent("no_previous")}):
        card = scorecard(person="p", items=items, readings={}, day=DAY, carried=carried)
        assert (card.total, card.blocked, card.lines[0].carried) == (None, NOTHING_TO_SCORE, False)


def test_a_carried_reading_says_so() -> None:
    items = [Item(indicator="a", weight=D(100), curve=Binary(target=D(1)), missing="carry")]
    card = scorecard(person="p", items=items, readings={}, day=DAY, carried={"a": reading(numerator=D(1))})
    assert (card.lines[0].carried, card.lines[0].missing, card.total) == (True, "no_facts", 100)
    assert "line.carried" in [told.rule for told in card.lines[0].because]


def test_ranks_are_taken_among_peers() -> None:
    items = [Item(indicator="a", weight=D(100), curve=Rank())]
    peers = {"a": [D(1), D(2), D(3)]}
    card = scorecard(person="p", items=items, readings={"a": reading(numerator=D(2))}, day=DAY, peers=peers)
    assert card.total == 50


def test_an_adjustment_or_veto_without_data_says_so_and_changes_nothing() -> None:
    bonus = PerUnit(id="x", name=NAME, indicator="praise", points=D(5))
    rule = VetoRule(id="v", name=NAME, indicator="leak", limit=D(0), effect="zero")
    card = sales(80, adjustments=[bonus], vetoes=[rule])
    assert card.total == 80
    assert card.adjustments[0].because[0].rule == "adjustment.missing"
    assert card.because[0].rule == "veto.unknown"


def test_a_kept_veto_rule_and_an_unreached_tier_change_nothing() -> None:
    rule = VetoRule(id="v", name=NAME, indicator="sales", limit=D(80), effect="zero")
    tier = Tiered(id="t", name=NAME, indicator="sales", steps=(Step(at=D(50), score=D(9)),), side="below")
    assert sales(80, vetoes=[rule], adjustments=[tier]).total == 80
    assert sales(50, adjustments=[tier]).total == 59


def test_the_cap_holds_back_only_what_is_above() -> None:
    assert sales(80, cap=D(90)).total == 80
    assert sales(95, cap=D(90)).total == 90


def test_a_transfer_in_mid_period_weighs_by_days() -> None:
    merged = merge_spans([Span(card=sales(100), days=10), Span(card=sales(70), days=21)])
    assert merged.total == D("79.68")
    assert total(merged.contributions) == merged.total
    assert merged.contributions == (D("32.26"), D("47.42"))


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 31)), min_size=1, max_size=4))
def test_contributions_of_spans_sum_to_the_total(parts: list[tuple[int, int]]) -> None:
    merged = merge_spans([Span(card=sales(value), days=days) for value, days in parts])
    assert merged.total == total([D("0.00"), *merged.contributions])


def test_equal_spans_keep_their_total() -> None:
    merged = merge_spans([Span(card=sales(77), days=10)] * 3)
    assert merged.total == 77


def test_a_span_with_nothing_to_score_is_left_out_and_a_blocked_one_blocks() -> None:
    empty, good = sales(None), sales(90)
    merged = merge_spans([Span(card=empty, days=10), Span(card=good, days=5)])
    assert (merged.total, merged.contributions) == (90, (0, 90))
    assert merge_spans([Span(card=empty, days=1)]).blocked == NOTHING_TO_SCORE
    items = [Item(indicator="a", weight=D(100), curve=Binary(target=D(1)), missing="block")]
    blocked = scorecard(person="李娜", items=items, readings={}, day=DAY)
    assert merge_spans([Span(card=good, days=5), Span(card=blocked, days=1)]).blocked == "a"


def test_a_veto_in_one_span_counts_for_the_period() -> None:
    rule = VetoRule(id="v", name=NAME, indicator="sales", limit=D(80), effect="zero")
    merged = merge_spans([Span(card=sales(90, vetoes=[rule]), days=1), Span(card=sales(80), days=30)])
    assert (merged.total, merged.vetoed, merged.contributions) == (0, ("zero",), (0, 0))


def test_spans_of_two_people_or_without_days_are_refused() -> None:
    with pytest.raises(ValueError, match="one person"):
        merge_spans([Span(card=sales(1, "李娜"), days=1), Span(card=sales(1, "王强"), days=1)])
    with pytest.raises(ValueError, match="one person"):
        merge_spans([])
    with pytest.raises(ValueError, match="at least one day"):
        merge_spans([Span(card=sales(1), days=0)])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PerUnit(id="x", name={"zh": "a"}, indicator="i", points=D(1)), "lacks en"),
        (lambda: PerUnit(id="x", name=NAME, indicator="i", points=D(0)), "change nothing"),
        (lambda: PerUnit(id="x", name=NAME, indicator="i", points=D(1), per=D(0)), "per must be above 0"),
        (lambda: PerUnit(id="x", name=NAME, indicator="i", points=D(1), cap=D(0)), "cap must be above 0"),
        (lambda: Tiered(id="x", name=NAME, indicator="i", steps=()), "at least one step"),
        (lambda: Tiered(id="x", name=NAME, indicator="i", steps=(Step(at=D(1), score=D(1)),) * 2), "twice"),
        (lambda: VetoRule(id="x", name=NAME, indicator="i", limit=D(1), effect=" "), "grade letter"),
    ],
)
def test_settings_nobody_could_explain_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
