"""The pages, as people of each kind open them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.library.text import Words
from fenming.modules.accounts.models import User
from fenming.modules.messages.models import Channel, Delivery, Message, Preference
from fenming.modules.messages.sending import outbox
from fenming.modules.messages.tests.conftest import tell
from fenming.modules.messages.tests.standins import SECRET, MailServer, Platform

People = dict[str, User]
SignIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}
PERSONAL = ("inbox", "inbox-settings")
ADMINISTRATION = ("channels", "channel-new", "deliveries")


def test_everybody_has_the_own_pages_and_only_administrators_the_channels(signed_in: SignIn) -> None:
    for name, answer in (("lin", 403), ("admin", 200)):
        client = signed_in(name)
        assert {client.get(reverse(page)).status_code for page in PERSONAL} == {200}
        assert {client.get(reverse(page)).status_code for page in ADMINISTRATION} == {answer}
    for page in PERSONAL + ADMINISTRATION:
        assert Client().get(reverse(page)).status_code == 302


def test_what_changes_something_is_posted_and_by_whom_it_may(signed_in: SignIn, people: People, robot: Any) -> None:
    channel = robot("wecom_robot")
    tell(people["lin"])
    message, delivery = Message.objects.get().pk, Delivery.objects.get().pk
    own = [reverse("inbox-read", args=[message]), reverse("inbox-done", args=[message]), reverse("inbox-read-all")]
    admin = [
        reverse("channel-try", args=[channel.pk]), reverse("channel-switch", args=[channel.pk]),
        reverse("delivery-retry", args=[delivery]),
    ]  # fmt: skip
    assert {signed_in("lin").get(one).status_code for one in own} == {405}
    assert {signed_in("admin").get(one).status_code for one in admin} == {405}
    assert {signed_in("lin").post(one).status_code for one in admin} == {403}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["lin"])
    assert {strict.post(one).status_code for one in own} == {403}


def test_somebody_elses_message_is_no_message(signed_in: SignIn, people: People) -> None:
    tell(people["lin"], kind="todo")
    message = Message.objects.get()
    for name in ("zhao", "admin"):
        client = signed_in(name)
        assert client.get(reverse("inbox-open", args=[message.pk])).status_code == 404
        assert {client.post(reverse(page, args=[message.pk])).status_code for page in ("inbox-read", "inbox-done")} == {
            404
        }
        assert b"The import is done" not in client.get(reverse("inbox")).content
    message.refresh_from_db()
    assert (message.read_at, message.done_at) == (None, None)


def test_to_dos_come_first_the_most_pressing_on_top(signed_in: SignIn, people: People) -> None:
    lin, today = people["lin"], timezone.localdate()
    for days, title in ((9, "Late"), (None, "Sometime"), (-1, "Overdue"), (0, "Today")):
        due = None if days is None else today + timedelta(days=days)
        tell(lin, kind="todo", title=Words.same(title), due=due)
    tell(lin, title=Words.same("News"))
    page = signed_in("lin").get(reverse("inbox")).content.decode()
    assert re.findall(r"<h3><a [^>]*>(\w+)<", page) == ["Overdue", "Today", "Late", "Sometime", "News"]
    assert page.count("Was due") == 1
    assert 'class="num">4</b>' in page  # beside the navigation


def test_done_and_read_answer_with_the_list_and_without_scripts_with_the_page(
    signed_in: SignIn, people: People
) -> None:
    lin, client = people["lin"], signed_in("lin")
    tell(lin, kind="todo", title=Words.same("First"))
    tell(lin, title=Words.same("Second"))
    second, first = Message.objects.all()
    answer = client.post(reverse("inbox-done", args=[first.pk]) + "?show=todos", headers=HTMX)
    assert b"Nothing left to do" in answer.content
    assert b"<html" not in answer.content
    answer = client.post(reverse("inbox-read", args=[second.pk]) + "?show=unread&page=2&x=//evil.example")
    assert answer["Location"] == "/inbox/?show=unread&page=2"
    answer = client.post(reverse("inbox-read-all"))
    assert answer["Location"] == "/inbox/"
    assert not Message.objects.filter(read_at=None).exists()
    done = Operation.objects.get(action="messages.mark_done")
    assert (done.actor_id, done.address) == (lin.pk, "127.0.0.1")
    assert b"First" in client.get(reverse("inbox") + "?show=done").content


def test_opening_reads_and_leads_only_inside(signed_in: SignIn, people: People) -> None:
    client = signed_in("lin")
    tell(people["lin"], url="/me/?period=2026-10#lines")
    message = Message.objects.get()
    assert client.get(reverse("inbox-open", args=[message.pk]))["Location"] == "/me/?period=2026-10#lines"
    message.refresh_from_db()
    assert message.read_at is not None
    for url in ("https://evil.example", "//evil.example", "/\\evil.example", ""):
        Message.objects.update(url=url)  # as if it had come past the operation
        assert client.get(reverse("inbox-open", args=[message.pk]))["Location"] == "/inbox/"


def test_titles_and_texts_are_shown_as_text(signed_in: SignIn, people: People) -> None:
    hostile = Words.same("<img src=x onerror=alert(1)>\"'{{ 7 }}")
    tell(people["lin"], title=hostile, body=hostile, kind="todo")
    page = signed_in("lin").get(reverse("inbox")).content.decode()
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x") >= 2
    assert "{{ 7 }}" in page


def test_the_list_speaks_both_languages(signed_in: SignIn, people: People) -> None:
    tell(people["lin"])
    client = signed_in("lin")
    assert "导入完成" in client.get(reverse("inbox"), headers={"accept-language": "zh-hans"}).content.decode()
    assert "The import is done" in client.get(reverse("inbox")).content.decode()


@pytest.mark.parametrize(
    "query", ["show=x", "show=%00", "page=99999", "page=-1", "page=x", "page=", "show=done&page=7"]
)
def test_odd_questions_get_a_page(query: str, signed_in: SignIn, people: People) -> None:
    tell(people["lin"])
    assert signed_in("lin").get(reverse("inbox") + f"?{query}").status_code == 200
    assert signed_in("admin").get(reverse("deliveries") + f"?state=x&channel=99999999999&{query}").status_code == 200


@pytest.mark.parametrize("name", ["inbox-open", "inbox-read", "inbox-done"])
def test_an_absent_message_is_not_found(name: str, signed_in: SignIn) -> None:
    client = signed_in("lin")
    for number in ("0", "999999", "9" * 18):
        address = reverse(name, args=[number])
        answer = client.get(address) if name == "inbox-open" else client.post(address)
        assert answer.status_code == 404


def test_pages_take_few_queries(
    signed_in: SignIn, people: People, robot: Any, post_office: MailServer, django_assert_max_num_queries: Any
) -> None:
    robot("wecom_robot")
    robot("feishu_robot")
    for number in range(45):
        tell(*people.values(), kind="todo" if number % 2 else "notice", subject_key=str(number))
    for name in ("lin", "admin"):
        client = signed_in(name)
        for page in PERSONAL + (ADMINISTRATION if name == "admin" else ()):
            with django_assert_max_num_queries(15):
                assert client.get(reverse(page)).status_code == 200


def test_no_page_needs_an_unsafe_policy(signed_in: SignIn, people: People, robot: Any) -> None:
    robot("wecom_robot")
    tell(*people.values(), kind="todo")
    for page in PERSONAL + ADMINISTRATION:
        answer = signed_in("admin").get(reverse(page))
        assert "'unsafe" not in answer["Content-Security-Policy"]
        assert b"style=" not in answer.content
        assert b"<c-" not in answer.content


def test_wishes_are_kept_and_refused_with_what_was_typed(signed_in: SignIn, people: People) -> None:
    client, address = signed_in("lin"), reverse("inbox-settings")
    given = {"email_todos": "on", "quiet_from": "22:30", "digest": "daily", "digest_hour": "8", "language": "en"}
    answer = client.post(address, given)
    assert answer.status_code == 200
    assert b"Give both times" in answer.content
    assert b'value="22:30"' in answer.content
    assert client.post(address, given | {"quiet_to": "07:00"})["Location"] == address
    kept = Preference.objects.get(pk=people["lin"].pk)
    assert (kept.email_todos, kept.email_notices, kept.digest_hour, f"{kept.quiet_to:%H:%M}") == (
        True,
        False,
        8,
        "07:00",
    )
    assert b'value="07:00"' in client.get(address).content
    for wrong in ({"digest": "hourly"}, {"digest_hour": "25"}, {"quiet_from": "25:61"}, {"language": "xx\0"}):
        assert client.post(address, given | {"quiet_to": "07:00"} | wrong).status_code == 200
    assert Operation.objects.filter(action="messages.set_preference").count() == 1


def test_the_settings_say_where_letters_go_and_when_there_are_none(
    signed_in: SignIn, people: People, settings: Any
) -> None:
    settings.MAIL = {}
    assert b"No letters are sent yet" in signed_in("lin").get(reverse("inbox-settings")).content
    assert b"E-mail is off" in signed_in("admin").get(reverse("channels")).content
    settings.MAIL = {"EMAIL_HOST": "x"}
    assert b"lin@example.com" in signed_in("lin").get(reverse("inbox-settings")).content
    User.objects.update(email="")
    assert b"no e-mail address" in signed_in("lin").get(reverse("inbox-settings")).content


def test_a_robot_is_added_tried_switched_off_and_its_secrets_never_shown(
    signed_in: SignIn, people: People, robots_platform: Platform
) -> None:
    client = signed_in("admin")
    given = {
        "kind": "dingtalk_robot", "name": "Notice board", "address": robots_platform.address("dingtalk_robot"),
        "secret": SECRET, "topics": "people.*\ncycles.closed",
    }  # fmt: skip
    assert client.post(reverse("channel-new"), given)["Location"] == reverse("channels")
    channel = Channel.objects.get()
    assert channel.topics == ["people.*", "cycles.closed"]
    pages = [client.get(reverse("channel", args=[channel.pk])), client.get(reverse("channels"))]
    assert not [page for page in pages if SECRET in page.content.decode() or b"access_token" in page.content]
    answer = client.post(reverse("channel-try", args=[channel.pk]), follow=True)
    assert b"took the message" in answer.content
    assert len(robots_platform.taken) == 1
    robots_platform.answer = {"errcode": 310000, "errmsg": "<b>keywords not in content</b>"}
    answer = client.post(reverse("channel-try", args=[channel.pk]), follow=True)
    assert b"&lt;b&gt;keywords not in content" in answer.content
    client.post(reverse("channel-switch", args=[channel.pk]), {"on": "0"})
    client.post(reverse("channel", args=[channel.pk]), {"name": "Board", "topics": "", "address": "", "secret": ""})
    channel.refresh_from_db()
    assert (channel.enabled, channel.name, channel.topics, channel.secret) == (False, "Board", [], SECRET)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"address": "https://evil.example/robot/send?access_token=1"}, b"This is not the address of such a robot"),
        ({"address": ""}, b"This is not the address of such a robot"),
        ({"topics": "DROP TABLE"}, b"is no topic"),
        ({"kind": "email"}, b"Select a valid choice"),
        ({"kind": "x"}, b"Select a valid choice"),
        ({"name": ""}, b"This field is required"),
        ({"name": "x\0y"}, b"Null characters"),
    ],
)
def test_a_robot_that_cannot_be_is_refused_in_words(given: dict[str, str], said: bytes, signed_in: SignIn) -> None:
    fine = {"kind": "dingtalk_robot", "name": "Board", "address": "https://oapi.dingtalk.com/robot/send?access_token=1"}
    answer = signed_in("admin").post(reverse("channel-new"), fine | given)
    assert answer.status_code == 200
    assert said in answer.content
    assert Channel.objects.count() == 0


def test_a_robot_typed_wrong_twice_never_shows_its_address_again(signed_in: SignIn) -> None:
    given = {"kind": "dingtalk_robot", "name": "", "address": "https://oapi.dingtalk.com/robot/send?access_token=hush"}
    answer = signed_in("admin").post(reverse("channel-new"), given | {"secret": "SEChush"})
    assert b"hush" not in answer.content


def test_absent_channels_and_deliveries_are_not_found(signed_in: SignIn) -> None:
    client = signed_in("admin")
    assert client.get(reverse("channel", args=[99])).status_code == 404
    for page in ("channel-try", "channel-switch", "delivery-retry"):
        assert client.post(reverse(page, args=[99])).status_code == 404


def test_what_was_given_up_is_seen_and_tried_again(
    signed_in: SignIn, people: People, robot: Any, robots_platform: Platform
) -> None:
    robot("feishu_robot")
    tell(people["lin"], title=Words.same("Only for readers"))
    robots_platform.answer = {"code": 19021, "msg": "sign match fail"}
    outbox.send_due()
    client = signed_in("admin")
    page = client.get(reverse("deliveries") + "?state=dead")
    assert b"sign match fail" in page.content
    assert b"Only for readers" not in page.content
    robots_platform.answer = None
    delivery = Delivery.objects.get()
    answer = client.post(reverse("delivery-retry", args=[delivery.pk]), {"state": "dead"})
    assert answer["Location"] == "/messages/channels/deliveries/?state=dead"
    outbox.send_due()
    assert b"sign match fail" not in client.get(reverse("deliveries")).content
    assert client.post(reverse("delivery-retry", args=[delivery.pk])).status_code == 404


def test_the_mail_server_is_tried_with_a_letter_to_oneself(
    signed_in: SignIn, people: People, post_office: MailServer
) -> None:
    channel = Channel.objects.create(kind=Channel.Kind.EMAIL)
    client = signed_in("admin")
    assert b"took the message" in client.post(reverse("channel-try", args=[channel.pk]), follow=True).content
    assert [to for to, _ in post_office.letters] == ["admin@example.com"]
    assert client.get(reverse("channel", args=[channel.pk])).status_code == 200
    assert (
        client.post(reverse("channel", args=[channel.pk]), {"name": "E-mail", "topics": "people.*"}).status_code == 302
    )
    User.objects.update(email="")
    assert (
        b"your account an e-mail address" in client.post(reverse("channel-try", args=[channel.pk]), follow=True).content
    )
