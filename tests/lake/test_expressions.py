"""What an indicator may say about its fact, and what it is told when it says anything else."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from fenming.lake import expressions
from fenming.lake.schema import sql_columns
from fenming.library.text import Refusal

FACT = "service_session"

GOOD = [
    "count(*)",
    "count(rating)",
    "count(DISTINCT member)",
    "sum(handle_ms)",
    "sum(-handle_ms)",
    "sum(1)",
    "min(handle_ms)",
    "max(quality)",
    "sum(paid_amount) - sum(quality)",
    "2 * count(*) + sum(rating)",
    "-(sum(rating))",
    "sum(abs(handle_ms - first_reply_ms))",
    "sum(coalesce(paid_amount, 0))",
    "sum(CASE WHEN rating >= 4 THEN 1 WHEN rating IS NOT NULL THEN 0 END)",
    "sum(CASE stage WHEN '售前' THEN 1 ELSE 0 END)",
    "sum(rating) FILTER (WHERE shop IN ('a', 'b') AND NOT answered OR rating BETWEEN 1 AND 2)",
    "count(*) FILTER (WHERE shop LIKE '%旗舰店')",
    "count(*) FILTER (WHERE shop = 'it''s; -- not a comment')",
    "count(*) FILTER (WHERE extract(hour FROM occurred_at) >= 22)",
    "count(*) FILTER (WHERE occurred_at < occurred_at + INTERVAL 72 HOUR)",
    "count(*) FILTER (WHERE coalesce(answered, FALSE))",
    'sum("handle_ms")',
]


@pytest.mark.parametrize("text", GOOD)
def test_sums_counts_and_comparisons_are_admitted(text: str) -> None:
    assert expressions.aggregate(text, FACT).find(*expressions.AGGREGATES)


DIVISION = "numerator"
LISTED = "Allowed: count, sum, min, max, CASE"
BAD = [
    # other statements and other data
    ("ATTACH 'x.db'", LISTED),
    ("COPY fact TO 'x'", LISTED),
    ("PRAGMA version", LISTED),
    ("INSTALL httpfs", LISTED),
    ("SET threads = 1", LISTED),
    ("DELETE FROM fact", LISTED),
    ("CREATE TABLE t AS SELECT 1", LISTED),
    ("SELECT count(*)", LISTED),
    ("WITH t AS (SELECT 1) SELECT count(*) FROM t", LISTED),
    ("sum(rating) UNION SELECT 1", LISTED),
    ("(SELECT count(*) FROM fact)", LISTED),
    ("sum((SELECT 1))", LISTED),
    ("count(*) FILTER (WHERE EXISTS (SELECT 1))", LISTED),
    ("count(*) FILTER (WHERE shop IN (SELECT 'a'))", "list of values"),
    ("count(*) IN (FROM fact)", "list of values"),
    ("count(*) FROM read_csv('/etc/passwd')", "cannot be read"),
    ("sum(read_csv('/etc/passwd'))", LISTED),
    ("sum(handle_ms) FROM fact", "cannot be read"),
    ("count(*) LIMIT 1", "cannot be read"),
    ("count(*), 1", "cannot be read"),
    # more than one formula
    ("count(*); DROP TABLE fact", "without semicolons"),
    ("count(*);", "without semicolons"),
    ("sum(handle_ms) -- ok", "without semicolons or comments"),
    ("count(/* hidden */ *)", "without semicolons or comments"),
    ("", "one formula"),
    # functions that look around, remember or differ between engines
    ("max(getenv('HOME'))", LISTED),
    ("max(current_setting('threads'))", LISTED),
    ("max(getvariable('a'))", LISTED),
    ("max(query('SELECT 1'))", LISTED),
    ("max(pg_catalog.version())", LISTED),
    ("max(now())", LISTED),
    ("max(random())", LISTED),
    ("max(nextval('s'))", LISTED),
    ("CASE WHEN count(*) > 0 THEN getenv('HOME') END", LISTED),
    ("sum(handle_ms) OVER (PARTITION BY employee)", LISTED),
    ("row_number() OVER (ORDER BY handle_ms)", LISTED),
    ("sum(list_transform([1], x -> x + 1))", LISTED),
    ("sum(lambda x : x)", LISTED),
    ("sum(unnest([1, 2]))", LISTED),
    ("sum(COLUMNS('.*'))", LISTED),
    ("arg_max(handle_ms, occurred_at)", LISTED),
    ("mode(handle_ms)", LISTED),
    ("date_diff('day', min(occurred_at), max(occurred_at))", LISTED),
    ("string_agg(shop, ',')", LISTED),
    ("max(shop) || 'x'", LISTED),
    ("sum(handle_ms) ** 2", LISTED),
    ("count(*) FILTER (WHERE shop ILIKE 'a%')", LISTED),
    # parameters, stars and casts
    ("max($1)", LISTED),
    ("max(?)", LISTED),
    ("max(#1)", LISTED),
    ("*", "only stand in count"),
    ("sum(*)", "only stand in count"),
    ("count(DISTINCT *)", "only stand in count"),
    ("count()", "Write count as"),
    ("sum(CAST(handle_ms AS DOUBLE))", LISTED),
    ("sum(TRY_CAST(shop AS INT))", LISTED),
    ("sum(resolved::INT)", LISTED),
    # division and what hides it
    ("sum(handle_ms) / count(*)", DIVISION),
    ("sum(handle_ms / 1000)", DIVISION),
    ("sum(handle_ms) // 60", DIVISION),
    ("sum(handle_ms) % 60", DIVISION),
    ("avg(handle_ms)", LISTED),
    ("median(handle_ms)", LISTED),
    ("quantile_cont(handle_ms, 0.9)", LISTED),
    ("stddev(handle_ms)", LISTED),
    # no aggregate, or one too many
    ("handle_ms", "Write it as count"),
    ("1 + 1", "Write it as count"),
    ("sum(handle_ms) + handle_ms", "inside an aggregate, such as sum"),
    ("sum(sum(handle_ms))", "inside another"),
    ("count(*) FILTER (WHERE sum(handle_ms) > 1)", "cannot be computed"),
    ("sum(DISTINCT handle_ms)", "count"),
    # columns
    ("sum(handle_m)", "Did you mean handle_ms"),
    ("sum(HANDLE_MS)", "Did you mean handle_ms"),
    ("sum(other.handle_ms)", "Did you mean handle_ms"),
    ("count(fact.*)", "no column"),
    ("count(fact)", "no column"),
    ("count(*) FILTER (WHERE rowid > 1)", "no column"),
    # types
    ("sum(handle_ms * 1e0)", "gives DOUBLE"),
    ("max(shop)", "gives VARCHAR"),
    ("max(occurred_at)", "gives TIMESTAMP"),
    ("count(*) > 3", "gives BOOLEAN"),
    ("sum(shop)", "cannot be computed"),
    ("sum(resolved)", "FILTER"),
    ("count(*) FILTER (WHERE shop)", "Write a comparison"),
    ("sum(CASE WHEN rating THEN 1 END)", "Write a comparison"),
    ("count(*) FILTER (WHERE NOT rating)", "Write a comparison"),
    ("count(*) FILTER (WHERE answered AND rating)", "Write a comparison"),
    ("count(*) FILTER (WHERE extract(dow FROM occurred_at) = 1)", "hour, minute, day"),
]


@pytest.mark.parametrize(("text", "remedy"), BAD, ids=[text[:40] or "nothing" for text, _ in BAD])
def test_anything_else_is_refused_with_what_to_do_in_both_languages(text: str, remedy: str) -> None:
    with pytest.raises(Refusal) as refused:
        expressions.aggregate(text, FACT)
    words = refused.value.words
    assert remedy in words.en
    assert words.zh.strip()
    assert words.zh != words.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in words.zh)


NESTED = {
    "parentheses": lambda depth: f"sum({'(' * depth}rating{')' * depth})",
    "calls": lambda depth: f"sum({'abs(' * depth}rating{')' * depth})",
    "nots": lambda depth: f"count(*) FILTER (WHERE {'NOT ' * depth}resolved)",
    "signs": lambda depth: f"sum({'- ' * depth}rating)",
    "cases": lambda depth: f"sum({'CASE WHEN resolved THEN ' * depth}1{' END' * depth})",
    "terms": lambda depth: f"count(*){'+count(*)' * depth}",
}


@pytest.mark.parametrize("shape", NESTED)
def test_deep_nesting_is_refused_or_compiles_but_never_breaks(shape: str) -> None:
    compiled, refused = 0, []
    for depth in range(1, 900, 13):
        text = NESTED[shape](depth)
        try:
            tree = expressions.aggregate(text, FACT)
        except Refusal as refusal:
            refused.append(refusal.words.zh)
            continue
        expressions.is_additive(tree)
        compiled += bool(expressions.only_where(tree, exp.column("t0")).sql("duckdb"))
    assert compiled > 2
    assert len(refused) > 10
    assert all(refused)


def test_a_formula_may_have_two_thousand_characters_and_not_one_more() -> None:
    fits = f"count(*) FILTER (WHERE shop = '{'a' * 1967}')"
    assert len(fits) == 2000
    expressions.aggregate(fits, FACT)
    with pytest.raises(Refusal, match=r"over 2000 characters\. Split it"):
        expressions.aggregate(fits.replace("'a", "'aa"), FACT)


@pytest.mark.parametrize(
    ("text", "kind", "remedy"),
    [
        ("count(*)", "number", LISTED),
        ("sum(handle_ms) > 1", "truth", LISTED),
        ("rating", "truth", "true or false"),
        ("shop", "number", "a number"),
        ("rating / 2", "number", DIVISION),
        ("ratin > 1", "truth", "Did you mean rating"),
        ("rating > 1; SELECT 1", "truth", "without semicolons"),
    ],
)
def test_a_value_of_one_row_is_no_aggregate_and_of_its_kind(text: str, kind: str, remedy: str) -> None:
    with pytest.raises(Refusal, match=remedy):
        expressions.row_value(text, FACT, kind=kind)


def test_a_value_of_one_row_may_be_a_number_a_truth_or_any_key() -> None:
    assert expressions.row_value("handle_ms - first_reply_ms", FACT)
    assert expressions.row_value("rating >= 4", FACT, kind="truth")
    assert expressions.row_value("member", FACT, kind="any")


@pytest.mark.parametrize(
    ("text", "additive"),
    [
        ("count(*)", True),
        ("count(rating)", True),
        ("sum(rating) FILTER (WHERE answered)", True),
        ("sum(rating) - 2 * count(*)", True),
        ("-(sum(rating) * 3)", True),
        ("count(DISTINCT member)", False),
        ("max(rating)", False),
        ("min(rating)", False),
        ("sum(rating) + max(rating)", False),
        ("sum(rating) + 1", False),
        ("sum(rating) * sum(rating)", False),
        ("abs(sum(rating))", False),
        ("coalesce(sum(rating), 0)", False),
        ("CASE WHEN count(*) > 3 THEN 1 ELSE 0 END", False),
    ],
)
def test_additive_is_what_two_halves_add_up_to(text: str, additive: bool) -> None:
    assert expressions.is_additive(expressions.aggregate(text, FACT)) is additive


# Pushing a condition into the aggregates

ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-3, 9), st.none() | st.booleans(), st.none() | st.sampled_from("ab"), st.booleans()
    ),
    max_size=12,
)
SUMMED = [
    "count(*)",
    "count(rating)",
    "count(DISTINCT shop)",
    "max(rating)",
    "sum(rating) FILTER (WHERE resolved)",
    "sum(rating) - 2 * count(*) FILTER (WHERE shop = 'a' OR resolved)",
    "coalesce(sum(abs(rating)), 0) + count(*)",
    "sum(CASE WHEN resolved THEN rating ELSE 0 END)",
]


@pytest.fixture(scope="module")
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in sql_columns(FACT).items())
        connection.execute(f"CREATE TABLE fact ({columns}, t0 BOOLEAN)").fetchall()
        yield connection


@pytest.mark.parametrize("text", SUMMED)
@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_a_condition_inside_the_aggregates_is_the_same_as_fewer_rows(
    text: str, table: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]
) -> None:
    table.execute("DELETE FROM fact").fetchall()
    for row in rows:
        table.execute("INSERT INTO fact (rating, resolved, shop, t0) VALUES ($1, $2, $3, $4)", list(row)).fetchall()
    narrowed = expressions.only_where(expressions.aggregate(text, FACT), exp.column("t0")).sql("duckdb")
    inside = table.execute(f"SELECT {narrowed} FROM fact").fetchall()
    assert inside == table.execute(f"SELECT {text} FROM fact WHERE t0").fetchall()


def test_narrowing_leaves_the_checked_formula_as_it_was() -> None:
    tree = expressions.aggregate("sum(rating) FILTER (WHERE resolved)", FACT)
    before = tree.sql("duckdb")
    assert expressions.only_where(tree, exp.column("t0")).sql("duckdb") != before
    assert expressions.only_where(tree, None).sql("duckdb") == tree.sql("duckdb") == before


def test_columns_are_found_and_named_by_their_table() -> None:
    text = "coalesce(rating >= 4 OR shop = 'rating', TRUE)"
    assert expressions.columns_of(text) == {"rating", "shop"}
    assert expressions.qualified(text, "f") == "COALESCE(f.rating >= 4 OR f.shop = 'rating', TRUE)"
