"""Opening files: Excel, CSV and Parquet as text frames, every row with its number as Excel shows it."""

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

import fastexcel
import polars as pl
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

HEAD_ROWS = 40
HEAD_BYTES = 1 << 18
BLOCK_BYTES = 4 << 20
"""Arrow reads up to 32 blocks ahead; batches of a text file are about one block."""

BATCH_ROWS = 200_000
LONGEST_CELL = 1 << 15
LINES_IN_CELL = 20
_OPEN_QUOTE = "an opening quote without its closing one"
FORMULA_ERROR = "#ERROR!"
ROW = "row"

TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
EXCEL_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
PARQUET_SUFFIXES = frozenset({".parquet", ".pq"})
SUFFIXES = TEXT_SUFFIXES | EXCEL_SUFFIXES | PARQUET_SUFFIXES

Line = list[str | None]


class UnreadableError(Exception):
    """A file that is not what it seems: its message says so to a person."""


@dataclass(frozen=True, slots=True)
class Ragged:
    """A line of a text file whose number of fields is not that of the header."""

    row: int
    found: int
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as text: column ``row`` and columns ``0``, ``1`` … in the order of the file. ``done`` bytes are read."""

    frame: pl.DataFrame
    ragged: Sequence[Ragged] = ()
    done: int = 0


class Sheet(Protocol):
    """One table of a file. ``head`` is its first rows, the first of which has number 1 (Parquet: the names, 0)."""

    @property
    def path(self) -> Path: ...
    @property
    def name(self) -> str | None: ...
    @property
    def head(self) -> list[Line]: ...
    @property
    def first_row(self) -> int: ...
    def batches(self, *, header: int, width: int) -> Iterator[Batch]: ...
    def rewritten(self, column: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Fingerprint:
    sha256: str
    encoding: str | None
    """The encoding of a text file, None for a binary one."""


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files among the paths, folders opened, in the order of their names."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found.update((one, None) for one in inside if one == path or _wanted(one, path))
    return list(found)


def _wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith((".", "~$", "_")) for part in path.relative_to(root).parts)
    return path.is_file() and path.suffix.lower() in SUFFIXES and not hidden


def fingerprint(path: Path) -> Fingerprint:
    """The hash and the encoding in one pass over the bytes, so that a late odd byte cannot surprise the reader."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            start = stream.read(1 << 16)
            guesses = _encodings(start)
            decoders = {name: codecs.getincrementaldecoder(name)() for name in guesses}
            block = start
            while block:
                digest.update(block)
                decoders = {name: one for name, one in decoders.items() if _decodes(one, block)}
                block = stream.read(1 << 22)
    except OSError as error:
        raise UnreadableError(str(error.strerror or error)) from error
    decoders = {name: one for name, one in decoders.items() if _decodes(one, b"", final=True)}
    if guesses and not decoders:
        raise UnreadableError(f"the text is in none of the encodings {', '.join(guesses)}")
    return Fingerprint(digest.hexdigest(), next(iter(decoders), None))


def _encodings(start: bytes) -> list[str]:
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1")):
        return []
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    zeros = (start[0::2].count(0), start[1::2].count(0))
    if max(zeros) > len(start) // 8:
        return ["utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"]
    return ["utf-8-sig", "gb18030"]


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def open_sheets(path: Path, encoding: str | None) -> Iterator[Sheet]:
    """Every visible sheet of the file. What it is, its first bytes say: exports named .xls are often text."""
    with path.open("rb") as stream:
        start = stream.read(512)
    if encoding is not None:
        if start.lstrip().lower().startswith((b"<html", b"<table", b"<!doctype", b"<?xml")):
            raise UnreadableError("it is a web page with the name of a table")
        yield TextSheet.open(path, encoding)
    elif start.startswith(b"PAR1"):
        yield ParquetSheet(path)
    else:
        yield from _excel_sheets(path)


def hidden_sheets(path: Path, encoding: str | None) -> list[str]:
    """The names of sheets that hold rows but are hidden."""
    if encoding is not None or path.suffix.lower() in PARQUET_SUFFIXES:
        return []
    return [sheet.name for sheet in _loaded_sheets(path) if sheet.visible != "visible" and sheet.height]


def _loaded_sheets(path: Path) -> Iterator[fastexcel.ExcelSheet]:
    try:
        reader = fastexcel.read_excel(path)
        for name in reader.sheet_names:
            try:
                yield reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            except fastexcel.CalamineError as error:
                if "worksheet" not in str(error):  # a sheet of charts has no rows
                    raise
    except fastexcel.FastExcelError as error:
        raise UnreadableError(str(error).splitlines()[0]) from error


def _excel_sheets(path: Path) -> Iterator[Sheet]:
    for sheet in _loaded_sheets(path):
        if sheet.visible == "visible" and sheet.height:
            yield ExcelSheet.of(path, sheet)


@dataclass(frozen=True, slots=True)
class ExcelSheet:
    """A sheet of a workbook, whole in memory; formulas and macros are never run, their saved values are read."""

    path: Path
    name: str
    frame: pl.DataFrame
    first_row: int = 1

    @classmethod
    def of(cls, path: Path, sheet: fastexcel.ExcelSheet) -> "ExcelSheet":
        batch, problems = sheet.to_arrow_with_errors()
        frame = pl.DataFrame(pa.Table.from_batches([batch]))
        frame.columns = [str(index) for index in range(frame.width)]
        for one in problems.errors if problems else ():
            row, column = one.offset_position
            frame[row, column] = FORMULA_ERROR
        return cls(path, sheet.name, frame.with_row_index(ROW, offset=1).cast({ROW: pl.Int64}))

    @property
    def head(self) -> list[Line]:
        return [list(row) for row in self.frame.head(HEAD_ROWS).drop(ROW).iter_rows()]

    def batches(self, *, header: int, width: int) -> Iterator[Batch]:
        size = self.path.stat().st_size
        rows = self.frame[header:]
        for part in rows.iter_slices(BATCH_ROWS):
            yield Batch(part, done=size * int(part[ROW][-1]) // max(1, self.frame.height))

    def rewritten(self, column: int) -> bool:
        """Whether long numbers of this column are kept as numbers, of which Excel keeps 15 digits."""
        reader = fastexcel.read_excel(self.path)
        try:
            again = reader.load_sheet(
                self.name, header_row=None, skip_rows=0, use_columns=[column], dtype_coercion="strict"
            )
        except fastexcel.FastExcelError:
            return True  # text and numbers mixed: some long number is a number
        return any(kind.is_numeric() for kind in again.to_polars().dtypes)


@dataclass(frozen=True, slots=True)
class ParquetSheet:
    """A Parquet file; its rows have no header row, so the first row is row 1."""

    path: Path
    name: None = None
    first_row: int = 0

    @property
    def head(self) -> list[Line]:
        names: Line = list(self._schema().names)
        first = next(self._read(HEAD_ROWS), pl.DataFrame())
        return [names, *(list(row) for row in first.iter_rows())]

    def _schema(self) -> pa.Schema:
        try:
            return pq.read_schema(self.path)
        except pa.ArrowException as error:
            raise UnreadableError(str(error)) from error

    def _read(self, rows: int) -> Iterator[pl.DataFrame]:
        for batch in pq.ParquetFile(self.path).iter_batches(batch_size=rows):
            frame = pl.DataFrame(pa.Table.from_batches([batch]))
            yield frame.select(_as_text(frame[name]).alias(str(at)) for at, name in enumerate(frame.columns))

    def batches(self, *, header: int, width: int) -> Iterator[Batch]:
        first, size = 1, self.path.stat().st_size
        total = pq.read_metadata(self.path).num_rows
        for frame in self._read(BATCH_ROWS):
            numbered = frame.with_row_index(ROW, offset=first).cast({ROW: pl.Int64})
            first += frame.height
            yield Batch(numbered, done=size * (first - 1) // max(1, total))

    def rewritten(self, column: int) -> bool:
        return False


def _as_text(values: pl.Series) -> pl.Series:
    """Typed values as the text that the readers of cells know."""
    kind = values.dtype
    if kind.is_float():
        whole = values.cast(pl.Int64, strict=False)
        return whole.cast(pl.String).zip_with((whole == values).fill_null(value=False), values.cast(pl.String))
    if isinstance(kind, pl.Duration):
        return values.dt.total_milliseconds().cast(pl.String) + "ms"
    if isinstance(kind, pl.Datetime):
        return values.dt.to_string("%Y-%m-%d %H:%M:%S%.6f%:z" if kind.time_zone else "%Y-%m-%d %H:%M:%S%.6f")
    if isinstance(kind, pl.List | pl.Array | pl.Struct | pl.Object | pl.Binary):
        return pl.Series([FORMULA_ERROR if one is not None else None for one in values], dtype=pl.String)
    return values.cast(pl.String)


@dataclass(frozen=True, slots=True)
class TextSheet:
    """A delimited text file, read in blocks."""

    path: Path
    encoding: str
    delimiter: str
    head: list[Line] = field(default_factory=list)
    name: None = None
    first_row: int = 1

    @classmethod
    def open(cls, path: Path, encoding: str) -> "TextSheet":
        with path.open(encoding=encoding, newline="") as stream:
            text = stream.read(HEAD_BYTES)
        delimiter = sniffed(text)
        return cls(path, encoding, delimiter, [list(record) for record in _records(text, delimiter, HEAD_ROWS)])

    def batches(self, *, header: int, width: int) -> Iterator[Batch]:
        ragged: list[Ragged] = []

        def skip(one: pc.InvalidRow) -> str:
            ragged.append(Ragged(one.number, one.actual_columns, one.text))
            return "skip"

        names = [str(index) for index in range(width)]
        first, size = 1, self.path.stat().st_size
        try:
            with self.path.open("rb") as stream:
                for nth, batch in enumerate(self._open(stream, names, skip), start=1):
                    numbered, first = _numbered(pl.DataFrame(pa.Table.from_batches([batch])), first, ragged)
                    _no_open_quote(numbered, ragged)
                    late = [one for one in ragged if one.row > header]
                    ragged.clear()
                    yield Batch(numbered.filter(pl.col(ROW) > header), late, min(size, nth * BLOCK_BYTES))
                _no_open_quote(None, ragged)
                if ragged:
                    yield Batch(pl.DataFrame(), [one for one in ragged if one.row > header], size)
        except pa.ArrowInvalid as error:
            raise UnreadableError(f"{error} ({_OPEN_QUOTE})") from error

    def _open(self, stream: io.BufferedReader, names: list[str], skip: object) -> pc.CSVStreamingReader:
        return pc.open_csv(
            stream,
            read_options=pc.ReadOptions(
                column_names=names,
                block_size=BLOCK_BYTES,
                use_threads=False,
                encoding="utf-8" if self.encoding == "utf-8-sig" else self.encoding,
            ),
            parse_options=pc.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )

    def rewritten(self, column: int) -> bool:
        return False


def _no_open_quote(rows: pl.DataFrame | None, ragged: Sequence[Ragged]) -> None:
    """A quote that is never closed swallows the rows behind it into one cell: refuse the file rather than lose them."""
    swallowed = any(one.text.count("\n") >= LINES_IN_CELL for one in ragged)
    if rows is not None and rows.height:
        swallowed |= bool(rows.select(pl.any_horizontal((pl.exclude(ROW).str.len_bytes() > LONGEST_CELL).any())).item())
    if swallowed:
        raise UnreadableError(_OPEN_QUOTE)


def _numbered(frame: pl.DataFrame, first: int, ragged: Sequence[Ragged]) -> tuple[pl.DataFrame, int]:
    """Give the rows their numbers, leaving out those of the ragged ones between them; and the next number."""
    until = first + frame.height + len(ragged)
    left_out = {one.row for one in ragged}
    numbers = pl.Series(
        ROW, range(first, until) if left_out else pl.int_range(first, until, eager=True), dtype=pl.Int64
    )
    kept = numbers.filter(~numbers.is_in(list(left_out))) if left_out else numbers
    return frame.insert_column(0, kept), until


def sniffed(text: str) -> str:
    """The delimiter that cuts the most lines into the same number of fields."""
    if text[:4].lower() == "sep=" and len(text) > 5:
        return text[4]
    lines = text.splitlines()[:HEAD_ROWS]
    return max(",\t;|", key=lambda one: _regularity("\n".join(lines), one))


def _regularity(text: str, delimiter: str) -> tuple[int, int]:
    widths = Counter(len(record) for record in _records(text, delimiter, HEAD_ROWS) if len(record) > 1)
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _records(text: str, delimiter: str, most: int) -> Iterator[list[str]]:
    try:
        yield from islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), most)
    except csv.Error:
        return
