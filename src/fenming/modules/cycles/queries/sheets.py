"""Outcomes as Excel files: text that a spreadsheet shows and never runs, numbers as numbers."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.modules.cycles.queries.calibration import Board, points_of
from fenming.modules.cycles.queries.letters import Letters, said
from fenming.pipeline.result import safe_cell

_HEAD = {"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
Cell = str | Decimal | int | None


def workbook(pages: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> bytes:
    """A file of sheets: name, heads, rows."""
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head, points = book.add_format(_HEAD), book.add_format({"num_format": "0.00"})
    for name, heads, rows in pages:
        page = book.add_worksheet(name[:31])
        page.write_row(0, 0, [safe_cell(one) for one in heads], head)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write(page, number, column, value, points)
        page.freeze_panes(1, 2)
        page.set_column(0, len(heads) - 1, 16)
    book.close()
    return body.getvalue()


def _write(page: Any, row: int, column: int, value: Cell, points: Any) -> None:
    """A missing value stays an empty cell: it is not zero."""
    if isinstance(value, str):
        page.write_string(row, column, safe_cell(value))
    elif value is not None:
        page.write_number(row, column, float(value), None if isinstance(value, int) else points)


def calibration_sheet(board: Board) -> bytes:
    """The list of a calibration, and its minutes."""
    points = points_of(board.rows)
    heads = [
        _("Number"), _("Name"), _("Department"), _("Reviewer"), _("Total of the run"), _("Grade of the run"),
        _("Total with changes"), _("Grade with changes"), _("Grade of the period before"), _("Strengths"), _("Gaps"),
    ]  # fmt: skip
    people = []
    for one in board.rows:
        who, standing, found = one.participant, one.standing, points.get(one.participant.pk)
        people.append(
            [
                who.employee.number,
                who.employee.name,
                who.cycle.department.name,
                who.reviewer.name if who.reviewer else "",
                standing.card.total if standing else None,
                standing.card.grade if standing else "",
                standing.total if standing else None,
                standing.grade if standing else "",
                one.before.grade if one.before else "",
                "; ".join(found.strengths) if found else "",
                "; ".join(found.gaps) if found else "",
            ]
        )
    changes = [
        [
            _moment(one.at),
            one.participant.employee.number,
            one.participant.employee.name,
            one.by,
            one.before_grade,
            one.before_total,
            one.grade,
            one.points,
            one.reason,
            one.undoes_id,
        ]
        for row in board.rows
        for one in row.changes
    ]
    minutes = [
        _("At"), _("Number"), _("Name"), _("By"), _("Grade before"), _("Total before"), _("New grade"), _("Points"),
        _("Reason"), _("Takes back entry"),
    ]  # fmt: skip
    return workbook([(_("Calibration"), heads, people), (_("Minutes"), minutes, changes)])


def letters_sheet(found: Letters) -> bytes:
    """The figures of a cycle's letters, as they were told."""
    heads = [
        _("Number"), _("Name"), _("Department"), _("Total"), _("Grade"), _("Place"), _("Bonus"), _("Decisions"),
        _("Issued at"), _("Opened at"), _("Confirmed at"), _("Appeals up to and with"), _("Appealed"),
    ]  # fmt: skip
    told = [(one, said(one.letter)) for one in found.rows if one.letter is not None]
    rows = [
        [
            one.participant.employee.number,
            one.participant.employee.name,
            text["person"]["department"],
            Decimal(text["total"]) if text["total"] is not None else None,
            text["grade"],
            text["place"],
            Decimal(text["bonus"]["amount"].replace(",", "")) if text["bonus"] else None,
            "\n".join(text["decisions"]),
            *(_moment(at) for at in (one.letter.issued_at, one.letter.opened_at, one.letter.confirmed_at)),
            one.letter.appeal_until.isoformat(),
            _("yes") if one.appealed else "",
        ]
        for one, text in told
        if one.letter is not None
    ]
    lines = [
        [one.participant.employee.number, one.participant.employee.name, line["name"], line["value"], line["target"],
         line["weight"], line["score"], line["points"]]
        for one, text in told
        for line in text["lines"]
    ]  # fmt: skip
    indicators = [
        _("Number"), _("Name"), _("Indicator"), _("Value"), _("Target"), _("Weight"), _("Score"), _("Points"),
    ]  # fmt: skip
    return workbook([(_("Result letters"), heads, rows), (_("Indicators"), indicators, lines)])


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
