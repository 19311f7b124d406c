"""The ranking as an Excel file: the rows that are seen, with every indicator of the scheme."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator
from fenming.modules.bonus.queries import amounts
from fenming.modules.desk.queries.board import Ranking
from fenming.modules.desk.queries.company import Company
from fenming.modules.desk.queries.pivot import Pivot
from fenming.modules.indicators.queries import wording
from fenming.pipeline.result import safe_cell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = {"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}


def pivot_sheet(found: Pivot) -> bytes:
    """A table of an indicator by groups, as a file: the groups, their course, the comparison where one is seen."""
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    _groups(book, found)
    if found.compared:
        _comparison(book, found)
    _question(book, found)
    book.close()
    return body.getvalue()


def company_sheet(found: Company, *, pays: bool = False) -> bytes:
    """All departments side by side, as a file."""
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(_("Departments"))
    points, money = (book.add_format({"num_format": text}) for text in ("0.00", "#,##0.00"))
    letters = [letter for letter, _tone in found.legend]
    heads = [pgettext("column", "Department"), _("Mean total"), pgettext("difference", "Change"), _("People")]
    heads += [_("Missing data"), *([_("Bonus cost")] if pays else []), *letters]
    page.write_row(0, 0, [safe_cell(head) for head in heads], book.add_format(_HEAD))
    for row, one in enumerate(found.lines, start=1):
        page.write_string(row, 0, safe_cell(one.department.name))
        values = [(one.now.mean, points), (one.change, points), (one.now.people, None), (one.now.missing, None)]
        values += [
            *([(one.now.bonus, money)] if pays else []),
            *((one.now.grades.get(letter, 0), None) for letter in letters),
        ]
        for column, (value, kind) in enumerate(values, start=1):
            _write(page, row, column, value, kind)
    page.freeze_panes(1, 1)
    page.set_column(0, len(heads) - 1, 13)
    book.close()
    return body.getvalue()


def _groups(book: Any, found: Pivot) -> None:
    one = found.asked.one
    page = book.add_worksheet(_("Groups"))
    number, share = book.add_format({"num_format": _format(one)}), book.add_format({"num_format": "0.0%"})
    heads = [
        found.by_name,
        _title(one),
        pgettext("difference", "Share"),
        pgettext("difference", "Change"),
        *found.labels,
    ]
    page.write_row(0, 0, [safe_cell(head) for head in heads], book.add_format(_HEAD))
    for row, group in enumerate(found.groups, start=1):
        page.write_string(row, 0, safe_cell(group.name))
        _write(page, row, 1, group.value, number)
        _write(page, row, 2, None if group.share is None else group.share / 100, share)
        _write(page, row, 3, group.change, number)
        for column, cell in enumerate(group.cells, start=4):
            _write(page, row, column, cell.value, number)
    page.freeze_panes(1, 1)
    page.set_column(0, 0, 24)
    page.set_column(1, len(heads) - 1, 12)


def _comparison(book: Any, found: Pivot) -> None:
    page = book.add_worksheet(_("Comparison"))
    number, share = book.add_format({"num_format": _format(found.asked.one)}), book.add_format({"num_format": "0.0%"})
    heads = ["", *found.heads, _("Difference"), _("Part of the difference")]
    page.write_row(0, 0, [safe_cell(head) for head in heads], book.add_format(_HEAD))
    for row, one in enumerate(found.compared, start=1):
        page.write_string(row, 0, safe_cell(one.name))
        values = (one.difference.before, one.difference.after, one.difference.change)
        for column, value in enumerate(values, start=1):
            _write(page, row, column, value, number)
        _write(page, row, 4, one.difference.share, share)
    page.set_column(0, 4, 22)


def _question(book: Any, found: Pivot) -> None:
    """What was asked, so that a file that travels explains itself."""
    pairs = [
        (_("Indicator"), found.name),
        (_("Definition"), found.asked.one.about.say(wording.speaking())),
        (_("Formula"), found.asked.one.formula.say(wording.speaking())),
        (_("Period"), found.by_time),
        *((one.name, one.value) for one in found.filters),
        (_("All together"), found.total),
    ]
    _pairs(book, pairs)


def sheet(found: Ranking, pay: Scope) -> bytes:
    """The file: a sheet with the people, their bonuses where ``pay`` reaches them, and where all of it comes from."""
    run = found.group.run
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    _people(book, found, run, pay)
    _origin(book, found, run)
    book.close()
    return body.getvalue()


def _people(book: Any, found: Ranking, run: Run, pay: Scope) -> None:
    page = book.add_worksheet(_("Ranking"))
    definitions = [found.scheme.indicator(item.indicator) for item in found.scheme.items]
    formats = [book.add_format({"num_format": _format(one)}) for one in definitions]
    points, money = (book.add_format({"num_format": text}) for text in ("0.00", "#,##0.00"))
    heads = [_("Rank"), _("Number"), _("Name"), _("Team")]
    heads += [_title(one) for one in definitions]
    heads += [_("Total"), _("Grade"), *([] if pay.is_empty else [_("Bonus")])]
    page.write_row(0, 0, [safe_cell(head) for head in heads], book.add_format(_HEAD))
    bonuses = {} if pay.is_empty else amounts(run, pay)
    for number, row in enumerate(found.rows, start=1):
        card = row.card
        lines = {line.indicator: line for line in card.lines.all()}
        _write(page, number, 0, card.rank, None)
        for column, text in enumerate((card.employee.number, card.employee.name, card.team), start=1):
            page.write_string(number, column, safe_cell(text))
        for column, (one, kind) in enumerate(zip(definitions, formats, strict=True), start=4):
            line = lines.get(one.id)
            _write(page, number, column, line.value if line else None, kind)
        column = 4 + len(definitions)
        _write(page, number, column, card.total, points)
        page.write_string(number, column + 1, card.grade)
        bonus = bonuses.get(card.employee_id)
        _write(page, number, column + 2, bonus.amount if bonus else None, money)
    page.freeze_panes(1, 3)
    page.autofilter(0, 0, len(found.rows), len(heads) - 1)
    page.set_column(0, 0, 7)
    page.set_column(1, 3, 14)
    page.set_column(4, len(heads) - 1, 13)


def _write(page: Any, row: int, column: int, value: Decimal | int | None, kind: Any) -> None:
    """A missing value stays an empty cell: it is not zero."""
    if value is not None:
        page.write_number(row, column, float(value), kind)


def _title(one: Indicator) -> str:
    name, unit = one.name.say(wording.speaking()), one.unit.say(wording.speaking())
    return name if one.percent else f"{name} ({unit})"


def _format(one: Indicator) -> str:
    decimals = "." + "0" * one.digits if one.digits else ""
    return f"0{decimals}%" if one.percent else f"#,##0{decimals}"


def _origin(book: Any, found: Ranking, run: Run) -> None:
    facts = ", ".join(f"{fact} v{version}" for fact, version in sorted(run.facts.items()))
    pairs = [
        (_("Department"), found.group.seat.department.name),
        (_("Period"), wording.period_name(run)),
        (_("Scheme"), f"{found.scheme.name.say(wording.speaking())} ({found.scheme.id}, {found.scheme.valid_from})"),
        (_("Run"), f"#{run.pk}"),
        (_("Head count"), f"{len(found.rows)} / {len(found.group.cards)}"),
        (_("Fact versions"), facts),
        (_("Inputs"), run.inputs),
        (_("Code"), run.code),
    ]
    _pairs(book, pairs)


def _pairs(book: Any, pairs: Sequence[tuple[str, str]]) -> None:
    """Names and values below each other, on a sheet of their own."""
    page = book.add_worksheet(_("Source"))
    bold = book.add_format({"bold": True})
    for row, (name, value) in enumerate(pairs):
        page.write_string(row, 0, name, bold)
        page.write_string(row, 1, safe_cell(str(value)))
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 90)
