"""A key figure, as the component that draws it takes it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One tile: a value with its unit, a note, and how much of a bar is filled."""

    name: str
    icon: str
    tone: str
    value: str
    unit: str = ""
    note: str = ""
    reached: Decimal | float | None = None
    delta: str = ""
    up: bool = False
    good: bool = True
    spark: None = None
