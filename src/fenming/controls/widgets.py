"""Inputs that forms share. How they look is the business of ``<c-field>``."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise


class DayInput(forms.DateInput):
    """A date by the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DecimalInput(forms.TextInput):
    """A number that the phone offers digits for; unlike ``type=number`` it keeps what was typed."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class SearchSelect(forms.TextInput):
    """One of many, found by typing. ``url`` answers ``?q=`` with
    ``{"results": [{"value": …, "text": …, "note": …}]}``; ``text`` names the value chosen now.
    Without scripts it is a plain input for the value itself, a number for example.
    """

    def __init__(self, url: str | Promise, text: str = "", attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.url = url
        self.text = text
