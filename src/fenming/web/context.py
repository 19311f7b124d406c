"""What the shells show on every page: where one can go and who one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _


def _role(request: HttpRequest) -> str:
    return str(getattr(getattr(request, "user", None), "role", ""))


def leads(request: HttpRequest) -> bool:
    """Who may look at boards."""
    return _role(request) in {"hr", "lead"}


def is_employee(request: HttpRequest) -> bool:
    """Who has a scorecard of one's own."""
    return getattr(getattr(request, "user", None), "employee_id", None) is not None


def everyone(request: HttpRequest) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation. A module that adds a page adds a place."""

    page: str  # its URL name
    name: str | Promise
    icon: str
    group: str | Promise = ""
    open_to: Callable[[HttpRequest], bool] = everyone


PLACES = (
    Place("board", _("Boards"), icon="chart-histogram", group=_("Performance"), open_to=leads),
    Place("me", _("My performance"), icon="chart-donut-3", group=_("Performance"), open_to=is_employee),
)


@dataclass(frozen=True, slots=True)
class Item:
    name: str | Promise
    icon: str
    group: str | Promise
    url: str
    is_current: bool


def items(request: HttpRequest) -> list[Item]:
    """The places that exist and are open to this visitor: no link leads nowhere."""
    found = []
    for place in PLACES:
        url = _url(place.page)
        if url and place.open_to(request):
            found.append(Item(place.name, place.icon, place.group, url, request.path.startswith(url)))
    return found


def _url(page: str) -> str | None:
    try:
        return reverse(page)
    except NoReverseMatch:
        return None


@dataclass(frozen=True, slots=True)
class Viewer:
    name: str
    note: str


def viewer(request: HttpRequest) -> Viewer | None:
    """Who is signed in, by the full name where the account has one, and the role."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    full_name = getattr(user, "get_full_name", lambda: "")()
    role = getattr(user, "get_role_display", lambda: "")()
    return Viewer(full_name or user.get_username(), str(role))


def navigation(request: HttpRequest) -> dict[str, Any]:
    return {
        "navigation": SimpleLazyObject(lambda: items(request)),
        "viewer": SimpleLazyObject(lambda: viewer(request)),
    }
