"""The stories hidden in the demo company, found by the product's own breakdowns."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from fenming.lake.engine import DuckEngine
from fenming.lake.tables import Lake, Snapshot
from fenming.library.indicators import indicator
from fenming.library.text import Refusal
from fenming.pipeline import demo
from fenming.pipeline.breakdown import Slice, breakdown
from fenming.rules.periods import Period, months

UNTIL = date(2026, 11, 23)
TOLD_BY = {"parcel", "order_line", "member_visit", "service_session"}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DuckEngine, Snapshot, list[Period]]]:
    """The demo's facts in a lake, with its twelve full months."""
    company = demo.company(until=UNTIL)
    lake = Lake(tmp_path_factory.mktemp("lake"))
    for month in company.months:
        for fact, rows in demo.facts(company, month):
            if fact in TOLD_BY and rows.num_rows and (fact != "service_session" or month >= date(2026, 8, 1)):
                lake.write(fact, rows, name="demo", source="demo")
    engine = DuckEngine([lake.root])
    yield engine, lake.snapshot(), list(months(company.months[0], date(2026, 11, 1)))
    engine.close()


def story(name: str) -> demo.Story:
    return next(one for one in demo.STORIES if one.id == name)


def found(year: tuple[DuckEngine, Snapshot, list[Period]], name: str, by: str, periods: list[Period]) -> list[Slice]:
    engine, snapshot, _ = year
    return breakdown(engine, snapshot, indicator(name), by, periods)


def value(slices: list[Slice], key: str, place: int = -1) -> Decimal:
    got = next(one for one in slices if one.key == key).readings[place].value
    assert got is not None
    return got


def test_damage_rises_on_one_route_and_on_no_other(year) -> None:
    slices = found(year, "damage_rate", "route", [year[2][2], year[2][-1]])
    culprit = story("route_damage").culprit
    assert slices[0].key == culprit
    assert value(slices, culprit) > 2 * value(slices, culprit, 0)
    assert all((one.change or Decimal(0)) < Decimal("0.012") for one in slices[1:])


def test_the_fastest_agent_solves_the_least(year) -> None:
    month = [year[2][-1]]
    speed = found(year, "response_time", "employee", month)
    solved = found(year, "resolution_rate", "employee", month)
    culprit = story("fast_but_unsolved").culprit
    fastest = min(speed, key=lambda one: one.readings[0].value or Decimal(10**6))
    assert fastest.key == culprit
    assert value(solved, culprit) < Decimal("0.62")


def test_sales_go_up_while_the_margin_goes_down_in_one_region(year) -> None:
    ends = [year[2][1], year[2][-1]]
    margin = found(year, "gross_margin", "region", ends)
    sales = found(year, "sales_amount", "region", ends)
    culprit = story("price_cutting").culprit
    assert margin[0].key == culprit
    assert value(margin, culprit) < value(margin, culprit, 0) - Decimal("0.03")
    assert value(sales, culprit) > value(sales, culprit, 0)


def test_a_carrier_looks_best_until_returns_are_counted(year) -> None:
    month = [year[2][-1]]
    culprit = story("broken_on_return").culprit
    delivered = {one.key: one.readings[0].value for one in found(year, "delivery_damage_rate", "carrier", month)}
    whole = {one.key: one.readings[0].value for one in found(year, "damage_rate", "carrier", month)}
    assert min(delivered, key=lambda key: delivered[key]) == culprit
    assert max(whole, key=lambda key: whole[key]) == culprit


def test_old_members_leave_one_store(year) -> None:
    slices = found(year, "old_members_back", "store", [year[2][1], year[2][-1]])
    assert slices[0].key == story("old_members_leave").culprit
    assert slices[0].change is not None
    assert slices[0].change < 0


def test_a_column_that_cannot_divide_an_indicator_is_refused_with_those_that_can(year) -> None:
    with pytest.raises(Refusal, match="route"):
        found(year, "damage_rate", "rout", [year[2][-1]])
