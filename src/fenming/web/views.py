"""Pages of the site itself; the business is in the modules."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
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
