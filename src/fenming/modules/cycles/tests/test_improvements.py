"""Improvement plans: agreed by both, followed into the next cycle, and what came of them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from fenming.modules.conftest import OCTOBER, SignIn, SmallCompany
from fenming.modules.cycles.models import Cycle, Improvement, Participant, Step, Task
from fenming.modules.cycles.operations import improvements as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import improvements as queries
from fenming.modules.cycles.tests.outcomes import Stage, stage
from fenming.modules.messages.models import Message
from fenming.modules.schemes.models import ScoreLine

DAY = timedelta(days=1)


@pytest.fixture
def scene(small_company: SmallCompany) -> Stage:
    return stage(small_company)


def given(**changed: Any) -> dict[str, Any]:
    due = timezone.localdate() + 30 * DAY
    return {
        "gap": "首次响应慢", "action": "每周复盘五个最慢会话", "support": "组长每周一刻钟", "measure": "达到目标",
        "due": due, "indicator": "response_time",
    } | changed  # fmt: skip


def add(scene: Stage, *, by_person: bool = False, **changed: Any) -> Improvement:
    actor = scene.actor("KF2" if by_person else "KF1")
    return operations.add(actor, scene.place("KF2"), given(**changed), by_person=by_person)


def agree(scene: Stage, one: Improvement) -> Improvement:
    return operations.agree(scene.actor("KF2"), scene.place("KF2"), one.pk, version=one.version, by_person=True)


def conclude(scene: Stage, one: Improvement, state: str, outcome: str = "已经做到了") -> Improvement:
    return operations.conclude(
        scene.actor("KF1"), one.participant, one.pk, version=one.version, state=state, outcome=outcome,
        due=timezone.localdate() + 60 * DAY,
    )  # fmt: skip


def next_cycle(scene: Stage) -> Participant:
    cycle = Cycle.objects.create(
        department=scene.cycle.department, label="2026-11", start=OCTOBER.end, end=date(2026, 12, 1),
        departments=[scene.cycle.department_id],
    )  # fmt: skip
    return Participant.objects.create(
        cycle=cycle, employee_id=scene.company.ids["KF2"], reviewer_id=scene.company.ids["KF1"]
    )


def test_the_task_is_done_when_both_agree_with_all_of_it(scene: Stage) -> None:
    first, second = add(scene), add(scene, by_person=True, action="向同事学习")
    task = Task.objects.get(step__kind="improvement", participant=scene.place("KF2"))
    agree(scene, first)
    task.refresh_from_db()
    assert task.state == "open"
    operations.agree(scene.actor("KF1"), scene.place("KF2"), second.pk, version=1, by_person=False)
    task.refresh_from_db()
    assert task.state == "done"


def test_a_change_wants_the_other_sides_consent_again(scene: Stage) -> None:
    one = agree(scene, add(scene))
    fields = given(action="每天复盘")
    changed = operations.change(
        scene.actor("KF1"), scene.place("KF2"), one.pk, fields, version=one.version, by_person=False
    )
    assert changed.employee_agreed_at is None
    assert changed.reviewer_agreed_at is not None
    with pytest.raises(Stale):
        agree(scene, one)  # the old text cannot be agreed with any more


def test_the_same_action_sent_twice_is_there_once(scene: Stage) -> None:
    assert add(scene).pk == add(scene).pk


def test_what_is_carried_on_goes_on_in_the_next_cycle_and_shows_its_way(scene: Stage) -> None:
    first = agree(scene, add(scene))
    assert [one.improvement.pk for one in queries.open_actions(scene.company.ids["KF2"])] == [first.pk]
    place = next_cycle(scene)
    assert [one.improvement.pk for one in queries.plan_of(place).earlier] == [first.pk]
    conclude(scene, first, "carried", "慢了一些，继续做")
    conclude(scene, first, "carried", "慢了一些，继续做")
    second = Improvement.objects.get(follows=first)
    assert second.participant == place
    third_from = conclude(scene, second, "carried", "还差一点点")
    found = queries.open_actions(scene.company.ids["KF2"])
    assert len(found) == 1
    assert [one.pk for one in found[0].earlier] == [third_from.pk, first.pk]
    conclude(scene, found[0].improvement, "done")
    assert queries.open_actions(scene.company.ids["KF2"]) == []


def test_it_shows_the_value_then_and_now(scene: Stage) -> None:
    add(scene)
    found = queries.open_actions(scene.company.ids["KF2"])[0]
    line = ScoreLine.objects.get(
        scorecard__run=scene.run, scorecard__employee=scene.company.ids["KF2"], indicator="response_time"
    )
    assert line.value is not None
    assert found.then.startswith(f"{line.value.quantize(Decimal('0.1'))}")
    assert (found.now, found.better) == ("", None)


def test_proposals_come_from_the_weakest_indicators(scene: Stage) -> None:
    place = scene.place("KF2")
    lines = queries.lines_for(place)
    found = queries.proposals(place, lines)
    assert found
    assert [one.lost for one in found] == sorted((one.lost for one in found), reverse=True)
    assert all(one.gap and one.action and one.support and one.measure for one in found)
    assert all(len(str(value)) <= 300 for one in found for value in one.fields.values())


def test_what_is_dropped_or_carried_on_says_why_and_until_when(scene: Stage, signed_in: SignIn) -> None:
    one = add(scene)
    page = reverse("improvement", args=[scene.place("KF2").pk])
    data = {"do": "conclude", "number": str(one.pk), "version": "1", "state": "carried", "outcome": "还没有做完呢"}
    answer = signed_in("KF1").post(page, data)
    assert answer.status_code == 422
    assert "还没有做完呢" in answer.content.decode()
    assert signed_in("KF1").post(page, data | {"state": "dropped", "outcome": "no"}).status_code == 422
    assert signed_in("KF1").post(page, data | {"state": "dropped"}).status_code == 302
    one.refresh_from_db()
    assert one.state == "dropped"


def test_nobody_else_reads_or_writes_a_plan(scene: Stage, signed_in: SignIn) -> None:
    one = add(scene)
    mine = reverse("improvement", args=[scene.place("KF2").pk])
    agree_with = {"do": "agree", "number": str(one.pk), "version": "1"}
    for name in ("KF3", "WL1", "WL2"):
        assert signed_in(name).get(mine).status_code == 404
        assert signed_in(name).post(mine, agree_with).status_code == 404
    signed_in("KF3").post(reverse("improvement", args=[scene.place("KF3").pk]), agree_with)
    one.refresh_from_db()
    assert one.employee_agreed_at is None  # an action of somebody else, by the own address
    signed_in("KF2").post(mine, {"do": "none", "reason": "我不需要计划"})
    assert Task.objects.get(step__kind="improvement", participant=scene.place("KF2")).state == "open"
    signed_in("KF1").post(mine, {"do": "none", "reason": "结果优秀，无需计划"})
    assert Task.objects.get(step__kind="improvement", participant=scene.place("KF2")).state == "waived"


def test_both_propose_through_their_pages(scene: Stage, signed_in: SignIn) -> None:
    page = reverse("improvement", args=[scene.place("KF2").pk])
    data = {name: str(value) for name, value in given(gap="<img src=x onerror=alert(1)>").items()} | {"do": "save"}
    assert signed_in("KF2").post(page, data).status_code == 302
    one = Improvement.objects.get()
    assert one.employee_agreed_at is not None
    assert one.reviewer_agreed_at is None
    for name in ("KF1", "KF2"):
        text = signed_in(name).get(page).content.decode()
        assert "<img src=x" not in text
    stale = data | {"number": str(one.pk), "version": "9", "action": "我的新写法"}
    answer = signed_in("KF1").post(page, stale)
    assert answer.status_code == 409
    assert "我的新写法" in answer.content.decode()
    odd = [{"do": "save"}, data | {"due": "2999-01-01"}, data | {"gap": "x" * 301}, data | {"number": "9" * 40}]
    for bad in odd:
        assert signed_in("KF1").post(page, bad).status_code == 422
    for bad in ({"do": "agree", "number": "x"}, {"do": "nothing"}, {"do": "agree", "number": "999999"}):
        assert signed_in("KF1").post(page, bad).status_code == 302


def test_twenty_open_actions_are_enough(scene: Stage) -> None:
    for number in range(operations.MOST):
        add(scene, action=f"措施 {number}")
    with pytest.raises(ValidationError):
        add(scene, action="再来一条")


def test_both_are_reminded_before_and_on_the_day_and_weekly_after(scene: Stage) -> None:
    one = add(scene)
    due = one.due
    days = [day for day in range(-10, 22) if operations.remind_of_due(due + day * DAY)]
    assert days == [-3, 0, 7, 14, 21]
    told = Message.objects.filter(topic=operations.TOPIC, done_at=None).values_list("recipient__username", flat=True)
    assert sorted(told) == ["KF1", "KF2"]
    conclude(scene, one, "done")
    assert not Message.objects.filter(topic=operations.TOPIC, done_at=None).exists()
    assert operations.remind_of_due(due) == 0


def test_the_pages_take_few_queries(
    scene: Stage, signed_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        add(scene, action=f"措施 {number}")
    page = reverse("improvement", args=[scene.place("KF2").pk])
    for name, url in (("KF1", reverse("improvements")), ("KF1", page), ("KF2", page)):
        client = signed_in(name)
        client.get(url)
        with django_assert_max_num_queries(15):
            assert client.get(url).status_code == 200


def test_the_to_do_of_the_employee_leads_to_the_own_actions_of_its_cycle(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    at = stage(small_company)
    step = Step.objects.get(cycle=at.cycle, kind="improvement")
    Step.objects.filter(pk=step.pk).update(owner="employee")
    place = at.place("KF2")
    Task.objects.filter(step=step, participant=place).update(assignee=place.employee)
    one = Improvement.objects.create(participant=place, gap="g", action="Practise", due=OCTOBER.end)
    client = signed_in("KF2")
    page = client.get(f"/cycles/steps/{step.pk}/do/", follow=True)
    assert page.request["PATH_INFO"] == f"/cycles/improvements/{place.pk}/"
    assert "Practise" in page.content.decode()
    done = {"do": "conclude", "number": one.pk, "version": 1, "state": "done", "outcome": "Twice a week since."}
    client.post(page.request["PATH_INFO"], done)
    one.refresh_from_db()
    assert (one.state, one.outcome) == ("done", "Twice a week since.")
