"""``fenming explain``: from a number to the rows behind it."""

from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fenming.lake.raw import RawRow, RawRows, raw_rows
from fenming.library.facts import fact_type
from fenming.library.indicators import Indicator
from fenming.library.text import did_you_mean, refuse
from fenming.pipeline import evidence
from fenming.pipeline.cards import Card
from fenming.pipeline.compute import Result, credits_of
from fenming.rules.scorecard import Line
from fenming.rules.trace import as_text, plain


def explain(result: Path, *, person: str, wanted: str | None, limit: int, language: str, out: Console) -> None:
    """Print how a total, or one indicator, came about."""
    engine, files, found = evidence.again(result)
    card = _card(found, person)
    if wanted is None:
        _total(found, card, language, out)
        return
    one, line = _line(found, card, wanted)
    _indicator(one, line, language, out)
    rows = raw_rows(
        engine, files, one, found.period, person=card.participant.subject,
        subject=card.participant.scheme.subject, credits=credits_of(found.inputs), limit=limit,
    )  # fmt: skip
    _rows(rows, limit, language, out)
    _rejected(found, one, language, out)


def _card(result: Result, person: str) -> Card:
    for card in result.cards:
        if person in (card.person, card.participant.name):
            return card
    near = did_you_mean(person, [card.person for card in result.cards])
    raise refuse(f"结果中没有“{person}”。{near.zh}", f"The result has nobody called “{person}”.{near.en}")


def _line(result: Result, card: Card, wanted: str) -> tuple[Indicator, Line]:
    for line in card.scorecard.lines:
        one = result.definitions[line.indicator]
        if wanted.lower() in (one.id, one.name.zh, one.name.en.lower()):
            return one, line
    near = did_you_mean(wanted, [line.indicator for line in card.scorecard.lines])
    raise refuse(f"计分卡上没有指标“{wanted}”。{near.zh}", f"The scorecard has no indicator “{wanted}”.{near.en}")


def _total(result: Result, card: Card, language: str, out: Console) -> None:
    zh = language == "zh"
    out.print(f"[bold]{card.participant.name}[/] · {result.period.label}")
    table = Table()
    for head in (
        ("指标", "数值", "目标", "权重", "得分", "加权分")
        if zh
        else ("Indicator", "Value", "Target", "Weight", "Score", "Points")
    ):
        table.add_column(head)
    for line in card.scorecard.lines:
        table.add_row(result.definitions[line.indicator].name.say(language), *(
            "—" if value is None else plain(value)
            for value in (line.reading.value, line.target, line.weight, line.score, line.points)
        ))  # fmt: skip
    out.print(table)
    for told in (*card.because, *(card.bonus.because if card.bonus else ())):
        out.print("• " + as_text(told, "zh" if zh else "en"), highlight=False)


def _indicator(one: Indicator, line: Line, language: str, out: Console) -> None:
    zh = language == "zh"
    out.print(f"[bold]{one.name.say(language)}[/] ({one.id})")
    out.print(("定义：" if zh else "Definition: ") + one.about.say(language), highlight=False)
    out.print(("公式：" if zh else "Formula: ") + one.formula.say(language), highlight=False)
    for told in line.because:
        out.print("• " + as_text(told, "zh" if zh else "en"), highlight=False)


def _rows(found: RawRows, limit: int, language: str, out: Console) -> None:
    zh = language == "zh"
    out.print(f"计入 {found.counted} 行" if zh else f"{_count(found.counted, 'row')} counted")
    for words, number in found.excluded:
        out.print(f"未计入 {number} 行：{words.zh}" if zh else f"{_count(number, 'row')} excluded: {words.en}")
    if not found.rows:
        return
    columns = fact_type(found.rows[0].fact).all_columns
    shown = [name for name in found.rows[0].values if any(row.values.get(name) is not None for row in found.rows)]
    table = Table()
    table.add_column("出处" if zh else "Where", no_wrap=True)
    table.add_column("时间" if zh else "When", no_wrap=True)
    for name in shown:
        table.add_column(columns[name].words.say(language), justify="right")
    table.add_column("份额" if zh else "Share", justify="right")
    table.add_column("未计入的原因" if zh else "Not counted because", overflow="fold")
    for row in found.rows:
        values = (_cell(row.values.get(name), columns[name].type, zh) for name in shown)
        why = row.excluded.say(language) if row.excluded else ""
        table.add_row(_place(row), f"{row.occurred_at:%m-%d %H:%M:%S}", *values, plain(row.share), why)
    out.print(table)
    if found.total > limit:
        out.print(
            f"… 共 {found.total} 行，用 --limit 看更多" if zh else f"… {found.total} rows in all; --limit shows more"
        )


def _place(row: RawRow) -> str:
    """File, sheet and row, as short as they can be: sessions.csv:12, calls.xlsx!Sheet1:4."""
    sheet = f"!{row.sheet}" if row.sheet else ""
    number = f":{row.row}" if row.row else ""
    return f"{row.file or row.source or row.fact_id}{sheet}{number}"


def _cell(value: object, kind: str, zh: bool) -> str:
    """A raw value as people write it: durations in seconds, yes and no in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if zh else ("yes" if value else "no")
    if kind == "duration" and isinstance(value, int):
        return f"{plain(Decimal(value).scaleb(-3))} {'秒' if zh else 's'}"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _rejected(result: Result, one: Indicator, language: str, out: Console) -> None:
    number = len(result.inputs.rejected)
    if number:
        out.print(
            f"读取时未采用 {number} 行，见结果文件。"
            if language == "zh"
            else f"{_count(number, 'row')} of the files could not be used; see the result file."
        )
