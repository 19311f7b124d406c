"""What was corrected in a result after its period was archived, and with what it is paid."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.drawing.figures import thousands
from fenming.modules.bonus.queries import adjustments_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """One correction: by how much, why, and when it is paid."""

    amount: str
    reason: str
    paid: str
    appeal: int | None
    """The case that it comes from, if it is one."""


def corrected_later(employee: int, run: Run) -> list[Corrected]:
    """The corrections of somebody's result in a run that closed its period; one query. The caller may see the pay."""
    if run.kind != Run.Kind.CLOSE:
        return []
    return [
        Corrected(amount=_signed(one), reason=one.reason, paid=_paid(one), appeal=_appeal(one))
        for one in adjustments_of(employee, run)
        if one.of_id == run.pk
    ]


def _signed(one: Any) -> str:
    sign = "+" if one.amount >= 0 else "−"
    return f"{sign}¥{thousands(abs(one.amount), 2)}"


def _appeal(one: Any) -> int | None:
    kind, _colon, number = one.source.partition(":")
    return int(number) if kind == "appeal" and number.isdecimal() else None


def _paid(one: Any) -> str:
    if one.ended == "apart":
        return _("paid apart")
    if one.settled_in is None:
        return _("to be paid with the next period that is archived")
    return _("paid with %(period)s") % {"period": one.settled_in.label}
