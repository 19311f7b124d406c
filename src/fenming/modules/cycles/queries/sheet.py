"""The state of a cycle as an Excel file: a row for each person, a column for each step."""

import io
from collections.abc import Sequence

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.modules.cycles.models import Cycle
from fenming.modules.cycles.queries.cycle import Line
from fenming.pipeline.result import safe_cell

_HEAD = {"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "valign": "vcenter"}


def sheet(cycle: Cycle, lines: Sequence[Line]) -> bytes:
    """The file."""
    words = {
        "done": _("done"), "open": pgettext("step", "open"), "late": _("late"), "waived": _("waived"), "blank": "",
    }  # fmt: skip
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(safe_cell(f"{cycle.label}")[:31])
    marks = [one.name for one in lines[0].marks] if lines else []
    heads = [_("Number"), _("Name"), pgettext("people", "Department"), _("Reviewer"), _("Why this reviewer"), *marks]
    page.write_row(0, 0, [safe_cell(one) for one in heads], book.add_format(_HEAD))
    late = book.add_format({"font_color": "#B03D1D"})
    for number, line in enumerate(lines, start=1):
        place = line.place
        reviewer = place.reviewer.name if place.reviewer else ""
        texts = [place.employee.number, place.employee.name, cycle.department.name, reviewer, line.why]
        for column, text in enumerate(texts):
            page.write_string(number, column, safe_cell(text))
        for column, mark in enumerate(line.marks, start=len(texts)):
            page.write_string(number, column, words[mark.state], late if mark.state == "late" else None)
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, len(lines), len(heads) - 1)
    page.set_column(0, len(heads) - 1, 15)
    book.close()
    return body.getvalue()
