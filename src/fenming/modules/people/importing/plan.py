"""Comparing the rows of a file with the company: what each would change, and which cannot be taken."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from fenming.library.text import Refusal
from fenming.modules.people import custom
from fenming.modules.people.identity import is_phone, is_wrong_id
from fenming.modules.people.importing import cells
from fenming.modules.people.importing.columns import FIELDS, Fields
from fenming.modules.people.importing.company import Company, Person, Places, Seat
from fenming.modules.people.importing.reading import EMPTIED, Row
from fenming.modules.people.importing.sentences import Problem
from fenming.modules.people.models import CustomField


class Kind(StrEnum):
    """What a row comes to; of several the first of these."""

    REFUSED = "refused"
    NEW = "new"
    RETURNED = "returned"
    LEFT = "left"
    MOVED = "moved"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the importer chose: from when changes of post hold, or that the posts as they stand are put right."""

    from_day: date
    corrects: bool = False


@dataclass(slots=True)
class Planned:
    """What a row will do. ``writes`` is what is to be written, in plain values; ``changes`` what a person reads."""

    row: Row
    number: str
    name: str = ""
    kind: Kind = Kind.UNCHANGED
    person: Person | None = None
    changes: list[tuple[str, str, str]] = made(default_factory=list)
    writes: dict[str, Any] = made(default_factory=dict)
    needs: list[str] = made(default_factory=list)
    """Departments and posts that must be created first, as ``department:path`` and ``post:name``."""
    problem: Problem | None = None
    order: int = 0
    """How many managers of the same file stand above."""


class RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def _refuse(code: str, field: str = "", value: object = "", **more: Any) -> RefusedError:
    return RefusedError(Problem(code, field, str(value)[:100], more))


PERSON = ("name", "tag", "email", "phone", "id_number")
DEEPEST, LONGEST_NAME = 8, 80
"""Departments in each other, and letters of a name, that an import creates at most."""
REQUIRED = ("name", "joined", "department", "post")


def plan(rows: Sequence[Row], company: Company, fields: Fields, choices: Choices) -> list[Planned]:
    """One `Planned` a row, in the order of the file."""
    planned = [_planned(row, company, fields, choices) for row in rows]
    _refuse_repeated(planned)
    _settle_managers(planned, company)
    return planned


def _planned(row: Row, company: Company, fields: Fields, choices: Choices) -> Planned:
    number = str(row.values.get("number") or "")
    person = company.people.get(number)
    one = Planned(row, number, str(row.values.get("name") or (person.values["name"] if person else "")), person=person)
    try:
        _check(row, number, company)
        _compare(one, company, fields, choices)
    except RefusedError as refused:
        turn_down(one, refused.problem)
    return one


def turn_down(one: Planned, problem: Problem) -> None:
    one.problem, one.kind = problem, Kind.REFUSED
    one.changes, one.writes = [], {}


def _check(row: Row, number: str, company: Company) -> None:
    if row.problem:
        raise RefusedError(row.problem)
    if not number or number == EMPTIED:
        raise _refuse("no_number", "number")
    if number in company.taken:
        raise _refuse("taken", "number", number)
    if (base := row.values.get("base")) is not None and base != EMPTIED and base < 0:
        raise _refuse("negative", "base", base)
    for field in ("name", "joined", "department", "post", "valid_from"):
        if row.values.get(field) == EMPTIED:
            raise _refuse("cannot_clear", field)


def _compare(one: Planned, company: Company, fields: Fields, choices: Choices) -> None:
    values = one.row.values
    if one.person is None:
        for field in REQUIRED:
            if not values.get(field):
                raise _refuse("missing", field, column=field)
    _own_fields(one, company)
    _custom_fields(one, fields)
    _time_here(one)
    _post(one, company, choices)
    one.kind = _kind(one)


def _kind(one: Planned) -> Kind:
    if one.person is None:
        return Kind.NEW
    for name, kind in (("opens", Kind.RETURNED), ("closes", Kind.LEFT)):
        if name in one.writes:
            return kind
    if one.writes.get("seat", {}).get("new"):
        return Kind.MOVED
    return Kind.CHANGED if one.writes else Kind.UNCHANGED


# The person


def _own_fields(one: Planned, company: Company) -> None:
    for field in PERSON:
        given = one.row.values.get(field)
        before = one.person.values[field] if one.person else ""
        if given is None or given == before or given == cells.tidy(field, before):
            continue
        after = "" if given == EMPTIED else given
        if after == before:
            continue
        _valid(field, after, one.number, company)
        one.writes[field] = after
        one.changes.append((field, before, after))


def _valid(field: str, value: str, number: str, company: Company) -> None:
    if not value:
        return
    if field == "id_number":
        if is_wrong_id(value):
            raise _refuse("wrong_id", field, value)
        if company.ids.get(value, number) != number:
            raise _refuse("id_taken", field, value)
    elif field == "tag" and company.tags.get(value, number) != number:
        raise _refuse("tag_taken", field, value)
    elif field == "email":
        try:
            validate_email(value)
        except ValidationError:
            raise _refuse("wrong_email", field, value) from None
    elif field == "phone" and not is_phone(value):
        raise _refuse("wrong_phone", field, value)


def _custom_fields(one: Planned, fields: Fields) -> None:
    kept = one.person.custom if one.person else {}
    changed: dict[str, Any] = {}
    for name, spec in fields.items():
        if spec.own is None:
            continue
        given, before = one.row.values.get(name), kept.get(spec.own.code)
        if given is None and spec.own.required and one.person is None:
            raise _refuse("missing", name, column=name)
        if given is None or given == before or given == _cleaned(spec.own, before):
            continue
        after = None if given == EMPTIED else given
        if after != before:
            changed[spec.own.code] = after
            one.changes.append((name, own_text(before), own_text(after)))
    if changed:
        one.writes["custom"] = changed


def _cleaned(own: CustomField, kept: Any) -> Any:
    """What is kept already, as it would be kept if it were typed today."""
    try:
        return kept if isinstance(kept, bool) or kept is None else custom.clean(own, str(kept))
    except Refusal:
        return kept


def own_text(value: Any) -> str:
    """A value of a field of the company's own as the preview shows it."""
    return {True: "✓", False: "✗", None: ""}[value] if value is None or isinstance(value, bool) else str(value)


def _time_here(one: Planned) -> None:
    """The days of joining and leaving: a new employment, one that ends, or dates put right."""
    joined, left = one.row.values.get("joined"), one.row.values.get("left")
    person = one.person
    if person is None:
        if left and left != EMPTIED and left <= joined:
            raise _refuse("left_before_joined", "left", last_day(left))
        one.writes |= {"joined": joined, "left": left if left != EMPTIED else None}
        one.changes += [("joined", "", str(joined)), *([("left", "", last_day(left))] if one.writes["left"] else [])]
        return
    was = person.values["left"]
    starts = [start for start, _ in person.employments] or [person.values["joined"]]
    if joined and joined not in starts:
        _joins(one, person, joined, starts, was)
    if left == EMPTIED and was is not None and "opens" not in one.writes:
        one.writes["reopens"] = True
        one.changes.append(("left", last_day(was), ""))
    elif left and left != EMPTIED and left != was:
        _leaves(one, person, left, one.writes.get("opens") or starts[-1])


def last_day(left: date | None) -> str:
    """The last day here, as people write it: the one before the first day no longer employed."""
    return str(left - timedelta(days=1)) if left else ""


def _joins(one: Planned, person: Person, joined: date, starts: Sequence[date], was: date | None) -> None:
    if was is not None and joined > starts[-1]:
        if joined < was:
            raise _refuse("joined_before_left", "joined", joined, day=str(was))
        one.writes["opens"] = joined
        one.changes.append(("joined", "", str(joined)))
        return
    if len(starts) > 1:
        raise _refuse("several_employments", "joined", joined)
    if person.first_start and joined > person.first_start:
        raise _refuse("joined_after_post", "joined", joined, day=str(person.first_start))
    if was is not None and joined >= was:
        raise _refuse("left_before_joined", "joined", joined)
    one.writes["joined"] = joined
    one.changes.append(("joined", str(person.values["joined"]), str(joined)))


def _leaves(one: Planned, person: Person, left: date, begun: date) -> None:
    if left <= begun or left <= (one.writes.get("joined") or begun):
        raise _refuse("left_before_joined", "left", left)
    if person.last_start and left <= person.last_start and "opens" not in one.writes:
        raise _refuse("later_post", "left", left, day=str(person.last_start))
    one.writes["closes"] = left
    one.changes.append(("left", last_day(person.values["left"]), last_day(left)))


# The post


def _post(one: Planned, company: Company, choices: Choices) -> None:
    seat = one.person.seat if one.person else None
    wanted = _wanted(one, company, seat)
    returns = "opens" in one.writes
    if not wanted and not returns and one.person:
        return
    start = _start(one, seat, choices, wanted)
    one.writes["seat"] = {"values": wanted, **start, "reason": _reason(one)}
    one.changes += [
        (name, _said(name, getattr(seat, name), company) if seat else "", _after(name, value, company))
        for name, value in wanted.items()
    ]
    if start["new"]:
        one.changes.append(("valid_from", str(seat.start) if seat else "", str(start["start"])))


def _reason(one: Planned) -> str:
    reason = one.row.values.get("reason")
    return reason if reason and reason != EMPTIED else ""


def _said(name: str, value: Any, company: Company) -> str:
    if value is None:
        return ""
    if name in ("department", "post", "store"):
        places: Places = getattr(company, f"{name}s")
        return places.label(value)
    if name == "manager":
        return company.called.get(value, "")
    return str(value)


def _after(name: str, value: Any, company: Company) -> str:
    if isinstance(value, Mapping):
        return str(value.get("new") or value.get("number") or "")
    return _said(name, value, company)


def _wanted(one: Planned, company: Company, seat: Seat | None) -> dict[str, Any]:
    """The parts of the post that are given and differ."""
    values, found = one.row.values, {}
    for name in ("department", "post", "store"):
        if (given := values.get(name)) is not None:
            now = getattr(seat, name) if seat else None
            value = (
                now
                if given != EMPTIED and getattr(company, f"{name}s").is_called(now, given)
                else _place(one, name, given, company)
            )
            if value != now:
                found[name] = value
    if (team := values.get("team")) is not None:
        after = "" if team == EMPTIED else team
        if after != cells.tidy("team", seat.team if seat else ""):
            found["team"] = after
    if (given := values.get("manager")) is not None:
        manager = _manager(one, given, company, seat)
        if manager != (seat.manager if seat else None):
            found["manager"] = manager
    if (base := values.get("base")) is not None:
        after_base = None if base == EMPTIED else base
        if after_base != (seat.base if seat else None):
            _check_pay(one, company, found, after_base)
            found["base"] = after_base
    _check_reach(one, company, found, seat)
    return found


def _place(one: Planned, name: str, given: str, company: Company) -> Any:
    if given == EMPTIED:
        return None
    places: Places = getattr(company, f"{name}s")
    found = places.find(given)
    if name == "post" and len(found) > 1:
        found = _posts_there(one, found, company) or found
    if len(found) > 1:
        raise _refuse(f"ambiguous_{name}", name, given)
    if not found:
        if name == "store" or not company.may_create:
            raise _refuse(f"unknown_{name}", name, given)
        text = _path(given) if name == "department" else given
        parts = text.split("/") if name == "department" else [text]
        if not text or len(parts) > DEEPEST or any(len(part) > LONGEST_NAME for part in parts):
            raise _refuse("too_long", name, given, most=LONGEST_NAME)
        one.needs.append(f"{name}:{text}")
        return {"new": text}
    place = places.by_id[next(iter(found))]
    if place.closed and place.closed <= company.day:
        raise _refuse(f"closed_{name}", name, given)
    return place.id


def _path(text: str) -> str:
    """A path of departments, without blanks around its parts."""
    parts = text.replace("／", "/").replace("＞", "/").replace(">", "/").split("/")
    return "/".join(part.strip() for part in parts if part.strip())


def _posts_there(one: Planned, found: set[int], company: Company) -> set[int]:
    """Of several posts with a name, those of the department in the row."""
    departments = company.departments.find(str(one.row.values.get("department") or ""))
    return {post for post in found if company.posts.by_id[post].parent in departments}


def _manager(one: Planned, given: str, company: Company, seat: Seat | None) -> Any:
    """The id of the manager, or the number of somebody in the same file who is new."""
    if given == EMPTIED:
        return None
    if seat and seat.manager and given == company.called.get(seat.manager):
        return seat.manager
    if given == one.number:
        raise _refuse("manager_circle", "manager", given, circle=given)
    if given in company.numbers:
        return company.numbers[given]
    if given in company.fresh:
        return {"number": given}
    numbers = company.names.get(cells.folded(given), ())
    if len(numbers) > 1:
        raise _refuse("ambiguous_manager", "manager", given)
    if numbers:
        return company.numbers.get(numbers[0]) or {"number": numbers[0]}
    raise _refuse("unknown_manager", "manager", given)


def _check_pay(one: Planned, company: Company, found: Mapping[str, Any], base: Decimal | None) -> None:
    department = found.get("department")
    inside = company.pay_departments is None or department is None or department in company.pay_departments
    if not company.may_pay or not inside or (one.person and not one.person.pay_in_reach):
        raise _refuse("pay_out_of_reach", "base", "" if base is None else base)


def _check_reach(one: Planned, company: Company, found: Mapping[str, Any], seat: Seat | None) -> None:
    """People are placed only where the importer reaches; where they are already they may stay."""
    if company.everywhere or (seat and "department" not in found):
        return
    manager = found.get("manager", seat.manager if seat else None)
    store = found.get("store", seat.store if seat else None)
    if not (
        found.get("department") in company.reach_departments
        or store in company.reach_stores
        or (not isinstance(manager, Mapping) and manager in company.reach_managers)
    ):
        raise _refuse("out_of_reach", "department", one.row.values.get("department") or "")


def _start(one: Planned, seat: Seat | None, choices: Choices, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """From when the post holds, until when, and whether it is a new one or the present one put right."""
    day, person = one.row.values.get("valid_from"), one.person
    if person and seat and "opens" not in one.writes:
        return _change(one, person, seat, day, choices)
    for field in ("department", "post"):
        if field not in wanted and seat is None:
            raise _refuse("missing", field, column=field)
    begins = "opens" in one.writes or person is None
    joined: Any = one.writes.get("opens") or one.writes.get("joined") or (person.values["joined"] if person else None)
    if day and day < joined and (seat is None or day != seat.start):
        raise _refuse("post_before_joined", "valid_from", day)
    start = max(day or (joined if begins else choices.from_day), joined)
    end = one.writes.get("closes") or (one.writes.get("left") if person is None else None)
    if end and start >= end:
        raise _refuse("left_before_joined", "left", end)
    return {"new": True, "start": start, "end": end}


def _change(one: Planned, person: Person, seat: Seat, day: date | None, choices: Choices) -> dict[str, Any]:
    if day in (None, seat.start):
        day = seat.start if choices.corrects else max(choices.from_day, seat.start)
    elif day < seat.start:
        raise _refuse("post_overlaps", "valid_from", day, day=str(seat.start))
    if day == seat.start:
        return {"new": False, "start": seat.start, "end": seat.end}
    if person.values["left"] is not None and "reopens" not in one.writes:
        raise _refuse("post_after_left", "", "")
    if person.later is not None:
        raise _refuse("later_post", "valid_from", day, day=str(person.later))
    if "closes" in one.writes and day >= one.writes["closes"]:
        raise _refuse("left_before_joined", "left", one.writes["closes"])
    return {"new": True, "start": day, "end": one.writes.get("closes")}


# Rows among each other


def _refuse_repeated(planned: Sequence[Planned]) -> None:
    _each_once(planned, "repeated_number", "number", lambda one: one.number)
    _each_once(planned, "repeated_id", "id_number", lambda one: one.row.values.get("id_number"))
    _each_once(planned, "repeated_tag", "tag", lambda one: one.row.values.get("tag"))


def _each_once(planned: Iterable[Planned], code: str, field: str, key: Callable[[Planned], Any]) -> None:
    rows: dict[Any, list[Planned]] = defaultdict(list)
    for one in planned:
        if (value := key(one)) and value != EMPTIED:
            rows[value].append(one)
    for value, several in rows.items():
        if len(several) < 2:
            continue
        named = ", ".join(str(one.row.row) for one in several[:8])
        for one in several:
            if one.kind is not Kind.REFUSED:
                turn_down(one, Problem(code, field, str(value)[:100], {"rows": named}))


def _settle_managers(planned: Sequence[Planned], company: Company) -> None:
    """Refuse rows whose manager will not be there and those in a circle, until nothing more is refused."""
    while _refuse_without_manager(planned, company) or _refuse_circles(planned, company):
        pass
    _order(planned)


def _manager_of(one: Planned) -> Any:
    return one.writes.get("seat", {}).get("values", {}).get("manager")


def _refuse_without_manager(planned: Sequence[Planned], company: Company) -> bool:
    new = {one.number: one for one in planned if one.kind is Kind.NEW}
    lost = False
    for one in planned:
        manager = _manager_of(one)
        if isinstance(manager, Mapping) and manager["number"] not in new:
            turn_down(one, Problem("refused_manager", "manager", str(manager["number"])))
            lost = True
        elif isinstance(manager, int) and manager in company.gone:
            turn_down(one, Problem("manager_left", "manager", company.called.get(manager, "")))
            lost = True
    return lost


def _refuse_circles(planned: Sequence[Planned], company: Company) -> bool:
    """Everybody has one manager, so each walk upwards ends or comes back; walked nodes are never walked again."""
    rows = {one.number if one.person is None else one.person.id: one for one in planned if one.kind is not Kind.REFUSED}
    above: dict[Any, Any] = dict(company.managers)
    for key, one in rows.items():
        if "seat" in one.writes and "manager" in one.writes["seat"]["values"]:
            manager = _manager_of(one)
            above[key] = manager["number"] if isinstance(manager, Mapping) else manager
    refused = False
    walked: set[Any] = set()
    at: Any
    for key, one in rows.items():
        if _manager_of(one) is None or key in walked:
            continue
        path: dict[Any, int] = {}
        at = key
        while at is not None and at not in walked and at not in path:
            path[at] = len(path)
            at = above.get(at)
        if at is not None and at in path:
            circle = [node for node, place in path.items() if place >= path[at]]
            refused |= _refuse_circle(circle, rows, company)
        walked.update(path)
    return refused


def _refuse_circle(circle: Sequence[Any], rows: Mapping[Any, Planned], company: Company) -> bool:
    shown = " → ".join(str(company.called.get(node, node)) for node in [*circle[:8], circle[0]])
    theirs = [rows[node] for node in circle if node in rows and _manager_of(rows[node]) is not None]
    for one in theirs:
        turn_down(
            one, Problem("manager_circle", "manager", str(one.row.values.get("manager") or ""), {"circle": shown})
        )
    return bool(theirs)


def _order(planned: Sequence[Planned]) -> None:
    """Managers before those who report to them, where both are new."""
    new = {one.number: one for one in planned if one.kind is Kind.NEW}
    depth: dict[str, int] = {}
    for one in new.values():
        path: list[str] = []
        at: str | None = one.number
        while at is not None and at not in depth:
            path.append(at)
            manager = _manager_of(new[at])
            at = manager["number"] if isinstance(manager, Mapping) else None
        base = depth[at] + 1 if at is not None else 0
        for offset, number in enumerate(reversed(path)):
            depth[number] = base + offset
    for one in planned:
        manager = _manager_of(one)
        above = depth[manager["number"]] + 1 if isinstance(manager, Mapping) else 0
        one.order = depth.get(one.number, above) if one.kind is Kind.NEW else above


def heading(field: str, fields: Fields = FIELDS) -> Any:
    """What a column is called, as words."""
    return fields[field].column.words
