"""Alerts, walls and reports: one's own, within what one may see on the day, and told once."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.operations import Actor
from fenming.modules.accounts.models import Grant, User
from fenming.modules.conftest import SignIn
from fenming.modules.desk.jobs import judge_alerts, make_reports, send_report
from fenming.modules.desk.models import Alert, AlertHit, Report, Wall
from fenming.modules.desk.operations.alerts import NewAlert, judge_all, set_alert
from fenming.modules.desk.operations.reports import NewReport, Undelivered, send, subscribe
from fenming.modules.desk.operations.walls import hang, take_down
from fenming.modules.desk.queries.reports import due_on, next_day
from fenming.modules.desk.tests.conftest import October
from fenming.modules.messages.models import Message
from fenming.modules.messages.sending.robots import Outcome
from fenming.modules.people.queries.records import department_ids

DAY = date(2026, 10, 5)
"""All sessions of the small company are of this day."""
OTHERS = ("吴刚", "郑洁", "周强", "Logistics", "logistics")


def actor(name: str) -> Actor:
    user = User.objects.get(username=name)
    return Actor(user=user.pk, name=name)


def alert(name: str, **given: Any) -> Alert:
    wanted = {"indicator": "response_time", "kind": "floor", "mark": Decimal(1), "days": 1, **given}
    return set_alert(actor(name), NewAlert(**wanted))


def test_a_rule_that_holds_is_told_once(october: October) -> None:
    made = alert("KF1")
    assert (judge_all(DAY), judge_all(DAY)) == (1, 0)
    message = Message.objects.get(topic="desk.alert")
    assert message.recipient_id == made.owner_id
    assert "above 1 s on 1 day" in message.title_en
    assert "1 秒" in message.title_zh
    assert AlertHit.objects.get().value is not None


def test_the_second_day_of_a_row_is_kept_but_not_told_again(october: October) -> None:
    alert("KF1", kind="missing", days=1, mark=None)
    for offset in (1, 2):
        judge_all(DAY + timedelta(days=offset))
    assert [hit.told for hit in AlertHit.objects.order_by("day")] == [True, False]
    assert Message.objects.filter(topic="desk.alert").count() == 1


def test_a_lead_s_alert_sees_nothing_of_another_department(october: October) -> None:
    parcels = {"indicator": "damage_rate", "mark": Decimal(0), "days": 1}
    for name in ("KF1", "WL1", "hr"):
        alert(name, **parcels)
    judge_all(date(2026, 10, 3))
    held = set(AlertHit.objects.values_list("alert__owner__username", flat=True))
    assert held == {"WL1", "hr"}


def test_the_managers_of_the_chosen_department_are_told_what_holds_there(october: October) -> None:
    service, logistics = department_ids()["customer_service"], department_ids()["logistics"]
    alert("hr", department=service)
    alert("hr", mark=Decimal(2), department=logistics)
    assert judge_all(DAY) == 2
    told = Message.objects.filter(topic="desk.alert").values_list("recipient__username", flat=True)
    assert sorted(told) == ["KF1", "hr", "hr"]
    theirs = Message.objects.get(topic="desk.alert", recipient__username="KF1")
    assert "Customer service: above 1 s" in theirs.title_en
    assert "客服部" in theirs.title_zh
    judge_all(DAY)
    assert Message.objects.filter(topic="desk.alert").count() == 3


def test_nobody_has_the_managers_of_another_department_told(october: October, signed_in: SignIn) -> None:
    logistics = department_ids()["logistics"]
    whole = {"indicator": "response_time", "kind": "floor", "mark": "1", "days": "1", "dimension": "", "value": ""}
    for department in (str(logistics), "x", "99999999999999999999"):
        page = signed_in("KF1").post("/board/alerts/", whole | {"department": department})
        assert b"Please check" in page.content
    assert not Alert.objects.exists()
    forced = alert("KF1", department=logistics)
    assert judge_all(DAY) == 1
    assert set(Message.objects.filter(topic="desk.alert").values_list("recipient", flat=True)) == {forced.owner_id}
    own = str(department_ids()["customer_service"])
    assert signed_in("KF1").post("/board/alerts/", whole | {"department": own}).status_code == 302
    assert b"also told: managers of Customer service" in signed_in("KF1").get("/board/alerts/").content


def test_who_lost_the_right_is_told_nothing_more(october: October) -> None:
    alert("KF1")
    Grant.objects.filter(user__username="KF1").delete()
    assert judge_all(DAY) == 0
    User.objects.filter(username="hr").update(is_active=False)
    alert("hr")
    assert judge_all(DAY) == 0


def test_off_and_put_off_alerts_are_quiet(october: October, signed_in: SignIn) -> None:
    off, late = alert("KF1"), alert("KF1", mark=Decimal(2))
    client = signed_in("KF1")
    client.post(reverse("alert-change", args=[off.pk]), {"what": "off"})
    client.post(reverse("alert-change", args=[late.pk]), {"what": "snooze"})
    assert judge_all(DAY) == 1
    assert not Message.objects.filter(topic="desk.alert").exists()
    assert b"Look into it" not in client.get("/board/alerts/ringing/").content
    client.post(reverse("alert-change", args=[late.pk]), {"what": "on"})
    assert b"Look into it" in client.get("/board/alerts/ringing/").content
    client.post(reverse("alert-change", args=[late.pk]), {"what": "drop"})
    assert b"Look into it" not in client.get("/board/alerts/ringing/").content
    assert client.post(reverse("alert-change", args=[off.pk]), {"what": "%00"}).status_code == 302


def test_somebody_else_s_are_not_to_be_found(october: October, signed_in: SignIn) -> None:
    mine = alert("KF1")
    client = signed_in("WL1")
    assert client.post(reverse("alert-change", args=[mine.pk]), {"what": "drop"}).status_code == 404
    assert b"Nothing" not in client.get("/board/alerts/").content
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"indicator": "damage_rate"}, {"indicator": "x" * 5000}, {"kind": "nothing"}, {"mark": ""}, {"mark": "NaN"},
        {"days": "99"}, {"dimension": "member"}, {"dimension": "shop"}, {"value": "\0"}, {"kind": "drop", "mark": "-3"},
    ],
)  # fmt: skip
def test_an_alert_that_means_nothing_is_refused_in_words(
    given: dict[str, str], october: October, signed_in: SignIn
) -> None:
    whole = {"indicator": "response_time", "kind": "floor", "mark": "30", "days": "3", "dimension": "", "value": ""}
    page = signed_in("KF1").post("/board/alerts/", whole | given)
    assert page.status_code == 200
    assert b"Please check" in page.content
    assert not Alert.objects.exists()


def test_a_percentage_is_typed_as_it_is_shown(october: October, signed_in: SignIn) -> None:
    given = {"indicator": "resolution_rate", "kind": "floor", "mark": "85", "days": "3"}
    client = signed_in("KF1")
    for _twice in range(2):
        assert client.post("/board/alerts/", given).status_code == 302
    assert Alert.objects.get().mark == Decimal("0.85")
    assert b"below 85% on 3 days running" in client.get("/board/alerts/").content


def test_the_morning_judges_yesterday(october: October) -> None:
    alert("KF1", kind="missing", mark=None)
    assert judge_alerts.now() == {"held": 1}
    assert AlertHit.objects.get().day == timezone.localdate() - timedelta(days=1)


def link(name: str, *boards: tuple[str, str]) -> tuple[Wall, str]:
    wall, token = hang(actor(name), "Entrance", boards, seconds=20)
    return wall, reverse("wall", args=[token])


def test_a_wall_shows_boards_in_turn_without_people_or_pay(october: October) -> None:
    boards = (("company", ""), ("board", "department=customer_service"), ("pivot", "indicator=damage_rate&by=route"))
    _wall, url = link("hr", *boards)
    for number, shown in enumerate(("All departments", "Customer service", "线路1")):
        page = Client(headers={"accept-language": "en"}).get(f"{url}?n={number}")
        text = page.content.decode()
        assert shown in text
        assert f"url=?n={(number + 1) % 3}" in text
        assert "¥" not in text
        assert not [one for one in ("林晓雯", "KF1", "Bonus", "吴刚") if one in text]
        assert "no-store" in page["Cache-Control"]


def test_a_wall_shows_what_its_maker_may_see(october: October) -> None:
    _wall, url = link("KF1", ("board", "department=logistics"), ("company", ""), ("pivot", "indicator=damage_rate"))
    for number in range(4):
        text = Client().get(f"{url}?n={number}").content.decode()
        assert not [one for one in OTHERS if one in text]


def test_nobody_s_name_comes_onto_a_wall_by_the_address(october: October) -> None:
    _wall, url = link("hr", ("pivot", "indicator=damage_rate&by=employee"))
    text = Client().get(url).content.decode()
    assert not [one for one in ("吴刚", "郑洁", "WL2") if one in text]


def test_a_link_ends_with_its_wall_its_maker_and_its_days(october: October) -> None:
    for end in ("taken", "maker", "days"):
        wall, url = link("KF1", ("company", ""))
        assert Client().get(url).status_code == 200
        if end == "taken":
            take_down(actor("KF1"), wall)
        elif end == "maker":
            User.objects.filter(username="KF1").update(is_active=False)
        else:
            Wall.objects.filter(pk=wall.pk).update(expires_on=date(2026, 1, 1))
        assert Client().get(url).status_code == 404
        User.objects.filter(username="KF1").update(is_active=True)


def test_who_lost_the_right_shows_nothing_on_the_wall(october: October) -> None:
    _wall, url = link("KF1", ("company", ""))
    Grant.objects.filter(user__username="KF1").delete()
    text = Client(headers={"accept-language": "en"}).get(url).content.decode()
    assert "Nothing to show" in text


@pytest.mark.parametrize("number", ["x", "-1", "99999999", "%00", "٣"])
def test_a_hostile_turn_is_the_first(number: str, october: October) -> None:
    _wall, url = link("hr", ("company", ""))
    assert Client().get(f"{url}?n={number}").status_code == 200


def test_the_token_is_shown_once_and_kept_by_nobody(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    page = client.post("/board/walls/", {"name": "Hall", "boards": ["company?"], "seconds": "20"}).content.decode()
    found = re.search(r"/wall/([\w-]{40,})/", page)
    assert found is not None
    assert found[1] not in client.get("/board/walls/").content.decode()
    assert found[1] not in Wall.objects.get().digest
    assert b"wall-main" in Client().get(found[0]).content


def test_boards_of_others_cannot_be_hung(october: October, signed_in: SignIn) -> None:
    for boards in (["board?department=logistics"], ["rows?"], ["x"], []):
        page = signed_in("KF1").post("/board/walls/", {"name": "Hall", "boards": boards, "seconds": "20"})
        assert b"Please check" in page.content
    assert not Wall.objects.exists()


@pytest.fixture
def mailing(settings: Any) -> None:
    settings.MAIL = True
    User.objects.filter(username__in=["hr", "KF1"]).update(email="somebody@example.com")


def report(name: str, **given: Any) -> Report:
    wanted = {"kind": "board", "query": "", "title": "Monday", "rhythm": "week", "day": 1, **given}
    return subscribe(actor(name), NewReport(**wanted))


def test_a_report_goes_out_once_as_excel_and_pdf(october: October, mailing: None) -> None:
    made = report("KF1")
    assert [send(made.pk, DAY) for _twice in range(2)] == ["sent", "sent"]
    (letter,) = mail.outbox
    assert letter.to == ["somebody@example.com"]
    assert [str(name).rpartition(".")[2] for name, _body, _kind in letter.attachments] == ["xlsx", "pdf"]
    assert letter.attachments[1][1].startswith(b"%PDF")


def test_a_report_is_made_within_what_one_may_see_then(october: October, mailing: None) -> None:
    made = report("KF1", kind="pivot", query="indicator=damage_rate&by=employee")
    send(made.pk, DAY)
    assert "damage" not in str(mail.outbox[0].attachments[0][0]).lower()
    Grant.objects.filter(user__username="KF1").delete()
    assert send(made.pk, DAY + timedelta(days=7)) == "empty"
    assert len(mail.outbox) == 1


def test_a_server_that_refuses_is_asked_again(october: October, mailing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made = report("hr")
    answers = iter([Outcome(error="greylisted"), Outcome()])
    monkeypatch.setattr("fenming.modules.messages.sending.mail.try_send", lambda _out, _letter: next(answers))
    with pytest.raises(Undelivered):
        send_report.now(report=made.pk, due=DAY.isoformat())
    assert Report.objects.get().state == "failed"
    assert send_report.now(report=made.pk, due=DAY.isoformat()) == {"state": "sent"}


def test_without_an_address_it_says_so_and_stops(october: October, settings: Any) -> None:
    settings.MAIL = True
    made = report("hr")
    assert send(made.pk, DAY) == "failed"
    assert "no e-mail address" in Report.objects.get().error


def test_what_is_due_is_made_once_each(october: October, monkeypatch: pytest.MonkeyPatch) -> None:
    weekly, monthly = report("hr"), report("hr", rhythm="month", day=5)
    assert set(due_on(DAY)) == {weekly.pk, monthly.pk}
    assert due_on(DAY + timedelta(days=1)) == []
    Report.objects.filter(pk=weekly.pk).update(sent_for=DAY)
    monkeypatch.setattr(timezone, "localdate", lambda: DAY)
    assert make_reports.now() == {"reports": 1}
    assert next_day(monthly, DAY + timedelta(days=1)) == date(2026, 11, 5)


def test_a_report_is_paused_and_ended_by_its_owner_only(october: October, signed_in: SignIn) -> None:
    made = report("hr")
    address = reverse("report-change", args=[made.pk])
    assert signed_in("KF1").post(address, {"what": "drop"}).status_code == 404
    client = signed_in("hr")
    client.post(address, {"what": "off"})
    assert due_on(DAY) == []
    client.post(address, {"what": "drop"})
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "given", [{"kind": "rows"}, {"day": "29"}, {"day": "8"}, {"title": ""}, {"query": "x" * 2000}, {"rhythm": "day"}]
)
def test_a_report_that_cannot_be_is_refused(given: dict[str, str], october: October, signed_in: SignIn) -> None:
    whole = {"kind": "company", "query": "", "title": "All", "rhythm": "week", "day": "1"}
    assert b"Please check" in signed_in("hr").post("/board/reports/", whole | given).content
    assert signed_in("hr").post("/board/reports/", whole).status_code == 302


def test_pages_take_few_queries(
    october: October, signed_in: SignIn, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(5):
        alert("KF1", mark=Decimal(number + 1))
        report("KF1", title=str(number))
        link("KF1", ("company", ""))
    judge_all(DAY)
    client = signed_in("KF1")
    for name in ("alerts", "ringing", "reports", "walls", "board", "pivot", "board-company"):
        with django_assert_max_num_queries(15, info=name):
            assert client.get(reverse(name)).status_code == 200
