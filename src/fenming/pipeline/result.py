"""A result as a file: JSON, Excel or Parquet. The same result gives the same bytes: no clock, no run id, no path."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from xlsxwriter.format import Format

from fenming.library.indicators import Indicator
from fenming.library.text import refuse
from fenming.pipeline.cards import Card
from fenming.pipeline.compute import Result
from fenming.rules.readings import Reading
from fenming.rules.scorecard import Line
from fenming.rules.trace import as_text, plain

_CREATED = datetime(2026, 1, 1)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def check_format(path: Path) -> None:
    """Refuse a name whose ending is no format of ours."""
    if path.suffix.lower() not in _WRITERS:
        raise refuse(
            f"结果文件“{path.name}”的格式不支持，请用 .xlsx、.json 或 .parquet。",
            f"“{path.name}” has no format that results are written in. Use .xlsx, .json or .parquet.",
        )


def write(result: Result, path: Path) -> None:
    """Write by the ending of the name: .json, .xlsx or .parquet, in the inputs' language. Whole or not there."""
    check_format(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    _WRITERS[path.suffix.lower()](result, draft, result.inputs.language)
    draft.replace(path)


def as_dict(result: Result) -> dict[str, Any]:
    """The result as plain data: numbers as decimal strings, durations in the indicator's unit (seconds)."""
    return {
        "run": run(result),
        "people": [_person(result, card) for card in result.cards],
        "totals": [
            {"indicator": name, "name": one.name.model_dump(), "unit": one.unit.model_dump(), **_reading(reading)}
            for name, (one, reading) in result.totals.items()
        ],
        "bonus": _bonus(result),
        "rejected": [one.model_dump(mode="json") for one in result.inputs.rejected],
    }


def run(result: Result) -> dict[str, Any]:
    """The pins: what has to be the same for the result to be the same."""
    inputs = result.inputs
    return {
        "schemes": [
            {"id": one.id, "valid_from": str(one.valid_from), "name": one.name.model_dump()} for one in inputs.schemes
        ],
        "period": {"label": result.period.label, "start": str(result.period.start), "end": str(result.period.end)},
        "files": inputs.files,
        "inputs": inputs.digest(),
        "code": inputs.code,
        "facts": result.facts,
        "unassigned": {fact: plain(number) for fact, number in result.unassigned.items()},
        "left_out": list(result.left_out),
    }


def _person(result: Result, card: Card) -> dict[str, Any]:
    return {
        "person": card.person,
        "name": card.participant.name,
        "indicators": [
            _line(result.definitions[line.indicator], line) for span in card.spans for line in span.card.lines
        ],
        "adjustments": [
            {"id": one.id, "name": dict(one.name), "points": plain(one.points)}
            for span in card.spans
            for one in span.card.adjustments
        ],
        "season": card.scorecard.season and dict(card.scorecard.season.name),
        "total": _text(card.total),
        "blocked": card.blocked,
        "grade": card.grade,
        "rank": card.rank,
        "bonus": _text(card.bonus.amount if card.bonus else None),
        "because": {language: [as_text(one, language) for one in card.because] for language in ("zh", "en")},
    }


def _line(one: Indicator, line: Line) -> dict[str, Any]:
    return {
        "indicator": line.indicator,
        "name": one.name.model_dump(),
        "unit": one.unit.model_dump(),
        **_reading(line.reading),
        "missing": line.missing,
        "carried": line.carried,
        "target": _text(line.target),
        "planned_weight": plain(line.planned_weight),
        "weight": plain(line.weight),
        "score": _text(line.score),
        "points": _text(line.points),
        "because": {language: [as_text(told, language) for told in line.because] for language in ("zh", "en")},
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "value": _text(reading.value),
        "numerator": _text(reading.numerator),
        "denominator": _text(reading.denominator),
        "missing": reading.missing,
    }


def _bonus(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "group": group,
            "pool": str(pool),
            "fund": str(allotment.fund),
            "undistributed": str(allotment.undistributed),
            "undistributed_owner": allotment.undistributed_owner,
        }
        for group, (pool, allotment) in sorted(result.pools.items())
    ]


def _text(value: Decimal | None) -> str | None:
    """A decimal string; money and points keep their two decimals."""
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    return format(value, "f") if exponent == -2 else plain(value)


def _json(result: Result, path: Path, language: str) -> None:
    text = json.dumps(as_dict(result), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


HEADS = {
    "zh": (
        "员工", "姓名", "指标", "单位", "数值", "分子", "分母", "目标", "原权重", "权重", "得分", "加权分",
        "缺失原因", "说明",
    ),
    "en": (
        "Person", "Name", "Indicator", "Unit", "Value", "Numerator", "Denominator", "Target", "Planned weight",
        "Weight", "Score", "Points", "Missing", "Because",
    ),
}  # fmt: skip


def rows(result: Result, language: str) -> Iterator[tuple[Any, ...]]:
    """One row a person and indicator, for tables."""
    for card in result.cards:
        for line in (line for span in card.spans for line in span.card.lines):
            one, reading = result.definitions[line.indicator], line.reading
            yield (
                card.person,
                card.participant.name,
                one.name.say(language),
                one.unit.say(language),
                reading.value,
                reading.numerator,
                reading.denominator,
                line.target,
                line.planned_weight,
                line.weight,
                line.score,
                line.points,
                missing_words(line.missing, language),
                " ".join(as_text(told, "zh" if language == "zh" else "en") for told in line.because),
            )


def missing_words(missing: str | None, language: str) -> str:
    """Why a value is missing, in words."""
    return {"zh": _MISSING_ZH, "en": _MISSING_EN}[language].get(missing or "", "")


_MISSING_ZH = {
    "no_facts": "没有记录",
    "not_supplied": "数据未提供该字段",
    "zero_denominator": "分母为零",
    "delayed": "数据延迟",
    "no_previous": "没有上期数据",
}
_MISSING_EN = {
    "no_facts": "no records",
    "not_supplied": "the data do not hold the field",
    "zero_denominator": "nothing to divide by",
    "delayed": "data still to come",
    "no_previous": "no period before",
}


def _parquet(result: Result, path: Path, language: str) -> None:
    names = [head.lower().replace(" ", "_") for head in HEADS["en"]]
    listed = [[_text(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in rows(result, language)]
    cards = {card.person: card for card in result.cards}
    extra = ("total", "grade", "rank", "bonus")
    columns = {name: [row[number] for row in listed] for number, name in enumerate(names)}
    for name in extra:
        columns[name] = [_cell(cards[str(row[0])], name) for row in listed]
    pq.write_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), path)


def _cell(card: Card, name: str) -> str | None:
    value = {"total": card.total, "grade": card.grade, "rank": card.rank, "bonus": card.bonus and card.bonus.amount}[
        name
    ]
    return _text(value) if isinstance(value, Decimal) else None if value is None else str(value)


def _xlsx(result: Result, path: Path, language: str) -> None:
    book = xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Fenming 分明", "created": _CREATED})
    head = book.add_format({"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "border": 0})
    for title, heads, body in _sheets(result, language):
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 1)
        _fill(sheet, heads, body, head)
    book.close()


def _sheets(result: Result, language: str) -> list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    zh = language == "zh"
    summary = [
        (
            card.rank,
            card.person,
            card.participant.name,
            card.total,
            card.grade,
            card.bonus and card.bonus.amount,
            card.blocked,
        )
        for card in result.cards
    ]
    totals = [
        (name, one.name.say(language), one.unit.say(language), reading.value, reading.numerator, reading.denominator,
         missing_words(reading.missing, language))
        for name, (one, reading) in result.totals.items()
    ]  # fmt: skip
    rejected = [
        (one.file, one.sheet, one.row, one.column, one.value, one.reason.say(language), one.remedy.say(language))
        for one in result.inputs.rejected
    ]
    pins = [(key, json.dumps(value, ensure_ascii=False)) for key, value in run(result).items()]
    pins += [("bonus", json.dumps(one, ensure_ascii=False)) for one in _bonus(result)]
    return [
        ("结果" if zh else "Results",
         ("名次", "员工", "姓名", "总分", "等级", "奖金", "受阻于") if zh
         else ("Rank", "Person", "Name", "Total", "Grade", "Bonus", "Blocked by"), summary),
        ("计分卡" if zh else "Scorecards", HEADS[language], list(rows(result, language))),
        ("全体合计" if zh else "Totals",
         ("编号", "指标", "单位", "数值", "分子", "分母", "缺失原因") if zh
         else ("Id", "Indicator", "Unit", "Value", "Numerator", "Denominator", "Missing"), totals),
        ("被拒记录" if zh else "Rejected rows",
         ("文件", "工作表", "行", "列", "内容", "原因", "处理办法") if zh
         else ("File", "Sheet", "Row", "Column", "Value", "Reason", "Remedy"), rejected),
        ("依据" if zh else "Run", ("项目", "内容") if zh else ("Item", "Value"), pins),
    ]  # fmt: skip


def _fill(sheet: Any, heads: tuple[str, ...], body: list[tuple[Any, ...]], head: Format) -> None:
    widths = [len(name) * 2 for name in heads]
    sheet.write_row(0, 0, heads, head)
    for number, row in enumerate(body, start=1):
        for column, cell in enumerate(row):
            if cell is None:
                continue
            value = float(cell) if isinstance(cell, Decimal) else safe_cell(cell) if isinstance(cell, str) else cell
            sheet.write(number, column, value)
            widths[column] = max(widths[column], min(40, len(str(cell)) + 2))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, max(8, min(width, 42)))


def safe_cell(text: str) -> str:
    """Text that a spreadsheet shows and never runs."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


_WRITERS: dict[str, Callable[[Result, Path, str], None]] = {".json": _json, ".xlsx": _xlsx, ".parquet": _parquet}
