"""All checks in order, and their findings as a table or as JSON."""

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rich.console import Console

from fenming.commands import site
from fenming.commands.doctor import machine, serving
from fenming.commands.doctor.finding import Check, Finding, bad
from fenming.library.text import Refusal, Words

Named = tuple[str, Finding]
MACHINE: tuple[Check, ...] = (
    machine.versions,
    machine.folder_writable,
    machine.disk_space,
    machine.key_modes,
    machine.restore_finished,
    machine.time_zone,
    machine.last_backup,
)
SERVING: tuple[Check, ...] = (serving.network, serving.secret_key, serving.static_files, serving.mail)
_SHOWN = {"ok": "[green]✓[/]", "warn": "[yellow]![/]", "bad": "[bold red]✗[/]"}


def doctor(data: Path, *, port: int, as_json: bool, language: str, console: Console) -> bool:
    """Whether nothing is bad."""
    found = []
    for name, finding in findings(data.absolute(), port=port):
        found.append((name, finding))
        if not as_json:
            _show(finding, language, console)
    if as_json:
        json.dump([_plain(name, finding) for name, finding in found], sys.stdout, ensure_ascii=False, indent=1)
        print()
    return not any(finding.state == "bad" for _, finding in found)


def findings(data: Path, *, port: int) -> Iterator[Named]:
    """What each check finds. Without settings or a database, those that need them are left out."""
    if not data.is_dir():
        yield "folder", bad((f"没有文件夹 {data}", f"There is no folder {data}"), (
            "用 --data 指明数据文件夹；新站点先运行 fenming serve",
            "Name the data folder with --data; a new site begins with fenming serve",
        ))  # fmt: skip
        return
    yield from _run(MACHINE, data)
    try:
        site.visit(data)
    except Exception as error:
        yield "settings", bad((f"设置无法读取：{error}", f"The settings cannot be read: {error}"), (
            "改正 FENMING_ 开头的环境变量", "Correct the environment variables that begin with FENMING_"
        ))  # fmt: skip
        return
    yield from _run((*SERVING, partial(_port, port=port)), data)
    from fenming.commands.doctor import facts, records

    reached = list(_run((records.database_reachable,), data))
    yield from reached
    if all(finding.state == "ok" for _, finding in reached):
        checks: tuple[Check, ...] = (
            records.migrations_applied,
            records.integrity,
            records.postgresql,
            records.guards,
            records.clock,
            records.worker,
            records.decryptable,
            facts.tables_open,
            facts.no_orphans,
            facts.pins_open,
            facts.inputs_kept,
        )
        yield from _run(checks, data)


def _run(checks: tuple[Check, ...], data: Path) -> Iterator[Named]:
    for check in checks:
        name = getattr(check, "__name__", "port_free")
        try:
            yield from ((name, finding) for finding in check(data))
        except Exception as error:  # a check that breaks is a finding, and the others go on
            yield name, _broken(name, error)


def _broken(name: str, error: Exception) -> Finding:
    words = error.words if isinstance(error, Refusal) else Words.same(f"{type(error).__name__}: {error}")
    return bad((f"{name} 检查不了：{words.zh}", f"{name} could not be checked: {words.en}"), (
        "先解决上面的问题，再运行一次", "Mend what stands above, then run this again"
    ))  # fmt: skip


def _port(data: Path, *, port: int) -> Iterator[Finding]:
    return serving.port_free(port)


def _show(finding: Finding, language: str, console: Console) -> None:
    from rich.markup import escape

    console.print(f"{_SHOWN[finding.state]} {escape(finding.what.say(language))}", highlight=False, soft_wrap=True)
    if finding.remedy is not None:
        console.print(f"  → {escape(finding.remedy.say(language))}", highlight=False, soft_wrap=True)


def _plain(name: str, finding: Finding) -> dict[str, object]:
    remedy = finding.remedy.model_dump() if finding.remedy else None
    return {"check": name, "state": finding.state, "what": finding.what.model_dump(), "remedy": remedy}
