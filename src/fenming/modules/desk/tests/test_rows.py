"""From a number to its records: counted and excluded rows, shares, pins."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from fenming.controls.scope import Scope
from fenming.modules.conftest import SignIn, sessions
from fenming.modules.desk.queries.rows import PAGE, Rows, rows_of
from fenming.modules.desk.tests.conftest import October
from fenming.modules.hub.operations import take_in
from fenming.modules.schemes.models import ScoreLine


def rows(october: October, number: str, indicator: str, *, page: int = 1) -> Rows:
    found = rows_of(Scope.all(), october.cards[number].pk, indicator, span=0, page=page)
    assert found is not None
    return found


def records(found: Rows) -> list[Any]:
    return [record for table in found.tables for record in table.records]


def test_an_employee_sees_the_own_records_and_nobody_elses(october: October, signed_in: SignIn) -> None:
    client = signed_in("KF2")
    assert client.get(f"/rows/{october.cards['KF2'].pk}/response_time/").status_code == 200
    assert client.get(f"/rows/{october.cards['KF3'].pk}/response_time/").status_code == 404


def test_the_counted_rows_are_the_denominator_of_a_person_with_an_own_account(october: October) -> None:
    line = ScoreLine.objects.get(scorecard=october.cards["KF2"], indicator="resolution_rate")
    assert rows(october, "KF2", "resolution_rate").counted == line.denominator


def test_the_shares_of_a_shared_account_add_up_to_the_denominator(october: October) -> None:
    line = ScoreLine.objects.get(scorecard=october.cards["KF3"], indicator="resolution_rate")
    first = rows(october, "KF3", "resolution_rate")
    every = [
        record
        for page in range(1, first.pages + 1)
        for record in records(rows(october, "KF3", "resolution_rate", page=page))
    ]
    counted = [Decimal(record.share.rstrip("%")) / 100 for record in every if not record.excluded]
    assert sum(counted) == line.denominator
    assert {"50%", "100%"} <= {record.share for record in every}


def test_excluded_rows_stand_there_with_their_reason(october: October, signed_in: SignIn) -> None:
    found = rows(october, "KF3", "satisfaction_score")
    assert found.counted == 0
    assert found.left_out == found.total > 0
    assert found.excluded == [(found.excluded[0][0], found.left_out)]
    page = signed_in("KF3").get(f"/rows/{october.cards['KF3'].pk}/satisfaction_score/").content.decode()
    assert f"<b>{found.left_out}</b> excluded" in page
    assert found.excluded[0][0] in page


def test_pages_hold_every_row_once(october: October) -> None:
    first = rows(october, "KF1", "resolution_rate")
    assert first.total == 60
    assert first.pages == 2
    keys = [record.key for page in (1, 2) for record in records(rows(october, "KF1", "resolution_rate", page=page))]
    assert len(keys) == len(set(keys)) == first.total
    assert len(records(first)) == PAGE


def test_an_impossible_page_gives_a_real_one(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    for query in ("page=99", "page=0", "page=x", "page=-3", "span=7", "page=99999999999"):
        assert client.get(f"/rows/{october.cards['KF1'].pk}/resolution_rate/?{query}").status_code == 200


def test_an_indicator_that_the_scheme_does_not_read_is_not_found(october: October, signed_in: SignIn) -> None:
    client = signed_in("hr")
    for indicator in ("damage_rate", "no_such_thing"):
        assert client.get(f"/rows/{october.cards['KF1'].pk}/{indicator}/").status_code == 404


def test_records_that_came_after_the_run_are_not_shown(october: October) -> None:
    before = rows(october, "KF1", "resolution_rate")
    take_in(october.company.lake, "service_session", sessions(day=date(2026, 10, 9)), name="late", source="test")
    assert rows(october, "KF1", "resolution_rate") == before


def test_the_page_tells_definition_division_curve_and_points(october: October, signed_in: SignIn) -> None:
    line = ScoreLine.objects.get(scorecard=october.cards["KF2"], indicator="response_time")
    page = signed_in("KF2").get(f"/rows/{line.scorecard_id}/response_time/").content.decode()
    assert f"÷ {line.denominator.normalize():f} × 0.001 = {line.value:.1f} s" in page
    assert f"{line.points:.2f}" in page
    assert "Weight" in page
    assert october.run.inputs[:12] in page


def test_sentences_hold_units_and_no_bare_fractions(october: October) -> None:
    told = " ".join(rows(october, "KF2", "resolution_rate").because)
    assert "%" in told
    assert not re.search(r"\b0\.\d{3,}", told)


def test_durations_and_flags_are_written_for_people(october: October) -> None:
    cells = {cell.text for record in records(rows(october, "KF2", "response_time")) for cell in record.cells}
    assert any(re.fullmatch(r"[\d,]+\.\d s", text) for text in cells)


def test_extra_points_lead_to_their_records_too(october: October, signed_in: SignIn) -> None:
    page = signed_in("hr").get(f"/rows/{october.cards['KF2'].pk}/merit_points/")
    assert page.status_code == 200
    assert b"No records" in page.content


def test_the_records_take_few_queries(
    october: October, signed_in: SignIn, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = signed_in("KF1")
    with django_assert_max_num_queries(15):
        client.get(f"/rows/{october.cards['KF2'].pk}/response_time/")
