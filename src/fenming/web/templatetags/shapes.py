"""Filters for names, numbers and months. They are built in: templates need no ``{% load %}``.

A missing value is written as a dash, never as zero. Numbers round half up,
as payroll reads them, not half to even.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils import formats
from django.utils.translation import get_language, pgettext

from fenming.library.text import Words
from fenming.web import shapes

register = template.Library()

TONES = ("brand", "blue", "amber", "coral", "violet", "slate")
MISSING = "—"
MINUS = "−"

Number = shapes.Number


def _rounded(value: Number, digits: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@register.filter
def tone_of(text: str) -> str:
    """The same colour for the same person, always."""
    return TONES[sum(map(ord, text)) % len(TONES)]


@register.filter
def initial(name: str) -> str:
    return name.strip()[:1].upper()


@register.filter
def fixed(value: Number | None, digits: int = 1) -> str:
    """``92.95|fixed`` is 93.0; ``|fixed:2`` has two decimals."""
    return MISSING if value is None else f"{_rounded(value, int(digits)):f}".replace("-", MINUS)


@register.filter
def signed(value: Number | None, digits: int = 1) -> str:
    return MISSING if value is None else f"{_rounded(value, int(digits)):+f}".replace("-", MINUS)


@register.filter
def thousands(value: Number | None, digits: int = 0) -> str:
    """``128400|thousands`` is 128,400; ``|thousands:2`` writes the fen."""
    return MISSING if value is None else f"{_rounded(value, int(digits)):,f}".replace("-", MINUS)


@register.filter
def percent(value: Number | None, digits: int = 0) -> str:
    """``0.813|percent`` is 81%."""
    return MISSING if value is None else f"{fixed(Decimal(str(value)) * 100, digits)}%"


@register.filter
def absolute(value: Number) -> Number:
    return value if value >= 0 else -value


@register.filter
def plain(value: Number | None) -> str:
    """A number for an SVG attribute: a point for the decimals in every language."""
    return "0" if value is None else f"{float(value):.2f}".rstrip("0").rstrip(".")


@register.filter
def month(day: dt.date) -> str:
    """2026年11月, November 2026."""
    # Translators: Django's date format of a month with its year.
    return formats.date_format(day, pgettext("date format", "F Y"))


@register.filter
def month_short(day: dt.date) -> str:
    """11月, Nov."""
    # Translators: Django's date format of a month alone, short.
    return formats.date_format(day, pgettext("date format", "M"))


@register.filter
def day_short(day: dt.date) -> str:
    """11月22日, 22 Nov."""
    # Translators: Django's date format of a day without its year.
    return formats.date_format(day, pgettext("date format", "j M"))


@register.filter
def said(words: Words) -> str:
    """A definition's words in the language of the page."""
    return words.say(get_language() or "zh-hans")


@register.filter
def filled(value: Number | None, of: Number = 100) -> float:
    """How much of a ring ``value`` fills, of 100."""
    return shapes.ring(value, of)
