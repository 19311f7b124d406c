"""Passwords are set."""

from django.db import transaction
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.modules.accounts.models import PastPassword, Session, User
from fenming.modules.accounts.operations.sessions import end_all
from fenming.modules.accounts.queries.policy import policy


def set_password(user: User, password: str, *, actor: Actor, how: str, but_key: str = "") -> None:
    """A new password, checked by the form before; every other session of the account ends."""
    with transaction.atomic():
        if user.has_usable_password():
            PastPassword.objects.create(user=user, encoded=user.password)
        kept = PastPassword.objects.filter(user=user).values_list("pk", flat=True)[: policy().refused_last]
        PastPassword.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
        user.set_password(password)
        user.password_changed_at = timezone.now()
        user.locked_until = None
        user.save(update_fields=["password", "password_changed_at", "locked_until"])
        user.attempts.filter(counts=True).update(counts=False)
        ended = end_all([user.pk], reason=Session.End.PASSWORD, but_key=but_key)
        record(actor, "accounts.set_password", user.username, after={"how": how, "sessions_ended": ended})
