"""What a backup says when it is done: where it is, and what it does not hold."""

from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from fenming.commands.backup import folder, keys, schema
from fenming.commands.backup.manifest import Manifest
from fenming.library.text import Words


def report(data: Path, target: Path, found: Manifest, keys_to: Path | None, removed: list[Path]) -> Iterator[Words]:
    yield _told(target, found)
    yield from _warnings(data, found)
    yield _keys_told(keys_to)
    for path in removed:
        yield Words(zh=f"已删除较早的 {path}", en=f"Removed the older {path}")


def _told(target: Path, found: Manifest) -> Words:
    count = sum(table.rows for table in found.tables)
    size = f"{target.stat().st_size / 1e6:.1f} MB"
    return Words(
        zh=f"[bold green]{target}[/]  {size}：{len(found.tables)} 张表 {count} 行，{len(found.stored())} 个文件",
        en=f"[bold green]{target}[/]  {size}: {len(found.tables)} tables, {count} rows, {len(found.stored())} files",
    )


def _warnings(data: Path, found: Manifest) -> Iterator[Words]:
    if found.facts is None:
        yield Words(zh="[yellow]不含事实（--no-facts）。[/]", en="[yellow]Without the facts (--no-facts).[/]")
    lost = {name: one.lost for name, one in (found.facts or {}).items() if one.lost}
    if lost:
        yield Words(
            zh=f"[yellow]有计分所依据的版本已经打不开，没有备份：{lost}[/]",
            en=f"[yellow]Versions that runs name no longer open and are not in the backup: {lost}[/]",
        )
    if extra := folder.unknown(data) + schema.left_out(connection, found.tables):
        yield Words(
            zh=f"[yellow]不属于分明、没有备份：{'、'.join(extra)}[/]",
            en=f"[yellow]Not Fenming's and not backed up: {', '.join(extra)}[/]",
        )


def _keys_told(keys_to: Path | None) -> Words:
    if keys_to is None:
        return Words(zh=f"[bold red]{keys.APART.zh}[/]", en=f"[bold red]{keys.APART.en}[/]")
    return Words(
        zh=f"[bold]密钥在 {keys_to}，请与归档分开保存。[/]",
        en=f"[bold]The keys are in {keys_to}; keep them apart from the archive.[/]",
    )
