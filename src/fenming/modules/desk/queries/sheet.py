"""The ranking as an Excel file: the rows that are seen, with every indicator of the scheme."""

import io
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator
from fenming.modules.bonus.queries import amounts
from fenming.modules.desk.queries import wording
from fenming.modules.desk.queries.board import Ranking
from fenming.pipeline.result import safe_cell

_HEAD = {"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}


def sheet(found: Ranking, scope: Scope) -> bytes:
    """The file: a sheet with the people, and one that says where they come from."""
    run = found.group.run
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    _people(book, found, run, scope)
    _origin(book, found, run)
    book.close()
    return body.getvalue()


def _people(book: Any, found: Ranking, run: Run, scope: Scope) -> None:
    page = book.add_worksheet(_("Ranking"))
    definitions = [found.scheme.indicator(item.indicator) for item in found.scheme.items]
    formats = [book.add_format({"num_format": _format(one)}) for one in definitions]
    points, money = (book.add_format({"num_format": text}) for text in ("0.00", "#,##0.00"))
    heads = [_("Rank"), _("Number"), _("Name"), _("Team")]
    heads += [_title(one) for one in definitions]
    heads += [_("Total"), _("Grade"), _("Bonus")]
    page.write_row(0, 0, [safe_cell(head) for head in heads], book.add_format(_HEAD))
    bonuses = amounts(run, scope)
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
    page = book.add_worksheet(_("Source"))
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
    bold = book.add_format({"bold": True})
    for row, (name, value) in enumerate(pairs):
        page.write_string(row, 0, name, bold)
        page.write_string(row, 1, safe_cell(str(value)))
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 90)
