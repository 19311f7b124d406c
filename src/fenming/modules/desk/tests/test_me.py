"""The phone page: one's own standing, honestly."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.desk.queries.me import Me, me
from fenming.modules.desk.tests.conftest import October
from fenming.rules import curves


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


def test_home_leads_each_role_to_its_first_page(october: October, signed_in: SignIn) -> None:
    assert signed_in("KF2").get("/")["Location"] == "/me/"
    assert signed_in("hr").get("/")["Location"] == "/board/"
