"""What is measured: the classic traps by name, and random facts against plain Python."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smallfacts import NOON, OCTOBER, files, indicator_of, oct_at, only, shift, tallied

from fenming.lake.credits import Credits, Span
from fenming.lake.engine import DuckEngine
from fenming.lake.measure import Tally, measure
from fenming.lake.needs import lower
from fenming.library.indicators import Indicator, indicator
from fenming.rules.attribution import segments
from fenming.rules.periods import period
from fenming.rules.readings import Missing

COUNT = indicator_of("count")
RATINGS = indicator_of("sum", value="rating")
MEAN = indicator_of("mean", value="rating")
SMALL = settings(max_examples=30, deadline=None)
Rows = list[dict[str, Any]]


def value(tally: Tally, one: Indicator, person: str | None = "lin", span: int = 0) -> Decimal | None:
    return tally.reading(one, (person, span)).value


def missing(tally: Tally, one: Indicator, person: str = "lin") -> Missing | None:
    return tally.reading(one, (person, 0)).missing


def by_lin(*rows: dict[str, Any]) -> Rows:
    return [{"employee": "lin", **row} for row in rows]


# Fan-out: joining people to facts must not make more facts

ON_DUTY = segments(
    [
        shift("lin", "shared", oct_at(4, 22), 30),
        shift("wei", "shared", oct_at(5, 0), 24),
        shift("yan", "shared", oct_at(5, 11, 30), 2),
    ],
    method="equal",
)
HALVES = tuple(
    Span(subject="lin", span=number, start=datetime.combine(start, time()), end=datetime.combine(end, time()))
    for number, start, end in ((1, date(2026, 10, 1), date(2026, 10, 5)), (2, date(2026, 10, 5), date(2026, 11, 1)))
)


def test_joins_of_tags_spans_and_shares_do_not_multiply_facts(tmp_path: Path) -> None:
    rows = [
        {"employee": "lin", "account": "shared", "tag": "T1"},
        {"account": "shared", "tag": "T1"},
        {"account": "shared", "tag": "unknown"},
        {"account": "shared"},
        {"account": "elsewhere"},
    ]
    credits = Credits(segments=tuple(ON_DUTY), tags={"T1": "lin", "T2": "lin"}, spans=HALVES)
    tally = tallied(tmp_path, {"service_session": rows}, COUNT, credits=credits)
    assert tally.total(COUNT).value == 5
    assert tally.rows == {"service_session": 5}
    assert tally.unassigned == {"service_session": 1}
    assert value(tally, COUNT, None) == 1
    assert value(tally, COUNT, "lin", 2) == Decimal("2.666668")
    assert value(tally, COUNT, "wei") == value(tally, COUNT, "yan") == Decimal("0.666666")


def test_measuring_some_people_gives_what_measuring_everybody_gives_them(tmp_path: Path) -> None:
    rows = [
        {"employee": "lin", "account": "shared", "tag": "T1", "rating": 5},
        {"account": "shared", "tag": "T1", "rating": 4},
        {"account": "shared", "rating": 3},
        {"account": "elsewhere", "rating": 2},
        {"employee": "wei", "rating": 1},
    ]
    for credits in (None, Credits(segments=tuple(ON_DUTY), tags={"T1": "lin"}, spans=HALVES)):
        everybody = tallied(tmp_path, {"service_session": rows}, COUNT, MEAN, credits=credits)
        some = tallied(tmp_path, {"service_session": rows}, COUNT, MEAN, credits=credits, only=["lin"])
        assert {key[0] for key in some.found()} <= {"lin", None}
        for key in (key for key in everybody.found() if key[0] == "lin"):
            assert [some.reading(one, key) for one in (COUNT, MEAN)] == [
                everybody.reading(one, key) for one in (COUNT, MEAN)
            ]


def test_a_fact_that_names_somebody_is_not_shared_out_again(tmp_path: Path) -> None:
    rows = by_lin({"account": "shared"}, {"account": "shared"})
    tally = tallied(tmp_path, {"service_session": rows}, COUNT, credits=Credits(segments=tuple(ON_DUTY)))
    assert value(tally, COUNT) == 2
    assert missing(tally, COUNT, "wei") == "no_facts"


def test_a_fact_on_the_boundary_of_shifts_belongs_to_who_starts(tmp_path: Path) -> None:
    duty = segments([shift("lin", "shared", oct_at(5, 8), 4), shift("wei", "shared", oct_at(5, 12), 4)], method="equal")
    rows = [{"account": "shared", "occurred_at": oct_at(5, hour)} for hour in (8, 12, 16)]
    tally = tallied(tmp_path, {"service_session": rows}, COUNT, credits=Credits(segments=tuple(duty)))
    assert (value(tally, COUNT, "lin"), value(tally, COUNT, "wei"), value(tally, COUNT, None)) == (1, 1, 1)


def test_credits_leave_other_subjects_alone(tmp_path: Path) -> None:
    rows = [{"account": "shared", "shop": "one"}, {"account": "shared", "shop": "one"}]
    tally = tallied(
        tmp_path, {"service_session": rows}, COUNT, subject="shop", credits=Credits(segments=tuple(ON_DUTY))
    )
    assert value(tally, COUNT, "one") == 2


def test_readings_by_day_and_column_sum_to_the_whole(tmp_path: Path) -> None:
    rows = by_lin({"stage": "售前"}, {"stage": "售后"}, {"stage": "售前", "occurred_at": oct_at(6)})
    tally = tallied(tmp_path, {"service_session": rows}, COUNT, by=("day", "stage"))
    assert {key: tally.reading(COUNT, key).value for key in tally.found()} == {
        ("lin", 0, date(2026, 10, 5), "售前"): 1,
        ("lin", 0, date(2026, 10, 5), "售后"): 1,
        ("lin", 0, date(2026, 10, 6), "售前"): 1,
    }


# Missing is never zero

RATIO = indicator_of("ratio", numerator="sum(rating)", denominator="sum(reply_turns)")
GROWTH = indicator_of("growth", value="count(*)")
DISTINCT = indicator_of("distinct", value="member")


def test_without_any_fact_everything_is_missing(tmp_path: Path) -> None:
    keyed = indicator_of("retention", key="member")
    kinds = [
        COUNT,
        RATINGS,
        MEAN,
        RATIO,
        GROWTH,
        DISTINCT,
        keyed,
        indicator_of("percentile", value="rating", percent=9),
    ]
    tally = tallied(tmp_path, {}, *kinds)
    assert {missing(tally, one) for one in kinds} == {"no_facts"}
    assert {tally.total(one).missing for one in kinds} == {"no_facts"}


def test_a_person_without_facts_is_missing_while_others_have_some(tmp_path: Path) -> None:
    tally = tallied(tmp_path, {"service_session": by_lin({"rating": 5})}, COUNT, MEAN)
    assert missing(tally, COUNT, "wei") == missing(tally, MEAN, "wei") == "no_facts"


@pytest.mark.parametrize(
    "one",
    [RATINGS, MEAN, RATIO, DISTINCT, indicator_of("share", test="rating > 3"), indicator_of("count", test="resolved")],
)
def test_facts_whose_field_is_empty_everywhere_are_not_supplied(one: Indicator, tmp_path: Path) -> None:
    tally = tallied(tmp_path, {"service_session": by_lin({}, {})}, one)
    assert missing(tally, one) == tally.total(one).missing == "not_supplied"


def test_a_denominator_that_only_this_person_lacks_is_zero_and_not_unsupplied(tmp_path: Path) -> None:
    rows = [*by_lin({"rating": 5, "reply_turns": 0}), {"employee": "wei", "rating": 4, "reply_turns": 2}]
    tally = tallied(tmp_path, {"service_session": rows}, RATIO)
    assert missing(tally, RATIO) == "zero_denominator"
    assert value(tally, RATIO, "wei") == 2
    assert tally.total(RATIO).value == Decimal("4.5")


def test_a_zero_numerator_is_a_zero_and_not_missing(tmp_path: Path) -> None:
    tally = tallied(tmp_path, {"service_session": by_lin({"rating": 0, "reply_turns": 3})}, RATIO, RATINGS)
    assert value(tally, RATIO) == value(tally, RATINGS) == 0


def test_growth_without_a_previous_period_says_so(tmp_path: Path) -> None:
    september = {"employee": "wei", "occurred_at": datetime(2026, 9, 30, 23, 59)}
    rows = [*by_lin({}), september, *[{"employee": "wei"}] * 3]
    tally = tallied(tmp_path, {"service_session": rows}, GROWTH)
    assert missing(tally, GROWTH) == "no_previous"
    assert value(tally, GROWTH, "wei") == 2
    assert tally.total(GROWTH).value == 3


def test_points_read_zero_without_a_record_but_not_without_any_records(tmp_path: Path) -> None:
    points = indicator_of("sum", "merit", value="points", empty="zero", only=only("nature = '加分'"))
    rows = [{"employee": "wei", "nature": "扣分", "points": Decimal(2)}]
    tally = tallied(tmp_path, {"merit": rows}, points)
    assert value(tally, points, "lin") == value(tally, points, "wei") == 0
    assert missing(tallied(tmp_path, {}, points), points) == "no_facts"


def test_who_lacks_one_term_of_a_sum_keeps_the_others_in_the_total(tmp_path: Path) -> None:
    """Nothing delivered for lin: the whole must not forget those parcels."""
    undelivered = indicator("undelivered_rate")
    rows = [*by_lin({}, {}), *[{"employee": "wei", "delivered_at": NOON}] * 2]
    tally = tallied(tmp_path, {"parcel": rows}, undelivered)
    assert value(tally, undelivered, "wei") == 0
    assert tally.total(undelivered).value == Decimal("0.5")
    together = tallied(tmp_path, {"parcel": rows}, undelivered, subject=None)
    assert value(together, undelivered, None) == Decimal("0.5")


TERMS = "sum(rating) - 2 * (sum(reply_turns) + count(*))"


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (indicator_of("ratio", numerator=TERMS, denominator="count(*)"), Decimal("1.5")),
        (indicator_of("growth", value=TERMS), Decimal(-2)),
        (
            indicator_of(
                "formula", None, parts={"a": {"fact": "service_session", "aggregate": TERMS}}, numerator="1 − a × 2"
            ),
            Decimal(-5),
        ),
    ],
    ids=["ratio", "growth", "formula"],
)
def test_added_sums_are_the_same_shared_out_by_person_and_together(
    one: Indicator, wanted: Decimal, tmp_path: Path
) -> None:
    rows = [
        {"account": "shared", "rating": 9, "occurred_at": oct_at(5, 1)},
        {"account": "shared", "reply_turns": 1, "occurred_at": oct_at(5, 12)},
        {"employee": "lin", "rating": 1, "reply_turns": 1, "occurred_at": datetime(2026, 9, 5)},
    ]
    together = tallied(tmp_path, {"service_session": rows}, one, subject=None)
    shared = tallied(tmp_path, {"service_session": rows}, one, credits=Credits(segments=tuple(ON_DUTY)))
    assert together.total(one).value == shared.total(one).value == wanted


# Which rows count


def test_an_unknown_condition_does_not_exclude(tmp_path: Path) -> None:
    one = indicator_of("count", only=only("NOT offline_message"))
    rows = by_lin({"offline_message": True}, {"offline_message": False}, {})
    assert value(tallied(tmp_path, {"service_session": rows}, one), one) == 2


def test_all_conditions_have_to_hold(tmp_path: Path) -> None:
    one = indicator_of("count", only=[*only("answered"), *only("rating >= 4")])
    rows = by_lin({"answered": True, "rating": 4}, {"answered": True, "rating": 3}, {"answered": False, "rating": 5})
    assert value(tallied(tmp_path, {"service_session": rows}, one), one) == 1


def test_conditions_of_one_indicator_do_not_leak_into_another(tmp_path: Path) -> None:
    narrow = indicator_of("count", only=only("rating = 5"))
    tally = tallied(tmp_path, {"service_session": by_lin({"rating": 5}, {"rating": 1})}, narrow, COUNT)
    assert (value(tally, narrow), value(tally, COUNT)) == (1, 2)


@pytest.mark.parametrize(
    ("window", "counted"),
    [
        (("22:00", "06:00"), {time(22), time(22, 59, 59), time(23), time(23, 59, 59), time(0), time(5, 59, 59)}),
        (("09:00", "23:00"), {time(9), time(12, 30, 30), time(21, 59, 59), time(22), time(22, 59, 59)}),
        (("00:00", "12:30"), {time(0), time(5, 59, 59), time(6), time(8, 59, 59), time(9)}),
    ],
)
def test_a_window_may_run_over_midnight_and_ends_before_its_end(
    window: tuple[str, str], counted: set[time], tmp_path: Path
) -> None:
    moments = [time(22), time(21, 59, 59), time(23, 59, 59), time(0), time(5, 59, 59), time(6), time(8, 59, 59),
               time(9), time(12, 30, 30), time(22, 59, 59), time(23)]  # fmt: skip
    one = indicator_of("count", window={"start": window[0], "until": window[1]})
    rows = by_lin(*({"occurred_at": datetime.combine(date(2026, 10, 5), moment)} for moment in moments))
    tally = tallied(tmp_path, {"service_session": rows}, one)
    assert value(tally, one) == len(counted)


def test_the_period_ends_before_its_end_and_only_its_own_facts_count(tmp_path: Path) -> None:
    tick = timedelta(microseconds=1)
    edges = [datetime(2026, month, 1) - before for month in (10, 11) for before in (tick, timedelta())]
    tally = tallied(tmp_path, {"service_session": by_lin(*({"occurred_at": edge} for edge in edges))}, COUNT)
    assert value(tally, COUNT) == 2


def test_formulas_reach_back_before_and_up_to_the_period(tmp_path: Path) -> None:
    parts = {over: {"fact": "headcount_change", "aggregate": "sum(joined)", "over": over}
             for over in ("before", "until", "previous", "period")}  # fmt: skip
    one = indicator_of("formula", None, parts=parts, numerator="before × 1000 + until × 100 + previous × 10 + period")
    times = [datetime(2019, 1, 1), datetime(2026, 9, 9), datetime(2026, 10, 9), datetime(2026, 11, 9)]
    rows = by_lin(*({"joined": 1, "occurred_at": moment} for moment in times))
    assert value(tallied(tmp_path, {"headcount_change": rows}, one), one) == 2311


def test_the_feature_of_nobody_is_no_number_of_somebody(tmp_path: Path) -> None:
    """Whole values of unnamed facts count in the total, and nowhere else."""
    rows = [*by_lin({"member": "m1"}), {"account": "shared", "member": "m1"}, {"account": "shared", "member": "m2"}]
    tally = tallied(tmp_path, {"service_session": rows}, DISTINCT, credits=Credits(segments=tuple(ON_DUTY)))
    assert value(tally, DISTINCT) == 1
    assert missing(tally, DISTINCT, "wei") == "no_facts"
    assert tally.total(DISTINCT).value == 2


def test_exactness_survives_sums_beyond_floats(tmp_path: Path) -> None:
    one = indicator_of("sum", value="paid_amount")
    rows = by_lin({"paid_amount": Decimal("9007199254740993.01")}, {"paid_amount": Decimal("0.01")})
    assert value(tallied(tmp_path, {"service_session": rows}, one), one) == Decimal("9007199254740993.02")


# Kinds against plain Python, on random facts


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, DuckEngine]]:
    folder = tmp_path_factory.mktemp("random")
    engine = DuckEngine([folder], threads=1)
    yield folder, engine
    engine.close()


def measured(bench: tuple[Path, DuckEngine], fact: str, rows: Rows, *indicators: Indicator, **more: Any) -> Tally:
    folder, engine = bench
    source = files(folder, {fact: rows})
    try:
        return measure(engine, source, indicators, OCTOBER, **more)
    finally:
        for path in source.paths[fact]:
            Path(path).unlink()


WAITS = st.lists(st.tuples(st.sampled_from("ab"), st.none() | st.integers(-5, 50)), max_size=25)


@pytest.mark.parametrize("percent", [1, 50, 90, 100])
@SMALL
@given(waits=WAITS)
def test_a_percentile_is_the_nearest_rank(percent: int, bench: Any, waits: list[tuple[str, int | None]]) -> None:
    one = indicator_of("percentile", value="first_reply_ms", percent=percent)
    rows = [{"employee": who, "first_reply_ms": wait} for who, wait in waits]
    tally = measured(bench, "service_session", rows, one)
    for who in "ab":
        assert value(tally, one, who) == nearest_rank([wait for name, wait in waits if name == who], percent)
    assert tally.total(one).value == nearest_rank([wait for _, wait in waits], percent)


def nearest_rank(waits: Sequence[int | None], percent: int) -> int | None:
    known = sorted(wait for wait in waits if wait is not None)
    return known[ceil(Fraction(len(known) * percent, 100)) - 1] if known else None


DAYS = st.integers(-220, 45)
VISITS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from(["m1", "m2", "m3", None]), DAYS, st.sampled_from(["v1", "v2", "v3"])
    ),
    max_size=25,
)
FIRST = datetime(2026, 10, 1)
RETENTION = indicator_of("retention", "member_visit", key="member")
REPEAT = indicator_of("repeat", "member_visit", key="member", event="visit", at_least=2)
BANDED = indicator_of(
    "banded", "member_visit", key="member", active_days=90,
    bands=[{"start": 1, "weight": 100}, {"start": 2, "weight": 120}, {"start": 4, "weight": 150}],
)  # fmt: skip
Visit = tuple[str, str | None, int, str]


@SMALL
@given(visits=VISITS)
def test_retention_repeat_and_banded_count_members_as_python_does(bench: Any, visits: list[Visit]) -> None:
    rows = [
        {"employee": who, "member": member, "occurred_at": FIRST + timedelta(days=day), "visit": visit}
        for who, member, day, visit in visits
    ]
    tally = measured(bench, "member_visit", rows, RETENTION, REPEAT, BANDED)
    for who in ("a", "b", None):
        own = [one for one in visits if who in (one[0], None) and one[1] is not None]
        for one, wanted in ((RETENTION, retention(own)), (REPEAT, repeat(own)), (BANDED, banded(own))):
            found = tally.reading(one, (who, 0)) if who else tally.total(one)
            assert found.value == wanted, (one.measure.kind, who)


def between(visits: list[Visit], start: int, end: int) -> Counter[str]:
    return Counter(str(member) for _, member, day, _ in visits if start <= day < end)


def ratio(part: Fraction | int, whole: int) -> Decimal | None:
    return None if not whole else Decimal(round(Fraction(part, whole) * 10**6 + Fraction(1, 10**9))).scaleb(-6)


def retention(visits: list[Visit]) -> Decimal | None:
    now, before = between(visits, 0, 31), between(visits, -30, 0)
    return ratio(len(now.keys() & before.keys()), len(before))


def repeat(visits: list[Visit]) -> Decimal | None:
    events = defaultdict(set)
    for _, member, day, visit in visits:
        if 0 <= day < 31:
            events[member].add(visit)
    return ratio(sum(len(different) >= 2 for different in events.values()), len(events))


def banded(visits: list[Visit]) -> Decimal | None:
    weights = [150 if times >= 4 else 120 if times >= 2 else 100 for times in between(visits, 0, 31).values()]
    return ratio(Fraction(sum(weights), 100), len(between(visits, 31 - 90, 31)))


# Shared accounts: nothing is lost, nothing is made

MOMENTS = st.integers(0, 12 * 24 * 6)
SHIFTS = st.lists(
    st.builds(
        lambda person, account, start, hours: shift(person, account, FIRST + timedelta(minutes=10 * start), hours),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["X", "Y"]),
        MOMENTS,
        st.sampled_from([0.5, 1, 7.75, 12, 26]),
    ),
    max_size=8,
)
SESSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "employee": st.sampled_from([None, None, None, "a", "d"]),
            "account": st.sampled_from(["X", "X", "Y", "Z", None]),
            "tag": st.sampled_from([None, None, "T-c", "unknown"]),
            "occurred_at": MOMENTS.map(lambda moment: FIRST + timedelta(minutes=10 * moment, seconds=moment % 60)),
            "rating": st.none() | st.integers(-2, 5),
            "paid_amount": st.none() | st.decimals(-10, 10**6, places=2),
        }
    ),
    min_size=1,
    max_size=20,
)
TAGS = {"T-c": "c", "never": "a"}
PAID = indicator_of("sum", value="paid_amount")
ADDITIVE = (COUNT, RATINGS, MEAN, PAID)


@pytest.mark.parametrize("method", ["equal", "minutes"])
@pytest.mark.parametrize("transfer", [False, True])
@SMALL
@given(shifts=SHIFTS, sessions=SESSIONS)
def test_people_and_the_unassigned_add_up_to_the_whole_exactly(
    method: Any, transfer: bool, bench: Any, shifts: list[Any], sessions: Rows
) -> None:
    spans = [Span(subject=who, span=number, start=start, end=end) for who in ("a", "c") for number, start, end in
             ((1, FIRST, oct_at(6, 0)), (2, oct_at(6, 0), oct_at(9, 0)))] if transfer else []  # fmt: skip
    credits = Credits(segments=tuple(segments(shifts, method=method)), tags=TAGS, spans=tuple(spans))
    tally = measured(bench, "service_session", sessions, *ADDITIVE, credits=credits)
    assert tally.rows["service_session"] == len(sessions)
    for one in ADDITIVE:
        for need in lower(one).needs.values():
            parts = [part for part in tally.values[need].values() if part is not None]
            assert sum(parts, Decimal(0)) == (tally.totals.get(need) or 0)
    assert tally.total(RATINGS).value == summed(sessions, "rating")
    assert tally.total(PAID).value == summed(sessions, "paid_amount")
    wanted = credited(sessions, credits)
    assert tally.values[lower(COUNT).needs["numerator"]] == wanted
    assert tally.unassigned.get("service_session", 0) == wanted.get((None, 0), 0)


def summed(sessions: Rows, column: str) -> Decimal | None:
    known = [Decimal(row[column]) for row in sessions if row[column] is not None]
    return sum(known, Decimal(0)) if known else None


def credited(sessions: Rows, credits: Credits) -> dict[tuple[str | None, int], Decimal]:
    """Who has how much of these sessions, one by one."""
    found: dict[tuple[str | None, int], Decimal] = defaultdict(Decimal)
    for row in sessions:
        at = row["occurred_at"]
        who = row["employee"] or TAGS.get(row["tag"])
        on_duty = [one for one in credits.segments if one.account == row["account"] and one.start <= at < one.end]
        shares = on_duty[0].shares if on_duty and not who else [(who, 10**6)]
        for person, ppm in shares:
            span = next((one.span for one in credits.spans if one.subject == person and one.start <= at < one.end), 0)
            found[person, span] += Decimal(ppm).scaleb(-6)
    return dict(found)


@SMALL
@given(shifts=SHIFTS, sessions=SESSIONS)
def test_both_sides_of_a_transfer_add_up_to_the_month(bench: Any, shifts: list[Any], sessions: Rows) -> None:
    cut = Credits(
        segments=tuple(segments(shifts, method="minutes")),
        spans=tuple(
            Span(subject="a", span=number, start=start, end=end)
            for number, start, end in ((1, FIRST, oct_at(5, 0)), (2, oct_at(5, 0), datetime(2026, 11, 1)))
        ),
    )
    whole = measured(bench, "service_session", sessions, *ADDITIVE, credits=Credits(segments=cut.segments))
    split = measured(bench, "service_session", sessions, *ADDITIVE, credits=cut)
    for one in ADDITIVE:
        for need in lower(one).needs.values():
            before, after = whole.values[need], split.values[need]
            assert (before.get(("a", 0)) or 0) == (after.get(("a", 1)) or 0) + (after.get(("a", 2)) or 0)
            assert ("a", 0) not in after
            assert {key: part for key, part in before.items() if key[0] != "a"} == {
                key: part for key, part in after.items() if key[0] != "a"
            }


def test_a_transfer_splits_keyed_and_ranked_values_too(tmp_path: Path) -> None:
    p50 = indicator_of("percentile", value="rating", percent=50)
    rows = by_lin({"rating": 1, "occurred_at": oct_at(2)}, {"rating": 5, "occurred_at": oct_at(5)})
    tally = tallied(tmp_path, {"service_session": rows}, p50, MEAN, credits=Credits(spans=HALVES))
    assert [(value(tally, p50, "lin", span), value(tally, MEAN, "lin", span)) for span in (1, 2)] == [(1, 1), (5, 5)]
    assert tally.total(MEAN).value == 3


def test_a_quarter_looks_back_a_quarter(tmp_path: Path) -> None:
    quarter = period(date(2026, 7, 1), date(2026, 10, 1))
    rows = by_lin(*({"occurred_at": datetime(2026, month, 15)} for month in (3, 4, 6, 7, 8, 9, 9, 10)))
    assert value(tallied(tmp_path, {"service_session": rows}, GROWTH, span=quarter), GROWTH) == 1
