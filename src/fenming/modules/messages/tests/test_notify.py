"""What is told to whom, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.controls.operations import Actor
from fenming.library.text import Refusal, Words
from fenming.modules.accounts.models import User
from fenming.modules.messages import queries
from fenming.modules.messages.jobs import tidy_messages
from fenming.modules.messages.models import Channel, Delivery, Message
from fenming.modules.messages.operations import complete, mark_done, mark_read, notify
from fenming.modules.messages.tests.conftest import BODY, TITLE, tell
from fenming.modules.messages.tests.standins import MailServer

People = dict[str, User]


def test_each_recipient_has_one_copy_whatever_the_list(people: People) -> None:
    lin, zhao = people["lin"], people["zhao"]
    assert notify([lin.pk, zhao.pk, lin.pk, 999_999], topic="a.b", kind="notice", title=TITLE, body=BODY) == 2
    assert [one.title_zh for one in queries.inbox(lin.pk).page] == ["导入完成"]
    entry = Operation.objects.get(action="messages.notify")
    assert (entry.object, entry.after) == ("a.b", {"kind": "notice", "subject": "", "people": 2})


def test_a_to_do_of_a_subject_is_made_once_while_it_is_open(people: People) -> None:
    lin, zhao = people["lin"], people["zhao"]
    more = {"kind": "todo", "topic": "cycles.confirm", "subject_key": "2026-10"}
    assert tell(lin, **more) == 1
    assert tell(lin, zhao, **more) == 1
    assert tell(lin, **more | {"subject_key": "2026-11"}) == 1
    assert (queries.open_todos(lin.pk), queries.open_todos(zhao.pk)) == (2, 1)
    assert mark_done(lin.pk, queries.inbox(lin.pk).todos[-1].pk, actor=Actor(user=lin.pk, name="lin"))
    assert tell(lin, **more) == 1


def test_without_a_subject_every_to_do_is_one(people: People) -> None:
    assert [tell(people["lin"], kind="todo") for _ in range(2)] == [1, 1]
    assert queries.open_todos(people["lin"].pk) == 2


def test_the_module_that_made_a_to_do_completes_it_for_all_or_for_some(people: People) -> None:
    todo = {"kind": "todo", "topic": "cycles.confirm", "subject_key": "2026-10"}
    tell(*people.values(), **todo)
    tell(people["lin"], **todo | {"subject_key": "2026-11"})
    assert complete("cycles.confirm", "2026-10", recipients=[people["zhao"].pk]) == 1
    assert complete("cycles.confirm", "2026-10") == 4
    assert complete("cycles.confirm", "2026-10") == 0
    assert Operation.objects.filter(action="messages.complete").count() == 2
    assert {name for name, one in people.items() if queries.open_todos(one.pk)} == {"lin"}


def test_what_is_done_before_it_was_sent_is_not_sent(people: People, post_office: MailServer) -> None:
    tell(people["lin"], kind="todo", topic="cycles.confirm", subject_key="1")
    assert Delivery.objects.count() == 1
    complete("cycles.confirm", "1")
    assert Delivery.objects.count() == 0


def test_nobody_touches_what_is_somebody_elses(people: People) -> None:
    lin, zhao = people["lin"], people["zhao"]
    tell(lin, kind="todo")
    message = Message.objects.get()
    assert not mark_done(zhao.pk, message.pk, actor=Actor(user=zhao.pk))
    assert mark_read(zhao.pk, message.pk) == 0
    assert mark_read(zhao.pk) == 0
    assert queries.own_message(zhao.pk, message.pk) is None
    message.refresh_from_db()
    assert (message.done_at, message.read_at) == (None, None)


def test_done_is_logged_once_and_reading_never(people: People) -> None:
    lin = people["lin"]
    tell(lin, kind="todo")
    message = Message.objects.get()
    actor = Actor(user=lin.pk, name="lin")
    assert mark_read(lin.pk) == 1
    assert [mark_done(lin.pk, message.pk, actor=actor) for _ in range(2)] == [True, True]
    logged = Operation.objects.filter(action__startswith="messages.").order_by("id")
    assert [one.action for one in logged] == ["messages.notify", "messages.mark_done"]


def test_a_notice_cannot_be_done(people: People) -> None:
    tell(people["lin"])
    assert not mark_done(people["lin"].pk, Message.objects.get().pk, actor=Actor(user=people["lin"].pk))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/a\r\nLocation: x", "people/", "///evil.example", "/" + "a" * 300, "/%\x00",
    ],
)  # fmt: skip
def test_only_paths_of_this_site_are_links(url: str, people: People) -> None:
    with pytest.raises(Refusal):
        tell(people["lin"], url=url)
    assert Message.objects.count() == 0


@pytest.mark.parametrize("topic", ["", "People", "people done", "people.", "a" * 61, "people;drop"])
def test_a_topic_has_its_form(topic: str, people: People) -> None:
    with pytest.raises(Refusal):
        tell(people["lin"], topic=topic)


def test_titles_are_one_line_and_needed_in_both_languages(people: People) -> None:
    with pytest.raises(Refusal):
        tell(people["lin"], title=Words(zh="好", en=" \n"))
    tell(people["lin"], title=Words(zh="好\0\r\nBcc: x@example.com", en="x" * 300), body=Words(zh="\0", en=""))
    message = Message.objects.get()
    assert message.title_zh == "好 Bcc: x@example.com"
    assert len(message.title_en) == 200


@pytest.mark.parametrize("kind", ["notice", "todo"])
def test_telling_thousands_takes_as_many_queries_as_telling_ten(
    kind: str, people: People, post_office: MailServer, robot: Any, django_assert_max_num_queries: Any
) -> None:
    robot(Channel.Kind.WECOM)
    User.objects.bulk_create([User(username=f"n{number}", email="n@example.com") for number in range(3000)])
    everybody = list(User.objects.values_list("pk", flat=True))
    counts = []
    for number, some in enumerate((everybody[:10], everybody)):
        with django_assert_max_num_queries(30) as asked:
            made = notify(some, topic="people.all", kind=kind, title=TITLE, body=BODY, subject_key=f"{number}")
        assert made == len(some)
        counts.append(len(asked))
    batches = 6  # 3,000 rows of 14 values, at most 32,000 values a statement, on SQLite
    assert counts[1] - counts[0] <= batches
    assert Delivery.objects.filter(channel__kind="email").count() == len(everybody) + 10
    assert Delivery.objects.filter(channel__kind="wecom_robot").count() == 2


def test_a_list_of_messages_takes_few_queries(people: People, django_assert_max_num_queries: Any) -> None:
    lin = people["lin"]
    for number in range(30):
        tell(lin, kind="todo" if number % 2 else "notice", subject_key=str(number))
    with django_assert_max_num_queries(4):
        found = queries.inbox(lin.pk)
        assert (len(found.todos), len(found.page), found.open, found.unread) == (15, 15, 15, 30)
    with django_assert_max_num_queries(1):
        assert queries.open_todos(lin.pk) == 15


def test_what_is_long_read_is_tidied_and_the_log_stays(people: People, post_office: MailServer) -> None:
    now, lin = timezone.now(), people["lin"]

    def old(days: int, **more: Any) -> Message:
        given = {"kind": "notice", "read_at": now, "title_zh": "题", "title_en": "t"} | more
        return Message.objects.create(recipient=lin, topic="a.b", created_at=now - timedelta(days=days), **given)

    gone = [old(366), old(366, kind="todo", done_at=now)]
    kept = [old(364), old(400, read_at=None), old(400, kind="todo", done_at=None), old(400)]
    way = Channel.objects.create(kind="email")
    Delivery.objects.create(message=kept[3], channel=way, state="failed", not_before=now)
    Delivery.objects.create(message=gone[0], channel=way, state="dead", not_before=now)
    for message, days in ((kept[0], 91), (kept[1], 89)):
        sent = now - timedelta(days=days)
        Delivery.objects.create(message=message, channel=way, state="sent", not_before=sent, sent_at=sent)
    entries = Operation.objects.count()
    assert tidy_messages.now() == {"deliveries": 1, "messages": 2}
    assert set(Message.objects.values_list("pk", flat=True)) == {one.pk for one in kept}
    assert set(Delivery.objects.values_list("message", flat=True)) == {kept[1].pk, kept[3].pk}
    assert Operation.objects.count() == entries
    assert tidy_messages.now() == {"deliveries": 0, "messages": 0}
