"""Reads of indicator definitions: which hold on a day, and all versions of one."""

import re
from datetime import date

from django.db.models import QuerySet
from pypinyin import lazy_pinyin

from fenming.controls.models import Run
from fenming.controls.validity import on
from fenming.library.indicators import Indicator, indicators
from fenming.modules.indicators.models import OwnIndicator

RESERVED = frozenset({"new", "preview", "rating", "import", "export"})
"""Ids that addresses of the pages stand for."""


def own_indicators(day: date) -> dict[str, Indicator]:
    """The company's own indicators in force on a day, by id."""
    rows = OwnIndicator.objects.filter(on(day)).values_list("identifier", "definition")
    return {identifier: Indicator.model_validate(definition) for identifier, definition in rows}


def newest_versions() -> list[OwnIndicator]:
    """The last version of each indicator of the company's own, whether it has begun, holds or has ended."""
    rows = OwnIndicator.objects.select_related("author").order_by("identifier", "-valid_from")
    found: dict[str, OwnIndicator] = {}
    for row in rows:
        found.setdefault(row.identifier, row)
    return list(found.values())


def versions_of(identifier: str) -> QuerySet[OwnIndicator]:
    """All versions of one id, the newest first."""
    return OwnIndicator.objects.filter(identifier=identifier).select_related("author").order_by("-valid_from")


def newest_version(identifier: str) -> OwnIndicator | None:
    return versions_of(identifier).first()


def version(number: int) -> OwnIndicator | None:
    return OwnIndicator.objects.filter(pk=number).first()


def closed_runs_since(day: date) -> QuerySet[Run]:
    """The closed periods that read their definitions on this day or later: these do not change any more."""
    return Run.objects.filter(kind=Run.Kind.CLOSE, complete=True, start__gte=day).order_by("-start")


def free_from() -> date | None:
    """The day after the start of the last closed period: from here on definitions may change. None: any day."""
    last = Run.objects.filter(kind=Run.Kind.CLOSE, complete=True).order_by("-end").first()
    return last.end if last else None


def current(identifier: str, day: date) -> tuple[Indicator, OwnIndicator | None] | None:
    """The definition that an editor begins with: the newest own version unless it has ended, else the shipped one."""
    row = newest_version(identifier)
    if row is not None and (row.valid_to is None or row.valid_to > day or identifier not in indicators()):
        return Indicator.model_validate(row.definition), row
    shipped = indicators().get(identifier)
    return (shipped, row) if shipped else None


def free_id(name: str) -> str:
    """An id made from a name, as nobody has it yet: 京东应答率 is jingdongyingdalv."""
    spoken = re.sub(r"[^a-z0-9]+", "_", "".join(lazy_pinyin(name)).lower()).strip("_")[:60] or "indicator"
    plain = spoken if spoken[0].isalpha() else f"i_{spoken}"
    taken = set(OwnIndicator.objects.filter(identifier__startswith=plain).values_list("identifier", flat=True))
    numbers = (f"{plain}_{number}" for number in range(2, 10_000))
    return next(
        one for one in (plain, *numbers) if one not in taken and one not in indicators() and one not in RESERVED
    )


def is_taken(identifier: str) -> bool:
    return identifier in indicators() or OwnIndicator.objects.filter(identifier=identifier).exists()
