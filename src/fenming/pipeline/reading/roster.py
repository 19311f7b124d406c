"""The roster: who was on duty on which account from when to when."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from fenming.library.facts import Column
from fenming.pipeline.reading.cleaning import Reading, read_clock, read_time
from fenming.pipeline.reading.findings import Findings, Rejected
from fenming.pipeline.reading.lists import ListRow, read_list
from fenming.rules.attribution import Shift

COLUMNS = {
    "person": Column(
        type="text",
        zh="员工",
        en="Person",
        aliases=("工号", "员工编号", "姓名", "员工姓名", "客服", "客服姓名", "employee", "Agent", "name"),
    ),
    "account": Column(
        type="text", zh="账号", en="Account", aliases=("客服账号", "账号名称", "共享账号", "店铺账号", "子账号")
    ),
    "day": Column(type="text", zh="日期", en="Date", aliases=("班次日期", "值班日期", "上班日期", "day")),
    "start": Column(
        type="text",
        zh="开始时间",
        en="Start",
        aliases=("上班时间", "开始", "接班时间", "登录时间", "上线时间", "from", "start_time"),
    ),
    "end": Column(
        type="text",
        zh="结束时间",
        en="End",
        aliases=("下班时间", "结束", "交班时间", "退出时间", "下线时间", "until", "to", "end_time"),
    ),
    "hours": Column(type="text", zh="班次", en="Shift", aliases=("时段", "值班时段", "班次时间", "hours")),
    "weight": Column(type="decimal", zh="权重", en="Weight", aliases=("系数", "分摊权重", "分摊系数")),
}
_SPAN = re.compile(
    r"(\d{1,2}[:时点]\d{0,2}(?:[:]\d{2})?)\s*[-~至到—–－～]+\s*(次日|翌日)?\s*(\d{1,2}[:时点]\d{0,2}(?:[:]\d{2})?)"
)


class _ShiftError(Exception):
    """A row that is no shift: the code, the field and the cell."""

    def __init__(self, code: str, field: str, value: str | None) -> None:
        super().__init__(code)
        self.code, self.field, self.value = code, field, value


def read_roster(
    path: Path, *, account: str | None = None, zone: str = "Asia/Shanghai"
) -> tuple[list[Shift], Sequence[Rejected]]:
    """Shifts from start and end moments, or from a day with clock times; an end before the start is the next day.

    ``account`` is that of every row where the file has no such column.
    """
    findings = Findings()
    needed = [("person",), ("start", "hours"), *([] if account else [("account",)])]
    shifts = []
    for one in read_list(path, COLUMNS, needed=needed, findings=findings):
        try:
            shifts.append(_shift(one, account, zone))
        except _ShiftError as problem:
            label = COLUMNS[problem.field]
            findings.add(
                problem.code,
                file=path.name,
                sheet=one.sheet,
                row=one.row,
                field=problem.field,
                value=problem.value,
                label=label.en,
                label_zh=label.zh,
            )
    return shifts, findings


def _shift(one: ListRow, account: str | None, zone: str) -> Shift:
    person, named = _needed(one, "person"), one.values.get("account") or account
    if not named:
        raise _ShiftError("missing_value", "account", None)
    start, end = _span(one, zone)
    weight = one.values.get("weight")
    if weight is not None and weight < 0:
        raise _ShiftError("negative", "weight", one.cells["weight"])
    return Shift(
        person=person, account=named, start=start, end=end, weight=1 if weight is None else weight, row=one.row
    )


def _needed(one: ListRow, field: str) -> str:
    text = one.values.get(field)
    if not text:
        raise _ShiftError("missing_value", field, None)
    return str(text)


def _span(one: ListRow, zone: str) -> tuple[datetime, datetime]:
    first, last, overnight = _ends(one)
    start, _ = _moment(one, "start", first, zone)
    end, on_the_day = _moment(one, "end", last, zone)
    if on_the_day and (overnight or end <= start):
        end += timedelta(days=1)
    if end <= start:
        raise _ShiftError("ends_before_start", "end", last)
    return start, end


def _ends(one: ListRow) -> tuple[str, str, bool]:
    """The text of start and end, and whether the end is said to be on the next day."""
    if one.values.get("start"):
        last = _needed(one, "end")
        return _needed(one, "start"), re.sub("次日|翌日", "", last).strip(), bool(re.search("次日|翌日", last))
    said = _needed(one, "hours")
    found = _SPAN.search(unicodedata.normalize("NFKC", said))
    if found is None:
        raise _ShiftError("unreadable_time", "hours", said)
    return found.group(1), found.group(3), bool(found.group(2))


def _moment(one: ListRow, field: str, text: str, zone: str) -> tuple[datetime, bool]:
    """A moment, and whether it is a clock time on the row's day."""
    cells, how = pl.Series([text]), Reading("time", zone=zone)
    clock = read_clock(cells)[0]
    if clock is not None:
        return _day(one, how) + clock, True
    whole = read_time(cells, how)[0]
    if whole is None:
        raise _ShiftError("unreadable_time", field, text)
    return whole, False


def _day(one: ListRow, how: Reading) -> datetime:
    text = _needed(one, "day")
    day = read_time(pl.Series([text]), how)[0]
    if day is None:
        raise _ShiftError("unreadable_time", "day", text)
    return datetime(day.year, day.month, day.day)
