"""The organisation as rows of a workbook, and what a workbook would change of it."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from django.db.models import Max, Q
from django.utils import timezone

from fenming.controls.scope import Powers
from fenming.library.text import Refusal, Words, did_you_mean
from fenming.modules.people import custom
from fenming.modules.people.importing.cells import tidy
from fenming.modules.people.importing.columns import CLEAR
from fenming.modules.people.models import Assignment, CustomField
from fenming.modules.people.queries.custom import fields_for
from fenming.modules.people.queries.organisation import KINDS, MOST_STOREYS
from fenming.modules.people.workbook import COLUMNS, HEADS, OWN, Fields, Line

REFERS: Mapping[str, str] = {"parent": "departments", "department": "departments", "region": "regions"}
OWN_ON: Mapping[str, str] = {"departments": "department", "posts": "post"}
LENGTHS = {"code": 60, "name_zh": 80, "name_en": 80, "platform": 40}
FOREVER = date(9999, 12, 31)
_CODE = re.compile(r"[^\W_][\w-]*")
State = dict[str, dict[str, dict[str, str]]]
"""Kind → code → column → text, as a workbook has it."""


def own_fields(powers: Powers) -> Fields:
    """The company's own fields that somebody sees on departments and posts."""
    return {kind: fields_for(on, powers) for kind, on in OWN_ON.items()}


def state(fields: Fields) -> State:
    """The whole organisation as rows; five queries."""
    return {kind: {one.code: _row(kind, one, fields.get(kind, ())) for one in _places(kind)} for kind in COLUMNS}


def _places(kind: str) -> Iterable[Any]:
    refers = [one for one in COLUMNS[kind] if one in REFERS]
    return KINDS[kind]._default_manager.select_related(*refers) if refers else KINDS[kind]._default_manager.all()


def _row(kind: str, place: Any, fields: Iterable[CustomField]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in COLUMNS[kind]:
        value = getattr(place, name)
        value = getattr(value, "code", value)
        found[name] = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    return found | {f"{OWN}{one.code}": custom.as_text(one, place.custom.get(one.code)) for one in fields}


@dataclass(slots=True)
class Planned:
    """What a line comes to."""

    line: Line
    code: str
    values: dict[str, str] = field(default_factory=dict)
    """The row as it would be."""
    before: Mapping[str, str] | None = None
    problem: Words | None = None
    column: str = ""

    @property
    def result(self) -> str:
        if self.problem:
            return "refused"
        if self.before is None:
            return "new"
        return "changed" if self.changes else "unchanged"

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        before = self.before or {}
        names = [one for one in self.values if one != "code"]
        return [(one, was, self.values[one]) for one in names if (was := before.get(one, "")) != self.values[one]]

    def refuse(self, column: str, zh: str, en: str) -> None:
        if self.problem is None:
            self.problem, self.column = Words(zh=zh, en=en), column


@dataclass(frozen=True, slots=True)
class Plan:
    lines: list[Planned]

    def of(self, result: str) -> list[Planned]:
        return [one for one in self.lines if one.result == result]

    @property
    def digest(self) -> str:
        """The same for the same change of the same organisation."""
        told = [[one.line.kind, one.code, one.result, one.changes] for one in self.lines]
        return sha256(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def plan(lines: Sequence[Line], fields: Fields) -> Plan:
    """What each line would do to the organisation; some ten queries, however many lines."""
    now = state(fields)
    planned: list[Planned] = []
    seen: set[tuple[str, str]] = set()
    for line in lines:
        one = _planned(line, now, fields)
        if (line.kind, one.code) in seen:
            one.refuse("code", f"代码 {one.code} 在表中出现了两次。", f"The code {one.code} is in the sheet twice.")
        seen.add((line.kind, one.code))
        planned.append(one)
    then: State = {kind: dict(rows) for kind, rows in now.items()}
    for one in planned:
        if one.problem is None:
            then[one.line.kind][one.code] = one.values
    touched = [one for one in planned if one.problem is None and one.result != "unchanged"]
    _check_names_and_references(touched, then)
    _check_tree([one for one in touched if one.line.kind == "departments"], then["departments"])
    _check_people(touched, then)
    return Plan(planned)


def _planned(line: Line, now: State, fields: Fields) -> Planned:
    code = line.cells.get("code", "")
    known = {key.casefold(): key for key in now[line.kind]}
    code = known.get(code.casefold(), code)
    before = now[line.kind].get(code)
    one = Planned(line, code, before=before)
    own = {f"{OWN}{field.code}": field for field in fields.get(line.kind, ())}
    one.values = dict(before) if before else dict.fromkeys((*COLUMNS[line.kind], *own), "")
    one.values["code"] = code
    if not code or (before is None and (len(code) > 60 or not _CODE.fullmatch(code))):
        one.refuse(
            "code",
            "缺少代码，或代码过长、含有字母、数字、- 和 _ 以外的字符。",
            "The code is missing or too long, or has other characters than letters, digits, - and _.",
        )
    for column, text in line.cells.items():
        if column != "code" and tidy("", text) != tidy("", one.values.get(column, "")):
            _cell(one, column, "" if text in CLEAR else text, own.get(column))
    return one


def _cell(one: Planned, column: str, text: str, own: CustomField | None) -> None:
    try:
        one.values[column] = _value(column, text, own)
    except Refusal as refusal:
        one.refuse(column, refusal.words.zh, refusal.words.en)


def _value(column: str, text: str, own: CustomField | None) -> str:
    if own:
        return custom.as_text(own, custom.clean(own, text))
    if column == "closed_on":
        return str(custom.clean(CustomField(kind="date"), text) or "")
    if column == "position":
        number = str(custom.clean(CustomField(kind="number"), text) or "0")
        if not number.isdigit() or int(number) >= 2**31:
            raise Refusal(Words(zh="请写 0 或更大的整数。", en="Write a whole number, 0 or more."))
        return number
    if len(text) > LENGTHS.get(column, 60):
        raise Refusal(Words(zh=f"最多 {LENGTHS[column]} 个字符。", en=f"At most {LENGTHS[column]} characters."))
    return text


def _check_names_and_references(touched: Iterable[Planned], then: State) -> None:
    for one in touched:
        if not one.values["name_zh"]:
            one.refuse("name_zh", "缺少中文名称。", "The Chinese name is missing.")
        if one.line.kind == "shops" and not one.values["platform"]:
            one.refuse("platform", "缺少平台。", "The platform is missing.")
        for column, kind in REFERS.items():
            code = one.values.get(column, "")
            if code and code not in then[kind]:
                near = did_you_mean(code, list(then[kind]))
                one.refuse(
                    column,
                    f"没有代码为 {code} 的{HEADS[column].zh.removesuffix('代码')}。{near.zh}",
                    f"Nothing has the code {code}.{near.en}",
                )


def _check_tree(touched: Iterable[Planned], rows: Mapping[str, Mapping[str, str]]) -> None:
    for one in touched:
        line, at = [one.code], one.values["parent"]
        while at and at in rows and at not in line:
            line.append(at)
            at = rows[at]["parent"]
        if at == one.code:
            circle = " → ".join([one.code, *reversed(line)])
            one.refuse("parent", f"部门形成了环：{circle}。", f"The departments form a circle: {circle}.")
        elif len(line) > MOST_STOREYS:
            one.refuse(
                "parent", f"部门最多 {MOST_STOREYS} 级。", f"Departments stand in at most {MOST_STOREYS} levels."
            )
    for code, row in rows.items():
        above = rows.get(row["parent"], {}).get("closed_on", "")
        if above and (not row["closed_on"] or row["closed_on"] > above):
            for one in touched:
                if one.code in (code, row["parent"]):
                    one.refuse(
                        "closed_on",
                        f"{row['parent']} 关闭后，下级 {code} 还在。",
                        f"{code} would be open below {row['parent']}, which is closed.",
                    )


def _check_people(touched: Sequence[Planned], then: State) -> None:
    """Nobody works at what is closed, nor at a store of another region than the department's."""
    for kind, column in (("departments", "department"), ("posts", "post"), ("stores", "store")):
        closing = {one.code: one for one in touched if one.line.kind == kind and one.values["closed_on"]}
        for code, until in _last_days(column).items() if closing else ():
            one = closing.get(code)
            if one and until > date.fromisoformat(one.values["closed_on"]):
                one.refuse(
                    "closed_on",
                    "那天起还有人在这里任职，请先调走他们。",
                    "People work there on that day or later. Move them first.",
                )
    moved = [one for one in touched if one.line.kind in ("departments", "stores")]
    if not moved:
        return
    seats = Assignment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=timezone.localdate()), store__isnull=False)
    for department, store in seats.order_by().values_list("department__code", "store__code").distinct():
        region, of_store = _region(then["departments"], department), then["stores"][store]["region"]
        if region and of_store and region != of_store:
            line = {department, *_line(then["departments"], department)}
            for one in moved:
                if _moves_region(one) and one.code in (line if one.line.kind == "departments" else {store}):
                    one.refuse(
                        "region",
                        f"{department} 有人在门店 {store} 任职，两者会不在同一区域。",
                        f"People of {department} work at the store {store}, of another region then.",
                    )


def _moves_region(one: Planned) -> bool:
    return one.before is None or bool({"region", "parent"} & {name for name, _was, _now in one.changes})


def _last_days(column: str) -> dict[str, date]:
    """Until when people work at each department, post or store; for ever where the end is open."""
    found = Assignment.objects.exclude(**{column: None}).order_by().values_list(f"{column}__code")
    ends = dict(found.annotate(last=Max("valid_to")))
    still = set(found.filter(valid_to=None).values_list(f"{column}__code", flat=True))
    return {code: FOREVER if code in still else last for code, last in ends.items() if code in still or last}


def _line(rows: Mapping[str, Mapping[str, str]], code: str) -> list[str]:
    found: list[str] = []
    while code in rows and code not in found:
        found.append(code)
        code = rows[code]["parent"]
    return found


def _region(rows: Mapping[str, Mapping[str, str]], code: str) -> str:
    return next((region for one in _line(rows, code) if (region := rows[one]["region"])), "")
