"""Commands upon files, without a server: score, explain, rescore, attribute, schemes, indicators, breakdown."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fenming.cli.texts import LANGUAGE, console, t

app = typer.Typer()
COLUMN = t("列=字段", "column=field")
_YAML = (".yaml", ".yml")
PERIOD = t(
    "周期：2026-10、2026-Q4、2026 或 2026-10-01..2026-10-15；不写则为全部记录的时间。",
    "Period: 2026-10, 2026-Q4, 2026 or 2026-10-01..2026-10-15; without it, all that the facts span.",
)


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
