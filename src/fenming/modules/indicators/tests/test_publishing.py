"""Versions: dated, refused where a closed period would change, taken back, compared."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fenming.controls.models import Operation, Run
from fenming.controls.operations import SYSTEM
from fenming.library.indicators import Indicator, Part, indicator, indicators
from fenming.library.text import Refusal, Words
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.indicators.operations.publishing import Stale, end, publish, withdraw
from fenming.modules.indicators.queries import current, free_id, own_indicators
from fenming.modules.indicators.queries.telling import differences

pytestmark = pytest.mark.django_db
NOV, DEC, JAN = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
ORDERS = indicator("orders")


def close(start: date, stop: date) -> None:
    Run.objects.create(kind=Run.Kind.CLOSE, label=f"{start:%Y-%m}", start=start, end=stop, code="t", complete=True)


def changed(**update: Any) -> Indicator:
    return ORDERS.model_copy(update=update)


def test_a_version_ends_the_one_before_and_each_day_has_one(definition: Indicator) -> None:
    publish(SYSTEM, definition, NOV, "first")
    publish(SYSTEM, definition.model_copy(update={"digits": 3}), DEC, "finer")
    assert own_indicators(date(2026, 10, 31)) == {}
    assert own_indicators(date(2026, 11, 30))["twenty_seconds"].digits == definition.digits
    assert own_indicators(DEC)["twenty_seconds"].digits == 3
    log = Operation.objects.filter(action="indicators.publish", object="indicator twenty_seconds")
    assert [one.after["reason"] for one in log.order_by("id") if one.after] == ["first", "finer"]


def test_a_version_of_the_same_day_is_replaced(definition: Indicator) -> None:
    publish(SYSTEM, definition, NOV, "")
    publish(SYSTEM, definition.model_copy(update={"digits": 4}), NOV, "")
    assert [row.definition["digits"] for row in OwnIndicator.objects.all()] == [4]


def test_the_second_of_two_editors_is_told() -> None:
    first = publish(SYSTEM, changed(digits=1), NOV, "", version=0)
    with pytest.raises(Stale) as caught:
        publish(SYSTEM, changed(digits=2), DEC, "", version=0)
    assert caught.value.newest == first
    publish(SYSTEM, changed(digits=2), DEC, "", version=first.pk)


def test_a_closed_period_keeps_its_definition() -> None:
    close(date(2026, 10, 1), NOV)
    with pytest.raises(Refusal, match="2026-10 is closed"):
        publish(SYSTEM, changed(digits=1), date(2026, 10, 1), "")
    with pytest.raises(Refusal, match="Choose 2026-11-01 or later"):
        publish(SYSTEM, changed(digits=1), date(2026, 9, 1), "")
    publish(SYSTEM, changed(digits=1), date(2026, 10, 2), "")


def test_what_did_not_exist_may_begin_before_a_closed_period(definition: Indicator) -> None:
    close(date(2026, 10, 1), NOV)
    made = publish(SYSTEM, definition, date(2026, 9, 1), "")
    with pytest.raises(Refusal, match="closed"):
        withdraw(SYSTEM, made)
    with pytest.raises(Refusal, match="closed"):
        publish(SYSTEM, definition, date(2026, 10, 1), "")


def test_an_earlier_version_is_not_slipped_in_below_a_later_one() -> None:
    publish(SYSTEM, changed(digits=1), DEC, "")
    with pytest.raises(Refusal, match="a version from 2026-12-01"):
        publish(SYSTEM, changed(digits=2), NOV, "")


def test_withdrawing_lets_the_one_before_hold_again() -> None:
    first = publish(SYSTEM, changed(digits=1), NOV, "")
    second = publish(SYSTEM, changed(digits=2), DEC, "")
    with pytest.raises(Refusal, match="Only the newest"):
        withdraw(SYSTEM, first)
    withdraw(SYSTEM, second)
    assert own_indicators(JAN)["orders"].digits == 1
    with pytest.raises(Refusal, match="already"):
        withdraw(SYSTEM, second)


def test_ending_an_own_version_lets_the_shipped_one_speak_again() -> None:
    row = publish(SYSTEM, changed(digits=3), NOV, "")
    with pytest.raises(Refusal, match="after 2026-11-01"):
        end(SYSTEM, "orders", NOV, "", version=row.pk)
    end(SYSTEM, "orders", DEC, "back", version=row.pk)
    assert "orders" not in own_indicators(DEC)
    found = current("orders", JAN)
    assert found is not None
    assert found[0] == ORDERS
    with pytest.raises(Refusal, match="ended already"):
        end(SYSTEM, "orders", JAN, "", version=row.pk)
    with pytest.raises(Stale):
        end(SYSTEM, "orders", JAN, "", version=0)


LEVELS = indicators()["collaboration_rating"].levels


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (changed(id="new"), "id cannot be"),
        (changed(scale=Decimal(0)), "scale"),
        (changed(scale=Decimal("1e99")), "scale"),
        (changed(about=Words(zh="\x00", en="a")), "cannot be kept"),
        (changed(about=Words(zh="\ud800", en="a")), "cannot be kept"),
        (changed(pitfalls=Words.same("a" * 70_000)), "too long"),
        (changed(levels=LEVELS), "takes the mean of ratings"),
        (indicators()["collaboration_rating"].model_copy(update={"levels": LEVELS[:2]}), "3 to 7 levels"),
        (indicators()["collaboration_rating"].model_copy(update={"levels": LEVELS[::-1]}), "fall from best"),
        (changed(measure=ORDERS.measure.model_copy(update={"value": "read_csv('/etc/passwd')"})), "not allowed"),
    ],
)
def test_what_could_not_be_kept_or_measured_is_refused(one: Indicator, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        publish(SYSTEM, one, NOV, "")
    assert not OwnIndicator.objects.exists()


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_day_far_away_is_refused(day: date) -> None:
    with pytest.raises(Refusal, match="between 2000 and 2099"):
        publish(SYSTEM, ORDERS, day, "")


def test_an_id_is_made_from_the_name_and_free() -> None:
    assert free_id("京东 20秒应答率") == "jingdong_20miaoyingdalv"
    assert free_id("20秒") == "i_20miao"
    assert free_id("new") == "new_2"
    assert free_id("orders") == "orders_2"
    assert free_id("！！") == "indicator"


def test_the_difference_of_two_versions_is_told_in_words() -> None:
    one = indicator("thirty_second_reply_rate")
    window = one.measure.window.model_copy(update={"until": one.measure.window.until.replace(hour=22)})  # type: ignore[union-attr]
    other = one.model_copy(update={"measure": one.measure.model_copy(update={"window": window}), "direction": "lower"})
    told = {row.what: (row.before, row.after) for row in differences(one, other)}
    assert set(told) == {"What is counted", "Better"}
    assert "09:00–22:00" in told["What is counted"][1]
    assert told["Better"] == ("more is better", "less is better")
    assert differences(one, one) == []


def test_a_part_of_a_formula_cannot_smuggle_in_what_a_row_may_not_say() -> None:
    retention = indicator("employee_retention")
    parts = {"a": Part(fact="rating", aggregate="sum((SELECT 1))")}
    hostile = retention.measure.model_copy(update={"parts": parts, "numerator": "a", "denominator": None})
    with pytest.raises(Refusal, match="not allowed"):
        publish(SYSTEM, retention.model_copy(update={"measure": hostile}), NOV, "")
