"""The time that a need looks at, given the period that is scored."""

from datetime import date, timedelta

from fenming.lake.needs import Keyed, Need
from fenming.rules.periods import Period


def stretch(need: Need, period: Period) -> tuple[date | None, date]:
    """From (none: the beginning) and up to; keys are looked at over their whole active time."""
    previous = period.previous()
    if isinstance(need, Keyed):
        return min(previous.start, period.end - timedelta(days=need.active_days)), period.end
    stretches: dict[str, tuple[date | None, date]] = {
        "period": (period.start, period.end),
        "previous": (previous.start, previous.end),
        "before": (None, period.start),
        "until": (None, period.end),
    }
    return stretches[need.rows.over]
