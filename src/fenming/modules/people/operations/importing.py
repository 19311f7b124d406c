"""The life of an import: kept, planned, confirmed, written batch by batch, stopped, undone, thrown away."""

import base64
import json
import os
import secrets as random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from fenming.controls import secrets
from fenming.controls.operations import Actor, record
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.people.importing.planned import Kind, Planned
from fenming.modules.people.importing.reading import Table
from fenming.modules.people.importing.sentences import Problem
from fenming.modules.people.models import ImportRow, PeopleImport

State = PeopleImport.State
KEPT_AT_ONCE = 1000
FILE = "people.PeopleImport.file"
OPENED = "open-"
OPENED_AT_MOST_S, UNKNOWN_AT_MOST_S = 3600, 86_400
MOST_OPEN = 20
"""Imports of one account that wait to be read, confirmed or written."""


def folder() -> Path:
    """Where uploaded files lie, readable by the site only."""
    found = Path(settings.DATA) / "imports"
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def receive(actor: Actor, *, name: str, data: bytes, from_day: date, corrects: bool) -> PeopleImport:
    """Keep an uploaded file, encrypted and under a random name, and open an import for it."""
    waiting = PeopleImport.objects.filter(author=actor.user, state__in=(State.READING, State.READY, State.APPLYING))
    if waiting.count() >= MOST_OPEN:
        raise refuse(
            "未完成的导入太多。请先完成或删除一些。", "Too many imports are not finished. Finish or delete some first."
        )
    file = random.token_hex(16)
    descriptor = os.open(folder() / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.encrypt(base64.b64encode(data).decode(), FILE))
    return PeopleImport.objects.create(
        name=Path(name.replace("\\", "/")).name.replace("\0", "")[-200:],
        file=file, from_day=from_day, corrects=corrects,
        author_id=actor.user, author_name=actor.name[:150], address=actor.address,
    )  # fmt: skip


@contextmanager
def opened(one: PeopleImport) -> Iterator[Path]:
    """The file in plain, for as long as it is read."""
    kept = folder() / one.file
    if not one.file or not kept.exists():
        raise refuse("文件已不在，请重新上传。", "The file is no longer there. Upload it again.")
    data = base64.b64decode(secrets.decrypt(kept.read_text(encoding="ascii"), FILE))
    with tempfile.TemporaryDirectory(prefix=OPENED, dir=folder()) as place:
        path = Path(place) / "people.draft"  # a backup leaves drafts aside
        path.write_bytes(data)
        del data
        yield path


def sweep() -> None:
    """Remove what a process that was killed left behind: files in plain, and files of imports that never came to be."""
    known = set(PeopleImport.objects.values_list("file", flat=True))
    for path in folder().iterdir():
        age_s = time.time() - path.stat().st_mtime
        if path.name.startswith(OPENED) and age_s > OPENED_AT_MOST_S:
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and path.name not in known and age_s > UNKNOWN_AT_MOST_S:
            path.unlink(missing_ok=True)


def actor_of(one: PeopleImport) -> Actor:
    return Actor(user=one.author_id, name=one.author_name, address=one.address)


# The plan


def keep_plan(one: PeopleImport, table: Table, planned: Sequence[Planned], tell: Callable[[int], None]) -> None:
    """What every row comes to, in the place of what an earlier try has kept; short transactions."""
    forget_rows(one)
    ordered = sorted(range(len(planned)), key=lambda at: planned[at].order)
    position = {at: place for place, at in enumerate(ordered)}
    for start in range(0, len(planned), KEPT_AT_ONCE):
        part = planned[start : start + KEPT_AT_ONCE]
        rows = [_row(one, each, position[start + at]) for at, each in enumerate(part)]
        with transaction.atomic():
            ImportRow.objects.bulk_create(rows)
        tell(start + len(part))
    PeopleImport.objects.filter(pk=one.pk, state=State.READING).update(
        state=State.READY,
        counts=Counter(each.kind.value for each in planned),
        headings=table.headings,
        fields=table.fields,
        missing=list(dict.fromkeys(need for each in planned if each.kind is not Kind.REFUSED for need in each.needs)),
        notes={
            "ignored": table.ignored[:20],
            "formulas": table.inspected.formula_count,
            "formula_cells": table.inspected.formulas,
            "macros": table.inspected.macros,
            "links": table.inspected.links,
        },
        error=None,
    )


def forget_rows(one: PeopleImport) -> None:
    while some := list(ImportRow.objects.filter(of=one).order_by().values_list("pk", flat=True)[:5000]):
        ImportRow.objects.filter(pk__in=some).delete()


def _row(one: PeopleImport, each: Planned, position: int) -> ImportRow:
    return ImportRow(
        of=one,
        position=position,
        sheet=each.row.sheet[:80],
        row=each.row.row,
        number=each.number.replace("\0", "")[:100],
        name=each.name.replace("\0", "")[:100],
        kind=each.kind.value,
        state=ImportRow.State.NOTHING if each.kind in (Kind.UNCHANGED, Kind.REFUSED) else ImportRow.State.WAITING,
        employee=each.person.id if each.person else None,
        version=each.person.version if each.person else None,
        content=as_content(_told(each)),
    )


def _told(each: Planned) -> dict[str, Any]:
    if each.kind is Kind.UNCHANGED:
        return {}
    cells = [None if cell is None else cell[:1000].replace("\0", "") for cell in each.row.cells]
    if each.problem:
        return {"problem": told_problem(each.problem), "cells": cells}
    return {"changes": each.changes, "writes": each.writes, "needs": each.needs, "cells": cells}


def told_problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "field": problem.field,
        "value": problem.value.replace("\0", ""),
        "with": problem.more,
    }


def as_content(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, default=_plain) if told else ""


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value)} in the content of a row")


def fail(one: PeopleImport, refused: Refusal) -> None:
    """The file cannot be imported, and why."""
    error = refused.words.model_dump()
    PeopleImport.objects.filter(pk=one.pk).update(state=State.FAILED, error=error)
    drop_file(one)


def drop_file(one: PeopleImport) -> None:
    if one.file:
        (folder() / one.file).unlink(missing_ok=True)
    PeopleImport.objects.filter(pk=one.pk).update(file="")


# Confirming, stopping, undoing


def confirm(actor: Actor, one: PeopleImport, create: Iterable[str]) -> None:
    """Begin or go on with writing what the preview showed; the departments and posts of ``create`` are created."""
    with transaction.atomic():
        held = PeopleImport.objects.select_for_update().get(pk=one.pk)
        if held.state == State.READY:
            held.create = [need for need in held.missing if need in set(create)]
        elif held.state not in (State.STOPPED, State.APPLYING):
            raise _too_late(held)
        held.state = State.APPLYING
        held.save(update_fields=["state", "create"])
        record(actor, "people.import", f"import {held.pk}", after={
            "file": held.name, "rows": held.counts, "columns": list(held.fields), "create": held.create,
        })  # fmt: skip


def stop(actor: Actor, one: PeopleImport) -> None:
    """Write no more batches; what is written stays, and can be undone or gone on with."""
    with transaction.atomic():
        held = PeopleImport.objects.select_for_update().get(pk=one.pk)
        if held.state != State.APPLYING:
            raise _too_late(held)
        held.state = State.STOPPED
        held.save(update_fields=["state"])
        record(actor, "people.stop_import", f"import {held.pk}", after={"file": held.name})


def undo(actor: Actor, one: PeopleImport) -> None:
    """Begin to set back what was written."""
    with transaction.atomic():
        held = PeopleImport.objects.select_for_update().get(pk=one.pk)
        if held.state not in (State.APPLIED, State.STOPPED, State.UNDOING):
            raise _too_late(held)
        held.state = State.UNDOING
        held.save(update_fields=["state"])
        record(actor, "people.undo_import", f"import {held.pk}", after={"file": held.name, "rows": held.counts})


def discard(actor: Actor, one: PeopleImport) -> None:
    """Throw away an import of which nothing has been written."""
    with transaction.atomic():
        held = PeopleImport.objects.select_for_update().get(pk=one.pk)
        if held.state not in (State.READING, State.READY, State.FAILED):
            raise _too_late(held)
        file = held.file
        held.delete()
        record(actor, "people.discard_import", f"import {one.pk}", before={"file": one.name})
    if file:
        (folder() / file).unlink(missing_ok=True)


def _too_late(one: PeopleImport) -> Refusal:
    words = {
        State.READING: ("文件还在读取，请稍候。", "The file is still being read; wait a moment."),
        State.READY: ("这次导入还没有写入。", "Nothing of this import has been written yet."),
        State.APPLYING: ("正在写入，请先停止。", "It is being written; stop it first."),
        State.STOPPED: ("写入已停止。", "Writing has been stopped."),
        State.APPLIED: ("这次导入已经写入。", "This import has been written already."),
        State.UNDOING: ("正在撤销。", "It is being undone."),
        State.UNDONE: ("这次导入已经撤销。", "This import has been undone."),
        State.FAILED: ("这个文件无法导入。", "This file cannot be imported."),
    }
    zh, en = words[State(one.state)]
    return Refusal(Words(zh=zh, en=en))


def finish(one: PeopleImport) -> None:
    """Everything is written: count what came of the rows, and let go of the file."""
    counts = Counter(ImportRow.objects.filter(of=one).order_by().values_list("kind", flat=True))
    PeopleImport.objects.filter(pk=one.pk, state=State.APPLYING).update(
        state=State.APPLIED, applied_at=timezone.now(), counts=counts
    )
    drop_file(one)
