"""Every route declares who may call it; one without a rule is refused, and a test finds it first."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
EVERYONE = "everyone"
SIGNED_IN = "signed_in"


def allow(*rules: str) -> Callable[[View], View]:
    """Declare the rule of a view: ``everyone``, ``signed_in``, or the roles that may call it."""

    def declare(view: View) -> View:
        view.rules = frozenset(rules)  # type: ignore[attr-defined]
        return view

    return declare


def rules_of(view: Any) -> frozenset[str]:
    """The declared rule of a view function or class-based view; empty when it has none."""
    found = getattr(view, "rules", None) or getattr(getattr(view, "view_class", None), "rules", None)
    return frozenset(found or ())


class RuleMiddleware:
    """Refuses a view without a rule, sends visitors to sign in, and keeps roles to their routes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        rules = rules_of(view)
        if EVERYONE in rules or getattr(view, "__module__", "").startswith(
            ("django.contrib.staticfiles", "django.views.static")
        ):
            return None
        if not rules:
            raise PermissionDenied("This route declares no rule.")
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if SIGNED_IN in rules or getattr(request.user, "role", "") in rules:
            return None
        raise PermissionDenied("This role has no access to this route.")
