"""Definitions as files: the library as a workbook, one indicator as YAML."""

from collections.abc import Iterable
from io import BytesIO

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter import Workbook

from fenming.library.files import as_yaml
from fenming.library.indicators import Indicator
from fenming.modules.indicators.queries.library import Entry
from fenming.modules.indicators.queries.wording import speaking
from fenming.pipeline.result import safe_cell

_WIDTHS = (26, 24, 10, 14, 22, 40, 46, 30, 40, 50, 30)


def yaml_of(one: Indicator) -> str:
    return as_yaml(one.as_file())


def workbook(entries: Iterable[Entry], origins: dict[str, str], kinds: dict[str, str]) -> bytes:
    """The library as a sheet, a row each."""
    heads = (
        _("Id"),
        pgettext("indicator", "Name"),
        _("Unit"),
        pgettext("indicator", "Kind"),
        _("Departments"),
        pgettext("indicator", "What it is"),
        _("Formula"),
        _("Data source"),
        _("Collection"),
        _("Pitfalls"),
        _("Origin"),
    )
    language = speaking()
    file = BytesIO()
    with Workbook(file, {"strings_to_urls": False, "strings_to_formulas": False, "in_memory": True}) as book:
        sheet = book.add_worksheet(_("Indicators"))
        sheet.freeze_panes(1, 2)
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for column, (head, width) in enumerate(zip(heads, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, head, bold)
        for row, entry in enumerate(entries, start=1):
            one = entry.one
            told = (
                one.id,
                entry.name,
                entry.unit,
                kinds[one.measure.kind],
                entry.departments,
                entry.about,
                entry.formula,
                one.data_source.say(language),
                one.collection.say(language),
                one.pitfalls.say(language),
                origins[entry.origin],
            )
            for column, text in enumerate(told):
                sheet.write_string(row, column, safe_cell(text), wrap)
    return file.getvalue()
