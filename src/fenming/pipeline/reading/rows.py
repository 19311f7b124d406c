"""A batch of text rows and a plan give typed facts; whatever cannot become one is listed with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import polars as pl
import pyarrow as pa

from fenming.library.facts import KEYS, Column, FactType
from fenming.pipeline.reading.cleaning import (
    DECIMAL,
    MONEY,
    read,
    read_clock,
    read_month,
    read_time,
    tidy,
    unreadable,
    why,
)
from fenming.pipeline.reading.findings import Findings
from fenming.pipeline.reading.recognise import TIME, Plan, Take
from fenming.pipeline.reading.sheets import ROW, Batch

DTYPES: Mapping[str, pl.DataType] = {
    "text": pl.String(),
    "int": pl.Int64(),
    "duration": pl.Int64(),
    "money": MONEY,
    "decimal": DECIMAL,
    "bool": pl.Boolean(),
    "time": pl.Datetime("us"),
}
CONTENT_MARK = "#"
"""Before the hash of a row's content where it has no key: order_line:#9e10…"""

_TOTALS = (
    r"^(?:汇总|汇总值|均值|平均|平均值|总平均|合计|总计|小计|总和|总数|本页合计|本页小计|全店.*|同行.*|店铺汇总值?|店铺平均值?|"
    r"total|totals|grand total|subtotal|sum|average|avg)[:：]?$"
)
_TOTALS_HINT = "(?i)汇总|均|合计|总|小计|全店|同行|sum|total|av"
_NAMING = ("employee", "account", "shop", "store")
_SWALLOWED = r"[,;\t|][^\n]*\n|\n[^\n]*[,;\t|]"
"""A name or number with a line break and a delimiter is a run of rows behind a quote that was never closed."""
_LONG_NUMBER = r"^\d{16,}$"


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of a lookup file: its key, then the columns that it brings, named as the plan numbers them."""

    file: str
    on: str
    at: int
    required: bool
    frame: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Turns the batches of one sheet into facts."""

    plan: Plan
    file: str
    sheet: str | None
    findings: Findings
    lookups: Sequence[Joined] = ()
    rewritten: frozenset[int] = field(default_factory=frozenset)
    """Columns whose long numbers a spreadsheet has cut."""

    def facts(self, batch: Batch) -> pl.DataFrame:
        """The typed facts of a batch, in the schema of the fact type."""
        self._list_ragged(batch)
        if not batch.frame.height:
            return pl.DataFrame(schema=schema_of(self.plan.fact))
        frame = self._wanted(self._joined(batch.frame))
        frame = self._without_totals(self._without_blanks(frame))
        values, bad = self._values(frame)
        kept = frame.select(ROW).with_columns(values).filter(~bad)
        return identified(kept, self.plan, self.file, self.sheet)

    def _note(self, code: str, row: int, **more: object) -> None:
        self.findings.add(code, file=self.file, sheet=self.sheet, row=row, **more)  # type: ignore[arg-type]

    def _list_ragged(self, batch: Batch) -> None:
        for one in batch.ragged:
            self._note("ragged_row", one.row, found=one.found, wanted=self.plan.width, value=one.text[:200])

    def _joined(self, frame: pl.DataFrame) -> pl.DataFrame:
        for one in self.lookups:
            key = tidy(frame[str(one.at)])
            frame = frame.with_columns(key.alias(str(one.at))).join(
                one.frame,
                left_on=str(one.at),
                right_on="on",
                how="left",
                maintain_order="left",
            )
            lost = frame["found"].is_null()
            if one.required and lost.any():
                for row, value in frame.filter(lost).select(ROW, str(one.at)).iter_rows():
                    self._note("lookup_unmatched", row, value=value, lookup=one.file, on=one.on, column=one.on)
                frame = frame.filter(~lost)
            frame = frame.drop("found")
        return frame

    def _wanted(self, frame: pl.DataFrame) -> pl.DataFrame:
        for at, one in self.plan.where.items():
            cells = frame[str(at)].str.strip_chars()
            if one.only:
                frame = frame.filter(cells.is_in(list(one.only)))
            elif one.not_:
                frame = frame.filter(~cells.is_in(list(one.not_)).fill_null(value=False))
        return frame

    def _without_blanks(self, frame: pl.DataFrame) -> pl.DataFrame:
        used = {str(at) for take in self.plan.takes for at in (*take.columns, take.day_column) if at is not None}
        frame = frame.with_columns(tidy(frame[name]).alias(name) for name in sorted(used))
        if not used:
            return frame
        hollow = frame.select(pl.all_horizontal(pl.col(name).is_null() for name in used)).to_series()
        if not hollow.any():
            return frame
        others = [name for name in frame.columns if name not in used and name != ROW]
        rest = frame.filter(hollow).select(ROW, *(tidy(frame.filter(hollow)[name]) for name in others))
        blank = rest.filter(pl.all_horizontal(pl.col(others).is_null()) if others else pl.lit(value=True))[ROW]
        return frame.filter(~frame[ROW].is_in(blank.implode()))

    def _without_totals(self, frame: pl.DataFrame) -> pl.DataFrame:
        naming = {
            str(at) for take in self.plan.takes if take.field in (*_NAMING, *self.plan.fact.key) for at in take.columns
        }
        first = min(self.plan.headers, default=0)
        totals = pl.Series([False]).new_from_index(0, frame.height)
        for name in sorted(naming | {str(first)}):
            totals |= _is_total(frame[name])
        if totals.any():
            for row, text in frame.filter(totals).select(ROW, str(first)).iter_rows():
                self._note("summary_row", row, value=text)
        return frame.filter(~totals)

    def _values(self, frame: pl.DataFrame) -> tuple[list[pl.Series], pl.Series]:
        """The typed values of every field, and which rows have an unreadable cell or no time."""
        values, bad = [], pl.Series([False]).new_from_index(0, frame.height)
        for take in self.plan.takes:
            one, wrong, cells = self._take(take, frame)
            fresh = wrong & ~bad
            if fresh.any():
                self._list_cells(take, frame[ROW].filter(fresh), cells.filter(fresh))
                bad |= wrong
            values.append(one.alias(take.field))
        return values, bad

    def _list_cells(self, take: Take, rows: pl.Series, cells: pl.Series) -> None:
        for row, text in zip(rows, cells, strict=True):
            code = "no_time" if text is None else why(text, take.how)
            self._note(code, row, column=take.header or None, field=take.field, value=text)

    def _take(self, take: Take, frame: pl.DataFrame) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Values, which of them are wrong, and the text they came from."""
        if take.constant is not None or not take.columns:
            return self._constant(take, frame.height)
        cells = frame[str(take.columns[0])] if len(take.columns) == 1 else _glued(frame, take)
        if take.missing:
            cells = cells.set(cells.is_in(list(take.missing)).fill_null(value=False), None)
        if take.day_column is not None or take.day is not None:
            values, cells = _on_day(take, frame, cells)
            wrong = cells.is_not_null() & values.is_null()
        else:
            values = read_month(cells) if take.how.format == "month" else read(cells, take.how)
            wrong = unreadable(cells, values, take.how)
        if take.how.type == "text" and self.rewritten.intersection(take.columns):
            wrong |= cells.str.contains(_LONG_NUMBER).fill_null(value=False)
        if take.field in (*KEYS, *self.plan.fact.key):
            wrong |= cells.str.contains(_SWALLOWED).fill_null(value=False)
        return values, (wrong | values.is_null()) if take.field == TIME else wrong, cells

    def _constant(self, take: Take, height: int) -> tuple[pl.Series, pl.Series, pl.Series]:
        text = take.constant if take.constant is not None else str(take.day)
        one = read(pl.Series([text], dtype=pl.String), take.how).new_from_index(0, height)
        return one, one.is_null(), pl.Series([text]).new_from_index(0, height)


def _glued(frame: pl.DataFrame, take: Take) -> pl.Series:
    parts = [str(at) for at in take.columns]
    return frame.select(pl.concat_str(parts, separator="-")).to_series()


def _on_day(take: Take, frame: pl.DataFrame, clocks: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Moments of a day and a clock column, and the cell to show when one of the two cannot be read."""
    if take.day_column is None:
        days = pl.Series([take.day]).new_from_index(0, frame.height).cast(pl.Datetime("us"))
        day_cells = pl.Series([str(take.day)]).new_from_index(0, frame.height)
    else:
        day_cells = frame[str(take.day_column)]
        days = read_time(day_cells, take.how).dt.truncate("1d")
    values = days + read_clock(clocks)
    shown = pl.DataFrame({"clock": clocks, "day": day_cells, "known": days}).select(
        pl.when(pl.col("known").is_null() & pl.col("day").is_not_null())
        .then("day")
        .when(pl.col("day").is_null())
        .then(None)
        .otherwise("clock")
    )
    return values, shown.to_series()


def _is_total(cells: pl.Series) -> pl.Series:
    hints = cells.str.contains(_TOTALS_HINT).fill_null(value=False)
    if not hints.any():
        return hints
    text = pl.col("cell").str.normalize("NFKC").str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    return cells.to_frame("cell").select(text.str.contains(_TOTALS).fill_null(value=False)).to_series()


def schema_of(fact: FactType) -> dict[str, pl.DataType]:
    """The columns of a file of facts, in order."""
    return {
        "fact_id": pl.String(),
        "source": pl.String(),
        "batch": pl.String(),
        "source_file": pl.String(),
        "source_sheet": pl.String(),
        "source_row": pl.Int64(),
        TIME: pl.Datetime("us"),
        "zone": pl.String(),
        **{name: DTYPES[column.type] for name, column in fact.all_columns.items()},
    }


def arrow_schema(fact: FactType) -> pa.Schema:
    """The same columns as Arrow types, with the plain strings that other readers expect."""
    plain = {
        pl.String(): pa.string(),
        pl.Int64(): pa.int64(),
        pl.Boolean(): pa.bool_(),
        pl.Datetime("us"): pa.timestamp("us"),
    }
    plain |= {MONEY: pa.decimal128(18, 2), DECIMAL: pa.decimal128(18, 4)}
    return pa.schema([pa.field(name, plain[kind]) for name, kind in schema_of(fact).items()])


def identified(frame: pl.DataFrame, plan: Plan, file: str, sheet: str | None) -> pl.DataFrame:
    """Every column of the schema, absent ones null, and the id: the natural key, or else a hash of the content."""
    fact = plan.fact
    zone = next(take.how.zone for take in plan.takes if take.field == TIME)
    fixed = {"source": plan.source, "source_file": file, "source_sheet": sheet, "zone": zone}
    whole = frame.rename({ROW: "source_row"}).with_columns(
        pl.lit(value, dtype=pl.String).alias(name) for name, value in fixed.items()
    )
    schema = schema_of(fact)
    whole = whole.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in whole.columns
    )
    return whole.with_columns(_ids(whole, fact).alias("fact_id")).select(list(schema)).cast(pl.Schema(schema))


def _ids(whole: pl.DataFrame, fact: FactType) -> pl.Series:
    """``fact:key|key`` where the last part of the key is there, else ``fact:#hash``."""
    parts = [pl.col(name).str.replace_all("|", "¦", literal=True) for name in fact.key]
    joined = pl.format(f"{fact.id}:{{}}", pl.concat_str(parts, separator="|", ignore_nulls=True))
    ids = whole.select(pl.when(pl.col(fact.key[-1]).is_not_null()).then(joined)).to_series()
    keyless = ids.is_null()
    if not keyless.any():
        return ids
    hashes = _content_hashes(whole.filter(keyless), fact.all_columns)
    return ids.scatter(keyless.arg_true(), f"{fact.id}:{CONTENT_MARK}" + hashes)


def _content_hashes(whole: pl.DataFrame, columns: Mapping[str, Column]) -> pl.Series:
    """A hash of the values that outlives versions of libraries; an absent column does not change it."""
    texts = [pl.format(f"{name}={{}}", pl.col(name).cast(pl.String)) for name in (TIME, *sorted(columns))]
    content = whole.select(pl.concat_str(texts, separator="\x1f", ignore_nulls=True).alias("content")).to_arrow()
    with duckdb.connect() as engine:
        engine.register("rows", content)
        hashed = engine.sql("SELECT md5(content) AS hash FROM rows").to_arrow_table()
    return pl.Series(hashed["hash"]).cast(pl.String)
