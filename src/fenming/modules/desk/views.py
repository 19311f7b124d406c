"""The pages: the visitor's scope, one question to the queries, one template."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from fenming.controls.routes import Request, allow
from fenming.modules.desk.forms import RankingForm
from fenming.modules.desk.queries import board as boards
from fenming.modules.desk.queries import me as own
from fenming.modules.desk.queries.rows import rows_of
from fenming.modules.desk.queries.score import score_of, visible_score
from fenming.modules.desk.queries.sheet import sheet
from fenming.modules.desk.queries.wording import period_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow("board.view")
@require_safe
@cache_control(private=True, no_cache=True)
def board(request: Request) -> HttpResponse:
    """A department's board."""
    at = boards.seat(request.scope, request.GET)
    group = boards.group_at(request.scope, at) if at else None
    if group is None:
        return render(request, "desk/board-empty.html", _head(at))
    found = boards.ranking(group, RankingForm(request.GET, group).wanted())
    shown = score_of(found.rows[0].card, group.run) if found.rows else None
    context = _head(at) | _ranking(request, found) | {"board": boards.board(found), "score": shown}
    return render(request, "desk/board.html", context)


@allow("board.view")
@require_safe
@vary_on_headers("HX-Request")
@cache_control(private=True, no_cache=True)
def ranking(request: Request) -> HttpResponse:
    """The ranking alone, for filters and orders; without scripts the whole board."""
    if not getattr(request, "htmx", False):
        return board(request)
    at = boards.seat(request.scope, request.GET)
    group = boards.group_at(request.scope, at) if at else None
    if group is None:
        raise Http404
    found = boards.ranking(group, RankingForm(request.GET, group).wanted())
    answer = render(request, "desk/_ranking.html", _head(at) | _ranking(request, found))
    answer["HX-Push-Url"] = f"{reverse('board')}?{_query(request)}"
    return answer


@allow("board.export")
@require_safe
def export(request: Request) -> HttpResponse:
    """The ranking that is seen, as an Excel file."""
    at = boards.seat(request.scope, request.GET)
    group = boards.group_at(request.scope, at) if at else None
    if group is None:
        raise Http404
    found = boards.ranking(group, RankingForm(request.GET, group).wanted())
    name = f"{group.seat.department.name} {group.run.label}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(sheet(found, request.scope), content_type=XLSX, headers=headers)


@allow("board.view")
@require_safe
@vary_on_headers("HX-Request")
@cache_control(private=True, no_cache=True)
def score(request: Request, pk: int) -> HttpResponse:
    """One person's scorecard, as the panel of the board or as a page."""
    found = visible_score(request.scope, pk)
    if found is None:
        raise Http404
    template = "desk/_score.html" if getattr(request, "htmx", False) else "desk/score.html"
    return render(request, template, {"score": found})


@allow("board.view", "score.own")
@require_safe
@cache_control(private=True, no_cache=True)
def rows(request: Request, pk: int, indicator: str) -> HttpResponse:
    """The records behind a number."""
    found = rows_of(request.scope, pk, indicator, span=_number(request, "span", 0), page=_number(request, "page", 1))
    if found is None:
        raise Http404
    mine = found.card.employee_id == getattr(request.user, "employee_id", None)
    return render(request, "desk/rows.html", {"found": found, "mine": mine})


@allow("score.own")
@require_safe
@cache_control(private=True, no_cache=True)
def me(request: Request) -> HttpResponse:
    """One's own page, made for the phone."""
    employee = getattr(request.user, "employee_id", None)
    found = own.me(employee, request.GET) if employee else None
    if found is None:
        return render(request, "desk/me-empty.html")
    return render(request, "desk/me.html", {"me": found, "score": found.score})


def _number(request: Request, name: str, otherwise: int) -> int:
    """A small number of the address; anything else counts as not given."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else otherwise


def _query(request: Request) -> str:
    """The address's own parameters without the empty ones."""
    given = request.GET.copy()
    for name in [name for name, value in given.items() if not value]:
        del given[name]
    return given.urlencode()


def _head(at: boards.Seat | None) -> dict[str, Any]:
    return {
        "seat": at,
        "periods": [(run.label, period_name(run)) for run in at.runs] if at else [],
        "period": period_name(at.run) if at and at.run else "",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """A column that orders the ranking: where its head leads, and how it stands now."""

    name: str
    query: str
    now: str


def _ranking(request: Request, found: boards.Ranking) -> dict[str, Any]:
    return {
        "ranking": found,
        "group": found.group,
        "query": _query(request),
        "sorts": {
            "rank": _sort(request, found, _("Rank"), "rank", first="rank"),
            "number": _sort(request, found, _("Employee"), "number", first="number"),
            "total": _sort(request, found, _("Total"), "total", first="-total"),
        },
    }


def _sort(request: Request, found: boards.Ranking, name: str, by: str, *, first: str) -> Sort:
    """A click orders by this column, a second one the other way round."""
    order = found.wanted.order
    other = by if order == f"-{by}" else f"-{by}"
    given = request.GET.copy()
    given["order"] = other if order.removeprefix("-") == by else first
    given["department"], given["period"] = found.group.seat.department.code, found.group.run.label
    now = "" if order.removeprefix("-") != by else "descending" if order.startswith("-") else "ascending"
    return Sort(name=name, query=given.urlencode(), now=now)
