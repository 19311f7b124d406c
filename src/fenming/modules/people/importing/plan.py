"""Comparing the rows of a file with the company: what each would change, and which cannot be taken."""

from collections.abc import Sequence

from fenming.modules.people.importing.columns import REQUIRED, Fields
from fenming.modules.people.importing.company import Company
from fenming.modules.people.importing.persons import compare_custom_fields, compare_facts, compare_time_here
from fenming.modules.people.importing.planned import Choices, Kind, Planned, RefusedError, refuse, turn_down
from fenming.modules.people.importing.posts import compare_post
from fenming.modules.people.importing.reading import EMPTIED, Row
from fenming.modules.people.importing.together import refuse_repeated, settle_managers


def plan(rows: Sequence[Row], company: Company, fields: Fields, choices: Choices) -> list[Planned]:
    """One `Planned` a row, in the order of the file."""
    planned = [_planned(row, company, fields, choices) for row in rows]
    refuse_repeated(planned)
    settle_managers(planned, company)
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


def _check(row: Row, number: str, company: Company) -> None:
    if row.problem:
        raise RefusedError(row.problem)
    if not number or number == EMPTIED:
        raise refuse("no_number", "number")
    if number in company.taken:
        raise refuse("taken", "number", number)
    if (base := row.values.get("base")) is not None and base != EMPTIED and base < 0:
        raise refuse("negative", "base", base)
    for field in ("name", "joined", "department", "post", "valid_from"):
        if row.values.get(field) == EMPTIED:
            raise refuse("cannot_clear", field)


def _compare(one: Planned, company: Company, fields: Fields, choices: Choices) -> None:
    values = one.row.values
    if one.person is None:
        for field in REQUIRED:
            if not values.get(field):
                raise refuse("missing", field, column=field)
    compare_facts(one, company)
    compare_custom_fields(one, fields)
    compare_time_here(one)
    compare_post(one, company, choices)
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
