"""Reads of messages. A person's own are found by the account; channels and deliveries are for administrators."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q

from fenming.modules.messages.models import Channel, Delivery, Message, Preference

PAGE = 20
OPEN_TODO = Q(kind=Message.Kind.TODO, done_at=None)
SHOWN = {
    "all": Q(),
    "todos": OPEN_TODO,
    "unread": Q(read_at=None),
    "done": Q(kind=Message.Kind.TODO, done_at__isnull=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What one person has to do, soonest first, and the other messages, newest first, a page at a time."""

    shown: str
    todos: Sequence[Message]
    page: Page[Message]
    open: int
    unread: int

    @property
    def is_empty(self) -> bool:
        return not self.todos and not self.page.object_list


def inbox(user_id: int, *, shown: str = "all", page: int = 1) -> Inbox:
    """The list of one account: all, open to-dos, unread, or done ones."""
    own = Message.objects.filter(recipient=user_id)
    todos = own.filter(OPEN_TODO).order_by(F("due").asc(nulls_last=True), "-urgent", "-id")
    shown = shown if shown in SHOWN else "all"
    if shown == "todos":
        pages, first = Paginator(todos, PAGE), Message.objects.none()
    else:
        pages = Paginator(own.filter(SHOWN[shown]).exclude(OPEN_TODO if shown == "all" else Q(pk=None)), PAGE)
        first = todos[:PAGE] if shown == "all" and page <= 1 else Message.objects.none()
    counts = own.aggregate(open=Count("pk", filter=OPEN_TODO), unread=Count("pk", filter=SHOWN["unread"]))
    return Inbox(shown=shown, todos=list(first), page=pages.get_page(page), **counts)


def news(user_id: int, size: int) -> list[Message]:
    """The open to-dos of an account and what it has not read, the soonest due first, then the newest."""
    found = Message.objects.filter(OPEN_TODO | SHOWN["unread"], recipient=user_id)
    return list(found.order_by(F("due").asc(nulls_last=True), "-id")[:size])


def open_todos(user_id: int) -> int:
    """How many to-dos an account has open."""
    return Message.objects.filter(OPEN_TODO, recipient=user_id).count()


def own_message(user_id: int, message: int) -> Message | None:
    """A message of this account's, and nobody else's."""
    return Message.objects.filter(pk=message, recipient=user_id).first()


def preference(user_id: int) -> Preference:
    """What an account wishes, or the defaults."""
    return Preference.objects.filter(pk=user_id).first() or Preference(user_id=user_id)


def channels() -> Sequence[Channel]:
    """All ways out, with how many deliveries wait in each and how many were given up."""
    return list(
        Channel.objects.annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state__in=Delivery.OPEN)),
            dead=Count("deliveries", filter=Q(deliveries__state=Delivery.State.DEAD)),
        ).defer("address", "secret")
    )


def channel(pk: int) -> Channel | None:
    return Channel.objects.filter(pk=pk).first()


def topics() -> Sequence[str]:
    """The topics that messages have had so far."""
    return list(Message.objects.order_by("topic").values_list("topic", flat=True).distinct())


def deliveries(*, state: str = "", channel: int | None = None, page: int = 1) -> Page[Delivery]:
    """For administrators: what became of each message, the newest first. The texts stay with their readers."""
    found = Delivery.objects.select_related("message__recipient", "channel").order_by("-id")
    if state in Delivery.State.values:
        found = found.filter(state=state)
    if channel:
        found = found.filter(channel=channel)
    found = found.defer("message__body_zh", "message__body_en", "channel__address", "channel__secret")
    return Paginator(found, PAGE * 2).get_page(page)


def counts() -> dict[str, int]:
    """How many deliveries are in each state."""
    found = dict(Delivery.objects.order_by().values_list("state").annotate(Count("pk")))
    return {state: found.get(state, 0) for state in Delivery.State.values}


def undelivered() -> int:
    """How many deliveries failed and are being tried again, or were given up."""
    return Delivery.objects.filter(state__in=(Delivery.State.FAILED, Delivery.State.DEAD)).count()
