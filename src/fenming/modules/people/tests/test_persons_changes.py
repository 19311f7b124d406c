"""Changes of one person, as stories of the small company."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation, Run
from fenming.controls.operations import SYSTEM
from fenming.controls.scope import Scope
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people.models import Assignment, Department, Employee, Post, Region, Store
from fenming.modules.people.operations import changes, facts, persons
from fenming.modules.people.operations.career import Place
from fenming.modules.people.tests.test_persons import file_of, newcomer, sent

ALL = Scope.all()
DAY = date(2026, 10, 16)


@pytest.fixture
def hr(small_company: SmallCompany, signed_in: SignIn) -> Client:
    return signed_in("hr")


@pytest.fixture
def logistics_hr(small_company: SmallCompany, signed_in: SignIn) -> Client:
    """Somebody who edits the people of the logistics department and nobody else."""
    Grant.objects.create(
        user=User.objects.get(username="WL1"),
        role=Role.objects.get(code="region_hr"),
        reach=Grant.Reach.TREE,
        valid_from=date(2025, 1, 1),
    )
    return signed_in("WL1")


def person(number: str) -> Employee:
    return Employee.objects.get(number=number)


def place(department: str = "logistics", post: str = "courier", **more: Any) -> Place:
    return Place(department=Department.objects.get(code=department), post=Post.objects.get(code=post), **more)


def do(number: str, change: changes.Change, reach: Scope = ALL, **more: Any) -> Employee:
    return persons.carry_out(SYSTEM, number, change, reach=reach, version=person(number).version, **more)


def transfer(day: date = DAY, to: Place | None = None, **more: Any) -> changes.Transfer:
    return changes.Transfer(place=to or place(), day=day, reason="needed there", **more)


def manager(number: str | None, day: date = DAY) -> changes.Replace:
    what = {"manager": person(number) if number else None}
    return changes.Replace(action="people.change_manager", day=day, reason="", what=what)


def posts(number: str) -> list[tuple[str, str, str]]:
    rows = Assignment.objects.filter(employee__number=number).order_by("valid_from")
    return [(one.department.code, str(one.valid_from), str(one.valid_to or "")) for one in rows]


def refused(number: str, change: changes.Change, word: str, reach: Scope = ALL) -> None:
    before = (posts(number), person(number).version, Operation.objects.count())
    with pytest.raises(ValidationError, match=word):
        do(number, change, reach)
    assert (posts(number), person(number).version, Operation.objects.count()) == before


@pytest.mark.usefixtures("small_company")
class TestTransfer:
    def test_the_post_before_ends_that_day_and_pay_stays(self) -> None:
        do("KF2", transfer())
        assert posts("KF2") == [("customer_service", "2025-01-01", "2026-10-16"), ("logistics", "2026-10-16", "")]
        new = Assignment.objects.get(employee__number="KF2", valid_to=None)
        assert (new.base, new.reason) == (Decimal("6000.00"), "needed there")
        entry = Operation.objects.get(object="employee KF2")
        assert entry.action == "people.transfer"
        assert "6000" not in f"{entry.before}{entry.after}"

    def test_the_past_is_rewritten_only_up_to_what_is_planned(self) -> None:
        do("KF2", transfer(date(2027, 1, 1)))
        refused("KF2", transfer(date(2026, 3, 1)), "another post is already recorded")
        do("KF2", transfer(date(2026, 3, 1), until_next=True))
        assert [start for _, start, _ in posts("KF2")] == ["2025-01-01", "2026-03-01", "2027-01-01"]

    def test_a_day_without_employment_or_on_which_the_post_begins_is_refused(self) -> None:
        refused("KF2", transfer(date(2024, 12, 31)), "not employed")
        refused("KF2", transfer(date(2025, 1, 1)), "Correct it")

    def test_closed_places_and_stores_of_another_region_are_refused(self) -> None:
        north, south = (Region.objects.create(code=one, name_zh=one) for one in ("north", "south"))
        store = Store.objects.create(code="s1", name_zh="南店", region=south)
        Department.objects.filter(code="logistics").update(region=north)
        refused("KF2", transfer(to=place(store=store)), "another region")
        Department.objects.filter(code="logistics").update(region=south, closed_on=date(2026, 6, 1))
        refused("KF2", transfer(to=place(store=store)), "is closed since 2026-06-01")

    def test_somebody_who_has_left_manages_nobody(self) -> None:
        do("KF1", changes.Leave(end=date(2026, 10, 1), reason=""))
        refused("KF2", manager("KF1"), "has left by then")


@pytest.mark.usefixtures("small_company")
class TestReportingLines:
    def test_a_circle_is_refused_and_named(self) -> None:
        do("KF2", manager("KF1"))
        do("KF3", manager("KF2"))
        refused("KF1", manager("KF3"), "林晓雯 → 王芳 → 赵辉 → 林晓雯")
        refused("KF1", manager("KF1"), "circle")

    def test_a_circle_on_some_days_only_is_one_too(self) -> None:
        do("KF2", manager("KF1", date(2026, 12, 1)))
        refused("KF1", manager("KF2", DAY), "circle")

    def test_what_is_never_at_once_is_no_circle(self) -> None:
        do("KF2", manager("KF1", date(2026, 3, 1)))
        do("KF2", manager(None, date(2026, 6, 1)))
        do("KF1", manager("KF2", date(2026, 6, 1)))
        assert person("KF1").version == 2


@pytest.mark.usefixtures("small_company")
class TestPosts:
    def test_an_additional_post_stands_beside_and_ends_alone(self) -> None:
        do("KF2", changes.AddPost(place=place(), day=DAY, reason="trains them"))
        assert posts("KF2")[1] == ("logistics", "2026-10-16", "")
        extra = Assignment.objects.get(employee__number="KF2", is_primary=False)
        refused("KF2", changes.AddPost(place=place(), day=DAY, reason=""), "already held")
        do("KF2", changes.EndPost(post=extra.pk, end=date(2026, 11, 1), reason=""))
        assert posts("KF2")[1] == ("logistics", "2026-10-16", "2026-11-01")
        primary = Assignment.objects.get(employee__number="KF2", is_primary=True)
        refused("KF2", changes.EndPost(post=primary.pk, end=DAY, reason=""), "by a transfer or by leaving")
        refused("KF2", changes.EndPost(post=0, end=DAY, reason=""), "no longer there")

    def test_pay_changes_from_a_day_and_the_log_does_not_say_how_much(self) -> None:
        change = changes.Replace(action="people.change_pay", day=DAY, reason="merit", what={"base": Decimal(7654)})
        do("KF2", change)
        rows = Assignment.objects.filter(employee__number="KF2").order_by("valid_from")
        assert [one.base for one in rows] == [Decimal("6000.00"), Decimal("7654.00")]
        entry = Operation.objects.get(object="employee KF2")
        assert "7654" not in f"{entry.before}{entry.after}"

    def test_a_corrected_first_day_takes_its_neighbour_along(self) -> None:
        do("KF2", transfer())
        second = Assignment.objects.get(employee__number="KF2", valid_to=None)
        do("KF2", changes.Correct(post=second.pk, place=place(), day=date(2026, 10, 12), reason="typed wrongly"))
        assert posts("KF2") == [("customer_service", "2025-01-01", "2026-10-12"), ("logistics", "2026-10-12", "")]

    def test_a_corrected_first_post_takes_the_employment_along(self) -> None:
        first = Assignment.objects.get(employee__number="KF2")
        to = place("customer_service", "cs_agent")
        do("KF2", changes.Correct(post=first.pk, place=to, day=date(2024, 12, 2), reason="contract"))
        assert person("KF2").joined == date(2024, 12, 2)
        assert person("KF2").employments.get().valid_from == date(2024, 12, 2)

    def test_a_correction_that_turns_time_around_is_refused(self) -> None:
        do("KF2", transfer())
        second = Assignment.objects.get(employee__number="KF2", valid_to=None)
        change = changes.Correct(post=second.pk, place=place(), day=date(2024, 6, 1), reason="x")
        refused("KF2", change, "cannot end before|within an employment")


@pytest.mark.usefixtures("small_company")
class TestLeaving:
    def test_who_leaves_ends_everything_and_may_come_back(self) -> None:
        do("KF2", changes.AddPost(place=place(), day=date(2026, 3, 1), reason=""))
        do("KF2", transfer(date(2027, 1, 1)))
        do("KF2", changes.Leave(end=date(2026, 11, 1), reason="studies"))
        assert person("KF2").left == date(2026, 11, 1)
        assert {end for _, _, end in posts("KF2")} == {"2026-11-01"}
        refused("KF2", changes.ComeBack(place=place(), day=date(2026, 10, 31), reason=""), "employed up to 2026-10-31")
        do("KF2", changes.ComeBack(place=place(), day=date(2027, 3, 1), reason="came back"))
        assert (person("KF2").joined, person("KF2").left) == (date(2025, 1, 1), None)
        assert posts("KF2")[-1] == ("logistics", "2027-03-01", "")

    def test_nobody_leaves_twice_or_before_coming(self) -> None:
        do("KF2", changes.Leave(end=DAY, reason=""))
        refused("KF2", changes.Leave(end=DAY, reason=""), "already the last")
        refused("KF2", changes.Leave(end=date(2024, 6, 1), reason=""), "not employed")

    def test_nobody_comes_back_who_is_here(self) -> None:
        refused("KF2", changes.ComeBack(place=place(), day=DAY, reason=""), "further notice")


@pytest.mark.usefixtures("small_company")
class TestUndo:
    def take_back(self, number: str, reach: Scope = ALL) -> None:
        persons.undo(SYSTEM, number, reach=reach, version=person(number).version)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: transfer(),
            lambda: manager("KF1"),
            lambda: changes.Leave(end=DAY, reason=""),
            lambda: changes.AddPost(place=place(), day=DAY, reason=""),
        ],
    )
    def test_the_last_change_is_taken_back_wholly(self, make: Callable[[], changes.Change]) -> None:
        before = list(Assignment.objects.filter(employee__number="KF2").values())
        do("KF2", make())
        self.take_back("KF2")
        assert list(Assignment.objects.filter(employee__number="KF2").values()) == before
        assert person("KF2").left is None
        assert Operation.objects.filter(object="employee KF2").count() == 2
        with pytest.raises(ValidationError, match="cannot be taken back"):
            self.take_back("KF2")

    def test_facts_come_back_but_not_what_the_log_must_not_hold(self) -> None:
        facts.edit_facts(SYSTEM, "KF2", facts.Facts(name="X", tag="KF2"), reach=ALL, version=1)
        self.take_back("KF2")
        assert (person("KF2").name, person("KF2").search.split()[0]) == ("赵辉", "赵辉")
        facts.edit_facts(SYSTEM, "KF2", facts.Facts(name="Y", phone="13800138000"), reach=ALL, version=3)
        with pytest.raises(ValidationError, match="cannot be taken back"):
            self.take_back("KF2")

    def test_what_a_closed_period_was_reckoned_with_stays(self) -> None:
        do("KF2", transfer(date(2026, 10, 5)))
        Run.objects.create(
            kind=Run.Kind.CLOSE, label="2026-10", start=date(2026, 10, 1), end=date(2026, 11, 1), complete=True,
            facts={}, inputs="", code="",
        )  # fmt: skip
        with pytest.raises(ValidationError, match="is closed"):
            self.take_back("KF2")

    def test_a_circle_made_meanwhile_stands_in_the_way(self) -> None:
        do("KF2", manager("KF1", date(2026, 3, 1)))
        do("KF2", manager(None, date(2026, 6, 1)))
        do("KF1", manager("KF2", date(2026, 7, 1)))
        with pytest.raises(ValidationError, match="circle"):
            self.take_back("KF2")


class TestPages:
    def test_a_transfer_is_shown_before_it_is_done(self, hr: Client) -> None:
        url = file_of("KF2", "person-change", "transfer")
        given = {"department": str(place().department.pk), "post": str(place().post.pk), "day": str(DAY), "reason": "x"}
        asked = sent(hr, url, **given)
        assert asked.status_code == 200
        assert "2026-10-15" in asked.content.decode()
        assert not Operation.objects.filter(object="employee KF2").exists()
        done = hr.post(url, dict(asked.context["sent"]) | {"confirmed": "1"})
        assert done.status_code == 302
        assert posts("KF2")[-1] == ("logistics", "2026-10-16", "")

    def test_a_double_click_on_confirm_is_done_once(self, hr: Client) -> None:
        url = file_of("KF2", "person-change", "leave")
        asked = sent(hr, url, day="2026-12-31", reason="x")
        confirmed = dict(asked.context["sent"]) | {"confirmed": "1"}
        assert [hr.post(url, confirmed).status_code for _ in range(2)] == [302, 302]
        assert Operation.objects.filter(object="employee KF2").count() == 1

    def test_two_tabs_do_not_overwrite_each_other(self, hr: Client) -> None:
        url = file_of("KF2", "person-change", "leave")
        first, second = (
            dict(sent(hr, url, day=day, reason="x").context["sent"]) for day in ("2026-12-31", "2027-01-31")
        )
        assert hr.post(url, first | {"confirmed": "1"}).status_code == 302
        answer = hr.post(url, second | {"confirmed": "1"})
        assert answer.status_code == 409
        assert "2026-12-31" in answer.content.decode()
        assert answer.context["form"]["day"].value() == "2027-01-31"
        assert str(person("KF2").left) == "2027-01-01"

    @pytest.mark.parametrize("what", ["transfer", "post", "manager", "pay", "leave", "return"])
    def test_every_form_opens_and_refuses_nothing_with_words(self, hr: Client, what: str) -> None:
        url = file_of("KF2", "person-change", what)
        assert hr.get(url).status_code == 200
        assert hr.post(url, {}).status_code == 422
        assert hr.post(url, {"day": "9999-12-31", "version": "x", "base": "NaN", "department": "\0"}).status_code == 422

    def test_corrections_and_ends_belong_to_a_post_of_that_person(self, hr: Client) -> None:
        mine, other = (Assignment.objects.get(employee__number=one).pk for one in ("KF2", "KF3"))
        for what in ("correct", "end"):
            assert hr.get(file_of("KF2", "person-change-post", what, mine)).status_code == 200
            assert hr.get(file_of("KF2", "person-change-post", what, other)).status_code == 404
            assert hr.get(file_of("KF2", "person-change", what)).status_code == 404
        assert hr.get(file_of("KF2", "person-change-post", "leave", mine)).status_code == 404
        assert hr.get(file_of("KF2", "person-change", "nonsense")).status_code == 404

    def test_the_last_change_is_undone_by_its_button(self, hr: Client) -> None:
        do("KF2", transfer())
        page = hr.get(file_of("KF2"), {"tab": "history"})
        assert "Undo the last change" in page.content.decode()
        told = {one.name: (one.before, one.after) for one in page.context["history"][0].differences}
        assert told == {
            "From": ("2025-01-01", "2026-10-16"),
            "Reason": ("", "needed there"),
            "Department": ("Customer service", "Logistics"),
            "Post": ("cs_agent", "courier"),
            "Team": ("一组", ""),
        }
        assert hr.post(file_of("KF2", "person-undo"), {"version": "2"}).status_code == 302
        assert len(posts("KF2")) == 1
        for version in ("x", "", "1"):
            assert hr.post(file_of("KF2", "person-undo"), {"version": version}).status_code in (302, 404)

    def test_changes_cost_few_queries(self, hr: Client, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(15):
            hr.get(file_of("KF2", "person-change", "transfer"))
        with django_assert_max_num_queries(15):
            hr.get(reverse("person-new"))


OF_A_PERSON = [
    ("person", (), "get"), ("person-edit", (), "get"), ("person-edit", (), "post"), ("person-undo", (), "post"),
    ("person-change", ("transfer",), "get"), ("person-change", ("transfer",), "post"),
    ("person-change", ("leave",), "post"), ("person-change", ("return",), "get"),
    ("person-change-post", ("correct", 1), "get"), ("person-change-post", ("end", 1), "post"),
]  # fmt: skip


class TestReach:
    @pytest.mark.parametrize(("name", "more", "method"), OF_A_PERSON)
    def test_nobody_out_of_reach_is_found_by_the_number(
        self, logistics_hr: Client, name: str, more: tuple[Any, ...], method: str
    ) -> None:
        assert getattr(logistics_hr, method)(file_of("KF2", name, *more), {"version": "1"}).status_code == 404

    def test_pay_and_plain_numbers_need_their_own_permission(self, logistics_hr: Client) -> None:
        assert logistics_hr.get(file_of("WL2")).status_code == 200
        assert logistics_hr.get(file_of("WL2", "person-change", "pay")).status_code == 403
        assert logistics_hr.post(file_of("WL2", "person-reveal", "phone")).status_code == 403
        assert "base" not in logistics_hr.get(file_of("WL2", "person-change", "transfer")).context["form"].fields

    def test_a_lead_edits_nobody(self, small_company: SmallCompany, signed_in: SignIn) -> None:
        lead = signed_in("KF1")
        assert lead.get(file_of("KF2", "person-edit")).status_code == 403
        assert lead.get(reverse("person-new")).status_code == 403
        assert lead.post(file_of("KF2", "person-change", "leave")).status_code == 403
        assert lead.post(file_of("KF2", "person-undo")).status_code == 403
        assert "Changes" not in lead.get(file_of("KF2"), {"tab": "history"}).content.decode()

    def test_nobody_is_moved_out_of_the_own_area_or_taken_on_elsewhere(self, logistics_hr: Client) -> None:
        elsewhere = str(Department.objects.get(code="customer_service").pk)
        url = file_of("WL2", "person-change", "transfer")
        assert sent(logistics_hr, url, department=elsewhere, reason="x").status_code == 422
        given = newcomer() | {"manager": "WL1"}
        given.pop("base")
        assert sent(logistics_hr, reverse("person-new"), **given).status_code == 422
        reach = Scope(departments=frozenset({place().department.pk}))
        refused("WL2", transfer(to=place("customer_service", "cs_agent")), "You may not place people", reach)

    def test_an_additional_post_here_gives_no_hold_on_the_post_elsewhere(self, logistics_hr: Client) -> None:
        do("KF2", changes.AddPost(place=place(), day=date(2026, 3, 1), reason=""))
        assert logistics_hr.get(file_of("KF2")).status_code == 200
        reach = Scope(departments=frozenset({place().department.pk}))
        refused("KF2", transfer(), "outside your area", reach)
        refused("KF2", changes.Leave(end=DAY, reason=""), "outside your area", reach)

    def test_a_manager_out_of_reach_may_stay_but_not_be_chosen(self, logistics_hr: Client) -> None:
        url = file_of("WL2", "person-change", "transfer")
        day = str(timezone.localdate() - timedelta(days=1))
        assert sent(logistics_hr, url, manager="KF1", reason="x", day=day).status_code == 422
        do("WL2", manager("KF1"))
        asked = sent(logistics_hr, url, reason="x", day=day, team="夜班")
        assert asked.status_code == 200
        assert "comparison" in asked.context


def test_nobody_changes_the_own_post_or_pay(logistics_hr: Client) -> None:
    own = {logistics_hr.get(reverse("person-change", args=["WL1", kind])).status_code for kind in ("transfer", "leave")}
    assert own == {403}
    assert logistics_hr.get(reverse("person-change", args=["WL2", "transfer"])).status_code == 200
