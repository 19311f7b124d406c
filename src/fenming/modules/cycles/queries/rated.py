"""What people rate: indicators over ratings, each with its levels and the item under which its ratings are kept."""

import re
from collections.abc import Mapping
from datetime import date

from fenming.library.indicators import Indicator, indicators
from fenming.modules.indicators.queries import own_indicators

FACT = "rating"
_ITEM = re.compile(r"item\s*=\s*'([^']+)'")


def known_indicators(day: date) -> dict[str, Indicator]:
    """Every indicator of a day: the company's own before the shipped."""
    return {**indicators(), **own_indicators(day)}


def is_rated(one: Indicator) -> bool:
    """Whether a reviewer gives its value, by levels."""
    return FACT in one.measure.facts() and bool(one.levels)


def item_of(one: Indicator) -> str:
    """The item that its measure counts; its own id where it names none."""
    conditions = getattr(one.measure, "only", ())
    named = (match for condition in conditions if (match := _ITEM.search(condition.when)))
    return next((match.group(1) for match in named), one.id)


def items(known: Mapping[str, Indicator]) -> dict[str, str]:
    """Indicator → item, of all that are rated."""
    return {name: item_of(one) for name, one in known.items() if is_rated(one)}
