"""Letters: what they say stays what they said; opened, confirmed, reminded."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.modules.accounts.models import Role
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.cycles.models import Appeal, Calibration, Cycle, Letter, Step, Task
from fenming.modules.cycles.operations import letters as operations
from fenming.modules.cycles.queries import letters as queries
from fenming.modules.cycles.tests.outcomes import Stage, stage
from fenming.modules.messages.models import Message
from fenming.modules.people.models import Department
from fenming.modules.schemes.models import Scorecard, ScoreLine


@pytest.fixture
def scene(small_company: SmallCompany) -> Stage:
    made = stage(small_company)
    made.step("calibration", Step.State.DONE)
    return made


def issue(scene: Stage) -> int:
    return operations.issue(scene.actor("hr"), scene.cycle, scope=Scope.all())


def text(scene: Stage, number: str = "KF2", language: str = "en") -> dict[str, Any]:
    with translation.override(language):
        return queries.said(Letter.objects.get(participant=scene.place(number)))


def test_issued_once_for_everybody_and_never_again(scene: Stage) -> None:
    assert issue(scene) == 4
    before = list(Letter.objects.order_by("pk").values())
    assert issue(scene) == 0
    assert list(Letter.objects.order_by("pk").values()) == before
    cycle = Cycle.objects.get(pk=scene.cycle.pk)
    assert cycle.published_at is not None
    assert Step.objects.get(cycle=cycle, kind="letter").state == Step.State.DONE


def test_issuing_to_a_part_of_the_cycle_does_not_end_the_step_for_the_others(scene: Stage) -> None:
    mine = Scope(employees=frozenset({scene.company.ids["KF2"]}))
    assert operations.issue(scene.actor("hr"), scene.cycle, scope=mine) == 1
    assert Step.objects.get(cycle=scene.cycle, kind="letter").state == Step.State.OPEN
    assert issue(scene) == 3
    assert Step.objects.get(cycle=scene.cycle, kind="letter").state == Step.State.DONE


def test_it_says_what_the_run_says(scene: Stage) -> None:
    issue(scene)
    card = Scorecard.objects.get(run=scene.run, employee=scene.company.ids["KF2"])
    told = text(scene)
    assert (Decimal(told["total"]), told["grade"]) == (card.total, card.grade)
    assert told["place"] == f"No. {card.rank} of 4"
    assert told["bonus"]["amount"]
    assert len(told["lines"]) == card.lines.count()
    assert told["room"]
    assert len(told["room"]) <= 2
    assert "left this one as it is" in told["how"][-1]


def test_it_reads_the_same_whatever_changes(scene: Stage, signed_in: SignIn) -> None:
    issue(scene)
    me = signed_in("KF2")
    page = reverse("letter", args=[scene.place("KF2").pk])
    me.get(page)
    before = text(scene)
    Department.objects.update(name_zh="改名部", name_en="Renamed")
    ScoreLine.objects.all().delete()
    Scorecard.objects.update(total=Decimal("1"), grade="D", rank=4)
    Cycle.objects.update(shows_rank="none", appeal_days=1)
    assert text(scene) == before
    content = me.get(page).content.decode()
    assert before["total"] in content
    assert before["place"] in content
    assert "Renamed" not in content


def test_both_languages_are_pinned(scene: Stage) -> None:
    issue(scene)
    assert text(scene, language="zh-hans")["scheme"]["name"] != text(scene, language="en")["scheme"]["name"]
    assert text(scene, language="fr") == text(scene, language="en")


@pytest.mark.parametrize(("shows", "said"), [("rank", "No. "), ("band", "in the "), ("none", "")])
def test_as_much_of_the_place_as_the_plan_says(scene: Stage, shows: str, said: str) -> None:
    Cycle.objects.update(shows_rank=shows)
    issue(scene)
    place = text(scene)["place"]
    assert place.startswith(said)
    assert bool(place) == bool(said)


def test_the_days_to_appeal_are_working_days(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2026, 11, 5))
    issue(scene)
    assert Letter.objects.get(participant=scene.place("KF2")).appeal_until == date(2026, 11, 16)


def test_what_was_decided_is_told_with_its_reason_and_by_whom(scene: Stage) -> None:
    Calibration.objects.create(
        participant=scene.place("KF2"), before_grade="B", before_total=90, grade="C", reason="连续两次漏跟单",
        author_id=scene.actor("KF1").user,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="Make the run first"):
        issue(scene)
    scene.again()
    issue(scene)
    said = text(scene)["decisions"]
    assert len(said) == 1
    assert "连续两次漏跟单" in said[0]
    assert "林晓雯" in said[0]
    assert "changed it as stated" in text(scene)["how"][-1]


def test_nothing_is_issued_before_the_calibration_ends(scene: Stage) -> None:
    scene.step("calibration", Step.State.OPEN)
    with pytest.raises(ValidationError, match="calibration"):
        issue(scene)
    assert not Letter.objects.exists()


def test_the_person_opens_and_confirms_and_the_task_is_done(scene: Stage, signed_in: SignIn) -> None:
    issue(scene)
    place = scene.place("KF2")
    page = reverse("letter", args=[place.pk])
    signed_in("KF1").get(page)
    assert Letter.objects.get(participant=place).opened_at is None  # the reviewer's look does not count
    me = signed_in("KF2")
    assert "I have read it" in me.get(page).content.decode()
    first = Letter.objects.get(participant=place).opened_at
    assert first is not None
    for _twice in range(2):
        assert me.post(page).status_code == 302
    letter = Letter.objects.get(participant=place)
    assert letter.opened_at == first
    assert letter.confirmed_at is not None
    assert Task.objects.get(step__kind="confirm", participant=place).state == Task.State.DONE


def test_nobody_confirms_for_another_or_sees_what_is_not_told(scene: Stage, signed_in: SignIn) -> None:
    issue(scene)
    mine, other = (reverse("letter", args=[scene.place(one).pk]) for one in ("KF2", "KF3"))
    assert signed_in("KF2").get(other).status_code == 404
    assert signed_in("KF2").post(other).status_code == 404
    assert signed_in("WL1").get(mine).status_code == 404
    signed_in("hr").post(mine)
    assert Letter.objects.get(participant=scene.place("KF2")).confirmed_at is None


def test_before_it_is_issued_only_hr_sees_the_preview(scene: Stage, signed_in: SignIn) -> None:
    page = reverse("letter", args=[scene.place("KF2").pk])
    assert "Preview" in signed_in("hr").get(page).content.decode()
    for name in ("KF1", "KF2"):
        assert "Not issued yet" in signed_in(name).get(page).content.decode()
    assert signed_in("KF2").post(page).status_code == 302
    assert not Letter.objects.exists()


def test_who_has_neither_confirmed_nor_appealed_is_reminded_once(scene: Stage) -> None:
    issue(scene)
    operations.confirm(scene.actor("KF2"), scene.place("KF2"))
    Appeal.objects.create(participant=scene.place("KF3"), reason="算错了", answer_by=date(2026, 11, 30))
    for _twice in range(2):
        operations.remind(scene.actor("hr"), scene.cycle, scope=Scope.all())
    reminded = Message.objects.filter(topic="cycles.letter_reminder").values_list("recipient__username", flat=True)
    assert sorted(reminded) == ["KF1", "KF4"]
    operations.confirm(scene.actor("KF4"), scene.place("KF4"))
    assert Message.objects.get(topic="cycles.letter_reminder", recipient__username="KF4").done_at is not None


def test_the_lists_are_hrs_and_small(
    scene: Stage, signed_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert signed_in("KF1").get(reverse("letters")).status_code == 403
    hr, me = signed_in("hr"), signed_in("KF2")
    hr.post(f"{reverse('letters')}?cycle={scene.cycle.pk}", {"do": "issue"})
    assert Letter.objects.count() == 4
    mine = reverse("letter", args=[scene.place("KF2").pk])
    for client, url in ((hr, reverse("letters")), (hr, mine), (me, mine), (me, reverse("my-letter"))):
        client.get(url)
        with django_assert_max_num_queries(15):
            assert client.get(url).status_code == 200


def test_an_issued_letter_asks_the_database_little_of_the_reviewer(
    scene: Stage, signed_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert issue(scene) == 4
    Run.objects.filter(pk=scene.run.pk).update(kind=Run.Kind.CLOSE)
    Cycle.objects.filter(pk=scene.cycle.pk).update(run=scene.run)
    role = Role.objects.get(code="lead")
    role.permissions = [*{*role.permissions, "bonus.view"}]
    role.save()
    lead, url = signed_in("KF1"), reverse("letter", args=[scene.place("KF2").pk])
    lead.get(url)
    with django_assert_max_num_queries(15):
        answer = lead.get(url)
    assert answer.context["bonus_shown"]
    assert not answer.context["seat"].manages


def test_the_workbook_has_the_figures_as_told(scene: Stage, signed_in: SignIn) -> None:
    issue(scene)
    answer = signed_in("hr").get(f"{reverse('letters-export')}?cycle={scene.cycle.pk}")
    letters, lines = load_workbook(io.BytesIO(answer.getvalue())).worksheets
    assert letters.max_row == 5
    assert lines.max_row > 5
    assert letters["D2"].value == float(text(scene, str(letters["A2"].value))["total"])


def test_many_letters_take_no_more_queries_than_few(
    scene: Stage, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = list(queries.of_cycle(Scope.all(), scene.cycle))
    queries.drafts(scene.cycle, people[:1], until=date(2026, 11, 20))
    with django_assert_max_num_queries(10):
        assert len(queries.drafts(scene.cycle, people, until=date(2026, 11, 20))) == 4
