"""Changes of one person: each is planned, checked against the editor's reach, kept and logged as a whole."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fenming.controls.models import Operation, Run
from fenming.controls.operations import Actor, record
from fenming.controls.scope import Scope
from fenming.modules.people.models import Assignment, Employee
from fenming.modules.people.operations.career import Career, Row, values
from fenming.modules.people.operations.changes import Change
from fenming.modules.people.queries.custom import search_of, searched_fields
from fenming.modules.people.queries.persons import last_day
from fenming.modules.people.queries.reach import people_in

ADDED, SET = "add", "set"


def subject(number: str) -> str:
    """Under which name the log knows a person."""
    return f"employee {number}"


class Stale(Exception):  # noqa: N818 - nobody did wrong, somebody else was faster
    """The person was changed since the form was opened; these are the entries of the log that say how."""

    def __init__(self, employee: Employee, entries: list[Operation]) -> None:
        super().__init__(str(employee))
        self.employee = employee
        self.entries = entries


class Gone(Exception):  # noqa: N818 - as Stale
    """There is no such person within the editor's reach."""


# Carrying out


def carry_out(actor: Actor, number: str, change: Change, *, reach: Scope, version: int, form: str = "") -> Employee:
    """Apply a change to a person within reach, whole or not at all, with one entry in the log.

    ``version`` is that of the file when the form was opened; ``form`` is its key: one form sent twice is done once.
    """
    with transaction.atomic():
        employee = opened(number, reach, version, form)
        if employee is None:
            return Employee.objects.get(number=number)
        career = Career.of(employee, actor.user)
        change.apply(career)
        career.check(reach)
        _keep(career, actor, change.action, form)
        return employee


def preview(number: str, change: Change, *, reach: Scope) -> Career:
    """What a change would make of somebody's career; nothing is written."""
    employee = Employee.objects.filter(people_in(reach), number=number).first()
    if employee is None:
        raise Gone
    career = Career.of(employee)
    change.apply(career)
    with transaction.atomic():
        career.check(reach)
    return career


def opened(number: str, reach: Scope, version: int, form: str) -> Employee | None:
    """The person, locked; None where this very form was sent before."""
    employee = Employee.objects.select_for_update().filter(people_in(reach), number=number).first()
    if employee is None:
        raise Gone
    if employee.version == version:
        return employee
    entries = changes_since(number, version)
    if form and any((one.after or {}).get("form") == form for one in entries):
        return None
    raise Stale(employee, entries)


def changes_since(number: str, version: int) -> list[Operation]:
    """The entries that brought a person's file beyond a version, the newest first."""
    return list(Operation.objects.filter(object=subject(number), after__version__gt=version).order_by("-id")[:20])


def _keep(career: Career, actor: Actor, action: str, form: str) -> None:
    employee, touched, first = career.employee, career.touched, career.first_day()
    if not touched and not career.removed:
        raise ValidationError(_("Nothing would change."))
    before = {name_of(row): described(row, was) for row in touched if (was := career.was(row))}
    before |= {name_of(row): described(row, values(row)) for row in career.removed}
    undo = _undo_of(career)
    career.sum_up()
    employee.version += 1
    for row in career.removed:
        row.delete()
    employee.save()
    for row in _shrinking_first(career):
        row.save()
    after: dict[str, Any] = {name_of(row): described(row, values(row)) for row in touched}
    after |= {"version": employee.version, "form": form, "from": first}
    if undo is not None:
        added = [name_of(row) for row in touched if career.was(row) is None]
        after["undo"] = {ADDED: added, SET: undo}
    record(actor, action, subject(employee.number), before=before, after=after)


def _shrinking_first(career: Career) -> list[Row]:
    """Employments before posts; what makes room before what takes it, since the database looks at each row at once."""

    def growth(row: Row) -> tuple[bool, int]:
        was = career.was(row)
        if was is None:
            return isinstance(row, Assignment), 2
        grows = row.valid_from < was["valid_from"] or (row.valid_to or date.max) > (was["valid_to"] or date.max)
        return isinstance(row, Assignment), int(grows)

    return sorted(career.touched, key=growth)


def name_of(row: Row) -> str:
    return f"{'post' if isinstance(row, Assignment) else 'employment'} {row.pk}"


def described(row: Row, state: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the log keeps it, in the words of those who read it."""
    told: dict[str, Any] = {
        "from": state["valid_from"],
        "last_day": last_day(state["valid_to"]),
        "reason": state["reason"],
    }
    if not isinstance(row, Assignment):
        return told
    named = {
        "department": row.department, "post": row.post, "store": row.store, "manager": row.manager,
    }  # fmt: skip
    changed = {name: one for name, one in named.items() if state[f"{name}_id"] != getattr(row, f"{name}_id")}
    for name in changed:
        model = row._meta.get_field(name).related_model
        named[name] = model.objects.filter(pk=state[f"{name}_id"]).first()  # type: ignore[union-attr]
    return told | {name: str(one) if one else "" for name, one in named.items()} | {
        "team": state["team"], "base": state["base"], "primary": state["is_primary"],
    }  # fmt: skip


def _undo_of(career: Career) -> dict[str, dict[str, Any]] | None:
    """What brings the rows back; None where the log must not hold it (pay) or a row is gone."""
    if career.removed:
        return None
    found: dict[str, dict[str, Any]] = {}
    for row in career.touched:
        was = career.was(row)
        if was is None:
            continue
        found[name_of(row)] = {name: _plain(value) for name, value in was.items() if getattr(row, name) != value}
        if "base" in found[name_of(row)]:
            return None
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# Undoing


def last_change(number: str, version: int) -> Operation | None:
    """The entry that brought a person's file to its version."""
    return Operation.objects.filter(object=subject(number), after__version=version).order_by("-id").first()


def undo(actor: Actor, number: str, *, reach: Scope, version: int, form: str = "") -> Employee:
    """Take the last change back, where nothing was built upon it."""
    with transaction.atomic():
        employee = opened(number, reach, version, form)
        if employee is None:
            return Employee.objects.get(number=number)
        entry = last_change(number, version)
        steps = (entry.after or {}).get("undo") if entry else None
        if entry is None or steps is None:
            raise ValidationError(_("The last change cannot be taken back by itself. Record a correction instead."))
        _refuse_closed_period((entry.after or {}).get("from"))
        career = Career.of(employee, actor.user)
        _take_back(career, steps)
        career.check(reach)
        career.sum_up()
        employee.search = search_of(employee, searched_fields())
        employee.version += 1
        for row in career.removed:
            row.delete()
        employee.save()
        for row in _shrinking_first(career):
            row.save()
        note = {"version": employee.version, "form": form, "undone": entry.action}
        record(actor, "people.undo", subject(number), before=_undone(entry.after), after=_undone(entry.before) | note)
        return employee


def _take_back(career: Career, steps: Mapping[str, Any]) -> None:
    rows: dict[str, Row] = {name_of(one): one for one in career.rows}
    for name in steps[ADDED]:
        row = rows.get(name)
        if isinstance(row, Assignment):
            career.remove(row)
        elif row is not None:
            career.employments.remove(row)
            career.removed.append(row)
    for name, kept in steps[SET].items():
        target = career.employee if name == "employee" else rows[name]
        for attribute, value in kept.items():
            dated = attribute in ("valid_from", "valid_to") and value
            setattr(target, attribute, date.fromisoformat(value) if dated else value)


def _undone(told: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (told or {}).items() if name not in ("version", "form", "undo", "from")}


def _refuse_closed_period(first: str | None) -> None:
    if first and Run.objects.filter(kind=Run.Kind.CLOSE, complete=True, end__gt=date.fromisoformat(first)).exists():
        words = _("A period that this change reaches into is closed: results were made with it. Record a correction.")
        raise ValidationError(words)
