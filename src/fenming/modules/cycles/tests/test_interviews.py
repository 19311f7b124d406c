"""Interviews: written by one side, confirmed by the other, confirmed again when the text changes."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.cycles.models import Interview, Task
from fenming.modules.cycles.operations import interviews as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.tests.outcomes import Stage, stage
from fenming.modules.messages.models import Message


@pytest.fixture
def scene(small_company: SmallCompany) -> Stage:
    return stage(small_company)


def given(**changed: Any) -> dict[str, Any]:
    day = timezone.localdate() - timedelta(days=1)
    return {
        "held_on": day, "place": "三楼会议室", "strengths": "响应快", "gaps": "跟单漏了两次", "agreed": "每周复盘一次",
    } | changed  # fmt: skip


def write(scene: Stage, version: int = 0, **changed: Any) -> Interview:
    return operations.write(scene.actor("KF1"), scene.place("KF2"), given(**changed), version=version)


def confirm(scene: Stage, words: str = "同意", version: int = 1) -> Interview:
    return operations.confirm(scene.actor("KF2"), scene.place("KF2"), words=words, version=version)


def state(scene: Stage) -> str:
    return Task.objects.get(step__kind="interview", participant=scene.place("KF2")).state


def test_it_is_done_when_both_sides_have_done_theirs(scene: Stage) -> None:
    write(scene)
    assert state(scene) == "open"
    assert Message.objects.get(topic=operations.TOPIC).done_at is None
    confirm(scene)
    assert state(scene) == "done"
    assert Message.objects.get(topic=operations.TOPIC).done_at is not None


def test_text_that_changes_after_the_confirmation_is_confirmed_again(scene: Stage) -> None:
    write(scene)
    confirm(scene)
    assert write(scene, version=1).confirmed_at is not None  # the same text: nothing to confirm
    changed = write(scene, version=1, agreed="每天复盘一次")
    assert changed.confirmed_at is None
    assert changed.words == "同意"
    assert Message.objects.filter(topic=operations.TOPIC, done_at=None).count() == 1
    assert state(scene) == "done"  # what was done is not undone; only the text wants its confirmation
    with pytest.raises(Stale):
        confirm(scene, version=1, words="改了什么？")
    assert confirm(scene, version=2).confirmed_at is not None


def test_of_two_who_write_at_once_the_second_is_told_and_keeps_the_words(scene: Stage, signed_in: SignIn) -> None:
    write(scene, agreed="先写的")
    page = reverse("interview", args=[scene.place("KF2").pk])
    data = {**given(agreed="后写的"), "held_on": given()["held_on"].isoformat(), "version": "0"}
    answer = signed_in("hr").post(page, data)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "先写的" in text
    assert "后写的" in text
    assert Interview.objects.get().agreed == "先写的"


def test_the_same_text_sent_twice_is_kept_once(scene: Stage) -> None:
    assert write(scene).version == write(scene).version == 1


def test_it_begins_with_the_figures(scene: Stage, signed_in: SignIn) -> None:
    text = signed_in("KF1").get(reverse("interview", args=[scene.place("KF2").pk])).content.decode()
    assert "(target" in text


def test_each_side_writes_its_own_and_nobody_elses(scene: Stage, signed_in: SignIn) -> None:
    page = reverse("interview", args=[scene.place("KF2").pk])
    data = {**given(), "held_on": given()["held_on"].isoformat(), "version": "0"}
    assert signed_in("KF3").get(page).status_code == 404
    assert signed_in("KF3").post(page, data).status_code == 404
    assert signed_in("WL1").post(page, data).status_code == 404
    signed_in("KF2").post(page, data)
    assert not Interview.objects.exists()  # the person cannot write the reviewer's side
    assert signed_in("KF1").post(page, data).status_code == 302
    signed_in("KF1").post(page, {**data, "words": "替他确认", "version": "1"})
    assert Interview.objects.get().confirmed_at is None
    assert signed_in("KF2").post(page, {"words": "<script>alert(1)</script>", "version": "1"}).status_code == 302
    for name in ("KF1", "KF2"):
        text = signed_in(name).get(page).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize("held", ["", "2999-01-01", "0001-01-01", "2026-13-45", "x"])
def test_a_day_that_cannot_be_is_refused_and_nothing_typed_is_lost(scene: Stage, signed_in: SignIn, held: str) -> None:
    page = reverse("interview", args=[scene.place("KF2").pk])
    answer = signed_in("KF1").post(page, {**given(agreed="我写了很多"), "held_on": held, "version": "0"})
    assert answer.status_code == 422
    assert "我写了很多" in answer.content.decode()


def test_who_is_still_without_is_listed(
    scene: Stage, signed_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    write(scene)
    lead = signed_in("KF1")
    lead.get(reverse("interviews"))
    with django_assert_max_num_queries(15):
        text = lead.get(f"{reverse('interviews')}?state=without").content.decode()
    assert "KF3" in text
    assert "KF2" not in text
    assert "WL2" not in text
    page = reverse("interview", args=[scene.place("KF2").pk])
    for client in (lead, signed_in("KF2")):
        with django_assert_max_num_queries(15):
            client.get(page)
