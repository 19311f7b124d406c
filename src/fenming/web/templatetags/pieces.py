"""What components ask of the page's address and of their parts. Built in, as ``shapes`` is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


ASIDE = frozenset(
    {
        "arrow-back-up", "arrow-down-right", "arrow-forward-up", "arrow-left", "arrow-right", "arrow-up-right",
        "chevron-left", "chevron-right", "corner-down-right", "external-link", "list-search", "login", "logout", "send",
    }
)  # fmt: skip


class Sorting(NamedTuple):
    now: str  # as aria-sort says it; empty when the table is sorted by another column
    query: str  # the address that a click on the head leads to


@register.simple_tag(takes_context=True)
def sorting(context: dict[str, Any], column: str, order: str = "", first: str = "ascending") -> Sorting:
    """How the table is sorted by ``column``, and what comes next: ``order=name``, then ``order=-name``."""
    order = order or asked(context.get("request"), "order")
    up, down = column, f"-{column}"
    now = {up: "ascending", down: "descending"}.get(order, "")
    wanted = {up: down, down: up}.get(order, down if first == "descending" else up)
    return Sorting(now, _query(context, order=wanted, page=None))


@register.simple_tag(takes_context=True)
def page_query(context: dict[str, Any], param: str, number: int) -> str:
    """The page's own query with another page number."""
    return _query(context, **{param: str(number)})


def _query(context: dict[str, Any], **changes: str | None) -> str:
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


@register.filter
def asked(request: HttpRequest | None, name: str) -> str:
    """What the address asks for under ``name``."""
    return str(request.GET.get(name, "")) if request else ""


@register.filter
def times(number: object) -> range:
    return range(int(str(number)))


@register.simple_tag
@lru_cache(maxsize=2048)
def symbol(icon: str, css: str) -> SafeString:
    """The drawing of an icon; a page holds hundreds of them. One that points aside is mirrored from right to left."""
    return format_html(
        '<svg class="icon{} {}" aria-hidden="true"><use href="{}#{}"/></svg>',
        " flips" if icon in ASIDE else "", css, static("fenming/icons.svg"), icon,
    )  # fmt: skip


@register.filter
def has_current(places: list[Any]) -> bool:
    return any(place.is_current for place in places)
