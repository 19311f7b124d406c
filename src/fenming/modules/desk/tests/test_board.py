"""The department's board: who sees which, and what is on it."""

import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client

from fenming.library.schemes import schemes
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import CAST, OCTOBER, SignIn, SmallCompany
from fenming.modules.desk.tests.conftest import October
from fenming.modules.people.models import Assignment, Department, Employee
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import ScoreLine
from fenming.modules.schemes.operations import publish
from fenming.rules.weights import Season

Counted = Callable[..., Any]


def people_in(page: Any) -> list[str]:
    """The employee numbers of the ranking, in order."""
    found = re.findall(r'<tr data-row.*?<small class="num">(\w+)', page.content.decode(), flags=re.DOTALL)
    return [str(one) for one in found]


def test_hr_sees_everybody_of_a_department(october: October, signed_in: SignIn) -> None:
    page = signed_in("hr").get("/board/?department=logistics")
    assert sorted(people_in(page)) == ["WL1", "WL2", "WL3"]
    assert page.content.count(b"<option") > 2


def test_a_lead_sees_the_own_department_whatever_is_asked(october: October, signed_in: SignIn) -> None:
    page = signed_in("KF1").get("/board/?department=logistics")
    assert sorted(people_in(page)) == ["KF1", "KF2", "KF3", "KF4"]
    assert b"Logistics" not in page.content


def test_what_does_not_exist_gives_the_first_department_and_the_newest_run(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    for query in ("run=999999", "run=x", "period=1999-01", "department=nowhere", "order=;drop", "run=", "q=%00"):
        page = client.get(f"/board/?{query}")
        assert page.status_code == 200
        assert len(people_in(page)) == 4


def test_filters_narrow_and_unknown_values_do_nothing(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    everybody = {"KF1", "KF2", "KF3", "KF4"}
    cases = {
        "q=王": {"KF3"}, "q=kf4": {"KF4"}, "q=nobody": set(), "team=一组": everybody, "team=invented": everybody,
        "grade=Z": everybody, "scheme=nothing": everybody,
    }  # fmt: skip
    for query, wanted in cases.items():
        page = client.get(f"/board/ranking/?department=customer_service&{query}", headers={"hx-request": "true"})
        assert set(people_in(page)) == wanted
        assert page["HX-Push-Url"].startswith("/board/?department=customer_service")
        assert b"<html" not in page.content


def test_grades_filter_by_their_letter(october: October, signed_in: SignIn) -> None:
    letter = october.cards["KF2"].grade
    same = {number for number, card in october.cards.items() if card.grade == letter and number.startswith("KF")}
    page = signed_in("hr").get(f"/board/?department=customer_service&grade={letter}")
    assert set(people_in(page)) == same


def test_schemes_filter_a_department_that_has_several(october: October, signed_in: SignIn) -> None:
    page = signed_in("hr").get("/board/?department=logistics&scheme=logistics")
    assert people_in(page) == ["WL1"]


def test_the_ranking_orders_both_ways(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    cards = [card for number, card in october.cards.items() if number.startswith("KF")]
    for order in ("rank", "-rank", "total", "-total", "number", "-number"):
        page = client.get(f"/board/?department=customer_service&order={order}")
        by = order.removeprefix("-")
        values = {card.employee.number: card.employee.number if by == "number" else getattr(card, by) for card in cards}
        shown = [values[number] for number in people_in(page)]
        assert shown == sorted(shown, reverse=order.startswith("-"))


@pytest.mark.parametrize("user", ["hr", "KF1"])
def test_a_board_takes_few_queries(
    user: str, october: October, signed_in: SignIn, django_assert_max_num_queries: Counted
) -> None:
    client = signed_in(user)
    client.get("/board/")  # the first page of a process also asks the database what it can do
    for path in ("/board/", "/board/ranking/", "/board/export/"):
        with django_assert_max_num_queries(15):
            assert client.get(path, headers={"hx-request": "true"} if "ranking" in path else {}).status_code == 200


def test_a_season_shows_the_weights_before_and_now(small_company: SmallCompany, signed_in: SignIn) -> None:
    season = Season(
        name={"zh": "双11", "en": "Double 11"}, start=OCTOBER.start, until=OCTOBER.end,
        weights={"satisfaction_score": Decimal(40)},
    )  # fmt: skip
    scheme = schemes()["customer_service"].model_copy(update={"seasons": (season,)})
    publish(scheme, department_ids()["customer_service"], valid_from=date(2026, 2, 1))
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    page = signed_in("hr").get("/board/?department=customer_service").content.decode()
    assert "30 → 40%" in page
    assert "Double 11" in page
    assert "Missing data" in page  # without a pool the last key figure tells the gaps


def test_the_department_value_is_all_numerators_over_all_denominators(october: October, signed_in: SignIn) -> None:
    lines = ScoreLine.objects.filter(
        scorecard__run=october.run, scorecard__department__code="customer_service", indicator="resolution_rate"
    )
    whole = sum(line.numerator for line in lines) / sum(line.denominator for line in lines) * 100
    page = signed_in("hr").get("/board/?department=customer_service").content.decode()
    assert re.search(rf'Resolution rate</h2>\s*<p class="kpi-value num">{whole:.1f}<', page)


def test_the_export_holds_what_is_seen(october: October, signed_in: SignIn) -> None:
    Employee.objects.filter(number="KF2").update(name="=HYPERLINK(1)")
    answer = signed_in("KF1").get("/board/export/?order=number&department=logistics")
    assert "customer" in answer["Content-Disposition"].lower()
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    table = list(book.worksheets[0].iter_rows(values_only=True))
    assert [row[1] for row in table[1:]] == ["KF1", "KF2", "KF3", "KF4"]
    assert table[2][2] == "'=HYPERLINK(1)"
    column = table[0].index("Resolution rate")
    line = ScoreLine.objects.get(scorecard=october.cards["KF2"], indicator="resolution_rate")
    assert table[2][column] == pytest.approx(float(line.value))
    assert table[2][table[0].index("Total")] == float(october.cards["KF2"].total)
    origin = dict(book.worksheets[1].iter_rows(values_only=True))
    assert origin["Inputs"] == october.run.inputs


def test_a_missing_value_is_an_empty_cell_of_the_export(october: October, signed_in: SignIn) -> None:
    answer = signed_in("hr").get("/board/export/?department=customer_service&order=number")
    table = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    column = table[0].index("Satisfaction score (/5)")
    rated = ScoreLine.objects.get(scorecard=october.cards["KF3"], indicator="satisfaction_score")
    assert rated.value is None
    assert table[3][column] is None


def test_before_the_first_run_the_board_says_so(small_company: SmallCompany, signed_in: SignIn) -> None:
    page = signed_in("hr").get("/board/")
    assert page.status_code == 200
    assert b"No scores yet" in page.content
    assert signed_in("hr").get("/board/export/").status_code == 404


def test_a_department_without_scorecards_says_so(october: October, signed_in: SignIn) -> None:
    Department.objects.create(code="legal", name_zh="法务部", name_en="Legal")
    page = signed_in("hr").get("/board/?department=legal")
    assert b"Nobody was scored here" in page.content


def test_a_lead_without_a_department_sees_none(october: October, signed_in: SignIn) -> None:
    Employee.objects.get(number="KF1").assignments.update(valid_to="2026-01-01")
    page = signed_in("KF1").get("/board/")
    assert b"No department is yours" in page.content


def test_everybody_of_the_cast_is_on_one_board(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    found = [
        one for code in ("customer_service", "logistics") for one in people_in(client.get(f"/board/?department={code}"))
    ]
    assert sorted(found) == sorted(CAST)


def test_the_board_speaks_chinese(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    page = client.get("/board/?department=customer_service", headers={"accept-language": "zh-hans"}).content.decode()
    assert all(word in page for word in ("客服部绩效看板", "平均总分", "问题解决率", "员工排名"))


def test_without_scripts_the_ranking_address_is_the_board(october: October, signed_in: SignIn) -> None:
    client: Client = signed_in("hr")
    assert b"<html" in client.get("/board/ranking/").content


@pytest.fixture
def second_team(small_company: SmallCompany) -> None:
    Assignment.objects.filter(employee__number__in=["KF2", "KF3"]).update(team="二组")


@pytest.mark.usefixtures("second_team")
def test_a_team_has_figures_of_its_own(october: October, signed_in: SignIn) -> None:
    page = signed_in("KF1").get("/board/?team=二组")
    mean = (october.cards["KF2"].total + october.cards["KF3"].total) / 2
    assert sorted(people_in(page)) == ["KF2", "KF3"]
    assert f"{mean:.1f}" in page.content.decode()
    assert not re.search(rb"Bonus pool\b", page.content)
    assert re.search(rb"Bonus pool\b", signed_in("KF1").get("/board/").content)
