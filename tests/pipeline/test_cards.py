"""Groups of people under several schemes: graded apart, ranked together, one pool by one rule."""

from decimal import Decimal

import pytest

from fenming.library.schemes import Scheme, schemes
from fenming.pipeline.cards import Participant, Stay, score
from fenming.rules.periods import parse
from fenming.rules.readings import Reading, reading

OCTOBER = parse("2026-10")


def person(name: str, scheme: Scheme, group: str = "department") -> Participant:
    stays = (Stay(scheme=scheme, start=OCTOBER.start, end=OCTOBER.end),)
    return Participant(person=name, subject=name, name=name, group=group, stays=stays, base=Decimal(5000))


def strict(scheme: Scheme) -> Scheme:
    """The same scheme in which only 115 points are an A."""
    definition = scheme.model_dump(mode="json")
    bands = [{"grade": "A", "at_least": 115}, {"grade": "D", "at_least": 0}]
    return Scheme.model_validate({**definition, "id": "strict", "grades": {"kind": "bands", "bands": bands}})


def on_target(subject: str, name: str, span: int) -> Reading:
    scheme = schemes()["logistics"]
    item = next((item for item in scheme.items if item.indicator == name), None)
    return reading(numerator=item.rule.curve.target if item else Decimal(0))  # type: ignore[union-attr]


@pytest.mark.parametrize("order", [1, -1])
def test_each_is_graded_by_the_own_scheme_whoever_comes_first(order: int) -> None:
    loose, hard = schemes()["logistics"], strict(schemes()["logistics"])
    members = [person("甲", loose), person("乙", loose), person("丙", hard)][::order]
    found = {card.person: card for card in score(members, on_target, OCTOBER).cards}
    assert {name: card.total for name, card in found.items()} == dict.fromkeys("甲乙丙", Decimal("100.00"))
    assert (found["甲"].grade, found["丙"].grade) == ("A", "D")
    assert {card.rank for card in found.values()} == {1}


def test_a_pool_of_two_schemes_is_divided_by_the_rule_of_the_larger() -> None:
    loose, hard = schemes()["logistics"], strict(schemes()["logistics"])
    members = [person("甲", loose), person("乙", loose), person("丙", hard)]
    scored = score(members, on_target, OCTOBER, pools={"department": Decimal("100.00")})
    amounts = [card.bonus.amount for card in scored.cards if card.bonus]
    assert sorted(amounts) == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]


def test_a_season_changes_weights_in_sight() -> None:
    business = schemes()["business"]
    november = parse("2026-11")
    member = person("甲", business)

    def sales(subject: str, name: str, span: int) -> Reading:
        item = next((item for item in business.items if item.indicator == name), None)
        return reading(numerator=item.rule.curve.target if item else Decimal(0))  # type: ignore[union-attr]

    card = score([member], sales, november).cards[0]
    lines = {line.indicator: line for line in card.scorecard.lines}
    assert (lines["sales_amount"].planned_weight, lines["sales_amount"].weight) == (30, 40)
    assert sum(line.weight for line in lines.values()) == 100
    assert card.scorecard.season is not None
    assert any(told.rule == "weights.season" for told in card.because)


def test_beating_a_target_by_a_tenth_raises_the_reward() -> None:
    business = schemes()["business"]

    def sales(subject: str, name: str, span: int) -> Reading:
        item = next((item for item in business.items if item.indicator == name), None)
        target = item.rule.curve.target if item else Decimal(0)  # type: ignore[union-attr]
        return reading(numerator=target * Decimal("1.12") if name == "sales_amount" and subject == "甲" else target)

    members = [person("甲", business), person("乙", business)]
    found = {card.person: card for card in score(members, sales, OCTOBER).cards}
    assert (found["甲"].factor, found["乙"].factor) == (Decimal("1.02"), Decimal(1))
