"""Sensitive values for a program that asks for them by name."""

from collections.abc import Sequence

from django.db import transaction

from fenming.controls.operations import Actor, record
from fenming.modules.people.operations.persons import subject
from fenming.modules.people.queries.persons import Person

NEEDED = {"phone": "people.unmask", "id_number": "people.unmask", "base": "people.pay"}


def in_plain(actor: Actor, person: Person, names: Sequence[str]) -> dict[str, str | None]:
    """Those of the values that the asker's permissions reach, with one entry in the log that names them."""
    told = [one for one in names if NEEDED[one] in person.may]
    if not told:
        return {}
    with transaction.atomic():
        note = {"field": ", ".join(told), "on": person.day}
        record(actor, "people.reveal_by_key", subject(person.employee.number), after=note)
        return {one: _value(person, one) for one in told}


def _value(person: Person, name: str) -> str | None:
    if name != "base":
        return str(getattr(person.employee, name))
    base = person.seat.base if person.seat else None
    return None if base is None else f"{base:.2f}"
