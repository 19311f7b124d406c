"""``fenming keys``: list, add, rotate."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fenming.cli.texts import DATA, LANGUAGE, console, t

app = typer.Typer(
    no_args_is_help=True,
    help=t(
        "加密身份证号、手机号、薪酬等字段的密钥：列出、增加、轮换。",
        "The keys that encrypt ID numbers, phones and pay: list, add, rotate.",
    ),
)


class Algorithm(StrEnum):
    """How a new key encrypts."""

    AES = "aes-256-gcm"
    SM4 = "sm4-gcm"


@app.command(
    "list",
    help=t(
        "列出密钥、算法和各自加密的数据条数。", "List the keys with their algorithm and how many values each holds."
    ),
)
def list_keys(data: DATA = Path("var")) -> None:
    from fenming.commands import keys as command

    command.show(data, LANGUAGE, Console())


@app.command(
    "add",
    help=t(
        "增加一个密钥，此后的新值用它加密；已有数据用 rotate 换到它。",
        "Add a key that encrypts new values from now on; rotate moves the older values to it.",
    ),
)
def add_key(
    algorithm: Annotated[
        Algorithm, typer.Option(help=t("算法；sm4-gcm 为国密。", "The algorithm; sm4-gcm is the Chinese standard."))
    ] = Algorithm.AES,
    data: DATA = Path("var"),
) -> None:
    from fenming.commands import keys as command

    command.add(data, algorithm.value, LANGUAGE, Console())


@app.command(
    "rotate",
    help=t(
        "用最新的密钥重新加密全部数据；网站可以照常运行，中断后再次运行即可。",
        "Encrypt every value again with the newest key; the site may run meanwhile, and after a break run it again.",
    ),
)
def rotate_keys(data: DATA = Path("var")) -> None:
    from fenming.commands import keys as command

    if not command.rotate(data, LANGUAGE, console):
        raise typer.Exit(1)
