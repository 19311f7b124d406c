"""A version of a scheme as a file: YAML to bring it in again, Excel to read it on paper."""

import io
from collections.abc import Mapping
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from fenming.library import files as library
from fenming.modules.schemes.queries.differences import of_definition
from fenming.modules.schemes.queries.drafts import known_indicators
from fenming.modules.schemes.queries.places import post_names
from fenming.pipeline.result import safe_cell

_HEAD = {"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "valign": "vcenter"}
_LEFT_OUT = {"indicators"}


def as_yaml(definition: Mapping[str, Any]) -> str:
    """The definition in the form of the library's own files."""
    kept = {key: value for key, value in definition.items() if key not in _LEFT_OUT or value}
    return library.as_yaml(kept)


def as_sheet(definition: Mapping[str, Any], *, title: str, note: str) -> bytes:
    """The scheme in words, a line for each thing it says."""
    body = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(body, options)
    page = book.add_worksheet(_("Scheme"))
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    page.write_string(0, 0, safe_cell(title), book.add_format({"bold": True, "font_size": 14}))
    page.write_string(1, 0, safe_cell(note))
    for column, head in enumerate((_("Part"), _("What"), _("How it is"))):
        page.write_string(3, column, head, book.add_format(_HEAD))
    told = of_definition(definition, known_indicators(), post_names())
    for row, ((part, what), said) in enumerate(told.items(), start=4):
        for column, text in enumerate((part, what, said)):
            page.write_string(row, column, safe_cell(text), wrap)
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 22)
    page.set_column(2, 2, 80)
    page.freeze_panes(4, 0)
    book.close()
    return body.getvalue()
