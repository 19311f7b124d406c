"""A board as a file: what is seen, in the form that was asked for, within a scope."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import pgettext

from fenming.controls.scope import Scope
from fenming.drawing.paper import Sheet, drawn
from fenming.modules.desk.queries import papers
from fenming.modules.desk.queries.board import Ranking, group_at, ranking, seat, wanted_of
from fenming.modules.desk.queries.company import company
from fenming.modules.desk.queries.pivot import pivot
from fenming.modules.desk.queries.sheet import XLSX, company_sheet, pivot_sheet, sheet

TYPES = {"xlsx": XLSX, "pdf": "application/pdf", "png": "image/png"}
MOST_ROWS_OF_A_PICTURE = 80
BOARDS = ("board", "company", "pivot")
PAY = ("bonus.view", "bonus.edit")
"""What it takes to see what somebody is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file with its name and content type."""

    name: str
    type: str
    body: bytes


def file_of(scope: Scope, pay: Scope, kind: str, given: QueryDict, form: str) -> File | None:
    """The file of a board, with bonuses where ``pay`` reaches them; None where there is nothing to see.

    An unknown form is Excel.
    """
    form = form if form in TYPES else "xlsx"
    found = _BOARDS[kind](scope, pay, given)
    if found is None:
        return None
    title, excel, paper = found
    body = excel() if form == "xlsx" else _drawn(paper(), form)
    name = "".join(one if one.isprintable() and one not in '/\\:*?"<>|' else " " for one in title)
    return File(name=f"{name}.{form}", type=TYPES[form], body=body)


Made = tuple[str, Callable[[], bytes], Callable[[], Sheet]]


def _drawn(one: Sheet, form: str) -> bytes:
    if form == "pdf":
        return drawn(one, "pdf")
    return drawn(replace(one, rows=one.rows[:MOST_ROWS_OF_A_PICTURE]), "png")


def ranking_of(scope: Scope, given: QueryDict) -> Ranking | None:
    """The ranking that an address asks for."""
    at = seat(scope, given)
    group = group_at(scope, at) if at else None
    return ranking(group, wanted_of(given, group)) if group else None


def _board(scope: Scope, pay: Scope, given: QueryDict) -> Made | None:
    found = ranking_of(scope, given)
    if found is None:
        return None
    title = f"{found.group.seat.department.name} {found.group.run.label}"
    return title, lambda: sheet(found, pay), lambda: papers.ranking_sheet(found, pays=pay.holds(scope))


def _company(scope: Scope, pay: Scope, given: QueryDict) -> Made | None:
    found = company(scope, given)
    if found is None:
        return None
    title = f"{pgettext('board', 'All departments')} {found.label}"
    return (
        title,
        lambda: company_sheet(found, pays=pay.holds(scope)),
        lambda: papers.company_sheet(found, pays=pay.holds(scope)),
    )


def _pivot(scope: Scope, _pay: Scope, given: QueryDict) -> Made | None:
    found = pivot(scope, given)
    if found is None:
        return None
    title = f"{found.name} {found.by_name} {found.asked.period.label}"
    return title, lambda: pivot_sheet(found), lambda: papers.pivot_paper(found)


_BOARDS: dict[str, Callable[[Scope, Scope, QueryDict], Made | None]] = {
    "board": _board,
    "company": _company,
    "pivot": _pivot,
}
