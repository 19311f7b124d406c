"""Calibration: results side by side, changes with reasons, and what they come to."""

import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from fenming.controls.models import Operation, Work
from fenming.controls.scope import Scope
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.cycles.models import Calibration, Cycle, Letter, Participant, Step
from fenming.modules.cycles.operations import calibration as operations
from fenming.modules.cycles.queries import calibration as queries
from fenming.modules.cycles.tests.outcomes import Stage, stage
from fenming.modules.schemes.models import Scorecard

WHY = "服务态度好，但两次漏跟单"


@pytest.fixture
def scene(small_company: SmallCompany) -> Stage:
    return stage(small_company)


def reach(scene: Stage, name: str | None = None) -> queries.Reach:
    """HR's; or that of a reviewer who has no more than that."""
    employee = scene.company.ids[name] if name else None
    scope = Scope() if name else Scope.all()
    return queries.Reach(sees=scope, changes=scope, employee=employee, reviews=name is not None)


def case(scene: Stage, number: str = "KF2") -> queries.Case:
    found = queries.case(reach(scene), scene.place(number).pk)
    assert found is not None
    return found


def change(scene: Stage, number: str = "KF2", **given: Any) -> Calibration:
    found = case(scene, number)
    given = {"grade": "", "points": None, "reason": WHY, "seen": found.seen, "may": True} | given
    return operations.calibrate(scene.actor("hr"), found, **given)


def test_a_change_shows_at_once_as_what_will_be_and_the_next_run_agrees(scene: Stage) -> None:
    before = case(scene).row.standing
    assert before
    assert not before.changes
    change(scene, points=Decimal("-12.5"))
    will_be = case(scene).row.standing
    assert will_be
    assert will_be.changes
    assert will_be.total == before.total - Decimal("12.5")  # type: ignore[operator]
    run = scene.again()
    card = Scorecard.objects.get(run=run, employee=scene.company.ids["KF2"])
    assert (card.total, card.grade) == (will_be.total, will_be.grade)
    after = case(scene).row.standing
    assert after
    assert not after.changes


def test_a_grade_that_was_set_stays_however_the_points_move(scene: Stage) -> None:
    change(scene, grade="C")
    change(scene, points=Decimal("5"))
    will_be = case(scene).row.standing
    run = scene.again()
    card = Scorecard.objects.get(run=run, employee=scene.company.ids["KF2"])
    assert will_be
    assert (card.total, card.grade) == (will_be.total, will_be.grade)
    assert card.grade == "C"


def test_what_was_taken_back_has_no_effect_even_after_a_run_that_counted_it(scene: Stage) -> None:
    earned = case(scene).row.standing
    one = change(scene, grade="D", points=Decimal("-20"))
    scene.again()
    found = case(scene)
    operations.undo(scene.actor("hr"), found, one.pk, reason="证据有误，恢复原结果", may=True)
    will_be = case(scene).row.standing
    assert earned
    assert will_be
    assert (will_be.total, will_be.grade) == (earned.total, earned.grade)
    assert will_be.changes
    assert Calibration.objects.filter(undoes=one).count() == 1
    again = operations.undo(scene.actor("hr"), case(scene), one.pk, reason="再次撤销一遍", may=True)
    assert again.undoes_id == one.pk
    assert Calibration.objects.count() == 2


def test_the_same_change_sent_twice_is_made_once(scene: Stage) -> None:
    first = change(scene, grade="C", seen=0)
    assert change(scene, grade="C", seen=0).pk == first.pk
    assert Calibration.objects.count() == 1


def test_of_two_who_change_at_once_the_second_is_told(scene: Stage, signed_in: SignIn) -> None:
    change(scene, grade="C", seen=0)
    answer = signed_in("hr").post(
        reverse("calibrate", args=[scene.place("KF2").pk]),
        {"grade": "B", "points": "", "reason": "另有意见请看", "seen": "0"},
    )
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Somebody has changed this result meanwhile" in text
    assert WHY in text
    assert "另有意见请看" in text
    assert Calibration.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "    ", "abcd", "  ab  "])
def test_a_change_without_a_reason_is_refused(scene: Stage, reason: str) -> None:
    with pytest.raises(ValidationError):
        change(scene, grade="C", reason=reason)


def test_what_changes_nothing_is_refused(scene: Stage) -> None:
    now = case(scene).row.standing
    assert now
    with pytest.raises(ValidationError):
        change(scene, grade=now.grade)
    with pytest.raises(ValidationError):
        change(scene)
    with pytest.raises(ValidationError):
        change(scene, grade="Z")


def test_nobody_calibrates_oneself(scene: Stage, signed_in: SignIn) -> None:
    Cycle.objects.filter(pk=scene.cycle.pk).update(head=scene.company.ids["KF1"])
    lead = signed_in("KF1")
    own = reverse("calibrate", args=[scene.place("KF1").pk])
    data = {"grade": "S", "points": "", "reason": "我应得最高等级", "seen": "0"}
    assert "This is your own result" in lead.get(own).content.decode()
    assert lead.post(own, data).status_code == 422
    assert not Calibration.objects.exists()
    other = reverse("calibrate", args=[scene.place("KF2").pk])
    assert lead.post(other, data).status_code == 302  # the head of the department may, for others


def test_a_reviewer_sees_and_changes_nothing(scene: Stage, signed_in: SignIn) -> None:
    page = reverse("calibrate", args=[scene.place("KF2").pk])
    lead = signed_in("KF1")
    assert lead.get(page).status_code == 200
    assert lead.post(page, {"grade": "C", "points": "", "reason": WHY, "seen": "0"}).status_code == 422
    assert not Calibration.objects.exists()


def test_out_of_reach_is_not_there(scene: Stage, signed_in: SignIn) -> None:
    page = reverse("calibrate", args=[scene.place("WL2").pk])
    assert signed_in("KF1").get(page).status_code == 404
    assert signed_in("KF1").post(reverse("calibration-undo", args=[scene.place("WL2").pk, 1])).status_code == 404
    assert signed_in("KF2").get(page).status_code == 403
    board = signed_in("KF1").get(reverse("calibration")).content.decode()
    assert "KF2" in board
    assert "WL2" not in board


@pytest.mark.parametrize("state", [Step.State.WAITING, Step.State.DONE, Step.State.SKIPPED])
def test_it_is_changed_only_while_the_calibration_is_open(scene: Stage, state: str) -> None:
    scene.step("calibration", state)
    with pytest.raises(ValidationError):
        change(scene, grade="C")


def test_what_was_told_by_letter_or_archived_stands(scene: Stage) -> None:
    Letter.objects.create(participant=scene.place("KF2"), contents={}, appeal_until="2026-11-20")
    with pytest.raises(ValidationError, match="letter"):
        change(scene, grade="C")
    Cycle.objects.filter(pk=scene.cycle.pk).update(state=Cycle.State.CLOSED)
    with pytest.raises(ValidationError, match="archived"):
        change(scene, "KF3", grade="C")


def test_trying_saves_nothing_and_shows_both_spreads(scene: Stage, signed_in: SignIn) -> None:
    page = reverse("calibrate", args=[scene.place("KF2").pk])
    answer = signed_in("hr").post(page, {"grade": "D", "points": "", "reason": "", "seen": "0", "try": "1"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "What it would become" in text
    assert "Nothing is saved yet" in text
    assert "The lowest grade is no ground for dismissal" in text
    assert not Calibration.objects.exists()


def test_small_departments_are_pooled_or_the_split_is_waived(scene: Stage) -> None:
    found = queries.board(reach(scene), QueryDict())
    assert found
    assert [(one.pooled, one.compared) for one in found.spreads] == [(True, False)]


def test_no_row_is_ever_rewritten(scene: Stage) -> None:
    one = change(scene, grade="C")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE cycles_calibration SET grade = 'S' WHERE id = %s", [one.pk])
    one.refresh_from_db()
    assert one.grade == "C"


def test_what_is_typed_is_shown_as_text(scene: Stage, signed_in: SignIn) -> None:
    hr = signed_in("hr")
    evil = "<script>alert(1)</script>=1+1"
    data = {"grade": "C", "points": "", "reason": evil, "seen": "0"}
    assert hr.post(reverse("calibrate", args=[scene.place("KF2").pk]), data).status_code == 302
    for url in (reverse("calibrate", args=[scene.place("KF2").pk]), reverse("calibration-minutes")):
        text = hr.get(url).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


@pytest.mark.parametrize(
    "data",
    [
        {"grade": "C", "points": "", "reason": "a\0bcdefg", "seen": "0"},
        {"grade": "C", "points": "NaN", "reason": WHY, "seen": "0"},
        {"grade": "C", "points": "1e999", "reason": WHY, "seen": "0"},
        {"grade": "C", "points": "", "reason": "x" * 501, "seen": "0"},
        {"grade": "C", "points": "", "reason": WHY, "seen": "99999999999999999999999"},
        {"grade": "C" * 50, "points": "", "reason": WHY, "seen": "0"},
        {},
    ],
)
def test_what_cannot_be_is_refused_in_words(scene: Stage, signed_in: SignIn, data: dict[str, str]) -> None:
    answer = signed_in("hr").post(reverse("calibrate", args=[scene.place("KF2").pk]), data)
    assert answer.status_code == 422
    assert not Calibration.objects.exists()


def test_the_list_and_the_minutes_are_a_workbook(scene: Stage, signed_in: SignIn) -> None:
    change(scene, grade="C", reason="=HYPERLINK(1)")
    answer = signed_in("hr").get(reverse("calibration-export"))
    book = load_workbook(io.BytesIO(answer.getvalue()))
    people, minutes = book.worksheets
    assert people.max_row == Participant.objects.count() + 1
    assert minutes["I2"].value == "'=HYPERLINK(1)"


def test_the_run_is_asked_for_and_the_step_ends(scene: Stage, signed_in: SignIn) -> None:
    hr = signed_in("hr")
    hr.post(reverse("calibration-run", args=[scene.cycle.pk]))
    assert Work.objects.filter(job="cycles.score").count() == 1
    hr.post(reverse("calibration-finish", args=[scene.cycle.pk]))
    assert Step.objects.get(cycle=scene.cycle, kind="calibration").state == Step.State.DONE
    assert signed_in("KF1").post(reverse("calibration-finish", args=[scene.cycle.pk])).status_code == 403


def test_hr_of_one_department_changes_nothing_of_another(scene: Stage, client: Client) -> None:
    user = User.objects.get(username="WL1")
    role = Role.objects.create(code="calibrator", name_zh="校准", permissions=["cycles.calibrate"])
    Grant.objects.create(user=user, role=role, reach="department", valid_from="2026-01-01")
    client.force_login(user)
    data = {"grade": "C", "points": "", "reason": WHY, "seen": "0"}
    assert client.post(reverse("calibrate", args=[scene.place("KF2").pk]), data).status_code == 404
    assert client.post(reverse("calibrate", args=[scene.place("WL2").pk]), data).status_code == 302


def test_whoever_reaches_a_part_of_a_cycle_neither_ends_its_calibration_nor_scores_it(
    scene: Stage, client: Client
) -> None:
    user = User.objects.get(username="WL1")
    role = Role.objects.create(code="calibrator", name_zh="校准", permissions=["cycles.calibrate"])
    one = {"employees": [scene.company.ids["KF2"]]}
    Grant.objects.create(user=user, role=role, reach="custom", listed=one, valid_from="2026-01-01")
    client.force_login(user)
    for name in ("calibration-finish", "calibration-run"):
        assert client.post(reverse(name, args=[scene.cycle.pk])).status_code == 404
        assert reverse(name, args=[scene.cycle.pk]) not in client.get(reverse("calibration")).content.decode()
    assert Step.objects.get(cycle=scene.cycle, kind="calibration").state == Step.State.OPEN
    assert not Work.objects.exists()


def test_a_change_while_the_cycle_is_being_archived_is_refused(scene: Stage) -> None:
    Step.objects.filter(cycle=scene.cycle, kind="calibration").delete()
    found = case(scene)
    work = Work.objects.create(job="cycles.close", arguments={}, next_try_at="2026-11-01T00:00:00Z")
    Cycle.objects.filter(pk=scene.cycle.pk).update(work=work.pk)
    with pytest.raises(ValidationError, match="being archived"):
        change(scene, grade="C")
    with pytest.raises(ValidationError, match="being archived"):
        operations.undo(scene.actor("hr"), found, 1, reason=WHY, may=True)
    assert not Calibration.objects.exists()


def test_the_pages_take_few_queries(
    scene: Stage, signed_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    hr = signed_in("hr")
    change(scene, grade="C")
    urls = [reverse("calibration"), reverse("calibrate", args=[scene.place("KF2").pk]), reverse("calibration-minutes")]
    for url in urls:
        hr.get(url)
        with django_assert_max_num_queries(15):
            assert hr.get(url).status_code == 200


def test_a_change_is_in_the_log(scene: Stage) -> None:
    change(scene, grade="C")
    entry = Operation.objects.filter(action="cycles.calibrate").get()
    assert entry.after["reason"] == WHY  # type: ignore[index]
