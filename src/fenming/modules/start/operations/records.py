"""The first file of business records: kept, read, shown, taken in, and scored."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from fenming.controls.jobs import jobs
from fenming.controls.models import Run, Work
from fenming.controls.operations import Actor
from fenming.controls.scope import Scope
from fenming.library.facts import Column, fact_type
from fenming.library.text import refuse
from fenming.modules.bonus.operations import settle
from fenming.modules.hub.operations import take_in
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
from fenming.modules.people.queries.records import company, employee_ids, tags
from fenming.modules.schemes.queries import schemes_during
from fenming.modules.start.operations.setup import keep
from fenming.pipeline.inputs import Rejection
from fenming.pipeline.reading import Loaded, load
from fenming.rules.periods import Period, parse

Told = Callable[[str, int, int], None]
SHOWN = 20
KEPT_REFUSALS = 10_000
_PLAIN = re.compile(r"[^\w.\-() ]+")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file that was uploaded, and what has been read of it."""

    token: str

    @property
    def folder(self) -> Path:
        return Path(settings.DATA) / "start-files" / self.token

    @property
    def file(self) -> Path:
        return next(one for one in (self.folder / "given").iterdir())

    @property
    def facts(self) -> Path:
        return self.folder / "facts"


def receive(actor: Actor, name: str, parts: Iterable[bytes]) -> None:
    """Keep a file and let a worker read it; one that was given before is thrown away."""
    parcel = Parcel(secrets.token_hex(16))
    (parcel.folder / "given").mkdir(parents=True, mode=0o700)
    plain = _PLAIN.sub("_", Path(name.replace("\\", "/")).name)[-100:].lstrip(".") or "records"
    descriptor = os.open(parcel.folder / "given" / plain, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for part in parts:
            file.write(part)
    for other in parcel.folder.parent.iterdir():
        if other.name != parcel.token:
            shutil.rmtree(other, ignore_errors=True)
    with transaction.atomic():
        work = jobs()["start.read_records"].later(by=actor.user, name=plain, token=parcel.token)
        keep(actor, "records", {"token": parcel.token, "file": plain, "read": work.pk, "taken": None})


def discard(actor: Actor, token: str) -> None:
    """Throw a file away that was not taken in."""
    keep(actor, "records", {"token": None, "file": None, "read": None, "taken": None})
    shutil.rmtree(Parcel(token).folder, ignore_errors=True)


def let_take(actor: Actor, token: str, read: int, taken: int | None) -> None:
    """Let a worker take in what was read, and score its month; asked twice, it is done once."""
    with transaction.atomic():
        if taken and Work.objects.filter(pk=taken).exclude(state__in=(Work.State.DEAD, Work.State.CANCELLED)).exists():
            return
        found = Work.objects.filter(pk=read, state=Work.State.DONE).first()
        if found is None or not found.result:
            raise refuse("文件还没有读完。", "The file has not been read yet.")
        if not found.result["month"]:
            raise refuse("文件中没有可用的记录。", "There is no usable record in the file.")
        work = jobs()["start.take_records"].later(
            by=actor.user, token=token, month=found.result["month"], user=actor.user, who=actor.name
        )
        keep(actor, "records", {"taken": work.pk})


def read(token: str, told: Told) -> dict[str, Any]:
    """Read the file into facts; what the page shows of it."""
    parcel, zone = Parcel(token), company()
    shutil.rmtree(parcel.facts, ignore_errors=True)
    loaded = load([parcel.file], into=parcel.facts, zone=zone.time_zone if zone else settings.TIME_ZONE, progress=told)
    refused = [Rejection.model_validate({name: getattr(one, name) for name in Rejection.model_fields})
               for one, _ in zip(loaded.rejected, range(KEPT_REFUSALS), strict=False)]  # fmt: skip
    (parcel.folder / "refused.json").write_text(
        json.dumps([one.model_dump(mode="json") for one in refused], ensure_ascii=False), encoding="utf-8"
    )
    return {
        "sources": [_source(one) for one in loaded.sources],
        "refused": len(loaded.rejected),
        "refusals": [one.model_dump(mode="json") for one in refused[:SHOWN]],
        "facts": _counts(loaded),
        "month": _month(loaded),
        "people": _people(loaded),
    }


def _source(one: Any) -> dict[str, Any]:
    columns = fact_type(one.fact).all_columns
    understood = [[header, *_named(columns, field)] for header, field in one.columns.items()]
    return {
        "fact": fact_type(one.fact).name.model_dump(), "sheet": one.sheet, "rows": one.rows,
        "columns": understood, "unused": list(one.unused),
    }  # fmt: skip


def _named(columns: Mapping[str, Column], field: str) -> tuple[str, str]:
    """What a field is called in both languages; the time of the event is no column of its own."""
    found = columns.get(field)
    return (found.zh, found.en) if found else ("时间", "Time") if field == "occurred_at" else (field, field)


def _counts(loaded: Loaded) -> dict[str, int]:
    return {fact: _frame(paths).select(pl.len()).collect().item() for fact, paths in loaded.tables.items()}


def _month(loaded: Loaded) -> str | None:
    """The month of the newest record, and never one to come."""
    newest = [_frame(paths).select(pl.col("occurred_at").max()).collect().item() for paths in loaded.tables.values()]
    known = [one for one in newest if isinstance(one, datetime)]
    return f"{min(max(known).date(), timezone.localdate()):%Y-%m}" if known else None


def _people(loaded: Loaded) -> dict[str, Any]:
    """How many people the records name, and those whom the company does not know."""
    named: set[str] = set()
    for paths in loaded.tables.values():
        frame = _frame(paths)
        if "employee" in frame.collect_schema().names():
            named |= set(frame.select(pl.col("employee").drop_nulls().unique()).collect()["employee"].to_list())
    unknown = named - set(employee_ids()) - set(tags(Scope.all()))
    return {"named": len(named), "unknown": sorted(unknown)[:SHOWN], "unknown_count": len(unknown)}


def _frame(paths: Iterable[Path]) -> pl.LazyFrame:
    return pl.scan_parquet([str(one) for one in paths])


def take(token: str, actor: Actor, month: str, told: Told) -> dict[str, Any]:
    """Facts into the lake, then the month scored; begun again after a crash, it changes nothing twice."""
    parcel = Parcel(token)
    refused = [Rejection.model_validate(one) for one in json.loads((parcel.folder / "refused.json").read_text("utf-8"))]
    lake = lake_at(lake_folder())
    folders = sorted(one for one in parcel.facts.iterdir() if one.is_dir())
    taken = {}
    for number, folder in enumerate(folders):
        name = fact_type(folder.name).name
        told(name.zh, number, len(folders) + 1)
        written = take_in(
            lake, folder.name, sorted(folder.glob("*.parquet")), name=parcel.file.name, source="first start",
            rejected=refused if number == 0 else (), actor=actor,
        )  # fmt: skip
        taken[folder.name] = written.new + written.changed + written.same
    told(month, len(folders), len(folders) + 1)
    return {"taken": taken, "run": _score(parse(month), actor), "month": month}


def _score(month: Period, actor: Actor) -> int | None:
    """Score the month as far as it has come; without a scheme that covers it there is nothing to score."""
    if not schemes_during(month.start, month.end):
        return None
    running = month.start <= timezone.localdate() < month.end
    run = settle(
        engine_at(lake_folder()), lake_at(lake_folder()), month, folder=runs_folder(), kind=Run.Kind.LIVE,
        until=timezone.now() if running else None, actor=actor,
    )  # fmt: skip
    return run.pk


def covers(month: str) -> date | None:
    """The first day of a month if some scheme covers it."""
    period = parse(month)
    return period.start if schemes_during(period.start, period.end) else None
