"""Bringing in a workbook of the organisation: all of it, or nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from fenming.controls.operations import Actor, record, record_many
from fenming.library.text import refuse
from fenming.modules.people import custom
from fenming.modules.people.models import CustomField
from fenming.modules.people.queries.organisation import KINDS
from fenming.modules.people.queries.workbook import OWN_ON, REFERS, Plan, Planned, plan
from fenming.modules.people.workbook import COLUMNS, OWN, SHEETS, Fields, Line

BATCH = 500


class Moved(ValueError):  # noqa: N818 - nobody did wrong, somebody else was faster
    """The organisation is not what the preview was made of; here is what the file would do now."""

    def __init__(self, newest: Plan) -> None:
        super().__init__()
        self.plan = newest


def apply(actor: Actor, lines: Sequence[Line], fields: Fields, *, digest: str) -> Plan:
    """Write what the preview with this ``digest`` showed."""
    with transaction.atomic():
        for kind in SHEETS:
            list(KINDS[kind]._default_manager.select_for_update().order_by("id").values_list("id", flat=True))
        found = plan(lines, fields)
        if found.of("refused"):
            raise refuse(
                "文件里还有问题，什么都没有导入。", "Something in the file is refused, so nothing was brought in."
            )
        if found.digest != digest:
            raise Moved(found)
        for kind in SHEETS:
            _write(kind, [one for one in found.lines if one.line.kind == kind], fields)
        _note(actor, found)
    return found


def _write(kind: str, lines: Sequence[Planned], fields: Fields) -> None:
    model: Any = KINDS[kind]
    own = {one.code: one for one in fields.get(kind, ())}
    new = [one for one in lines if one.result == "new"]
    model._default_manager.bulk_create([model(code=one.code, name_zh=one.values["name_zh"]) for one in new], BATCH)
    wanted = {one.code: one for one in lines if one.result in ("new", "changed")}
    rows = list(model._default_manager.filter(code__in=wanted))
    ids = {name: dict(KINDS[to]._default_manager.values_list("code", "id")) for name, to in REFERS.items()}
    for row in rows:
        one = wanted[row.code]
        _put(row, one, ids, own)
        row.version += 0 if one.result == "new" else 1
    names = [name for name in COLUMNS[kind] if name != "code"] + ["version"] + (["custom"] if kind in OWN_ON else [])
    model._default_manager.bulk_update(rows, names, BATCH)


def _put(row: Any, one: Planned, ids: dict[str, dict[str, int]], own: dict[str, CustomField]) -> None:
    for name in COLUMNS[one.line.kind]:
        text = one.values[name]
        if name in REFERS:
            setattr(row, f"{name}_id", ids[name][text] if text else None)
        elif name == "closed_on":
            row.closed_on = date.fromisoformat(text) if text else None
        elif name == "position":
            row.position = int(text or 0)
        elif name != "code":
            setattr(row, name, text)
    for code, field in own.items():
        value = custom.clean(CustomField(kind=field.kind, choices=field.choices), one.values.get(f"{OWN}{code}", ""))
        row.custom = {key: kept for key, kept in {**row.custom, code: value}.items() if kept is not None}


def _note(actor: Actor, found: Plan) -> None:
    """An entry for each place, so that its history is whole, and one for the file."""
    entries = [
        (
            f"{KINDS[one.line.kind]._meta.model_name} {one.code}",
            {name: was for name, was, _now in one.changes if not name.startswith(OWN)} if one.before else None,
            {name: now for name, _was, now in one.changes if not name.startswith(OWN)},
        )
        for one in (*found.of("new"), *found.of("changed"))
    ]
    record_many(actor, "organisation.import", entries)
    after = {"new": len(found.of("new")), "changed": len(found.of("changed"))}
    record(actor, "organisation.import", "organisation", after=after)
