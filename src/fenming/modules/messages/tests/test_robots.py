"""Robots against a stand-in that checks what the platforms check."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from fenming.controls.models import Operation
from fenming.controls.operations import SYSTEM
from fenming.library.text import Refusal, Words
from fenming.modules.accounts.models import User
from fenming.modules.messages.models import Channel, Delivery
from fenming.modules.messages.operations import Way, retry, set_channel, switch_channel, try_channel
from fenming.modules.messages.sending import outbox, robots
from fenming.modules.messages.tests.conftest import tell
from fenming.modules.messages.tests.standins import SECRET, Platform, platform

People = dict[str, User]
State = Delivery.State
KINDS = ["wecom_robot", "dingtalk_robot", "feishu_robot"]
MOMENT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


@EVERY_KIND
def test_a_robot_posts_once_for_many_people_and_only_title_and_link(
    kind: str, people: People, robot: Any, robots_platform: Platform
) -> None:
    robot(kind)
    tell(*people.values(), body=Words.same("Lin earns 12,345.67"))
    assert outbox.send_due() == 1
    (taken,) = robots_platform.taken
    text = json.dumps(taken, ensure_ascii=False)
    assert "导入完成" in text
    assert "https://pay.example.com/people/" in text
    assert "12,345" not in text
    assert Delivery.objects.get().state == State.SENT
    assert outbox.send_due() == 0


@EVERY_KIND
def test_a_robot_carries_only_the_topics_it_was_given(kind: str, people: People, robot: Any) -> None:
    robot(kind, topics=("people.import_done", "cycles.*"))
    robot(kind, topics=())
    for topic in ("people.import_done", "people.import_failed", "cycles.closed", "cycles"):
        tell(people["lin"], topic=topic)
    sent = Delivery.objects.order_by("id").values_list("message__topic", flat=True)
    assert list(sent) == ["people.import_done", "cycles.closed"]


@EVERY_KIND
def test_a_wrong_signature_or_key_is_given_up_with_the_platforms_words(
    kind: str, people: People, robot: Any, robots_platform: Platform
) -> None:
    channel = robot(kind)
    if kind == "wecom_robot":
        way = Way(
            kind=kind,
            name=kind,
            address=robots_platform.origin + "/cgi-bin/webhook/send?key=wrong",
            topics=("people.*",),
        )
    else:
        way = Way(kind=kind, name=kind, secret="wrong", topics=("people.*",))
    set_channel(way, channel=channel.pk, actor=SYSTEM)
    tell(people["lin"])
    outbox.send_due()
    found = Delivery.objects.get()
    assert found.state == State.DEAD
    assert any(word in found.last_error for word in ("invalid webhook url", "sign not match", "sign match fail"))


@pytest.mark.parametrize("kind", ["dingtalk_robot", "feishu_robot"])
def test_a_clock_that_is_wrong_is_said_by_the_platform(
    kind: str, people: People, robot: Any, robots_platform: Platform
) -> None:
    channel = robot(kind)
    robots_platform.clock = (timezone.now() + timedelta(hours=2)).timestamp()
    answer = try_channel(channel, actor=SYSTEM)
    assert (answer.is_sent, "timestamp" in answer.error) == (False, True)


@EVERY_KIND
@pytest.mark.parametrize(
    ("status", "answer", "state"),
    [
        (500, b"<html>oops</html>", State.FAILED),
        (429, {"code": 11232, "msg": "frequency limited"}, State.FAILED),
        (200, {"errcode": 45009, "errmsg": "api freq out of limit"}, State.FAILED),
        (200, {"errcode": 130101, "errmsg": "send too fast"}, State.FAILED),
        (200, {"code": 11232, "msg": "frequency limited"}, State.FAILED),
        (200, {"StatusCode": 1, "StatusMessage": "bad"}, State.FAILED),
        (200, b"not json", State.FAILED),
        (200, b"[0]", State.FAILED),
        (200, b"\xff\xfe" * 100_000, State.FAILED),
        (200, {}, State.FAILED),
        (404, b"", State.DEAD),
    ],
)
def test_only_the_platforms_own_yes_counts(
    kind: str, status: int, answer: Any, state: str, people: People, robot: Any, robots_platform: Platform
) -> None:
    robot(kind)
    robots_platform.status, robots_platform.answer = status, answer
    tell(people["lin"])
    outbox.send_due()
    found = Delivery.objects.get()
    assert (found.state, bool(found.last_error)) == (state, True)
    robots_platform.status, robots_platform.answer = 200, None
    assert retry(found.pk, actor=SYSTEM)
    outbox.send_due()
    assert Delivery.objects.get().state == State.SENT


def test_nobody_waits_long_for_a_platform_that_does_not_answer(
    people: People, robot: Any, robots_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "TIMEOUT", httpx.Timeout(0.2))
    robot("feishu_robot")
    robots_platform.is_slow = True
    for _ in range(3):
        tell(people["lin"])
    outbox.send_due()
    assert [one.state for one in Delivery.objects.all()] == [State.FAILED] * 3
    assert len(robots_platform.asked) == 1  # the others of the batch did not knock


def test_a_redirect_is_not_followed(people: People, robot: Any, robots_platform: Platform) -> None:
    with platform() as elsewhere:
        robot("wecom_robot")
        robots_platform.status, robots_platform.location = 302, elsewhere.address("wecom_robot")
        tell(people["lin"])
        outbox.send_due()
        assert elsewhere.asked == []
    assert "302" in Delivery.objects.get().last_error


@pytest.mark.parametrize(("kind", "limit"), [("wecom_robot", 18), ("dingtalk_robot", 18)])
def test_no_robot_posts_more_than_its_platform_admits_in_a_minute(
    kind: str, limit: int, people: People, robot: Any, robots_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot(kind)
    for _ in range(limit * 2 + 3):
        tell(people["lin"])
    start = timezone.now()
    for minute, sent in ((0, limit), (0.5, limit), (1.01, limit * 2), (2.02, limit * 2 + 3)):
        monkeypatch.setattr(timezone, "now", lambda minute=minute: start + timedelta(minutes=minute))
        outbox.send_due()
        assert len(robots_platform.taken) == sent


@pytest.mark.parametrize(
    "address",
    [
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=1",
        "https://evil.example/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=1",
        "https://user:pass@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com/cgi-bin/user/list?key=1",
        "https://qyapi.weixin.qq.com\\@evil.example/cgi-bin/webhook/send?key=1",
        "https://127.0.0.1/cgi-bin/webhook/send?key=1",
        "https://169.254.169.254/cgi-bin/webhook/send?key=1",
        "https://[::1]/cgi-bin/webhook/send?key=1",
        "https://[::1/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com:99999/cgi-bin/webhook/send?key=1",
        "file:///etc/passwd", "", "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
        "https://oapi.dingtalk.com/robot/send?access_token=1",
    ],
)  # fmt: skip
def test_addresses_lead_to_the_platform_or_are_refused(address: str, settings: Any, db: None) -> None:
    settings.ROBOT_HOSTS = []
    with pytest.raises(Refusal):
        set_channel(Way(kind="wecom_robot", name="x", address=address), actor=SYSTEM)
    assert Channel.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("wecom_robot", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"),
        ("dingtalk_robot", "https://oapi.dingtalk.com/robot/send?access_token=1"),
        ("feishu_robot", "https://open.feishu.cn/open-apis/bot/v2/hook/1-2-3"),
        ("feishu_robot", "https://open.larksuite.com/open-apis/bot/v2/hook/1-2-3"),
        ("wecom_robot", "https://relay.example.com:8443/cgi-bin/webhook/send?key=1"),
    ],
)
def test_the_platforms_own_addresses_are_taken(kind: str, address: str, settings: Any) -> None:
    settings.ROBOT_HOSTS = ["relay.example.com:8443"]
    robots.check_address(kind, address)


def test_an_address_that_is_no_longer_allowed_is_not_called(
    people: People, robot: Any, robots_platform: Platform, settings: Any
) -> None:
    channel = robot("wecom_robot")
    tell(people["lin"])
    settings.ROBOT_HOSTS = []
    outbox.send_due()
    assert (Delivery.objects.get().state, robots_platform.asked) == (State.DEAD, [])
    assert not try_channel(channel, actor=SYSTEM).is_sent
    assert robots_platform.asked == []


def test_a_channel_that_is_off_keeps_what_waits(people: People, robot: Any, robots_platform: Platform) -> None:
    channel = robot("wecom_robot")
    tell(people["lin"])
    switch_channel(channel, on=False, actor=SYSTEM)
    tell(people["lin"])
    assert outbox.send_due() == 0
    switch_channel(channel, on=True, actor=SYSTEM)
    assert outbox.send_due() == 1
    assert len(robots_platform.taken) == 1


@given(st.text(min_size=1, max_size=6000))
def test_no_title_is_too_long_or_formats_or_mentions(title: str) -> None:
    for kind in KINDS:
        found = robots.post(kind, "https://x/?a=1", SECRET, title=title, link="https://pay.example.com/" + "x" * 300,
                            opens="打开", now=MOMENT)  # fmt: skip
        body = json.dumps(found.body, ensure_ascii=False)
        if kind == "wecom_robot":
            text = found.body["markdown"]["content"]
            assert len(text.encode()) <= 4096
        else:
            assert len(json.dumps(found.body).encode()) <= 20_000
        if kind != "feishu_robot":
            said = found.body["markdown"].get("text") or found.body["markdown"]["content"]
            assert not set(said.split("\n\n[")[0].removeprefix("**").removesuffix("**")) & set("<>[]*`@\\")
        assert '"at_all": true' not in body


def test_signatures_are_those_of_the_platforms() -> None:
    """Computed apart, with openssl, from the rules that both platforms publish."""
    signed = robots.post("dingtalk_robot", "https://oapi.dingtalk.com/robot/send?access_token=1", "SECabc",
                         title="x", link="", opens="", now=MOMENT)  # fmt: skip
    assert signed.address.split("&")[1] == f"timestamp={int(MOMENT.timestamp())}000"
    assert signed.address.endswith("&sign=wNzFNTnTtyMY88SBSI9pWmtEpZK68DOIWejOIrXJRFc%3D")
    body = robots.post(
        "feishu_robot", "https://open.feishu.cn/x", "SECabc", title="x", link="", opens="", now=MOMENT
    ).body
    assert body["timestamp"] == str(int(MOMENT.timestamp()))
    assert body["sign"] == "Xa5m1PB2hUWhh3kcvc7Ia3Ea0d7Id+GAGmBsc4wG6XU="


def test_without_a_secret_nothing_is_signed() -> None:
    found = robots.post("dingtalk_robot", "https://a/?b=1", "", title="x", link="", opens="", now=MOMENT)
    assert found.address == "https://a/?b=1"
    body = robots.post("feishu_robot", "https://a/", "", title="x", link="", opens="", now=MOMENT).body
    assert set(body) == {"msg_type", "content"}


def test_secrets_are_neither_in_the_database_nor_in_the_log(robot: Any, django_assert_num_queries: Any) -> None:
    channel = robot("dingtalk_robot")
    way = Way(kind=channel.kind, name="renamed", topics=("people.*",))
    set_channel(way, channel=channel.pk, actor=SYSTEM)
    channel.refresh_from_db()
    assert (channel.secret, channel.name) == (SECRET, "renamed")  # kept when left empty
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT address, secret FROM inbox_channel")
        stored = str(cursor.fetchall())
    logged = str([(one.before, one.after) for one in Operation.objects.all()]) + repr(way)
    for hidden in (SECRET, "access_token", "127.0.0.1"):
        assert hidden not in stored
        assert hidden not in logged


def test_a_new_address_does_not_get_the_old_secret(robot: Any, robots_platform: Platform) -> None:
    channel = robot("dingtalk_robot")
    other = robots_platform.address("dingtalk_robot") + "&x=1"
    set_channel(Way(kind=channel.kind, name="x", address=other), channel=channel.pk, actor=SYSTEM)
    channel.refresh_from_db()
    assert channel.secret == ""


def test_a_trial_is_logged_with_its_answer(robot: Any, robots_platform: Platform) -> None:
    channel = robot("feishu_robot")
    assert try_channel(channel, actor=SYSTEM).is_sent
    assert Operation.objects.get(action="messages.try_channel").after == {"sent": True, "answer": ""}
    assert len(robots_platform.taken) == 1
