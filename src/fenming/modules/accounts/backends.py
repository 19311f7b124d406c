"""Django's own backend, which need not ask again for an account that came with its session."""

from contextvars import ContextVar
from typing import Any

from django.contrib.auth.backends import ModelBackend

from fenming.modules.accounts.models import User

came: ContextVar[User | None] = ContextVar("came", default=None)
"""The account of this request's session, read in the same query. Django still compares the session with it."""


class SessionBackend(ModelBackend):
    def get_user(self, user_id: Any) -> Any:
        user = came.get()
        if user is None or user.pk != user_id:
            return super().get_user(user_id)
        return user if self.user_can_authenticate(user) else None
