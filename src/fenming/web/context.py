"""What the shells show on every page: where one can go and who one is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from fenming.controls.scope import Powers
from fenming.modules.messages import queries as messages
from fenming.modules.start.queries import setup as start
from fenming.modules.start.queries import tours


def powers(request: HttpRequest) -> Powers:
    """What the visitor may do; nothing, where no rule has let the visitor in."""
    return getattr(request, "powers", Powers())


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation. A module that adds a page adds a place."""

    page: str  # its URL name
    name: str | Promise
    icon: str
    group: str | Promise = ""
    open_to: tuple[str, ...] = ()  # the permissions any of which opens it; none for everybody signed in
    also: tuple[str, ...] = ()  # beginnings of other addresses that belong to it


PLACES = (
    Place(
        "board",
        _("Boards"),
        icon="chart-histogram",
        group=_("Performance"),
        open_to=("board.view",),
        also=("/rows/",),
    ),
    Place("cycles", _("Performance cycles"), icon="route", group=_("Performance"), open_to=("cycles.view",)),
    Place("me", _("My performance"), icon="chart-donut-3", group=_("Performance"), open_to=("score.own",)),
    Place(
        "calibration",
        _("Calibration"),
        icon="scale",
        group=_("Performance"),
        open_to=("cycles.calibrate", "cycles.review"),
    ),
    Place("my-cycle", _("My cycle"), icon="route", group=_("Performance"), open_to=("cycles.own",)),
    Place(
        "reviews",
        _("My people"),
        icon="star",
        group=_("Performance"),
        open_to=("cycles.review", "cycles.manage"),
        also=("/questions/",),
    ),
    Place("letters", _("Result letters"), icon="mail-opened", group=_("Performance"), open_to=("cycles.manage",)),
    Place(
        "interviews",
        _("Interviews and plans"),
        icon="messages",
        group=_("Performance"),
        open_to=("cycles.review", "cycles.manage"),
        also=("/cycles/improvements/",),
    ),
    Place("my-letter", _("My results"), icon="certificate", group=_("Performance"), open_to=("cycles.own",)),
    Place("my-scheme", _("My scheme"), icon="ruler-2", group=_("Performance"), open_to=("score.own",)),
    Place("inbox", _("My messages"), icon="mail", group=_("Performance")),
    Place("thanks", _("Thanks"), icon="heart-handshake", group=_("Performance"), open_to=("cycles.own",)),
    Place("my-file", _("My file"), icon="id", group=_("Performance"), open_to=("people.own",)),
    Place("my-appeals", _("My appeals"), icon="scale", group=_("Performance"), open_to=("cycles.own",)),
    Place("appeals", _("Appeals"), icon="gavel", group=_("Performance"), open_to=("cycles.appeals",)),
    Place("indicators", _("Indicators"), icon="ruler-measure", group=_("Rules"), open_to=("indicators.view",)),
    Place("schemes", _("Schemes"), icon="adjustments", group=_("Rules"), open_to=("schemes.view",)),
    Place("pools", _("Bonus pools"), icon="cash", group=_("Rules"), open_to=("bonus.view", "bonus.edit")),
    Place(
        "trials",
        _("What-if"),
        icon="flask",
        group=_("Rules"),
        open_to=("schemes.view", "schemes.edit", "schemes.approve"),
    ),
    Place("people", _("Employees"), icon="users", group=_("Personnel"), open_to=("people.view",)),
    Place("organisation", _("Organisation"), icon="sitemap", group=_("Personnel"), open_to=("organisation.view",)),
    Place(
        "people-calendar", _("Working calendar"), icon="calendar", group=_("Personnel"), open_to=("organisation.view",)
    ),
    Place("fields", _("Custom fields"), icon="forms", group=_("Personnel"), open_to=("fields.edit",)),
    Place("company", _("Company"), icon="building", group=_("System"), open_to=("system.company",)),
    Place("channels", _("Message channels"), icon="send", group=_("System"), open_to=("system.channels",)),
    Place("works", _("Background work"), icon="clock-play", group=_("System"), open_to=("system.jobs",)),
    Place("accounts", _("Accounts"), icon="user-shield", group=_("Security"), open_to=("security.accounts",)),
    Place("roles", _("Roles"), icon="shield-check", group=_("Security"), open_to=("security.roles",)),
    Place("providers", _("Single sign-on"), icon="plug-connected", group=_("Security"), open_to=("security.policy",)),
    Place("keys", _("API keys"), icon="key", group=_("Security"), open_to=("security.keys",)),
    Place("audit-log", _("Operation log"), icon="history", group=_("Audit"), open_to=("audit.view",)),
)
"""In the order in which they are shown; those of one group stand together."""


@dataclass(frozen=True, slots=True)
class Item:
    name: str | Promise
    icon: str
    group: str | Promise
    url: str
    is_current: bool
    page: str = ""


def items(request: HttpRequest) -> list[Item]:
    """The places that exist and are open to this visitor: no link leads nowhere."""
    may = powers(request)
    open_ones = [one for one in PLACES if not one.open_to or may.may(*one.open_to)]
    found = [(one, url) for one in open_ones if (url := _url(one.page))]
    begins = {start: one for one, url in found for start in (url, *(_below(path) for path in one.also))}
    current = begins.get(max((start for start in begins if request.path.startswith(start)), key=len, default=""))
    return [Item(one.name, one.icon, one.group, url, one is current, one.page) for one, url in found]


def _below(path: str) -> str:
    return get_script_prefix().rstrip("/") + path


def _url(page: str) -> str | None:
    try:
        return reverse(page)
    except NoReverseMatch:
        return None


def open_todos(request: HttpRequest) -> int:
    """How much the visitor has to do."""
    user = getattr(request, "user", None)
    return messages.open_todos(user.pk) if user is not None and user.is_authenticated else 0


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
    return Viewer(full_name or user.get_username(), user.get_username() if full_name else "")


THEMES = frozenset({"light", "dark"})
THEME_COOKIE = "theme"


def theme(request: HttpRequest) -> str:
    """What the visitor chose; empty follows the system."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def tour(request: HttpRequest) -> dict[str, Any] | None:
    """The tour that this page shows this visitor now; ``?tour=again`` shows one that was seen."""
    user, match = getattr(request, "user", None), request.resolver_match
    if user is None or match is None or not match.url_name:
        return None
    return tours.tour_for(user.pk, match.url_name, powers(request), again=request.GET.get("tour") == "again")


def navigation(request: HttpRequest) -> dict[str, Any]:
    return {
        "navigation": SimpleLazyObject(lambda: items(request)),
        "open_todos": cache(lambda: open_todos(request)),
        "theme": theme(request),
        "viewer": SimpleLazyObject(lambda: viewer(request)),
        "first_start": SimpleLazyObject(lambda: powers(request).may("system.company") and start.under_way()),
        "tour": SimpleLazyObject(lambda: tour(request)),
        "can": SimpleLazyObject(lambda: set(powers(request).scopes)),
    }
