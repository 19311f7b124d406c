"""``fenming audit``: verify the operation log, tell its head, export it. None of them migrates the database."""

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path

from rich.console import Console

from fenming.commands.site import open_site
from fenming.library.text import refuse

TOLD = 200
"""Findings on the screen; --json gives all."""


def verify(data: Path, *, expect: str, as_json: bool, language: str, out: Console) -> bool:
    """Verify the whole chain; whether everything holds."""
    _open(data)
    from fenming.controls.verification import verify as verified

    verdict = verified(expect=expect)
    head = {"number": verdict.head.number, "digest": verdict.head.digest} if verdict.head else None
    if as_json:
        findings = [
            {"kind": one.kind.value, "first": one.first, "last": one.last, "seal": one.seal,
             "words": one.words.say(language)}
            for one in verdict.findings
        ]  # fmt: skip
        told = {"holds": not findings, "seals": verdict.seals, "entries": verdict.entries, "head": head}
        out.print_json(json.dumps(told | {"findings": findings}, ensure_ascii=False))
        return not findings
    zh = language == "zh"
    for one in verdict.findings[:TOLD]:
        out.print(f"✗ {one.words.say(language)}", style="red", markup=False, highlight=False, soft_wrap=True)
    if len(verdict.findings) > TOLD:
        more = len(verdict.findings) - TOLD
        out.print(f"……另有 {more} 处，见 --json。" if zh else f"… and {more} more: see --json.")
    if verdict.findings:
        out.print(_bad(len(verdict.findings), zh=zh), soft_wrap=True)
    else:
        out.print(_good(verdict.seals, verdict.entries, zh=zh), soft_wrap=True)
    return not verdict.findings


def _bad(count: int, *, zh: bool) -> str:
    if zh:
        return f"[bold red]操作日志与封存时不一致：{count} 处。[/]请保留数据库现状，并与备份比对。"
    return (
        f"[bold red]The operation log is not what was sealed: {count} findings.[/] "
        "Keep the database as it is, and compare it with your backups."
    )


def _good(seals: int, entries: int, *, zh: bool) -> str:
    if zh:
        return f"[bold green]操作日志完好：[/]{seals} 个封条、{entries} 条记录与封存时完全一致。"
    return (
        f"[bold green]The operation log holds:[/] {seals} seals with {entries} entries are exactly as they were sealed."
    )


def head(data: Path, language: str, out: Console) -> None:
    """Print the newest seal, to be noted where nobody of this machine can reach."""
    _open(data)
    from fenming.controls.queries import head as newest

    found = newest()
    if found is None:
        raise refuse(
            "操作日志还没有封条：后台任务每分钟封存一次。",
            "The operation log has no seal yet: background work makes one each minute.",
        )
    out.print(f"{found.number} {found.digest}", markup=False, highlight=False, soft_wrap=True)


def export(
    data: Path, path: Path, *, text: str, actor: str, action: str, about: str, start: str | None, end: str | None,
    language: str, console: Console,
) -> None:  # fmt: skip
    """Write entries into a file; the export is an entry itself."""
    first, last = _day(start, "--from"), _day(end, "--to")
    _open(data)
    from django.utils import timezone, translation

    from fenming.controls.operations import SYSTEM
    from fenming.controls.queries import Wanted
    from fenming.modules.audit import operations
    from fenming.modules.audit.queries.files import check_kind

    check_kind(path)
    if not path.parent.is_dir():
        raise refuse(f"文件夹 {path.parent} 不存在。", f"There is no folder {path.parent}.")
    wanted = Wanted(
        text=text,
        actor=actor or None,
        action=action,
        object=about,
        start=timezone.make_aware(datetime.combine(first, time())) if first else None,
        end=timezone.make_aware(datetime.combine(last, time()) + timedelta(days=1)) if last else None,
    )
    with translation.override("zh-hans" if language == "zh" else "en"):
        count = operations.export(SYSTEM, wanted, path)
    console.print(f"{count} 条记录已写入 {path}。" if language == "zh" else f"{count} entries written to {path}.")


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 2000 <= found.year < 3000:
        raise refuse(
            f"{option} “{text}”应写成日期，如 2026-10-01。", f"{option} “{text}” should be a day such as 2026-10-01."
        )
    return found


def _open(data: Path) -> None:
    """The site over an existing database: what is verified must not be changed by verifying."""
    if not data.is_dir():
        raise refuse(f"没有数据文件夹 {data}。", f"There is no data folder {data}.")
    open_site(data)
    from django.db import connection

    if "controls_seal" not in connection.introspection.table_names():
        raise refuse(
            f"{data} 的数据库还没有操作日志的封条：请先用新版本打开一次网站。",
            f"The database of {data} has no seals yet: open the site once with this version.",
        )
