"""Telling people what happened to their accounts."""

from collections.abc import Iterable, Sequence

from django.urls import reverse

from fenming.controls.operations import SYSTEM, Actor
from fenming.library.text import Words
from fenming.modules.messages.operations import notify


def tell(
    users: Iterable[int], topic: str, *, title: Words, body: Words, url: Sequence[object] = (), actor: Actor = SYSTEM
) -> None:
    """A notice to accounts, with the page (a route's name and arguments) where they find more."""
    page = reverse(str(url[0]), args=url[1:]) if url else ""
    notify(users, topic=f"accounts.{topic}", kind="notice", title=title, body=body, url=page, urgent=True, actor=actor)
