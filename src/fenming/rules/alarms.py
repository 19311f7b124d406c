"""When a number deserves attention: below a mark for days, missing for days, or worse than the week before."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from fenming.rules.comparing import Part, whole

Better = Literal["higher", "lower"]
WEEK = timedelta(days=7)
PATIENCE = 2
"""Days with a value are looked for among so many times as many days: who rests on Sunday is not interrupted by it."""


def beyond(values: Mapping[date, Decimal], day: date, *, mark: Decimal, days: int, better: Better) -> bool:
    """Whether ``day`` and the days with a value before it, ``days`` in all, each lie on the bad side of ``mark``.

    A day without a value is passed over, but ``day`` itself needs one.
    """
    if day not in values:
        return False
    window = [day - timedelta(days=offset) for offset in range(days * PATIENCE)]
    known = [values[one] for one in window if one in values][:days]
    return len(known) == days and all(value < mark if better == "higher" else value > mark for value in known)


def missing(values: Mapping[date, Decimal], day: date, *, days: int, working: Sequence[date]) -> bool:
    """Whether the last ``days`` working days up to ``day`` all have no value; too few of them are no alarm."""
    last = sorted(one for one in working if one <= day)[-days:]
    return len(last) == days and not any(one in values for one in last)


def worse(
    parts: Mapping[date, Part], day: date, *, percent: Decimal, better: Better, rate: bool
) -> tuple[Decimal, Decimal] | None:
    """The value of the seven days up to ``day`` and of those before, unscaled, where it got worse by ``percent``.

    None where it did not, or where either week has no value; a week before of 0 is no measure.
    """
    weeks = [
        whole({str(one): part for one, part in parts.items() if end - WEEK < one <= end}) for end in (day, day - WEEK)
    ]
    now, before = (one.value(Decimal(1), rate=rate) for one in weeks)
    if now is None or not before:
        return None
    change = (now - before) / abs(before) * 100
    return (now, before) if (-change if better == "higher" else change) >= percent else None
