"""``fenming audit``: verify, head, export."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fenming.cli.texts import DATA, LANGUAGE, console, t

app = typer.Typer(
    no_args_is_help=True,
    help=t(
        "操作日志：核对是否被改动、查看链头、导出。",
        "The operation log: verify that nobody changed it, tell its head, export it.",
    ),
)


@app.command(
    "verify",
    help=t(
        "逐条核对操作日志的封条链：被改动、删除、插入、截断的都会指出编号。发现问题时退出码为 1。",
        "Verify the chain of seals over the operation log: what was changed, deleted, inserted or cut off is named by "
        "number. Exits with 1 on any finding.",
    ),
)
def verify_log(
    data: DATA = Path("var"),
    expect: Annotated[
        str,
        typer.Option(
            help=t(
                "另处记下的链头摘要（fenming audit head），用来发现末尾被截掉。",
                "A head digest noted elsewhere (fenming audit head): it shows an end that was cut off.",
            )
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出。", "Print JSON."))] = False,
) -> None:
    from fenming.commands import audit as command

    if not command.verify(data, expect=expect, as_json=as_json, language=LANGUAGE, out=Console()):
        raise typer.Exit(1)


@app.command(
    "head",
    help=t(
        "打印最新封条的编号和摘要；请记在本机之外，供日后 --expect 核对。",
        "Print the newest seal's number and digest; note it outside this machine, for --expect later.",
    ),
)
def log_head(data: DATA = Path("var")) -> None:
    from fenming.commands import audit as command

    command.head(data, LANGUAGE, Console())


@app.command("export", help=t("导出操作日志；导出本身也会记录。", "Export the operation log; the export is logged."))
def export_log(
    out: Annotated[Path, typer.Option("--out", "-o", help=t(".xlsx、.csv 或 .json。", ".xlsx, .csv or .json."))],
    data: DATA = Path("var"),
    start: Annotated[str | None, typer.Option("--from", help=t("从哪一天起。", "From which day."))] = None,
    end: Annotated[str | None, typer.Option("--to", help=t("到哪一天止（含）。", "Up to and with which day."))] = None,
    actor: Annotated[str, typer.Option(help=t("操作人的登录名。", "The sign-in name of who acted."))] = "",
    action: Annotated[str, typer.Option(help=t("操作，如 schemes.publish。", "Such as schemes.publish."))] = "",
    about: Annotated[str, typer.Option("--object", help=t("对象，完整写出。", "The object, in full."))] = "",
    text: Annotated[str, typer.Option(help=t("人、操作或对象中的文字。", "Text in person, operation or object."))] = "",
) -> None:
    from fenming.commands import audit as command

    command.export(
        data, out, text=text, actor=actor, action=action, about=about, start=start, end=end, language=LANGUAGE,
        console=console,
    )  # fmt: skip
