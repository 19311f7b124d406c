"""What was not taken from a file, and why: one finding per row, or per sheet that could not be read at all."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from tempfile import TemporaryFile
from typing import IO, Any, overload
from weakref import finalize

from fenming.library.text import Refusal, Words

IN_MEMORY = 50_000
"""Findings beyond this many go to a temporary file: a wrong column in ten million rows is ten million findings."""


class ReadingError(Refusal):
    """The request itself is wrong (an unknown field, column or fact type): nothing is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row, or with ``row`` None a whole sheet, that was left out; ``row`` is counted as Excel shows it."""

    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    field: str | None = None
    value: str | None = None
    code: str
    reason: Words
    remedy: Words


_Note = tuple[str, str, str | None, int | None, str | None, str | None, str | None, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Sentences:
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_CHECK_CELL = ("在原文件中更正该单元格后重新导入。", "Correct the cell in the file and import it again.")
_NOTHING = ("无需处理。", "Nothing to do.")

SENTENCES: dict[str, _Sentences] = {
    "unreadable_file": _Sentences(
        "文件打不开：{detail}",
        "The file cannot be opened: {detail}",
        "用 Excel 打开后另存为 .xlsx 或 UTF-8 的 .csv 再导入。",
        "Open it in Excel and save it as .xlsx or UTF-8 .csv.",
    ),
    "empty": _Sentences(
        "没有数据行。",
        "There are no rows of data.",
        "确认导出时选中了要的日期和数据。",
        "Check the dates and data chosen for the export.",
    ),
    "hidden_sheet": _Sentences(
        "工作表是隐藏的，没有读取。",
        "The sheet is hidden and was not read.",
        "需要它的数据时，先取消隐藏。",
        "Unhide it if its rows are wanted.",
    ),
    "people_table": _Sentences(
        "这是一张人员表，不是业务数据。",
        "This is a table of people, not of events.",
        "用人员导入读取它。",
        "Give it to the import of people.",
    ),
    "unrecognised": _Sentences(
        "认不出是哪种业务数据。表头有：{found}。{nearest_zh}",
        "It is not clear what kind of events these are. Columns found: {found}.{nearest}",
        "用 --fact 指明类型，并用 --map 列名=字段 指明各列。{hint_zh}",
        "Name the type with --fact and the columns with --map column=field.{hint}",
    ),
    "ambiguous_fact": _Sentences(
        "可能是几种业务数据：{candidates}。表头有：{found}。",
        "It could be several kinds of events: {candidates}. Columns found: {found}.",
        "用 --fact 指明其中一种。",
        "Choose one of them with --fact.",
    ),
    "no_time_column": _Sentences(
        "按“{fact_zh}”读取，但没有找到发生时间（{wanted}）。表头有：{found}。",
        "Read as “{fact}”, but no column gives the time of the event ({wanted}). Columns found: {found}.",
        "用 --map 列名=occurred_at 指明时间列。{hint_zh}",
        "Name it with --map column=occurred_at.{hint}",
    ),
    "summary_export": _Sentences(
        "这是“{layout_zh}”：按人按日的汇总表，不能还原到单条会话。",
        "This is “{layout}”: a daily summary by agent, which cannot be taken apart into single events.",
        "请改用平台的会话明细导出，一行一次会话（本表的列：{columns}）。",
        "Export the single sessions instead, one row each (this sheet has: {columns}).",
    ),
    "lookup_not_unique": _Sentences(
        "对照文件 {lookup} 的“{on}”有重复值（例如 {value}），连接会把一行变成多行。",
        "In the lookup file {lookup} “{on}” repeats (for instance {value}); joining would turn one row into several.",
        "换一个唯一的连接列，或先去重。",
        "Join on a column that is unique, or remove the repeats first.",
    ),
    "lookup_unmatched": _Sentences(
        "对照文件 {lookup} 里没有“{on}”= {value}。",
        "The lookup file {lookup} has no “{on}” = {value}.",
        "补全对照文件，或在对照里写 required: false。",
        "Complete the lookup file, or say required: false there.",
    ),
    "summary_row": _Sentences(
        "汇总行，不是一条记录。",
        "A row of totals, not an event.",
        *_NOTHING,
    ),
    "duplicate": _Sentences(
        "与{where_zh}第 {by} 行完全相同，只保留那一行。",
        "A duplicate of row {by}{where}; only that one is kept.",
        *_NOTHING,
    ),
    "superseded": _Sentences(
        "编号相同，内容已被{where_zh}第 {by} 行更新，以后一行为准。",
        "Row {by}{where} has the same key and other values; the later row is kept.",
        "若是两条不同的记录，请更正编号。",
        "If they are two events, correct the key of one of them.",
    ),
    "key_repeats": _Sentences(
        "{rows} 行里有 {repeats} 行与别的行编号相同而内容不同：一条“{fact_zh}”占了多行，全表未导入。",
        "Of {rows} rows {repeats} repeat the key of another with other values: several rows make one “{fact}”. "
        "None was taken.",
        "换成明细类型（--fact），或在映射里用几列合成编号。",
        "Choose a finer type with --fact, or join columns into the key in a mapping.",
    ),
    "ragged_row": _Sentences(
        "这一行有 {found} 列，表头有 {wanted} 列，值可能错位。",
        "The row has {found} fields and the header {wanted}: values may be in wrong columns.",
        "内容里的分隔符要用双引号括起来。",
        "Put fields that contain the delimiter into double quotes.",
    ),
    "no_time": _Sentences(
        "没有发生时间。",
        "The row has no time.",
        "补上时间，或忽略此行。",
        "Add the time, or leave the row out.",
    ),
    "unreadable_time": _Sentences(
        "“{value}”不是可读的时间。",
        "“{value}” cannot be read as a date and time.",
        "写成 2026-11-03 08:05:00 的样子，或在映射里给出 format。",
        "Write it like 2026-11-03 08:05:00, or give a format in the mapping.",
    ),
    "ambiguous_date": _Sentences(
        "“{value}”分不清哪个是月、哪个是日。",
        "In “{value}” day and month cannot be told apart.",
        "用 --map 列名=字段:%d/%m/%Y（或 %m/%d/%Y）指明格式。",
        "Give the format: --map column=field:%d/%m/%Y (or %m/%d/%Y).",
    ),
    "unreadable_number": _Sentences("“{value}”不是可读的数字。", "“{value}” cannot be read as a number.", *_CHECK_CELL),
    "not_whole": _Sentences("“{value}”应是整数。", "“{value}” should be a whole number.", *_CHECK_CELL),
    "negative": _Sentences("“{value}”不能是负数。", "“{value}” cannot be negative.", *_CHECK_CELL),
    "out_of_range": _Sentences("“{value}”超出可存的范围。", "“{value}” is too large to keep.", *_CHECK_CELL),
    "unreadable_duration": _Sentences(
        "“{value}”不是可读的时长。",
        "“{value}” cannot be read as a duration.",
        "写成秒数、0:02:23 或 2分23秒。",
        "Write seconds, 0:02:23 or 2m23s.",
    ),
    "unreadable_bool": _Sentences("“{value}”不是“是”或“否”。", "“{value}” is neither yes nor no.", *_CHECK_CELL),
    "digits_lost": _Sentences(
        "编号“{value}”被表格软件改写，后几位已丢失。",
        "The number “{value}” was rewritten by a spreadsheet; its last digits are lost.",
        "导出时把该列存成文本。",
        "Export the column as text.",
    ),
    "open_quote": _Sentences(
        "单元格里夹着别的行：前面有一个没有配对的双引号，后面的行被并进来了。",
        "The cell holds other rows: a double quote before it has no partner, and the rows behind it ran together.",
        "删去或配对这个双引号。",
        "Remove the quote or close it.",
    ),
    "formula_error": _Sentences(
        "单元格是公式错误。",
        "The cell holds a formula error.",
        "更正公式后另存数值。",
        "Correct the formula and save the values.",
    ),
    "no_person": _Sentences("没有工号或姓名。", "The row names nobody.", "补上工号。", "Add the employee number."),
    "duplicate_person": _Sentences(
        "{value} 已在第 {by} 行出现。",
        "{value} is already in row {by}.",
        "每人只留一行。",
        "Keep one row a person.",
    ),
    "missing_columns": _Sentences(
        "缺少：{missing_zh}。表头有：{found}。",
        "Missing: {missing}. Columns found: {found}.",
        "补上这些列，或改用常用的列名。{hint_zh}",
        "Add these columns or use their usual names.{hint}",
    ),
    "missing_value": _Sentences("“{label_zh}”是空的。", "“{label}” is empty.", "补上该单元格。", "Fill the cell."),
    "ends_before_start": _Sentences(
        "结束时间不晚于开始时间。",
        "The end is not after the start.",
        "更正起止时间。",
        "Correct the times.",
    ),
}
"""What each code says, in both languages, and what to do about it."""


def say(code: str, **values: object) -> tuple[Words, Words]:
    """The reason and the remedy of a code with its values filled in."""
    text = SENTENCES[code]
    return (
        Words(zh=text.zh.format(**values), en=text.en.format(**values)),
        Words(zh=text.remedy_zh.format(**values), en=text.remedy_en.format(**values)),
    )


class Findings(Sequence[Rejected]):
    """All findings in order; beyond ``IN_MEMORY`` in a temporary file. Their sentences are made when one is read."""

    def __init__(self) -> None:
        self._recent: list[_Note] = []
        self._spool: IO[bytes] | None = None
        self._offsets: list[int] = []

    def add(
        self,
        code: str,
        *,
        file: str,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        field: str | None = None,
        value: str | None = None,
        **values: object,
    ) -> None:
        """Note one finding; ``values`` fill its sentences."""
        self._recent.append((code, file, sheet, row, column, field, value, values))
        if len(self._recent) >= IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        if self._spool is None:
            self._spool = TemporaryFile("w+b")  # noqa: SIM115 - lives as long as the findings
            finalize(self, self._spool.close)
        start = self._spool.seek(0, 2)
        lines = [json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in self._recent]
        self._offsets += [start, *accumulate(map(len, lines[:-1]), initial=start)][1:]
        self._spool.write(b"".join(lines))
        self._recent.clear()

    def __len__(self) -> int:
        return len(self._offsets) + len(self._recent)

    @overload
    def __getitem__(self, at: int) -> Rejected: ...
    @overload
    def __getitem__(self, at: slice) -> list[Rejected]: ...
    def __getitem__(self, at: int | slice) -> Rejected | list[Rejected]:
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        index = range(len(self))[at]
        if index >= len(self._offsets) or self._spool is None:
            return _rejected(self._recent[index - len(self._offsets)])
        self._spool.seek(self._offsets[index])
        return _rejected(json.loads(self._spool.readline()))

    def __iter__(self) -> Iterator[Rejected]:
        return (self[index] for index in range(len(self)))


def _rejected(note: _Note) -> Rejected:
    code, file, sheet, row, column, field, value, values = note
    reason, remedy = say(code, **{"value": value} | values)
    return Rejected(
        file=file,
        sheet=sheet,
        row=row,
        column=column,
        field=field,
        value=value,
        code=code,
        reason=reason,
        remedy=remedy,
    )
