"""The pages of HR and leads: what they show, within whose reach, in how many queries, and what they let be done."""

import io
from datetime import date
from typing import Any

import fastexcel
import pytest
from django.test import Client
from django.urls import reverse

from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.cycles.models import Cycle, Plan, Step, Task
from fenming.modules.cycles.operations.cancelling import cancel
from fenming.modules.cycles.operations.close import score
from fenming.modules.cycles.operations.steps import advance
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.cycles.tests.conftest import Cast, Clock
from fenming.modules.messages.models import Message
from fenming.modules.people.models import Assignment, Department
from fenming.modules.people.operations.founding import NewAssignment, NewEmployee, take_on

REASON = "说明"


@pytest.fixture
def hr(cast: Cast, signed_in: SignIn) -> Client:
    return signed_in("hr")


def page(client: Client, name: str, *args: object, **query: object) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return str(answer.content, "utf-8")


# The board


def test_without_a_cycle_the_board_says_how_to_begin(hr: Client) -> None:
    text = page(hr, "cycles")
    assert "No cycle has been opened yet" in text
    assert reverse("cycles-open") in text


def test_the_board_shows_where_each_department_hangs(hr: Client, cast: Cast, clock: Clock) -> None:
    cast.open()
    finish(cast.hr, "goals", [cast.place(Cycle.objects.get(), "KF2").pk])
    clock(date(2026, 10, 12))
    text = page(hr, "cycles")
    assert "Customer service" in text
    assert "3 late" in text
    assert "5 days late" in text
    assert "林晓雯" in text
    assert "1 without reviewer" in text


def test_the_board_asks_as_often_for_nine_departments_as_for_one(
    hr: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        place = Department.objects.create(code=f"d{number}", name_zh=f"部门{number}")
        take_on(
            [NewEmployee(number=f"D{number}", name="某人", joined=date(2026, 1, 1))],
            [NewAssignment(employee=f"D{number}", department=place.code, team="", post="courier", store=None,
                           manager=None, base=1, start=date(2026, 1, 1), end=None)],
        )  # fmt: skip
        cast.departments[place.code] = place.pk
        cast.open(place.code)
    first = cast.open()
    for name, args in (("cycles", ()), ("cycle", (first.pk,)), ("cycle-tasks", ()), ("cycle-plans", ())):
        with django_assert_max_num_queries(15):
            page(hr, name, *args)
    chosen = [str(one) for one in cast.departments.values()]
    with django_assert_max_num_queries(15):
        text = page(hr, "cycles-open", period="2026-11", department=chosen)
    assert "Open 10 cycles" in text


def test_a_lead_sees_the_own_department_and_leads_nothing(cast: Cast, signed_in: SignIn) -> None:
    own, other = cast.open(), cast.open("logistics")
    client = signed_in("KF1")
    text = page(client, "cycles")
    assert "Customer service" in text
    assert "Logistics" not in text
    assert reverse("cycles-open") not in text
    assert "End this step" not in page(client, "cycle", own.pk)
    assert client.get(reverse("cycle", args=[other.pk])).status_code == 404
    assert client.get(reverse("cycle-export", args=[other.pk])).status_code == 404
    step = cast.step(own, "goals")
    assert client.post(reverse("cycle-step", args=[step.pk, "advance"]), {"reason": REASON}).status_code == 403
    client.post(reverse("cycle-tasks"), {"act": "waive", "chosen": "1", "reason": REASON})
    assert not Task.objects.filter(state="waived").exists()


def test_what_is_out_of_reach_or_absent_is_not_there(hr: Client, cast: Cast, signed_in: SignIn) -> None:
    cycle = cast.open()
    cancel(cast.hr, cycle, reason=REASON)
    assert hr.get(reverse("cycle", args=[cycle.pk])).status_code == 404
    assert hr.get(reverse("cycle", args=[10**15])).status_code == 404
    assert hr.get(reverse("cycle-step", args=[1, "explode"])).status_code == 404
    assert hr.get(reverse("cycle-plan", args=[10**9])).status_code == 404
    assert signed_in("KF2").get(reverse("cycles")).status_code == 403


@pytest.mark.parametrize(
    "query",
    ["period=%00", "period=9999", "step=x&state=y&page=-1", "q=%F0%9F%98%80%00", "cycle=99999999999999999999&kind=1"],
)
def test_odd_addresses_are_answered(hr: Client, cast: Cast, query: str) -> None:
    cycle = cast.open()
    for name, args in (("cycles", ()), ("cycle", (cycle.pk,)), ("cycle-tasks", ()), ("cycles-open", ())):
        assert hr.get(f"{reverse(name, args=args)}?{query}").status_code == 200


# Opening


def test_many_departments_are_opened_at_once_and_twice_is_once(hr: Client, cast: Cast) -> None:
    empty = Department.objects.create(code="empty", name_zh="空部门", name_en="Empty")
    chosen = [*cast.departments.values(), empty.pk]
    text = page(hr, "cycles-open", period="2026-10", department=[str(one) for one in chosen])
    assert "nobody works here" in text
    assert "no scheme" in text
    assert "Open 2 cycles" in text
    for _ in range(2):
        answer = hr.post(reverse("cycles-open"), {"period": "2026-10", "department": chosen}, follow=True)
        assert "Nobody works in Empty" in str(answer.content, "utf-8")
    assert Cycle.objects.count() == 2


@pytest.mark.parametrize("period", ["", "soon", "0000-01", "2026-13", "1026", "2026-01..2029-12", "\0"])
def test_a_period_that_is_none_is_told_and_nothing_is_opened(hr: Client, cast: Cast, period: str) -> None:
    data = {"period": period, "department": list(cast.departments.values())}
    answer = hr.post(reverse("cycles-open"), data)
    assert answer.status_code == 200
    assert not Cycle.objects.exists()


def test_the_preview_tells_of_a_circle(hr: Client, cast: Cast) -> None:
    cast.report("KF2", "KF3")
    cast.report("KF3", "KF2")
    text = page(hr, "cycles-open", period="2026-10", department=str(cast.departments["customer_service"]))
    assert "2 report in a circle" in text


# The course


def test_a_step_tells_what_its_end_means_and_asks_for_a_reason(hr: Client, cast: Cast) -> None:
    cycle = cast.open()
    where = reverse("cycle-step", args=[cast.step(cycle, "goals").pk, "advance"])
    text = str(hr.get(where).content, "utf-8")
    assert "4 tasks are still open and will be waived." in text
    assert "“Tracking” opens" in text
    assert hr.post(where, {"reason": " "}).status_code == 200
    assert cast.state(cycle)["goals"] == "open"
    for _ in range(2):
        assert hr.post(where, {"reason": REASON}).status_code == 302
    assert cast.state(cycle)["tracking"] == "open"
    assert cast.state(cycle)["data"] == "waiting"


def test_a_refusal_stands_on_the_page_and_what_was_typed_is_kept(hr: Client, cast: Cast) -> None:
    cycle = cast.open()
    where = reverse("cycle-step", args=[cast.step(cycle, "letter").pk, "advance"])
    text = str(hr.post(where, {"reason": "keep this"}).content, "utf-8")
    assert "This step has not begun" in text


def test_days_are_shown_before_they_are_saved_and_the_second_editor_is_told(hr: Client, cast: Cast) -> None:
    cycle = cast.open()
    where = reverse("cycle-days", args=[cycle.pk])
    data: dict[str, Any] = {"version": 1}
    for one in cycle.steps.all():
        data |= {f"opens_{one.pk}": one.opens, f"due_{one.pk}": one.due}
    goals = cast.step(cycle, "goals")
    data[f"due_{goals.pk}"] = date(2026, 10, 20)
    text = str(hr.post(where, data | {"preview": "1"}).content, "utf-8")
    assert "4 open tasks get the new deadline" in text
    goals.refresh_from_db()
    assert goals.due == date(2026, 10, 7)
    assert hr.post(where, data | {"save": "1"}).status_code == 302
    assert "Somebody has changed it meanwhile" in str(hr.post(where, data | {"save": "1"}).content, "utf-8")
    wrong = data | {"version": 2, "save": "1", f"due_{goals.pk}": "2026-09-01"}
    assert "It is due before it opens" in str(hr.post(where, wrong).content, "utf-8")


def test_people_are_given_a_reviewer_reminded_and_let_off_together(hr: Client, cast: Cast) -> None:
    cycle = cast.open()
    where = reverse("cycle-people", args=[cycle.pk])
    chosen = [cast.place(cycle, one).pk for one in ("KF2", "KF3")]
    hr.post(where, {"act": "reviewer", "chosen": chosen, "reviewer": "WL1", "query": "state=open"})
    assert cast.place(cycle, "KF2").reviewer_id == cast.ids["WL1"]
    hr.post(where, {"act": "remind", "chosen": chosen})
    reminder = Message.objects.get(kind="notice", topic="cycles.goals_reminder")
    assert reminder.recipient.username == "WL1"
    hr.post(where, {"act": "remind", "chosen": chosen})
    assert Message.objects.filter(topic="cycles.goals_reminder").count() == 1
    hr.post(where, {"act": "waive", "chosen": chosen, "reason": REASON})
    assert Task.objects.filter(state="waived").count() == 2
    answer = hr.post(where, {"act": "reviewer", "chosen": chosen, "reviewer": "nobody\0"}, follow=True)
    assert "Choose the reviewer by name or number." in str(answer.content, "utf-8")
    assert hr.post(where, {"act": "waive", "query": "//evil.example"}).headers["Location"].startswith("/cycles/")


def test_nothing_in_a_form_for_many_is_required_that_only_one_of_its_buttons_needs(hr: Client, cast: Cast) -> None:
    for text in (page(hr, "cycle", cast.open().pk), page(hr, "cycle-tasks")):
        form = text[text.index('name="query"') : text.index("</form>", text.index('name="query"'))]
        assert "chosen" in form
        assert " required" not in form


def test_the_list_of_open_tasks_acts_on_all_that_is_asked_for(hr: Client, cast: Cast) -> None:
    cast.open(), cast.open("logistics")
    where = f"{reverse('cycle-tasks')}?cycle={Cycle.objects.get(department__code='logistics').pk}"
    hr.post(where, {"act": "waive", "everything": "1", "reason": REASON})
    assert Task.objects.filter(state="waived").count() == 3
    assert Task.objects.filter(state="open").count() == 4


def test_the_state_of_everybody_comes_as_an_excel_file(hr: Client, cast: Cast) -> None:
    cycle = cast.open()
    finish(cast.hr, "goals", [cast.place(cycle, "KF2").pk])
    answer = hr.get(reverse("cycle-export", args=[cycle.pk]))
    rows = fastexcel.read_excel(answer.content).load_sheet(0).to_polars().rows(named=True)
    assert [row["Goals"] for row in rows] == ["late", "done", "late", "late"]
    assert rows[1]["Reviewer"] == "林晓雯"
    assert io.BytesIO(answer.content).read(2) == b"PK"


def test_a_to_do_leads_each_to_the_own_page(cast: Cast, signed_in: SignIn) -> None:
    cycle = cast.open()
    where = reverse("cycle-do", args=[cast.step(cycle, "goals").pk])
    assert signed_in("hr").get(where).headers["Location"] == reverse("cycle", args=[cycle.pk])
    assert signed_in("KF1").get(where).headers["Location"] == reverse("reviews")
    assert signed_in("WL2").get(where).headers["Location"] == reverse("inbox")
    assert signed_in("WL2").get(reverse("cycle-do", args=[10**9])).status_code == 404


# Data


def test_the_data_page_tells_what_is_missing(
    clock: Clock, small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    clock(date(2026, 11, 3))
    cast = Cast(small_company.ids)
    cycle = cast.open(skip_past=True)
    client = signed_in("hr")
    with django_assert_max_num_queries(15):
        text = page(client, "cycle-data", cycle.pk)
    assert "240" in text
    assert "10-05" in text
    assert "26 days missing" in text
    assert "Not scored yet" in text
    assert "Data are complete" in text
    client.post(reverse("cycle-score", args=[cycle.pk]))
    score(cast.hr, cycle.pk)
    assert "Not scored yet" not in page(client, "cycle-data", cycle.pk)


# Plans


SWITCHES = ("_enabled", "_itself")


def plan_data(client: Client, department: int) -> dict[str, Any]:
    """The form as the browser would send it back."""
    form = client.get(reverse("cycle-plan", args=[department])).context["form"]
    data = {name: form[name].value() for name in form.fields}
    off = [name for name, value in data.items() if value is None or (name.endswith(SWITCHES) and not value)]
    return {name: value for name, value in data.items() if name not in off}


def test_a_plan_is_saved_for_a_department_and_followed_by_its_next_cycle(hr: Client, cast: Cast) -> None:
    department = cast.departments["customer_service"]
    data = plan_data(hr, department) | {"head": "KF1", "rhythm": "month", "interview_due": "16"}
    del data["interview_enabled"]
    assert hr.post(reverse("cycle-plan", args=[department]), data).status_code == 302
    plan = Plan.objects.get()
    assert (plan.head_id, plan.version) == (cast.ids["KF1"], 1)
    cycle = cast.open()
    assert "interview" not in cast.state(cycle)
    assert "its own" in page(hr, "cycle-plans")
    hr.post(reverse("cycle-plan-drop", args=[department]))
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data_due": "-30"}, "before it opens"),
        ({"self_review_opens": "1", "self_review_due": "2"}, "before the step ahead of it"),
        ({"confirm_due": "13"}, "fewer than the 7 to appeal"),
        ({"archive_enabled": None}, "always archived"),
        ({"data_owner": "employee"}, "Select a valid choice"),
        ({"goals_due": "9" * 30}, "less than or equal"),
        ({"head": "nobody"}, "Nobody with this number works here."),
    ],
)
def test_a_plan_that_does_not_fit_together_is_told_and_kept(
    hr: Client, cast: Cast, change: dict[str, Any], words: str
) -> None:
    department = cast.departments["logistics"]
    data = {name: value for name, value in (plan_data(hr, department) | change).items() if value is not None}
    answer = hr.post(reverse("cycle-plan", args=[department]), data)
    assert answer.status_code == 200
    assert words in str(answer.content, "utf-8").replace("&#x27;", "'")
    assert not Plan.objects.exists()


def test_the_second_of_two_editors_of_a_plan_is_told(hr: Client, cast: Cast) -> None:
    data = plan_data(hr, 0)
    assert hr.post(reverse("cycle-plan", args=[0]), data).status_code == 302
    answer = hr.post(reverse("cycle-plan", args=[0]), data | {"appeal_days": "5"})
    assert "Somebody has changed it meanwhile" in str(answer.content, "utf-8")
    assert Plan.objects.get().appeal_days == 7
    assert hr.post(reverse("cycle-plan", args=[0]), data | {"appeal_days": "5", "version": "1"}).status_code == 302
    assert Plan.objects.get().appeal_days == 5


# Archiving


def test_archiving_is_begun_followed_and_stopped(hr: Client, cast: Cast) -> None:
    cycle = cast.open()
    while step := cycle.steps.filter(state="open").exclude(kind__in=("archive", "improvement")).first():
        advance(cast.hr, step, force_reason=REASON)
    where = reverse("cycle-step", args=[cast.step(cycle, "archive").pk, "advance"])
    assert "nothing in this cycle can be taken back" in str(hr.get(where).content, "utf-8")
    hr.post(where, {})
    assert "Broken off, it goes on where it was." in page(hr, "cycle", cycle.pk)
    assert "HX-Refresh" not in hr.get(reverse("cycle-archiving", args=[cycle.pk])).headers
    hr.post(reverse("cycle-stop", args=[cycle.pk]))
    assert hr.get(reverse("cycle-archiving", args=[cycle.pk])).headers["HX-Refresh"] == "true"
    assert Step.objects.get(cycle=cycle, kind="archive").state == "open"
    assert Assignment.objects.exists()
