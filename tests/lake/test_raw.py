"""The rows behind a number: all that were looked at, each with its place, its share, and why it did not count."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from smallfacts import OCTOBER, Row, files, indicator_of, oct_at, only, shift

from fenming.lake.credits import Credits, Span
from fenming.lake.engine import DuckEngine
from fenming.lake.measure import measure
from fenming.lake.raw import RawRows, raw_rows
from fenming.library.indicators import Indicator, indicator
from fenming.pipeline.compute import FactFiles
from fenming.rules.attribution import segments

COUNT = indicator_of("count")
DUTY = segments(
    [
        shift("lin", "shared", oct_at(4, 22), 30),
        shift("wei", "shared", oct_at(5, 0), 12),
        shift("yan", "shared", oct_at(5, 6), 6),
    ],
    method="equal",
)
SHARED = Credits(segments=tuple(DUTY), tags={"T1": "wei"})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    made = DuckEngine([tmp_path], threads=1)
    yield made
    made.close()


def looked_at(
    engine: DuckEngine, source: FactFiles, one: Indicator, person: str | None = "lin", **more: Any
) -> RawRows:
    return raw_rows(engine, source, one, OCTOBER, person=person, **more)


def sessions(folder: Path, *rows: Row) -> FactFiles:
    return files(folder, {"service_session": rows})


def by_lin(*rows: Row) -> list[Row]:
    return [{"employee": "lin", **row} for row in rows]


def reasons(found: RawRows) -> dict[str, int]:
    return {words.en: number for words, number in found.excluded}


RESPONSE = indicator("first_response_time")
FOUR = by_lin(
    {"first_reply_ms": 9000, "source_file": "one.xlsx", "source_sheet": "十月", "source_row": 7, "batch": "b1"},
    {"first_reply_ms": 9000, "auto_reply": True},
    {"first_reply_ms": 9000, "occurred_at": oct_at(5, 3)},
    {"first_reply_ms": None},
)


def test_counted_and_excluded_are_all_rows_looked_at(engine: DuckEngine, tmp_path: Path) -> None:
    found = looked_at(engine, sessions(tmp_path, *FOUR, {"employee": "wei"}), RESPONSE)
    assert (found.counted, found.total, len(found.rows)) == (1, 4, 4)
    assert RESPONSE.measure.window is not None
    automatic = next(one.otherwise.en for one in RESPONSE.measure.only if "auto_reply" in one.when)
    assert reasons(found) == {automatic: 1, RESPONSE.measure.window.otherwise.en: 1, "no “First reply”": 1}


def test_a_row_that_fails_several_conditions_is_excluded_once_by_the_first(engine: DuckEngine, tmp_path: Path) -> None:
    worst = {"first_reply_ms": None, "auto_reply": True, "occurred_at": oct_at(5, 3)}
    found = looked_at(engine, sessions(tmp_path, *by_lin(worst)), RESPONSE)
    (only_one,) = found.rows
    (wanted,) = (one.otherwise for one in RESPONSE.measure.only if one.when == "NOT auto_reply")
    assert only_one.excluded == wanted
    assert found.excluded == ((wanted, 1),)


def test_an_unknown_condition_does_not_exclude_the_row(engine: DuckEngine, tmp_path: Path) -> None:
    one = indicator_of("count", only=only("NOT offline_message"))
    found = looked_at(engine, sessions(tmp_path, *by_lin({}, {"offline_message": True})), one)
    assert (found.counted, reasons(found)) == (1, {"word": 1})


def test_a_row_tells_where_it_came_from_and_what_it_says(engine: DuckEngine, tmp_path: Path) -> None:
    row = next(one for one in looked_at(engine, sessions(tmp_path, *FOUR), RESPONSE).rows if one.file)
    assert (row.fact, row.file, row.sheet, row.row, row.batch) == ("service_session", "one.xlsx", "十月", 7, "b1")
    assert row.fact_id == "service_session|0"
    assert row.values["first_reply_ms"] == 9000
    assert (row.share, row.excluded) == (1, None)


def test_pages_follow_each_other_in_the_order_of_time(engine: DuckEngine, tmp_path: Path) -> None:
    rows = by_lin(*({"occurred_at": oct_at(day)} for day in (9, 3, 7, 1, 5)))
    source = sessions(tmp_path, *rows)
    pages = [looked_at(engine, source, COUNT, limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [[row.occurred_at.day for row in page.rows] for page in pages] == [[1, 3], [5, 7], [9], []]
    assert {page.total for page in pages} == {5}


def test_pages_run_on_from_one_fact_to_the_next(engine: DuckEngine, tmp_path: Path) -> None:
    turnover = indicator("fund_turnover")
    source = files(
        tmp_path,
        {
            "ledger_entry": by_lin(*({"nature": nature, "amount": Decimal(5)} for nature in ("收入", "费用", "收入"))),
            "fund_balance": by_lin({"balance": Decimal(1)}, {"balance": Decimal(1)}),
        },
    )
    whole = looked_at(engine, source, turnover)
    pages = [looked_at(engine, source, turnover, limit=2, offset=offset).rows for offset in (0, 2, 4)]
    assert [row for page in pages for row in page] == list(whole.rows)
    assert (whole.counted, reasons(whole)) == (4, {"not revenue": 1})


def test_a_share_of_every_shared_fact_adds_up_to_one_over_people(engine: DuckEngine, tmp_path: Path) -> None:
    moments = [oct_at(4, 23), oct_at(5, 3), oct_at(5, 6), oct_at(5, 11, 59), oct_at(5, 12), oct_at(6, 3, 59)]
    source = sessions(tmp_path, *({"account": "shared", "occurred_at": moment} for moment in moments))
    spans = (Span(subject="lin", span=1, start=datetime(2026, 10, 1), end=oct_at(5, 9)),)
    for credits in (SHARED, Credits(segments=SHARED.segments, spans=spans)):
        shares: dict[str, Decimal] = {}
        for person in ("lin", "wei", "yan"):
            for row in looked_at(engine, source, COUNT, person, credits=credits).rows:
                shares[row.fact_id] = shares.get(row.fact_id, Decimal(0)) + row.share
        assert shares == {f"service_session|{number}": 1 for number in range(len(moments))}


def test_shares_of_the_rows_are_the_reading(engine: DuckEngine, tmp_path: Path) -> None:
    rows = [
        {"account": "shared", "occurred_at": oct_at(5, 7)},
        {"account": "shared", "tag": "T1"},
        {"account": "shared", "tag": "?", "occurred_at": oct_at(5, 1)},
        {"employee": "wei", "account": "shared"},
        {"account": "elsewhere"},
    ]
    source = sessions(tmp_path, *rows)
    tally = measure(engine, source, [COUNT], OCTOBER, credits=SHARED)
    for person in ("lin", "wei", "yan", None):
        found = looked_at(engine, source, COUNT, person, credits=SHARED)
        assert sum(row.share for row in found.rows) == tally.reading(COUNT, (person, 0)).value


def test_the_unassigned_are_those_that_name_nobody_and_no_shift_covers(engine: DuckEngine, tmp_path: Path) -> None:
    rows = [
        {"employee": "lin"},
        {"account": "shared"},
        {"account": "shared", "tag": "T1", "occurred_at": oct_at(20)},
        {"account": "shared", "occurred_at": oct_at(20)},
        {"account": "elsewhere"},
        {},
    ]
    source = sessions(tmp_path, *rows)
    found = looked_at(engine, source, COUNT, None, credits=SHARED)
    assert [row.fact_id[-1] for row in found.rows] == ["4", "5", "3"]
    assert all(row.share == 1 for row in found.rows)
    plain = looked_at(engine, source, COUNT, None)
    assert [row.fact_id[-1] for row in plain.rows] == ["1", "4", "5", "2", "3"]


def test_other_subjects_see_their_rows_whatever_the_credits(engine: DuckEngine, tmp_path: Path) -> None:
    source = sessions(tmp_path, {"shop": "one", "account": "shared", "tag": "T1"}, {"shop": "two"})
    found = looked_at(engine, source, COUNT, "one", subject="shop", credits=SHARED)
    assert [(row.fact_id[-1], row.share) for row in found.rows] == [("0", 1)]


def test_values_of_all_rows_together_are_not_shared_out(engine: DuckEngine, tmp_path: Path) -> None:
    distinct = indicator_of("distinct", value="member")
    source = sessions(tmp_path, {"employee": "lin", "member": "m"}, {"account": "shared", "member": "n"})
    assert looked_at(engine, source, distinct, credits=SHARED).counted == 1


def test_without_any_file_there_is_no_row(engine: DuckEngine) -> None:
    found = looked_at(engine, FactFiles({}), RESPONSE, credits=SHARED)
    assert (found.rows, found.counted, found.excluded, found.total) == ((), 0, (), 0)


def test_a_row_that_several_parts_look_at_is_shown_once(engine: DuckEngine, tmp_path: Path) -> None:
    """The leavers before the period stand in both its opening and its end."""
    rows = by_lin(*({"joined": 1, "departed": 0, "occurred_at": datetime(2026, month, 9)} for month in (8, 9, 10)))
    found = looked_at(engine, files(tmp_path, {"headcount_change": rows}), indicator("employee_retention"))
    assert [row.occurred_at.month for row in found.rows] == [8, 9, 10]
    assert found.counted == 3


def test_parts_of_other_columns_show_a_row_once_with_all_of_them(engine: DuckEngine, tmp_path: Path) -> None:
    rows = by_lin(*({"audience": "社群", "gained": 5, "lost": 1, "occurred_at": oct_at(day)} for day in (1, 2)))
    rows += by_lin({"audience": "粉丝", "gained": 7, "lost": 0})
    found = looked_at(engine, files(tmp_path, {"audience_change": rows}), indicator("group_leave_rate"))
    assert (found.counted, reasons(found)) == (2, {"not members of a group": 1})
    assert all(row.values == {"audience": "社群", "gained": 5, "lost": 1} for row in found.rows if not row.excluded)


def test_growth_shows_the_rows_of_both_periods(engine: DuckEngine, tmp_path: Path) -> None:
    rows = by_lin(*({"occurred_at": datetime(2026, month, 9)} for month in (8, 9, 10, 11)))
    found = looked_at(engine, sessions(tmp_path, *rows), indicator_of("growth", value="count(*)"))
    assert sorted(row.occurred_at.month for row in found.rows) == [9, 10]


def test_a_name_with_a_quote_is_a_name(engine: DuckEngine, tmp_path: Path) -> None:
    source = sessions(tmp_path, {"employee": "O'Hara"}, {"employee": "' OR 1 = 1 --"})
    assert looked_at(engine, source, COUNT, "O'Hara").counted == 1
    assert looked_at(engine, source, COUNT, "' OR TRUE --").counted == 0
