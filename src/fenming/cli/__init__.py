"""The ``fenming`` command. Texts are Chinese or English, by the locale or FENMING_LANGUAGE.

``facts`` and ``site`` hold the commands, ``keys`` and ``audit`` the groups of these names; what each does lies in
`fenming.commands`, imported only when it is called.
"""

import sys

import typer

from fenming.cli import audit, facts, keys, site
from fenming.cli.texts import LANGUAGE, console, t
from fenming.library.text import Refusal, Words

app = typer.Typer(
    name="fenming",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=t(
        "**分明**：从业务记录到可追溯的计分卡与奖金。\n\n"
        "不用服务器：`fenming score` 给 Excel/CSV/Parquet 计分，`fenming explain` 说明每个数字的来历，"
        "`fenming rescore` 从依据重算。\n\n"
        "公司使用：`fenming demo` 建立演示公司，`fenming serve` 打开网站。",
        "**Fenming 分明**: from business records to scorecards and bonuses that can be traced.\n\n"
        "Without a server: `fenming score` scores Excel, CSV or Parquet files, `fenming explain` tells how a number "
        "came about, `fenming rescore` computes it again from its evidence.\n\n"
        "For a company: `fenming demo` makes the demo company, `fenming serve` opens the site.",
    ),
)
app.add_typer(facts.app)
app.add_typer(site.app)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Run the command; what a person did wrong is told in words, without a traceback."""
    try:
        app()
    except Exception as error:
        words = _words(error)
        if words is None:
            raise
        console.print(
            t("[bold red]不行：[/]", "[bold red]No:[/] ") + words.say(LANGUAGE), highlight=False, soft_wrap=True
        )
        sys.exit(2)


def _words(error: Exception) -> Words | None:
    """The sentence for a person, if this error is one of theirs."""
    if isinstance(error, Refusal):
        return error.words
    words = getattr(error, "words", None)
    if isinstance(words, Words):
        return words
    if isinstance(error, PermissionError):
        what = error.filename or ""
        return Words(
            zh=f"没有权限：{what}。请换一个文件夹或端口，或由有权限的用户运行。",
            en=f"Permission denied: {what}. Choose another folder or port, or run it as a user who may.",
        )
    return Words.same(str(error)) if isinstance(error, LookupError | ValueError) else None
