"""The first wall around expressions: what an indicator may say about the columns of its fact.

sqlglot parses, a whitelist of node types admits aggregates and comparisons over the fact's own columns and nothing
else, and DuckDB gives the type on an empty table. Division is not admitted: the engine adds, `rules/` divides.
"""

from collections.abc import Callable, Iterator
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from fenming.lake.schema import sql_columns, type_of
from fenming.library.text import Refusal, Words, did_you_mean, refuse

AGGREGATES = (exp.Count, exp.Sum, exp.Min, exp.Max)
_WITHIN_ROW = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT,
    exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Is, exp.Like, exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Paren,
    exp.Case, exp.If, exp.Coalesce, exp.Extract, exp.Var, exp.Abs, exp.Interval, exp.Tuple,
)  # fmt: skip
_OF_ROWS = (*AGGREGATES, exp.Filter, exp.Where, exp.Distinct, exp.Star)
_PARTS_OF_TIME = {"HOUR", "MINUTE", "DAY", "MONTH", "YEAR"}
_TRUTHS = (exp.Predicate, exp.And, exp.Or, exp.Not, exp.Boolean)
_LENGTH_MAX = 2000
_DEPTH_MAX = 200
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL")


def parse(text: str) -> exp.Expr:
    """One expression in the DuckDB dialect; anything else is refused."""
    if len(text) > _LENGTH_MAX:
        raise refuse(
            f"公式过长（超过 {_LENGTH_MAX} 字符），请拆成几项。",
            f"The formula is over {_LENGTH_MAX} characters. Split it.",
        )
    try:
        tokens = sqlglot.tokenize(text, read="duckdb")
        found = sqlglot.parse(text, read="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise _unreadable(text, error) from error
    one = found[0] if len(found) == 1 else None
    if one is None or any(token.comments or token.token_type is TokenType.SEMICOLON for token in tokens):
        raise refuse(
            f"“{text[:60]}”应是一个公式，不带分号和注释。",
            f"“{text[:60]}” should be one formula, without semicolons or comments.",
        )
    if any(node.depth > _DEPTH_MAX for node in one.walk()):
        raise refuse(
            f"公式“{text[:60]}”嵌套过深，请拆成几项。", f"The formula “{text[:60]}” is nested too deeply. Split it."
        )
    return one


_EXPECTED = (
    ("Expecting )", "缺少右括号“)”", "a closing parenthesis is missing"),
    ("Required keyword", "这里后面缺少一个值", "a value is missing behind it"),
    ("token", "引号或括号没有配对，或这里多出了内容", "a quote or parenthesis has no partner, or this is too much"),
)


def _unreadable(text: str, error: Exception) -> Refusal:
    """What cannot be read, where, and what is probably wrong with it."""
    where = (getattr(error, "errors", None) or [{}])[0]
    said = str(where.get("description") or error)
    zh, en = next(((zh, en) for mark, zh, en in _EXPECTED if mark in said), (said[:80], said[:80]))
    at = where.get("col")
    place_zh = f"第 {at} 个字符“{where['highlight']}”附近" if at and where.get("highlight") else "公式"
    place_en = f"near character {at} “{where['highlight']}”" if at and where.get("highlight") else "here"
    return refuse(
        f"公式“{text[:60]}”无法理解：{place_zh}，{zh}。", f"The formula “{text[:60]}” cannot be read {place_en}: {en}."
    )


_ALLOWED = ("count", "sum", "min", "max", "coalesce", "abs", "extract")
_INSTEAD = {
    "avg": Words(
        zh="平均值请选“平均”类型，或写分子 sum(…) 与分母 count(…)。",
        en="For a mean choose the kind “mean”, or write sum(…) over count(…).",
    ),
    "median": Words(zh="中位数请选“百分位”类型，取 50。", en="For a median choose the kind “percentile” with 50."),
    "quantile": Words(zh="请选“百分位”类型。", en="Choose the kind “percentile”."),
    "round": Words(zh="不必取整：小数位数在“显示”里设置。", en="There is no need to round: set the decimals shown."),
    "ilike": Words(zh="请用 LIKE。", en="Use LIKE."),
}


def _teach(node: exp.Expr) -> Words:
    """What to write instead of something that is not allowed."""
    name = (node.name if isinstance(node, exp.Anonymous) else node.key).lower()
    if name in _INSTEAD:
        return Words(zh=_INSTEAD[name].zh, en=f" {_INSTEAD[name].en}")
    if isinstance(node, exp.Func | exp.Anonymous):
        return did_you_mean(name, list(_ALLOWED))
    return Words(zh="", en="")


def _place(node: exp.Expr) -> Words:
    """Where in the formula it stands, as far as the parser knows."""
    starts = [one.meta["start"] for one in node.walk() if "start" in one.meta]
    if not starts:
        return Words(zh="", en="")
    return Words(zh=f"（第 {min(starts) + 1} 个字符起）", en=f" (from character {min(starts) + 1})")


@cache
def aggregate(text: str, fact: str) -> exp.Expr:
    """An aggregate over the rows of a fact, checked: a whole number or a decimal, of the fact's own columns."""
    tree = parse(text)
    _admit(tree, fact, (*_WITHIN_ROW, *_OF_ROWS))
    if not any(tree.find_all(*AGGREGATES)):
        raise refuse(
            f"“{text}”没有汇总。请写成 count(*)、sum({text}) 这样的汇总。",
            f"“{text}” is not an aggregate. Write it as count(*) or sum({text}).",
        )
    for column in tree.find_all(exp.Column):
        if not column.find_ancestor(*AGGREGATES, exp.Filter):
            raise refuse(
                f"“{column.name}”要放在汇总之内，例如 sum({column.name})。",
                f"“{column.name}” has to stand inside an aggregate, such as sum({column.name}).",
            )
    kind = type_of(fact, text)
    if not kind.startswith(_NUMBERS):
        raise refuse(
            f"“{text}”得到的是 {kind}，应为整数或小数（decimal），以保证合计精确。",
            f"“{text}” gives {kind}; it should give a whole number or a decimal, so that sums stay exact.",
        )
    return tree


@cache
def row_value(text: str, fact: str, *, kind: str = "number") -> exp.Expr:
    """An expression of one row, checked; ``kind`` is "number", "truth" or "any"."""
    tree = parse(text)
    _admit(tree, fact, _WITHIN_ROW)
    got = type_of(fact, text)
    wanted = {"number": _NUMBERS, "truth": ("BOOLEAN",), "any": ("",)}[kind]
    if not got.startswith(wanted):
        zh = {"number": "数值", "truth": "是或否"}[kind]
        en = {"number": "a number", "truth": "true or false"}[kind]
        raise refuse(f"“{text}”应得到{zh}，得到的却是 {got}。", f"“{text}” should give {en}; it gives {got}.")
    return tree


def is_additive(tree: exp.Expr) -> bool:
    """Whether the aggregate of two halves is the sum of their aggregates: sums and counts, added or times a number."""
    match tree:
        case exp.Filter() | exp.Paren() | exp.Neg():
            return is_additive(tree.this)
        case exp.Sum():
            return True
        case exp.Count():
            return not isinstance(tree.this, exp.Distinct)
        case exp.Add() | exp.Sub():
            return is_additive(tree.left) and is_additive(tree.right)
        case exp.Mul():
            return (tree.left.is_number and is_additive(tree.right)) or (
                tree.right.is_number and is_additive(tree.left)
            )
        case _:
            return False


def terms(tree: exp.Expr, prefix: str) -> tuple[dict[str, str], str]:
    """The sums and counts that an additive aggregate consists of, by name, and the arithmetic over these names."""
    found: dict[str, str] = {}

    def told(node: exp.Expr) -> str:
        match node:
            case exp.Add() | exp.Sub() | exp.Mul():
                sign = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}[type(node)]
                return f"{told(node.left)} {sign} {told(node.right)}"
            case exp.Paren():
                return f"({told(node.this)})"
            case exp.Neg():
                return f"-{told(node.this)}"
            case exp.Literal():
                return node.name
            case _:
                name = f"{prefix}{len(found)}"
                found[name] = node.sql("duckdb")
                return name

    return found, told(tree)


def only_where(tree: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    """The same aggregate over fewer rows: the condition joins the FILTER of each aggregate in it."""
    if condition is None:
        return tree.copy()

    def narrow(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Filter):
            both = exp.and_(node.expression.this, condition.copy())
            return exp.Filter(this=node.this, expression=exp.Where(this=both))
        if isinstance(node, AGGREGATES) and not isinstance(node.parent, exp.Filter):
            return exp.Filter(this=node.copy(), expression=exp.Where(this=condition.copy()))
        return node

    return _replace(tree.copy(), narrow)


def without_filters(tree: exp.Expr) -> exp.Expr:
    """The same aggregate without FILTER, for which DuckDB copies each chunk: count_if, and sums over CASE."""

    def change(node: exp.Expr) -> exp.Expr:
        match node:
            case exp.Filter(this=exp.Count(this=exp.Star())):
                return exp.CountIf(this=node.expression.this.copy())
            case exp.Filter(this=exp.Count(this=counted)) if not isinstance(counted, exp.Distinct):
                there = exp.paren(counted.copy()).is_(exp.null()).not_()
                return exp.CountIf(this=exp.and_(node.expression.this.copy(), there))
            case exp.Filter(this=exp.Sum(this=summed)):
                return exp.Sum(this=exp.case().when(node.expression.this.copy(), summed.copy()))
        return node

    return _replace(tree, change)


def _replace(tree: exp.Expr, change: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    changed = change(tree)
    if changed is not tree:
        return changed
    for child in list(tree.iter_expressions()):
        fresh = _replace(child, change)
        if fresh is not child:
            child.replace(fresh)
    return tree


def _admit(tree: exp.Expr, fact: str, allowed: tuple[type[exp.Expr], ...]) -> None:
    columns = sql_columns(fact)
    for node in tree.walk():
        if isinstance(node, exp.Div | exp.IntDiv | exp.Mod):
            raise refuse(
                "公式里不做除法：请把被除数写在“分子”、除数写在“分母”，除数为零时会显示缺失而不是出错。",
                "Formulas do not divide: write the dividend as the numerator and the divisor as the denominator; "
                "a zero divisor then shows as missing instead of failing.",
            )
        if type(node) not in allowed:
            shown, instead = node.sql("duckdb")[:60], _teach(node)
            raise refuse(
                f"公式中不允许“{shown}”（{type(node).__name__}）。{instead.zh}"
                "可用：count、sum、min、max、CASE、coalesce、abs、extract、比较与加减乘。",
                f"“{shown}” ({type(node).__name__}) is not allowed in a formula.{instead.en} "
                "Allowed: count, sum, min, max, CASE, coalesce, abs, extract, comparisons, plus, minus and times.",
            )
        for problem in _misuse(node, fact, columns):
            raise problem
    for node in tree.walk():
        for problem in _mistyped(node, fact):
            raise problem


def _misuse(node: exp.Expr, fact: str, columns: dict[str, str]) -> Iterator[Exception]:
    match node:
        case exp.Column() if node.table or node.args.get("db") or node.name not in columns:
            near, at = did_you_mean(node.name.lower(), list(columns)), _place(node)
            yield refuse(
                f"“{fact}”没有字段“{node.sql('duckdb')}”{at.zh}。{near.zh}",
                f"“{fact}” has no column “{node.sql('duckdb')}”{at.en}.{near.en}",
            )
        case exp.Star() if not isinstance(node.parent, exp.Count):
            yield refuse("* 只能用在 count(*) 中。", "* may only stand in count(*).")
        case exp.Count() if node.args.get("this") is None:
            yield refuse("count 要写成 count(*) 或 count(字段)。", "Write count as count(*) or count(column).")
        case exp.Distinct() if not isinstance(node.parent, exp.Count):
            yield refuse("DISTINCT 只能用在 count(DISTINCT …) 中。", "DISTINCT may only stand in count(DISTINCT …).")
        case exp.In() if node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
            yield refuse("IN 后面应是列出的值。", "IN takes a list of values.")
        case exp.Extract() if node.this.name.upper() not in _PARTS_OF_TIME:
            yield refuse(
                "extract 只支持 hour、minute、day、month、year。", "extract takes hour, minute, day, month or year."
            )
        case exp.Count() | exp.Sum() | exp.Min() | exp.Max() if node.find_ancestor(*AGGREGATES):
            yield refuse("汇总之内不能再汇总。", "An aggregate cannot stand inside another.")
        case exp.Filter() if not isinstance(node.this, AGGREGATES):
            yield refuse("FILTER 只能跟在汇总之后。", "FILTER may only follow an aggregate.")


def _mistyped(node: exp.Expr, fact: str) -> Iterator[Exception]:
    """What DuckDB would convert in silence, while Spark refuses: sums of truths, and conditions that are none."""
    if isinstance(node, exp.Sum) and type_of(fact, node.this.sql("duckdb")) == "BOOLEAN":
        shown = node.this.sql("duckdb")
        yield refuse(
            f"“{shown}”是“是或否”，不能求和。请写成 count(*) FILTER (WHERE {shown})。",
            f"“{shown}” is true or false and has no sum. Write it as count(*) FILTER (WHERE {shown}).",
        )
    for condition in _conditions(node):
        inner = condition.unnest()
        if not isinstance(inner, _TRUTHS) and (kind := type_of(fact, inner.sql("duckdb"))) != "BOOLEAN":
            shown = condition.sql("duckdb")
            yield refuse(
                f"条件“{shown}”应得到是或否，得到的却是 {kind}。请写成比较，例如 {shown} > 0。",
                f"The condition “{shown}” should give true or false; it gives {kind}. "
                f"Write a comparison, such as {shown} > 0.",
            )


def _conditions(node: exp.Expr) -> tuple[exp.Expr, ...]:
    match node:
        case exp.Where() | exp.Not():
            return (node.this,)
        case exp.And() | exp.Or():
            return (node.left, node.right)
        case exp.If() if not (isinstance(node.parent, exp.Case) and node.parent.this):
            return (node.this,)
        case _:
            return ()


def columns_of(text: str) -> set[str]:
    """The names of the columns that a checked expression reads."""
    return {column.name for column in parse(text).find_all(exp.Column)}


def qualified(text: str, table: str) -> str:
    """A checked expression with its columns named by their table."""
    tree = parse(text)
    for column in tree.find_all(exp.Column):
        column.set("table", exp.to_identifier(table))
    return tree.sql("duckdb")


def all_of(names: list[str]) -> exp.Expr | None:
    """The conjunction of boolean columns; none when there are none."""
    return exp.and_(*(exp.column(name) for name in names)) if names else None
