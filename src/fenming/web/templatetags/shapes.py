"""Filters for names, numbers and months. They are built in: templates need no ``{% load %}``."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from fenming.drawing import shapes
from fenming.drawing.figures import (
    absolute,
    day_short,
    fixed,
    month,
    month_short,
    percent,
    plain,
    signed,
    thousands,
)
from fenming.library.text import Words

register = template.Library()

TONES = ("brand", "blue", "amber", "coral", "violet", "slate")

for _text in (fixed, signed, thousands, percent, absolute, plain, month, month_short, day_short):
    register.filter(_text.__name__, _text)


@register.filter
def tone_of(text: str) -> str:
    """The same colour for the same person, always."""
    return TONES[sum(map(ord, text)) % len(TONES)]


@register.filter
def initial(name: str) -> str:
    return name.strip()[:1].upper()


@register.filter
def said(words: Words) -> str:
    """A definition's words in the language of the page."""
    return words.say(get_language() or "zh-hans")


@register.filter
def filled(value: shapes.Number | None, of: shapes.Number = 100) -> float:
    """How much of a ring ``value`` fills, of 100."""
    return shapes.ring(value, of)
