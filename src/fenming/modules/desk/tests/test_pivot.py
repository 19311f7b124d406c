"""Indicators cut along dimensions: who sees which facts, and that the parts are the whole."""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.http import QueryDict

from fenming.controls.scope import Scope
from fenming.library.indicators import indicator
from fenming.modules.conftest import OCTOBER, SignIn
from fenming.modules.desk.queries.cells import can_be_cut, cells, dimensions
from fenming.modules.desk.queries.pivot import Pivot, pivot
from fenming.modules.desk.tests.conftest import October
from fenming.modules.people.queries.records import department_ids
from fenming.rules.comparing import whole


def cut(scope: Scope, query: str) -> Pivot:
    found = pivot(scope, QueryDict(query))
    assert found is not None
    return found


def of(department: str) -> Scope:
    return Scope(departments=frozenset({department_ids()[department]}))


def test_the_groups_add_up_to_the_whole(october: October) -> None:
    one = indicator("damage_rate")
    alone = cells(Scope.all(), one, OCTOBER, [], {})[()]
    for by in ("route", "team", "employee", "day", "department"):
        parts = cells(Scope.all(), one, OCTOBER, [by], {})
        assert whole({key[0]: part for key, part in parts.items()}) == alone


def test_a_lead_s_facts_are_those_of_the_own_people(october: October) -> None:
    assert cells(of("customer_service"), indicator("damage_rate"), OCTOBER, ["route"], {}) == {}
    assert len(cells(of("logistics"), indicator("damage_rate"), OCTOBER, ["route"], {})) == 4


def test_shared_accounts_count_by_share_for_who_sees_people_only(october: October) -> None:
    one = indicator("response_time")
    everything = cells(Scope.all(), one, OCTOBER, [], {})[()]
    own = cells(of("customer_service"), one, OCTOBER, [], {})[()]
    assert own.denominator is not None
    assert everything.denominator is not None
    assert everything.denominator == 240
    assert Decimal(120) < own.denominator < everything.denominator


@pytest.mark.parametrize("view", ["list", "grid", "periods", "groups"])
def test_a_lead_never_sees_another_department(view: str, october: October, signed_in: SignIn) -> None:
    client = signed_in("KF1")
    for indicator_id in ("damage_rate", "response_time"):
        for by in ("route", "employee", "team", "department"):
            page = client.get(f"/board/pivot/?indicator={indicator_id}&by={by}&view={view}&f=employee:WL2")
            assert page.status_code == 200
            assert not [one for one in ("吴刚", "郑洁", "线路", "Logistics") if one in page.content.decode()]


def test_hr_drills_down_one_filter_after_the_other(october: October, signed_in: SignIn) -> None:
    first = cut(Scope.all(), "indicator=damage_rate&by=route")
    inside = cut(Scope.all(), first.groups[0].query)
    assert [one.value for one in inside.filters] == [first.groups[0].name]
    assert inside.total == first.groups[0].text
    deeper = cut(Scope.all(), "indicator=damage_rate&by=team&f=route:线路1&f=employee:WL2")
    assert len(deeper.filters) == 2
    assert "线路1" in signed_in("hr").get(f"/board/pivot/?{deeper.query}").content.decode()


def test_people_and_customers_columns_are_no_dimensions() -> None:
    one = indicator("response_time")
    assert not {"member", "account", "session"} & set(dimensions(one))
    assert not can_be_cut(indicator("first_response_p90"))
    assert can_be_cut(one)


def test_two_groups_differ_by_their_contributions(october: October) -> None:
    found = cut(Scope.all(), "indicator=damage_rate&by=employee&view=groups&a=WL2&b=WL3&split=route")
    assert found.heads == ("吴刚", "郑洁")
    shares = [one.share for one in found.compared if one.share is not None]
    assert abs(sum(shares, Decimal(0)) - 100) < Decimal("0.1")


def test_two_periods_where_the_first_has_nothing(october: October) -> None:
    found = cut(Scope.all(), "indicator=damage_rate&by=route&view=periods")
    assert len(found.compared) == 4
    assert {one.before for one in found.compared} == {"—"}


HOSTILE = (
    "indicator=%00", "indicator=../../etc", "by=occurred_at", "by=fact_id;drop", "period=9999-99", "months=100000",
    "months=-1", "view=x", "f=route", "f=:", "f=nothing:x", "f=route:%27%29%3B--", "f=route:%00", "a=%00&view=groups",
    "split=%00&view=groups", "&".join(f"f=route:{one}" for one in range(50)),
)  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_what_does_not_exist_counts_as_not_given(query: str, october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    assert client.get(f"/board/pivot/?indicator=damage_rate&{query}").status_code == 200
    assert client.get(f"/board/pivot/export/?indicator=damage_rate&{query}").status_code == 200


def test_the_file_holds_the_groups_that_are_seen(october: October, signed_in: SignIn) -> None:
    answer = signed_in("KF1").get("/board/pivot/export/?indicator=response_time&by=employee&view=periods")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    names = {row[0].value for row in list(book["Groups"].rows)[1:]}
    assert names == {"林晓雯", "赵辉", "王芳", "李娜"}
    assert "Comparison" in book.sheetnames


def test_looking_again_measures_nothing(october: October, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cut(Scope.all(), "indicator=damage_rate&by=route")
    monkeypatch.setattr("fenming.modules.desk.queries.cells.measure", None)
    assert cut(Scope.all(), "indicator=damage_rate&by=route") == first


def test_before_the_first_run_the_page_says_so(small_company: Any, signed_in: SignIn) -> None:
    assert b"Nothing to cut yet" in signed_in("hr").get("/board/pivot/").content
    assert signed_in("hr").get("/board/pivot/export/").status_code == 404
    assert b"No scores yet" in signed_in("hr").get("/board/company/").content


def test_it_takes_few_queries(
    october: October, signed_in: SignIn, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = signed_in("KF1")
    for address in ("/board/pivot/", "/board/pivot/?view=groups&by=employee", "/board/company/"):
        with django_assert_max_num_queries(15):
            client.get(address)


def test_all_departments_stand_side_by_side(october: October, signed_in: SignIn) -> None:
    page = signed_in("hr").get("/board/company/").content.decode()
    assert "department=customer_service" in page
    assert "department=logistics" in page


def test_a_lead_s_company_is_the_own_department(october: October, signed_in: SignIn) -> None:
    for query in ("", "?period=2026-10", "?period=%00"):
        page = signed_in("KF1").get(f"/board/company/{query}").content.decode()
        assert "department=customer_service" in page
        assert "logistics" not in page
        assert "Logistics" not in page
