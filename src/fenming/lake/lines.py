"""Conditions as people choose them: a field, how it is compared, and with what; to SQL, and back from it.

Lines after each other must all hold; one joined by "or" belongs to the line before it. So every set of lines reads
one way only: (a or b) and c and (d or e).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Literal

from sqlglot import exp

from fenming.lake import expressions
from fenming.lake.schema import literal
from fenming.library.facts import Column, fact_type
from fenming.library.text import Refusal, refuse

Compare = Literal[
    "is", "not", "in", "not_in", "contains", "starts", "yes", "no", "eq", "ne", "lt", "le", "gt", "ge", "between",
    "known", "unknown",
]  # fmt: skip
_SIGNS: dict[str, str] = {
    "is": "=", "not": "<>", "eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
_NODES: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_EXISTENCE: tuple[Compare, ...] = ("known", "unknown")
_TEXT: tuple[Compare, ...] = ("is", "not", "in", "not_in", "contains", "starts", *_EXISTENCE)
_NUMBER: tuple[Compare, ...] = ("le", "lt", "ge", "gt", "eq", "ne", "between", *_EXISTENCE)
_TIME: tuple[Compare, ...] = ("le", "lt", "ge", "gt", *_EXISTENCE)
_YES_NO: tuple[Compare, ...] = ("yes", "no", *_EXISTENCE)
_MOST_VALUES = 30
_LARGEST = Decimal(10) ** 15
MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. ``unknown`` lets rows pass in which the field is empty; ``either`` joins it to the line before by "or".

    A duration's value is in seconds, a time's the name of another time. ``written`` is a condition in SQL instead.
    """

    column: str = ""
    compare: str = ""
    value: str = ""
    unknown: bool = False
    either: bool = False
    written: str = ""


def columns(fact: str) -> dict[str, Column]:
    """What a line can be about: when the event happened, then the fact's columns."""
    kind = fact_type(fact)
    return {"occurred_at": Column(type="time", zh=kind.happens.zh, en=kind.happens.en), **kind.all_columns}


def comparisons(column: Column) -> tuple[Compare, ...]:
    """The ways in which a field can be compared; the first is the likeliest."""
    match column.type:
        case "text":
            return _TEXT
        case "bool":
            return _YES_NO
        case "time":
            return _TIME
        case _:
            return _NUMBER


def takes_value(compare: str) -> bool:
    return compare not in ("yes", "no", *_EXISTENCE)


def conditions(lines: Iterable[Line], fact: str) -> list[str]:
    """What each line, with those that "or" joins to it, says in SQL. Rows with an empty field fail unless allowed."""
    return [" OR ".join(_sql(line, fact, strict=True) for line in group) for group in together(lines)]


def test(lines: Iterable[Line], fact: str) -> str:
    """All lines as one test, which has no answer for rows with an empty field."""
    groups = [[_sql(line, fact, strict=False) for line in group] for group in together(lines)]
    if len(groups) == 1:
        return " OR ".join(groups[0])
    return " AND ".join(f"({' OR '.join(group)})" for group in groups)


def together(lines: Iterable[Line]) -> list[list[Line]]:
    """The lines that stand for one condition each: "or" joins a line to the one before."""
    groups: list[list[Line]] = []
    for line in lines:
        if line.either and groups:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _sql(line: Line, fact: str, *, strict: bool) -> str:
    if line.written:
        return f"({expressions.row_value(line.written, fact, kind='truth').sql('duckdb')})"
    column = columns(fact).get(line.column)
    if column is None:
        raise refuse("请选择字段。", "Choose a field.")
    if line.compare not in comparisons(column):
        raise refuse(f"请选择“{column.zh}”怎样比较。", f"Choose how “{column.en}” is compared.")
    if line.compare in _EXISTENCE:
        return f"{line.column} IS {'NOT ' if line.compare == 'known' else ''}NULL"
    plain = _compared(line, column, fact)
    if not strict or line.unknown:
        return plain
    read = [line.column, line.value] if column.type == "time" else [line.column]
    return f"({' AND '.join(f'{name} IS NOT NULL' for name in read if name != 'occurred_at')} AND {plain})".replace(
        "( AND ", "("
    )


def _compared(line: Line, column: Column, fact: str) -> str:
    name = line.column
    match line.compare:
        case "yes":
            return name
        case "no":
            return f"NOT {name}"
        case "in" | "not_in":
            values = ", ".join(literal(one) for one in listed(line.value))
            return f"{name} {'NOT ' if line.compare == 'not_in' else ''}IN ({values})"
        case "contains" | "starts":
            start = "%" if line.compare == "contains" else ""
            return f"{name} LIKE {literal(f'{start}{_plain_text(line.value)}%')}"
        case "between":
            low, high = _ends(line.value, column)
            return f"{name} BETWEEN {low} AND {high}"
    if column.type == "text":
        return f"{name} {_SIGNS[line.compare]} {literal(_some(line.value))}"
    if column.type == "time":
        if columns(fact).get(line.value, column).type != "time" or line.value not in columns(fact):
            raise refuse("请选择与哪个时间比较。", "Choose the time to compare with.")
        return f"{name} {_SIGNS[line.compare]} {line.value}"
    return f"{name} {_SIGNS[line.compare]} {_number(line.value, column)}"


def listed(text: str) -> list[str]:
    """Several values as people write them: with commas or a line each."""
    for mark in "，、；;\n":
        text = text.replace(mark, ",")
    found = list(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    if not found:
        raise refuse("请填写要比较的值，多个值用逗号隔开。", "Give the values, with commas between them.")
    if len(found) > _MOST_VALUES:
        raise refuse(f"最多 {_MOST_VALUES} 个值。", f"At most {_MOST_VALUES} values.")
    return found


def _some(text: str) -> str:
    if not text.strip():
        raise refuse("请填写要比较的值。", "Give the value to compare with.")
    return text.strip()


def _plain_text(text: str) -> str:
    found = _some(text)
    if "%" in found or "_" in found:
        raise refuse("这里不能用 % 和 _，请只写文字。", "% and _ cannot be used here. Write plain text.")
    return found


def _ends(text: str, column: Column) -> tuple[str, str]:
    ends = [one for one in text.replace("，", ",").replace("～", "~").replace("~", ",").split(",") if one.strip()]
    if len(ends) != 2:
        raise refuse("请写两个数，用 ~ 隔开，例如 10 ~ 20。", "Write two numbers with ~ between them, such as 10 ~ 20.")
    low, high = (_number(one, column) for one in ends)
    if Decimal(low) > Decimal(high):
        raise refuse("前一个数应不大于后一个数。", "The first number should not be larger than the second.")
    return low, high


def _number(text: str, column: Column) -> str:
    given = text.strip().replace(",", "")
    try:
        value = Decimal(given)
        usable = value.is_finite() and abs(value) < _LARGEST and value == round(value, 6)
    except InvalidOperation:
        usable = False
    if not usable:
        raise refuse(
            f"“{text.strip()[:30]}”应是一个数，例如 20。", f"“{text.strip()[:30]}” should be a number such as 20."
        )
    if column.type == "duration":
        value *= MILLISECONDS
        if value != int(value):
            raise refuse("时长最多精确到毫秒，例如 0.5 秒。", "A duration has milliseconds at most, such as 0.5.")
    return f"{value:f}"


def lines_of(text: str, fact: str, *, strict: bool) -> list[Line]:
    """A condition as lines; what cannot be chosen stands as it is written."""
    tree = expressions.parse(text)
    found: list[Line] = []
    whole = _line(tree, fact, strict=strict)
    parts = [tree] if whole else _flat(tree, exp.And)
    for part in parts:
        alone = _line(part, fact, strict=strict)
        alternatives = [alone] if alone else [_line(one, fact, strict=strict) for one in _flat(part, exp.Or)]
        if any(one is None for one in alternatives):
            found.append(Line(written=part.unnest().sql("duckdb")))
        else:
            found += [replace(one, either=place > 0) for place, one in enumerate(alternatives) if one]
    return found


def _flat(tree: exp.Expr, kind: type[exp.Expr]) -> list[exp.Expr]:
    inner = tree.unnest()
    if not isinstance(inner, kind):
        return [inner]
    return [one for side in (inner.this, inner.expression) for one in _flat(side, kind)]


def _line(tree: exp.Expr, fact: str, *, strict: bool) -> Line | None:
    """One line that says the same, if there is one."""
    if strict and (bare := _without_coalesce(tree)) is not None:
        found = _plain(bare, fact)
        return found if found and found.compare in ("is", "in", "yes") else None
    parts = _flat(tree, exp.And)
    plain = _plain(parts[-1], fact)
    if plain is None or plain.column not in columns(fact):
        return None
    if plain.compare in _EXISTENCE:
        return plain if len(parts) == 1 else None
    read = {plain.column, *([plain.value] if columns(fact)[plain.column].type == "time" else [])} - {"occurred_at"}
    known = {one.column for one in (_plain(part, fact) for part in parts[:-1]) if one and one.compare == "known"}
    if len(parts) == 1:
        return replace(plain, unknown=strict)
    return plain if strict and known == read and len(known) == len(parts) - 1 else None


def _without_coalesce(tree: exp.Expr) -> exp.Expr | None:
    """``coalesce(x, '') = 'a'`` as ``x = 'a'``: another way to say that an unknown x does not pass."""
    copy = exp.paren(tree.unnest().copy())
    inner = [one for one in copy.find_all(exp.Coalesce) if isinstance(one.this, exp.Column)]
    others = [one.expressions[0] for one in inner if len(one.expressions) == 1]
    empty = {"''", "FALSE"}
    if len(inner) != 1 or len(others) != 1 or others[0].sql("duckdb") not in empty:
        return None
    inner[0].replace(inner[0].this)
    found: exp.Expr = copy.this
    return found


def _plain(tree: exp.Expr, fact: str) -> Line | None:
    inner = tree.unnest()
    for read in (_existence, _truth, _comparison, _several):
        found = read(inner, fact)
        if found is not None:
            return found
    return None


def _existence(node: exp.Expr, fact: str) -> Line | None:
    negated = isinstance(node, exp.Not)
    inner = node.this.unnest() if negated else node
    if isinstance(inner, exp.Is) and isinstance(inner.this, exp.Column) and isinstance(inner.expression, exp.Null):
        return Line(column=inner.this.name, compare="known" if negated else "unknown")
    return None


def _truth(node: exp.Expr, fact: str) -> Line | None:
    negated = isinstance(node, exp.Not)
    inner = node.this.unnest() if negated else node
    if isinstance(inner, exp.Column) and _type(inner, fact) == "bool":
        return Line(column=inner.name, compare="no" if negated else "yes")
    return None


def _comparison(node: exp.Expr, fact: str) -> Line | None:
    sign, left = _NODES.get(type(node)), node.this
    if sign is None or not isinstance(left, exp.Column):
        return None
    kind, other = _type(left, fact), node.expression
    names: dict[str, str] = {text: name for name, text in _SIGNS.items() if (name in _TEXT) == (kind == "text")}
    if sign not in names:
        return None
    if kind == "text" and isinstance(other, exp.Literal) and other.is_string:
        return Line(column=left.name, compare=names[sign], value=other.name)
    if kind == "time" and isinstance(other, exp.Column) and _type(other, fact) == "time" and names[sign] in _TIME:
        return Line(column=left.name, compare=names[sign], value=other.name)
    if kind in ("int", "money", "decimal", "duration") and (value := _shown(other, kind)) is not None:
        return Line(column=left.name, compare=names[sign], value=value)
    return None


def _several(node: exp.Expr, fact: str) -> Line | None:
    negated = isinstance(node, exp.Not)
    inner = node.this.unnest() if negated else node
    if not isinstance(inner, exp.In | exp.Between | exp.Like) or not isinstance(inner.this, exp.Column):
        return None
    name, kind = inner.this.name, _type(inner.this, fact)
    match inner:
        case exp.In() if kind == "text" and all(one.is_string for one in inner.expressions):
            values = [one.name for one in inner.expressions]
            if any(set(one) & set(",，、；;\n") or one != one.strip() for one in values):
                return None
            return Line(column=name, compare="not_in" if negated else "in", value=", ".join(values))
        case exp.Between() if not negated and kind in ("int", "money", "decimal", "duration"):
            low, high = (_shown(inner.args[end], kind) for end in ("low", "high"))
            return Line(column=name, compare="between", value=f"{low} ~ {high}") if low and high else None
        case exp.Like() if not negated and kind == "text" and inner.expression.is_string:
            pattern = inner.expression.name
            text = pattern.strip("%")
            ways: dict[str, Compare] = {f"%{text}%": "contains", f"{text}%": "starts"}
            if pattern in ways and text and not set(text) & {"%", "_"}:
                return Line(column=name, compare=ways[pattern], value=text)
    return None


def _shown(node: exp.Expr, kind: str) -> str | None:
    """A number as people give it: seconds for a duration."""
    negative = isinstance(node, exp.Neg)
    inner = node.this if negative else node
    if not isinstance(inner, exp.Literal) or inner.is_string:
        return None
    try:
        value = Decimal(inner.name) * (-1 if negative else 1)
    except InvalidOperation:
        return None
    return f"{(value / MILLISECONDS if kind == 'duration' else value).normalize():f}"


def _type(column: exp.Column, fact: str) -> str:
    known = columns(fact).get(column.name)
    return known.type if known else ""


def checked(lines: Sequence[Line], fact: str, *, strict: bool) -> list[tuple[int, Refusal]]:
    """What is wrong with which line."""
    found = []
    for place, line in enumerate(lines):
        try:
            expressions.row_value(_sql(line, fact, strict=strict), fact, kind="truth")
        except Refusal as refusal:
            found.append((place, refusal))
    return found
