"""From choices to a definition and back."""

from datetime import date
from typing import Any

import pytest
from django.http import QueryDict

from fenming.lake import telling
from fenming.library import indicators as library
from fenming.library.indicators import Indicator, indicators
from fenming.modules.indicators.forms.reading import Reading, settle
from fenming.modules.indicators.forms.typed import MOST_ROWS, Typed
from fenming.modules.indicators.forms.writing import copy_of, typed_of

DAY = date(2026, 11, 1)


def typed(**values: Any) -> Typed:
    return Typed.of({"kind": "count", "fact": "service_session", "name_zh": "试", **values})


def measured(**values: Any) -> Any:
    reading = Reading(typed(**values))
    assert reading.measure is not None, reading.problems
    return reading.measure


def problems(**values: Any) -> dict[str, str]:
    reading = Reading(typed(**values))
    reading.definition("x", DAY)
    return {name: words.en for name, words in reading.problems.items()}


@pytest.mark.parametrize("one", [one for one in indicators().values() if not one.levels], ids=lambda one: one.id)
def test_every_shipped_indicator_opens_in_the_editor_and_keeps_all_it_says(one: Indicator) -> None:
    reading = Reading(typed_of(one), one)
    made = reading.definition(one.id, one.valid_from)
    assert made is not None, reading.problems
    assert made.model_copy(update={"measure": one.measure, "ours": one.ours}) == one
    assert typed_of(made).values == typed_of(one).values
    assert _without_conditions(made.measure) == _without_conditions(one.measure)


@pytest.mark.parametrize("one", [one for one in indicators().values() if not one.levels], ids=lambda one: one.id)
def test_a_copy_counts_the_same_and_tells_nothing_of_the_first_ones_words(one: Indicator) -> None:
    reading = Reading(copy_of(one), one)
    made = reading.definition("copy", DAY)
    assert made is not None, reading.problems
    assert _without_conditions(made.measure) == _without_conditions(one.measure)
    assert made.about == telling.sentence(made.measure)
    assert made.formula == telling.formula(made.measure)
    assert made.name.en == f"{one.name.en} (copy)"


def _without_conditions(measure: Any) -> Any:
    """What is left beside the conditions, which may be written another way."""
    if isinstance(measure, library.Formula):
        return measure.numerator, measure.denominator, [(n, p.aggregate, p.over) for n, p in measure.parts.items()]
    return measure.model_copy(update={"only": (), **({"test": None} if hasattr(measure, "test") else {})})


def test_the_share_within_twenty_seconds_between_nine_and_eleven_for_one_shop() -> None:
    found = measured(
        **{
            "kind": "share", "test-0-column": "first_reply_ms", "test-0-compare": "le", "test-0-value": "20",
            "only-0-column": "shop", "only-0-compare": "is", "only-0-value": "京东旗舰店",
            "window_start": "09:00", "window_until": "23:00",
        }
    )  # fmt: skip
    assert found.test == "first_reply_ms <= 20000"
    assert [one.when for one in found.only] == ["(shop IS NOT NULL AND shop = '京东旗舰店')"]
    assert found.only[0].otherwise.zh == "不满足：店铺是 “京东旗舰店”"
    assert (found.window.start.hour, found.window.until.hour) == (9, 23)


def test_rows_whose_field_is_empty_do_not_pass_unless_they_may() -> None:
    line = {"only-0-column": "shop", "only-0-compare": "not", "only-0-value": "a"}
    assert measured(**line).only[0].when == "(shop IS NOT NULL AND shop <> 'a')"
    assert measured(**line, **{"only-0-unknown": "yes"}).only[0].when == "shop <> 'a'"


def test_or_joins_a_line_to_the_one_before_it_and_nothing_else() -> None:
    lines = {
        f"only-{n}-{name}": value
        for n, one in enumerate([("answered", ""), ("presale", ""), ("complaint", "or")])
        for name, value in (("column", one[0]), ("compare", "yes"), ("either", one[1]), ("unknown", "yes"))
    }
    assert [one.when for one in measured(**lines).only] == ["answered", "presale OR complaint"]


def test_a_reason_of_the_one_it_was_copied_from_stays_while_its_condition_does() -> None:
    one = indicators()["first_response_time"]
    values = typed_of(one)
    values.values["window_until"] = ["22:00"]
    measure: Any = Reading(values, one).measure
    assert [condition.otherwise for condition in measure.only] == [
        condition.otherwise for condition in one.measure.only
    ]  # type: ignore[union-attr]
    assert "22:00" in measure.window.otherwise.zh


KINDS: list[dict[str, Any]] = [
    {"kind": "count"},
    {"kind": "count", "test-0-column": "resolved", "test-0-compare": "no"},
    {"kind": "sum", "value": "handle_ms"},
    {"kind": "mean", "value": "~", "value_written": "handle_ms - first_reply_ms"},
    {"kind": "percentile", "value": "handle_ms", "percent": "95"},
    {"kind": "distinct", "key": "member"},
    {"kind": "ratio", "above_how": "sum", "above_column": "agent_messages", "below_how": "rows"},
    {"kind": "ratio", "above_how": "~", "above_written": "count(*) FILTER (WHERE resolved)", "below_how": "known",
     "below_column": "resolved"},
    {"kind": "growth", "above_how": "distinct", "above_column": "member"},
    {"kind": "retention", "key": "member"},
    {"kind": "repeat", "key": "member", "event": "session", "at_least": "3"},
    {"kind": "funnel", "fact": "traffic", "step": "step", "people": "visitors", "start": "view", "to": "pay"},
    {"kind": "tiered", "fact": "post", "value": "reads", "key": "origin", "tier-0-name": "原创", "tier-0-weight": "1.5",
     "otherwise": "0.5"},
    {"kind": "banded", "fact": "member_visit", "key": "member", "band-0-start": "1", "band-0-weight": "1",
     "band-1-start": "3", "band-1-weight": "1.25", "active_days": "90"},
    {"kind": "formula", "part-0-name": "sold", "part-0-fact": "order_line", "part-0-aggregate": "sum(amount)",
     "part-1-name": "asked", "part-1-fact": "service_session", "part-1-aggregate": "count(*)", "part-1-over": "until",
     "part-1-only-0-column": "answered", "part-1-only-0-compare": "yes", "numerator": "sold − 1",
     "denominator": "asked"},
]  # fmt: skip


@pytest.mark.parametrize("values", KINDS, ids=lambda values: values["kind"])
def test_every_kind_can_be_chosen_and_is_read_back_as_it_was_typed(values: dict[str, Any]) -> None:
    reading = Reading(typed(**values))
    made = reading.definition("x", DAY)
    assert made is not None, reading.problems
    again = Reading(typed_of(made), made).definition("x", DAY)
    assert again == made
    assert "x" not in reading.problems


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"fact": ""}, "fact", "kind of record"),
        ({"fact": "nothing"}, "fact", "kind of record"),
        ({"kind": "evil"}, "kind", "how to count"),
        ({"name_zh": ""}, "name_zh", "name"),
        ({"kind": "share"}, "test", "pass"),
        ({"kind": "sum"}, "value", "field"),
        ({"kind": "sum", "value": "shop"}, "value", "should give a number"),
        ({"kind": "sum", "value": "handle_m"}, "value", "Did you mean handle_ms"),
        ({"only-0-column": "rating", "only-0-compare": "le", "only-0-value": "five"}, "only-0", "should be a number"),
        ({"only-0-column": "rating", "only-0-compare": "le", "only-0-value": "1e99"}, "only-0", "should be a number"),
        ({"only-0-column": "rating", "only-0-compare": "le", "only-0-value": "NaN"}, "only-0", "should be a number"),
        ({"only-0-column": "shop", "only-0-compare": "le", "only-0-value": "a"}, "only-0", "how “Shop” is compared"),
        ({"only-0-column": "shop", "only-0-compare": "contains", "only-0-value": "%"}, "only-0", "cannot be used"),
        ({"only-0-column": "shop", "only-0-compare": "in", "only-0-value": " , "}, "only-0", "Give the values"),
        ({"only-0-column": "rating", "only-0-compare": "between", "only-0-value": "5~1"}, "only-0", "first number"),
        ({"only-0-column": "~", "only-0-written": "shop IN (SELECT 'a')"}, "only-0", "list of values"),
        ({"only-0-column": "~", "only-0-written": "rating"}, "only-0", "true or false"),
        ({"window_start": "09:00"}, "window_start", "both hours"),
        ({"window_start": "25:99", "window_until": "10:00"}, "window_start", "both hours"),
        ({"window_start": "09:00", "window_until": "09:00"}, "window_start", "differ"),
        ({"digits": "9"}, "digits", "whole number from 0 to 4"),
        ({"scale": "0"}, "scale", "positive"),
        ({"scale": "1e400000"}, "scale", "positive"),
        ({"about_zh": "字" * 601}, "about_zh", "600"),
        ({"kind": "percentile", "value": "handle_ms", "percent": "101"}, "percent", "from 1 to 100"),
        ({"kind": "tiered", "value": "rating", "key": "shop"}, "tier", "at least one tier"),
        ({"kind": "formula"}, "part", "at least one part"),
        ({"kind": "formula", "part-0-name": "A b", "part-0-fact": "rating"}, "part-0", "small letters"),
        ({"kind": "formula", "part-0-name": "a", "part-0-fact": "rating", "part-0-aggregate": "cuont(*)"},
         "part-0-aggregate", "Did you mean count"),
        ({"kind": "formula", "part-0-name": "a", "part-0-fact": "rating", "part-0-aggregate": "count(*)",
          "numerator": "a ÷ bb"}, "numerator", "There is no part “bb” (from character 5)"),
        ({"kind": "formula", "part-0-name": "a", "part-0-fact": "rating", "part-0-aggregate": "count(*)",
          "numerator": "a ** 99999999"}, "numerator", "may hold"),
        ({"kind": "formula", "part-0-name": "a", "part-0-fact": "rating", "part-0-aggregate": "count(*)",
          "numerator": "a +"}, "numerator", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(values: dict[str, Any], field: str, said: str) -> None:
    assert said in problems(**values)[field]


def test_two_parts_that_would_collide_are_refused() -> None:
    parts = {
        "part-0-name": "a", "part-0-fact": "service_session", "part-0-aggregate": "sum(rating) + sum(reply_turns)",
        "part-1-name": "a_0", "part-1-fact": "service_session", "part-1-aggregate": "count(*)",
    }  # fmt: skip
    assert "collides" in problems(kind="formula", numerator="a + a_0", **parts)["kind"]


def test_hostile_posts_are_cut_to_what_a_form_could_have_sent() -> None:
    data = QueryDict(mutable=True)
    for number in range(5000):
        data[f"only-{number % 90}-column"] = "x" * 9000
    data["name_zh"] = "a\x00b"
    found = Typed.posted(data)
    assert len(found.rows("only")) == MOST_ROWS
    assert len(found.rows("only")[0]["column"]) == 2000
    data = QueryDict("name_zh=a%00b&do=drop:only:99&do=add:evil")
    found = Typed.posted(data)
    found.do("drop:only:99")
    found.do("add:evil")
    found.do("add:only-99-only-3")
    assert found.text("name_zh") == "ab"
    assert not found.rows("only")


def test_a_field_just_chosen_gets_its_likeliest_comparison() -> None:
    found = typed(**{"kind": "share", "test-0-column": "first_reply_ms", "only-0-column": "shop"})
    settle(found)
    assert (found.text("test-0-compare"), found.text("only-0-compare")) == ("le", "is")
