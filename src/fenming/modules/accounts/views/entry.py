"""Signing in and out. Every way in ends in ``admit``, also single sign-on."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from fenming.controls.routes import EVERYONE, SIGNED_IN, Request, address_of, allow
from fenming.modules.accounts.forms.signin import CodeForm, SignInForm
from fenming.modules.accounts.models import Provider, User
from fenming.modules.accounts.operations import entry, factors, sessions
from fenming.modules.accounts.operations.entry import Caller
from fenming.modules.accounts.operations.letters import can_send
from fenming.modules.accounts.queries.accounts import has_factor, users_at
from fenming.modules.accounts.queries.sso import open_providers

HALF = "half"
"""In a visitor's session: whose password was right, and what is to follow. It signs nobody in."""
HALF_LASTS_S = 600


@allow(EVERYONE)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: Request, demo_logins: object = None) -> HttpResponseBase:
    """Name and password. ``demo_logins`` are a demonstration's accounts."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return redirect(after)
    htmx = getattr(request, "htmx", None)
    if htmx:  # a session that ended in the middle of a page leads the page, not one of its panels, here
        page = htmx.current_url_abs_path
        return HttpResponseClientRedirect(f"{reverse('sign-in')}?{urlencode({'next': page} if page else {})}")
    offered = open_providers()
    if request.method == "GET" and (inside := app_of(request, offered)):
        query = urlencode({"next": after})
        return redirect(f"{reverse('sign-in-with', args=[inside.code])}?{query}")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = entry.check(form.cleaned_data["username"], form.cleaned_data["password"], caller_of(request))
        if found:
            return admit(request, found, method="password", after=after)
    wrong = request.method == "POST"
    context = {
        "form": form, "next": after, "wrong": wrong, "demo_logins": demo_logins, "can_send": can_send(),
        "providers": offered,
    }  # fmt: skip
    return render(request, "accounts/sign-in.html", context)


INSIDE = {Provider.Kind.WECOM: "wxwork", Provider.Kind.DINGTALK: "dingtalk", Provider.Kind.FEISHU: "lark"}
"""How the platforms' apps name themselves."""


def app_of(request: HttpRequest, offered: list[Provider]) -> Provider | None:
    """The provider in whose app somebody opens a page of ours: there one is signed in anyway. Whoever comes without
    a page to go to, say because he has just signed out, is asked."""
    agent = request.META.get("HTTP_USER_AGENT", "").lower()
    if "next" not in request.GET:
        return None
    return next((one for one in offered if INSIDE.get(Provider.Kind(one.kind), "\0") in agent), None)


def admit(
    request: HttpRequest, user: User, *, method: str, after: str = "", is_strong: bool = False
) -> HttpResponseBase:
    """Somebody has proved who he is by one means: let him in, or ask for the second factor, unless ``is_strong``
    says that one was asked for elsewhere."""
    if not user.is_active:
        return redirect("sign-in")
    if has_factor(user) and not is_strong:
        request.session.flush()
        request.session[HALF] = {
            "user": user.pk, "method": method, "next": after, "at": timezone.now().timestamp(),
            "hash": user.get_session_auth_hash(),
        }  # fmt: skip
        return redirect("second-factor")
    return _let_in(request, user, method=method, after=after, is_strong=is_strong)


@allow(EVERYONE)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: Request) -> HttpResponseBase:
    """The code, from somebody whose password was right a moment ago."""
    user = half(request)
    if user is None:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        attempt = entry.try_code(user, caller_of(request))
        actor = sessions.actor_of(request, user)
        right = attempt is not None and factors.prove(user, form.cleaned_data["code"], actor=actor)
        if attempt is not None:
            entry.code_was(attempt, right=right)
        if right:
            kept = request.session.pop(HALF)
            return _let_in(request, user, method=kept["method"], after=kept["next"])
        form.add_error(
            "code", _("That did not work. Take the newest code; after several wrong ones please wait a while.")
        )
    return render(request, "accounts/second-factor.html", {"form": form, "name": user.username})


def half(request: HttpRequest) -> User | None:
    """Whose password was right in this session, not long ago, and is still the same."""
    kept = request.session.get(HALF)
    if not kept or request.user.is_authenticated:
        return None
    found = users_at([kept["user"]])
    fresh = timezone.now().timestamp() - kept["at"] < HALF_LASTS_S
    if not fresh or not found or not found[0].is_active or found[0].get_session_auth_hash() != kept["hash"]:
        request.session.flush()
        return None
    return found[0]


def _let_in(request: HttpRequest, user: User, *, method: str, after: str, is_strong: bool = False) -> HttpResponseBase:
    entry.note_entry(user, caller_of(request))
    sessions.begin(request, user, method=method, is_strong=is_strong)
    return redirect(after or "home")


@allow(SIGNED_IN)
@require_POST
def sign_out(request: Request) -> HttpResponse:
    """End this session."""
    assert isinstance(request.user, User)  # noqa: S101 - the rule says so
    sessions.sign_out(request, request.user)
    return redirect("sign-in")


def caller_of(request: HttpRequest) -> Caller:
    return Caller(address=address_of(request), agent=sessions.agent_of(request))


def safe_next(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is a page of ours; else the first page."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    inside = wanted.startswith("/") and wanted.isprintable() and len(wanted) <= 2000
    safe = inside and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe else reverse("home")
