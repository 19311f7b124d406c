"""Checks of the machine and the data folder, before anything of the site is read."""

import json
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from fenming.commands.backup import folder
from fenming.commands.doctor.finding import Finding, bad, ok, warn

FREE_MIN = 10**9
FREE_SHARE_MIN = 0.1
BACKUP_DAYS = 7
SQLITE_MIN = (3, 31)


def versions(data: Path) -> Iterator[Finding]:
    python, lite = ".".join(map(str, sys.version_info[:3])), sqlite3.sqlite_version
    told = f"Python {python}, SQLite {lite}, DuckDB {duckdb.__version__}"
    if sys.version_info < (3, 11) or sqlite3.sqlite_version_info < SQLITE_MIN or int(duckdb.__version__[0]) < 2:
        yield bad((f"版本过旧：{told}", f"Too old: {told}"), (
            "安装 Python 3.11、SQLite 3.31、DuckDB 2 或更新版本", "Install Python 3.11, SQLite 3.31, DuckDB 2 or newer"
        ))  # fmt: skip
    else:
        yield ok(told, told)


def folder_writable(data: Path) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=data) as file:
            file.write(b"fenming")
            file.flush()
        yield ok(f"{data} 可写", f"{data} can be written")
    except OSError as error:
        yield bad((f"{data} 不可写：{error.strerror}", f"{data} cannot be written: {error.strerror}"), (
            "检查所有者和权限，或磁盘是否已满、只读",
            "See to its owner and mode, and whether the disk is full or read-only",
        ))  # fmt: skip


def disk_space(data: Path) -> Iterator[Finding]:
    usage = shutil.disk_usage(data)
    told = f"{usage.free / 1e9:.1f} GB", f"{usage.free / usage.total:.0%}"
    if usage.free < FREE_MIN or usage.free < usage.total * FREE_SHARE_MIN:
        yield warn((f"磁盘只剩 {told[0]}（{told[1]}）", f"Only {told[0]} of the disk are free ({told[1]})"), (
            "腾出空间，或把数据文件夹移到更大的磁盘", "Make room, or move the data folder to a larger disk"
        ))  # fmt: skip
    else:
        yield ok(f"磁盘剩余 {told[0]}（{told[1]}）", f"{told[0]} of the disk are free ({told[1]})")


def key_modes(data: Path) -> Iterator[Finding]:
    for name in folder.SECRETS:
        path = data / name
        if path.is_file():
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                yield bad((f"别人能读取 {name}（{mode:o}）", f"Others can read {name} (mode {mode:o})"), (
                    f"chmod 600 {path}；若可能已泄露，请更换密钥",
                    f"chmod 600 {path}; if it may have been read, change it",
                ))  # fmt: skip
            else:
                yield ok(f"{name} 仅所有者可读", f"{name} is for its owner only")


def restore_finished(data: Path) -> Iterator[Finding]:
    if (data / folder.STAGING).exists():
        yield bad(("有一次恢复中断了", "A restore was interrupted"), (
            "重新运行同一条 fenming restore 命令", "Run the same fenming restore command again"
        ))  # fmt: skip


def time_zone(data: Path) -> Iterator[Finding]:
    name = os.environ.get("FENMING_TIME_ZONE") or "Asia/Shanghai"
    try:
        now = datetime.now(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        yield bad((f"没有时区 {name} 的数据", f"There are no data of the time zone {name}"), (
            "安装系统的 tzdata，或改正 FENMING_TIME_ZONE", "Install the system's tzdata, or correct FENMING_TIME_ZONE"
        ))  # fmt: skip
        return
    yield ok(f"时区 {name}，现在 {now:%Y-%m-%d %H:%M}", f"Time zone {name}, now {now:%Y-%m-%d %H:%M}")


def last_backup(data: Path) -> Iterator[Finding]:
    remedy = (
        "运行 fenming backup，并安排每天运行（cron 或 systemd）",
        "Run fenming backup, and have cron or systemd run it daily",
    )  # fmt: skip
    try:
        noted = json.loads((data / folder.NOTES).read_text())
        made, archive = datetime.fromisoformat(noted["made"]), Path(noted["archive"])
    except FileNotFoundError:
        yield warn(("还没有备份过", "There has been no backup"), remedy)
        return
    except (ValueError, TypeError, KeyError, OSError):
        yield warn((f"{folder.NOTES} 无法读取", f"{folder.NOTES} cannot be read"), remedy)
        return
    age = datetime.now(UTC) - made
    if age > timedelta(days=BACKUP_DAYS):
        yield warn((f"上次备份是 {age.days} 天前", f"The last backup is {age.days} days old"), remedy)
    elif not archive.is_file():
        yield warn((f"上次的备份 {archive} 不在了", f"The last backup, {archive}, is not there any more"), remedy)
    else:
        yield ok(f"上次备份：{made.astimezone():%Y-%m-%d %H:%M}", f"Last backup: {made.astimezone():%Y-%m-%d %H:%M}")
