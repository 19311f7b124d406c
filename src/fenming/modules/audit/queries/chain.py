"""How far the log is sealed, and whether its newest part still holds."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from fenming.controls.models import Operation, Seal
from fenming.controls.queries import head
from fenming.controls.verification import Verdict, noted_head, verify

SHOWN = 20
VERIFIED_AT_ONCE = 30_000
"""Entries that a page verifies while somebody waits; the command verifies them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The state of the chain. ``newest`` is how many seals the page verifies at once."""

    head: Seal | None
    entries: int
    unsealed: int
    waiting_since: datetime | None
    seals: list[Seal]
    newest: int
    noted: tuple[int, str] | None


def chain() -> Chain:
    """What is sealed and what still waits."""
    last = head()
    waiting = Operation.objects.filter(id__gt=last.through if last else 0)
    return Chain(
        head=last,
        entries=Seal.objects.aggregate(sum=Sum("count"))["sum"] or 0,
        unsealed=waiting.count(),
        waiting_since=waiting.order_by("id").values_list("at", flat=True).first(),
        seals=list(Seal.objects.defer("fingerprints").order_by("-number")[:SHOWN]),
        newest=_newest(),
        noted=noted_head(),
    )


def verdict() -> Verdict:
    """Verify as many of the newest seals as one can wait for."""
    return verify(newest=_newest() or None)


def _newest() -> int:
    entries = seals = 0
    for count in Seal.objects.order_by("-number").values_list("count", flat=True)[:1000]:
        entries += count
        if seals and entries > VERIFIED_AT_ONCE:
            break
        seals += 1
    return seals
