"""Checks of the facts and of what runs pinned."""

from collections.abc import Iterator
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from fenming.commands.doctor.finding import Finding, bad, ok, warn
from fenming.controls.models import Run
from fenming.controls.queries import pinned_versions
from fenming.lake import keeping
from fenming.modules.hub.queries import lake_folder, runs_folder

_AGAIN = (
    "从备份恢复，或重新导入那些记录",
    "Restore a backup, or import those records again",
)


def tables_open(data: Path) -> Iterator[Finding]:
    sound = 0
    for name in keeping.tables_in(lake_folder()):
        folder = lake_folder() / name
        try:
            missing = keeping.absent(folder, DeltaTable(folder).version())
        except (DeltaError, OSError) as error:
            reason = str(error).splitlines()[0]
            yield bad((f"事实表 {name} 打不开：{reason}", f"The facts {name} do not open: {reason}"), _AGAIN)
            continue
        if missing:
            told = f"{len(missing)}: {missing[0]}"
            yield bad((f"事实表 {name} 缺少文件 {told}", f"Files of the facts {name} are missing, {told}"), _AGAIN)
        else:
            sound += 1
    yield ok(f"{sound} 张事实表完好", f"{sound} tables of facts are sound")


def no_orphans(data: Path) -> Iterator[Finding]:
    count = sum(len(keeping.orphans(lake_folder() / name)) for name in keeping.tables_in(lake_folder()))
    if count:
        yield warn((f"中断的导入留下 {count} 个无用文件", f"Interrupted imports left {count} useless files"), (
            "不影响结果；没有导入在进行时，可删除 facts 中的 *.parquet#* 文件",
            "They change nothing; delete *.parquet#* below facts while no import runs",
        ))  # fmt: skip


def pins_open(data: Path) -> Iterator[Finding]:
    pins, lost = pinned_versions(), 0
    for name in keeping.tables_in(lake_folder()):
        try:
            gone = keeping.kept(lake_folder(), name, pins).lost
        except (DeltaError, OSError):
            continue  # told by tables_open
        if gone:
            lost += 1
            told = ", ".join(map(str, gone[:5]))
            yield bad(
                (f"计分所依据的 {name} 版本 {told} 打不开", f"Runs name versions of {name} that do not open: {told}"),
                _AGAIN,
            )
    if not lost:
        yield ok("计分所依据的版本都能打开", "All versions that runs name open")


def inputs_kept(data: Path) -> Iterator[Finding]:
    runs = dict(Run.objects.filter(complete=True).values_list("pk", "inputs"))
    gone = [number for number, digest in runs.items() if not (runs_folder() / f"{digest}.json").is_file()]
    if gone:
        told = ", ".join(map(str, gone[:5]))
        yield bad((f"缺少计分 {told} 的依据文件", f"The inputs of the runs {told} are missing"), (
            "从备份中找回 runs 文件夹", "Bring the runs folder back from a backup"
        ))  # fmt: skip
    else:
        yield ok(f"{len(runs)} 次计分的依据都在", f"The inputs of all {len(runs)} runs are there")
