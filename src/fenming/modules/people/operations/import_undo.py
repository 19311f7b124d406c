"""Setting back what an import has written, batch by batch, as far as nothing later depends on it."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction

from fenming.controls.operations import record_many
from fenming.controls.scope import Scope
from fenming.modules.people.models import (
    Assignment,
    Department,
    Employee,
    Employment,
    ImportRow,
    PeopleImport,
    Post,
)
from fenming.modules.people.operations.import_batch import BATCH, lock_people, upsert
from fenming.modules.people.operations.importing import actor_of
from fenming.modules.people.operations.turns import one_at_a_time
from fenming.modules.people.queries.reach import people_in

State, RowState = PeopleImport.State, ImportRow.State
_OWN = (Assignment, Employment)


def undo_batch(number: int, scope: Scope) -> int:
    """Set back the last rows that are written; how many were looked at."""
    with transaction.atomic():
        one = PeopleImport.objects.select_for_update().get(pk=number)
        if one.state != State.UNDOING:
            return 0
        rows = list(ImportRow.objects.filter(of=one, state=RowState.APPLIED).order_by("-position")[:BATCH])
        if rows:
            lock_people(rows)
            one_at_a_time()
            _undo(one, rows, scope)
        else:
            _remove_places(one)
            PeopleImport.objects.filter(pk=one.pk).update(state=State.UNDONE)
        return len(rows)


def _undo(one: PeopleImport, rows: Sequence[ImportRow], scope: Scope) -> None:
    """Set rows back all together, or, where the database refuses one of them, each half by itself."""
    try:
        with transaction.atomic():
            _undo_together(one, rows, scope)
            connection.check_constraints([Assignment._meta.db_table])  # foreign keys would wait for the commit
    except IntegrityError:
        if len(rows) == 1:
            ImportRow.objects.filter(pk=rows[0].pk).update(state=RowState.KEPT)
            return
        middle = len(rows) // 2
        _undo(one, rows[:middle], scope)
        _undo(one, rows[middle:], scope)


def _undo_together(one: PeopleImport, rows: Sequence[ImportRow], scope: Scope) -> None:
    ids = [row.employee for row in rows if row.employee]
    reached = Employee.objects.select_for_update().filter(people_in(scope), id__in=ids)
    people = {each.pk: each for each in reached}
    untouched = [row for row in rows if (found := people.get(row.employee or 0)) and found.version == row.version]
    new = [row for row in untouched if row.kind == ImportRow.Kind.NEW]
    changed = _without_taken_ids([row for row in untouched if row.kind != ImportRow.Kind.NEW])
    numbers = [people[row.employee or 0].number for row in untouched]
    _set_back(changed, people)
    free = _free({row.employee for row in new if row.employee})
    _remove(free)
    done = {row.pk for row in (*changed, *(one for one in new if one.employee in free))}
    ImportRow.objects.filter(pk__in=done).update(state=RowState.UNDONE)
    ImportRow.objects.filter(pk__in=[row.pk for row in rows if row.pk not in done]).update(state=RowState.KEPT)
    undone = {people_number for row, people_number in zip(untouched, numbers, strict=True) if row.pk in done}
    record_many(
        actor_of(one),
        "people.undo_import_row",
        ((f"employee {each}", None, {"import": one.pk}) for each in sorted(undone)),
    )


def _without_taken_ids(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Those whose former ID number is nobody else's by now."""
    former = {row.pk: json.loads(row.content)["undo"]["employee"].get("id_index") for row in rows}
    owners = Employee.objects.filter(id_index__in=[one for one in former.values() if one])
    taken = dict(owners.values_list("id_index", "id"))
    return [row for row in rows if taken.get(former[row.pk], row.employee) == row.employee]


def _free(ids: set[int]) -> set[int]:
    """Those on whom nothing later depends: no attendance, account or score, nobody who stays and reports to them."""
    while ids and (needed := _needed(ids)):
        ids -= needed
    return ids


def _needed(ids: set[int]) -> set[int]:
    needed: set[int] = set()
    for relation in Employee._meta.related_objects:
        model, name = relation.related_model, relation.field.name
        if model in _OWN and name == "employee":
            continue
        rows = model._base_manager.filter(**{f"{name}__in": ids})
        if model is Assignment:
            rows = rows.exclude(employee__in=ids)
        needed.update(rows.order_by().values_list(f"{name}_id", flat=True))
    return needed


def _remove(ids: set[int]) -> None:
    for model in (Assignment, Employment):
        model.objects.filter(employee__in=ids).delete()
    Employee.objects.filter(id__in=ids).delete()


def _set_back(rows: Sequence[ImportRow], people: dict[int, Employee]) -> None:
    undos = {row.pk: json.loads(row.content)["undo"] for row in rows}
    for model in (Assignment, Employment):
        added = [pk for undo in undos.values() for kind, pk in undo["added"] if kind == model.__name__]
        model.objects.filter(id__in=added).delete()
    employees = []
    for row in rows:
        one = people[row.employee or 0]
        for name, value in undos[row.pk]["employee"].items():
            setattr(one, name, _value(Employee, name, value))
        one.version += 1
        employees.append(one)
    fields = sorted({name for undo in undos.values() for name in undo["employee"]})
    upsert(Employee, employees, [*fields, "version", "updated_at"])
    for model, key in ((Employment, "employments"), (Assignment, "assignments")):
        _set_spans_back(model, [pair for undo in undos.values() for pair in undo[key]])


def _value(model: Any, name: str, value: Any) -> Any:
    """A value as JSON kept it, as the model has it."""
    return model._meta.get_field(name).to_python(value)


def _set_spans_back(model: Any, pairs: Sequence[tuple[int, dict[str, Any]]]) -> None:
    found = model.objects.in_bulk([pk for pk, _ in pairs])
    rows = []
    for pk, values in pairs:
        if one := found.get(pk):
            for name, value in values.items():
                setattr(one, name, _value(model, name.removesuffix("_id"), value))
            rows.append(one)
    if rows:
        upsert(model, rows, list(pairs[0][1]))


def _remove_places(one: PeopleImport) -> None:
    """The departments and posts that came with the import, unless somebody uses them by now."""
    for need, pk in reversed(list(one.created.items())):
        model = Post if need.startswith("post:") else Department
        if not any(
            relation.related_model._base_manager.filter(**{relation.field.name: pk}).exists()
            for relation in model._meta.related_objects
        ):
            model.objects.filter(pk=pk).delete()
