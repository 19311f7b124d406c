"""What a row would do to the post: where, for whom, for which pay, and from when."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from fenming.modules.people.importing import cells
from fenming.modules.people.importing.company import Company, Person, Places, Seat
from fenming.modules.people.importing.planned import Choices, Planned, refuse
from fenming.modules.people.importing.reading import EMPTIED

DEEPEST, LONGEST_NAME = 8, 80
"""Departments in each other, and letters of a name, that an import creates at most."""


def compare_post(one: Planned, company: Company, choices: Choices) -> None:
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
    _check_region(one, company, found, seat)
    return found


def _place(one: Planned, name: str, given: str, company: Company) -> Any:
    if given == EMPTIED:
        return None
    places: Places = getattr(company, f"{name}s")
    found = places.find(given)
    if name == "post" and len(found) > 1:
        found = _posts_there(one, found, company) or found
    if len(found) > 1:
        raise refuse(f"ambiguous_{name}", name, given)
    if not found:
        if name == "store" or not company.may_create:
            raise refuse(f"unknown_{name}", name, given)
        text = _path(given) if name == "department" else given
        parts = text.split("/") if name == "department" else [text]
        if not text or len(parts) > DEEPEST or any(len(part) > LONGEST_NAME for part in parts):
            raise refuse("too_long", name, given, most=LONGEST_NAME)
        one.needs.append(f"{name}:{text}")
        return {"new": text}
    place = places.by_id[next(iter(found))]
    if place.closed and place.closed <= company.day:
        raise refuse(f"closed_{name}", name, given)
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
        raise refuse("manager_circle", "manager", given, circle=given)
    if given in company.numbers:
        return company.numbers[given]
    if given in company.fresh:
        return {"number": given}
    numbers = company.names.get(cells.folded(given), ())
    if len(numbers) > 1:
        raise refuse("ambiguous_manager", "manager", given)
    if numbers:
        return company.numbers.get(numbers[0]) or {"number": numbers[0]}
    raise refuse("unknown_manager", "manager", given)


def _check_pay(one: Planned, company: Company, found: Mapping[str, Any], base: Decimal | None) -> None:
    department = found.get("department")
    inside = company.pay_departments is None or department is None or _is_in(department, company.pay_departments)
    if not company.may_pay or not inside or (one.person and not one.person.pay_in_reach):
        raise refuse("pay_out_of_reach", "base", "" if base is None else base)


def _check_reach(one: Planned, company: Company, found: Mapping[str, Any], seat: Seat | None) -> None:
    """People are placed only where the importer reaches; where they are already they may stay."""
    if company.everywhere or (seat and "department" not in found):
        return
    manager = found.get("manager", seat.manager if seat else None)
    store = found.get("store", seat.store if seat else None)
    if not (
        _is_in(found.get("department"), company.reach_departments)
        or store in company.reach_stores
        or (not isinstance(manager, Mapping) and manager in company.reach_managers)
    ):
        raise refuse("out_of_reach", "department", one.row.values.get("department") or "")


def _is_in(place: Any, places: frozenset[int]) -> bool:
    """Whether a place lies within reach; one that is yet to be created lies nowhere."""
    return isinstance(place, int) and place in places


def _check_region(one: Planned, company: Company, found: Mapping[str, Any], seat: Seat | None) -> None:
    """Whoever is placed anew works in a store of the department's region."""
    if not {"department", "store"} & found.keys():
        return
    department = found.get("department", seat.department if seat else None)
    store = found.get("store", seat.store if seat else None)
    region = company.regions.get(department) if isinstance(department, int) else None
    other = company.store_regions.get(store) if store else None
    if region and other and region != other:
        raise refuse("store_elsewhere", "store", one.row.values.get("store") or "")


def _start(one: Planned, seat: Seat | None, choices: Choices, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """From when the post holds, until when, and whether it is a new one or the present one put right."""
    day, person = one.row.values.get("valid_from"), one.person
    if person and seat and "opens" not in one.writes:
        return _change(one, person, seat, day, choices)
    for field in ("department", "post"):
        if field not in wanted and seat is None:
            raise refuse("missing", field, column=field)
    begins = "opens" in one.writes or person is None
    joined: Any = one.writes.get("opens") or one.writes.get("joined") or (person.values["joined"] if person else None)
    if day and day < joined and (seat is None or day != seat.start):
        raise refuse("post_before_joined", "valid_from", day)
    start = max(day or (joined if begins else choices.from_day), joined)
    end = one.writes.get("closes") or (one.writes.get("left") if person is None else None)
    if end and start >= end:
        raise refuse("left_before_joined", "left", end)
    return {"new": True, "start": start, "end": end}


def _change(one: Planned, person: Person, seat: Seat, day: date | None, choices: Choices) -> dict[str, Any]:
    if day in (None, seat.start):
        day = seat.start if choices.corrects else max(choices.from_day, seat.start)
    elif day < seat.start:
        raise refuse("post_overlaps", "valid_from", day, day=str(seat.start))
    if day == seat.start:
        return {"new": False, "start": seat.start, "end": seat.end}
    if person.values["left"] is not None and "reopens" not in one.writes:
        raise refuse("post_after_left", "", "")
    if person.later is not None:
        raise refuse("later_post", "valid_from", day, day=str(person.later))
    if "closes" in one.writes and day >= one.writes["closes"]:
        raise refuse("left_before_joined", "left", one.writes["closes"])
    return {"new": True, "start": day, "end": one.writes.get("closes")}
