import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from fenming.drawing import shapes
from fenming.drawing.shapes import Change, Earned
from fenming.web.templatetags import shapes as filters


def test_a_spark_runs_from_edge_to_edge_and_ends_on_its_dot() -> None:
    spark = shapes.spark([1, 3, 2])
    assert spark.line.startswith("M3.0 27.0")
    assert (spark.end_x, spark.end_y) == (81, 15)
    assert spark.area.endswith("L81.0 30 L3.0 30 Z")


def test_a_missing_value_is_a_gap_in_a_spark() -> None:
    assert shapes.spark([1, 2, None, 2, 1]).line.count("M") == 2


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_a_spark_of_nothing_draws_nothing(values: list[shapes.Number | None]) -> None:
    assert shapes.spark(values) == shapes.Spark("", "", None, None)


@pytest.mark.parametrize("values", [[5], [5, 5, 5], [Decimal("5.5"), 5]])
def test_a_spark_of_few_or_equal_values_is_drawn(values: list[shapes.Number | None]) -> None:
    assert shapes.spark(values).line.startswith("M")


def test_a_donut_goes_once_around() -> None:
    slices = shapes.donut([(30, "brand"), (25, "blue"), (45, "amber")], gap=1)
    assert [one.offset for one in slices] == [0, -30, -55]
    assert sum(one.length + 1 for one in slices) == pytest.approx(100)
    assert all(one.length + one.gap == pytest.approx(100) for one in slices)


def test_one_part_closes_the_donut() -> None:
    assert shapes.donut([(7, "brand"), (0, "blue")])[0].length == 100


def test_a_donut_of_zeros_is_empty() -> None:
    assert [one.length for one in shapes.donut([(0, "brand"), (0, "blue")])] == [0, 0]


@pytest.mark.parametrize(
    ("value", "of", "filled"),
    [(93, 100, 93), (Decimal("60"), 120, 50), (130, 100, 100), (-1, 100, 0), (None, 100, 0), (5, 0, 0)],
)
def test_a_ring_fills_by_the_share_and_never_over(
    value: shapes.Number | None, of: shapes.Number, filled: float
) -> None:
    assert shapes.ring(value, of) == filled


def test_segments_lie_end_to_end() -> None:
    one, missing, other = shapes.split([(Decimal("27.4"), "brand"), (None, "blue"), (25, "amber")], gap=0)
    assert (one.x, one.width, missing.width, other.x, other.width) == (0, 27.4, 0, 27.4, 25)


def test_a_waterfall_ends_at_the_sum() -> None:
    earned = [Earned("a", 27.4, 30, "brand"), Earned("b", 25, 25, "blue")]
    steps = shapes.waterfall(earned, [Change("bonus", 2), Change("fine", -1)])
    assert [step.kind for step in steps] == ["indicator", "indicator", "plus", "minus", "total"]
    assert steps[-1].value == 53.4
    assert steps[1].x == steps[0].end
    assert steps[3].x == steps[3].end


def test_a_waterfall_shows_the_stored_total_as_it_is() -> None:
    steps = shapes.waterfall([Earned("a", Decimal("27.44"), 30, "brand")], total=Decimal("27.4"))
    assert steps[-1].value == Decimal("27.4")


def test_a_missing_reading_is_not_zero_points() -> None:
    step, _total = shapes.waterfall([Earned("a", None, 30, "brand", "no sessions")])
    assert (step.kind, step.value, step.note) == ("missing", None, "no sessions")
    assert step.width == 0
    assert step.lost_width > 0


points = st.decimals(min_value=0, max_value=40, places=2)


@given(
    st.lists(st.tuples(st.none() | points, points), max_size=12),
    st.lists(st.decimals(min_value=-20, max_value=20, places=1), max_size=5),
)
def test_a_waterfall_never_leaves_its_axis_on_the_right(
    earned: list[tuple[Decimal | None, Decimal]], changes: list[Decimal]
) -> None:
    steps = shapes.waterfall([Earned("", got, of, "brand") for got, of in earned], [Change("", one) for one in changes])
    assert all(step.x + step.width <= 100 and step.lost_x + step.lost_width <= 100 for step in steps)


def test_a_histogram_counts_everybody_and_marks_one_column() -> None:
    columns = shapes.histogram([60, 75, 75, 100, 120, 3], 75, 60, 100, count=4)
    assert [column.mine for column in columns] == [False, True, False, False]
    assert [round((column.height - 3) / 61 * 2) for column in columns] == [2, 2, 0, 2]


@pytest.mark.parametrize("values", [[], [80]])
def test_a_histogram_of_few_is_drawn(values: list[int]) -> None:
    assert len(shapes.histogram(values, None, 80, 80)) == 24


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (filters.fixed(Decimal("0.125"), 2), "0.13"),
        (filters.fixed(2.675, 2), "2.68"),
        (filters.fixed(93), "93.0"),
        (filters.fixed(None), "—"),
        (filters.signed(-1.25), "−1.3"),
        (filters.signed(2), "+2.0"),
        (filters.thousands(128400), "128,400"),
        (filters.thousands(Decimal("-1234.5"), 2), "−1,234.50"),
        (filters.percent(Decimal("0.8134"), 1), "81.3%"),
        (filters.plain(12.50), "12.5"),
        (filters.plain(100), "100"),
        (filters.initial("mary"), "M"),
        (filters.absolute(-3), 3),
    ],
)
def test_numbers_are_written_the_way_people_read_them(shown: object, expected: object) -> None:
    assert shown == expected


def test_a_name_keeps_its_colour() -> None:
    assert filters.tone_of("林晓雯") == filters.tone_of("林晓雯")
    assert filters.tone_of("林晓雯") in filters.TONES


@pytest.mark.parametrize(
    ("language", "long", "short", "day"),
    [("zh-hans", "2026年11月", "11月", "11月22日"), ("en", "November 2026", "Nov", "22 Nov")],
)
def test_months_are_written_in_the_language_of_the_page(language: str, long: str, short: str, day: str) -> None:
    with translation.override(language):
        date = dt.date(2026, 11, 22)
        assert (filters.month(date), filters.month_short(date), filters.day_short(date)) == (long, short, day)
