"""``fenming score`` and ``fenming rescore``."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fenming.commands.progress import bar
from fenming.lake.engine import DuckEngine
from fenming.lake.needs import lower
from fenming.library.facts import fact_type
from fenming.library.schemes import Scheme, find_scheme
from fenming.library.text import Refusal, Words, refuse
from fenming.pipeline import evidence
from fenming.pipeline.compute import FactFiles, Result, compute, time_span
from fenming.pipeline.inputs import Duty, Inputs, Person, Rejection, code_version
from fenming.pipeline.reading import Loaded, load, load_mapping
from fenming.pipeline.reading.people import read_people
from fenming.pipeline.reading.roster import read_roster
from fenming.pipeline.result import check_format, write
from fenming.rules.attribution import findings
from fenming.rules.periods import Period, parse
from fenming.rules.trace import plain


def score(
    *,
    paths: Sequence[Path],
    scheme: str,
    out: Path,
    period: str | None,
    people: Path | None,
    roster: Path | None,
    pool: Decimal | None,
    mapping: Path | None,
    columns: Mapping[str, str],
    fact: str | None,
    zone: str,
    language: str,
    console: Console,
) -> None:
    """Read, score and write; what was rejected is in the result and counted on the screen."""
    chosen = find_scheme(scheme)
    check_formulas(chosen)
    check_format(out)
    span = parse(period) if period else None
    zh = language == "zh"
    with evidence.fresh(out) as folder:
        with bar(console, "读取文件" if zh else "Reading files") as tell:
            loaded = load(
                paths,
                into=folder,
                mapping=load_mapping(mapping) if mapping else None,
                columns=columns,
                fact=fact,
                zone=zone,
                progress=tell,
            )
        files = FactFiles({name: [str(path) for path in found] for name, found in loaded.tables.items()})
        engine = DuckEngine([folder])
        inputs = _inputs(chosen, _span(engine, files, span, loaded), loaded, people, roster, pool, language)
        with bar(console, "计分" if zh else "Scoring") as tell:
            result = compute(engine, files, inputs, progress=tell)
        write(result, out)
        evidence.save(inputs, folder, out)
    _tell(result, loaded, out, language, console)


def rescore(result: Path, out: Path) -> None:
    """The same result from its evidence."""
    _, _, found = evidence.again(result)
    write(found, out)


def _span(engine: DuckEngine, files: FactFiles, asked: Period | None, loaded: Loaded) -> Period:
    if not files.paths:
        raise nothing_usable(loaded)
    whole = time_span(engine, files)
    if asked and not (asked.start < whole.end and whole.start < asked.end):
        raise refuse(
            f"{asked.label} 没有记录：文件中的记录在 {whole.label}。请换一个周期，或不写 --period 以计全部记录。",
            f"There are no records in {asked.label}: those in the files are of {whole.label}. "
            "Choose another period, or leave out --period for all records.",
        )
    return asked or whole


def check_formulas(scheme: Scheme) -> None:
    """Refuse a scheme whose own formulas are not allowed, naming the indicator, before anything is read."""
    for name, one in scheme.definitions().items():
        try:
            lower(one)
        except Refusal as error:
            raise refuse(f"指标“{name}”：{error.words.zh}", f"Indicator “{name}”: {error.words.en}") from error


def nothing_usable(loaded: Loaded) -> Exception:
    """Why nothing could be read, in the words of what was rejected."""
    telling = [one for one in loaded.rejected[:1000] if one.code not in {"summary_row", "duplicate"}]
    whole = [one for one in telling if one.row is None] or telling[:3] or list(loaded.rejected[:3])
    zh = "；".join(f"{one.file}：{one.reason.zh}{one.remedy.zh}" for one in whole[:5])
    en = "; ".join(f"{one.file}: {one.reason.en} {one.remedy.en}" for one in whole[:5])
    return refuse(f"没有可用的记录。{zh}", f"There is no usable record. {en}")


def _inputs(
    scheme: Scheme,
    span: Period,
    loaded: Loaded,
    people: Path | None,
    roster: Path | None,
    pool: Decimal | None,
    language: str,
) -> Inputs:
    rejected = [rejection(one) for one in loaded.rejected]
    persons: list[Person] = []
    if people:
        rows, refused = read_people(people)
        persons = [
            Person(
                person=one.person,
                name=one.name or one.person,
                post=one.post or "",
                base=one.base,
                attendance=one.attendance,
            )
            for one in rows
        ]
        persons = _of_posts(persons, scheme)
        rejected += [rejection(one) for one in refused]
    duties, odd = duties_of(roster) if roster else ([], [])
    return Inputs(
        schemes=(scheme,),
        start=span.start,
        end=span.end,
        people=tuple(sorted(persons, key=lambda one: one.person)),
        roster=tuple(duties),
        tags=_tags(persons, duties),
        pools={scheme.id: pool} if pool is not None else {},
        files=dict(loaded.files),
        rejected=(*rejected, *odd),
        language="zh" if language == "zh" else "en",
        code=code_version(),
    )


def _of_posts(persons: list[Person], scheme: Scheme) -> list[Person]:
    """Those at the scheme's posts, when the file names posts by the scheme's ids; a person without a post stays."""
    if not any(one.post in scheme.posts for one in persons):
        return persons
    return [one for one in persons if not one.post or one.post in scheme.posts]


def _tags(persons: Sequence[Person], duties: Sequence[Duty]) -> dict[str, str]:
    """A tag on a record that is a known person's number or name stands for that person."""
    known = {one.person: one.person for one in duties} | {one.person: one.person for one in persons}
    return known | {one.name: one.person for one in persons if one.name}


def duties_of(roster: Path) -> tuple[list[Duty], list[Rejection]]:
    """The shifts of a roster file, and what is odd about them."""
    shifts, refused = read_roster(roster)
    odd = [
        Rejection(
            file=roster.name,
            row=finding.rows[0] if finding.rows else None,
            code=finding.code,
            reason=Words(zh=finding.words["zh"], en=finding.words["en"]),
            remedy=Words(zh="请在排班文件中更正。", en="Correct it in the roster file."),
        )
        for finding in findings(shifts)
    ]
    duties = [
        Duty(
            person=one.person,
            account=one.account,
            start=one.start,
            end=one.end,
            weight=Decimal(one.weight),
            row=one.row,
        )
        for one in shifts
    ]
    return duties, [*(rejection(one) for one in refused), *odd]


def rejection(one: object) -> Rejection:
    """A rejected row as the result keeps it."""
    return Rejection.model_validate({name: getattr(one, name) for name in Rejection.model_fields})


def _tell(result: Result, loaded: Loaded, out: Path, language: str, console: Console) -> None:
    zh = language == "zh"
    table = Table(title=f"{result.inputs.schemes[0].name.say(language)} · {result.period.label}")
    for head in ("名次", "员工", "总分", "等级", "奖金") if zh else ("Rank", "Person", "Total", "Grade", "Bonus"):
        table.add_column(head, justify="left" if head in {"员工", "Person"} else "right")
    for card in result.cards[:20]:
        bonus = str(card.bonus.amount) if card.bonus else "—"
        table.add_row(str(card.rank or "—"), card.participant.name, _shown(card.total), card.grade or "—", bonus)
    console.print(table)
    if len(result.cards) > 20:
        console.print(
            f"… {len(result.cards) - 20} 人，见结果文件" if zh else f"… {len(result.cards) - 20} more in the file"
        )
    for line in _notes(result, loaded, language):
        console.print(line, highlight=False)
    if loaded.rejected:
        console.print(
            f"[yellow]{len(loaded.rejected)} 行未采用，原因在结果文件中。[/]" if zh
            else f"[yellow]{len(loaded.rejected)} rows were not used; the result file says why.[/]"
        )  # fmt: skip
    console.print(f"[green]→ {out}[/]")


def _notes(result: Result, loaded: Loaded, language: str) -> Iterator[str]:
    """How files were understood, how many facts there were, and who was left out."""
    zh = language == "zh"
    for source in loaded.sources:
        name = fact_type(source.fact).name.say(language)
        understood = ", ".join(f"{header} → {field}" for header, field in source.columns.items())
        yield f"[bold]{source.path.name}[/] {source.sheet or ''} · {name}: {understood}"
        if source.unused:
            yield ("  未用的列：" if zh else "  Columns not used: ") + ", ".join(source.unused)
        yield from (f"  {note.say(language)}" for note in source.notes)
    facts = ", ".join(
        f"{fact_type(fact).name.say(language)} {number:,}" for fact, number in result.facts.items() if number
    )
    if facts:
        yield f"周期内记录：{facts}" if zh else f"Facts of the period: {facts}"
    for fact, lost in result.unassigned.items():
        name = fact_type(fact).name.say(language)
        yield f"未归属到人：{name} {plain(lost)}" if zh else f"Found nobody: {name} {plain(lost)}"
    if result.left_out:
        names = ", ".join(result.left_out[:10]) + (" …" if len(result.left_out) > 10 else "")
        number = len(result.left_out)
        zh_text = f"[yellow]{number} 人有记录但不在人员文件中，未计分：{names}[/]"
        yield zh_text if zh else f"[yellow]Not scored, {number} not in the people file but in the records: {names}[/]"


def _shown(total: Decimal | None) -> str:
    return "—" if total is None else str(total)
