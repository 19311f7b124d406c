"""Pages of the site itself; the business is in the modules."""

from __future__ import annotations

import errno
import sys

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from fenming.web import context

YEAR = 365 * 24 * 3600


def home(request: HttpRequest) -> HttpResponse:
    """The first place that is open to the visitor."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    places = context.items(request)
    if not places:
        raise PermissionDenied(_("Your account has no pages yet. Please ask your administrator."))
    return redirect(places[0].url)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme for a year and lead back; ``system`` forgets it."""
    after = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(after if own else reverse("home"))
    chosen = request.POST.get("theme", "")
    if chosen in context.THEMES:
        response.set_cookie(
            context.THEME_COOKIE, chosen, max_age=YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(context.THEME_COOKIE, samesite="Lax")
    return response


@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    sizes = (192, 512)
    icons = [{"src": static(f"img/app-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in sizes]
    body = {
        "id": reverse("me"),
        "name": _("Fenming performance"),
        "short_name": _("Fenming"),
        "start_url": reverse("me"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f5",
        "theme_color": "#0b5a50",
        "icons": [*icons, icons[-1] | {"purpose": "maskable"}],
    }
    return JsonResponse(body, content_type="application/manifest+json")


@cache_control(max_age=0, no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    return render(request, "worker.js", content_type="text/javascript")


FULL = "full"  # as SQLite ("database or disk is full") and PostgreSQL ("disk full", "could not extend file") say it


def server_error(request: HttpRequest) -> HttpResponse:
    """Something went wrong on our side; a full disk is told as what it is, since whoever reads it can mend it."""
    if _disk_is_full(sys.exc_info()[1]):
        return render(request, "disk-full.html", status=409)
    return render(request, "500.html", status=500)


def _disk_is_full(error: BaseException | None) -> bool:
    """Whether this error, or one that led to it, says that nothing more can be written."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if isinstance(error, DatabaseError) and (FULL in str(error) or "No space left" in str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False
