"""An installation without accounts has one page: the first start."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from fenming.modules.start.queries.setup import is_empty

OPEN = {"start", "start-progress", "set-language", "set-theme", "manifest", "worker"}


class FirstStartMiddleware:
    """Leads visitors to the first start for as long as nobody has an account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or match.url_name in OPEN or not match.url_name:
            return None
        if request.user.is_authenticated or not is_empty():
            return None
        return HttpResponseClientRedirect("/start/") if getattr(request, "htmx", None) else redirect("start")
