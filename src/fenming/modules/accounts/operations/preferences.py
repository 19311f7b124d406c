"""People's own settings."""

from django.db import transaction

from fenming.controls.operations import Actor, record
from fenming.modules.accounts.models import User


def change(user: User, *, language: str, time_zone: str, email: str, actor: Actor) -> None:
    """Language, time zone and e-mail of one's own account."""
    names = ("language", "time_zone", "email")
    before = {name: getattr(user, name) for name in names}
    after = {"language": language, "time_zone": time_zone, "email": email}
    if before == after:
        return
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(**after)
        record(actor, "accounts.change_settings", user.username, before=before, after=after)
