"""A definition written as what would have been chosen and typed to get it: nothing of it is lost on the way."""

import re
from decimal import Decimal

from fenming.lake import lines
from fenming.lake.lines import Line
from fenming.library import indicators as library
from fenming.library.indicators import Indicator, Measure, Measured
from fenming.library.text import Words
from fenming.modules.indicators.forms import defaults
from fenming.modules.indicators.forms.kinds import WRITTEN, columns_for
from fenming.modules.indicators.forms.typed import Row, Typed

_HUNDRED = Decimal(100)


def typed_of(one: Indicator) -> Typed:
    """What would have been chosen and typed to get this definition."""
    values: dict[str, str | list[str]] = {
        "kind": one.measure.kind,
        "digits": str(one.digits),
        "scale": f"{one.scale:f}",
        "direction": one.direction,
        "empty": one.empty,
        "reference": one.reference,
        "subjects": list(one.subjects),
        "departments": list(one.departments),
    }
    for name in ("name", "about", "formula", "unit", "data_source", "collection", "pitfalls"):
        words: Words = getattr(one, name)
        values |= {f"{name}_zh": words.zh, f"{name}_en": words.en}
    typed = Typed.of(values)
    measure = one.measure
    if isinstance(measure, library.Formula):
        _put_formula(typed, measure)
        return typed
    typed.values["fact"] = [measure.fact]
    typed.put("only", _rows_of(measure))
    _put_window(typed, measure)
    _put(typed, measure)
    _forget_defaults(typed, one)
    return typed


def copy_of(one: Indicator) -> Typed:
    """What begins a copy: all choices, but none of the words that tell what the first one measures."""
    typed = typed_of(one)
    typed.values |= {f"{name}_{language}": [""] for name in defaults.words(one.measure) for language in ("zh", "en")}
    typed.values |= {"name_zh": [f"{one.name.zh}（副本）"], "name_en": [f"{one.name.en} (copy)"]}
    return typed


def _put_window(typed: Typed, measure: Measured) -> None:
    if measure.window:
        typed.values["window_start"] = [f"{measure.window.start:%H:%M}"]
        typed.values["window_until"] = [f"{measure.window.until:%H:%M}"]


def _forget_defaults(typed: Typed, one: Indicator) -> None:
    """Words that would come by themselves are left empty, so that they follow the measure."""
    for name, words in defaults.words(one.measure).items():
        if getattr(one, name) == words:
            typed.values[f"{name}_zh"] = typed.values[f"{name}_en"] = [""]


def _rows_of(measure: Measured) -> list[Row]:
    found = [line for one in measure.only for line in lines.lines_of(one.when, measure.fact, strict=True)]
    return [row_of(line) for line in found]


def row_of(line: Line) -> Row:
    row = {"either": "or" if line.either else ""}
    if line.written:
        return {**row, "column": WRITTEN, "written": line.written}
    row |= {"column": line.column, "compare": line.compare, "value": line.value}
    return {**row, "unknown": "yes"} if line.unknown else row


def _put(typed: Typed, measure: Measure) -> None:
    match measure:
        case library.Count(test=str(text)) | library.Share(test=text):
            typed.put("test", [row_of(line) for line in lines.lines_of(text, measure.fact, strict=False)])
        case library.Sum(value=text) | library.Mean(value=text):
            _put_value(typed, measure.fact, "value", text)
        case library.Percentile():
            _put_value(typed, measure.fact, "value", measure.value)
            typed.values["percent"] = [str(measure.percent)]
        case library.Distinct(value=text) | library.Retention(key=text):
            _put_value(typed, measure.fact, "key", text)
        case library.Ratio():
            _put_aggregate(typed, measure.fact, "above", measure.numerator)
            _put_aggregate(typed, measure.fact, "below", measure.denominator)
        case library.Growth():
            _put_aggregate(typed, measure.fact, "above", measure.value)
        case _:
            _put_listed(typed, measure)


def _put_listed(typed: Typed, measure: Measure) -> None:
    match measure:
        case library.Repeat():
            _put_value(typed, measure.fact, "key", measure.key)
            _put_value(typed, measure.fact, "event", measure.event)
            typed.values["at_least"] = [str(measure.at_least)]
        case library.Funnel():
            _put_value(typed, measure.fact, "step", measure.step)
            _put_value(typed, measure.fact, "people", measure.people)
            typed.values |= {"start": [measure.start], "to": [measure.to]}
        case library.Tiered():
            _put_value(typed, measure.fact, "value", measure.value)
            if measure.per is not None:
                _put_value(typed, measure.fact, "per", measure.per)
            _put_value(typed, measure.fact, "key", measure.tier)
            typed.put("tier", [{"name": name, "weight": factor(part)} for name, part in measure.weights.items()])
            typed.values["otherwise"] = [factor(measure.otherwise)]
        case library.Banded():
            _put_value(typed, measure.fact, "key", measure.key)
            typed.put("band", [{"start": str(one.start), "weight": factor(one.weight)} for one in measure.bands])
            typed.values["active_days"] = [str(measure.active_days)]


def _put_formula(typed: Typed, measure: library.Formula) -> None:
    rows: list[Row] = []
    for name, part in measure.parts.items():
        inner = Typed()
        inner.put("only", _rows_of(part))
        _put_window(inner, part)
        lines_typed = {key: values[-1] for key, values in inner.values.items()}
        rows.append({"name": name, "fact": part.fact, "over": part.over, "aggregate": part.aggregate, **lines_typed})
    typed.put("part", rows)
    typed.values |= {"numerator": [measure.numerator], "denominator": [measure.denominator or ""]}


def _put_value(typed: Typed, fact: str, name: str, text: str) -> None:
    chosen = text in lines.columns(fact)
    typed.values |= {name: [text if chosen else WRITTEN], f"{name}_written": ["" if chosen else text]}


_AGGREGATES = (
    ("sum", re.compile(r"sum\((\w+)\)")),
    ("distinct", re.compile(r"count\(DISTINCT (\w+)\)")),
    ("known", re.compile(r"count\((\w+)\)")),
)


def _put_aggregate(typed: Typed, fact: str, name: str, text: str) -> None:
    if text == "count(*)":
        typed.values[f"{name}_how"] = ["rows"]
        return
    for how, pattern in _AGGREGATES:
        match = pattern.fullmatch(text)
        if match and match[1] in columns_for(fact, how):
            typed.values |= {f"{name}_how": [how], f"{name}_column": [match[1]]}
            return
    typed.values |= {f"{name}_how": [WRITTEN], f"{name}_written": [text]}


def factor(hundredths: int) -> str:
    return f"{(Decimal(hundredths) / _HUNDRED).normalize():f}"
