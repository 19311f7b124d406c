"""What an indicator counts, in plain words of both languages: for people who read no SQL."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import singledispatch

from sqlglot import exp

from fenming.lake import expressions
from fenming.lake.lines import MILLISECONDS, Line, columns, lines_of, together
from fenming.library import indicators as library
from fenming.library.facts import fact_type
from fenming.library.indicators import Measure, Measured, Window
from fenming.library.text import Refusal, Words

_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "≠", exp.LT: "<", exp.LTE: "≤", exp.GT: ">", exp.GTE: "≥",
}  # fmt: skip
_OVER = {
    "period": Words(zh="", en=""),
    "previous": Words(zh="（上期）", en=" (the period before)"),
    "before": Words(zh="（本期之前累计）", en=" (all time before)"),
    "until": Words(zh="（截至期末累计）", en=" (all time to its end)"),
}
HUNDREDTHS = Decimal(100)


def expression(text: str, fact: str) -> Words:
    """An expression over a fact, in words; as it stands where it cannot be read."""
    try:
        tree = expressions.parse(text)
    except Refusal:
        return Words.same(text)
    return Words(zh=_Teller("zh", fact).told(tree), en=_Teller("en", fact).told(tree))


def condition(text: str, fact: str) -> Words:
    """A condition of rows, in words, with what becomes of rows that do not say."""
    try:
        lines = lines_of(text, fact, strict=True)
    except Refusal:
        return Words.same(text)
    return every(lines, fact)


def every(lines: Iterable[Line], fact: str) -> Words:
    """Lines in words: all groups hold, one of each group."""
    groups = together(lines)
    told = [_any([line_words(line, fact) for line in group], bracket=len(groups) > 1) for group in groups]
    return _joined(told, zh="，且 ", en=" and ")


def reason(lines: Iterable[Line], fact: str) -> Words:
    """Why a row did not count that failed this condition."""
    told = every(lines, fact)
    return Words(zh=f"不满足：{told.zh}", en=f"not: {told.en}")


def hours(window: Window) -> Words:
    return Words.same(f"{window.start:%H:%M}–{window.until:%H:%M}")


def line_words(line: Line, fact: str) -> Words:
    """One line in words."""
    if line.written:
        return expression(line.written, fact)
    column = columns(fact).get(line.column)
    if column is None:
        return Words(zh="（未选字段）", en="(no field chosen)")
    value = _value(line, fact)
    zh, en = _COMPARED[line.compare](value) if line.compare in _COMPARED else ("…", "…")
    also = ("（或未知）", " (or unknown)") if line.unknown and line.compare not in ("known", "unknown") else ("", "")
    return Words(zh=f"{column.zh}{zh}{also[0]}", en=f"{column.en} {en}{also[1]}")


def _value(line: Line, fact: str) -> Words:
    column = columns(fact)[line.column]
    if not line.value.strip():
        return Words.same("…")
    if column.type == "time":
        other = columns(fact).get(line.value)
        return other.words if other else Words.same("…")
    if column.type == "text":
        values = [one.strip() for one in line.value.replace("，", ",").replace("、", ",").split(",") if one.strip()]
        several = line.compare in ("in", "not_in")
        return Words(
            zh="、".join(f"“{one}”" for one in values) if several else f"“{line.value.strip()}”",
            en=", ".join(f"“{one}”" for one in values) if several else f"“{line.value.strip()}”",
        )
    unit = {"duration": (" 秒", " s"), "money": (" 元", " yuan")}.get(column.type, ("", ""))
    return Words(zh=f"{line.value.strip()}{unit[0]}", en=f"{line.value.strip()}{unit[1]}")


_COMPARED: dict[str, Callable[[Words], tuple[str, str]]] = {
    "is": lambda v: (f"是 {v.zh}", f"is {v.en}"),
    "not": lambda v: (f"不是 {v.zh}", f"is not {v.en}"),
    "in": lambda v: (f"是 {v.zh} 之一", f"is one of {v.en}"),
    "not_in": lambda v: (f"不是 {v.zh} 中任何一个", f"is none of {v.en}"),
    "contains": lambda v: (f"含 {v.zh}", f"contains {v.en}"),
    "starts": lambda v: (f"以 {v.zh} 开头", f"begins with {v.en}"),
    "yes": lambda v: ("为“是”", "is “yes”"),
    "no": lambda v: ("为“否”", "is “no”"),
    "eq": lambda v: (f" = {v.zh}", f"= {v.en}"),
    "ne": lambda v: (f" ≠ {v.zh}", f"≠ {v.en}"),
    "lt": lambda v: (f" < {v.zh}", f"< {v.en}"),
    "le": lambda v: (f" ≤ {v.zh}", f"≤ {v.en}"),
    "gt": lambda v: (f" > {v.zh}", f"> {v.en}"),
    "ge": lambda v: (f" ≥ {v.zh}", f"≥ {v.en}"),
    "between": lambda v: (f"在 {v.zh} 之间（含两端）", f"between {v.en}, ends included"),
    "known": lambda v: ("有值", "is known"),
    "unknown": lambda v: ("未知", "is unknown"),
}


def _joined(words: list[Words], *, zh: str, en: str) -> Words:
    return Words(zh=zh.join(one.zh for one in words), en=en.join(one.en for one in words))


def _any(words: list[Words], *, bracket: bool) -> Words:
    told = _joined(words, zh=" 或 ", en=" or ")
    return Words(zh=f"（{told.zh}）", en=f"({told.en})") if bracket and len(words) > 1 else told


class _Teller:
    """One language's words for a tree."""

    def __init__(self, language: str, fact: str) -> None:
        self.language, self.fact = language, fact

    def _or(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def told(self, node: exp.Expr) -> str:
        return self._atom(node) or self._joined(node) or self._comparison(node) or self._call(node)

    def _atom(self, node: exp.Expr) -> str:
        match node:
            case exp.Paren():
                return f"({self.told(node.this)})"
            case exp.Column():
                known = columns(self.fact).get(node.name)
                return known.words.say(self.language) if known else node.name
            case exp.Literal():
                return f"“{node.name}”" if node.is_string else node.name
            case exp.Boolean():
                return self._or("是", "yes") if node.this else self._or("否", "no")
            case exp.Null():
                return self._or("空", "nothing")
            case _:
                return ""

    def _joined(self, node: exp.Expr) -> str:
        match node:
            case exp.And() | exp.Or():
                word = self._or("且", "and") if isinstance(node, exp.And) else self._or("或", "or")
                return f"{self._truth(node.left)} {word} {self._truth(node.right)}"
            case exp.Not():
                return self._not(node)
            case exp.Is():
                return f"{self.told(node.this)} {self._or('未知', 'is unknown')}"
            case exp.Neg():
                return f"−{self.told(node.this)}"
            case exp.Add() | exp.Sub() | exp.Mul():
                sign = {exp.Add: "+", exp.Sub: "−", exp.Mul: "×"}[type(node)]
                return f"{self.told(node.left)} {sign} {self.told(node.right)}"
            case _:
                return ""

    def _truth(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Column):
            return f"{self.told(node)} {self._or('为“是”', 'is “yes”')}"
        return self.told(node)

    def _not(self, node: exp.Not) -> str:
        inner = node.this.unnest()
        if isinstance(inner, exp.Is):
            return f"{self.told(inner.this)} {self._or('有值', 'is known')}"
        if isinstance(inner, exp.Column):
            return f"{self.told(inner)} {self._or('为“否”', 'is “no”')}"
        return self._or(f"不满足（{self.told(inner)}）", f"not ({self.told(inner)})")

    def _comparison(self, node: exp.Expr) -> str:
        if type(node) in _SIGNS:
            left, right = node.this, node.expression
            return f"{self._measured(left, right)} {_SIGNS[type(node)]} {self._measured(right, left)}"
        if isinstance(node, exp.In):
            values = self._or("、", ", ").join(self.told(one) for one in node.expressions)
            return self._or(f"{self.told(node.this)} 是 {values} 之一", f"{self.told(node.this)} is one of {values}")
        if isinstance(node, exp.Between):
            low, high = (self._measured(node.args[end], node.this) for end in ("low", "high"))
            return self._or(f"{self.told(node.this)} 在 {low} ~ {high} 之间", f"{self.told(node.this)} {low} ~ {high}")
        return ""

    def _measured(self, node: exp.Expr, other: exp.Expr) -> str:
        """A bare number beside a duration is in milliseconds, which nobody reads."""
        column = columns(self.fact).get(other.name) if isinstance(other, exp.Column) else None
        if column and column.type == "duration" and isinstance(node, exp.Literal) and not node.is_string:
            return f"{(Decimal(node.name) / MILLISECONDS).normalize():f} {self._or('秒', 's')}"
        return self.told(node)

    def _call(self, node: exp.Expr) -> str:
        match node:
            case exp.Count() | exp.Sum() | exp.Min() | exp.Max() | exp.Filter():
                return self._aggregate(node)
            case exp.Coalesce():
                other = ", ".join(self.told(one) for one in node.expressions)
                return self._or(f"{self.told(node.this)}（缺则按 {other}）", f"{self.told(node.this)} (else {other})")
            case exp.Case():
                return self._case(node)
            case exp.Extract():
                part, moment = node.this.name, self.told(node.expression)
                return self._or(f"{moment}的{part}", f"{part} of {moment}")
            case exp.Abs():
                return f"|{self.told(node.this)}|"
            case _:
                return str(node.sql("duckdb"))

    def _aggregate(self, node: exp.Expr) -> str:
        match node:
            case exp.Count(this=exp.Star()):
                return self._or("记录数", "number of records")
            case exp.Count(this=exp.Distinct() as distinct):
                kept = ", ".join(self.told(one) for one in distinct.expressions)
                return self._or(f"不同的{kept}数", f"number of different {kept}")
            case exp.Count(this=exp.Expr() as counted):
                return self._or(f"有（{self.told(counted)}）的记录数", f"number of records with {self.told(counted)}")
            case exp.Sum():
                return self._or(f"{self._inner(node)}合计", f"sum of {self._inner(node)}")
            case exp.Min() | exp.Max():
                word = self._or("最小", "least ") if isinstance(node, exp.Min) else self._or("最大", "most ")
                return f"{word}{self.told(node.this)}"
            case _:
                where = self._truth(node.expression.this)
                return self._or(f"满足（{where}）的{self.told(node.this)}", f"{self.told(node.this)} where {where}")

    def _inner(self, node: exp.Expr) -> str:
        told = self.told(node.this)
        return told if isinstance(node.this, exp.Column) else f"（{told}）" if self.language == "zh" else f"({told})"

    def _case(self, node: exp.Case) -> str:
        base = f"{self.told(node.this)} = " if node.this else ""
        told = [
            self._or(f"{base}{self._truth(one.this)} 时计 {self.told(one.args['true'])}",
                     f"{self.told(one.args['true'])} where {base}{self._truth(one.this)}")
            for one in node.args["ifs"]
        ]  # fmt: skip
        if node.args.get("default"):
            told.append(
                self._or(f"否则计 {self.told(node.args['default'])}", f"else {self.told(node.args['default'])}")
            )
        return self._or("，", ", ").join(told)


def sentence(measure: Measure) -> Words:
    """What will be counted, from which records, in one sentence."""
    if isinstance(measure, library.Formula):
        return _formula(measure)
    told, of = formula(measure), records(measure)
    return Words(zh=f"{of.zh}，{told.zh}。", en=f"{of.en}: {told.en}.")


def records(measure: Measured) -> Words:
    """Which records: the fact, its conditions, and the hours."""
    kind = fact_type(measure.fact)
    conditions = [condition(one.when, measure.fact) for one in measure.only]
    zh, en = f"在“{kind.name.zh}”中", f"Of “{kind.name.en}”"
    if measure.window:
        between = hours(measure.window)
        conditions.insert(
            0, Words(zh=f"{kind.happens.zh}在 {between.zh} 之间", en=f"{kind.happens.en} between {between.en}")
        )
    if conditions:
        told = _joined(conditions, zh="，且 ", en=" and ")
        zh, en = f"{zh}，只看 {told.zh} 的记录", f"{en} with {told.en}"
    else:
        zh, en = f"{zh}，看全部记录", f"{en}, all records"
    return Words(zh=zh, en=en)


@singledispatch
def formula(measure: Measure) -> Words:
    """How the value comes about, without the conditions."""
    raise NotImplementedError(type(measure).__name__)


@formula.register
def _count(measure: library.Count) -> Words:
    if measure.test is None:
        return Words(zh="数有多少条", en="how many there are")
    told = _test(measure.test, measure.fact)
    return Words(zh=f"数其中 {told.zh} 的有多少条", en=f"how many have {told.en}")


@formula.register
def _sum(measure: library.Sum) -> Words:
    told = expression(measure.value, measure.fact)
    return Words(zh=f"把 {told.zh} 加起来", en=f"the sum of {told.en}")


@formula.register
def _mean(measure: library.Mean) -> Words:
    told = expression(measure.value, measure.fact)
    return Words(zh=f"取 {told.zh} 的平均值（没有该值的不计）", en=f"the mean of {told.en}, those without one left out")


@formula.register
def _ratio(measure: library.Ratio) -> Words:
    above, below = expression(measure.numerator, measure.fact), expression(measure.denominator, measure.fact)
    return Words(zh=f"{above.zh} ÷ {below.zh}", en=f"{above.en} ÷ {below.en}")


@formula.register
def _share(measure: library.Share) -> Words:
    told = _test(measure.test, measure.fact)
    return Words(
        zh=f"其中 {told.zh} 的占百分之几（判断不了的不进分母）",
        en=f"the share that has {told.en} (those that do not say are left out)",
    )


@formula.register
def _percentile(measure: library.Percentile) -> Words:
    told = expression(measure.value, measure.fact)
    return Words(
        zh=f"把 {told.zh} 从小到大排，取第 {measure.percent}% 位的值",
        en=f"the value of {told.en} that {measure.percent} % do not exceed",
    )


@formula.register
def _distinct(measure: library.Distinct) -> Words:
    told = expression(measure.value, measure.fact)
    return Words(zh=f"数有多少个不同的 {told.zh}", en=f"how many different {told.en}")


@formula.register
def _funnel(measure: library.Funnel) -> Words:
    return Words(
        zh=f"从“{measure.start}”走到“{measure.to}”的人数 ÷“{measure.start}”的人数",
        en=f"people at “{measure.to}” ÷ people at “{measure.start}”",
    )


@formula.register
def _tiered(measure: library.Tiered) -> Words:
    tiers = [f"“{name}” ×{_factor(part)}" for name, part in measure.weights.items()]
    value, tier = expression(measure.value, measure.fact), expression(measure.tier, measure.fact)
    rest_zh, rest_en = f"其他 ×{_factor(measure.otherwise)}", f"others ×{_factor(measure.otherwise)}"
    zh = f"把 {value.zh} 按 {tier.zh} 加权相加：{'、'.join([*tiers, rest_zh])}"
    en = f"the sum of {value.en} weighted by {tier.en}: {', '.join([*tiers, rest_en])}"
    if measure.per is not None:
        per = expression(measure.per, measure.fact)
        zh, en = f"{zh}，再除以同样加权的 {per.zh}", f"{en}, divided by {per.en} weighted alike"
    return Words(zh=zh, en=en)


@formula.register
def _growth(measure: library.Growth) -> Words:
    told = expression(measure.value, measure.fact)
    return Words(
        zh=f"（本期 {told.zh} − 上期）÷ 上期", en=f"({told.en} of this period − the one before) ÷ the one before"
    )


@formula.register
def _retention(measure: library.Retention) -> Words:
    key = expression(measure.key, measure.fact)
    return Words(
        zh=f"上期出现过的 {key.zh} 中，本期又出现的占百分之几",
        en=f"of those {key.en} seen in the period before, the share seen again",
    )


@formula.register
def _repeat(measure: library.Repeat) -> Words:
    key, event = expression(measure.key, measure.fact), expression(measure.event, measure.fact)
    return Words(
        zh=f"有 {measure.at_least} 个及以上不同 {event.zh} 的 {key.zh} 占全部 {key.zh} 的百分之几",
        en=f"the share of {key.en} with {measure.at_least} or more different {event.en}",
    )


@formula.register
def _banded(measure: library.Banded) -> Words:
    key = expression(measure.key, measure.fact)
    bands = sorted(measure.bands, key=lambda band: band.start)
    zh = "、".join(f"{band.start} 次起 ×{_factor(band.weight)}" for band in bands)
    en = ", ".join(f"from {band.start} on ×{_factor(band.weight)}" for band in bands)
    return Words(
        zh=f"本期每个 {key.zh} 按来的次数加权（{zh}）÷ 近 {measure.active_days} 天活跃的 {key.zh} 数",
        en=f"{key.en} weighted by how often they came ({en}) ÷ {key.en} active in {measure.active_days} days",
    )


def _formula(measure: library.Formula) -> Words:
    parts = [(name, part, expression(part.aggregate, part.fact), records(part)) for name, part in measure.parts.items()]
    below = f" ÷ ({measure.denominator})" if measure.denominator else ""
    zh = "；".join(f"{name}{_OVER[part.over].zh} = {of.zh}，{told.zh}" for name, part, told, of in parts)
    en = "; ".join(f"{name}{_OVER[part.over].en} = {of.en}: {told.en}" for name, part, told, of in parts)
    above = f"({measure.numerator})" if below else measure.numerator
    return Words(zh=f"{above}{below}，其中 {zh}。", en=f"{above}{below}, where {en}.")


@formula.register
def _arithmetic(measure: library.Formula) -> Words:
    below = f" ÷ ({measure.denominator})" if measure.denominator else ""
    return Words.same(f"{measure.numerator}{below}")


def _test(text: str, fact: str) -> Words:
    try:
        return every(lines_of(text, fact, strict=False), fact)
    except Refusal:
        return Words.same(text)


def _factor(hundredths: int) -> str:
    return f"{(Decimal(hundredths) / HUNDREDTHS).normalize():f}"
