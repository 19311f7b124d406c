"""Links to set a password, and what to do when one does not work."""

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fenming.controls.routes import EVERYONE, Request, allow
from fenming.modules.accounts.forms.signin import ForgotForm, NewPasswordForm, WelcomeForm
from fenming.modules.accounts.jobs import send_reset
from fenming.modules.accounts.models import Link, User
from fenming.modules.accounts.operations import invitations
from fenming.modules.accounts.operations.letters import base_of, can_send
from fenming.modules.accounts.operations.sessions import actor_of
from fenming.modules.accounts.queries.accounts import link_at
from fenming.modules.accounts.queries.policy import policy
from fenming.modules.accounts.views.entry import admit, caller_of


@allow(EVERYONE)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: Request, token: str) -> HttpResponseBase:
    """Set a password by a link that works once."""
    found = link_at(token)
    if found is None or found.state != "open" or not found.user.is_active:
        return _closed(request, found, token)
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        used = invitations.use(
            found, given["password"], actor=actor_of(request, found.user),
            language=given.get("language", ""), time_zone=given.get("time_zone", ""),
        )  # fmt: skip
        if not used:
            return _closed(request, link_at(token), token)
        answer = admit(request, found.user, method=found.purpose)
        if given.get("language"):
            answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return answer
    context = {"form": form, "link": found, "user_name": found.user.get_full_name(), "rules": rules(found.user)}
    return render(request, "accounts/link.html", context)


def _form(request: Request, found: Link) -> NewPasswordForm:
    if found.purpose == Link.Purpose.RESET:
        return NewPasswordForm(request.POST or None, user=found.user)
    initial = {
        "language": get_language() or settings.LANGUAGE_CODE,
        "time_zone": found.user.time_zone or settings.TIME_ZONE,
    }
    return WelcomeForm(request.POST or None, user=found.user, initial=initial)


def rules(user: User) -> dict[str, object]:
    """What the page shows live while a password is typed."""
    found = policy()
    return {"least": found.length_min, "last": found.refused_last, "own": f"{user.username} {user.known_as}".strip()}


def _closed(request: Request, found: Link | None, token: str) -> HttpResponseBase:
    """The same page for every link that does not work; one that never was cannot be renewed."""
    state = found.state if found else "unknown"
    if found and not found.user.is_active:
        state = "unknown"
    context = {
        "state": state, "token": token, "asked": bool(found and found.asked_at),
        "can_ask": state in {"expired", "revoked"} and bool(found and found.created_by_id), "can_send": can_send(),
    }  # fmt: skip
    return render(request, "accounts/link-closed.html", context, status=410 if found else 404)


@allow(EVERYONE)
@require_POST
def ask_again(request: Request, token: str) -> HttpResponseBase:
    """Ask whoever sent the link for another one."""
    found = link_at(token)
    if found:
        invitations.ask_again(found)
    return render(request, "accounts/link-asked.html")


@allow(EVERYONE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: Request) -> HttpResponseBase:
    """A link by e-mail. The answer is the same whether there is such an account or not."""
    form = ForgotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        if can_send() and invitations.forgot(name, caller_of(request)):
            send_reset.later(who=name, base=base_of(request))
        return render(request, "accounts/forgot-sent.html", {"can_send": can_send()})
    return render(request, "accounts/forgot.html", {"form": form, "can_send": can_send()})
