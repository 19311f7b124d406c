"""``fenming attribute``: the records of shared accounts to people, by roster, and how far off that is."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter
from rich.console import Console
from rich.table import Table

from fenming.commands.progress import bar
from fenming.commands.scoring import duties_of, nothing_usable
from fenming.lake.credits import Credits
from fenming.lake.engine import DuckEngine
from fenming.lake.measure import measure
from fenming.library.facts import fact_types
from fenming.library.indicators import Count, Indicator
from fenming.library.text import Words, refuse
from fenming.pipeline.compute import FactFiles, time_span
from fenming.pipeline.reading import load, load_mapping
from fenming.pipeline.result import safe_cell
from fenming.rules.attribution import Method, Shift, segments
from fenming.rules.money import rounded
from fenming.rules.trace import plain


def attribute(
    paths: Sequence[Path],
    *,
    roster: Path,
    out: Path,
    truth: str | None,
    method: str,
    mapping: Path | None,
    columns: Mapping[str, str],
    fact: str | None,
    language: str,
    console: Console,
) -> None:
    """Read the facts without their agent, share them out, write the shares and print the error against the truth."""
    duties, odd = duties_of(roster)
    chosen: Method = "minutes" if method == "minutes" else "equal"
    if method not in ("equal", "minutes"):
        raise refuse(
            f"没有归属方法“{method}”，可用 equal 或 minutes。", f"There is no method “{method}”: use equal or minutes."
        )
    shifts = [
        Shift(person=one.person, account=one.account, start=one.start, end=one.end, weight=one.weight, row=one.row)
        for one in duties
    ]
    wanted = dict(columns) | ({truth: "employee"} if truth else {})
    with TemporaryDirectory() as folder:
        with bar(console, "读取文件" if language == "zh" else "Reading files") as tell:
            loaded = load(
                paths, into=Path(folder), mapping=load_mapping(mapping) if mapping else None, columns=wanted, fact=fact,
                progress=tell,
            )  # fmt: skip
        if not loaded.tables:
            raise nothing_usable(loaded)
        name = next(iter(loaded.tables))
        named = [str(path) for path in loaded.tables[name]]
        accounts = sorted({shift.account for shift in shifts})
        hidden = _hide_agent(loaded.tables[name], accounts, Path(folder) / "hidden")
        engine = DuckEngine([Path(folder)])
        credits = Credits(segments=tuple(segments(shifts, method=chosen)))
        shares = _counts(engine, FactFiles({name: hidden}), name, credits)
        known = truth is not None or _all_named(engine, name, named, accounts)
        true = _counts(engine, FactFiles({name: named}), name, None) if known else {}
        engine.close()
    _write(shares, true, out, [one.model_dump(mode="json") for one in odd])
    _tell(shares, true, language, console)


def _hide_agent(files: Sequence[Path], accounts: Sequence[str], folder: Path) -> list[str]:
    """The same facts without the agents of the rostered accounts: what shared accounts would have delivered."""
    folder.mkdir()
    hidden = []
    for number, path in enumerate(files):
        table = pq.read_table(path)
        index = table.schema.get_field_index("employee")
        shared = pc.is_in(table["account"], pa.array(accounts, pa.string()))
        names = pc.if_else(shared, pa.scalar(None, pa.string()), table["employee"])
        table = table.set_column(index, "employee", names)
        target = folder / f"{number}.parquet"
        pq.write_table(table, target)
        hidden.append(str(target))
    return hidden


def _all_named(engine: DuckEngine, fact: str, files: Sequence[str], accounts: Sequence[str]) -> bool:
    """Whether the records of the rostered accounts all name their agent: only then is that a truth to compare with."""
    listed = pa.table({"account": pa.array(accounts, pa.string())})
    sql = "SELECT count(*), count(f.employee) FROM fact AS f JOIN rostered ON f.account = rostered.account"
    whole, named = engine.rows(sql, fact=fact, files=files, relations={"rostered": listed})[0]
    return bool(whole) and whole == named


def _counts(engine: DuckEngine, files: FactFiles, fact: str, credits: Credits | None) -> dict[str | None, Decimal]:
    """Facts by person; under None those that found nobody."""
    name = fact_types()[fact].name
    one = Indicator(
        id="facts", valid_from=date(2020, 1, 1), name=name, about=name, formula=name, unit=Words(zh="条", en="facts"),
        direction="higher", departments=("all",), measure=Count(fact=fact), data_source=name, collection=name,
        pitfalls=name, reference="",
    )  # fmt: skip
    tally = measure(engine, files, [one], time_span(engine, files), credits=credits)
    return {key[0]: tally.reading(one, key).value or Decimal(0) for key in tally.found()}


def error(shares: Mapping[str | None, Decimal], true: Mapping[str | None, Decimal]) -> Decimal:
    """Σ|attributed − true| over people ÷ all records, those whose agent is not known included; six decimals."""
    people = {person for person in (*shares, *true) if person is not None}
    wrong = sum((abs(shares.get(one, Decimal(0)) - true.get(one, Decimal(0))) for one in people), Decimal(0))
    return rounded(wrong / sum(true.values(), Decimal(0)), digits=6)


def _write(
    shares: Mapping[str | None, Decimal], true: Mapping[str | None, Decimal], out: Path, odd: list[dict[str, object]]
) -> None:
    rows = [(one, shares.get(one, Decimal(0)), true.get(one)) for one in _people(shares, true)]
    unassigned = shares.get(None, Decimal(0))
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".json":
        body = {
            "people": [
                {"person": one, "attributed": plain(got), "true": None if was is None else plain(was)}
                for one, got, was in rows
            ],
            "unassigned": plain(unassigned),
            "total": plain(sum(shares.values(), Decimal(0))),
            "error": plain(error(shares, true)) if true else None,
            "findings": odd,
        }
        out.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    elif out.suffix == ".parquet":
        cells = {"person": [row[0] for row in rows], "attributed": [plain(row[1]) for row in rows]}
        pq.write_table(pa.table(cells), out)
    elif out.suffix == ".xlsx":
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        sheet = book.add_worksheet("归属 Attribution")
        sheet.write_row(0, 0, ("员工 Person", "归属 Attributed", "真实 True"))
        for number, (one, got, was) in enumerate([*rows, ("未归属 Unassigned", unassigned, None)], start=1):
            sheet.write_row(number, 0, (safe_cell(one), float(got), "" if was is None else float(was)))
        book.close()
    else:
        raise refuse("归属结果请写成 .xlsx、.json 或 .parquet。", "Write the shares as .xlsx, .json or .parquet.")


def _people(shares: Mapping[str | None, Decimal], true: Mapping[str | None, Decimal]) -> list[str]:
    return sorted({person for person in (*shares, *true) if person is not None})


def _tell(
    shares: Mapping[str | None, Decimal], true: Mapping[str | None, Decimal], language: str, console: Console
) -> None:
    zh = language == "zh"
    table = Table()
    for head in ("员工", "归属", "真实") if zh else ("Person", "Attributed", "True"):
        table.add_column(head, justify="right" if head not in {"员工", "Person"} else "left")
    for one in _people(shares, true):
        table.add_row(one, plain(shares.get(one, Decimal(0))), plain(true[one]) if one in true else "")
    console.print(table)
    total, lost = sum(shares.values(), Decimal(0)), shares.get(None, Decimal(0))
    console.print(
        f"合计 {plain(total)}，未归属 {plain(lost)}" if zh else f"{plain(total)} in all, {plain(lost)} unassigned"
    )
    if true:
        percent = plain(rounded(error(shares, true) * 100, digits=1))
        console.print(f"与真实坐席相比的误差：{percent}%" if zh else f"Error against the true agents: {percent} %")
