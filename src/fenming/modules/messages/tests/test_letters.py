"""E-mail through a real SMTP conversation."""

import re
import smtplib
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from fenming.controls.operations import SYSTEM
from fenming.library.text import Words
from fenming.modules.accounts.models import User
from fenming.modules.messages import jobs
from fenming.modules.messages.models import Channel, Delivery, Preference
from fenming.modules.messages.operations import Wish, retry, set_preference, try_channel
from fenming.modules.messages.sending import mail, outbox
from fenming.modules.messages.tests.conftest import tell
from fenming.modules.messages.tests.standins import MailServer

People = dict[str, User]
State = Delivery.State
NIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the time that the module reads."""

    def to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return to


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def test_a_letter_is_text_and_html_in_the_persons_language(people: People, post_office: MailServer) -> None:
    set_preference(people["lin"].pk, Wish(language="en"), actor=SYSTEM)
    tell(people["lin"], people["zhao"], kind="todo", due=date(2026, 12, 1))
    outbox.send_due()
    (to, english), (other, chinese) = sorted(post_office.letters, key=lambda one: one[0])
    assert (to, other) == ("lin@example.com", "zhao@example.com")
    assert (english["Subject"], chinese["Subject"]) == ("The import is done", "导入完成")
    assert english["From"] == "pay@fenming.example"
    assert english["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in english.iter_parts())  # type: ignore[attr-defined]
    assert "120 rows in all." in text
    assert "Due 2026-12-01" in text
    assert "https://pay.example.com/people/" in text
    assert 'href="https://pay.example.com/people/"' in html
    assert states() == [State.SENT, State.SENT]
    assert post_office.greetings == 1  # one connection for all


def test_titles_and_texts_are_text_and_never_markup(people: People, post_office: MailServer) -> None:
    hostile = Words.same('<script>alert(1)</script> & "x"')
    tell(people["lin"], title=hostile, body=hostile)
    outbox.send_due()
    ((_, letter),) = post_office.letters
    text, html = (part.get_content() for part in letter.iter_parts())  # type: ignore[attr-defined]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert '<script>alert(1)</script> & "x"' in text
    assert letter["Subject"] == '<script>alert(1)</script> & "x"'


def test_nothing_gets_into_the_headers(people: People, post_office: MailServer) -> None:
    tell(people["lin"], title=Words.same("Hello\r\nBcc: boss@example.com\r\n\r\nbody"))
    outbox.send_due()
    ((_, letter),) = post_office.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Hello Bcc: boss@example.com body"


def test_the_message_id_is_the_letters_own_and_the_same_when_it_is_tried_again(
    people: People, post_office: MailServer, clock: Any
) -> None:
    tell(people["lin"], people["zhao"])
    post_office.hangs_up_after_data = True  # taken, but nobody says so
    outbox.send_due()
    assert states() == [State.FAILED, State.FAILED]
    post_office.hangs_up_after_data = False
    clock(timezone.now() + outbox.FIRST_PAUSE)
    outbox.send_due()
    assert states() == [State.SENT, State.SENT]
    ids: dict[str, set[str]] = {}
    for to, letter in post_office.letters:
        ids.setdefault(to, set()).add(letter["Message-ID"])
    assert [to for to, _ in post_office.letters].count("lin@example.com") == 2
    assert all(len(one) == 1 for one in ids.values())
    assert ids["lin@example.com"] != ids["zhao@example.com"]
    assert all(re.fullmatch(r"<[0-9a-f]{40}@fenming\.example>", *one) for one in ids.values())


def test_a_worker_killed_between_sending_and_noting_loses_nothing(
    people: People, post_office: MailServer, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit("killed")

    tell(people["lin"])
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_note", killed)
        with pytest.raises(SystemExit):
            outbox.send_due()
    assert Delivery.objects.get().last_error == outbox.LOST
    assert outbox.send_due() == 0  # another worker does not send it at once
    clock(timezone.now() + outbox.FIRST_PAUSE)
    assert outbox.send_due() == 1
    assert states() == [State.SENT]
    assert len({letter["Message-ID"] for _, letter in post_office.letters}) == 1


def test_what_two_workers_find_due_goes_once(people: People, post_office: MailServer) -> None:
    tell(*people.values())
    channel = Channel.objects.get()
    now = timezone.now()
    outbox.seal(channel, now)
    assert [len(outbox.take(channel, now)) for _ in range(2)] == [5, 0]


def test_at_night_letters_wait_and_the_urgent_one_goes(people: People, post_office: MailServer, clock: Any) -> None:
    lin = people["lin"]
    set_preference(lin.pk, Wish(quiet_from=time(22), quiet_to=time(8), language="en"), actor=SYSTEM)
    clock(NIGHT)
    tell(lin, title=Words.same("One"))
    tell(lin, title=Words.same("Two"))
    tell(lin, title=Words.same("Now"), kind="todo", urgent=True)
    outbox.send_due()
    assert [letter["Subject"] for _, letter in post_office.letters] == ["Now"]
    assert states() == [State.HELD, State.HELD, State.SENT]
    clock(NIGHT + timedelta(hours=8, minutes=29))
    outbox.send_due()
    assert len(post_office.letters) == 1
    clock(NIGHT + timedelta(hours=8, minutes=30))
    outbox.send_due()
    letter = post_office.letters[-1][1]
    assert letter["Subject"] == "One and one more"
    text = letter.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert text.index("One") < text.index("Two")
    assert states() == [State.SENT] * 3
    outbox.send_due()
    assert len(post_office.letters) == 2


def test_a_digest_is_one_letter_of_the_whole_day(people: People, post_office: MailServer, clock: Any) -> None:
    lin, zhao = people["lin"], people["zhao"]
    set_preference(lin.pk, Wish(digest=Preference.Digest.DAILY, digest_hour=9, language="en"), actor=SYSTEM)
    clock(NIGHT)
    for number in range(3):
        tell(lin, zhao, title=Words.same(f"Number {number}"))
    outbox.send_due()
    assert {to for to, _ in post_office.letters} == {"zhao@example.com"}
    clock(NIGHT + timedelta(hours=9, minutes=30))
    outbox.send_due()
    mine = [letter for to, letter in post_office.letters if to == "lin@example.com"]
    assert [one["Subject"] for one in mine] == ["Number 0 and 2 more"]
    assert set(states()) == {State.SENT}


def test_who_changes_wishes_gets_what_was_held_back(people: People, post_office: MailServer, clock: Any) -> None:
    lin = people["lin"]
    set_preference(lin.pk, Wish(digest=Preference.Digest.WEEKLY), actor=SYSTEM)
    clock(NIGHT)
    tell(lin)
    set_preference(lin.pk, Wish(), actor=SYSTEM)
    outbox.send_due()
    assert len(post_office.letters) == 1


def test_who_wants_no_letters_and_who_has_left_gets_none(people: People, post_office: MailServer) -> None:
    set_preference(people["lin"].pk, Wish(email_notices=False), actor=SYSTEM)
    User.objects.filter(pk=people["zhao"].pk).update(is_active=False)
    tell(people["lin"], people["zhao"])
    tell(people["lin"], kind="todo")
    assert Delivery.objects.count() == 1


def test_who_leaves_while_a_letter_waits_gets_none(people: People, post_office: MailServer) -> None:
    tell(people["lin"])
    User.objects.filter(pk=people["lin"].pk).update(is_active=False)
    outbox.send_due()
    assert (states(), post_office.letters) == ([State.DEAD], [])


def test_without_a_mail_server_there_are_no_letters(people: People, settings: Any) -> None:
    settings.MAIL = {}
    tell(people["lin"])
    assert Delivery.objects.count() == 0
    assert outbox.send_due() == 0


@pytest.mark.parametrize(
    ("answer", "state"), [("550 5.1.1 no such user", State.DEAD), ("450 4.2.1 mailbox busy", State.FAILED)]
)
def test_a_refused_recipient_harms_no_other(answer: str, state: str, people: People, post_office: MailServer) -> None:
    post_office.refused["lin@example.com"] = answer
    tell(people["lin"], people["zhao"])
    outbox.send_due()
    assert states() == [state, State.SENT]
    assert answer[4:] in Delivery.objects.get(state=state).last_error


def test_a_wrong_password_kills_no_letter_and_is_tried_once_a_batch(
    people: People, post_office: MailServer, settings: Any
) -> None:
    post_office.password = ("pay", "right")
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "pay", "wrong"
    tell(*people.values())
    outbox.send_due()
    assert states() == [State.FAILED] * 5
    assert post_office.greetings == 1
    assert "535" in Delivery.objects.first().last_error  # type: ignore[union-attr]


def test_a_server_that_is_away_is_tried_again_and_given_up_in_the_end(
    people: People, post_office: MailServer, settings: Any, clock: Any
) -> None:
    settings.EMAIL_PORT = 1
    tell(people["lin"])
    now = timezone.now()
    pauses = []
    for number in range(outbox.TRIES):
        clock(now)
        assert outbox.send_due() == 1
        found = Delivery.objects.get()
        assert found.state == (State.FAILED if number < outbox.TRIES - 1 else State.DEAD)
        pauses.append(found.not_before - now)
        now = found.not_before
    assert pauses == [outbox.FIRST_PAUSE * 2**number for number in range(outbox.TRIES)]
    clock(now)
    assert outbox.send_due() == 0
    settings.EMAIL_PORT = post_office.port
    assert retry(found.pk, actor=SYSTEM)
    assert outbox.send_due() == 1
    assert states() == [State.SENT]


def test_the_job_of_every_minute_sends_what_is_due(people: People, post_office: MailServer) -> None:
    tell(people["lin"])
    assert jobs.send_due.every == timedelta(minutes=1)
    assert jobs.send_due.now() == {"letters": 1}
    assert len(post_office.letters) == 1


def test_a_fault_in_one_letter_holds_up_no_other(
    people: People, post_office: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = mail.letter

    def faulty(number: int, messages: Any, *, to: str, language: str) -> Any:
        if to == "lin@example.com":
            raise KeyError("no such template")
        return written(number, messages, to=to, language=language)

    monkeypatch.setattr(mail, "letter", faulty)
    tell(people["lin"], people["zhao"])
    outbox.send_due()
    assert states() == [State.FAILED, State.SENT]
    assert "no such template" in Delivery.objects.get(state=State.FAILED).last_error


def test_who_wants_no_more_letters_gets_none_of_those_that_wait(
    people: People, post_office: MailServer, robot: Any
) -> None:
    robot("wecom_robot")
    set_preference(people["lin"].pk, Wish(digest=Preference.Digest.DAILY), actor=SYSTEM)
    tell(people["lin"])
    tell(people["lin"], kind="todo")
    set_preference(people["lin"].pk, Wish(email_notices=False), actor=SYSTEM)
    left = Delivery.objects.values_list("message__kind", "channel__kind")
    assert sorted(left) == [("notice", "wecom_robot"), ("todo", "email"), ("todo", "wecom_robot")]


def test_more_letters_than_a_batch_all_go(people: People, post_office: MailServer) -> None:
    User.objects.bulk_create([User(username=f"n{number}", email="n@example.com") for number in range(50)])
    tell(*User.objects.all())
    assert outbox.send_due() == 55
    assert len(post_office.letters) == 55


def test_the_mail_server_can_be_tried(people: People, post_office: MailServer) -> None:
    channel = Channel.objects.create(kind=Channel.Kind.EMAIL)
    assert try_channel(channel, to="lin@example.com", language="en", actor=SYSTEM).is_sent
    post_office.refused["lin@example.com"] = "550 no such user"
    assert "no such user" in try_channel(channel, to="lin@example.com", actor=SYSTEM).error
    assert len(post_office.letters) == 1


def test_the_stand_in_is_a_mail_server(post_office: MailServer) -> None:
    with smtplib.SMTP("127.0.0.1", post_office.port) as out:
        out.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\n..dots\r\n")
    assert post_office.letters[0][1].get_content().strip() == "..dots"  # type: ignore[attr-defined]
