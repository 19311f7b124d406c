"""Rows among each other: what stands in the file twice, managers who will not be there, circles, the order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fenming.modules.people.importing.company import Company
from fenming.modules.people.importing.planned import Kind, Planned, turn_down
from fenming.modules.people.importing.reading import EMPTIED
from fenming.modules.people.importing.sentences import Problem


def refuse_repeated(planned: Sequence[Planned]) -> None:
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


def settle_managers(planned: Sequence[Planned], company: Company) -> None:
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
