"""Cell text to typed values. Each reader takes a column of text at once and leaves null what it cannot read.

A missing cell is null before it is read, so null after reading means unreadable: the two are never confused.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from fenming.library.facts import ColumnType
from fenming.pipeline.reading.sheets import FORMULA_ERROR

MISSING = (
    "",
    "-",
    "--",
    "---",
    "—",
    "——",
    "－",
    "/",
    "\\",
    "N/A",
    "n/a",
    "null",
    "NULL",
    "Null",
    "无",
    "暂无",
    "暂无数据",
    "\\N",
)
"""Words for "no value". They are never zero."""
MISSING_NUMBER = ("NA", "nan", "NaN", "None", "none")
"""More of them, where a text of this kind could be a name."""

WORK = pl.Decimal(38, 9)
MONEY = pl.Decimal(18, 2)
DECIMAL = pl.Decimal(18, 4)
_LARGEST = Decimal(10) ** 15

UNIT_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
SCALES = {"万元": Decimal(10_000), "千元": Decimal(1000), "亿元": Decimal(100_000_000), "%": Decimal("0.01")}

_TRUE = (
    "y",
    "yes",
    "true",
    "t",
    "1",
    "1.0",
    "是",
    "对",
    "√",
    "✓",
    "✔",
    "已解决",
    "已接待",
    "已接听",
    "已付款",
    "已投诉",
    "已退货",
    "已下单",
    "已邀评",
    "已回复",
    "已通过",
    "通过",
    "已转接",
    "合规",
    "真",
)
_FALSE = (
    "n",
    "no",
    "false",
    "f",
    "0",
    "0.0",
    "否",
    "错",
    "×",
    "✗",
    "✘",
    "x",
    "未解决",
    "未接待",
    "未接听",
    "未付款",
    "未投诉",
    "未退货",
    "未下单",
    "未邀评",
    "未回复",
    "未通过",
    "不通过",
    "未转接",
    "不合规",
    "假",
)

_DATE = r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
_CLOCK = r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?"
_OFFSET = r"(Z|[+-]\d{2}:?\d{2})?"
_NUMBER = r"^([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,15})?(\.\d+)?(?:[eE]([+-]?\d{1,2}))?(千|万|亿|%)?$"
_TIMES: dict[str, str | None] = {"千": "1000", "万": "10000", "亿": "100000000", "%": "0.01"}
_POWERS = {power: str(Decimal(10) ** power) for power in range(-9, 10)}
_SPOKEN = (
    r"^(?:(\d+(?:\.\d+)?)(?:天|d))?(?:(\d+(?:\.\d+)?)(?:个?小时|时|h))?(?:(\d+(?:\.\d+)?)(?:分钟|分|mins?|m))?"
    r"(?:(\d+(?:\.\d+)?)(?:秒钟?|secs?|s))?(?:(\d+(?:\.\d+)?)(?:毫秒|ms))?$"
)
_REWRITTEN = r"^\d(?:\.\d+)?E\+\d{1,3}$"
_FAST_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日",
)
"""Usual forms, tried before the patient reader of all others."""
_DAY_FIRST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"

Kind = Literal["date", "time", "datetime", "other"]
Reader = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one column are read."""

    type: ColumnType
    unit: str | None = None
    format: str | None = None
    zone: str = "Asia/Shanghai"


def tidy(cells: pl.Series) -> pl.Series:
    """Cells without blanks around them, missing ones null."""
    cell = pl.col("cell").str.strip_chars().str.strip_chars("\ufeff\u200b")
    return cells.to_frame("cell").select(pl.when(~cell.is_in(MISSING)).then(cell)).to_series()


def read(cells: pl.Series, how: Reading) -> pl.Series:
    """Typed values of tidy cells; null where a cell is missing or cannot be read."""
    if how.type == "text":
        return cells.set(cells.str.contains(_REWRITTEN) | (cells == FORMULA_ERROR), None)
    if how.type == "bool":
        return _boolean(cells)
    if how.type == "time":
        return read_time(cells, how)
    if how.type == "duration":
        return _not_negative(_duration(cells, how.unit))
    return _number_as(_numbers(cells, how), how.type)


def unreadable(cells: pl.Series, values: pl.Series, how: Reading) -> pl.Series:
    """Which cells hold something that was not read."""
    bad = cells.is_not_null() & values.is_null()
    if how.type != "text" and bad.any():
        bad &= ~cells.is_in(MISSING_NUMBER)
    return bad


def _stepwise(cells: pl.Series, readers: Sequence[Reader]) -> pl.Series:
    """Each reader sees only the cells that no earlier one could read, so that the usual form costs little."""
    values = cells.to_frame("cell").select(readers[0](pl.col("cell"))).to_series()
    for reader in readers[1:]:
        left = (values.is_null() & cells.is_not_null()).arg_true()
        if not len(left):
            break
        more = cells.gather(left).to_frame("cell").select(reader(pl.col("cell"))).to_series()
        values = values.scatter(left, more)
    return values


# Numbers


def _plain(cell: pl.Expr) -> pl.Expr:
    """NFKC without blanks: full-width digits, letters, brackets and colons become the usual ones."""
    return cell.str.normalize("NFKC").str.replace_all(r"\s+", "").str.replace_all("[−–]", "-")


def _numbers(cells: pl.Series, how: Reading) -> pl.Series:
    scale = SCALES.get(how.unit or "", Decimal(1))
    return _stepwise(
        cells,
        [
            lambda cell: _scaled(cell.cast(WORK, strict=False), scale),
            lambda cell: _written(cell, scale, percent=how.type == "decimal"),
        ],
    )


def _scaled(value: pl.Expr, scale: Decimal) -> pl.Expr:
    kept = pl.when(value.abs() < pl.lit(_LARGEST)).then(value)
    return kept if scale == 1 else (kept * pl.lit(scale, dtype=WORK)).cast(WORK)


def _written(cell: pl.Expr, scale: Decimal, *, percent: bool = False) -> pl.Expr:
    """Numbers as people write them: ¥1,234.50, 1.2万, (300), 12件, and 85% where shares are wanted.

    ``scale`` is that of the header; a cell that says 万 or % itself needs no other.
    """
    text = (
        _plain(cell)
        .str.replace(r"^\((.+)\)$", "-${1}")
        .str.replace(r"^([+-]?)(?:¥|\$|RMB|CNY)([+-]?)", "${1}${2}")
        .str.replace("(?:元|件|次|人|个|条|单)$", "")
    )
    group = text.str.extract_groups(_NUMBER).struct
    digits = group.field("2").fill_null("").str.replace_all(",", "") + group.field("3").fill_null("")
    value = (group.field("1").fill_null("") + pl.when(digits != "").then(digits)).cast(WORK, strict=False)
    unit = group.field("5").fill_null("")
    times = unit.replace_strict(_TIMES if percent else _TIMES | {"%": None}, default=str(scale), return_dtype=pl.String)
    power = group.field("4").fill_null("0").cast(pl.Int64).replace_strict(_POWERS, default=None, return_dtype=pl.String)
    return _scaled((value * times.cast(WORK) * power.cast(WORK)).cast(WORK, strict=False), Decimal(1))


def _number_as(values: pl.Series, kind: ColumnType) -> pl.Series:
    value = pl.col("value")
    if kind == "int":
        whole = pl.when((value == value.round(0)) & (value >= 0)).then(value).cast(pl.Int64, strict=False)
        return values.to_frame("value").select(whole).to_series()
    kept, digits = (MONEY, 2) if kind == "money" else (DECIMAL, 4)
    rounded = value.round(digits, mode="half_away_from_zero").cast(kept, strict=False)
    return values.to_frame("value").select(rounded).to_series()


def _boolean(cells: pl.Series) -> pl.Series:
    word = _plain(pl.col("cell")).str.to_lowercase()
    value = pl.when(word.is_in(_TRUE)).then(pl.lit(value=True)).when(word.is_in(_FALSE)).then(pl.lit(value=False))
    return cells.to_frame("cell").select(value.cast(pl.Boolean)).to_series()


# Durations, in milliseconds


def _duration(cells: pl.Series, unit: str | None) -> pl.Series:
    factor = Decimal(UNIT_MS[unit or "s"])
    return _stepwise(
        cells,
        [
            lambda cell: _as_ms(cell.cast(WORK, strict=False), factor),
            _clock_ms,
            _excel_ms,
            _spoken_ms,
            lambda cell: _as_ms(_written(cell, Decimal(1)), factor),
        ],
    )


def _as_ms(value: pl.Expr, factor: Decimal) -> pl.Expr:
    kept = pl.when(value.abs() < pl.lit(Decimal(10) ** 11)).then(value)
    return (kept * pl.lit(factor, dtype=WORK)).round(0, mode="half_away_from_zero").cast(pl.Int64, strict=False)


def _clock_ms(cell: pl.Expr) -> pl.Expr:
    """0:02:23, 02:23 (minutes and seconds), 26:00:00; never negative."""
    group = _plain(cell).str.extract_groups(r"^(?:(\d{1,5}):)?(\d{1,4}):(\d{1,2})(?:\.(\d{1,3}))?$").struct
    hours, minutes, seconds = (group.field(name).cast(pl.Int64) for name in "123")
    fraction = group.field("4").fill_null("0").str.pad_end(3, "0").cast(pl.Int64)
    total = ((hours.fill_null(0) * 60 + minutes) * 60 + seconds) * 1000 + fraction
    return pl.when((seconds < 60) & (hours.is_null() | (minutes < 60))).then(total)


def _excel_ms(cell: pl.Expr) -> pl.Expr:
    """Time cells of Excel count days from 1899-12-31, shown by some as 1900-01-00 or 1899-12-30."""
    moment = cell.str.replace("^1900-01-00", "1899-12-31").str.to_datetime(
        "%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="ms"
    )
    since = (moment - pl.datetime(1899, 12, 31, time_unit="ms")).dt.total_milliseconds()
    early = pl.when(moment < pl.datetime(1899, 12, 31)).then(since + 86_400_000).otherwise(since)
    return pl.when(moment.is_between(pl.datetime(1899, 12, 30), pl.datetime(1900, 2, 28))).then(early)


def _spoken_ms(cell: pl.Expr) -> pl.Expr:
    """2分23秒, 1小时5分, 143s, 350ms."""
    text = _plain(cell).str.to_lowercase()
    group = text.str.extract_groups(_SPOKEN).struct
    units = (86_400_000, 3_600_000, 60_000, 1000, 1)
    parts = [
        group.field(str(at)).cast(WORK, strict=False).fill_null(0) * factor for at, factor in enumerate(units, start=1)
    ]
    said = pl.any_horizontal(group.field(str(at)).is_not_null() for at in range(1, 6))
    return pl.when(said).then(
        pl.sum_horizontal(parts).round(0, mode="half_away_from_zero").cast(pl.Int64, strict=False)
    )


def _not_negative(values: pl.Series) -> pl.Series:
    return values.set(values < 0, None)


# Times


def read_time(cells: pl.Series, how: Reading) -> pl.Series:
    """Moments as naive local times; a time with an offset is brought to the zone."""
    if how.format:
        values = _stepwise(cells, [_given_format(how.format, how.zone)])
    else:
        values = _stepwise(
            cells,
            [
                *(_in_form(form) for form in _FAST_FORMS),
                lambda cell: _with_offset(cell, how.zone),
                lambda cell: _usual_time(cell, how.zone),
                _compact_time,
                lambda cell: _numbered_time(cell, how.zone),
                _day_first,
            ],
        )
    plausible = pl.col("value").dt.year().is_between(1970, 2100)
    return values.to_frame("value").select(pl.when(plausible).then(pl.col("value"))).to_series()


def _in_form(form: str) -> Reader:
    return lambda cell: cell.str.to_datetime(form, strict=False, time_unit="us")


def _with_offset(cell: pl.Expr, zone: str) -> pl.Expr:
    moment = cell.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", strict=False, time_unit="us")
    return moment.dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _given_format(form: str, zone: str) -> Reader:
    if form in ("epoch_s", "epoch_ms"):
        return lambda cell: _epoch(cell.cast(pl.Int64, strict=False) * (1000 if form == "epoch_s" else 1), zone)
    return lambda cell: pl.coalesce(
        _plain_spaced(cell).str.to_datetime(form, strict=False, time_unit="us"),
        _plain_spaced(cell).str.to_date(form, strict=False).cast(pl.Datetime("us")),
    )


def _plain_spaced(cell: pl.Expr) -> pl.Expr:
    return cell.str.normalize("NFKC").str.replace_all(r"\s+", " ")


def _iso(cell: pl.Expr) -> pl.Expr:
    """Chinese and other usual spellings turned towards 2026-11-3 8:05:00."""
    return (
        _plain_spaced(cell)
        .str.replace(r"^(\d{4})年(\d{1,2})月(\d{1,2})[日号]?", "${1}-${2}-${3} ")
        .str.replace(r"(\d)T(\d)", "${1} ${2}")
        .str.replace(r"[(（]?(?:星期|周)[一二三四五六日天][)）]?", " ")
        .str.replace(r"(\d{1,2})[时点](\d{1,2})分(?:(\d{1,2})秒)?", "${1}:${2}:0${3}")
        .str.replace(r":0(\d\d)$", ":${1}")
        .str.replace(r"(\d{1,2})[时点]整?$", "${1}:00")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )


def _half(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Whether the text says afternoon, or morning."""
    return text.str.contains("(?i)下午|晚上|pm"), text.str.contains("(?i)上午|凌晨|早上|am")


def _without_half(text: pl.Expr) -> pl.Expr:
    return text.str.replace("(?i) ?(?:上午|下午|晚上|凌晨|早上|[ap]m) ?", " ").str.strip_chars()


def _hour(hour: pl.Expr, text: pl.Expr) -> pl.Expr:
    after, before = _half(text)
    return pl.when(after & (hour < 12)).then(hour + 12).when(before & (hour == 12)).then(0).otherwise(hour)


def _usual_time(cell: pl.Expr, zone: str) -> pl.Expr:
    text = _iso(cell)
    group = _without_half(text).str.extract_groups(f"^{_DATE}(?: ?{_CLOCK} ?{_OFFSET})?$").struct
    year, month, day, hour, minute, second = (group.field(str(at)).cast(pl.Int32, strict=False) for at in range(1, 7))
    local = _moment(year, month, day, _hour(hour.fill_null(0), text), minute, second, group.field("7"))
    offset = group.field("8").str.replace("^Z$", "+00:00").str.replace(r"^([+-]\d\d):?(\d\d)$", "${1}${2}")
    ahead = pl.duration(
        hours=offset.str.slice(0, 3).cast(pl.Int64),
        minutes=(offset.str.slice(0, 1) + offset.str.slice(3)).cast(pl.Int64),
    )
    return pl.when(offset.is_null()).then(local).otherwise(_in_zone(local - ahead, zone))


def _moment(
    year: pl.Expr,
    month: pl.Expr,
    day: pl.Expr,
    hour: pl.Expr,
    minute: pl.Expr,
    second: pl.Expr,
    fraction: pl.Expr,
) -> pl.Expr:
    """A naive moment, null unless every part is in range."""
    two = [part.fill_null(0).cast(pl.String).str.zfill(2) for part in (month, day, hour, minute, second)]
    micro = fraction.fill_null("").str.pad_end(6, "0").str.slice(0, 6)
    text = pl.format("{}-{}-{} {}:{}:{}.{}", year, *two, micro)
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.6f", strict=False, time_unit="us")


def _in_zone(moment: pl.Expr, zone: str) -> pl.Expr:
    return moment.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _epoch(milliseconds: pl.Expr, zone: str) -> pl.Expr:
    return _in_zone((milliseconds * 1000).cast(pl.Datetime("us")), zone)


def _compact_time(cell: pl.Expr) -> pl.Expr:
    """20261103, 202611030805, 20261103080500, also with a clock behind: 20261103 08:05."""
    text = _plain_spaced(cell)
    joined = text.str.replace(r"^(\d{8}) ?(\d\d):(\d\d)(?::(\d\d))?$", "${1}${2}${3}${4}")
    filled = pl.when(joined.str.contains(r"^(?:\d{8}|\d{12}|\d{14})$")).then(joined).str.pad_end(14, "0")
    return filled.str.to_datetime("%Y%m%d%H%M%S", strict=False, time_unit="us")


def _numbered_time(cell: pl.Expr, zone: str) -> pl.Expr:
    """Serial dates of Excel (45992.35) and Unix milliseconds (13 digits)."""
    number = cell.cast(WORK, strict=False)
    is_serial = number.is_between(
        pl.lit(Decimal(25_569), dtype=WORK), pl.lit(Decimal(73_415), dtype=WORK)
    ) & cell.str.contains(r"^\d{5}(?:\.\d+)?$")
    seconds = (number * 86_400).round(0).cast(pl.Int64, strict=False)
    serial = pl.datetime(1899, 12, 30, time_unit="us") + pl.duration(seconds=pl.when(is_serial).then(seconds))
    unix = pl.when(cell.str.contains(r"^1\d{12}$")).then(cell).cast(pl.Int64, strict=False)
    return pl.coalesce(serial, _epoch(unix, zone))


def _day_first(cell: pl.Expr) -> pl.Expr:
    """13/11/2026 and 11/13/2026 leave no doubt; 03/11/2026 does and stays unread."""
    text = _iso(cell)
    group = _without_half(text).str.extract_groups(rf"{_DAY_FIRST}(?: {_CLOCK})?$").struct
    one, two, year, hour, minute, second = (group.field(str(at)).cast(pl.Int32, strict=False) for at in range(1, 7))
    day = pl.when((one > 12) | (one == two)).then(one).when(two > 12).then(two)
    month = pl.when((one > 12) | (one == two)).then(two).when(two > 12).then(one)
    return _moment(year, month, day, _hour(hour.fill_null(0), text), minute, second, group.field("7"))


def read_month(cells: pl.Series) -> pl.Series:
    """2026-11, 2026年11月, 202611: the first of the month."""
    text = _plain(pl.col("cell")).str.replace(r"^(\d{4})[年\-/.]?(\d{1,2})月?$", "${1}-${2}-01")
    return cells.to_frame("cell").select(text.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")).to_series()


def read_clock(cells: pl.Series) -> pl.Series:
    """A time of day, as a duration since midnight."""
    return _stepwise(
        cells,
        [
            lambda cell: _clock_of_day(cell),
            lambda cell: pl.duration(milliseconds=_within_day(_excel_ms(cell))),
            lambda cell: pl.duration(milliseconds=_within_day(_as_ms(_fraction(cell), Decimal(86_400_000)))),
        ],
    )


def _fraction(cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.contains(r"^0?\.\d+$|^0$")).then(cell).cast(WORK, strict=False)


def _within_day(milliseconds: pl.Expr) -> pl.Expr:
    return pl.when(milliseconds.is_between(0, 86_399_999)).then(milliseconds)


def _clock_of_day(cell: pl.Expr) -> pl.Expr:
    text = _iso(cell)
    group = _without_half(text).str.extract_groups(f"^{_CLOCK}$").struct
    hour, minute, second = (group.field(name).cast(pl.Int64, strict=False) for name in "123")
    micro = group.field("4").fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64)
    right = (hour < 24) & (minute < 60) & (second.fill_null(0) < 60)
    total = ((_hour(hour, text) * 60 + minute) * 60 + second.fill_null(0)) * 1_000_000 + micro
    return pl.duration(microseconds=pl.when(right).then(total))


def kind_of(cells: Sequence[str | None], how: Reading) -> Kind:
    """What a sample of cells holds: dates, times of day, both in one, or something else."""
    sample = tidy(pl.Series(cells, dtype=pl.String)).drop_nulls()
    if not len(sample):
        return "other"
    if read_clock(sample).is_not_null().all():
        return "time"
    moments = read_time(sample, how)
    if moments.null_count() * 2 > len(moments):
        return "other"
    known = moments.drop_nulls()
    return "date" if (known.dt.truncate("1d") == known).all() else "datetime"


# Why a cell was not read


def why(text: str, how: Reading) -> str:
    """The code of the reason why this cell could not be read."""
    if text == FORMULA_ERROR:
        return "formula_error"
    if how.type == "text":
        return "open_quote" if "\n" in text else "digits_lost"
    if how.type == "time":
        return (
            "ambiguous_date"
            if re.match(_DAY_FIRST, text) or re.match(r"^\d\d[-/.]\d\d[-/.]\d\d\b", text)
            else "unreadable_time"
        )
    if how.type in ("bool", "duration"):
        return "negative" if how.type == "duration" and re.match(r"^-\s*\d", text) else f"unreadable_{how.type}"
    return _why_number(text, how)


def _why_number(text: str, how: Reading) -> str:
    plain = unicodedata.normalize("NFKC", text).strip("¥$ ")
    number = re.fullmatch(r"([+-]?)(?:\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", plain)
    if number is None:
        return "unreadable_number"
    if how.type == "int" and number.group(1) == "-":
        return "negative"
    return "not_whole" if how.type == "int" and len(plain) < 15 else "out_of_range"
