"""From files to typed facts on disk: open, recognise, clean, settle."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from fenming.library.facts import fact_types
from fenming.library.text import Words
from fenming.pipeline.reading.cleaning import tidy
from fenming.pipeline.reading.findings import Findings, ReadingError, Rejected
from fenming.pipeline.reading.headings import hint
from fenming.pipeline.reading.mapping import FileMapping, Lookup, check_headers, forced
from fenming.pipeline.reading.mapping import Mapping as MappingFile
from fenming.pipeline.reading.parts import Parts
from fenming.pipeline.reading.recognise import Plan, Refusal, Request, mapped, plan, seen_headers
from fenming.pipeline.reading.rows import Joined, Reader
from fenming.pipeline.reading.sheets import Sheet, UnreadableError, files_of, fingerprint, hidden_sheets, open_sheets

_Encoding = str | Literal[False] | None
"""Of a text file; None for a binary file, False for one that cannot be read."""

Progress = Callable[[str, int, int], None]
"""Told the file's name, the bytes of it that are read, and its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one sheet gave: rows kept before repeated keys were settled, and which header became which field."""

    path: Path
    fact: str
    sheet: str | None
    layout: str | None
    rows: int
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    notes: tuple[Words, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Typed Parquet files by fact type, where they came from, what was left out, and the hash of every file read."""

    tables: Mapping[str, list[Path]]
    sources: Sequence[Source]
    rejected: Sequence[Rejected]
    files: Mapping[str, str]


@dataclass(slots=True)
class _Work:
    """One load as it goes."""

    into: Path
    request: Request
    mapping: MappingFile
    progress: Progress
    names: Mapping[Path, str]
    findings: Findings = field(default_factory=Findings)
    parts: dict[str, Parts] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def load(
    paths: Sequence[Path],
    *,
    into: Path,
    mapping: MappingFile | None = None,
    columns: Mapping[str, str] | None = None,
    fact: str | None = None,
    zone: str = "Asia/Shanghai",
    progress: Progress | None = None,
) -> Loaded:
    """Read files and folders into typed Parquet files under ``into``/<fact>/, one schema a fact type.

    ``columns`` is header → field ("--map"; a format may follow: "occurred_at:%d/%m/%Y"), ``fact`` the fact type when
    the headers leave it open. Whatever is wrong in a file is in ``rejected``; a wrong request raises ReadingError.
    """
    if fact is not None and fact not in fact_types():
        zh, en = hint([fact], list(fact_types()))
        raise ReadingError(Words(zh=f"没有业务类型“{fact}”。{zh}", en=f"There is no fact type “{fact}”.{en}"))
    wanted = forced(columns or {}, fact)
    mapping = mapping or MappingFile()
    found = [path for path in files_of(paths) if not mapping.ignores(path)]
    work = _Work(into, Request(zone=zone, fact=fact, forced=wanted), mapping, progress or _silent, _names(found))
    prints = {path: _opened(work, path) for path in found}
    if wanted:
        check_headers(wanted, _all_headers(work, prints))
    for path, encoding in prints.items():
        if encoding is not False:
            _file(work, path, encoding)
    for one in work.parts.values():
        one.settle(work.findings)
    tables = {name: one.files for name, one in sorted(work.parts.items()) if one.files}
    return Loaded(tables=tables, sources=work.sources, rejected=work.findings, files=work.files)


def _silent(name: str, done: int, total: int) -> None:
    """Progress for nobody."""


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """What files are called in findings: their names, with the folder before them where two share one."""
    shared = [path.name for path in paths]
    return {path: path.name if shared.count(path.name) == 1 else f"{path.parent.name}/{path.name}" for path in paths}


def _opened(work: _Work, path: Path) -> _Encoding:
    """The encoding of a file, None for a binary one, False for one that cannot be read."""
    try:
        found = fingerprint(path)
    except UnreadableError as error:
        work.findings.add("unreadable_file", file=work.names[path], detail=str(error))
        return False
    work.files[work.names[path]] = found.sha256
    return found.encoding


def _all_headers(work: _Work, prints: Mapping[Path, _Encoding]) -> list[str]:
    found: dict[str, None] = {}
    for path, encoding in prints.items():
        for sheet in _sheets(work, path, encoding) if encoding is not False else ():
            found.update(dict.fromkeys(seen_headers(sheet, work.request)))
    return list(found)


def _sheets(work: _Work, path: Path, encoding: str | None) -> Iterator[Sheet]:
    try:
        yield from open_sheets(path, encoding)
    except UnreadableError:
        return


def _file(work: _Work, path: Path, encoding: str | None) -> None:
    name = work.names[path]
    before = len(work.findings), len(work.sources)
    try:
        for sheet in open_sheets(path, encoding):
            _sheet(work, sheet, name)
        for hidden in hidden_sheets(path, encoding):
            work.findings.add("hidden_sheet", file=name, sheet=hidden)
    except UnreadableError as error:
        work.findings.add("unreadable_file", file=name, detail=str(error))
    if before == (len(work.findings), len(work.sources)):
        work.findings.add("empty", file=name)
    size = path.stat().st_size
    work.progress(name, size, size)


def _sheet(work: _Work, sheet: Sheet, name: str) -> None:
    for made, lookup in _plans(work, sheet):
        if isinstance(made, Refusal):
            work.findings.add(made.code, file=name, sheet=sheet.name, **made.values)
            continue
        joined = _lookups(work, sheet, made, name) if lookup else []
        if joined is not None:
            _read(work, sheet, made, name, joined)


def _plans(work: _Work, sheet: Sheet) -> list[tuple[Plan | Refusal, FileMapping | None]]:
    said = [one for one in work.mapping.of(sheet.path) if one.sheet in (None, sheet.name)]
    if said:
        return [(mapped(sheet, one, work.request.zone), one) for one in said]
    return [] if work.mapping.of(sheet.path) else [(plan(sheet, work.request), None)]


def _read(work: _Work, sheet: Sheet, made: Plan, name: str, joined: Sequence[Joined]) -> None:
    parts = work.parts.setdefault(made.fact.id, Parts(made.fact, work.into / made.fact.id))
    reader = Reader(
        plan=made,
        file=name,
        sheet=sheet.name,
        findings=work.findings,
        lookups=joined,
        rewritten=_rewritten(sheet, made),
    )
    rows, before, total = 0, len(parts.files), sheet.path.stat().st_size
    try:
        for batch in sheet.batches(header=made.header, width=made.width):
            facts = reader.facts(batch)
            parts.add(facts)
            rows += facts.height
            work.progress(name, batch.done, total)
    except UnreadableError:
        parts.back_to(before)
        raise
    work.sources.append(
        Source(
            path=sheet.path,
            fact=made.fact.id,
            sheet=sheet.name,
            layout=None if made.source == "file" else made.source,
            rows=rows,
            columns=made.used(),
            unused=made.unused(),
            notes=made.notes,
        )
    )


def _rewritten(sheet: Sheet, made: Plan) -> frozenset[int]:
    """The text columns in which a workbook keeps long numbers as numbers."""
    texts = {at for take in made.takes if take.how.type == "text" for at in take.columns if at < made.width}
    long = {at for at in texts if any(_is_long(line[at]) for line in sheet.head if at < len(line))}
    return frozenset(at for at in long if sheet.rewritten(at))


def _is_long(cell: str | None) -> bool:
    return cell is not None and len(cell) > 15 and cell.isdigit()


# Lookups


def _lookups(work: _Work, sheet: Sheet, made: Plan, name: str) -> list[Joined] | None:
    """The lookup files of a plan, or None when one cannot be used; why is then among the findings."""
    found = []
    for one in made.lookup:
        try:
            joined = _lookup(sheet.path.parent, one, made)
        except UnreadableError as error:
            work.findings.add("unreadable_file", file=one.file, detail=str(error))
            return None
        repeats = joined.frame["on"].is_duplicated()
        if repeats.any():
            work.findings.add(
                "lookup_not_unique",
                file=name,
                lookup=one.file,
                on=one.to or one.on,
                value=joined.frame["on"].filter(repeats)[0],
            )
            return None
        found.append(joined)
    return found


def _lookup(folder: Path, one: Lookup, made: Plan) -> Joined:
    path = next(iter(sorted(folder.glob(one.file))), folder / one.file)
    sheet = next(open_sheets(path, fingerprint(path).encoding))
    names = [cell.strip() if cell else "" for cell in sheet.head[0]]
    key = one.to or one.on
    at = {text: index for index, text in made.headers.items()}
    if key not in names:
        raise UnreadableError(f"it has no column “{key}”.{hint([key], names)[1]}")
    brought = {
        index: names.index(text) for index, text in made.headers.items() if index >= made.width and text in names
    }
    wanted = [
        pl.col(str(names.index(key))).alias("on"),
        *(pl.col(str(there)).alias(str(here)) for here, there in brought.items()),
    ]
    frames = [
        batch.frame.select(wanted)
        for batch in sheet.batches(header=sheet.first_row, width=len(names))
        if batch.frame.height
    ]
    rows = pl.concat(frames).with_columns(tidy(pl.concat(frames)["on"])).drop_nulls("on")
    return Joined(one.file, one.on, at[one.on], one.required, rows.with_columns(pl.lit(value=True).alias("found")))
