"""Who somebody is: taken on with it, and put right later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.models import Operation
from fenming.controls.operations import Actor, record
from fenming.controls.redaction import MASK, MASK_CHANGED
from fenming.controls.scope import Scope
from fenming.modules.people.identity import id_index, is_wrong_id, phone_index, plain_id, plain_phone
from fenming.modules.people.models import Employee
from fenming.modules.people.operations.career import Career, Place, values, wrong
from fenming.modules.people.operations.persons import ADDED, SET, described, name_of, opened, subject
from fenming.modules.people.operations.turns import one_at_a_time
from fenming.modules.people.queries.custom import search_of, searched_fields
from fenming.modules.people.queries.reach import people_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Who somebody is. A phone or ID number that is None stays as it is."""

    name: str
    tag: str = ""
    email: str = ""
    phone: str | None = None
    id_number: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


def take_on_one(
    actor: Actor, number: str, facts: Facts, place: Place, day: date, *, reach: Scope, reason: str = "", form: str = ""
) -> Employee:
    """A new person with the first post. The same form sent twice takes on once."""
    if done := _taken_on_by(actor, form):
        return done
    try:
        with transaction.atomic():
            if Employee.objects.filter(number__iexact=number).exists():
                words = _("The number %(number)s is taken. Open the page anew: it suggests the next free one.")
                raise wrong("number", words, number=number)
            employee = Employee(number=number, joined=day)
            _put_facts(employee, facts, reach)
            career = Career(employee, [], [], author=actor.user)
            career.employ(day, reason)
            career.place(place, day, None, reason)
            career.check(reach)
            employee.save()
            for row in career.touched:
                row.save()
            after = {"number": number, **_told(employee), "version": 1, "form": form, "from": day}
            after |= {name_of(row): described(row, values(row)) for row in career.rows}
            record(actor, "people.take_on_one", subject(number), after=after)
            return employee
    except IntegrityError:
        if done := _taken_on_by(actor, form):
            return done
        raise ValidationError({"number": _("Somebody else has just taken this number. Choose another.")}) from None


def _taken_on_by(actor: Actor, form: str) -> Employee | None:
    """Whom this very form took on before."""
    if not form:
        return None
    since = timezone.now() - timedelta(days=1)
    mine = Operation.objects.filter(actor_id=actor.user, at__gte=since, action="people.take_on_one", after__form=form)
    entry = mine.first()
    return Employee.objects.filter(number=(entry.after or {}).get("number")).first() if entry else None


def edit_facts(
    actor: Actor, number: str, facts: Facts, *, reach: Scope, version: int, form: str = "", hidden: Iterable[str] = ()
) -> Employee:
    """Who somebody is, put right. The values of ``hidden`` fields are masked in the log."""
    with transaction.atomic():
        employee = opened(number, reach, version, form)
        if employee is None:
            return Employee.objects.get(number=number)
        before, secret = _told(employee), (employee.phone, employee.id_number)
        custom = dict(employee.custom)
        _put_facts(employee, facts, reach)
        after = _told(employee)
        if before == after and custom == employee.custom:
            raise ValidationError(_("Nothing would change."))
        employee.version += 1
        employee.save()
        undo = {
            name: before[name] for name in ("name", "tag", "email") if before[name] != after[name]
        }  # fmt: skip
        own, masked = _custom_changes(custom, employee.custom, set(hidden))
        note: dict[str, Any] = {"version": employee.version, "form": form}
        if secret == (employee.phone, employee.id_number) and not masked:
            kept = undo | ({"custom": custom} if own[0] != own[1] else {})
            note["undo"] = {ADDED: [], SET: {"employee": kept}}
        record(actor, "people.edit", subject(number), before=before | own[0], after=after | own[1] | note)
        return employee


def _told(employee: Employee) -> dict[str, Any]:
    return {name: getattr(employee, name) for name in ("name", "tag", "email", "phone", "id_number")}


def _custom_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], hidden: set[str]
) -> tuple[tuple[dict[str, Any], dict[str, Any]], bool]:
    """The changed fields before and after, and whether one of them had to be masked."""
    changed = [one for one in {*before, *after} if before.get(one) != after.get(one)]
    old = {f"field {one}": MASK if one in hidden else before.get(one) for one in changed}
    new = {f"field {one}": MASK_CHANGED if one in hidden else after.get(one) for one in changed}
    return (old, new), any(one in hidden for one in changed)


def _put_facts(employee: Employee, facts: Facts, reach: Scope) -> None:
    employee.name, employee.tag, employee.email = facts.name, facts.tag, facts.email
    if facts.phone is not None:
        employee.phone = plain_phone(facts.phone)
        employee.phone_index = phone_index(facts.phone)
    if facts.id_number is not None:
        _refuse_same_id(employee, facts.id_number, reach)
        employee.id_number = plain_id(facts.id_number)
        employee.id_index = id_index(facts.id_number)
    employee.custom = {**employee.custom, **facts.custom}
    employee.search = search_of(employee, searched_fields())


def _refuse_same_id(employee: Employee, id_number: str, reach: Scope) -> None:
    if is_wrong_id(id_number):
        words = _("This cannot be a resident's ID number: a digit or the birthday is wrong. Compare it with the card.")
        raise wrong("id_number", words)
    index = id_index(id_number)
    if not index:
        return
    one_at_a_time()
    same = Employee.objects.filter(id_index=index).exclude(pk=employee.pk)
    if not same.exists():
        return
    known = same.filter(people_in(reach)).first()
    if known:
        words = _("%(name)s has this ID number already. If it is the same person, record the return there.")
        raise wrong("id_number", words, name=known)
    raise wrong("id_number", _("Somebody outside your area has this ID number already. Ask the head office's HR."))
