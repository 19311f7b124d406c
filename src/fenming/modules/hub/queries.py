"""Reads of batches, and the engine over the company's lake."""

from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db.models import Sum

from fenming.lake.engine import DuckEngine
from fenming.lake.tables import Lake
from fenming.modules.hub.models import Batch


def lake_folder() -> Path:
    """Where the company's facts lie."""
    return Path(settings.DATA) / "facts"


@cache
def lake_at(folder: Path) -> Lake:
    """The lake of a folder, opened once a process."""
    return Lake(folder)


@cache
def engine_at(folder: Path) -> DuckEngine:
    """The engine that may read below a folder and nowhere else, one a process."""
    folder.mkdir(parents=True, exist_ok=True)
    return DuckEngine([folder])


def newest_batch() -> Batch | None:
    """The last delivery, for "data up to"."""
    return Batch.objects.order_by("-id").first()


def runs_folder() -> Path:
    """Where the inputs of runs lie, by their digest."""
    return Path(settings.DATA) / "runs"


def rejected_rows(since: datetime) -> dict[str, int]:
    """Fact → how many rows of deliveries since a moment could not be used."""
    rows = Batch.objects.filter(at__gte=since).order_by().values_list("fact").annotate(Sum("rejected"))
    return {fact: count for fact, count in rows if count}
