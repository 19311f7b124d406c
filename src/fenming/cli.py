"""The ``fenming`` command. Texts are Chinese or English, by the locale or FENMING_LANGUAGE."""

import locale
import os
import sys
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fenming.library.text import Refusal, Words


def language() -> str:
    """zh or en: FENMING_LANGUAGE, else the locale's."""
    chosen = os.environ.get("FENMING_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES")
    chosen = chosen or os.environ.get("LANG") or (locale.getlocale()[0] or "")
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


LANGUAGE = language()


def t(zh: str, en: str) -> str:
    """A text in the language of this call."""
    return zh if LANGUAGE == "zh" else en


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
console = Console(stderr=True)

COLUMN = t("列=字段", "column=field")
_YAML = (".yaml", ".yml")
PERIOD = t(
    "周期：2026-10、2026-Q4、2026 或 2026-10-01..2026-10-15；不写则为全部记录的时间。",
    "Period: 2026-10, 2026-Q4, 2026 or 2026-10-01..2026-10-15; without it, all that the facts span.",
)


DATA = Annotated[Path, typer.Option(envvar="FENMING_DATA", help=t("数据文件夹。", "The data folder."))]


@app.command(
    help=t(
        "给文件计分：计分卡、等级、名次、奖金，以及被拒的行。",
        "Score files: scorecards, grades, ranks, bonuses, and the rows that were rejected.",
    )
)
def score(
    facts: Annotated[
        list[Path],
        typer.Option(
            "--facts",
            "-f",
            exists=True,
            help=t(
                "业务文件或文件夹（Excel、CSV、Parquet），可多次使用。",
                "Files or folders of business records (Excel, CSV, Parquet); may be repeated.",
            ),
        ),
    ],
    scheme: Annotated[
        str,
        typer.Option(
            "--scheme",
            "-s",
            help=t(
                "方案：自带方案名（fenming schemes 列出）或 .yaml 文件。",
                "The scheme: the name of a shipped one (see fenming schemes) or a .yaml file.",
            ),
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help=t("结果文件：.xlsx、.json 或 .parquet。", "Where the result goes: .xlsx, .json or .parquet."),
        ),
    ],
    more: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, show_default=False, help=t("更多业务文件。", "More files of business records.")),
    ] = None,
    period: Annotated[str | None, typer.Option("--period", "-p", help=PERIOD)] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            help=t(
                "人员文件：员工、姓名、岗位、基数、出勤；不写则基数相同、全勤。",
                "People file: person, name, post, base, attendance; without it equal bases and full attendance.",
            ),
        ),
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            help=t(
                "排班文件：员工、账号、开始、结束；用于公用账号的归属。",
                "Roster file: person, account, start, end; it attributes the records of shared accounts.",
            ),
        ),
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option(help=t("奖金总额（元），精确到分地分完。", "The bonus pool in yuan, divided exactly to the fen.")),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            exists=True, help=t("列对应关系的 YAML 文件。", "A YAML file that says which column is which field.")
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            "-m",
            metavar=COLUMN,
            help=t("单列对应：--map 坐席=employee。", "One column: --map Seat=employee."),
        ),
    ] = None,
    fact: Annotated[
        str | None,
        typer.Option(help=t("表头看不出时，指明业务类型。", "The fact type, when the headers leave it open.")),
    ] = None,
    zone: Annotated[str, typer.Option(help=t("记录时间所在时区。", "The time zone of the records."))] = "Asia/Shanghai",
) -> None:
    from fenming.commands import scoring

    scoring.score(
        paths=[*facts, *(more or [])], scheme=scheme, out=out, period=period, people=people, roster=roster,
        pool=_money(pool), mapping=_mapping(mapping, column), columns=_columns(column or []), fact=fact, zone=zone,
        language=LANGUAGE, console=console,
    )  # fmt: skip


@app.command(
    help=t(
        "说明一个数字的来历，直到原始行（文件、工作表、行），以及未计入的行和原因。",
        "Tell how a number came about, down to the raw rows (file, sheet, row), with the excluded ones and why.",
    )
)
def explain(
    result: Annotated[
        Path,
        typer.Argument(
            exists=True, help=t("fenming score 写出的结果文件。", "A result file that fenming score wrote.")
        ),
    ],
    person: Annotated[str, typer.Option("--person", help=t("员工。", "The person."))],
    indicator: Annotated[
        str | None,
        typer.Option(
            "--indicator",
            "-i",
            help=t(
                "指标编号或名称；不写则说明总分与奖金。",
                "The indicator's id or name; without it the total and the bonus are explained.",
            ),
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, help=t("最多列出多少原始行。", "How many raw rows are listed at most."))
    ] = 50,
) -> None:
    from fenming.commands import explaining

    explaining.explain(result, person=person, wanted=indicator, limit=limit, language=LANGUAGE, out=Console())


@app.command(
    help=t(
        "从依据重算一个结果；同样的代码得到逐字节相同的文件。",
        "Compute a result again from its evidence; the same code gives the same file, byte for byte.",
    )
)
def rescore(
    result: Annotated[Path, typer.Argument(exists=True, help=t("结果文件。", "A result file."))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("写到哪里。", "Where it goes."))],
) -> None:
    from fenming.commands import scoring

    scoring.rescore(result, out)


@app.command(
    help=t(
        "按排班把公用账号的记录归到人；有真实坐席列时，给出误差。",
        "Attribute records of shared accounts by a roster; with a column of the true agent, state the error.",
    )
)
def attribute(
    facts: Annotated[
        list[Path], typer.Option("--facts", "-f", exists=True, help=t("业务文件。", "Files of business records."))
    ],
    roster: Annotated[Path, typer.Option(exists=True, help=t("排班文件。", "Roster file."))],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help=t("归属结果：.xlsx、.json 或 .parquet。", "Where the shares go: .xlsx, .json or .parquet."),
        ),
    ],
    truth: Annotated[
        str | None,
        typer.Option(
            help=t(
                "真实坐席所在的列；只用来计算误差。", "The column that holds the true agent; used for the error only."
            )
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help=t(
                "equal：同时在岗均分；minutes：按在岗分钟。", "equal: among those on duty; minutes: by minutes on duty."
            )
        ),
    ] = "equal",
    mapping: Annotated[
        Path | None,
        typer.Option(
            exists=True, help=t("列对应关系的 YAML 文件。", "A YAML file that says which column is which field.")
        ),
    ] = None,
    column: Annotated[list[str] | None, typer.Option("--map", "-m", metavar=COLUMN)] = None,
    fact: Annotated[str | None, typer.Option(help=t("业务类型。", "The fact type."))] = None,
) -> None:
    from fenming.commands import attributing

    attributing.attribute(
        facts, roster=roster, out=out, truth=truth, method=method, mapping=_mapping(mapping, column),
        columns=_columns(column or []), fact=fact, language=LANGUAGE, console=console,
    )  # fmt: skip


@app.command(help=t("列出自带方案及其指标、权重。", "List the shipped schemes with their indicators and weights."))
def schemes() -> None:
    from fenming.commands import listing

    listing.schemes(LANGUAGE, Console())


@app.command(help=t("列出指标库，或说明一个指标。", "List the indicator library, or explain one indicator."))
def indicators(name: Annotated[str | None, typer.Argument(help=t("指标编号。", "An indicator's id."))] = None) -> None:
    from fenming.commands import listing

    listing.indicators(LANGUAGE, Console(), name)


@app.command(
    help=t(
        "把一个指标按线路、店铺等拆开，逐期对比，看变化从哪里来。",
        "Break an indicator down by route, shop and so on, period beside period: where a change comes from.",
    )
)
def breakdown(
    indicator: Annotated[str, typer.Argument(help=t("指标编号。", "The indicator's id."))],
    by: Annotated[str, typer.Option(help=t("按哪一列拆分，例如 route。", "The column, such as route."))],
    facts: Annotated[
        list[Path] | None,
        typer.Option("--facts", "-f", exists=True, help=t("业务文件。", "Files of business records.")),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(exists=True, help=t("或：网站的数据文件夹。", "Or: the site's data folder."))
    ] = None,
    period: Annotated[list[str] | None, typer.Option("--period", "-p", help=PERIOD)] = None,
    mapping: Annotated[Path | None, typer.Option(exists=True)] = None,
    column: Annotated[list[str] | None, typer.Option("--map", "-m", metavar=COLUMN)] = None,
) -> None:
    from fenming.commands import breaking

    if bool(facts) == bool(data):
        raise typer.BadParameter(t("请给 --facts 或 --data 其中之一。", "Give either --facts or --data."))
    breaking.show(
        indicator, by=by, facts=facts or [], data=data, periods=period or [], mapping=_mapping(mapping, column),
        columns=_columns(column or []), language=LANGUAGE, console=console,
    )  # fmt: skip


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
    workers: Annotated[int, typer.Option(min=1)] = 1,
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


keys = typer.Typer(
    no_args_is_help=True,
    help=t(
        "加密身份证号、手机号、薪酬等字段的密钥：列出、增加、轮换。",
        "The keys that encrypt ID numbers, phones and pay: list, add, rotate.",
    ),
)
app.add_typer(keys, name="keys")


class Algorithm(StrEnum):
    """How a new key encrypts."""

    AES = "aes-256-gcm"
    SM4 = "sm4-gcm"


@keys.command(
    "list",
    help=t(
        "列出密钥、算法和各自加密的数据条数。", "List the keys with their algorithm and how many values each holds."
    ),
)
def list_keys(data: DATA = Path("var")) -> None:
    from fenming.commands import keys as command

    command.show(data, LANGUAGE, Console())


@keys.command(
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


@keys.command(
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


audit = typer.Typer(
    no_args_is_help=True,
    help=t(
        "操作日志：核对是否被改动、查看链头、导出。",
        "The operation log: verify that nobody changed it, tell its head, export it.",
    ),
)
app.add_typer(audit, name="audit")


@audit.command(
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


@audit.command(
    "head",
    help=t(
        "打印最新封条的编号和摘要；请记在本机之外，供日后 --expect 核对。",
        "Print the newest seal's number and digest; note it outside this machine, for --expect later.",
    ),
)
def log_head(data: DATA = Path("var")) -> None:
    from fenming.commands import audit as command

    command.head(data, LANGUAGE, Console())


@audit.command("export", help=t("导出操作日志；导出本身也会记录。", "Export the operation log; the export is logged."))
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


def _mapping(given: Path | None, pairs: list[str] | None) -> Path | None:
    """The mapping file: --mapping, or a YAML file that was given to --map."""
    return given or next((Path(one) for one in pairs or [] if one.endswith(_YAML)), None)


def _columns(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        if pair.endswith(_YAML) and "=" not in pair:
            continue
        header, equal, field = pair.rpartition("=")
        if not equal or not header.strip() or not field.strip():
            raise typer.BadParameter(
                t(f"“{pair}”应写成 列=字段。", f"“{pair}” should be column=field."), param_hint="--map"
            )
        found[header.strip()] = field.strip()
    return found


def _money(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise typer.BadParameter(
            t(
                f"奖金总额“{text}”应是大于零、最多两位小数的金额。",
                f"The pool “{text}” should be an amount above zero with at most two decimals.",
            ),
            param_hint="--pool",
        )
    return amount.quantize(Decimal("0.01"))


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
    return Words.same(str(error)) if isinstance(error, LookupError | ValueError) else None
