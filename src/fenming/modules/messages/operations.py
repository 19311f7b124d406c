"""Writes of messages: tell people, note what they did, set the ways out, and what others' modules call."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.messages.models import Channel, Delivery, Message, Preference
from fenming.modules.messages.sending import hours, mail, robots
from fenming.modules.messages.sending.robots import Outcome

CHUNK = 10_000
TIDIED_AT_ONCE = 2000
SUBJECTS_AT_ONCE = 5000
TOPIC = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
TOPIC_PATTERN = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?")


def notify(
    recipients: Iterable[int],
    *,
    topic: str,
    kind: str,
    title: Words,
    body: Words,
    url: str = "",
    due: date | None = None,
    subject_key: str = "",
    urgent: bool = False,
    actor: Actor = SYSTEM,
) -> int:
    """Tell accounts something; returns how many messages were made.

    An open to-do of the same topic and subject is not made twice for one person. A robot posts once per call, title and
    link only: the title must hold nothing that a whole group may not read. Urgent ones pass quiet hours and digests.
    """
    draft = _draft(topic, kind, title, body, url, due, subject_key, urgent)
    ids = sorted(set(recipients))
    made = 0
    with transaction.atomic():
        for start in range(0, len(ids), CHUNK):
            messages, users = _write(draft, ids[start : start + CHUNK])
            _send_out(draft, messages, users, with_robots=not made)
            made += len(messages)
        record(actor, "messages.notify", topic, after={"kind": kind, "subject": subject_key, "people": made})
    return made


def _draft(
    topic: str, kind: str, title: Words, body: Words, url: str, due: date | None, subject_key: str, urgent: bool
) -> dict[str, Any]:
    """What all copies have in common, or a refusal of what no message may be."""
    if not TOPIC.fullmatch(topic) or len(topic) > 60:
        raise refuse(f"主题“{topic}”应形如 people.import_done。", f"{topic!r} should look like people.import_done.")
    if url and not is_inside(url):
        raise refuse(f"“{url}”不是本站内的路径。", f"{url!r} is not a path inside this site.")
    titles = [_cut(mail.one_line(one), 200) for one in (title.zh, title.en)]
    if not all(titles):
        raise refuse("消息要有中英文标题。", "A message needs a title in both languages.")
    return {
        "kind": Message.Kind(kind),
        "topic": topic,
        "subject_key": subject_key[:120],
        "title_zh": titles[0],
        "title_en": titles[1],
        "body_zh": body.zh.replace("\0", ""),
        "body_en": body.en.replace("\0", ""),
        "url": url,
        "due": due,
        "urgent": urgent,
        "created_at": timezone.now(),
    }


def is_inside(url: str) -> bool:
    """Whether an address is a path of this site, whatever a browser makes of it."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, None) and url.isprintable() and len(url) <= 300


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _write(draft: dict[str, Any], ids: Sequence[int]) -> tuple[list[Message], dict[int, Any]]:
    """A copy for each account that exists and has no such to-do open."""
    users: dict[int, Any] = get_user_model()._default_manager.in_bulk(ids)
    keyed = draft["kind"] == Message.Kind.TODO and draft["subject_key"]
    if not keyed:
        return Message.objects.bulk_create(Message(recipient_id=one, **draft) for one in users), users
    same = Message.objects.filter(
        kind=Message.Kind.TODO, topic=draft["topic"], subject_key=draft["subject_key"], done_at=None
    )
    busy = set(same.filter(recipient__in=ids).values_list("recipient_id", flat=True))
    free = [one for one in users if one not in busy]
    Message.objects.bulk_create([Message(recipient_id=one, **draft) for one in free], ignore_conflicts=True)
    return list(same.filter(recipient__in=free)), users


def _send_out(draft: dict[str, Any], messages: Sequence[Message], users: dict[int, Any], *, with_robots: bool) -> None:
    """A delivery by e-mail for each person who wants one, and one by each robot that carries the topic."""
    if not messages:
        return
    now = draft["created_at"]
    found: list[Delivery] = []
    for way in _ways(draft["topic"]):
        if way.is_robot and with_robots:
            found.append(Delivery(message=messages[0], channel=way, not_before=now))
        elif not way.is_robot and mail.is_on():
            found += _letters(way, messages, users, now)
    Delivery.objects.bulk_create(found, ignore_conflicts=True)


def _ways(topic: str) -> list[Channel]:
    """The channels that are on and carry a topic; e-mail is there as soon as the site has a mail server."""
    ways = list(Channel.objects.all())
    if mail.is_on() and all(one.is_robot for one in ways):
        ways.append(Channel.objects.get_or_create(kind=Channel.Kind.EMAIL)[0])
    return [one for one in ways if one.enabled and one.carries(topic)]


def _letters(way: Channel, messages: Sequence[Message], users: dict[int, Any], now: datetime) -> Iterable[Delivery]:
    wishes = Preference.objects.in_bulk([one.recipient_id for one in messages])
    for message in messages:
        user = users[message.recipient_id]
        wish = wishes.get(message.recipient_id) or Preference(user_id=message.recipient_id)
        if user.is_active and getattr(user, "email", "") and wish.wants(message.kind):
            start = now if message.urgent else when(wish, zone_of(user), now)
            state = Delivery.State.HELD if start > now else Delivery.State.WAITING
            yield Delivery(message=message, channel=way, not_before=start, state=state)


def when(wish: Preference, zone: ZoneInfo, now: datetime) -> datetime:
    """The first moment at which a person wants to be written to."""
    moment = now
    if wish.digest != Preference.Digest.NONE:
        weekly = wish.digest == Preference.Digest.WEEKLY
        moment = hours.next_digest(now, zone, wish.digest_hour, weekly=weekly)
    return hours.after_quiet(moment, zone, wish.quiet_from, wish.quiet_to)


def zone_of(user: Any) -> ZoneInfo:
    """The person's time zone, or the company's where it is not known."""
    try:
        return ZoneInfo(getattr(user, "time_zone", "") or settings.TIME_ZONE)
    except (ValueError, OSError, KeyError):
        return ZoneInfo(settings.TIME_ZONE)


def complete(topic: str, subject_key: str, *, recipients: Collection[int] | None = None, actor: Actor = SYSTEM) -> int:
    """The thing is done, by whomever: its open to-dos close, for all or for some; returns how many."""
    with transaction.atomic():
        found = Message.objects.filter(kind=Message.Kind.TODO, topic=topic, subject_key=subject_key, done_at=None)
        if recipients is not None:
            found = found.filter(recipient__in=recipients)
        done = _close(found)
        if done:
            record(actor, "messages.complete", topic, after={"subject": subject_key, "people": done})
    return done


def complete_all(area: str, subject_keys: Iterable[str], *, actor: Actor = SYSTEM) -> int:
    """Whatever was to be done about these subjects is not any more: the open to-dos of an area ("cycles.") close."""
    keys = sorted(set(subject_keys))
    done = 0
    with transaction.atomic():
        open_todos = Message.objects.filter(kind=Message.Kind.TODO, topic__startswith=area, done_at=None)
        for start in range(0, len(keys), SUBJECTS_AT_ONCE):
            done += _close(open_todos.filter(subject_key__in=keys[start : start + SUBJECTS_AT_ONCE]))
        if done:
            record(actor, "messages.complete", area, after={"subjects": len(keys), "people": done})
    return done


def mark_done(user_id: int, message: int, *, actor: Actor) -> bool:
    """A person's own to-do is done. False where it is nobody's or somebody else's."""
    with transaction.atomic():
        own = Message.objects.filter(pk=message, recipient=user_id, kind=Message.Kind.TODO)
        found = own.first()
        if found is not None and _close(own.filter(done_at=None)):
            record(actor, "messages.mark_done", found, after={"subject": found.subject_key})
    return found is not None


def _close(todos: QuerySet[Message]) -> int:
    """What is done needs no letter any more, unless it is already in one."""
    now = timezone.now()
    Delivery.objects.filter(message__in=todos, state__in=Delivery.OPEN, letter=None).delete()
    todos.filter(read_at=None).update(read_at=now)
    return todos.update(done_at=now)


def tidy(now: datetime) -> dict[str, int]:
    """Delete what is long read, but for open to-dos and what is still on its way, and deliveries long made; the days
    are those of ``FENMING_KEEP``. What was told stays in the operation log."""
    messages, deliveries = (now - timedelta(days=settings.KEEP_DAYS[one]) for one in ("messages", "deliveries"))
    read = Message.objects.filter(read_at__isnull=False, created_at__lt=messages)
    read = read.exclude(kind=Message.Kind.TODO, done_at=None)
    under_way = Delivery.objects.filter(message=OuterRef("pk"), state__in=Delivery.OPEN)
    return {
        "deliveries": _delete(Delivery.objects.filter(state=Delivery.State.SENT, sent_at__lt=deliveries)),
        "messages": _delete(read.exclude(Exists(under_way))),
    }


def _delete(rows: QuerySet[Any]) -> int:
    """In short transactions, since on SQLite everybody waits for the writer."""
    count = 0
    while some := list(rows.order_by().values_list("pk", flat=True)[:TIDIED_AT_ONCE]):
        rows.model._base_manager.filter(pk__in=some).delete()
        count += len(some)
    return count


def mark_read(user_id: int, message: int | None = None) -> int:
    """One of a person's own messages, or all of them, is read."""
    found = Message.objects.filter(recipient=user_id, read_at=None)
    return (found if message is None else found.filter(pk=message)).update(read_at=timezone.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A person's preferences as they are to be."""

    email_todos: bool = True
    email_notices: bool = True
    quiet_from: time | None = None
    quiet_to: time | None = None
    digest: str = Preference.Digest.NONE
    digest_hour: int = 9
    language: str = ""

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def set_preference(user_id: int, wish: Wish, *, actor: Actor) -> None:
    """From now on; what has not left yet follows the new wish."""
    now = timezone.now()
    with transaction.atomic():
        before = Preference.objects.filter(pk=user_id).values(*wish.values()).first()
        made, _new = Preference.objects.update_or_create(user_id=user_id, defaults=wish.values())
        user = get_user_model()._default_manager.get(pk=user_id)
        here = Delivery.objects.filter(message__recipient=user_id, channel__kind=Channel.Kind.EMAIL, letter=None)
        here.filter(message__kind__in=[kind for kind in Message.Kind if not made.wants(kind)]).delete()
        here.filter(state=Delivery.State.HELD).update(not_before=when(made, zone_of(user), now))
        record(actor, "messages.set_preference", user_id, before=before, after=wish.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A channel as it is to be. An empty address or secret keeps the one before."""

    kind: str
    name: str
    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    topics: Sequence[str] = ()
    enabled: bool = True


def set_channel(way: Way, *, channel: int | None = None, actor: Actor) -> Channel:
    """Make or change a way out. Address and secret reach neither the log nor a page again."""
    wrong = [one for one in way.topics if not TOPIC_PATTERN.fullmatch(one)]
    if wrong:
        raise refuse(
            f"“{wrong[0]}”不是主题。请写 people.import_done 或 people.*。",
            f"{wrong[0]!r} is no topic. Write people.import_done or people.*",
        )
    with transaction.atomic():
        found = Channel.objects.select_for_update().get(pk=channel) if channel else Channel(kind=Channel.Kind(way.kind))
        before = _public(found) if channel else None
        new_address = bool(way.address) and way.address != found.address
        if found.is_robot:
            found.address = way.address or found.address
            robots.check_address(found.kind, found.address)
            # A secret belongs to its address: a new address without a secret has none.
            found.secret = way.secret or ("" if new_address else found.secret)
        found.name, found.topics, found.enabled = way.name, list(way.topics), way.enabled
        found.save()
        changed = {"new_address": new_address, "new_secret": bool(way.secret)}
        record(actor, "messages.set_channel", found, before=before, after=_public(found) | changed)
    return found


def switch_channel(channel: Channel, *, on: bool, actor: Actor) -> None:
    """What waits in a channel that is off stays there until it is on again."""
    with transaction.atomic():
        Channel.objects.filter(pk=channel.pk).update(enabled=on)
        record(actor, "messages.switch_channel", channel, after={"enabled": on})


def _public(channel: Channel) -> dict[str, Any]:
    return {name: getattr(channel, name) for name in ("kind", "name", "topics", "enabled")}


def try_channel(channel: Channel, *, to: str = "", language: str = "", actor: Actor) -> Outcome:
    """Send a message for trial now, and bring back what the other side says. E-mail goes to ``to``."""
    outcome = _try(channel, to, language or settings.LANGUAGE_CODE)
    record(actor, "messages.try_channel", channel, after={"sent": outcome.is_sent, "answer": outcome.error})
    return outcome


def _try(channel: Channel, to: str, language: str) -> Outcome:
    with override("zh-hans"):
        zh = _("A message for trial from Fenming")
    with override("en"):
        en = _("A message for trial from Fenming")
    message = Message(topic="messages.trial", kind=Message.Kind.NOTICE, title_zh=zh, title_en=en, url="/inbox/")
    if not channel.is_robot:
        out = mail.connection()
        try:
            return mail.try_send(out, mail.letter(0, [message], to=to, language=language))
        finally:
            mail.hang_up(out)
    return robots.send(channel.kind, robot_post(channel, message))


def robot_post(channel: Channel, message: Message) -> robots.Post:
    """Title and link of a message in the company's language: a group reads it."""
    language = settings.LANGUAGE_CODE
    with override(language):
        opens = _("Open in Fenming")
    return robots.post(
        channel.kind,
        channel.address,
        channel.secret,
        title=message.title.say(language),
        link=mail.absolute(message.url or "/inbox/"),
        opens=opens,
        now=timezone.now(),
    )


def send_files(
    user: Any, *, topic: str, title: Words, body: Words, url: str, files: Sequence[mail.Attached], number: int,
    at: datetime,
) -> Outcome:  # fmt: skip
    """Send somebody a letter with files now, and bring back what the mail server says.

    Nothing is kept of the files: whoever sends them makes them anew for another try. ``number`` and ``at`` are the same
    for every try, so that mail systems drop a repeat.
    """
    wish = Preference.objects.filter(pk=user.pk).first()
    language = (wish.language if wish else "") or getattr(user, "language", "") or settings.LANGUAGE_CODE
    if not mail.is_on() or not any(not one.is_robot for one in _ways(topic)):
        return Outcome(error="No e-mail channel carries this.", hopeless=True)
    if not getattr(user, "email", ""):
        return Outcome(error="This account has no e-mail address.", hopeless=True)
    draft = _draft(topic, Message.Kind.NOTICE, title, body, url, None, "", False)
    message = Message(recipient=user, **draft | {"created_at": at})
    out = mail.connection()
    try:
        return mail.try_send(out, mail.letter(number, [message], to=user.email, language=language, files=files))
    finally:
        mail.hang_up(out)


def retry(delivery: int, *, actor: Actor) -> bool:
    """Try one that was given up, with all that was in its letter, from the start. False where there is none."""
    with transaction.atomic():
        found = Delivery.objects.filter(pk=delivery, state__in=(Delivery.State.DEAD, Delivery.State.FAILED)).first()
        if found is not None:
            Delivery.objects.filter(letter=found.letter).update(
                state=Delivery.State.WAITING, tries=0, not_before=timezone.now()
            )
            record(actor, "messages.retry", f"delivery {found.pk}", before={"error": found.last_error})
    return found is not None
