"""Commands of a company's site: demo, serve, start-link, worker, rerun, backup, restore, doctor, openapi."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from fenming.cli.texts import DATA, LANGUAGE, console, t

app = typer.Typer()


@app.command(
    help=t(
        "建立演示公司（300 人、一年数据）并打开网站。",
        "Make the demo company (300 people, a year of records) and open the site.",
    )
)
def demo(
    data: DATA = Path("var/demo"),
    until: Annotated[
        str | None,
        typer.Option(help=t("演示到哪一天，默认今天。", "The day on which the demo stands; today by default.")),
    ] = None,
    months: Annotated[
        int, typer.Option(min=1, max=12, help=t("计分多少个完整月份。", "How many full months are scored."))
    ] = 3,
    serve: Annotated[bool, typer.Option(help=t("建立后打开网站。", "Open the site afterwards."))] = True,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8000,
) -> None:
    from fenming.commands import site

    day = date.fromisoformat(until) if until else date.today()  # noqa: DTZ011 - the demo's day is the machine's
    site.demo(data, day, months=months, serve=serve, host=host, port=port, language=LANGUAGE, console=console)


@app.command(help=t("打开网站。", "Open the site."))
def serve(
    data: DATA = Path("var"),
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8000,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    worker: Annotated[
        bool,
        typer.Option(
            help=t(
                "数据库为 SQLite 时，同时运行一个后台任务进程。",
                "Run background work beside it when the database is SQLite.",
            )
        ),
    ] = True,
) -> None:
    from fenming.commands import site

    site.serve(data, host=host, port=port, workers=workers, worker=worker, language=LANGUAGE, console=console)


@app.command(
    "start-link",
    help=t(
        "打印首次启动的链接（还没有账号时）；之前的链接随即失效。",
        "Print the link to the first start, while there is no account; the one before ends.",
    ),
)
def start_link(
    data: DATA = Path("var"),
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8000,
) -> None:
    from fenming.commands import site

    site.start_link(data, host=host, port=port, language=LANGUAGE, console=console)


@app.command(
    help=t(
        "处理后台任务。使用 PostgreSQL 时可运行任意多个；SQLite 由 fenming serve 自带一个。",
        "Run background work: any number of these beside PostgreSQL; with SQLite, fenming serve starts one itself.",
    )
)
def worker(
    data: DATA = Path("var"),
    threads: Annotated[int, typer.Option(min=1, max=64, help=t("同时处理几个任务。", "How many jobs at once."))] = 2,
    beside: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    from fenming.commands import worker

    worker.work(data, threads=threads, beside=beside, language=LANGUAGE, console=console)


@app.command(
    help=t(
        "从一次计分的依据重算，写成结果文件。",
        "Compute a run of the site again from its pins and write it as a result file.",
    )
)
def rerun(
    run: Annotated[int, typer.Argument(help=t("计分编号。", "The number of the run."))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("结果文件。", "Where the result goes."))],
    data: DATA = Path("var"),
) -> None:
    from fenming.commands import site

    site.rerun(run, out, data)


@app.command(
    help=t(
        "备份：数据库、事实和计分依据写成一个归档，SQLite 与 PostgreSQL 通用。密钥另存。",
        "Back up database, facts and the evidence of runs into one archive that restores on SQLite and PostgreSQL. "
        "The keys are kept apart.",
    )
)
def backup(
    to: Annotated[Path, typer.Option("--to", help=t("归档文件（.tar）或文件夹。", "The archive (.tar) or a folder."))],
    data: DATA = Path("var"),
    keys: Annotated[
        Path | None,
        typer.Option(help=t("密钥另存到此文件，请与归档分开。", "Write the keys to this file, kept apart.")),
    ] = None,
    facts: Annotated[bool, typer.Option(help=t("是否包含事实。", "With the facts."))] = True,
    keep: Annotated[
        int | None, typer.Option(min=1, help=t("此文件夹只留最近几份。", "How many archives the folder keeps."))
    ] = None,
) -> None:
    from fenming.commands.backup import making

    making.backup(data, to, keys_to=keys, facts=facts, keep=keep, language=LANGUAGE, console=console)


@app.command(
    help=t(
        "从归档恢复到空的数据文件夹，或用 --replace 取代现有数据（移到一旁，不删除）。",
        "Restore an archive into an empty data folder, or with --replace in place of what is there (moved aside, not "
        "deleted).",
    )
)
def restore(
    archive: Annotated[Path, typer.Argument(help=t("fenming backup 写的归档。", "What fenming backup wrote."))],
    data: DATA,
    keys: Annotated[
        Path | None, typer.Option(help=t("备份时另存的密钥文件。", "The key file that was kept apart."))
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help=t("取代现有数据。", "In place of what is there."))] = False,
) -> None:
    from fenming.commands.backup import restoring

    restoring.restore(archive, data, keys_from=keys, replace=replace, language=LANGUAGE, console=console)


@app.command(
    help=t("检查安装是否完好，并说明如何修复。", "Check whether the installation is in order, and how to mend it.")
)
def doctor(
    data: DATA = Path("var"),
    port: Annotated[int, typer.Option(min=1, max=65535, help=t("网站的端口。", "The port of the site."))] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help=t("输出 JSON。", "Print JSON."))] = False,
) -> None:
    from fenming.commands.doctor import running

    if not running.doctor(data, port=port, as_json=as_json, language=LANGUAGE, console=console):
        raise typer.Exit(1)


@app.command(
    help=t(
        "写出开放接口的 OpenAPI 文档，供生成客户端；文字为本命令的语言。",
        "Write the OpenAPI document of the open API, to make clients from; its words are in this command's language.",
    )
)
def openapi(
    out: Annotated[Path, typer.Option("--out", "-o", help=t("写到这个 .json 文件。", "The .json file to write."))],
) -> None:
    from fenming.commands import openapi as command

    command.write(out, LANGUAGE, console)
