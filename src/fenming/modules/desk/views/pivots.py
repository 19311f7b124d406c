"""Indicators cut along dimensions, on the page and as a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from fenming.controls.routes import Request, allow
from fenming.modules.desk.queries import pivot as pivots
from fenming.modules.desk.views.boards import answer


@allow("board.view")
@require_safe
@cache_control(private=True, no_cache=True)
def pivot(request: Request) -> HttpResponse:
    """One indicator by a dimension: a table with bars, a line through time, a comparison."""
    found = pivots.pivot(request.scope, request.GET)
    template = "desk/pivot.html" if found else "desk/pivot-empty.html"
    return render(request, template, {"pivot": found, "spans": pivots.SPANS})


@allow("board.export")
@require_safe
def export(request: Request) -> HttpResponse:
    """The table that is seen, as a file."""
    return answer(request, "pivot")
