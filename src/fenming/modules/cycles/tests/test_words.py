"""Questions with their answers, and thanks: to whom they go, who sees them, and how often."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fenming.library.badges import badges
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import OCTOBER, SignIn, SmallCompany
from fenming.modules.cycles.models import Cycle, Participant, Question, Recognition
from fenming.modules.cycles.tests.reviewing import NASTY, SHOWN, a_cycle, as_actor, page
from fenming.modules.messages.models import Message
from fenming.modules.schemes.models import Scorecard

NEW, THANK = "/questions/new/", "/thanks/new/"


@pytest.fixture
def cycle(small_company: SmallCompany) -> Cycle:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    return a_cycle(small_company, [], rated=False)


def card(number: str) -> int:
    return Scorecard.objects.get(employee__number=number).pk


def todos(name: str) -> int:
    return Message.objects.filter(recipient=as_actor(name), topic="cycles.question", done_at=None).count()


def about(number: str, indicator: str = "response_time", fact: str = "") -> str:
    return f"{NEW}?card={card(number)}&indicator={indicator}&fact={fact}"


def test_a_number_is_questioned_in_two_taps_and_answered(cycle: Cycle, signed_in: SignIn) -> None:
    mine, address = signed_in("KF2"), about("KF2", fact="service_session:京东|1005-2")
    assert "How did this number come about?" in page(mine, address)
    for _again in range(2):
        mine.post(address, {"text": "How did this number come about?", "to": "reviewer"})
    question = Question.objects.get()
    assert (question.indicator, question.fact) == ("response_time", "service_session:京东|1005-2")
    assert (todos("KF1"), todos("hr")) == (1, 0)
    lead, where = signed_in("KF1"), reverse("question", args=[question.pk])
    assert "How did this number come about?" in page(lead, reverse("questions"))
    lead.post(where, {"answer": NASTY})
    assert todos("KF1") == 0
    assert Message.objects.filter(recipient=as_actor("KF2"), topic="cycles.question_answered").count() == 1
    text = page(mine, where)
    assert SHOWN in text
    assert "<script>alert" not in text
    signed_in("hr").post(where, {"answer": "另一个答复"})
    question.refresh_from_db()
    assert question.answer == NASTY.strip()


def test_a_word_in_general_goes_to_hr_where_the_person_wishes(cycle: Cycle, signed_in: SignIn) -> None:
    signed_in("KF2").post(NEW, {"text": "想换班", "to": "hr"})
    question = Question.objects.get()
    assert (question.to, question.indicator) == (None, "")
    assert (todos("hr"), todos("KF1")) == (1, 0)
    assert signed_in("KF1").get(reverse("question", args=[question.pk])).status_code == 404
    assert "想换班" in page(signed_in("hr"), reverse("questions"))


def test_somebody_in_no_cycle_asks_hr(cycle: Cycle, signed_in: SignIn) -> None:
    Participant.objects.filter(employee__number="KF2").delete()
    signed_in("KF2").post(about("KF2"), {"text": "为什么", "to": "reviewer"})
    assert not Question.objects.exists(), "there is no reviewer to choose"
    signed_in("KF2").post(about("KF2"), {"text": "为什么", "to": "hr"})
    assert todos("hr") == 1


def test_nobody_asks_about_the_number_of_another(cycle: Cycle, signed_in: SignIn) -> None:
    mine = signed_in("KF2")
    assert mine.get(about("KF3")).status_code == 404
    assert mine.post(about("KF3"), {"text": "偷看", "to": "hr"}).status_code == 404
    for wrong in ("?card=x", "?card=-1", "?card=99999999999999999999", f"?card={card('KF2')}&indicator=nothing"):
        assert mine.get(NEW + wrong).status_code == 404
    mine.post(about("KF2"), {"text": "我的", "to": "hr"})
    where = reverse("question", args=[Question.objects.get().pk])
    assert signed_in("KF3").get(where).status_code == 404
    assert mine.post(where, {"answer": "自问自答"}).status_code == 302
    assert Question.objects.get().answer == ""


def test_long_words_are_refused_and_kept(cycle: Cycle, signed_in: SignIn) -> None:
    long = "长" * 10_000
    answer = signed_in("KF2").post(NEW, {"text": long, "to": "hr"})
    assert (answer.status_code, long in answer.content.decode()) == (422, True)


def thanks(company: SmallCompany, number: str, **given: str) -> dict[str, Any]:
    return {"receiver": company.ids[number], "badge": "helper", "text": "谢谢顶班", **given}


def test_thanks_are_told_and_stand_on_the_wall_of_the_department(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn
) -> None:
    for _again in range(2):
        signed_in("KF2").post(THANK, thanks(small_company, "KF3", text=NASTY[:300]))
    assert Recognition.objects.count() == 1
    assert Message.objects.filter(recipient=as_actor("KF3"), topic="cycles.thanks").count() == 1
    for who, sees in (("KF3", True), ("KF4", True), ("WL2", False), ("hr", True)):
        text = page(signed_in(who), reverse("thanks")) if who != "hr" else page(signed_in("hr"), "/thanks/")
        assert (SHOWN in text) == sees, who
        assert "<script>alert" not in text


def test_thanks_across_departments_are_seen_in_both(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn
) -> None:
    signed_in("KF2").post(THANK, thanks(small_company, "WL2"))
    for who in ("KF2", "WL2", "WL3"):
        assert "谢谢顶班" in page(signed_in(who), reverse("thanks"))


def test_ten_times_a_day_and_not_oneself(small_company: SmallCompany, cycle: Cycle, signed_in: SignIn) -> None:
    mine = signed_in("KF2")
    assert mine.post(THANK, thanks(small_company, "KF2")).status_code == 422
    for number in range(11):
        answer = mine.post(THANK, thanks(small_company, "KF3", text=f"第 {number} 次"))
    assert answer.status_code == 422
    assert "第 10 次" in answer.content.decode()
    assert Recognition.objects.count() == 10
    Recognition.objects.update(at=timezone.now() - timedelta(days=2))
    assert mine.post(THANK, thanks(small_company, "KF3")).status_code == 302


def test_thanks_are_taken_back_by_the_giver_within_a_day(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn
) -> None:
    signed_in("KF2").post(THANK, thanks(small_company, "KF3"))
    one = Recognition.objects.get()
    address = reverse("thanks-withdraw", args=[one.pk])
    assert signed_in("KF3").post(address).status_code == 404
    Recognition.objects.update(at=timezone.now() - timedelta(days=2))
    signed_in("KF2").post(address)
    one.refresh_from_db()
    assert one.withdrawn_at is None
    Recognition.objects.update(at=timezone.now())
    signed_in("KF2").post(address)
    assert "谢谢顶班" not in page(signed_in("KF3"), reverse("thanks"))


@pytest.mark.parametrize("wrong", [{"receiver": "99999"}, {"receiver": "x"}, {"receiver": ""}, {"badge": "none"}, {}])
def test_what_cannot_be_is_refused(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn, wrong: dict[str, str]
) -> None:
    given = thanks(small_company, "KF3", **wrong) if wrong else {}
    assert signed_in("KF2").post(THANK, given).status_code == 422
    too_long = thanks(small_company, "KF3", text="长" * 301)
    assert signed_in("KF2").post(THANK, too_long).status_code == 422


def test_colleagues_are_known_by_name_and_department_only(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn
) -> None:
    found = signed_in("KF2").get("/thanks/find/?q=郑").json()["results"]
    assert found == [{"value": small_company.ids["WL3"], "text": "郑洁", "note": "Logistics"}]
    near = signed_in("KF2").get("/thanks/find/").json()["results"]
    assert {one["text"] for one in near} == {"林晓雯", "王芳", "李娜"}


def test_badges_are_in_both_languages() -> None:
    assert len(badges()) >= 6
    assert [one.position for one in badges().values()] == sorted(one.position for one in badges().values())
    assert all(one.name.zh and one.name.en and one.about.zh and one.about.en for one in badges().values())


def test_pages_need_few_queries(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    mine = signed_in("KF2")
    for number in range(9):
        mine.post(THANK, thanks(small_company, "KF3", text=f"第 {number} 次"))
        mine.post(about("KF2"), {"text": f"问题 {number}", "to": "reviewer"})
    where = reverse("question", args=[Question.objects.latest("id").pk])
    for address in (reverse("thanks"), THANK, about("KF2"), where, reverse("my-cycle")):
        with django_assert_max_num_queries(15, info=address):
            page(mine, address)
    lead = signed_in("KF1")
    for address in (reverse("questions"), where):
        with django_assert_max_num_queries(15, info=address):
            page(lead, address)
