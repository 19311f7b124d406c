"""A person's own security and settings, made for the phone."""

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import SIGNED_IN, Request, allow
from fenming.modules.accounts.forms.signin import (
    AppCodeForm,
    ChangePasswordForm,
    PresentPasswordForm,
    SettingsForm,
)
from fenming.modules.accounts.models import Session, User
from fenming.modules.accounts.operations import factors, passwords, preferences, sessions
from fenming.modules.accounts.operations.entry import code_was, try_code
from fenming.modules.accounts.queries.accounts import attempts_of, codes_left, has_factor
from fenming.modules.accounts.queries.sessions import demands_factor, devices_of
from fenming.modules.accounts.queries.sso import ways_of
from fenming.modules.accounts.views.entry import caller_of
from fenming.modules.accounts.views.links import rules


def _user(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the rule says so
    return request.user


def _key(request: Request) -> str:
    return request.session.session_key or ""


def shell(request: Request) -> str:
    """Whoever works at a desk sees one's own pages there, too; everybody else the phone's."""
    at_desk = set(request.powers.scopes) - {"score.own", "people.own"}
    return "desk" if at_desk and not request.hold else "phone"  # type: ignore[attr-defined]


@allow(SIGNED_IN)
@never_cache
@require_safe
def my_security(request: Request) -> HttpResponse:
    """Password, second factor, and where one is signed in."""
    user = _user(request)
    context = {
        "shell": shell(request),
        "devices": devices_of(user.pk, key=_key(request)),
        "attempts": attempts_of(user, 8),
        "has_factor": has_factor(user),
        "codes_left": codes_left(user),
        "changed_at": user.password_changed_at if user.has_usable_password() else None,
        "has_password": user.has_usable_password(),
        "ways": ways_of(user),
    }
    return render(request, "accounts/my-security.html", context)


@allow(SIGNED_IN)
@require_POST
def end_own(request: Request) -> HttpResponse:
    """End one of one's sessions, or all others."""
    user, which = _user(request), request.POST.get("session", "")
    others = [one.session.pk for one in devices_of(user.pk, key=_key(request)) if not one.is_this]
    chosen = others if which == "others" else [one for one in others if str(one) == which]
    count = sessions.end(user, chosen, reason=Session.End.REVOKED, actor=request.actor)
    text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", count) % {"count": count}
    messages.success(request, text)
    return redirect("my-security")


@allow(SIGNED_IN)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_password(request: Request) -> HttpResponse:
    """Change one's password; every other session ends."""
    user = _user(request)
    if not user.has_usable_password():
        messages.info(request, _("You sign in with your company account; there is no password here."))
        return redirect("my-security")
    form = ChangePasswordForm(request.POST or None, user=user)
    if request.method == "POST" and _tried(request, user, form):
        key = _key(request)
        passwords.set_password(user, form.cleaned_data["password"], actor=request.actor, how="own", but_key=key)
        sessions.rekey(request, user)
        messages.success(request, _("Your password is changed. All other devices are signed out."))
        return redirect("my-security")
    context = {"shell": shell(request), "form": form, "rules": rules(user), "must": request.hold == "my-password"}  # type: ignore[attr-defined]
    return render(request, "accounts/my-password.html", context)


def _tried(request: Request, user: User, form: ChangePasswordForm | PresentPasswordForm | SettingsForm) -> bool:
    """Whether the form is right; a wrong present password counts like one at the door."""
    attempt = try_code(user, caller_of(request))
    if attempt is None:
        form.add_error("present", _("Too many wrong attempts. Please wait a while and try again."))
        return False
    valid = form.is_valid()
    code_was(attempt, right="present" not in form.errors)
    return valid


@allow(SIGNED_IN)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_factor(request: Request) -> HttpResponse:
    """Set up the second factor: scan, type a code, keep the recovery codes."""
    user = _user(request)
    if has_factor(user):
        return redirect("my-security")
    factor = factors.begin(user)
    form = AppCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        attempt = try_code(user, caller_of(request))
        codes = attempt and factors.confirm(user, form.cleaned_data["code"], actor=request.actor, but_key=_key(request))
        if attempt:
            code_was(attempt, right=bool(codes))
        if codes:
            sessions.rekey(request, user)
            return _codes(request, codes)
        form.add_error(
            "code", _("That did not work. Take the newest code; after several wrong ones please wait a while.")
        )
    picture = segno.make(factors.address(user, factor), error="m").svg_inline(border=0, omitsize=True)
    secret = " ".join(factor.secret[at : at + 4] for at in range(0, len(factor.secret), 4))
    must = request.hold == "my-factor"  # type: ignore[attr-defined]
    context = {"shell": shell(request), "form": form, "qr": picture, "secret": secret, "must": must}
    return render(request, "accounts/my-factor.html", context)


def _codes(request: Request, codes: list[str]) -> HttpResponse:
    context = {"shell": "phone", "codes": codes, "text": "\n".join(codes), "now": timezone.now()}
    return render(request, "accounts/recovery-codes.html", context)


@allow(SIGNED_IN)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_factor(request: Request) -> HttpResponse:
    """With the password once more: new recovery codes, or another app, or no second factor."""
    user = _user(request)
    if not has_factor(user):
        return redirect("my-factor")
    form = PresentPasswordForm(request.POST or None, user=user)
    if not user.has_usable_password():
        del form.fields["present"]
    if request.method == "POST" and (_tried(request, user, form) if form.fields else True):
        if request.POST.get("what") == "codes":
            return _codes(request, factors.renew_codes(user, actor=request.actor))
        factors.take_away(user, actor=request.actor, by_admin=False, but_key=_key(request))
        sessions.rekey(request, user)
        if request.POST.get("what") == "replace" or demands_factor(user):
            return redirect("my-factor")
        messages.success(request, _("The second factor is off. All other devices are signed out."))
        return redirect("my-security")
    context = {
        "shell": shell(request), "form": form, "what": request.POST.get("what") or request.GET.get("what") or "replace",
        "demanded": demands_factor(user),
    }  # fmt: skip
    return render(request, "accounts/change-factor.html", context)


@allow(SIGNED_IN)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_settings(request: Request) -> HttpResponse:
    """Language, time zone, e-mail, and where to set the rest."""
    user = _user(request)
    initial = {
        "language": user.language or get_language() or settings.LANGUAGE_CODE,
        "time_zone": user.time_zone or settings.TIME_ZONE,
        "email": user.email,
    }
    form = SettingsForm(request.POST or None, initial=initial, user=user)
    if request.method == "POST" and (_tried(request, user, form) if form.must_prove else form.is_valid()):
        given = {name: form.cleaned_data[name] for name in initial}
        preferences.change(user, **given, actor=request.actor)
        messages.success(request, _("Saved."))
        answer = redirect("my-settings")
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return answer
    return render(request, "accounts/my-settings.html", {"shell": shell(request), "form": form, **_elsewhere()})


def _elsewhere() -> dict[str, Any]:
    """Settings that other modules keep, where they are installed."""
    found = {}
    for name, page in (("inbox_settings", "inbox-settings"), ("theme", "theme")):
        try:
            found[name] = reverse(page)
        except NoReverseMatch:
            found[name] = ""
    return found
