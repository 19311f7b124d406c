"""Conditions by choosing: to SQL and back, in words, and the same rows whichever way they are written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smallfacts import OCTOBER, files, indicator_of

from fenming.lake import expressions, lines, telling
from fenming.lake.arithmetic import arithmetic
from fenming.lake.engine import DuckEngine
from fenming.lake.lines import Line
from fenming.lake.measure import measure
from fenming.lake.raw import raw_rows
from fenming.lake.values import common_values
from fenming.library.facts import fact_types
from fenming.library.indicators import Condition, indicators
from fenming.library.text import Refusal, Words

FACT = "service_session"
NUMBERS = ("int", "money", "decimal", "duration")


@st.composite
def some_lines(draw: st.DrawFn) -> list[Line]:
    """Lines as the editor can make them."""
    return [_line(draw, either=place > 0 and draw(st.booleans())) for place in range(draw(st.integers(1, 4)))]


def _line(draw: st.DrawFn, *, either: bool) -> Line:
    known = lines.columns(FACT)
    column = draw(st.sampled_from([name for name in known if name != "occurred_at"]))
    compare = draw(st.sampled_from(lines.comparisons(known[column])))
    value = ""
    text = st.text(
        st.characters(blacklist_characters=",，、；;\n\r%_\x00", blacklist_categories=["Cs", "Zs", "Cc"]), min_size=1
    )
    if compare == "between":
        low = draw(st.integers(-999, 999))
        value = f"{low} ~ {low + draw(st.integers(0, 99))}"
    elif lines.takes_value(compare):
        value = str(draw(st.integers(-999, 999))) if known[column].type in NUMBERS else draw(text).strip() or "a"
    unknown = compare not in ("known", "unknown") and draw(st.booleans())
    return Line(column=column, compare=compare, value=value, unknown=unknown, either=either)


@settings(max_examples=150, deadline=None)
@given(some_lines())
def test_lines_are_read_back_as_they_were_chosen(chosen: list[Line]) -> None:
    written = lines.conditions(chosen, FACT)
    back = [line for when in written for line in lines.lines_of(when, FACT, strict=True)]
    assert back == chosen
    for when in written:
        expressions.row_value(when, FACT, kind="truth")
        assert telling.condition(when, FACT).zh


@settings(max_examples=100, deadline=None)
@given(some_lines())
def test_a_test_of_chosen_lines_is_admitted(chosen: list[Line]) -> None:
    expressions.row_value(lines.test(chosen, FACT), FACT, kind="truth")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    made = DuckEngine([tmp_path], threads=1)
    yield made
    made.close()


ROWS = [
    {"employee": "lin", "shop": "a", "rating": 5},
    {"employee": "lin", "shop": "b", "rating": 1},
    {"employee": "wei", "rating": 5},
    {"employee": "wei", "shop": "a"},
]


def counted(engine: DuckEngine, folder: Path, *chosen: Line) -> int:
    only = tuple(Condition(when=when, otherwise=Words.same("no")) for when in lines.conditions(chosen, FACT))
    source = files(folder, {FACT: ROWS})
    one = indicator_of("count", only=only)
    total = measure(engine, source, [one], OCTOBER).total(one).value
    return int(total or 0)


def test_a_row_with_an_empty_field_passes_only_where_it_may(engine: DuckEngine, tmp_path: Path) -> None:
    """The trap: conditions elsewhere let an unknown value pass, but "shop is a" means that it is known to be a."""
    shop = Line(column="shop", compare="is", value="a")
    assert counted(engine, tmp_path, shop) == 2
    assert counted(engine, tmp_path, Line(column="shop", compare="not", value="a")) == 1
    assert counted(engine, tmp_path, Line(column="shop", compare="not", value="a", unknown=True)) == 2
    five = Line(column="rating", compare="eq", value="5", either=True)
    assert counted(engine, tmp_path, shop, five) == 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("coalesce(nature, '') IN ('加分', 'merit')", [Line(column="nature", compare="in", value="加分, merit")]),
        ("NOT approved", None),
        ("points > 3 AND points <= 9", [
            Line(column="points", compare="gt", value="3", unknown=True),
            Line(column="points", compare="le", value="9", unknown=True),
        ]),
    ],
)  # fmt: skip
def test_conditions_of_the_library_are_understood(text: str, shown: list[Line] | None) -> None:
    if shown is None:
        with pytest.raises(Refusal):
            expressions.row_value(text, "merit")
        return
    assert lines.lines_of(text, "merit", strict=True) == shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_indicator_is_told_in_words_without_sql(language: str) -> None:
    for one in indicators().values():
        told = telling.sentence(one.measure).say(language)
        assert told.endswith(("。", "."))
        assert not any(word in told for word in ("CASE", "coalesce", "COALESCE", "NULL", "FILTER")), told


def test_every_column_of_every_fact_can_be_compared() -> None:
    for fact in fact_types():
        for column in lines.columns(fact).values():
            assert lines.comparisons(column)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum(handle_ms", "closing parenthesis is missing"),
        ("sum(handle_ms + )", "near character 17 “)”: a value is missing"),
        ("sum(handle_ms))", "near character 15 “)”"),
        ("cuont(*)", "Did you mean count"),
        ("avg(handle_ms)", "choose the kind “mean”"),
        ("median(handle_ms)", "percentile"),
        ("sum(rating) + sum(handle_m)", "from character 19"),
    ],
)
def test_errors_teach_where_and_what_instead(text: str, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        expressions.aggregate(text, FACT)
    assert said in caught.value.words.en
    assert caught.value.words.zh != caught.value.words.en


@pytest.mark.parametrize(
    "text",
    [
        "", "a b", "a ** 2", "a if a else a", "a()", "a.b", "a[0]", "lambda: a", "__import__('os')", "a > 1", "'a'",
        "1e3", "0x10", "1_000", "a\x00", "(" * 150 + "a" + ")" * 150, "a" * 500, "9" * 250, "b", "a; a", "f'{a}'",
        "a @ a",
        "\ud800", "-" * 190 + "a b", "a\n+\n", "[a]", "{a}", "a := 1", "await a", "*a",
    ],
)  # fmt: skip
def test_arithmetic_takes_arithmetic_and_nothing_else(text: str) -> None:
    with pytest.raises(Refusal):
        arithmetic(text, ["a"])


@pytest.mark.parametrize("text", ["a", "(a − 1) × 2.5 ÷ a", "-a", "（a + a）/ 60"])
def test_arithmetic_is_taken_as_people_write_it(text: str) -> None:
    arithmetic(text, ["a"])


def test_a_hurried_engine_stops_what_takes_too_long(engine: DuckEngine) -> None:
    slow = "SELECT count(*) FROM range(100000) AS a, range(100000000) AS b WHERE (a.range * b.range) % 7 = 3"
    with pytest.raises(Refusal, match=r"took more than 0\.2 s"):
        engine.within(0.2).rows(slow, fact=FACT, files=[])
    assert engine.rows("SELECT 1", fact=FACT, files=[]) == [(1,)]


def test_everybodys_rows_are_counted_once_and_shown_by_verdict(engine: DuckEngine, tmp_path: Path) -> None:
    source = files(tmp_path, {FACT: ROWS})
    one = indicator_of("count", only=(Condition(when="rating = 5", otherwise=Words.same("not five")),))
    every = raw_rows(engine, source, one, OCTOBER, person=None, everybody=True, counted=False)
    assert (every.counted, every.excluded) == (3, ((Words.same("not five"), 1),))
    assert [row.values["rating"] for row in every.rows] == [1]
    some = raw_rows(engine, source, one, OCTOBER, person=None, among=["wei"], counted=True)
    assert (some.counted, len(some.rows)) == (2, 2)
    none = raw_rows(engine, source, one, OCTOBER, person=None, among=[])
    assert (none.counted, none.rows) == (0, ())


def test_values_are_suggested_but_never_people_or_identities(engine: DuckEngine, tmp_path: Path) -> None:
    source = files(tmp_path, {FACT: ROWS})
    found = common_values(engine, source, FACT, ["shop", "employee", "member", "session"], OCTOBER)
    assert found == {"shop": ["a", "b"]}
    with pytest.raises(Refusal):
        common_values(engine, source, FACT, ["handle_ms"], OCTOBER)
