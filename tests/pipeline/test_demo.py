"""The demo company: always the same, plausible, and with its five stories in it."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fenming.library.facts import fact_types
from fenming.library.schemes import schemes
from fenming.pipeline.demo import STORIES, Company, company, facts, shifts

Rows = list[dict[str, Any]]
TYPES = {
    "text": pa.string(),
    "int": pa.int64(),
    "duration": pa.int64(),
    "bool": pa.bool_(),
    "money": pa.decimal128(18, 2),
    "decimal": pa.decimal128(18, 4),
    "time": pa.timestamp("us"),
}


@pytest.fixture(scope="module")
def demo() -> Company:
    return company()


@pytest.fixture(scope="module")
def made(demo: Company) -> dict[str, list[pa.Table]]:
    """All months of every fact type."""
    found: dict[str, list[pa.Table]] = {}
    for month in demo.months:
        for fact, rows in facts(demo, month):
            found.setdefault(fact, []).append(rows)
    return found


@pytest.fixture(scope="module")
def lake(demo: Company, made: dict[str, list[pa.Table]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The facts as tables, and the roster as `shift`."""
    with duckdb.connect() as connection:
        for fact, months in made.items():
            connection.register(fact, pa.concat_tables(months))
        connection.register("shift", shifts(demo, demo.months[0], demo.until))
        yield connection


def ask(lake: duckdb.DuckDBPyConnection, query: str) -> Rows:
    cursor = lake.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def one(lake: duckdb.DuckDBPyConnection, query: str) -> Any:
    return lake.execute(query).fetchall()[0][0]


def fingerprint(rows: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows.combine_chunks())
    return sha256(sink.getvalue()).hexdigest()


def test_three_hundred_people_have_different_names_and_numbers(demo: Company) -> None:
    assert len(demo.people) == 300
    assert len({person.name for person in demo.people}) == 300
    assert len({person.number for person in demo.people}) == 300


def test_nine_departments_are_as_large_as_announced(demo: Company) -> None:
    sizes = dict.fromkeys(demo.departments, 0)
    for person in demo.people:
        sizes[next(span.department for span in demo.assignments if span.person == person.number)] += 1
    assert sizes == {
        "customer_service": 90, "logistics": 60, "business": 45, "operations": 25, "new_media": 20, "design": 16,
        "finance": 12, "hr": 12, "stores": 20,
    }  # fmt: skip


def test_everyone_but_the_heads_has_a_manager_who_exists(demo: Company) -> None:
    numbers = {person.number for person in demo.people}
    assert sum(person.manager is None for person in demo.people) == 9
    assert {person.manager for person in demo.people} - {None} <= numbers


def test_managers_lead_the_own_team_or_the_department(demo: Company) -> None:
    for person in demo.people:
        if person.manager:
            manager = demo.person(person.manager)
            assert manager.department == person.department
            assert manager.team == person.team or manager.manager is None


def test_every_post_is_scored_by_a_scheme(demo: Company) -> None:
    scored = {(one.department, post) for one in schemes().values() for post in one.posts}
    assert {(span.department, span.post) for span in demo.assignments} <= scored


def test_transfers_split_the_month_of_three_people(demo: Company) -> None:
    assert len(demo.transfers) == 3
    for transfer in demo.transfers:
        before, after = (span for span in demo.assignments if span.person == transfer.person)
        assert before.end == after.start == transfer.on
        assert transfer.on.day > 1
        assert (before.team, after.team) == (before.team, transfer.team)
        assert demo.person(transfer.person).team == transfer.team


def test_attendance_is_a_share_and_zero_before_joining_and_after_leaving(demo: Company) -> None:
    for person in demo.people:
        shares = [demo.attendance(person, month) for month in demo.months]
        assert all(Decimal(0) <= share <= Decimal(1) for share in shares)
    late = next(person for person in demo.people if person.joined > demo.months[2])
    left = next(person for person in demo.people if person.left)
    assert demo.attendance(late, demo.months[0]) == 0
    assert demo.attendance(left, demo.months[-1]) == 0


def test_thirteen_months_end_with_the_running_one(demo: Company) -> None:
    assert demo.months[0] == date(2025, 11, 1)
    assert demo.months[-1] == date(2026, 11, 1)
    assert len(demo.months) == 13


def test_about_two_million_facts(made: dict[str, list[pa.Table]]) -> None:
    counts = {fact: sum(rows.num_rows for rows in months) for fact, months in made.items()}
    assert set(counts) == set(fact_types())
    assert 1_900_000 < sum(counts.values()) < 2_200_000
    assert 1_000_000 < counts["service_session"] < 1_200_000
    assert 300_000 < counts["parcel"] < 400_000
    assert 250_000 < counts["order_line"] < 350_000


def test_rows_have_all_columns_in_their_types(made: dict[str, list[pa.Table]]) -> None:
    for fact, months in made.items():
        wanted = {name: TYPES[column.type] for name, column in fact_types()[fact].all_columns.items()}
        for rows in months:
            assert dict(zip(rows.schema.names, rows.schema.types, strict=True)) == {
                **wanted, "occurred_at": pa.timestamp("us"),
            }  # fmt: skip


def test_natural_keys_are_unique_and_never_empty(lake: duckdb.DuckDBPyConnection) -> None:
    for fact, kind in fact_types().items():
        keys = ", ".join(kind.key)
        empty = " OR ".join(f"{key} IS NULL" for key in (*kind.key, "occurred_at", "department"))
        assert one(lake, f"SELECT count(*) FILTER (WHERE {empty}) FROM {fact}") == 0, fact
        assert one(lake, f"SELECT count(*) - count(DISTINCT ({keys})) FROM {fact}") == 0, fact


def test_facts_stay_in_their_month_and_stop_at_yesterday(demo: Company, made: dict[str, list[pa.Table]]) -> None:
    openings = 0
    for fact, months in made.items():
        for month, rows in zip(demo.months, months, strict=True):
            times = rows["occurred_at"].to_numpy()
            early = (times < month_start(month)).sum()
            openings += early
            assert early == 0 or fact in {"audience_change", "headcount_change"}
            assert (times < month_start(demo.until)).all()
    assert openings > 50


def month_start(day: date) -> Any:
    return np.datetime64(day.isoformat(), "us")


def test_the_same_seed_makes_the_same_bytes(demo: Company, made: dict[str, list[pa.Table]]) -> None:
    again = company()
    assert again == demo
    for place in (4, 12):
        for fact, rows in facts(again, again.months[place]):
            assert fingerprint(rows) == fingerprint(made[fact][place]), fact


def test_another_seed_makes_another_company(demo: Company, made: dict[str, list[pa.Table]]) -> None:
    other = company(seed=7)
    assert [person.name for person in other.people] != [person.name for person in demo.people]
    visits = dict(facts(other, other.months[0]))["member_visit"]
    assert fingerprint(visits) != fingerprint(made["member_visit"][0])


def test_a_later_day_keeps_what_had_happened_before(demo: Company, made: dict[str, list[pa.Table]]) -> None:
    earlier = company(until=date(2026, 11, 6))
    for fact, rows in facts(earlier, earlier.months[-1]):
        known = made[fact][-1]
        seen = pc.less(known["occurred_at"], pa.scalar(datetime(2026, 11, 6), pa.timestamp("us")))
        for column in (*fact_types()[fact].key, "employee", "occurred_at"):
            assert rows[column].to_pylist() == known.filter(seen)[column].to_pylist(), (fact, column)


def test_a_month_outside_the_demo_is_refused(demo: Company) -> None:
    with pytest.raises(ValueError, match="2024-01 is not among"):
        list(facts(demo, date(2024, 1, 1)))


def test_everyone_has_facts_in_each_month_they_work(demo: Company, made: dict[str, list[pa.Table]]) -> None:
    for place, month in enumerate(demo.months):
        seen: set[str] = set()
        for fact, months in made.items():
            if fact not in {"merit", "audience_change"}:
                seen.update(months[place]["employee"].unique().to_pylist())
        seen.update(made["service_session"][place]["tag"].unique().to_pylist())
        present = {person.number for person in demo.people if demo.attendance(person, month) > Decimal("0.1")}
        assert present <= seen, (month, present - seen)


def test_employees_are_the_companys_own(demo: Company, lake: duckdb.DuckDBPyConnection) -> None:
    numbers = {person.number for person in demo.people}
    for fact in fact_types():
        assert {row["employee"] for row in ask(lake, f"SELECT DISTINCT employee FROM {fact}")} - {None} <= numbers


def test_nobody_works_before_joining_or_after_leaving(demo: Company, lake: duckdb.DuckDBPyConnection) -> None:
    for person in demo.people:
        if person.joined < demo.months[0] and person.left is None:
            continue
        first, last = lake.execute(
            "SELECT min(occurred_at), max(occurred_at) FROM (SELECT employee, occurred_at FROM service_session "
            "UNION ALL SELECT employee, occurred_at FROM parcel UNION ALL SELECT employee, occurred_at FROM order_line "
            "UNION ALL SELECT employee, occurred_at FROM post) WHERE employee = ?", [person.number],
        ).fetchall()[0]  # fmt: skip
        assert first.date() >= person.joined
        assert person.left is None or last.date() < person.left


def test_money_adds_up(lake: duckdb.DuckDBPyConnection) -> None:
    assert Decimal("0.76") < one(lake, "SELECT sum(cost) / sum(amount) FROM order_line") < Decimal("0.83")
    assert one(lake, "SELECT count(*) FROM order_line WHERE refund > amount OR amount <= 0") == 0
    assert one(lake, "SELECT count(*) FROM receivable WHERE received > due") == 0
    receipts = (
        "SELECT count(*) FROM (SELECT order_no, sum(amount) AS lines FROM order_line WHERE department = 'stores' "
        "GROUP BY 1) FULL JOIN member_visit ON visit = order_no WHERE lines IS DISTINCT FROM amount"
    )
    assert one(lake, receipts) == 0


def test_double_eleven_peaks_and_the_spring_festival_is_quiet(lake: duckdb.DuckDBPyConnection) -> None:
    days = {
        row["day"]: row["sessions"]
        for row in ask(lake, "SELECT occurred_at::DATE AS day, count(*) AS sessions FROM service_session GROUP BY 1")
    }
    usual = days[date(2026, 10, 20)]
    assert days[date(2025, 11, 11)] > 2.5 * usual
    assert days[date(2026, 6, 18)] > 1.8 * usual
    assert days[date(2026, 2, 17)] < 0.5 * usual


def test_what_is_not_known_yet_is_empty_and_not_zero(lake: duckdb.DuckDBPyConnection) -> None:
    rated = one(lake, "SELECT count(rating) / count(*) FROM service_session")
    assert 0.40 < rated < 0.50
    recent = "FROM service_session WHERE occurred_at >= TIMESTAMP '2026-11-22'"
    assert one(lake, f"SELECT count(repeat_visit) + count(paid_finally) {recent}") == 0
    assert one(lake, "SELECT count(*) FROM parcel WHERE delivered_at IS NULL AND damaged IS NOT NULL") == 0
    assert one(lake, "SELECT count(*) FROM parcel WHERE delivered_at IS NULL") > 100


def test_shared_accounts_record_nobody_and_few_sessions_are_tagged(lake: duckdb.DuckDBPyConnection) -> None:
    shared = ask(lake, "SELECT account, count(*) AS n, count(tag) / count(*) AS tagged FROM service_session "
                       "WHERE employee IS NULL GROUP BY account ORDER BY account")  # fmt: skip
    assert [row["account"] for row in shared] == ["京东客服01", "唯品会客服01"]
    assert all(0.04 < row["tagged"] < 0.07 for row in shared)
    assert one(lake, "SELECT count(tag) FROM service_session WHERE employee IS NOT NULL") == 0


COVERED = 's.account = q.account AND s.start <= q.occurred_at AND q.occurred_at < s."end"'


def test_tags_name_somebody_on_duty(lake: duckdb.DuckDBPyConnection) -> None:
    stray = f"SELECT count(*) FROM service_session q WHERE tag IS NOT NULL AND NOT EXISTS (SELECT 1 FROM shift s " \
            f"WHERE {COVERED} AND s.person = q.tag)"  # fmt: skip
    assert one(lake, stray) == 0


def test_some_sessions_fall_outside_every_shift(lake: duckdb.DuckDBPyConnection) -> None:
    share = one(lake, f"SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM shift s WHERE {COVERED})) / count(*) "
                      "FROM service_session q WHERE employee IS NULL")  # fmt: skip
    assert 0.05 < share < 0.15


def test_the_roster_has_nights_overlaps_and_one_person_on_two_accounts(lake: duckdb.DuckDBPyConnection) -> None:
    assert one(lake, "SELECT count(DISTINCT person) FROM shift") == 5
    assert one(lake, 'SELECT count(*) FROM shift WHERE "end"::DATE > start::DATE AND hour("end") = 8') > 50
    pairs = 'SELECT count(*) FROM shift a JOIN shift b ON a.start < b."end" AND b.start < a."end" AND {}'
    assert one(lake, pairs.format("a.account = b.account AND a.person < b.person")) > 300
    assert one(lake, pairs.format("a.account < b.account AND a.person = b.person")) > 300


def test_the_roster_of_a_day_includes_the_night_before(demo: Company) -> None:
    rows = shifts(demo, date(2026, 11, 7), date(2026, 11, 8)).to_pylist()
    assert any(row["start"] == datetime(2026, 11, 6, 23, 30) for row in rows)
    assert all(row["end"] > datetime(2026, 11, 7) and row["start"] < datetime(2026, 11, 8) for row in rows)


def told(lake: duckdb.DuckDBPyConnection, name: str) -> tuple[dict[str, Any], Rows]:
    """The culprit's row of a story, and the others."""
    story = next(one for one in STORIES if one.id == name)
    rows = ask(lake, story.query)
    assert rows[0][story.by] == story.culprit
    return rows[0], rows[1:]


def test_story_damage_rises_on_one_route_only(lake: duckdb.DuckDBPyConnection) -> None:
    route, others = told(lake, "route_damage")
    assert 0.012 < route["earlier"] < 0.018
    assert 0.038 < route["lately"] < 0.052
    assert len(others) == 16
    assert all(abs(other["lately"] - other["earlier"]) < 0.008 for other in others)


def test_story_the_fastest_agent_solves_least(lake: duckdb.DuckDBPyConnection) -> None:
    agent, others = told(lake, "fast_but_unsolved")
    assert 0.52 < agent["resolution"] < 0.58
    assert agent["again"] > 0.28
    assert min(other["resolution"] for other in others) > 0.65
    assert max(other["again"] for other in others) < 0.27
    assert min(other["first_reply_s"] for other in others) > 1.2 * agent["first_reply_s"]


def test_story_one_team_buys_sales_with_its_margin(lake: duckdb.DuckDBPyConnection) -> None:
    team, others = told(lake, "price_cutting")
    assert team["sales_lately"] > 1.25 * float(team["sales_early"])
    assert team["margin_early"] > 0.23
    assert team["margin_lately"] < 0.185
    assert all(abs(other["margin_lately"] - other["margin_early"]) < 0.01 for other in others)
    assert all(other["sales_lately"] < 1.12 * float(other["sales_early"]) for other in others)


def test_story_one_carrier_looks_good_until_returns_are_counted(lake: duckdb.DuckDBPyConnection) -> None:
    carrier, others = told(lake, "broken_on_return")
    assert carrier["on_delivery"] < min(other["on_delivery"] for other in others)
    assert carrier["with_returns"] > 1.5 * max(other["with_returns"] for other in others)


def test_story_old_members_leave_one_store(lake: duckdb.DuckDBPyConnection) -> None:
    store, others = told(lake, "old_members_leave")
    assert store["kept"] < 0.7
    assert all(other["kept"] > 0.95 for other in others)
