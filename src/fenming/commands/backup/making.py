"""``fenming backup``: everything kept, at one moment, in one archive that appears whole or not at all."""

import fcntl
import gzip
import hashlib
import io
import json
import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.db import connection
from rich.console import Console

from fenming.commands import site
from fenming.commands.backup import archive, folder, keys, reports, rows, schema
from fenming.commands.backup.manifest import FACTS, NAME, Fact, File, Manifest, Table, installed
from fenming.commands.progress import bar
from fenming.lake import keeping
from fenming.library.text import refuse

OURS = re.compile(r"fenming-\d{8}-\d{6}\.tar")
Tell = Callable[[str, int, int], None]
Spools = dict[str, IO[bytes]]


def backup(
    data: Path, to: Path, *, keys_to: Path | None, facts: bool, keep: int | None, language: str, console: Console
) -> Path:
    """Write the archive, and tell where it is and what it does not hold."""
    data = data.absolute()
    site.visit(data)
    _check_installed(data)
    now = datetime.now(UTC)
    target = to / f"fenming-{now.astimezone():%Y%m%d-%H%M%S}.tar" if to.is_dir() or not to.suffix else to
    if target.exists():
        raise refuse(f"{target} 已经存在，请换一个名字。", f"{target} exists already; choose another name.")
    if keys_to is not None:
        keys.check_place(keys_to, keys.held(data))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with bar(console, "备份" if language == "zh" else "Backing up") as tell:
            found = _write(data, target, now, facts=facts, tell=tell)
        if keys_to is not None:
            keys.write(keys_to, keys.held(data))
        _note(data, target, now)
        gone = _remove_older(target, found, keep) if keep and target.parent == to else []
    except OSError as error:
        raise archive.no_room(error, target.parent) from error
    for words in reports.report(data, target, found, keys_to, gone):
        console.print(words.say(language), highlight=False, soft_wrap=True)
    return target


def _check_installed(data: Path) -> None:
    path = Path(str(connection.settings_dict["NAME"]))
    if (connection.vendor == "sqlite" and not path.is_file()) or not schema.applied(connection):
        raise refuse(f"{data} 中没有可备份的数据。", f"There is nothing to back up in {data}.")


def _write(data: Path, target: Path, now: datetime, *, facts: bool, tell: Tell) -> Manifest:
    with ExitStack() as stack, _draft(target) as draft:
        with rows.snapshot() as source:
            tables, files, spools, pins = list[Table](), list[File](), Spools(), list[dict[str, int]]()
            for table in schema.tables(connection):
                spool = stack.enter_context(tempfile.TemporaryFile(dir=target.parent))  # nameless: gone when we are
                done, file = _spooled(source, table, spool, pins)
                tables.append(done)
                files.append(file)
                spools[file.name] = spool
                tell(table.name, len(tables), 0)
            migrations = schema.applied(connection)
        kept = [keeping.kept(data / FACTS, name, pins) for name in keeping.tables_in(data / FACTS)] if facts else None
        named = [f"{FACTS}/{name}" for one in kept or () for name in one.files] + folder.kept_files(data)
        files += [_hashed(data, name) for name in named]
        manifest = Manifest(
            fenming=installed(),
            made=now,
            host=socket.gethostname(),
            data=str(data),
            vendor=connection.vendor,
            migrations=migrations,
            tables=tuple(tables),
            files=tuple(files),
            facts=None if kept is None else {
                one.fact: Fact(version=one.version, pins=one.pins, lost=one.lost) for one in kept
            },
            keys=keys.fingerprints(keys.held(data)),
        )  # fmt: skip
        _fill(draft, data, manifest, spools, tell)
    return manifest


def _spooled(source: rows.Source, table: Table, spool: IO[bytes], pins: list[dict[str, int]]) -> tuple[Table, File]:
    """The rows of a table, packed beside the archive: their number and digest stand before them in it."""
    digest, plain, size = rows.Digest(table), hashlib.sha256(), 0
    pinned = [column.name for column in table.columns].index(FACTS) if table.name == "controls_run" else None
    with gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=archive.LEVEL, mtime=0, filename="") as packed:
        for row in source.rows(table):
            digest.add(row)
            text = rows.line(row)
            plain.update(text)
            size += len(text)
            packed.write(text)
            if pinned is not None and row[pinned]:
                pins.append(json.loads(row[pinned]))
    done = table.model_copy(update={"rows": digest.rows, "digest": digest.hexdigest(), "last": source.last(table)})
    return done, File(name=table.file, size=size, sha256=plain.hexdigest())


def _hashed(data: Path, name: str) -> File:
    digest, size = hashlib.sha256(), 0
    try:
        with (data / name).open("rb") as file:
            while block := file.read(archive.BLOCK):
                digest.update(block)
                size += len(block)
    except FileNotFoundError:
        raise refuse(
            f"文件 {name} 不见了。请运行 fenming doctor；只备份数据库可用 --no-facts。",
            f"The file {name} is missing. Run fenming doctor; --no-facts backs up the database alone.",
        ) from None
    return File(name=name, size=size, sha256=digest.hexdigest())


def _fill(draft: IO[bytes], data: Path, manifest: Manifest, spools: Spools, tell: Tell) -> None:
    writer = archive.Writer(draft, manifest.made.timestamp())
    head = manifest.model_dump_json().encode()
    writer.add(NAME, io.BytesIO(head), len(head))
    done = 0
    for file in manifest.files:
        if file.name in spools:
            spool = spools[file.name]
            size = spool.tell()
            spool.seek(0)
            writer.add(file.member, spool, size)
        else:
            _add(writer, data, file)
        done += file.size
        tell(file.name, done, manifest.size)
    writer.close()


def _add(writer: archive.Writer, data: Path, file: File) -> None:
    with (data / file.name).open("rb") as content:
        if file.member == file.name:
            writer.add(file.member, content, file.size)
            return
        with tempfile.TemporaryFile(dir=writer.folder) as packed:
            writer.add(file.member, packed, archive.pack(content, packed))


@contextmanager
def _draft(target: Path) -> Iterator[IO[bytes]]:
    """The archive beside its place, renamed when whole. What a killed backup left is removed first."""
    for path in target.parent.glob(".*.tar.part"):
        _sweep(path)
    path = target.with_name(f".{target.stem}.{os.getpid()}.tar.part")
    with path.open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            path.chmod(archive.OWNER_ONLY)
            yield file
            file.flush()
            os.fsync(file.fileno())
            path.rename(target)
        finally:
            path.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove a draft that no living process holds."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        path.unlink(missing_ok=True)


def _note(data: Path, target: Path, now: datetime) -> None:
    """When the last backup was made, for ``fenming doctor``."""
    draft = data / f".{folder.NOTES}.part"
    draft.write_text(json.dumps({"made": now.isoformat(), "archive": str(target), "size": target.stat().st_size}))
    draft.replace(data / folder.NOTES)


def _remove_older(target: Path, found: Manifest, keep: int) -> list[Path]:
    """All but the newest archives of this installation in the folder."""
    same = [
        path
        for path in sorted(target.parent.iterdir(), reverse=True)
        if OURS.fullmatch(path.name)
        and (made := archive.made_by(path)) is not None
        and (made.host, made.data) == (found.host, found.data)
    ]
    for path in same[keep:]:
        path.unlink()
    return same[keep:]
