"""What components read from the page's address. Built in, as ``shapes`` is."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.http import HttpRequest

register = template.Library()


class Sorting(NamedTuple):
    now: str  # as aria-sort says it; empty when the table is sorted by another column
    next: str  # the order that a click on the head asks for


@register.simple_tag(takes_context=True)
def sorting(context: dict[str, Any], column: str, order: str = "", first: str = "ascending") -> Sorting:
    """How the table is sorted by ``column``, and what comes next: ``name``, then ``-name``."""
    order = order or asked(context.get("request"), "order")
    if order == column:
        return Sorting("ascending", f"-{column}")
    if order == f"-{column}":
        return Sorting("descending", column)
    return Sorting("", f"-{column}" if first == "descending" else column)


@register.simple_tag(takes_context=True)
def page_query(context: dict[str, Any], param: str, number: int) -> str:
    """The page's own query with another page number."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return f"?{param}={number}"
    query[param] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def asked(request: HttpRequest | None, name: str) -> str:
    """What the address asks for under ``name``."""
    return str(request.GET.get(name, "")) if request else ""


@register.filter
def times(number: object) -> range:
    return range(int(str(number)))
