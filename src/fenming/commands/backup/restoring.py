"""``fenming restore``: an archive into an empty installation, on either database, and then compared with it."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from django.db import DatabaseError, connection, transaction
from rich.console import Console
from rich.prompt import Prompt

from fenming.commands import site
from fenming.commands.backup import archive, keys, loading, rows, schema
from fenming.commands.backup.archive import Reader
from fenming.commands.backup.folder import SECRETS
from fenming.commands.backup.manifest import FACTS, Manifest, Table
from fenming.commands.backup.place import Place, set_mark, set_schema_aside
from fenming.commands.backup.rows import Row
from fenming.commands.progress import bar
from fenming.lake import keeping
from fenming.library.text import Words, refuse

Tell = Callable[[str, int, int], None]
_LINE_MAX = 64 << 20


def restore(path: Path, data: Path, *, keys_from: Path | None, replace: bool, language: str, console: Console) -> None:
    """Check, stage, load, verify; only then does the installation change."""
    data, title = data.absolute(), "恢复" if language == "zh" else "Restoring"
    with archive.opened(path) as reader:
        with bar(console, title) as tell:
            reader.check(tell)
        given = _keys(reader.manifest, keys_from)
        site.visit(data)
        _check_migrations(reader.manifest)
        place = Place(data)
        place.recover()
        if not place.is_empty():
            _confirm(data, language, replace=replace)
        place.check_room(reader.manifest.size * 2)
        try:
            with bar(console, title) as tell:
                aside, rounded = _restore(place, reader, given, source=path.absolute(), tell=tell)
        except BaseException as error:
            place.recover()
            if isinstance(error, OSError):
                raise archive.no_room(error, data) from error
            if isinstance(error, DatabaseError):
                raise refuse(
                    f"数据库拒绝了：{error}。没有改动任何东西；请检查磁盘空间和数据库权限。",
                    f"The database refused: {error}. Nothing was changed; see to its disk and to your rights in it.",
                ) from error
            raise
    for words in _told(reader.manifest, place, aside, rounded):
        console.print(words.say(language), highlight=False, soft_wrap=True)


def _keys(manifest: Manifest, keys_from: Path | None) -> dict[str, str] | None:
    if keys_from is None:
        return None
    given = keys.read(keys_from)
    if wrong := keys.missing(manifest.keys, given):
        raise refuse(
            f"{keys_from} 不是这份归档的密钥（{'、'.join(wrong)} 不符）。请用与它同时保存的密钥文件。",
            f"{keys_from} does not hold the keys of this archive ({', '.join(wrong)}). "
            "Use the key file that was kept with it.",
        )
    return given


def _check_migrations(manifest: Manifest) -> None:
    if unknown := schema.unknown_migrations(manifest.migrations):
        names = ", ".join(".".join(one) for one in unknown[:5])
        raise refuse(
            f"归档的表结构这里不认识（{names}）。请用写它的那个版本或更新的版本恢复。",
            f"This Fenming does not know the archive's tables ({names}). "
            "Restore with the version that wrote it, or a newer one.",
        )


def _confirm(data: Path, language: str, *, replace: bool) -> None:
    if not replace:
        raise refuse(
            f"{data} 中已有公司数据。请恢复到空文件夹，或用 --replace（原数据移到一旁，不会删除）。",
            f"{data} already holds a company's data. Restore into an empty folder, or use --replace (the data there "
            "are moved aside, not deleted).",
        )
    asked = Words(
        zh=f"{data} 中的数据将移到一旁。请先停止网站，然后输入文件夹名 {data.name} 以继续",
        en=f"The data in {data} will be moved aside. Stop the site first, then type the folder's name, "
        f"{data.name}, to go on",
    )
    if Prompt.ask(asked.say(language)).strip() != data.name:
        raise refuse("输入的名字不符，没有改动任何东西。", "That is another name; nothing was changed.")


def _restore(
    place: Place, reader: Reader, given: dict[str, str] | None, *, source: Path, tell: Tell
) -> tuple[Path | None, int]:
    """Where the data of before are now, and how many values SQLite had to round."""
    place.begin()
    _stage_files(place, reader, tell)
    for name, text in (given or {}).items():
        keys.write_one(place.staging / name, text)
    staying = {place.data / name for name in SECRETS if given is None}
    if source.is_relative_to(place.data):
        staying.add(place.data / source.relative_to(place.data).parts[0])
    if connection.vendor == "sqlite":
        rounded = _into_sqlite(place, reader, tell)
        place.move_in(staying=staying, mark=None)
    else:
        with transaction.atomic():  # the files move in just before the commit, which the mark goes with
            mark = f"fenming-restore-{secrets.token_hex(8)}"
            place.schema = set_schema_aside(place.schema)
            set_mark(mark)
            rounded = _load(reader, tell)
            schema.migrate(connection)
            place.move_in(staying=staying, mark=mark)
    return place.finish(), rounded


def _into_sqlite(place: Place, reader: Reader, tell: Tell) -> int:
    """Into a file of its own, which takes its place when it is whole."""
    connection.close()
    connection.settings_dict["NAME"] = place.staged_database
    try:
        rounded = _load(reader, tell)
        schema.migrate(connection)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = place.database
    return rounded


def _stage_files(place: Place, reader: Reader, tell: Tell) -> None:
    done = 0
    for file in reader.manifest.stored():
        target = place.staging / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as into:
            reader.copy(file, into)
        done += file.size
        tell(file.name, done, reader.manifest.size)
    for name, fact in (reader.manifest.facts or {}).items():
        for version in (fact.version, *fact.pins):
            _check_fact(place.staging / FACTS / name, version, newest=version == fact.version)


def _check_fact(folder: Path, version: int, *, newest: bool) -> None:
    try:
        opened = not keeping.absent(folder, version) and (not newest or DeltaTable(folder).version() == version)
    except DeltaError:
        opened = False
    if not opened:
        raise archive.broken(
            f"事实表 {folder.name} 的版本 {version} 打不开",
            f"version {version} of the facts {folder.name} does not open",
        )


def _load(reader: Reader, tell: Tell) -> int:
    manifest = reader.manifest
    schema.migrate(connection, manifest.migrations)
    shape = {table.name: table for table in schema.tables(connection)}
    for table in manifest.tables:
        _check_shape(table, shape.get(table.name))
    files = {file.name: file for file in manifest.files}
    done, total = 0, sum(table.rows for table in manifest.tables) * 2
    with transaction.atomic():
        loading.empty(manifest.tables)
        fitted = {}
        for table in manifest.tables:
            tell(table.name, done, total)
            with reader.lines(files[table.file]) as lines:
                fitted[table.name] = loading.load(table, _rows(table, lines))
            done += table.rows
        loading.settle(manifest.tables)
    with rows.written() as source:
        for table in manifest.tables:
            tell(table.name, done, total)
            loading.verify(source, table, fitted[table.name])
            done += table.rows
    return sum(one.rounded for one in fitted.values())


def _check_shape(table: Table, found: Table | None) -> None:
    if found is None or (found.columns, found.key) != (table.columns, table.key):
        raise archive.broken(
            f"表 {table.name} 的列与其表结构版本不符", f"the columns of {table.name} are not those of its migrations"
        )


def _rows(table: Table, lines: IO[bytes]) -> Iterator[Row]:
    width = len(table.columns)
    while text := lines.readline(_LINE_MAX):
        row = json.loads(text)
        if not isinstance(row, list) or len(row) != width:
            raise ValueError("a line that is no row")
        yield row


def _told(manifest: Manifest, place: Place, aside: Path | None, rounded: int) -> Iterator[Words]:
    data = place.data
    count, facts = sum(table.rows for table in manifest.tables), manifest.facts or {}
    yield Words(
        zh=f"[bold green]已恢复到 {data}[/]，并与清单逐一核对：{len(manifest.tables)} 张表 {count} 行的行数与摘要，"
        f"{len(manifest.stored())} 个文件的摘要，{len(facts)} 张事实表的版本。",
        en=f"[bold green]Restored to {data}[/] and compared with the manifest: count and digest of {count} rows in "
        f"{len(manifest.tables)} tables, the digests of {len(manifest.stored())} files, the versions of {len(facts)} "
        "tables of facts.",
    )
    if rounded:
        yield Words(
            zh=f"[yellow]SQLite 只保留 15 位有效数字：{rounded} 个更长的数按此取整，其余完全一致。[/]",
            en=f"[yellow]SQLite keeps 15 digits: {rounded} longer numbers were rounded to that; all else is exact.[/]",
        )
    if manifest.facts is None:
        yield Words(zh="[yellow]归档不含事实。[/]", en="[yellow]The archive holds no facts.[/]")
    if aside is not None:
        yield Words(zh=f"原有文件在 {aside}。", en=f"What was there before is in {aside}.")
    if connection.vendor == "postgresql" and place.schema:
        yield Words(zh=f"原有的表在 schema {place.schema}。", en=f"The tables of before are in schema {place.schema}.")
    if missing := keys.missing(manifest.keys, keys.held(data)):
        yield Words(
            zh=f"[bold red]这里的密钥不是归档的（{'、'.join(missing)}）：加密的内容无法读取，大家须重新登录。"
            "请放回原来的密钥文件，或用 --keys 重新恢复。[/]",
            en=f"[bold red]The keys here are not the archive's ({', '.join(missing)}): what is encrypted cannot be "
            "read, and everybody signs in anew. Put the old key files back, or restore again with --keys.[/]",
        )
