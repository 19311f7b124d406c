"""Reviews: drafts that are kept, levels with reasons, side by side, and what changes while people write."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fenming.controls.models import Operation
from fenming.controls.operations import SYSTEM
from fenming.controls.scope import Scope
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import OCTOBER, SignIn, SmallCompany
from fenming.modules.cycles.models import Cycle, Rating, Review, Step, StepKind
from fenming.modules.cycles.operations.reviews import flush_ratings
from fenming.modules.cycles.queries.reach import visible_participants
from fenming.modules.cycles.queries.reviews import my_people, rows
from fenming.modules.cycles.queries.standing import standing
from fenming.modules.cycles.tests.reviewing import NASTY, SHOWN, a_cycle, as_actor, page, person, task
from fenming.modules.cycles.tests.test_ratings import ITEM, with_collaboration
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.operations import publish


@pytest.fixture
def cycle(small_company: SmallCompany) -> Cycle:
    return a_cycle(small_company, [StepKind.SELF_REVIEW, StepKind.MANAGER_REVIEW])


def sent(version: int = 0, form: str = "page-one-key", **given: Any) -> dict[str, Any]:
    return {"version": version, "page": form, "done_well": "", "to_improve": "", "act": "save", **given}


def rated(level: str, note: str = "", **given: Any) -> dict[str, Any]:
    return sent(**{f"level_{ITEM}": level, f"note_{ITEM}": note, **given})


def review_of(cycle: Cycle, number: str, kind: str = "manager") -> Review:
    return Review.objects.get(participant=person(cycle, number), kind=kind)


def review_page(cycle: Cycle, number: str) -> str:
    return reverse("review", args=[person(cycle, number).pk])


def test_a_self_review_is_saved_while_typing_and_handed_in(cycle: Cycle, signed_in: SignIn) -> None:
    one, mine = person(cycle, "KF2"), signed_in("KF2")
    draft, address = (reverse(name, args=[one.pk]) for name in ("self-review-draft", "self-review"))
    for number, text in enumerate(("我", "我做", "我做了很多")):
        answer = mine.post(draft, sent(version=number, done_well=text))
        assert "Draft saved" in answer.content.decode()
    assert Operation.objects.filter(action="cycles.review_drafted").count() == 1
    assert "我做了很多" in page(mine, address)
    mine.post(address, sent(version=2, done_well="我做了很多", act="hand_in"))
    found = review_of(cycle, "KF2", "self")
    assert (found.done_well, found.submitted_at is not None) == ("我做了很多", True)
    assert task(one, StepKind.SELF_REVIEW).state == "done"
    mine.post(address, sent(version=found.version, form="page-two-key", done_well="再改一句", act="hand_in"))
    assert review_of(cycle, "KF2", "self").done_well == "再改一句"


def test_the_submission_that_overtakes_its_own_draft_is_no_conflict(cycle: Cycle, signed_in: SignIn) -> None:
    one, mine = person(cycle, "KF2"), signed_in("KF2")
    mine.post(reverse("self-review-draft", args=[one.pk]), sent(done_well="写到一半"))
    answer = mine.post(reverse("self-review", args=[one.pk]), sent(done_well="写完了", act="hand_in"))
    assert answer.status_code == 302


def test_what_was_written_elsewhere_is_shown_before_it_is_replaced(cycle: Cycle, signed_in: SignIn) -> None:
    one, mine = person(cycle, "KF2"), signed_in("KF2")
    address = reverse("self-review", args=[one.pk])
    mine.post(address, sent(done_well="在电脑上写的", form="the-computer"))
    answer = mine.post(address, sent(done_well="在手机上写的", form="the-phone-key", act="hand_in"))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "在电脑上写的" in text
    assert "在手机上写的" in text
    told = mine.post(reverse("self-review-draft", args=[one.pk]), sent(done_well="又在手机上", form="the-phone-key"))
    assert "changed elsewhere" in told.content.decode()
    assert review_of(cycle, "KF2", "self").done_well == "在电脑上写的"


def test_nothing_is_written_when_the_step_is_not_open(cycle: Cycle, signed_in: SignIn) -> None:
    one, mine = person(cycle, "KF2"), signed_in("KF2")
    mine.post(reverse("self-review", args=[one.pk]), sent(done_well="及时", act="hand_in"))
    Step.objects.filter(cycle=cycle).update(state="done")
    mine.post(reverse("self-review", args=[one.pk]), sent(version=1, done_well="太晚", act="hand_in"))
    answer = mine.post(reverse("self-review-draft", args=[one.pk]), sent(version=1, done_well="太晚"))
    assert "Not saved" in answer.content.decode()
    signed_in("KF1").post(review_page(cycle, "KF2"), rated("4", act="hand_in"))
    assert not Rating.objects.exists()
    assert review_of(cycle, "KF2", "self").done_well == "及时"
    assert "及时" in page(mine, reverse("self-review", args=[one.pk]))


@pytest.mark.parametrize("level", ["6", "1"])
def test_the_best_and_the_worst_level_need_a_reason(cycle: Cycle, signed_in: SignIn, level: str) -> None:
    client, address = signed_in("KF1"), review_page(cycle, "KF2")
    answer = client.post(address, rated(level, done_well="写的还在", act="hand_in"))
    assert answer.status_code == 422
    assert "need a reason" in answer.content.decode()
    assert "写的还在" in answer.content.decode()
    assert client.post(address, rated(level, "带新人上手", act="hand_in")).status_code == 302
    assert review_of(cycle, "KF2").submitted_at is not None
    assert task(person(cycle, "KF2"), StepKind.MANAGER_REVIEW).state == "done"


@pytest.mark.parametrize("level", ["7", "0", "-1", "NaN", "x", "4.0001"])
def test_a_level_that_does_not_exist_is_refused(cycle: Cycle, signed_in: SignIn, level: str) -> None:
    assert signed_in("KF1").post(review_page(cycle, "KF2"), rated(level)).status_code == 422
    assert not Rating.objects.exists()


def test_a_review_without_its_levels_is_a_draft_and_cannot_be_handed_in(cycle: Cycle, signed_in: SignIn) -> None:
    client, address = signed_in("KF1"), review_page(cycle, "KF2")
    assert client.post(address, sent(act="hand_in")).status_code == 422
    assert client.post(address, sent()).status_code == 302
    assert review_of(cycle, "KF2").submitted_at is None


def test_handing_in_leads_to_the_next_person_until_nobody_waits(cycle: Cycle, signed_in: SignIn) -> None:
    client = signed_in("KF1")
    order = ["KF3", "KF4", "KF2"]
    for here, there in pairwise(order):
        answer = client.post(review_page(cycle, here), rated("4", act="next"))
        assert answer.headers["Location"] == review_page(cycle, there)
    last = client.post(review_page(cycle, "KF2"), rated("4", act="next"))
    assert last.headers["Location"] == reverse("reviews")


def test_drafts_are_handed_in_at_once_and_what_is_missing_is_told(cycle: Cycle, signed_in: SignIn) -> None:
    client = signed_in("KF1")
    client.post(review_page(cycle, "KF2"), rated("4"))
    client.post(review_page(cycle, "KF3"), sent(done_well="还没打分"))
    people = [person(cycle, number).pk for number in ("KF1", "KF2", "KF3")]
    answer = client.post(reverse("reviews-hand-in"), {"person": [*people, "x", "99999"]}, follow=True)
    assert "choose a level" in answer.content.decode()
    states = [review_of(cycle, number).submitted_at is not None for number in ("KF2", "KF3")]
    assert states == [True, False]
    version = review_of(cycle, "KF2").version
    client.post(reverse("reviews-hand-in"), {"person": people})
    assert review_of(cycle, "KF2").version == version


def test_everybody_on_one_item_side_by_side(cycle: Cycle, signed_in: SignIn) -> None:
    client = signed_in("KF1")
    ids = {number: person(cycle, number).pk for number in ("KF2", "KF3", "KF4")}
    address = f"{reverse('reviews-table')}?cycle={cycle.pk}&item={ITEM}"
    given = {f"version_{one}": "0" for one in ids.values()}
    given |= {f"level_{ids['KF2']}": "5", f"level_{ids['KF3']}": "4", f"level_{ids['KF4']}": ""}
    given |= {f"note_{one}": "" for one in ids.values()}
    assert client.post(address, given).status_code == 302
    levels = dict(Rating.objects.values_list("review__participant__employee__number", "level"))
    assert levels == {"KF2": Decimal(5), "KF3": Decimal(4)}
    refused = client.post(address, given | {f"level_{ids['KF4']}": "6"})
    assert refused.status_code == 422
    signed_in("hr").post(review_page(cycle, "KF2"), rated("2", version=1, form="by-hr-page"))
    told = client.post(
        address,
        given | {f"level_{ids['KF2']}": "3", f"version_{ids['KF2']}": "1", f"version_{ids['KF3']}": "1"},
        follow=True,
    )
    assert "赵辉" in told.content.decode()
    assert Rating.objects.get(review__participant=ids["KF2"]).level == Decimal(2)


def test_a_level_of_a_review_handed_in_may_change_in_the_table_and_not_go(cycle: Cycle, signed_in: SignIn) -> None:
    client, one = signed_in("KF1"), person(cycle, "KF2").pk
    client.post(review_page(cycle, "KF2"), rated("4", act="hand_in"))
    address = f"{reverse('reviews-table')}?cycle={cycle.pk}&item={ITEM}"
    assert client.post(address, {f"version_{one}": "1", f"level_{one}": "", f"note_{one}": ""}).status_code == 422
    assert client.post(address, {f"version_{one}": "1", f"level_{one}": "3", f"note_{one}": ""}).status_code == 302
    assert (Rating.objects.get().level, review_of(cycle, "KF2").submitted_at is not None) == (Decimal(3), True)


def test_a_scheme_that_changes_while_people_write_is_told_with_its_weights(cycle: Cycle, signed_in: SignIn) -> None:
    client, address = signed_in("KF1"), review_page(cycle, "KF2")
    client.post(address, rated("4"))
    assert "The scheme has changed" not in page(client, address)
    given = with_collaboration("customer_service").model_dump(mode="json")
    first, *rest, last = given["items"]
    first["weight"] = str(Decimal(first["weight"]) - 5)
    last["weight"] = "15"
    scheme = with_collaboration("customer_service").model_validate(given | {"items": [first, *rest, last]})
    publish(scheme, department_ids()["customer_service"], valid_from=date(2026, 10, 20), reason="more of it")
    text = page(client, address)
    assert "The scheme has changed" in text
    assert "10% → 15%" in text
    client.post(address, rated("4", version=1, act="hand_in"))
    assert "The scheme has changed" not in page(client, address)


def test_the_figures_stand_beside_targets_and_the_period_before(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn
) -> None:
    now = standing(person(cycle, "KF2"))
    assert now.card is None
    assert {one.value for one in now.measured} == {None}
    assert all(one.goal for one in now.measured)
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    now = standing(person(cycle, "KF2"))
    assert now.card is not None
    assert any(one.value is not None for one in now.measured)
    text = page(signed_in("KF1"), review_page(cycle, "KF2"))
    assert "figure-bar" in text


def test_a_review_handed_in_is_scored(small_company: SmallCompany, cycle: Cycle, signed_in: SignIn) -> None:
    signed_in("KF1").post(review_page(cycle, "KF2"), rated("6", "带新人", act="hand_in"))
    signed_in("KF1").post(review_page(cycle, "KF3"), rated("5"))
    assert flush_ratings(SYSTEM, cycle) == 1
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    levels = {number: standing(person(cycle, number)).rated[0].value for number in ("KF2", "KF3")}
    assert levels == {"KF2": Decimal(6), "KF3": None}


def test_the_person_sees_the_managers_words_when_results_are_published_and_not_before(
    cycle: Cycle, signed_in: SignIn
) -> None:
    signed_in("KF1").post(review_page(cycle, "KF2"), rated("4", done_well="主管写的话", act="hand_in"))
    mine = signed_in("KF2")
    assert "主管写的话" not in page(mine, reverse("my-cycle"))
    Cycle.objects.filter(pk=cycle.pk).update(published_at="2026-11-10T08:00Z")
    text = page(mine, reverse("my-cycle"))
    assert "主管写的话" in text
    assert reverse("letter", args=[person(cycle, "KF2").pk]) in text


def test_who_may_write(cycle: Cycle, signed_in: SignIn) -> None:
    one = person(cycle, "KF2")
    address = review_page(cycle, "KF2")
    assert signed_in("KF3").get(address).status_code == 403
    assert signed_in("WL1").get(address).status_code == 404
    assert signed_in("WL1").post(reverse("review-draft", args=[one.pk]), rated("4")).status_code == 404
    own = reverse("review", args=[person(cycle, "KF1").pk])
    assert signed_in("KF1").get(own).status_code == 404, "nobody reviews oneself"
    type(one).objects.filter(pk=one.pk).update(reviewer=None)
    signed_in("KF1").post(address, rated("4", act="hand_in"))
    assert not Review.objects.exists(), "the lead reads, whoever reviews writes"
    assert "the reviewer and HR write it" in page(signed_in("KF1"), address)
    signed_in("hr").post(address, rated("4", act="hand_in"))
    assert review_of(cycle, "KF2").author == as_actor("hr")


def test_hostile_words_are_words_and_long_ones_are_kept_on_the_page(cycle: Cycle, signed_in: SignIn) -> None:
    one, client = person(cycle, "KF2"), signed_in("KF2")
    address = reverse("self-review", args=[one.pk])
    client.post(address, sent(done_well=NASTY, act="hand_in"))
    text = page(signed_in("KF1"), review_page(cycle, "KF2"))
    assert SHOWN in text
    assert "<script>alert" not in text
    long = "长" * 10_000
    answer = client.post(address, sent(version=1, form="page-two-key", done_well=long, act="hand_in"))
    assert (answer.status_code, long in answer.content.decode()) == (422, True)
    for broken in ({"version": "x"}, {"version": "-1"}, {"page": ""}, {"done_well": "a\0b"}, {}):
        assert client.post(address, {**sent(version=1), **broken, "act": "hand_in"} if broken else {}).status_code < 500
        assert client.post(reverse("self-review-draft", args=[one.pk]), broken).status_code == 200


def test_somebody_of_hr_who_is_also_a_reviewer_reaches_everybody(small_company: SmallCompany, cycle: Cycle) -> None:
    found = visible_participants(Scope.all(), reviewer=small_company.ids["KF1"])
    assert found.count() == 4


def test_who_is_late_comes_first(cycle: Cycle, small_company: SmallCompany) -> None:
    late = task(person(cycle, "KF4"), StepKind.MANAGER_REVIEW)
    type(late).objects.filter(pk=late.pk).update(due=date(2026, 1, 1))
    people = my_people(small_company.ids["KF1"], Scope(), everybody=False)
    found = rows(list(people))
    assert [one.person.employee.number for one in found] == ["KF4", "KF2", "KF3"]
    assert found[0].late


def few(client: Client, address: str, most: Any) -> None:
    page(client, address)
    with most(15, info=address):
        page(client, address)


def test_pages_need_few_queries(
    small_company: SmallCompany, cycle: Cycle, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    lead = signed_in("KF1")
    for number in ("KF2", "KF3"):
        signed_in(number).post(
            reverse("self-review", args=[person(cycle, number).pk]), rated("4", "好", done_well="自评", act="hand_in")
        )
        lead.post(review_page(cycle, number), rated("4", "好", done_well="主管", act="save"))
    one = person(cycle, "KF2").pk
    names = ("review", "review-goals", "review-notes")
    some = [reverse(name, args=[one]) for name in names]
    for address in [*some, reverse("reviews"), reverse("reviews-table"), reverse("questions"), reverse("goals-many")]:
        few(lead, address, django_assert_max_num_queries)
        few(signed_in("hr"), address, django_assert_max_num_queries)
    mine = signed_in("KF2")
    for address in (reverse("self-review", args=[one]), reverse("my-notes", args=[one]), reverse("my-cycle")):
        few(mine, address, django_assert_max_num_queries)
