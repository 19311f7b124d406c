"""Goals: proposed, set, cascaded, copied, acknowledged again after a change; notes on the way."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from fenming.controls.models import Operation
from fenming.controls.operations import Actor
from fenming.library.text import Refusal
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.cycles.models import CheckIn, Cycle, Goal, Step, StepKind
from fenming.modules.cycles.operations.goals import Aim, add, change, follow_up, remove
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries.goals import carried, differences, goals_of, served
from fenming.modules.cycles.tests.reviewing import NASTY, SHOWN, a_cycle, as_actor, page, person, task
from fenming.modules.messages.models import Message


@pytest.fixture
def cycle(small_company: SmallCompany) -> Cycle:
    return a_cycle(small_company, [StepKind.GOALS, StepKind.TRACKING])


def lead() -> Actor:
    return Actor(user=as_actor("KF1").pk, name="KF1")


def words(**given: Any) -> dict[str, Any]:
    return {"act": "add", "title": "把首次响应降到 20 秒", "measure": "周报", "version": "0", **given}


def test_the_items_of_the_scheme_become_goals_with_their_targets(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    address = reverse("review-goals", args=[one.pk])
    client = signed_in("KF1")
    assert "response_time" in page(client, address)
    client.post(address, {"act": "scheme", "indicator": ["response_time", "resolution_rate", "no_such_thing"]})
    found = {goal.indicator: goal.target for goal in goals_of(one)}
    assert set(found) == {"response_time", "resolution_rate"}
    assert all(target is not None for target in found.values())
    client.post(address, {"act": "scheme", "indicator": ["response_time", "resolution_rate"]})
    assert Goal.objects.filter(participant=one).count() == 2


def test_acknowledged_with_one_tap_and_again_after_a_change_with_the_difference(
    cycle: Cycle, signed_in: SignIn
) -> None:
    one = person(cycle, "KF2")
    add(lead(), [one], [Aim(title="老客回访", target=Decimal(20)), Aim(title="周会")])
    mine, address = signed_in("KF2"), reverse("my-goals-acknowledge", args=[one.pk])
    assert Message.objects.filter(recipient=as_actor("KF2"), done_at=None, topic="cycles.goals_changed").count() == 1
    mine.post(address, {"version": "1"})
    one.refresh_from_db()
    assert (one.acknowledged_version, task(one, StepKind.GOALS).state) == (1, "done")
    assert not Message.objects.filter(recipient=as_actor("KF2"), done_at=None, topic="cycles.goals_changed").exists()
    goal = Goal.objects.get(participant=one, title="老客回访")
    changed = words(title="老客回访", target="30", version="1", act="save", measure="")
    assert signed_in("KF1").post(reverse("review-goal", args=[goal.pk]), changed).status_code == 302
    signed_in("KF1").post(reverse("review-goal", args=[Goal.objects.get(title="周会").pk]), {"act": "remove"})
    one.refresh_from_db()
    assert (one.goals_version, task(one, StepKind.GOALS).state) == (3, "open")
    told = {(change.title, change.kind): change.fields for change in differences(one)}
    assert told == {("老客回访", "changed"): [("Target", "20", "30")], ("周会", "removed"): []}
    text = page(mine, reverse("my-goals", args=[one.pk]))
    assert "<del><bdi>20</bdi></del>" in text
    mine.post(address, {"version": "1"})
    one.refresh_from_db()
    assert one.acknowledged_version == 1, "what was acknowledged is what was on the page"
    mine.post(address, {"version": "3"})
    one.refresh_from_db()
    assert one.acknowledged_version == 3
    assert differences(one) == []


def test_a_proposal_counts_when_the_reviewer_takes_it_up(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    mine = signed_in("KF2")
    mine.post(reverse("my-goals", args=[one.pk]), words(title="我来带新人"))
    one.refresh_from_db()
    assert one.goals_version == 0
    assert "proposed" in page(mine, reverse("my-goals", args=[one.pk]))
    signed_in("KF1").post(reverse("review-goals", args=[one.pk]), {"act": "accept"})
    one.refresh_from_db()
    goal = Goal.objects.get(participant=one)
    assert (one.goals_version, goal.author) == (1, as_actor("KF1"))
    refused = mine.post(reverse("my-goal", args=[goal.pk]), words(title="改小一点", version=str(goal.version)))
    assert refused.status_code == 302
    goal.refresh_from_db()
    assert goal.title == "我来带新人"


def test_what_mine_serves_and_who_carries_mine(cycle: Cycle, signed_in: SignIn) -> None:
    above, one = person(cycle, "KF1"), person(cycle, "KF2")
    add(Actor(user=as_actor("hr").pk), [above], [Aim(title="部门满意度 4.8")])
    top = Goal.objects.get(participant=above)
    client = signed_in("KF1")
    client.post(reverse("review-goals", args=[one.pk]), words(title="好评率", parent=str(top.pk)))
    (shown,) = served(one, goals_of(one), {})
    assert [goal.title for goal in shown.above] == ["部门满意度 4.8"]
    assert [goal.title for goal in carried(above)[1][top.pk]] == ["好评率"]
    assert "部门满意度 4.8" in page(signed_in("KF2"), reverse("my-goals", args=[one.pk]))
    assert "好评率" in page(client, reverse("my-goals", args=[above.pk]))


def test_goals_that_serve_each_other_in_a_circle_end(cycle: Cycle) -> None:
    one, two = person(cycle, "KF2"), person(cycle, "KF3")
    first = Goal.objects.create(participant=one, title="a")
    second = Goal.objects.create(participant=two, title="b", parent=first)
    Goal.objects.filter(pk=first.pk).update(parent=second)
    (shown,) = served(one, goals_of(one), {})
    assert [goal.title for goal in shown.above] == ["b"]


def test_a_parent_that_is_not_the_reviewers_is_refused(cycle: Cycle, signed_in: SignIn) -> None:
    other = Goal.objects.create(participant=person(cycle, "KF3"), title="秘密")
    one = person(cycle, "KF2")
    answer = signed_in("KF1").post(reverse("review-goals", args=[one.pk]), words(parent=str(other.pk)))
    assert answer.status_code in (302, 422)
    assert not Goal.objects.filter(participant=one, parent=other).exists()


def test_one_goal_for_several_people_at_once(cycle: Cycle, signed_in: SignIn) -> None:
    wanted = [person(cycle, "KF2"), person(cycle, "KF3")]
    stranger = person(cycle, "KF1")
    address, client = reverse("goals-many"), signed_in("KF1")
    client.post(address, words(people=[one.pk for one in wanted]))
    client.post(address, words(people=[one.pk for one in wanted]))
    assert [Goal.objects.filter(participant=one).count() for one in wanted] == [1, 1]
    assert client.post(address, words(people=[stranger.pk])).status_code == 422


def test_the_goals_of_the_last_period_are_copied(small_company: SmallCompany, cycle: Cycle, signed_in: SignIn) -> None:
    before = Cycle.objects.create(department=cycle.department, label="2026-09", start="2026-09-01", end="2026-10-01")
    old = before.participants.create(employee_id=small_company.ids["KF2"])
    Goal.objects.create(participant=old, title="旧目标", target=Decimal("0.95"), indicator="resolution_rate")
    Goal.objects.create(participant=old, title="放弃的", state="dropped")
    one = person(cycle, "KF2")
    signed_in("KF1").post(reverse("review-goals", args=[one.pk]), {"act": "copy"})
    assert [(goal.title, goal.target) for goal in goals_of(one)] == [("旧目标", Decimal("0.950000"))]


def test_a_target_in_per_cent_is_typed_as_people_say_it(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    add(lead(), [one], [Aim(title="解决率", indicator="resolution_rate", target=Decimal("0.9"))])
    goal = Goal.objects.get(participant=one)
    address = reverse("review-goal", args=[goal.pk])
    assert 'value="90"' in page(signed_in("KF1"), address)
    signed_in("KF1").post(address, words(title="解决率", target="92.5", act="save", version="1"))
    goal.refresh_from_db()
    assert goal.target == Decimal("0.925")


def test_a_milestone_needs_its_day_and_progress_stays_within_the_hundred(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    address = reverse("review-goals", args=[one.pk])
    answer = signed_in("KF1").post(address, words(is_milestone="on"))
    assert (answer.status_code, "把首次响应降到 20 秒" in answer.content.decode()) == (422, True)
    signed_in("KF1").post(address, words(is_milestone="on", due="2026-10-20"))
    goal = Goal.objects.get(participant=one)
    assert goal.is_milestone
    mine, progress = signed_in("KF2"), reverse("my-goal-progress", args=[goal.pk])
    for wrong in ({"progress": "101", "state": "open"}, {"progress": "x", "state": "open"}, {"progress": "5"}):
        assert mine.post(progress, wrong).status_code == 302
    goal.refresh_from_db()
    assert goal.progress == 0
    mine.post(progress, {"progress": "60", "state": "reached"})
    goal.refresh_from_db()
    one.refresh_from_db()
    assert (goal.progress, goal.state, one.goals_version) == (60, "reached", 1)


def test_the_second_of_two_editors_is_told_and_loses_nothing(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    add(lead(), [one], [Aim(title="原来的")])
    goal = Goal.objects.get(participant=one)
    address = reverse("review-goal", args=[goal.pk])
    signed_in("hr").post(address, words(title="人事改的", version="1", act="save"))
    answer = signed_in("KF1").post(address, words(title="主管改的", version="1", act="save"))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "人事改的" in text
    assert "主管改的" in text
    signed_in("KF1").post(address, words(title="主管改的", version="2", act="save"))
    goal.refresh_from_db()
    assert goal.title == "主管改的"


def test_a_goal_or_its_parent_taken_away_meanwhile_is_told_and_changes_nothing(cycle: Cycle) -> None:
    add(lead(), [person(cycle, "KF1")], [Aim(title="上级目标")])
    parent = Goal.objects.get()
    add(lead(), [person(cycle, "KF2")], [Aim(title="服务于它")])
    goal = Goal.objects.get(title="服务于它")
    remove(lead(), parent)
    with pytest.raises(Refusal, match="just taken away"):
        change(lead(), goal, Aim(title="服务于它", parent=parent.pk), version=1)
    with pytest.raises(Refusal, match="just taken away"):
        add(lead(), [person(cycle, "KF2")], [Aim(title="又一个", parent=parent.pk)])
    goal.refresh_from_db()
    assert (goal.version, goal.parent_id) == (1, None)
    remove(lead(), Goal.objects.get(pk=goal.pk))
    for act in (
        lambda: change(lead(), goal, Aim(title="新的"), version=1),
        lambda: follow_up(lead(), goal, progress=50, state="open"),
    ):
        with pytest.raises(Stale) as told:
            act()
        assert told.value.now is None
    assert not Goal.objects.exists()


def test_when_the_period_is_judged_goals_stand(cycle: Cycle, signed_in: SignIn) -> None:
    Step.objects.filter(cycle=cycle, kind=StepKind.SELF_REVIEW).update(state="open")
    one = person(cycle, "KF2")
    signed_in("KF1").post(reverse("review-goals", args=[one.pk]), words())
    signed_in("KF2").post(reverse("my-goals", args=[one.pk]), words())
    assert not Goal.objects.filter(participant=one).exists()


def test_tracking_ends_with_a_note_of_the_reviewer_and_not_without(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    address, client = reverse("review-notes", args=[one.pk]), signed_in("KF1")
    signed_in("KF2").post(reverse("my-notes", args=[one.pk]), {"text": "一切顺利"})
    client.post(address, {"act": "finish"})
    assert task(one, StepKind.TRACKING).state == "open"
    for _again in range(2):
        client.post(address, {"text": NASTY})
    assert CheckIn.objects.filter(participant=one).count() == 2
    client.post(address, {"act": "finish"})
    assert task(one, StepKind.TRACKING).state == "done"
    text = page(signed_in("KF2"), reverse("my-notes", args=[one.pk]))
    assert SHOWN in text
    assert "<script>alert" not in text


def test_hostile_words_are_shown_as_words_and_long_ones_refused_with_what_was_typed(
    cycle: Cycle, signed_in: SignIn
) -> None:
    one = person(cycle, "KF2")
    client, address = signed_in("KF1"), reverse("review-goals", args=[one.pk])
    client.post(address, words(title=NASTY, measure=NASTY))
    for where in (page(client, address), page(signed_in("KF2"), reverse("my-goals", args=[one.pk]))):
        assert SHOWN in where
        assert "<script>alert" not in where
    answer = client.post(address, words(title="长" * 10_000))
    assert answer.status_code == 422
    assert "长" * 10_000 in answer.content.decode()
    assert client.post(address, words(title="a\0b")).status_code == 422


def test_nobody_reaches_the_goals_of_others(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    add(lead(), [one], [Aim(title="只给二号")])
    goal = Goal.objects.get(participant=one)
    other = signed_in("KF3")
    for name, number in (("my-goals", one.pk), ("my-notes", one.pk), ("my-goal", goal.pk), ("self-review", one.pk)):
        assert other.get(reverse(name, args=[number])).status_code == 404
        assert other.post(reverse(name, args=[number]), words()).status_code == 404
    for name, number in (("review-goals", one.pk), ("review-goal", goal.pk), ("review-notes", one.pk)):
        assert other.get(reverse(name, args=[number])).status_code == 403
        assert signed_in("WL1").get(reverse(name, args=[number])).status_code == 404
    assert other.post(reverse("my-goals-acknowledge", args=[one.pk]), {"version": "1"}).status_code == 404
    assert other.post(reverse("my-goal-progress", args=[goal.pk]), {"progress": "1"}).status_code == 404


def test_every_change_is_in_the_log(cycle: Cycle) -> None:
    one = person(cycle, "KF2")
    add(lead(), [one], [Aim(title="记下来")])
    entry = Operation.objects.get(action="cycles.goals_set", object=f"goals {one.pk}")
    assert entry.after is not None
    assert [goal["title"] for goal in entry.after["goals"].values()] == ["记下来"]


def test_pages_need_few_queries_whatever_the_number_of_goals(
    cycle: Cycle, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    one = person(cycle, "KF2")
    add(lead(), [one], [Aim(title=f"目标 {number}") for number in range(40)])
    pages = {
        "KF2": ("my-goals", "my-notes", "my-cycle"),
        "KF1": ("review-goals", "review-notes", "goals-many"),
    }
    for who, names in pages.items():
        client = signed_in(who)
        for name in names:
            address = reverse(name, args=[] if name in ("my-cycle", "goals-many") else [one.pk])
            with django_assert_max_num_queries(15):
                page(client, address)
