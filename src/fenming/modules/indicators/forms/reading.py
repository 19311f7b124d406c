"""What somebody chose and typed, read as a definition, or what is wrong with which field."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from fenming.lake import expressions, lines, telling
from fenming.lake.arithmetic import arithmetic
from fenming.lake.lines import Line
from fenming.lake.needs import lower
from fenming.library import indicators as library
from fenming.library.facts import fact_type, fact_types
from fenming.library.indicators import Condition, Indicator, Measure, Window
from fenming.library.text import Refusal, Words
from fenming.modules.indicators.forms import defaults
from fenming.modules.indicators.forms.kinds import BY_CODE, WRITTEN, columns_for
from fenming.modules.indicators.forms.typed import Row, Typed

SUBJECTS = ("employee", "department", "store", "shop", "account", "company")
_LONGEST_WORDS = 600
_HUNDRED = Decimal(100)
_PART = re.compile(r"[a-z][a-z0-9_]{0,29}")


class Reading:
    """A definition as typed, or what is wrong with which field. ``base`` is what the editor began with."""

    def __init__(self, typed: Typed, base: Indicator | None = None) -> None:
        self.typed, self.base = typed, base
        self.problems: dict[str, Words] = {}
        self.fact = typed.text("fact") if typed.text("fact") in fact_types() else ""
        self.kind = typed.text("kind") if typed.text("kind") in BY_CODE else ""
        self._known = {one.when: one.otherwise for one in _conditions(base)} if base else {}
        self.measure = self._measure()

    # what is measured

    def _measure(self) -> Measure | None:
        if not self.kind:
            self._wrong("kind", "请选择怎样统计。", "Choose how to count.")
        if not self.fact and self.kind != "formula":
            self._wrong("fact", "请选择统计哪种业务记录。", "Choose what kind of record to count.")
        if self.problems:
            return None
        try:
            found = _MAKERS[self.kind](self)
        except ValidationError as error:
            said = "; ".join(str(one["msg"]) for one in error.errors(include_url=False))
            self._wrong("kind", said, said)
            return None
        if self.problems:
            return None
        return self._lowered(found)

    def _lowered(self, measure: Measure) -> Measure | None:
        """The measure, if the engine takes it as a whole."""
        try:
            lower(sample(measure))
        except Refusal as refusal:
            self.problems["kind"] = refusal.words
            return None
        return measure

    def common(self) -> dict[str, Any]:
        return {
            "fact": self.fact,
            "only": self.conditions(self.typed, self.fact, "only"),
            "window": self._window(self.typed, self.fact),
        }

    def conditions(self, typed: Typed, fact: str, prefix: str, label: str = "") -> tuple[Condition, ...]:
        """The rows that count; each group of lines gives the reason for those that do not."""
        chosen = self.lines(typed, fact, prefix, strict=True, label=label)
        if chosen is None:
            return ()
        groups = lines.together(chosen)
        whens = lines.conditions(chosen, fact)
        return tuple(
            Condition(when=when, otherwise=self._known.get(when) or telling.reason(group, fact))
            for when, group in zip(whens, groups, strict=True)
        )

    def lines(self, typed: Typed, fact: str, prefix: str, *, strict: bool, label: str = "") -> list[Line] | None:
        """The lines of a list that say something, or none where one is wrong."""
        found = [(place, line_of(row)) for place, row in enumerate(typed.rows(prefix)) if row.get("column")]
        wrong = lines.checked([line for _, line in found], fact, strict=strict)
        for place, refusal in wrong:
            self.problems[f"{label}{prefix}-{found[place][0]}"] = refusal.words
        return None if wrong else [line for _, line in found]

    def test(self, *, required: bool) -> str | None:
        chosen = self.lines(self.typed, self.fact, "test", strict=False)
        if chosen:
            return lines.test(chosen, self.fact)
        if required and chosen is not None:
            self._wrong("test", "请说明哪些记录算达标。", "Say which records pass.")
        return None

    def number(self, name: str) -> str:
        """A column of numbers, or a formula of one row."""
        return self._expression(name, lambda text: expressions.row_value(text, self.fact))

    def any(self, name: str) -> str:
        return self._expression(name, lambda text: expressions.row_value(text, self.fact, kind="any"))

    def aggregate(self, name: str) -> str:
        how, column = self.typed.text(f"{name}_how"), self.typed.text(f"{name}_column")
        if how == WRITTEN:
            return self._checked(f"{name}_written", self.typed.text(f"{name}_written"), self._sums)
        if how == "rows":
            return "count(*)"
        if how not in ("sum", "distinct", "known") or column not in columns_for(self.fact, how):
            self._wrong(name, "请选择怎样汇总，以及哪个字段。", "Choose how to add up, and which field.")
            return ""
        told = {"sum": f"sum({column})", "distinct": f"count(DISTINCT {column})", "known": f"count({column})"}[how]
        return self._checked(name, told, self._sums)

    def _sums(self, text: str) -> object:
        return expressions.aggregate(text, self.fact)

    def _expression(self, name: str, check: Callable[[str], object]) -> str:
        chosen = self.typed.text(name)
        if chosen == WRITTEN:
            return self._checked(f"{name}_written", self.typed.text(f"{name}_written"), check)
        if not chosen:
            self._wrong(name, "请选择字段。", "Choose a field.")
            return ""
        return self._checked(name, chosen, check)

    def _checked(self, name: str, text: str, check: Callable[[str], object]) -> str:
        try:
            check(text)
        except Refusal as refusal:
            self.problems[name] = refusal.words
        return text

    def _window(self, typed: Typed, fact: str, label: str = "") -> Window | None:
        start, until = typed.text("window_start"), typed.text("window_until")
        if not start and not until:
            return None
        try:
            window = Window(start=time.fromisoformat(start), until=_until(until))
        except (ValueError, ValidationError):
            self._wrong(
                f"{label}window_start",
                "请把两个钟点都填上，例如 09:00 与 23:00。",
                "Give both hours, such as 09:00 and 23:00.",
            )
            return None
        if window.start == window.until:
            self._wrong(
                f"{label}window_start",
                "两个钟点应不同；全天请都留空。",
                "The hours should differ; leave both empty for the whole day.",
            )
            return None
        for known in _windows(self.base):
            if (known.start, known.until) == (window.start, window.until):
                return known
        between = telling.hours(window)
        happens = fact_type(fact).happens
        otherwise = Words(zh=f"{happens.zh}不在 {between.zh} 之间", en=f"{happens.en}: not between {between.en}")
        return window.model_copy(update={"otherwise": otherwise})

    def whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        return self._whole(name, self.typed.text(name), least=least, most=most, default=default)

    def _whole(self, name: str, text: str, *, least: int, most: int, default: int | None = None) -> int:
        if not text and default is not None:
            return default
        if text.isdecimal() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        self._wrong(name, f"应是 {least} 到 {most} 之间的整数。", f"A whole number from {least} to {most}.")
        return least

    def hundredths(self, name: str, text: str) -> int:
        """A factor such as 1.5, kept as 150."""
        value = _decimal(text)
        if value is None or not 0 <= value <= 1000 or value * _HUNDRED != int(value * _HUNDRED):
            self._wrong(
                name, "系数应是数字，最多两位小数，例如 1.5。", "A factor with two decimals at most, such as 1.5."
            )
            return 0
        return int(value * _HUNDRED)

    def parts(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, row in enumerate(self.typed.rows("part")):
            if part := self._part(place, row, found):
                found[row["name"].strip()] = part
        if not found and not self.problems:
            self._wrong("part", "请至少加一项。", "Add at least one part.")
        return found

    def _part(self, place: int, row: Row, others: Mapping[str, Any]) -> library.Part | None:
        name, fact = row.get("name", "").strip(), row.get("fact", "") or self.fact
        at = f"part-{place}"
        if not _PART.fullmatch(name) or name in others:
            self._wrong(
                at,
                "项的名称用小写字母、数字和下划线，不能重复。",
                "A part's name has small letters, digits, _, and is unique.",
            )
            return None
        if fact not in fact_types():
            self._wrong(at, "请选择业务记录。", "Choose a kind of record.")
            return None
        before = len(self.problems)
        inner = self.typed.sub(row)
        only = self.conditions(inner, fact, "only", label=f"{at}-")
        window = self._window(inner, fact, label=f"{at}-")
        text = row.get("aggregate", "").strip()
        self._checked(f"{at}-aggregate", text, lambda text: expressions.aggregate(text, fact))
        over = row.get("over", "period")
        if len(self.problems) > before:
            return None
        return library.Part(fact=fact, only=only, window=window, aggregate=text, over=over)  # type: ignore[arg-type]

    def arithmetic(self, name: str, parts: Iterable[str], *, required: bool) -> str | None:
        text = self.typed.text(name)
        if not text and not required:
            return None
        known = list(parts)
        return self._checked(name, text, lambda text: arithmetic(text, known))

    # what people read

    def definition(self, identifier: str, valid_from: date) -> Indicator | None:
        """The whole indicator, with words of our own where none were given."""
        name = self.typed.text("name_zh")
        if not name:
            self._wrong("name_zh", "请给指标起个名字。", "Give the indicator a name.")
        measure = self.measure
        if measure is None:
            return None
        looks = self.look(measure)
        departments = tuple(dict.fromkeys(self.typed.several("departments"))) or defaults.departments(measure)
        chosen = tuple(one for one in SUBJECTS if one in self.typed.several("subjects")) or ("employee",)
        subjects = self.base.subjects if self.base and set(self.base.subjects) == set(chosen) else chosen
        told = {name: self._words(name, words) for name, words in defaults.words(measure).items()}
        given = {
            "id": identifier,
            "valid_from": valid_from,
            "name": self._words("name", Words(zh=name, en=name)),
            "departments": departments,
            "subjects": subjects,
            "measure": measure,
            "direction": "lower" if self.typed.text("direction") == "lower" else "higher",
            "empty": "zero" if self.typed.text("empty") == "zero" else "missing",
            "reference": self.typed.text("reference") or (self.base.reference if self.base else "company"),
            "levels": self.base.levels if self.base else (),
            **told,
            **looks,
        }
        if self.problems:
            return None
        try:
            return Indicator.model_validate(given)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self.problems[str(one["loc"][0]) if one["loc"] else "kind"] = Words.same(str(one["msg"]))
            return None

    def look(self, measure: Measure) -> dict[str, Any]:
        """Unit, decimals and scale: as typed, else what suits the measure."""
        suits = defaults.unit(measure)
        unit_zh, unit_en = self.typed.text("unit_zh"), self.typed.text("unit_en")
        unit = Words(zh=unit_zh or unit_en, en=unit_en or unit_zh) if unit_zh or unit_en else suits
        scale = _decimal(self.typed.text("scale")) if self.typed.text("scale") else defaults.scale(measure)
        if scale is None or not Decimal("1e-9") <= scale <= Decimal("1e9"):
            self._wrong(
                "scale", "换算系数应是正数，例如 0.001。", "The scale should be a positive number such as 0.001."
            )
            scale = Decimal(1)
        digits = self.whole("digits", least=0, most=4, default=defaults.digits(unit))
        return {"unit": unit, "digits": digits, "scale": scale}

    def _words(self, name: str, default: Words) -> Words:
        zh, en = self.typed.text(f"{name}_zh"), self.typed.text(f"{name}_en")
        for text in (zh, en):
            if len(text) > _LONGEST_WORDS:
                self._wrong(f"{name}_zh", f"最多 {_LONGEST_WORDS} 字。", f"At most {_LONGEST_WORDS} characters.")
        return Words(zh=zh or en or default.zh, en=en or (zh if zh and name == "name" else "") or default.en)

    def _wrong(self, name: str, zh: str, en: str) -> None:
        self.problems.setdefault(name, Words(zh=zh, en=en))


def _until(text: str) -> time:
    return time(0, 0) if text in ("24:00", "24") else time.fromisoformat(text)


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace("×", "").strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < Decimal("1e12") and len(text) < 30 else None


def line_of(row: Row) -> Line:
    if row.get("column") == WRITTEN:
        return Line(written=row.get("written", "").strip() or "…", either=row.get("either") == "or")
    return Line(
        column=row.get("column", ""),
        compare=row.get("compare", ""),
        value=row.get("value", ""),
        unknown=bool(row.get("unknown")),
        either=row.get("either") == "or",
    )


_MAKERS: dict[str, Callable[[Reading], Measure]] = {
    "count": lambda at: library.Count(**at.common(), test=at.test(required=False)),
    "share": lambda at: library.Share(**at.common(), test=at.test(required=True) or ""),
    "sum": lambda at: library.Sum(**at.common(), value=at.number("value")),
    "mean": lambda at: library.Mean(**at.common(), value=at.number("value")),
    "percentile": lambda at: library.Percentile(
        **at.common(), value=at.number("value"), percent=at.whole("percent", least=1, most=100, default=90)
    ),
    "distinct": lambda at: library.Distinct(**at.common(), value=at.any("key")),
    "ratio": lambda at: library.Ratio(
        **at.common(), numerator=at.aggregate("above"), denominator=at.aggregate("below")
    ),
    "growth": lambda at: library.Growth(**at.common(), value=at.aggregate("above")),
    "retention": lambda at: library.Retention(**at.common(), key=at.any("key")),
    "repeat": lambda at: library.Repeat(
        **at.common(),
        key=at.any("key"),
        event=at.any("event"),
        at_least=at.whole("at_least", least=2, most=99, default=2),
    ),
    "funnel": lambda at: _funnel(at),
    "tiered": lambda at: _tiered(at),
    "banded": lambda at: _banded(at),
    "formula": lambda at: _formula(at),
}


def _funnel(at: Reading) -> Measure:
    step, people = at.any("step"), at.number("people")
    start, to = at.typed.text("start"), at.typed.text("to")
    if not start or not to:
        at._wrong("start", "请填写从哪一步到哪一步。", "Say from which step to which.")
    return library.Funnel(**at.common(), step=step, people=people, start=start, to=to)


def _tiered(at: Reading) -> Measure:
    weights: dict[str, int] = {}
    for place, row in enumerate(at.typed.rows("tier")):
        if row.get("name", "").strip():
            weights[row["name"].strip()] = at.hundredths(f"tier-{place}", row.get("weight", ""))
    if not weights:
        at._wrong("tier", "请至少填写一档。", "Give at least one tier.")
    otherwise = at.hundredths("otherwise", at.typed.text("otherwise") or "1")
    per = at.number("per") if at.typed.text("per") else None
    return library.Tiered(
        **at.common(), value=at.number("value"), per=per, tier=at.any("key"), weights=weights, otherwise=otherwise
    )


def _banded(at: Reading) -> Measure:
    bands = [
        library.Band(
            start=at._whole(f"band-{place}", row.get("start", ""), least=1, most=9999),
            weight=at.hundredths(f"band-{place}", row.get("weight", "")),
        )
        for place, row in enumerate(at.typed.rows("band"))
        if row.get("start") or row.get("weight")
    ]
    if not bands:
        at._wrong("band", "请至少填写一档。", "Give at least one band.")
        bands = [library.Band(start=1, weight=100)]
    days = at.whole("active_days", least=1, most=3660, default=180)
    return library.Banded(**at.common(), key=at.any("key"), bands=tuple(bands), active_days=days)


def _formula(at: Reading) -> Measure:
    parts = at.parts()
    above = at.arithmetic("numerator", parts, required=True) or ""
    below = at.arithmetic("denominator", parts, required=False)
    return library.Formula(
        parts=parts or {"a": library.Part(fact="rating", aggregate="count(*)")}, numerator=above, denominator=below
    )


def sample(measure: Measure, *, scale: Decimal = Decimal(1), unit: Words | None = None, digits: int = 2) -> Indicator:
    """A measure that has no name yet, to be tried out."""
    none = Words.same("")
    return Indicator(
        id="preview", valid_from=date(2000, 1, 1), name=none, about=none, formula=none, unit=unit or none,
        digits=digits, scale=scale, direction="higher", departments=("preview",), measure=measure,
        data_source=none, collection=none, pitfalls=none, reference="",
    )  # fmt: skip


def settle(typed: Typed) -> None:
    """Where a field was chosen but not yet how it is compared, the likeliest comparison is."""
    fact = typed.text("fact")
    if typed.text("kind") == "share" and fact and not typed.rows("test"):
        typed.do("add:test")
    if typed.text("kind") == "formula" and not typed.rows("part"):
        typed.do("add:part")
    for prefix in ("only", "test"):
        typed.put(prefix, [_settled(row, fact) for row in typed.rows(prefix)])
    parts = typed.rows("part")
    for row in parts:
        inner = typed.sub(row)
        inner.put("only", [_settled(line, row.get("fact", "")) for line in inner.rows("only")])
        for name in [name for name in row if name.startswith("only-")]:
            del row[name]
        row |= {name: values[-1] for name, values in inner.values.items()}
    typed.put("part", parts)


def _settled(row: Row, fact: str) -> Row:
    known = lines.columns(fact) if fact in fact_types() else {}
    column = known.get(row.get("column", ""))
    if column is None:
        return row
    ways = lines.comparisons(column)
    compare = row.get("compare") if row.get("compare") in ways else ways[0]
    times = [name for name, one in known.items() if one.type == "time" and name != row["column"]]
    value = row.get("value", "")
    if column.type == "time" and value not in times:
        value = times[0] if times else ""
    return {**row, "compare": str(compare), "value": value}


def _conditions(one: Indicator) -> tuple[Condition, ...]:
    measure = one.measure
    if isinstance(measure, library.Formula):
        return tuple(condition for part in measure.parts.values() for condition in part.only)
    return measure.only


def _windows(one: Indicator | None) -> list[Window]:
    if one is None:
        return []
    measures = list(one.measure.parts.values()) if isinstance(one.measure, library.Formula) else [one.measure]
    return [measure.window for measure in measures if measure.window]
