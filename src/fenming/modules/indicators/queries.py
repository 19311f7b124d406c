"""Reads of indicator definitions."""

from datetime import date

from fenming.controls.validity import on
from fenming.library.indicators import Indicator
from fenming.modules.indicators.models import OwnIndicator


def own_indicators(day: date) -> dict[str, Indicator]:
    """The company's own indicators in force on a day, by id."""
    rows = OwnIndicator.objects.filter(on(day)).values_list("identifier", "definition")
    return {identifier: Indicator.model_validate(definition) for identifier, definition in rows}
