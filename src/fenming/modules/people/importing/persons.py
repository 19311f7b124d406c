"""What a row would do to the person: who it is, the company's own fields, and the time here."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from fenming.library.text import Refusal
from fenming.modules.people import custom
from fenming.modules.people.identity import is_phone, is_wrong_id
from fenming.modules.people.importing import cells
from fenming.modules.people.importing.columns import Fields
from fenming.modules.people.importing.company import Company, Person
from fenming.modules.people.importing.planned import Planned, refuse
from fenming.modules.people.importing.reading import EMPTIED
from fenming.modules.people.models import CustomField

FACTS = ("name", "tag", "email", "phone", "id_number")


def compare_facts(one: Planned, company: Company) -> None:
    for field in FACTS:
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
            raise refuse("wrong_id", field, value)
        if company.ids.get(value, number) != number:
            raise refuse("id_taken", field, value)
    elif field == "tag" and company.tags.get(value, number) != number:
        raise refuse("tag_taken", field, value)
    elif field == "email":
        try:
            validate_email(value)
        except ValidationError:
            raise refuse("wrong_email", field, value) from None
    elif field == "phone" and not is_phone(value):
        raise refuse("wrong_phone", field, value)


def compare_custom_fields(one: Planned, fields: Fields) -> None:
    kept = one.person.custom if one.person else {}
    changed: dict[str, Any] = {}
    for name, spec in fields.items():
        if spec.own is None:
            continue
        given, before = one.row.values.get(name), kept.get(spec.own.code)
        if given is None and spec.own.required and one.person is None:
            raise refuse("missing", name, column=name)
        if given is None or given == before or given == _cleaned(spec.own, before):
            continue
        after = None if given == EMPTIED else given
        if after != before:
            changed[spec.own.code] = after
            one.changes.append((name, _own_text(before), _own_text(after)))
    if changed:
        one.writes["custom"] = changed


def _cleaned(own: CustomField, kept: Any) -> Any:
    """What is kept already, as it would be kept if it were typed today."""
    try:
        return kept if isinstance(kept, bool) or kept is None else custom.clean(own, str(kept))
    except Refusal:
        return kept


def _own_text(value: Any) -> str:
    """A value of a field of the company's own as the preview shows it."""
    return {True: "✓", False: "✗", None: ""}[value] if value is None or isinstance(value, bool) else str(value)


def compare_time_here(one: Planned) -> None:
    """The days of joining and leaving: a new employment, one that ends, or dates put right."""
    joined, left = one.row.values.get("joined"), one.row.values.get("left")
    person = one.person
    if person is None:
        if left and left != EMPTIED and left <= joined:
            raise refuse("left_before_joined", "left", _last_day(left))
        one.writes |= {"joined": joined, "left": left if left != EMPTIED else None}
        one.changes += [("joined", "", str(joined)), *([("left", "", _last_day(left))] if one.writes["left"] else [])]
        return
    was = person.values["left"]
    starts = [start for start, _ in person.employments] or [person.values["joined"]]
    if joined and joined not in starts:
        _joins(one, person, joined, starts, was)
    if left == EMPTIED and was is not None and "opens" not in one.writes:
        one.writes["reopens"] = True
        one.changes.append(("left", _last_day(was), ""))
    elif left and left != EMPTIED and left != was:
        _leaves(one, person, left, one.writes.get("opens") or starts[-1])


def _last_day(left: date | None) -> str:
    """The last day here, as people write it: the one before the first day no longer employed."""
    return str(left - timedelta(days=1)) if left else ""


def _joins(one: Planned, person: Person, joined: date, starts: Sequence[date], was: date | None) -> None:
    if was is not None and joined > starts[-1]:
        if joined < was:
            raise refuse("joined_before_left", "joined", joined, day=str(was))
        one.writes["opens"] = joined
        one.changes.append(("joined", "", str(joined)))
        return
    if len(starts) > 1:
        raise refuse("several_employments", "joined", joined)
    if person.first_start and joined > person.first_start:
        raise refuse("joined_after_post", "joined", joined, day=str(person.first_start))
    if was is not None and joined >= was:
        raise refuse("left_before_joined", "joined", joined)
    one.writes["joined"] = joined
    one.changes.append(("joined", str(person.values["joined"]), str(joined)))


def _leaves(one: Planned, person: Person, left: date, begun: date) -> None:
    if left <= begun or left <= (one.writes.get("joined") or begun):
        raise refuse("left_before_joined", "left", left)
    if person.last_start and left <= person.last_start and "opens" not in one.writes:
        raise refuse("later_post", "left", left, day=str(person.last_start))
    one.writes["closes"] = left
    one.changes.append(("left", _last_day(person.values["left"]), _last_day(left)))
