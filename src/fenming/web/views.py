"""Pages of the site itself; the business is in the modules."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django_htmx.http import HttpResponseClientRedirect

from fenming.web import context


class SignIn(LoginView):
    """``extra_context={"demo_logins": …}`` shows a demonstration's accounts."""

    template_name = "sign-in.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A session that ended in the middle of a page leads the page, not one of its panels, here."""
        htmx = getattr(request, "htmx", None)
        if htmx and not request.user.is_authenticated:
            after = {"next": htmx.current_url_abs_path} if htmx.current_url_abs_path else {}
            return HttpResponseClientRedirect(f"{reverse('sign-in')}?{urlencode(after)}")
        return super().dispatch(request, *args, **kwargs)


def home(request: HttpRequest) -> HttpResponse:
    """The first place that is open to the visitor."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    places = context.items(request)
    if not places:
        raise PermissionDenied(_("Your account has no pages yet. Please ask your administrator."))
    return redirect(places[0].url)


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
