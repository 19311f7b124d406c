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
from fenming.controls.scope import Scope
from fenming.modules.cycles.queries.appeals import may_appeal
from fenming.modules.cycles.queries.corrected import corrected_later
from fenming.modules.cycles.queries.score import score_of, visible_score
from fenming.modules.desk.queries import board as boards
from fenming.modules.desk.queries import company as companies
from fenming.modules.desk.queries import me as own
from fenming.modules.desk.queries.files import PAY, file_of
from fenming.modules.desk.queries.rows import rows_of
from fenming.modules.indicators.queries.wording import period_name


@allow("board.view")
@require_safe
@cache_control(private=True, no_cache=True)
def board(request: Request) -> HttpResponse:
    """A department's board."""
    at = boards.seat(request.scope, request.GET)
    group = boards.group_at(request.scope, at) if at else None
    if group is None:
        return render(request, "desk/board-empty.html", _head(at))
    found = boards.ranking(group, boards.wanted_of(request.GET, group), most=_most(request))
    pay = _pay(request)
    shown = score_of(found.rows[0].card, group.run, pay) if found.rows else None
    context = _head(at) | _ranking(request, found) | {"board": boards.board(found), "score": shown}
    context["pays"] = pay.holds(request.scope)
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
    found = boards.ranking(group, boards.wanted_of(request.GET, group), most=_most(request))
    page = render(request, "desk/_ranking.html", _head(at) | _ranking(request, found) | {"partial": True})
    page["HX-Push-Url"] = f"{reverse('board')}?{_query(request)}"
    return page


@allow("board.view")
@require_safe
@cache_control(private=True, no_cache=True)
def company(request: Request) -> HttpResponse:
    """All departments side by side."""
    found = companies.company(request.scope, request.GET)
    return render(request, "desk/company.html", {"company": found, "pays": _pay(request).holds(request.scope)})


def _pay(request: Request) -> Scope:
    """Whose pay the visitor may see."""
    return request.powers.scope(*PAY)


@allow("board.export")
@require_safe
def export(request: Request) -> HttpResponse:
    """The ranking that is seen, as a file."""
    return answer(request, "board")


@allow("board.export")
@require_safe
def company_export(request: Request) -> HttpResponse:
    """All departments side by side, as a file."""
    return answer(request, "company")


def answer(request: Request, kind: str) -> HttpResponse:
    """A board as the file that was asked for: Excel, PDF or PNG."""
    made = file_of(request.scope, _pay(request), kind, request.GET, request.GET.get("as", ""))
    if made is None:
        raise Http404
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=made.name) or ""}
    return HttpResponse(made.body, content_type=made.type, headers=headers)


@allow("board.view")
@require_safe
@vary_on_headers("HX-Request")
@cache_control(private=True, no_cache=True)
def score(request: Request, pk: int) -> HttpResponse:
    """One person's scorecard, as the panel of the board or as a page."""
    found = visible_score(request.scope, pk, _pay(request))
    if found is None:
        raise Http404
    if getattr(request, "htmx", False):
        return render(request, "desk/_score.html", {"score": found})
    mine = found.card.employee_id == getattr(request.user, "employee_id", None)
    appeals = mine and may_appeal(found.card.employee_id, found.run)
    pay = mine or found.bonus is not None
    corrected = corrected_later(found.card.employee_id, found.run) if pay else []
    return render(request, "desk/score.html", {"score": found, "appeals": appeals, "corrected": corrected})


@allow("board.view", "score.own")
@require_safe
@cache_control(private=True, no_cache=True)
def rows(request: Request, pk: int, indicator: str) -> HttpResponse:
    """The records behind a number."""
    found = rows_of(request.scope, pk, indicator, span=_number(request, "span", 0), page=_number(request, "page", 1))
    if found is None:
        raise Http404
    mine = found.card.employee_id == getattr(request.user, "employee_id", None)
    appeals = mine and may_appeal(found.card.employee_id, found.run)
    return render(request, "desk/rows.html", {"found": found, "mine": mine, "appeals": appeals})


@allow("score.own")
@require_safe
@cache_control(private=True, no_cache=True)
def me(request: Request) -> HttpResponse:
    """One's own page, made for the phone."""
    employee = getattr(request.user, "employee_id", None)
    found = own.me(employee, request.GET, user=request.user.pk) if employee else None
    if found is None:
        return render(request, "desk/me-empty.html")
    return render(request, "desk/me.html", {"me": found, "score": found.score})


def _most(request: Request) -> int:
    """How many rows: a page's worth, or as many as a page can bear when asked for all."""
    return boards.MOST_ROWS if request.GET.get("rows") == "all" else boards.ROWS


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
        "all_rows": _most(request) == boards.MOST_ROWS,
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
