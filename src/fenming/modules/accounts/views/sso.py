"""Signing in by WeCom, DingTalk, Feishu or OpenID Connect, and linking them with one's account.

A form that is sent may lead only to this site (``form-action``), and Chromium holds redirects to it, too. So the
sign-in page has links, and linking, which changes something and therefore is a form, answers with a page that goes on.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from fenming.controls.routes import EVERYONE, SIGNED_IN, Request, allow
from fenming.library.text import Refusal, Words
from fenming.modules.accounts.models import Departure, Provider, User
from fenming.modules.accounts.operations import sso as operations
from fenming.modules.accounts.queries import sso as queries
from fenming.modules.accounts.sso import PROTOCOLS
from fenming.modules.accounts.sso.protocol import Failed, Reason, Trip
from fenming.modules.accounts.views.entry import admit, safe_next


@allow(EVERYONE)
@never_cache
@require_safe
def leave(request: Request, code: str) -> HttpResponseBase:
    """Go to a provider in order to sign in."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return redirect(after)
    provider = queries.open_provider(code)
    if provider is None:
        raise Http404
    try:
        return redirect(_address(request, provider, after=after))
    except Failed as failed:
        return _failed(request, provider, failed)


@allow(SIGNED_IN)
@never_cache
@require_POST
def link(request: Request, code: str) -> HttpResponseBase:
    """Go to a provider in order to link what one is there with this account."""
    provider = queries.open_provider(code)
    if provider is None:
        raise Http404
    try:
        address = _address(request, provider, user=request.user)
    except Failed as failed:
        return _failed(request, provider, failed)
    page = render(request, "accounts/go-on.html", {"address": address, "provider": provider})
    page["Refresh"] = f"0;url={address}"
    return page


@allow(SIGNED_IN)
@never_cache
@require_POST
def unlink(request: Request, code: str) -> HttpResponseBase:
    """Link no more."""
    provider = queries.provider(code)
    if provider is None:
        raise Http404
    try:
        if operations.unlink(provider, _user(request), actor=request.actor):
            messages.success(request, _("%(provider)s is not linked any more.") % {"provider": provider.name})
    except Refusal as refusal:
        messages.error(request, _said(refusal.words))
    return redirect("my-security")


@allow(EVERYONE)
@sensitive_variables()
@never_cache
@require_safe
def arrive(request: Request, code: str) -> HttpResponseBase:
    """Somebody comes back from a provider."""
    provider = queries.open_provider(code)
    try:
        if provider is None:
            raise Failed(Reason.OFF)
        left = operations.arrive(request, provider, request.GET.get("state", ""))
        return _vouched(request, provider, left)
    except Failed as failed:
        return _failed(request, provider, failed)


def _vouched(request: Request, provider: Provider, left: Departure) -> HttpResponseBase:
    """The provider says who it is; that account goes in, or gets its link."""
    answer = {name: request.GET[name] for name in request.GET}
    if "error" in answer or not (answer.get("code") or answer.get("authCode")):
        raise Failed(Reason.DENIED, answer.get("error", ""))
    trip = operations.trip(answer["state"], back=_back(request, provider))
    known = PROTOCOLS[provider.kind].known(provider, trip, answer)
    if left.user_id is not None:
        operations.link(provider, _user(request), known, actor=request.actor, how="own")
        messages.success(
            request, _("%(provider)s is linked. From now on you can sign in by it.") % {"provider": provider.name}
        )
        return redirect("my-security")
    if request.user.is_authenticated:
        return redirect(left.after or "home")
    user = operations.recognise(provider, known, actor=request.actor)
    return admit(request, user, method=provider.kind, after=left.after, is_strong=provider.is_strong)


def _address(request: HttpRequest, provider: Provider, *, after: str = "", user: object = None) -> str:
    owner = user if isinstance(user, User) else None
    trip: Trip = operations.depart(request, provider, back=_back(request, provider), after=after, user=owner)
    return PROTOCOLS[provider.kind].address(provider, trip, request.META.get("HTTP_USER_AGENT", ""))


def _back(request: HttpRequest, provider: Provider) -> str:
    return request.build_absolute_uri(reverse("sign-in-back", args=[provider.code]))


def _failed(request: Request, provider: Provider | None, failed: Failed) -> HttpResponse:
    """A clear word where the password can still be typed."""
    if provider:
        operations.note_failure(provider, failed, actor=request.actor)
    messages.error(request, f"{provider.name}: {_said(failed.words)}" if provider else _said(failed.words))
    return redirect("my-security" if request.user.is_authenticated else "sign-in")


def _said(words: Words) -> str:
    return words.say(get_language() or "zh")


def _user(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the rule says so
    return request.user
