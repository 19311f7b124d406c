"""Accounts as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest


class AccountsConfig(AppConfig):
    name = "fenming.modules.accounts"

    def ready(self) -> None:
        user_logged_in.connect(keep_session, dispatch_uid="fenming.sessions")


def keep_session(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    """Whichever way somebody comes in by, Django's own ``login`` included, the session gets its row."""
    from fenming.modules.accounts.operations.sessions import register

    register(request, user)
