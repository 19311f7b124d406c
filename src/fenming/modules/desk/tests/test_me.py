"""The phone page of oneself."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from fenming.controls.models import Run
from fenming.controls.operations import SYSTEM
from fenming.library.text import Words
from fenming.modules.accounts.models import User
from fenming.modules.bonus.models import Adjustment
from fenming.modules.bonus.operations import settle
from fenming.modules.bonus.operations.adjusting import correct
from fenming.modules.conftest import OCTOBER, SignIn, SmallCompany
from fenming.modules.cycles.models import Cycle, Participant, Plan, Recognition, Step, Task
from fenming.modules.cycles.operations.tasks import todo_key
from fenming.modules.desk.queries.me import Me, Outlook, me
from fenming.modules.desk.tests.conftest import October
from fenming.modules.messages.models import Message
from fenming.modules.messages.operations import notify
from fenming.modules.people.models import CalendarDay, Department
from fenming.rules import curves
from fenming.rules.decisions import Decision
from fenming.rules.periods import parse


def own(october: October, number: str) -> Me:
    found = me(october.company.ids[number], QueryDict())
    assert found is not None
    return found


def test_the_page_shows_total_rank_bonus_and_the_way_to_the_records(october: October, signed_in: SignIn) -> None:
    card = october.cards["KF2"]
    page = signed_in("KF2").get("/me/").content.decode()
    assert f"{card.total:.1f}" in page
    assert f"/rows/{card.pk}/response_time/" in page
    assert f"No. {card.rank} of 4" in page


def test_nobody_elses_name_is_on_it(october: October, signed_in: SignIn) -> None:
    page = signed_in("KF2").get("/me/").content.decode()
    assert not [name for name in ("林晓雯", "王芳", "李娜", "KF3") if name in page]


def test_a_tip_gains_what_scoring_again_gives(october: October) -> None:
    for number in october.cards:
        found = own(october, number)
        for tip in found.tips:
            line = tip.line
            marks = [line.target, getattr(line.item.curve, "stretch", None)]
            possible = [
                line.weight * (curves.score(line.item.curve, mark).score - line.score) / 100
                for mark in marks
                if mark is not None
            ]
            assert tip.gain in possible
            assert tip.gain > 0
        assert [tip.gain for tip in found.tips] == sorted((tip.gain for tip in found.tips), reverse=True)
        assert len(found.tips) <= 3


def test_the_next_grade_says_what_is_missing(october: October) -> None:
    for number, card in october.cards.items():
        found = own(october, number)
        if found.next is None:
            continue
        assert found.next.points > 0
        bands = {band.grade: band.at_least for band in found.score.scheme.grades.bands}
        assert card.total + found.next.points == bands[found.next.grade]


def test_a_missing_indicator_is_not_drawn_as_zero(october: October, signed_in: SignIn) -> None:
    goals = {goal.line.indicator.id: goal for goal in own(october, "KF3").goals}
    assert goals["satisfaction_score"].length is None
    assert goals["satisfaction_score"].tone == "slate"
    assert "left out" in signed_in("KF3").get("/me/").content.decode()


def test_a_closed_period_has_passed_wholly(october: October) -> None:
    found = own(october, "KF2")
    assert (found.passed, found.running) == (Decimal(100), False)


def test_an_account_without_an_employee_has_no_scorecard_of_its_own(october: October, signed_in: SignIn) -> None:
    assert signed_in("hr").get("/me/").status_code == 403


def test_before_the_first_run_the_page_says_so(small_company: SmallCompany, signed_in: SignIn) -> None:
    assert b"No scorecard yet" in signed_in("KF2").get("/me/").content


def test_an_unknown_period_gives_the_newest(october: October, signed_in: SignIn) -> None:
    client = signed_in("KF2")
    for query in ("period=1999-01", "run=0", "period=%00"):
        assert client.get(f"/me/?{query}").status_code == 200


def test_it_takes_few_queries(
    october: October, signed_in: SignIn, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = signed_in("KF2")
    with django_assert_max_num_queries(15):
        client.get("/me/")


def test_ones_own_correction_is_shown_with_reason_month_and_case(
    october: October, signed_in: SignIn, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    decision = Decision(source="appeal", number=7, reason="the roster was wrong", points=Decimal(10))
    correct(SYSTEM, october.run, {"KF2": [decision]}, reason="the roster was wrong", source="appeal:7")
    made = Adjustment.objects.get()
    client = signed_in("KF2")
    with django_assert_max_num_queries(15):
        page = client.get("/me/").content.decode()
    assert f"{abs(made.amount):,.2f}" in page
    assert "the roster was wrong" in page
    assert "to be paid with the next period" in page
    assert "/appeals/mine/7/" in page
    other = signed_in("KF3").get("/me/").content.decode()
    assert "the roster was wrong" not in other
    assert "/appeals/mine/7/" not in other
    Adjustment.objects.update(settled_in=october.run, source="late:x")
    page = client.get("/me/").content.decode()
    assert f"paid with {october.run.label}" in page
    assert "/appeals/mine/7/" not in page, "late facts are no appeal"


def test_home_leads_each_role_to_its_first_page(october: October, signed_in: SignIn) -> None:
    assert signed_in("KF2").get("/")["Location"] == "/me/"
    assert signed_in("hr").get("/")["Location"] == "/board/"


@pytest.fixture
def running(small_company: SmallCompany) -> Callable[[datetime], Me]:
    """KF2's page of an October that is scored up to a moment."""

    def upto(moment: datetime) -> Me:
        settle(
            small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, kind=Run.Kind.LIVE,
            until=timezone.make_aware(moment),
        )  # fmt: skip
        found = me(small_company.ids["KF2"], QueryDict())
        assert found is not None
        return found

    return upto


def test_days_that_have_passed_are_working_days(running: Callable[[datetime], Me]) -> None:
    CalendarDay.objects.create(date=date(2026, 10, 1), kind="rest")
    CalendarDay.objects.create(date=date(2026, 10, 10), kind="work")
    found = running(datetime(2026, 10, 15, 9))
    assert (found.pace.passed, found.pace.of) == (10, 22)


def test_rates_alone_stay_as_they_are(running: Callable[[datetime], Me]) -> None:
    found = running(datetime(2026, 10, 15, 9))
    assert found.outlook == Outlook(total=found.score.card.total, grade=found.score.card.grade)


def test_before_the_third_working_day_there_is_no_forecast(
    running: Callable[[datetime], Me], signed_in: SignIn
) -> None:
    assert running(datetime(2026, 10, 3, 9)).outlook == Outlook(too_early=True)
    assert "too early" in signed_in("KF2").get("/me/").content.decode()


def test_a_closed_period_has_no_forecast(october: October) -> None:
    assert own(october, "KF2").outlook is None


@pytest.mark.parametrize(
    ("shown", "third", "rank"), [("rank", "", True), ("band", "third", False), ("none", "", False)]
)
def test_the_plan_says_how_much_of_the_place_is_shown(
    shown: str, third: str, rank: bool, october: October, signed_in: SignIn
) -> None:
    Plan.objects.update_or_create(department=None, defaults={"shows_rank": shown})
    place = own(october, "KF2").place
    assert third in place.third
    assert bool(place.third) == bool(third)
    assert (place.rank is not None, bool(place.columns)) == (rank, rank)
    page = signed_in("KF2").get("/me/").content.decode()
    assert ("No. " in page) == rank


def test_a_cycle_counts_more_than_the_plan(october: October) -> None:
    department = october.cards["KF2"].department
    Plan.objects.update_or_create(department=department, defaults={"shows_rank": "rank"})
    Plan.objects.update_or_create(department=None, defaults={"shows_rank": "band"})
    assert own(october, "KF2").place.rank
    Cycle.objects.create(
        department=department, label="2026-10", start=OCTOBER.start, end=OCTOBER.end, shows_rank="none"
    )
    assert own(october, "KF2").place.rank is None


def test_what_is_said_of_a_department_holds_below_it(october: October) -> None:
    department = october.cards["KF2"].department
    above = Department.objects.create(code="above", name_zh="上级", name_en="Above")
    Department.objects.filter(pk=department.pk).update(parent=above)
    Plan.objects.create(department=above, shows_rank="band")
    assert own(october, "KF2").place.rank is None
    assert own(october, "KF2").place.third
    Cycle.objects.create(
        department=above, departments=[above.pk, department.pk], label="2026-10", start=OCTOBER.start, end=OCTOBER.end,
        shows_rank="none",
    )  # fmt: skip
    assert not own(october, "KF2").place.third


def test_open_tasks_lead_to_the_page_of_their_message(october: October, signed_in: SignIn) -> None:
    employee = october.company.ids["KF2"]
    department = october.cards["KF2"].department
    cycle = Cycle.objects.create(department=department, label="2026-10", start=OCTOBER.start, end=OCTOBER.end)
    days = {"opens": OCTOBER.end, "due": OCTOBER.end + timedelta(days=3)}
    step = Step.objects.create(cycle=cycle, kind="self_review", position=1, owner="employee", state="open", **days)
    mine, other = (
        Participant.objects.create(cycle=cycle, employee_id=october.company.ids[one]) for one in ("KF2", "KF3")
    )
    Task.objects.create(step=step, participant=mine, assignee_id=employee, due=step.due)
    Task.objects.create(step=step, participant=other, assignee_id=october.company.ids["KF3"], due=step.due)
    user = User.objects.get(username="KF2").pk
    words = Words(zh="自评", en="Self review")
    given = {"topic": "cycles.self_review", "kind": "todo", "subject_key": todo_key(step.pk), "url": "/me/"}
    notify([user], title=words, body=words, **given)  # type: ignore[arg-type]
    found = me(employee, QueryDict(), user=user)
    assert found is not None
    message = Message.objects.get(recipient=user)
    assert [(one.title, one.url) for one in found.to_dos] == [("Self review · 2026-10", f"/inbox/{message.pk}/")]
    assert b"Self review" in signed_in("KF2").get("/me/").content


def test_thanks_of_the_period_are_shown_and_those_withdrawn_are_not(october: October) -> None:
    ids = october.company.ids
    for at, gone in ((date(2026, 10, 9), None), (date(2026, 9, 9), None), (date(2026, 10, 8), date(2026, 10, 9))):
        one = Recognition.objects.create(giver_id=ids["KF3"], receiver_id=ids["KF2"], badge="help", text="谢谢")
        moment = timezone.make_aware(datetime.combine(at, time(12)))
        Recognition.objects.filter(pk=one.pk).update(
            at=moment, withdrawn_at=gone and timezone.make_aware(datetime.combine(gone, time(12)))
        )
    assert len(own(october, "KF2").thanks) == 1


def test_periods_make_a_history(october: October, signed_in: SignIn) -> None:
    assert own(october, "KF2").history is None
    company = october.company
    settle(company.engine, company.lake, parse("2026-09"), folder=company.runs, kind=Run.Kind.LIVE)
    found = own(october, "KF2").history
    assert found is not None
    assert [label for label, _name, _total, _grade in found.periods] == ["2026-09", "2026-10"]
