"""The pages of pools, adjustments and trials: what they show, to whom, and what they refuse."""

import io
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fastexcel import read_excel

from fenming.controls.models import Run, Work
from fenming.controls.operations import SYSTEM
from fenming.library.schemes import schemes
from fenming.modules.accounts.models import Role, User
from fenming.modules.bonus.jobs import find_late
from fenming.modules.bonus.models import Adjustment, Pool, Trial
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.bonus.operations.adjusting import correct
from fenming.modules.bonus.operations.trying import Variant, ask, go_on
from fenming.modules.conftest import OCTOBER, SignIn, SmallCompany, sessions
from fenming.modules.hub.operations import take_in
from fenming.modules.people.models import Department, Employee
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import Draft
from fenming.rules.decisions import Decision
from fenming.rules.periods import parse

EVIL = "<script>alert(1)</script>"
MOST_QUERIES = 15


def service() -> int:
    return department_ids()["customer_service"]


def settled(company: SmallCompany, **given: Any) -> Run:
    for department in department_ids().values():
        set_pool(department, OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    return settle(company.engine, company.lake, OCTOBER, folder=company.runs, **given)


def closed(company: SmallCompany) -> Run:
    return settled(company, kind=Run.Kind.CLOSE)


def heavier() -> dict[str, Any]:
    given = deepcopy(schemes()["customer_service"].model_dump(mode="json"))
    first, second = given["items"][:2]
    first["weight"] = str(Decimal(first["weight"]) + 10)
    second["weight"] = str(Decimal(second["weight"]) - 10)
    return given


def a_draft(**given: Any) -> Draft:
    author = User.objects.get(username="hr")
    values = {"identifier": "customer_service", "department_id": service(), "definition": heavier(), "author": author}
    return Draft.objects.create(**{**values, **given})


def a_trial(*, money: bool = True) -> Trial:
    if money:
        set_pool(service(), OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    trial = ask(SYSTEM, service(), [Variant(identifier="customer_service", definition=heavier())], [OCTOBER])
    go_on(trial.pk, lambda done, of: None)
    return trial


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def post(client: Client, name: str, given: dict[str, Any], *args: Any) -> Any:
    return client.post(reverse(name, args=args), given)


def amounts() -> dict[str, Decimal]:
    found = Pool.objects.filter(start=OCTOBER.start, end=OCTOBER.end)
    return dict(found.values_list("department__code", "amount"))


def test_the_pools_of_a_period_with_what_became_of_them(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    settled(small_company)
    client = signed_in("hr")
    with django_assert_max_num_queries(MOST_QUERIES):
        told = page(client, "pools", period="2026-10")
    assert "16,000.00" in told
    assert "by points: score" in told
    assert "¥2,000.00 a head" in told


def test_pools_are_typed_as_people_type_them(small_company: SmallCompany, signed_in: SignIn) -> None:
    service, logistics = (department_ids()[one] for one in ("customer_service", "logistics"))
    given = {"period": "2026-10", f"amount-{service}": "¥8,000.5", f"amount-{logistics}": "９０００ 元"}
    assert post(signed_in("hr"), "pools-set", given).status_code == 302
    assert amounts() == {"customer_service": Decimal("8000.50"), "logistics": Decimal("9000.00")}
    assert post(signed_in("hr"), "pools-set", given | {f"amount-{service}": "", f"seen-{service}": "8000.50"})
    assert set(amounts()) == {"logistics"}


@pytest.mark.parametrize("typed", ["-1", "0", "1.234", "abc", "1e99", "NaN", "Infinity", "=1+1", "9" * 40, "1\0"])
def test_what_is_no_pool_is_refused_and_kept_on_the_page(
    small_company: SmallCompany, signed_in: SignIn, typed: str
) -> None:
    given = {"period": "2026-10", f"amount-{service()}": typed}
    answer = post(signed_in("hr"), "pools-set", given)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Pool.objects.exists()


def test_the_second_of_two_editors_is_told_what_the_first_one_set(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    one = service()
    set_pool(one, OCTOBER.start, OCTOBER.end, Decimal("5000.00"))
    answer = post(
        signed_in("hr"), "pools-set", {"period": "2026-10", f"amount-{one}": "7000", f"seen-{one}": "4000.00"}
    )
    assert answer.status_code == 409
    told = answer.content.decode()
    assert "set by somebody else to ¥5000.00" in told
    assert 'value="7000"' in told
    assert amounts() == {"customer_service": Decimal("5000.00")}


def test_a_pool_of_a_closed_period_stands(small_company: SmallCompany, signed_in: SignIn) -> None:
    closed(small_company)
    one = service()
    given = {"period": "2026-10", f"amount-{one}": "1", f"seen-{one}": "8000.00"}
    answer = post(signed_in("hr"), "pools-set", given)
    assert answer.status_code == 422
    assert "is closed" in answer.content.decode()
    assert amounts()["customer_service"] == Decimal("8000.00")


def test_pools_are_copied_from_the_period_before_and_fill_only_what_is_empty(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    september = parse("2026-09")
    for one in department_ids().values():
        set_pool(one, september.start, september.end, Decimal("100.00"))
    set_pool(service(), OCTOBER.start, OCTOBER.end, Decimal("7.00"))
    client = signed_in("hr")
    assert post(client, "pools-copy", {"period": "2026-10"}).status_code == 302
    assert amounts() == {"customer_service": Decimal("7.00"), "logistics": Decimal("100.00")}
    assert post(client, "pools-copy", {"period": "2026-10"}).status_code == 422


def test_so_much_a_head(small_company: SmallCompany, signed_in: SignIn) -> None:
    assert post(signed_in("hr"), "pools-by-head", {"period": "2026-10", "amount": "100.01"}).status_code == 302
    assert amounts() == {"customer_service": Decimal("400.04"), "logistics": Decimal("300.03")}
    assert post(signed_in("hr"), "pools-by-head", {"period": "2026-10", "amount": "-1"}).status_code == 422


def excel(*rows: tuple[Any, ...]) -> SimpleUploadedFile:
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return SimpleUploadedFile("pools.xlsx", body.getvalue())


def test_pools_come_from_a_file_and_every_wrong_row_is_told(small_company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in("hr")
    wrong = excel(
        ("部门", "金额"), ("客服部", 100), ("客服部", 200), ("nowhere", 5), ("logistics", -3), ("logistics", "x")
    )
    answer = post(client, "pools-file", {"period": "2026-10", "file": wrong})
    told = answer.content.decode()
    assert answer.status_code == 422
    assert all(f"Row {row}" in told for row in (3, 4, 5, 6))
    assert not Pool.objects.exists()
    right = excel(("Department", "Pool"), ("客服部", 100), ("logistics", "2,000.50"))
    assert post(client, "pools-file", {"period": "2026-10", "file": right}).status_code == 302
    assert amounts() == {"customer_service": Decimal("100.00"), "logistics": Decimal("2000.50")}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"\x00" * 300, b"<html>", "部门,金额\n".encode()])
def test_a_file_that_is_none_is_refused(small_company: SmallCompany, signed_in: SignIn, content: bytes) -> None:
    file = SimpleUploadedFile("pools.xlsx", content)
    assert post(signed_in("hr"), "pools-file", {"period": "2026-10", "file": file}).status_code == 422


def test_the_template_comes_back_as_it_went_out(small_company: SmallCompany, signed_in: SignIn) -> None:
    set_pool(service(), OCTOBER.start, OCTOBER.end, Decimal("123.45"))
    Department.objects.filter(code="logistics").update(name_zh="=cmd()", name_en="")
    client = signed_in("hr")
    content = client.get(reverse("pools-file"), {"period": "2026-10"}).content
    rows = read_excel(content).load_sheet(0).to_polars().rows()
    assert ("customer_service", "Customer service", 4, 123.45) in rows
    assert any(str(row[1]).startswith("'=") for row in rows)
    file = SimpleUploadedFile("pools.xlsx", content)
    assert post(client, "pools-file", {"period": "2026-10", "file": file}).status_code in (302, 422)


def test_a_lead_sees_the_own_pool_and_cannot_set_it(small_company: SmallCompany, signed_in: SignIn) -> None:
    settled(small_company)
    client = signed_in("KF1")
    told = page(client, "pools", period="2026-10")
    assert "Customer service" in told
    assert "Logistics" not in told
    assert "data-sums" not in told
    assert post(client, "pools-set", {"period": "2026-10"}).status_code == 403


def test_names_are_shown_and_never_run(small_company: SmallCompany, signed_in: SignIn) -> None:
    Department.objects.filter(code="customer_service").update(name_zh=EVIL, name_en=EVIL)
    Employee.objects.update(name=EVIL)
    run = closed(small_company)
    decision = Decision(source="appeal", number=1, reason=EVIL, points=Decimal(5))
    correct(SYSTEM, run, {"KF2": [decision]}, reason=EVIL, source="appeal:1")
    late(small_company)
    client = signed_in("hr")
    looked(client, run)
    definition = heavier() | {"name": {"zh": EVIL, "en": EVIL}}
    draft = a_draft(definition=definition)
    trial = ask(SYSTEM, service(), [Variant(identifier="customer_service", definition=definition)], [OCTOBER])
    go_on(trial.pk, lambda done, of: None)
    pages = [
        page(client, "pools", period="2026-10"), page(client, "adjustments"), page(client, "late-facts", run.pk),
        page(client, "trials"), page(client, "trial-new", draft.pk), page(client, "trial", trial.pk),
    ]  # fmt: skip
    assert not [told for told in pages if EVIL in told]
    assert all("&lt;script&gt;" in told for told in pages)


def looked(client: Client, run: Run) -> None:
    """The button is pressed and the worker has come."""
    assert post(client, "late-facts", {"do": "look"}, run.pk).status_code == 302
    find_late.now(run=run.pk)
    Work.objects.filter(job="bonus.find_late").update(state="done", finished_at=timezone.now())


def late(company: SmallCompany) -> None:
    """Handling times of October are corrected, so that points change."""
    changed = sessions().set_column(8, "handle_ms", sessions()["first_reply_ms"])
    take_in(company.lake, "service_session", changed, name="corrected", source="test")


def test_late_facts_are_shown_and_become_adjustments_once(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    run = closed(small_company)
    client = signed_in("hr")
    assert "Nothing arrived late" in page(client, "late-facts", run.pk)
    late(small_company)
    assert "Look now" in page(client, "late-facts", run.pk)
    looked(client, run)
    with django_assert_max_num_queries(MOST_QUERIES):
        told = page(client, "late-facts", run.pk)
    assert "corrected" in told
    form = client.get(reverse("late-facts", args=[run.pk])).context
    rows, source = form["late"].rows, form["late"].source
    assert rows
    one = rows[0]
    given = {"people": [one.number], "reason": "late data", "source": source}
    assert post(client, "late-facts", given, run.pk).status_code == 302
    adjustment = Adjustment.objects.get()
    assert (adjustment.employee.number, adjustment.amount, adjustment.of) == (one.number, one.due, run)
    assert post(client, "late-facts", given, run.pk).status_code == 409
    assert "Waiting for its turn" in page(client, "late-facts", run.pk)
    looked(client, run)
    assert post(client, "late-facts", given, run.pk).status_code == 422
    assert Adjustment.objects.count() == 1


def test_what_later_facts_change_is_found_once_however_often_it_is_asked_and_kept_to_the_reach(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    run = closed(small_company)
    late(small_company)
    hr = signed_in("hr")
    for _twice in range(2):
        post(hr, "late-facts", {"do": "look"}, run.pk)
    assert Work.objects.filter(job="bonus.find_late").count() == 1
    looked(hr, run)
    lead = Role.objects.get(code="lead")
    lead.permissions = [*lead.permissions, "bonus.edit"]
    lead.save()
    assert page(hr, "late-facts", run.pk).count('name="people"') > 0
    assert 'name="people"' not in page(signed_in("WL1"), "late-facts", run.pk)
    correct(
        SYSTEM,
        run,
        {"KF2": [Decision(source="appeal", number=1, reason="r", points=Decimal(5))]},
        reason="r",
        source="appeal:1",
    )
    assert "Look now" in page(hr, "late-facts", run.pk)


def test_a_list_of_late_facts_that_is_no_longer_true_is_made_anew(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    run = closed(small_company)
    late(small_company)
    client = signed_in("hr")
    looked(client, run)
    number = client.get(reverse("late-facts", args=[run.pk])).context["late"].rows[0].number
    answer = post(client, "late-facts", {"people": [number], "reason": "why", "source": "late_facts:old"}, run.pk)
    assert answer.status_code == 409
    assert not Adjustment.objects.exists()


def test_late_facts_of_other_days_change_nothing(small_company: SmallCompany, signed_in: SignIn) -> None:
    run = closed(small_company)
    take_in(small_company.lake, "service_session", sessions(day=date(2026, 11, 5)), name="november", source="test")
    client = signed_in("hr")
    looked(client, run)
    assert "Nothing arrived late" in page(client, "late-facts", run.pk)


def test_hr_ends_an_adjustment_with_the_reason_and_a_lead_does_not(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    points = Decision(source="appeal", number=1, reason="r", points=Decimal(5))
    correct(SYSTEM, closed(small_company), {"KF2": [points]}, reason="r", source="check:1")
    one, hr = Adjustment.objects.get(), signed_in("hr")
    address = reverse("adjustment-end", args=[one.pk])
    assert address in page(hr, "adjustments")
    assert address not in page(signed_in("KF1"), "adjustments")
    assert post(signed_in("KF1"), "adjustment-end", {"do": "undo", "reason": "r"}, one.pk).status_code == 403
    for given in ({"do": "undo", "reason": " "}, {"do": "%00", "reason": "x"}, {}):
        assert post(hr, "adjustment-end", given, one.pk).status_code == 302
        assert Adjustment.objects.get().ended == ""
    post(hr, "adjustment-end", {"do": "undo", "reason": f"{EVIL}\0"}, one.pk)
    told = page(hr, "adjustments", state="undone")
    assert EVIL not in told
    assert "&lt;script" in told


def test_adjustments_are_listed_within_reach(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    run = closed(small_company)
    decision = Decision(source="appeal", number=7, reason="why", points=Decimal(5))
    correct(SYSTEM, run, {"KF2": [decision]}, reason="the roster was wrong", source="appeal:7")
    client = signed_in("hr")
    with django_assert_max_num_queries(MOST_QUERIES):
        told = page(client, "adjustments", state="open")
    assert "the roster was wrong" in told
    assert "appeal 7" in told
    assert "the roster was wrong" not in page(client, "adjustments", state="paid")
    assert "the roster was wrong" not in page(signed_in("WL1"), "adjustments")
    assert "the roster was wrong" in page(signed_in("KF1"), "adjustments")


def test_a_draft_is_tried_out_from_its_page_once(small_company: SmallCompany, signed_in: SignIn) -> None:
    draft, other = a_draft(), a_draft(version=2)
    client = signed_in("hr")
    answer = client.get(reverse("trial-new", args=[draft.pk]))
    key = answer.context["form"]["key"].value()
    spans = [one.label for one, _scored in answer.context["periods"]]
    given = {"periods": spans[:2], "against": str(other.pk), "key": str(key)}
    first = post(client, "trial-new", given, draft.pk)
    assert (first.status_code, post(client, "trial-new", given, draft.pk)["Location"]) == (302, first["Location"])
    trial = Trial.objects.get()
    assert [one["draft"] for one in trial.variants] == [draft.pk, other.pk]
    assert [one[0] for one in trial.periods] == spans[1::-1]
    assert Work.objects.get().pk == trial.work
    assert "Waiting for its turn" in page(client, "trial-progress", trial.pk)
    assert post(client, "trial-stop", {}, trial.pk).status_code == 302
    assert "called off" in page(client, "trial", trial.pk)


@pytest.mark.parametrize("given", [{}, {"periods": "1066-10"}, {"periods": "2026-10", "key": "\0"}, {"periods": "\0"}])
def test_what_is_no_choice_is_refused(small_company: SmallCompany, signed_in: SignIn, given: dict[str, str]) -> None:
    assert post(signed_in("hr"), "trial-new", given, a_draft().pk).status_code == 422
    assert not Trial.objects.exists()


def test_a_draft_that_is_not_whole_is_refused_in_words(small_company: SmallCompany, signed_in: SignIn) -> None:
    draft = a_draft(definition={"name": {"zh": "半成品", "en": "half"}, "items": "what"})
    client = signed_in("hr")
    form = client.get(reverse("trial-new", args=[draft.pk])).context
    given = {"periods": form["periods"][1][0].label, "key": str(form["form"]["key"].value())}
    answer = post(client, "trial-new", given, draft.pk)
    assert answer.status_code == 422
    assert "not complete" in answer.content.decode()


def test_a_trial_says_who_gains_and_who_loses(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    trial = a_trial()
    client = signed_in("hr")
    with django_assert_max_num_queries(MOST_QUERIES):
        told = page(client, "trial", trial.pk)
    found = client.get(reverse("trial", args=[trial.pk])).context["comparison"]
    assert found.gain + found.lose + found.same == len(found.people) == 4
    assert found.gain > 0 < found.lose
    assert found.moved == found.lost
    assert sum(one.change for one in found.people) / 4 == pytest.approx(found.mean_change, abs=Decimal("0.02"))
    assert sum(one.change for one in found.drivers) == pytest.approx(found.mean_change, abs=Decimal("0.1"))
    assert f"¥{found.moved:,.2f}" in told
    for query in ({"kind": "gain"}, {"q": "KF2"}, {"order": "-rank"}, {"by": "points"}, {"order": "x", "pair": "9-9"}):
        page(client, "trial", trial.pk, **query)


def test_who_may_not_see_bonuses_sees_points_and_grades_only(small_company: SmallCompany, signed_in: SignIn) -> None:
    role = Role.objects.get(code="lead")
    role.permissions = [one for one in role.permissions if one != "bonus.view"]
    role.save()
    trial = a_trial()
    client = signed_in("KF1")
    told = page(client, "trial", trial.pk)
    assert "¥" not in told
    assert "Mean total" in told
    sheet = read_excel(client.get(reverse("trial-file", args=[trial.pk])).content).load_sheet(0).to_polars()
    assert not [name for name in sheet.columns if "Bonus" in name or "Yuan" in name]
    with_money = read_excel(signed_in("hr").get(reverse("trial-file", args=[trial.pk])).content).load_sheet(0)
    assert [name for name in with_money.to_polars().columns if "Bonus" in name]


def test_a_lead_of_others_does_not_reach_a_trial(small_company: SmallCompany, signed_in: SignIn) -> None:
    trial = a_trial()
    assert signed_in("WL1").get(reverse("trial", args=[trial.pk])).status_code == 404
    assert signed_in("KF2").get(reverse("trial", args=[trial.pk])).status_code == 403
    assert post(signed_in("KF1"), "trial-forget", {}, trial.pk).status_code == 403


def test_without_a_pool_a_trial_shows_points(small_company: SmallCompany, signed_in: SignIn) -> None:
    told = page(signed_in("hr"), "trial", a_trial(money=False).pk)
    assert "Points and grades only" in told


@pytest.mark.parametrize("name", ["trial", "trial-new", "late-facts"])
@pytest.mark.parametrize("number", [0, 999, 2**63, 10**30])
def test_what_does_not_exist_is_not_found(
    small_company: SmallCompany, signed_in: SignIn, name: str, number: int
) -> None:
    assert signed_in("hr").get(reverse(name, args=[number])).status_code == 404
