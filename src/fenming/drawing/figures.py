"""Numbers and months as text, for templates (which know these as filters) and for code.

A missing value is written as a dash, never as zero. Numbers round half up,
as payroll reads them, not half to even.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats
from django.utils.translation import pgettext

from fenming.drawing.shapes import Number

MISSING = "—"
MINUS = "−"


def _rounded(value: Number, digits: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def fixed(value: Number | None, digits: int = 1) -> str:
    """``92.95|fixed`` is 93.0; ``|fixed:2`` has two decimals."""
    return MISSING if value is None else f"{_rounded(value, int(digits)):f}".replace("-", MINUS)


def signed(value: Number | None, digits: int = 1) -> str:
    """``2|signed`` is +2.0."""
    return MISSING if value is None else f"{_rounded(value, int(digits)):+f}".replace("-", MINUS)


def thousands(value: Number | None, digits: int = 0) -> str:
    """``128400|thousands`` is 128,400; ``|thousands:2`` writes the fen."""
    return MISSING if value is None else f"{_rounded(value, int(digits)):,f}".replace("-", MINUS)


def percent(value: Number | None, digits: int = 0) -> str:
    """``0.813|percent`` is 81%."""
    return MISSING if value is None else f"{fixed(Decimal(str(value)) * 100, digits)}%"


def absolute(value: Number) -> Number:
    return value if value >= 0 else -value


def plain(value: Number | None) -> str:
    """A number for an SVG attribute: a point for the decimals in every language."""
    return "0" if value is None else f"{float(value):.2f}".rstrip("0").rstrip(".")


def month(day: dt.date) -> str:
    """2026年11月, November 2026."""
    # Translators: Django's date format of a month with its year.
    return formats.date_format(day, pgettext("date format", "F Y"))


def month_short(day: dt.date) -> str:
    """11月, Nov."""
    # Translators: Django's date format of a month alone, short.
    return formats.date_format(day, pgettext("date format", "M"))


def day_short(day: dt.date) -> str:
    """11月22日, 22 Nov."""
    # Translators: Django's date format of a day without its year.
    return formats.date_format(day, pgettext("date format", "j M"))
