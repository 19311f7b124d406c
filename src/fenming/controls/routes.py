"""Every route declares which permissions open it; one without a rule is refused, and a test finds it first."""

from collections.abc import Callable
from functools import cached_property
from ipaddress import ip_address
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from fenming.controls.operations import Actor
from fenming.controls.permissions import PERMISSIONS
from fenming.controls.scope import Powers, Scope

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
EVERYONE = "everyone"
SIGNED_IN = "signed_in"
API = "api"
"""A route of the open API. No session counts there: each operation asks for a key and names its permissions."""


class Request(HttpRequest):
    """What a view of ours gets: a request that knows who acts, what he may do, and whose data he reaches here."""

    actor: Actor
    powers: Powers
    scope: Scope
    """What the permissions of this route reach, and nothing more."""


def allow(*rules: str) -> Callable[[View], View]:
    """Declare the rule of a view: ``EVERYONE``, ``SIGNED_IN``, ``API``, or the permissions any of which opens it."""
    unknown = set(rules) - set(PERMISSIONS) - {EVERYONE, SIGNED_IN, API}
    if unknown:
        raise LookupError(f"No such permission: {', '.join(sorted(unknown))}")

    def declare(view: View) -> View:
        view.rules = frozenset(rules)  # type: ignore[attr-defined]
        return view

    return declare


def rules_of(view: Any) -> frozenset[str]:
    """The declared rule of a view function or class-based view; empty when it has none."""
    found = getattr(view, "rules", None) or getattr(getattr(view, "view_class", None), "rules", None)
    return frozenset(found or ())


def may_open(powers: Powers, path: str) -> bool:
    """Whether somebody signed in with these powers may open an address: no link should lead to a refusal."""
    try:
        rules = rules_of(resolve(path).func)
    except Resolver404:
        return False
    return bool(rules & {EVERYONE, SIGNED_IN}) or powers.may(*rules)


class RuleMiddleware:
    """Refuses a view without a rule, sends visitors to sign in, and keeps each account to its permissions.

    ``settings.POWERS`` names the function that tells an account's powers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    @cached_property
    def powers_of(self) -> Callable[[Any], Powers]:
        return import_string(settings.POWERS)  # type: ignore[no-any-return]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        rules = rules_of(view)
        if getattr(view, "__module__", "").startswith(("django.contrib.staticfiles", "django.views.static")):
            return None
        if not rules:
            raise PermissionDenied("This route declares no rule.")
        if API in rules:
            return None
        if EVERYONE in rules and not request.user.is_authenticated:
            _let_in(request, Powers(), rules)
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        powers = self.powers_of(request.user)
        if not powers.may(*rules) and not rules & {EVERYONE, SIGNED_IN}:
            raise PermissionDenied(_("Your role does not include this."))
        _let_in(request, powers, rules)
        return None


def _let_in(request: Any, powers: Powers, rules: frozenset[str]) -> None:
    user = request.user
    request.powers = powers
    request.scope = powers.scope(*rules)
    request.actor = Actor(
        user=user.pk,
        name=str(user.get_username()) if user.is_authenticated else "visitor",
        address=address_of(request),
    )


def address_of(request: HttpRequest) -> str | None:
    """From where a request comes, as both databases can keep it; what a proxy invents is none."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:
        return None
