"""Which kind of facts a sheet holds, and which column gives which field: a plan for reading it, or why not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from fenming.library.facts import ColumnType, FactType, fact_type, fact_types
from fenming.library.layouts import Layout, layouts
from fenming.library.text import Words
from fenming.pipeline.reading.cleaning import Reading, kind_of
from fenming.pipeline.reading.headings import (
    Heading,
    Names,
    fold,
    header_line,
    headings,
    hint,
    keys,
    matched,
    named,
    names_of,
    unit,
    unit_for,
)
from fenming.pipeline.reading.mapping import Cell, FileMapping, Forced, Lookup, Where
from fenming.pipeline.reading.sheets import Line, Sheet

TIME = "occurred_at"
PEOPLE_HEADERS = (
    "工号",
    "员工编号",
    "姓名",
    "员工姓名",
    "岗位",
    "职位",
    "职级",
    "职务",
    "部门",
    "奖金基数",
    "employee_id",
    "name",
    "post",
    "department",
)

_DATE_NAMES = ("日期", "date", "统计日期", "业务日期")
_CLOCK_NAMES = ("时间", "time", "时刻", "钟点", "时分秒")
_MONTH_NAMES = ("期间", "月份", "预算期间", "账期", "period", "month")
_FILE_DATE = re.compile(r"(?<!\d)(20\d\d)(?:[-_.年](\d{1,2})[-_.月](\d{1,2})日?|(\d\d)(\d\d))(?!\d)")


@dataclass(frozen=True, slots=True)
class Take:
    """How one field is read: from columns, on the day of another column or of the file, or a constant."""

    field: str
    how: Reading
    columns: tuple[int, ...] = ()
    header: str = ""
    day_column: int | None = None
    day: date | None = None
    constant: str | None = None
    missing: tuple[str, ...] = ()
    """Further words that mean "no value" in this field."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a sheet is read, whole."""

    fact: FactType
    source: str
    header: int
    """The number of the header row."""
    width: int
    headers: Mapping[int, str]
    takes: tuple[Take, ...]
    notes: tuple[Words, ...] = ()
    where: Mapping[int, Where] = field(default_factory=dict)
    lookup: tuple[Lookup, ...] = ()

    def used(self) -> dict[str, str]:
        return {self.headers[at]: take.field for take in self.takes for at in _columns_of(take) if at in self.headers}

    def unused(self) -> tuple[str, ...]:
        taken = {at for take in self.takes for at in _columns_of(take)} | set(self.where)
        return tuple(text for at, text in self.headers.items() if at not in taken and at < self.width)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a sheet is not read: the code of the finding and the values of its sentences."""

    code: str
    values: Mapping[str, Any]


def _columns_of(take: Take) -> tuple[int, ...]:
    return take.columns if take.day_column is None else (*take.columns, take.day_column)


@dataclass(frozen=True, slots=True)
class _Match:
    """A fact type laid against the headers."""

    fact: FactType
    fields: Mapping[str, Heading]
    times: tuple[Heading, ...]
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> int:
        return sum(1 for name in self.fields if name in self.fact.columns)

    @property
    def keyed(self) -> bool:
        return self.fact.key[-1] in {*self.fields, *self.constants}

    @property
    def score(self) -> int:
        return 3 * self.own + 2 * self.keyed + len(self.fields) - self.own + (2 if self.times else 0)

    @property
    def strong(self) -> bool:
        return self.own >= 2 or (self.keyed and bool(self.times))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the caller said about how to read."""

    zone: str = "Asia/Shanghai"
    fact: str | None = None
    forced: Sequence[Forced] = ()


def plan(sheet: Sheet, request: Request) -> Plan | Refusal:
    """A plan for a sheet that no mapping file speaks of: --map, then declared layouts, then names and aliases."""
    head = sheet.head
    at = header_line(head, _known_headers() | {key for one in request.forced for key in keys(one.header)})
    line = headings(head[at]) if head else []
    sample = head[at + 1 :]
    layout = _layout(line)
    if layout and layout.kind == "summary" and not request.fact:
        return Refusal(
            "summary_export",
            {
                "layout": layout.name.en,
                "layout_zh": layout.name.zh,
                "columns": "、".join(one.text for one in line),
            },
        )
    if layout and (request.fact or layout.fact) != layout.fact:
        layout = None
    match = _by_layout(line, layout, request) if layout else _best(line, request)
    if isinstance(match, Refusal):
        return match
    return _planned(sheet, match, layout, request, line=line, sample=sample, header=at + sheet.first_row)


def seen_headers(sheet: Sheet, request: Request) -> list[str]:
    """The headers of a sheet, for checking --map."""
    at = header_line(sheet.head, _known_headers() | {key for one in request.forced for key in keys(one.header)})
    return [one.text for one in headings(sheet.head[at])]


def width_of(head: Sequence[Line], at: int) -> int:
    """How many columns the rows have: the header's, but unnamed ones at its end follow the rows."""
    named_until = max((index for index, cell in enumerate(head[at]) if cell and cell.strip()), default=-1) + 1
    widths = [len(line) for line in head[at + 1 :] if any(line)]
    return max(named_until, max(set(widths), key=widths.count)) if widths else len(head[at])


@cache
def _names(fact: str) -> Names:
    return names_of(fact_type(fact).all_columns)


@cache
def _time_names(fact: str) -> Names:
    happens = fact_type(fact).happens
    return named([(TIME, (TIME, happens.zh, *happens.aliases, happens.en))])


@cache
def _known_headers() -> frozenset[str]:
    known = {key for name in fact_types() for key in (*_names(name), *_time_names(name))}
    known |= {fold(text) for one in layouts().values() for text in (*one.headers, *one.columns)}
    return frozenset(known | {key for name in PEOPLE_HEADERS for key in keys(name)})


def _layout(line: Sequence[Heading]) -> Layout | None:
    """The layout all of whose headers are there; of several the one that asks for the most."""
    there = {one.keys[0] for one in line}
    fitting = [one for one in layouts().values() if all(fold(text) in there for text in one.headers)]
    return max(fitting, key=lambda one: len(one.headers), default=None)


def _by_layout(line: Sequence[Heading], layout: Layout, request: Request) -> _Match:
    fact = fact_type(layout.fact or "")
    wanted = {fold(text): name for text, name in layout.columns.items()}
    said = {one.header: one.field for one in request.forced}
    given = [(said.get(one.text, wanted.get(one.keys[0])), one) for one in line]
    fields = {name: one for name, one in reversed(given) if name and name != TIME}
    return _Match(fact, fields, tuple(one for name, one in given if name == TIME), layout.constants)


def _match(fact: FactType, line: Sequence[Heading], forced: Sequence[Forced]) -> _Match:
    said = {one.header: one.field for one in forced}
    known = [TIME, *fact.all_columns]
    free = [one for one in line if said.get(one.text) not in known]
    times = sorted(
        (
            (_time_names(fact.id)[key][1], one.at, one)
            for one in free
            for key in one.keys
            if key in _time_names(fact.id)
        ),
        key=lambda item: item[:2],
    )
    spoken = {said[one.text]: one for one in line if said.get(one.text) in fact.all_columns}
    fields = {**matched(free, _names(fact.id)), **spoken}
    set_times = [one for one in line if said.get(one.text) == TIME]
    ordered = dict.fromkeys(set_times or [one for _, _, one in times if one not in fields.values()])
    return _Match(fact, fields, tuple(ordered))


def _best(line: Sequence[Heading], request: Request) -> _Match | Refusal:
    if request.fact:
        return _match(fact_type(request.fact), line, request.forced)
    ranked = sorted((_match(one, line, request.forced) for one in fact_types().values()), key=lambda one: -one.score)
    best = [one for one in ranked if one.strong and one.score == ranked[0].score]
    found = "、".join(one.text for one in line) or "—"
    if len(best) > 1:
        names = "、".join(f"{one.fact.id}（{one.fact.name.zh}）" for one in best)
        return Refusal("ambiguous_fact", {"candidates": names, "found": found})
    return best[0] if best else _unrecognised(line, ranked[0], found)


def _unrecognised(line: Sequence[Heading], nearest: _Match, found: str) -> Refusal:
    people = {key for name in PEOPLE_HEADERS for key in keys(name)}
    if sum(1 for one in line if people.intersection(one.keys)) >= 2 and nearest.own == 0:
        return Refusal("people_table", {})
    lacking = dict.fromkeys(
        name for name in (nearest.fact.key[-1], *nearest.fact.columns) if name not in nearest.fields
    )
    columns = nearest.fact.all_columns
    wanted = [text for name in lacking for text in (columns[name].zh, columns[name].en, *columns[name].aliases)]
    zh, en = hint(wanted, [one.text for one in line])
    near = nearest.own > 0
    lack_zh, lack = "、".join(columns[name].zh for name in lacking), ", ".join(lacking)
    return Refusal(
        "unrecognised",
        {
            "found": found,
            "hint": en if near else "",
            "hint_zh": zh if near else "",
            "nearest": f" Nearest is {nearest.fact.id}; missing: {lack}." if near else "",
            "nearest_zh": f"最接近“{nearest.fact.name.zh}”，缺：{lack_zh}。" if near else "",
        },
    )


def _planned(
    sheet: Sheet,
    match: _Match,
    layout: Layout | None,
    request: Request,
    *,
    line: Sequence[Heading],
    sample: Sequence[Line],
    header: int,
) -> Plan | Refusal:
    formats = {one.header: one.format for one in request.forced}
    takes = [_take(name, match.fact, one, request.zone, formats.get(one.text)) for name, one in match.fields.items()]
    takes += [
        Take(name, Reading(_type(name, match.fact), zone=request.zone), constant=text)
        for name, text in match.constants.items()
    ]
    when = _when(match, line, sample, sheet.path, request.zone, formats)
    if when is None:
        return _no_time(match, line, sample, request.zone)
    notes = [*(layout.notes if layout else ()), *_notes(match, when)]
    return Plan(
        fact=match.fact,
        source=layout.id if layout else "file",
        header=header,
        width=width_of(sheet.head, header - sheet.first_row),
        headers={one.at: one.text for one in line},
        takes=(when, *takes),
        notes=tuple(notes),
    )


def _take(name: str, fact: FactType, one: Heading, zone: str, form: str | None) -> Take:
    kind = fact.all_columns[name].type
    return Take(name, Reading(kind, unit_for(kind, one.unit), form, zone), (one.at,), one.text)


def _no_time(match: _Match, line: Sequence[Heading], sample: Sequence[Line], zone: str) -> Refusal:
    """No column is named like the time of the event; those that hold times are offered."""
    happens = match.fact.happens
    wanted = (happens.zh, *happens.aliases)
    how = Reading("time", zone=zone)
    timely = [one.text for one in line if _kind(one, sample, how) in ("date", "datetime") and not one.text.isdigit()]
    zh, en = (
        hint(wanted, timely)
        if len(timely) > 3
        else (f"像时间的列：{'、'.join(timely)}。", f" Columns with times: {', '.join(timely)}.")
    )
    return Refusal(
        "no_time_column",
        {
            "fact": match.fact.name.en,
            "fact_zh": match.fact.name.zh,
            "wanted": "、".join(wanted[:6]),
            "found": "、".join(one.text for one in line),
            "hint": en if timely else "",
            "hint_zh": zh if timely else "",
        },
    )


def _when(
    match: _Match,
    line: Sequence[Heading],
    sample: Sequence[Line],
    path: Path,
    zone: str,
    formats: Mapping[str, str | None],
) -> Take | None:
    """The time of the event: one column, a date and a clock column, or a clock on the date in the file's name."""
    how = Reading("time", zone=zone)
    forms = {one: formats.get(one.text) or ("month" if one.keys[0] in _MONTH_NAMES else None) for one in line}
    kinds = {one: _kind(one, sample, replace(how, format=forms[one])) for one in line}
    whole = [one for one in match.times if kinds[one] == "datetime"]
    if whole:
        return Take(TIME, replace(how, format=forms[whole[0]]), (whole[0].at,), whole[0].text)
    days = [one for one in match.times if kinds[one] == "date"] or _others(line, kinds, "date", _DATE_NAMES, match)
    clocks = [one for one in match.times if kinds[one] == "time"] or _others(
        line, kinds, "time", _clock_names(days), match
    )
    if days:
        return _on_day(replace(how, format=forms[days[0]]), days[0], clocks)
    unclear = [one for one in match.times if kinds[one] == "other"]
    if unclear and clocks:  # the dates are refused cell by cell; one that can be read still needs its clock
        return _on_day(replace(how, format=forms[unclear[0]]), unclear[0], clocks)
    named_day = file_date(path)
    if clocks and named_day:
        return Take(TIME, how, (clocks[0].at,), clocks[0].text, day=named_day)
    if match.times:
        return Take(TIME, replace(how, format=forms[match.times[0]]), (match.times[0].at,), match.times[0].text)
    return Take(TIME, how, day=named_day) if named_day else None


def _on_day(how: Reading, day: Heading, clocks: Sequence[Heading]) -> Take:
    if not clocks:
        return Take(TIME, how, (day.at,), day.text)
    return Take(TIME, how, (clocks[0].at,), clocks[0].text, day_column=day.at)


def _kind(one: Heading, sample: Sequence[Line], how: Reading) -> str:
    if how.format:
        return "datetime" if any(part in how.format for part in ("%H", "%I", "%T", "%R", "epoch")) else "date"
    return kind_of([line[one.at] if one.at < len(line) else None for line in sample], how)


def _others(
    line: Sequence[Heading],
    kinds: Mapping[Heading, str],
    kind: str,
    names: Sequence[str],
    match: _Match,
) -> list[Heading]:
    """Columns with a general name for a date or a clock that nothing else uses."""
    wanted = {fold(name) for name in names}
    return [one for one in line if kinds[one] == kind and one.keys[0] in wanted and one not in match.fields.values()]


def _clock_names(days: Sequence[Heading]) -> list[str]:
    """销售日期 goes with 销售时间, order_date with order_time."""
    paired = [one.text.casefold().replace("日期", "时间").replace("date", "time") for one in days[:1]]
    return [*paired, *_CLOCK_NAMES]


def file_date(path: Path) -> date | None:
    """The one date in a file's name: 客服绩效20261103.xlsx, 京东pop2026-08-25.xlsx."""
    found = {tuple(int(part) for part in parts if part) for parts in _FILE_DATE.findall(path.stem)}
    if len(found) != 1:
        return None
    year, month, day = found.pop()
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _notes(match: _Match, when: Take) -> list[Words]:
    notes = []
    if when.day:
        notes.append(Words(zh=f"日期取自文件名：{when.day}。", en=f"The date is that in the file's name: {when.day}."))
    if not match.keyed:
        key = match.fact.all_columns[match.fact.key[-1]]
        notes.append(
            Words(
                zh=f"没有“{key.zh}”列，以整行内容作编号：更正过的行会成为新记录。",
                en=f"There is no column for “{key.en}”; rows go by their content, so a corrected row is a new one.",
            )
        )
    return notes


def mapped(sheet: Sheet, mapping: FileMapping, zone: str) -> Plan | Refusal:
    """The plan that a mapping file states."""
    head = sheet.head
    at = header_line(head, {key for name in mapping.headers() for key in keys(name)})
    line = headings(head[at]) if head else []
    width = width_of(head, at)
    headers = {one.at: one.text for one in line}
    headers |= {width + extra: name for extra, name in enumerate(_brought(mapping, line))}
    where = {text: index for index, text in reversed(headers.items())}
    lacking = [name for name in mapping.headers() if name not in where and not mapping.lookup]
    if lacking:
        zh, en = hint(lacking, list(where))
        return Refusal(
            "missing_columns",
            {
                "missing": ", ".join(lacking),
                "missing_zh": "、".join(lacking),
                "found": "、".join(where),
                "hint": en,
                "hint_zh": zh,
            },
        )
    fact = fact_type(mapping.fact)
    takes = [
        replace(_mapped_take(name, cell, fact, where, mapping.zone or zone), missing=mapping.missing.get(name, ()))
        for name, cell in mapping.columns.items()
    ]
    takes += [
        Take(name, Reading(_type(name, fact), zone=zone), constant=text) for name, text in mapping.constants.items()
    ]
    return Plan(
        fact=fact,
        source="file",
        header=at + sheet.first_row,
        width=width,
        headers=headers,
        takes=tuple(takes),
        where={where[name]: one for name, one in mapping.where.items()},
        lookup=mapping.lookup,
    )


def _brought(mapping: FileMapping, line: Sequence[Heading]) -> list[str]:
    """The columns that lookups have to bring."""
    there = {one.text for one in line}
    return [name for name in mapping.headers() if name not in there] if mapping.lookup else []


def _type(name: str, fact: FactType) -> ColumnType:
    return "time" if name == TIME else fact.all_columns[name].type


def _mapped_take(name: str, cell: Cell, fact: FactType, where: Mapping[str, int], zone: str) -> Take:
    kind = _type(name, fact)
    scale = cell.unit or unit_for(kind, unit(cell.column[0]))
    return Take(
        name,
        Reading(kind, scale, cell.format, zone),
        tuple(where[column] for column in cell.column),
        "-".join(cell.column),
        day_column=where[cell.on_day_of] if cell.on_day_of else None,
    )
