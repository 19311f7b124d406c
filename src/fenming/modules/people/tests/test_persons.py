"""The list of people and their files, as stories of the small company."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fenming.controls.models import Operation
from fenming.modules.conftest import CAST, SignIn, SmallCompany
from fenming.modules.people.models import Assignment, CustomField, Department, Employee, Employment, Post

ID_NUMBER = "11010519491231002X"


@pytest.fixture
def hr(small_company: SmallCompany, signed_in: SignIn) -> Client:
    return signed_in("hr")


@pytest.fixture
def lead(small_company: SmallCompany, signed_in: SignIn) -> Client:
    """Of the customer service: sees its four people and edits nobody."""
    return signed_in("KF1")


def names(client: Client, **asked: str) -> set[str]:
    page = client.get(reverse("people"), asked)
    return {row.employee.number for row in page.context["rows"]}


def file_of(number: str, name: str = "person", *more: object) -> str:
    return reverse(name, args=[number, *more])


def sent(client: Client, url: str, **data: Any) -> Any:
    """A form as the page gives it, with some fields filled in."""
    form = client.get(url).context["form"]
    given = {one.html_name: one.value() for one in form if one.value() not in (None, False)}
    return client.post(url, {**given, **data})


class TestList:
    def test_hr_sees_everybody_and_a_lead_the_own_department(self, hr: Client, signed_in: SignIn) -> None:
        assert names(hr) == set(CAST)
        assert names(signed_in("KF1")) == {"KF1", "KF2", "KF3", "KF4"}

    @pytest.mark.parametrize("q", ["晓雯", "linxiao", "lxw", "kf1", "KF1", "林 kf", "lin wen"])
    def test_somebody_is_found_by_name_pinyin_initials_and_number(self, hr: Client, q: str) -> None:
        assert "KF1" in names(hr, q=q)

    @pytest.mark.parametrize("q", ["晓雯 WL", "%", "_", "lxw zzz"])
    def test_all_words_must_fit_and_wildcards_are_letters(self, hr: Client, q: str) -> None:
        assert not names(hr, q=q)

    def test_a_department_is_searched_with_those_below(self, hr: Client) -> None:
        top = Department.objects.get(code="logistics")
        night = Department.objects.create(code="night", name_zh="夜班", parent=top)
        Assignment.objects.filter(employee__number="WL3").update(department=night)
        assert names(hr, department=str(top.pk)) == {"WL1", "WL2", "WL3"}
        assert names(hr, department=str(night.pk)) == {"WL3"}

    def test_who_left_and_who_comes_is_told_apart_as_of_a_day(self, hr: Client, small_company: SmallCompany) -> None:
        for model in (Assignment, Employment):
            model.objects.filter(employee__number="WL3").update(valid_to=date(2026, 11, 1))
        Employee.objects.filter(number="WL3").update(left=date(2026, 11, 1))
        assert "WL3" in names(hr, on="2026-10-31")
        assert names(hr, state="left", on="2026-11-01") == {"WL3"}
        assert names(hr, state="coming", on="2024-12-31") == set(CAST)
        assert names(hr, state="all") == set(CAST)

    @pytest.mark.parametrize(
        "asked",
        [{"page": "99999999999999999999"}, {"page": "x"}, {"department": "1; DROP"}, {"on": "0001-01-01"},
         {"on": "9999-12-31"}, {"order": "phone"}, {"q": "a\0b"}, {"q": "x" * 10_000}, {"state": "<script>"}],
    )  # fmt: skip
    def test_nonsense_in_the_address_does_no_harm(self, hr: Client, asked: dict[str, str]) -> None:
        assert hr.get(reverse("people"), asked).status_code == 200

    def test_the_list_costs_few_queries(self, hr: Client, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(15):
            hr.get(reverse("people"), {"q": "kf"})

    def test_a_phone_number_is_found_whole_by_those_who_may_reveal_it(self, hr: Client, lead: Client) -> None:
        assert sent(hr, file_of("KF2", "person-edit"), phone="+86 138-0013-8000").status_code == 302
        assert names(hr, q="13800138000") == {"KF2"}
        assert not names(hr, q="1380013800")
        assert not names(lead, q="13800138000")

    def test_own_fields_are_searched_by_those_who_see_them(self, hr: Client, lead: Client) -> None:
        for code, seen in (("badge", "people.view"), ("permit", "people.edit")):
            CustomField.objects.create(code=code, name_zh=code, searchable=True, seen_with=seen)
        assert sent(hr, file_of("KF2", "person-edit"), own_badge="Bravo", own_permit="Papa").status_code == 302
        assert names(lead, q="bravo") == {"KF2"}
        assert not names(lead, q="papa")
        assert names(hr, q="papa") == {"KF2"}


class TestFind:
    def test_it_offers_at_most_twenty_of_those_in_reach(self, lead: Client) -> None:
        found = lead.get(reverse("people-find"), {"q": ""}).json()["results"]
        assert {one["value"] for one in found} == {"KF1", "KF2", "KF3", "KF4"}
        assert lead.get(reverse("people-find"), {"q": "WL1"}).json() == {"results": []}


class TestFile:
    def test_it_shows_posts_reports_and_history(self, hr: Client, small_company: SmallCompany) -> None:
        Assignment.objects.filter(employee__number="KF2").update(manager=small_company.ids["KF1"])
        page = hr.get(file_of("KF1")).content.decode()
        assert "林晓雯" in page
        assert "赵辉" in page
        assert "Customer service" in page

    def test_who_is_out_of_reach_is_not_there(self, lead: Client) -> None:
        assert lead.get(file_of("WL1")).status_code == 404
        assert lead.get(file_of("a\0b")).status_code == 404

    def test_as_of_days_before_and_after(self, hr: Client) -> None:
        assert hr.get(file_of("KF1"), {"on": "2020-01-01"}).context["person"].state == "coming"
        assert hr.get(file_of("KF1"), {"on": "2050-01-01"}).context["person"].state == "here"
        for nonsense in ("0001-01-01", "9999-12-31", "2026-02-30", "x", "\0"):
            assert hr.get(file_of("KF1"), {"on": nonsense}).context["is_today"]

    def test_the_file_costs_few_queries(self, hr: Client, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(15):
            hr.get(file_of("KF1"))
        with django_assert_max_num_queries(15):
            hr.get(file_of("KF1"), {"tab": "history"})

    def test_one_reads_the_own_file_and_no_other(self, small_company: SmallCompany, signed_in: SignIn) -> None:
        agent = signed_in("KF2")
        assert "赵辉" in agent.get(reverse("my-file")).content.decode()
        assert agent.get(file_of("KF2")).status_code == 403
        assert agent.get(reverse("people")).status_code == 403
        assert agent.get(reverse("people-find")).status_code == 403

    def test_an_account_without_a_person_has_no_own_file(self, hr: Client) -> None:
        assert hr.get(reverse("my-file")).status_code == 403

    def test_names_are_escaped(self, hr: Client) -> None:
        evil = "<script>alert(1)</script>"
        Employee.objects.filter(number="KF2").update(name=evil)
        Assignment.objects.filter(employee__number="KF3").update(manager=Employee.objects.get(number="KF2"))
        CustomField.objects.create(code="x", name_zh=evil)
        for url in (reverse("people"), file_of("KF2"), file_of("KF3"), file_of("KF2", "person-edit")):
            assert b"<script>alert" not in hr.get(url).content


class TestReveal:
    @pytest.fixture(autouse=True)
    def sensitive(self, small_company: SmallCompany) -> None:
        person = Employee.objects.get(number="KF2")
        person.phone, person.id_number = "13800138000", ID_NUMBER
        person.save()

    @pytest.mark.parametrize(
        ("field", "plain"), [("phone", "13800138000"), ("id_number", ID_NUMBER), ("base", "6,000.00")]
    )
    def test_hr_sees_it_and_the_log_knows_without_the_value(self, hr: Client, field: str, plain: str) -> None:
        assert plain not in hr.get(file_of("KF2")).content.decode()
        answer = hr.post(file_of("KF2", "person-reveal", field), headers={"hx-request": "true"})
        assert plain in answer.content.decode()
        entry = Operation.objects.get(action="people.reveal")
        assert (entry.actor_name, entry.object) == ("hr", "employee KF2")
        assert entry.after["field"] == field
        assert plain not in str(entry.after)

    def test_nobody_else_does(self, lead: Client, signed_in: SignIn) -> None:
        assert lead.post(file_of("KF2", "person-reveal", "phone")).status_code == 403
        assert signed_in("hr").post(file_of("KF2", "person-reveal", "search")).status_code == 404
        assert signed_in("hr").get(file_of("KF2", "person-reveal", "phone")).status_code == 405
        assert not Operation.objects.filter(action="people.reveal").exists()

    def test_one_sees_the_own_number(self, signed_in: SignIn) -> None:
        answer = signed_in("KF2").post(reverse("my-reveal", args=["phone"]))
        assert "13800138000" in answer.content.decode()
        assert Operation.objects.get(action="people.reveal").object == "employee KF2"

    def test_the_thirty_first_within_ten_minutes_is_refused(self, hr: Client) -> None:
        url = file_of("KF2", "person-reveal", "phone")
        answers = [hr.post(url).status_code for _ in range(31)]
        assert answers == [200] * 30 + [429]
        assert Operation.objects.filter(action="people.reveal_refused").count() == 1


class TestFacts:
    def test_a_change_leaves_one_entry_and_masks_what_is_sensitive(self, hr: Client) -> None:
        answer = sent(hr, file_of("KF2", "person-edit"), name="赵 辉👍", id_number=ID_NUMBER.lower())
        assert answer.status_code == 302
        person = Employee.objects.get(number="KF2")
        assert (person.name, person.id_number, person.version) == ("赵 辉👍", ID_NUMBER, 2)
        entry = Operation.objects.get(object="employee KF2")
        assert entry.action == "people.edit"
        assert entry.before["name"] == "赵辉"
        assert ID_NUMBER not in str(entry.after)
        page = hr.get(file_of("KF2"), {"tab": "history"}).content.decode()
        assert "File edited" in page
        assert ID_NUMBER not in page

    @pytest.mark.parametrize(
        ("field", "value", "word"),
        [("name", "x" * 10_000, "at most 80"), ("name", "a\0b", "Null"), ("name", "a\x07b", "control character"),
         ("name", "a\u202eb", "control character"), ("name", "   ", "required"), ("phone", "nobody", "5 to 20 digits"),
         ("id_number", "110105194912310021", "cannot be a resident"), ("email", "x", "valid email")],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_in_words_and_kept(self, hr: Client, field: str, value: str, word: str) -> None:
        answer = sent(hr, file_of("KF2", "person-edit"), **{field: value})
        assert answer.status_code == 422
        assert word in answer.content.decode()
        assert answer.context["form"][field].value() == value
        assert Employee.objects.get(number="KF2").version == 1

    def test_a_foreign_paper_is_allowed(self, hr: Client) -> None:
        assert sent(hr, file_of("KF2", "person-edit"), id_number="E1234567(8)").status_code == 302

    def test_an_id_number_belongs_to_one(self, hr: Client) -> None:
        sent(hr, file_of("KF2", "person-edit"), id_number=ID_NUMBER)
        answer = sent(hr, file_of("KF3", "person-edit"), id_number=ID_NUMBER)
        assert answer.status_code == 422
        assert "赵辉 KF2 has this ID number already" in answer.content.decode()

    def test_the_second_of_two_editors_sees_what_the_first_changed(self, hr: Client) -> None:
        url = file_of("KF2", "person-edit")
        form = hr.get(url).context["form"]
        given = {one.html_name: one.value() for one in form if one.value() is not None}
        sent(hr, url, name="赵灰")
        answer = hr.post(url, given | {"tag": "mine"})
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "赵灰" in page
        assert answer.context["form"]["tag"].value() == "mine"
        again = {one.html_name: one.value() for one in answer.context["form"] if one.value() is not None}
        assert hr.post(url, again).status_code == 302
        assert Employee.objects.get(number="KF2").tag == "mine"

    def test_the_same_form_twice_is_done_once(self, hr: Client) -> None:
        url = file_of("KF2", "person-edit")
        form = hr.get(url).context["form"]
        given = {one.html_name: one.value() for one in form if one.value() is not None} | {"tag": "twice"}
        assert [hr.post(url, given).status_code for _ in range(2)] == [302, 302]
        assert Operation.objects.filter(object="employee KF2").count() == 1

    def test_own_fields_are_edited_by_those_who_see_them(self, hr: Client) -> None:
        CustomField.objects.create(code="size", name_zh="尺码", kind="choice", choices=["S", "M"])
        CustomField.objects.create(code="deposit", name_zh="押金", kind="number", seen_with="people.unmask")
        url = file_of("KF2", "person-edit")
        assert sent(hr, url, own_size="XL").status_code == 422
        assert sent(hr, url, own_size="M", own_deposit="12345.5").status_code == 302
        assert Employee.objects.get(number="KF2").custom == {"size": "M", "deposit": "12345.5"}
        assert "12345.5" not in str(Operation.objects.get(object="employee KF2").after)


class TestTakeOn:
    def test_a_new_person_gets_a_file_a_post_and_one_entry(self, hr: Client) -> None:
        answer = sent(hr, reverse("person-new"), **newcomer())
        assert answer.status_code == 302
        person = Employee.objects.get(name="陈新")
        assert answer["Location"] == file_of(person.number)
        assert (person.joined, person.left) == (date(2026, 11, 2), None)
        post = person.assignments.get()
        assert (post.base, post.manager.number, post.post.code) == (Decimal("5500.00"), "KF1", "cs_agent")
        entry = Operation.objects.get(object=f"employee {person.number}")
        assert "5500" not in str(entry.after)

    def test_the_next_number_is_suggested(self, hr: Client) -> None:
        assert hr.get(reverse("person-new")).context["form"]["number"].value() == "WL4"

    def test_a_double_click_takes_on_once(self, hr: Client) -> None:
        form = hr.get(reverse("person-new")).context["form"]
        given = {one.html_name: one.value() for one in form if one.value() is not None} | newcomer()
        answers = [hr.post(reverse("person-new"), given) for _ in range(2)]
        assert [one.status_code for one in answers] == [302, 302]
        assert Employee.objects.filter(name="陈新").count() == 1

    @pytest.mark.parametrize(
        ("field", "value", "word"),
        [("number", "KF1", "taken"), ("number", "kf1", "taken"), ("number", "a/b", "made of letters"),
         ("number", "find", "at least one digit"), ("day", "0001-01-01", "must lie between"),
         ("day", "9999-12-31", "must lie between"), ("department", "99999", "Select a valid choice"),
         ("manager", "XX9", "nobody with the number"), ("base", "1e400", "number"), ("base", "-1", "greater")],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, hr: Client, field: str, value: str, word: str) -> None:
        answer = sent(hr, reverse("person-new"), **newcomer() | {field: value})
        assert answer.status_code == 422
        assert word in answer.content.decode()


def newcomer() -> dict[str, str]:
    return {
        "name": "陈新",
        "day": "2026-11-02",
        "department": str(Department.objects.get(code="customer_service").pk),
        "post": str(Post.objects.get(code="cs_agent").pk),
        "manager": "KF1",
        "base": "5500",
    }
