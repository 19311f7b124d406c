"""Facts into the lake, with their batch and their log entry."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
from django.db import transaction

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.lake.tables import Lake, Written
from fenming.modules.hub.models import Batch, RejectedRow
from fenming.pipeline.inputs import Rejection


def take_in(
    lake: Lake,
    fact: str,
    rows: pa.Table | Sequence[Path],
    *,
    name: str,
    source: str,
    rejected: Iterable[Rejection] = (),
    actor: Actor = SYSTEM,
) -> Written:
    """Write a batch of one fact type; repeating it changes nothing. The lake commits first, then the paperwork."""
    refused = list(rejected)
    written = lake.write(fact, rows, name=name, source=source)
    with transaction.atomic():
        batch = Batch.objects.create(
            name=name,
            fact=fact,
            source=source,
            new=written.new,
            same=written.same,
            changed=written.changed,
            rejected=len(refused),
            version=written.version,
            author_id=actor.user,
        )
        RejectedRow.objects.bulk_create([_row(batch, one) for one in refused], batch_size=1000)
        record(
            actor,
            "hub.take_in",
            batch,
            after={"new": written.new, "changed": written.changed, "rejected": len(refused)},
        )
    return written


def _row(batch: Batch, one: Rejection) -> RejectedRow:
    return RejectedRow(
        batch=batch,
        file=one.file,
        sheet=one.sheet or "",
        row=one.row,
        column=one.column or "",
        value=(one.value or "")[:255],
        code=one.code,
        reason=one.reason.model_dump(),
        remedy=one.remedy.model_dump(),
    )
