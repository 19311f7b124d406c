"""Every request of somebody signed in belongs to a session of ours that has not ended."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from fenming.controls.routes import API, rules_of
from fenming.modules.accounts.backends import came
from fenming.modules.accounts.models import Session, User
from fenming.modules.accounts.operations import sessions as operations
from fenming.modules.accounts.queries import sessions as queries

WORDS: dict[str, str | Promise] = {
    Session.End.REVOKED: _("This session was ended from another device. Please sign in again."),
    Session.End.BY_ADMIN: _("An administrator ended this session. Please sign in again."),
    Session.End.IDLE: _("You were signed out because nothing happened for a while. Please sign in again."),
    Session.End.TOO_LONG: _("This session has reached its longest duration. Please sign in again."),
    Session.End.PASSWORD: _("The password was changed. Please sign in with the new one."),
    Session.End.FACTOR: _("The second factor was changed. Please sign in again."),
    Session.End.SUSPENDED: _("This session has ended. Please sign in again."),
}
FREE = {"sign-out", "set-language", "manifest", "worker"}


class SessionMiddleware:
    """Ends what is revoked or timed out with a word, and holds whoever must first set up a second factor or a new
    password. One query a request, one write a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.hold = ""  # type: ignore[attr-defined]
        key = request.session.session_key
        known = queries.known(key) if key else None
        token = came.set(known.session.user if known else None)
        try:
            if key:
                self._look(request, known or self._registered(request))
            return self.get_response(request)
        finally:
            came.reset(token)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        page = request.resolver_match.url_name if request.resolver_match else None
        hold: str = "" if API in rules_of(view) else request.hold  # type: ignore[attr-defined]
        if hold and page not in FREE | {hold}:
            return HttpResponseClientRedirect(reverse(hold)) if getattr(request, "htmx", False) else redirect(hold)
        return None

    def _look(self, request: HttpRequest, known: queries.Known | None) -> None:
        if known is None:
            return
        now = timezone.now()
        if reason := known.ending(now):
            if not known.session.ended_at:
                operations.time_out(known, reason, operations.actor_of(request, known.session.user))
            self._end(request, reason)
        elif request.user.is_authenticated and request.user.pk == known.session.user_id:
            operations.seen(known)
            request.hold = self._hold(known, request.user)  # type: ignore[attr-defined]

    def _hold(self, known: queries.Known, user: User) -> str:
        """The one page that is open to somebody who has something to do first."""
        if known.is_password_old(user, timezone.now()):
            return "my-password"
        return "my-factor" if known.factor_missing else ""

    def _registered(self, request: HttpRequest) -> queries.Known | None:
        """A session without a row: one begun elsewhere gets its row, one that had a row has lost it for a reason."""
        if not request.user.is_authenticated:
            return None
        if request.session.get(operations.MARK):
            self._end(request, Session.End.REVOKED)
            return None
        operations.register(request, request.user)
        return queries.known(request.session.session_key or "")

    def _end(self, request: HttpRequest, reason: str) -> None:
        logout(request)
        if reason in WORDS:
            messages.info(request, str(WORDS[reason]))
