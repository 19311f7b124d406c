"""Ratings among the facts: scored and traced as any other number, and missing where nobody rated."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from fenming.controls.models import Run
from fenming.controls.operations import SYSTEM
from fenming.controls.scope import Scope
from fenming.library.schemes import Scheme, schemes
from fenming.modules.accounts.models import User
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import OCTOBER, SmallCompany
from fenming.modules.cycles.models import Cycle, Participant, Rating, Review
from fenming.modules.cycles.operations.reviews import flush_ratings
from fenming.modules.desk.queries.rows import rows_of
from fenming.modules.people.models import Assignment
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import ScoreLine
from fenming.modules.schemes.operations import publish

ITEM = "collaboration_rating"
MIDDLE = date(2026, 10, 16)


def with_collaboration(name: str) -> Scheme:
    """A shipped scheme in which collaboration takes ten of the hundred points."""
    given = schemes()[name].model_dump(mode="json")
    first, *rest = given["items"]
    less = {**first, "weight": str(Decimal(first["weight"]) - 10)}
    rated = {
        "indicator": ITEM,
        "weight": "10",
        "curve": {"kind": "target", "floor": "1", "target": "4", "stretch": "6"},
        "basis": {"zh": "锚定等级", "en": "anchored levels"},
    }
    return Scheme.model_validate({**given, "items": [less, *rest, rated], "seasons": []})


@pytest.fixture
def company(small_company: SmallCompany) -> SmallCompany:
    for name in ("customer_service", "logistics", "courier"):
        scheme = with_collaboration(name)
        publish(scheme, department_ids()[scheme.department], valid_from=date(2026, 10, 1), reason="collaboration")
    return small_company


def cycle_of(department: str) -> Cycle:
    return Cycle.objects.create(
        department_id=department_ids()[department], label="2026-10", start=OCTOBER.start, end=OCTOBER.end
    )


def rate(company: SmallCompany, cycle: Cycle, number: str, level: str, *, handed_in: bool = True) -> Rating:
    person, _ = Participant.objects.get_or_create(
        cycle=cycle, employee_id=company.ids[number], reviewer_id=company.ids["KF1"]
    )
    review = Review.objects.create(
        participant=person, kind="manager", author=User.objects.get(username="KF1"),
        submitted_at=timezone.now() if handed_in else None,
    )  # fmt: skip
    return Rating.objects.create(review=review, indicator=ITEM, level=Decimal(level))


def settled(company: SmallCompany) -> Run:
    return settle(company.engine, company.lake, OCTOBER, folder=company.runs)


def line(run: Run, number: str, span: int = 0) -> ScoreLine:
    return ScoreLine.objects.get(scorecard__run=run, scorecard__employee__number=number, indicator=ITEM, span=span)


def test_a_level_is_scored_and_traced_to_its_row_and_missing_where_nobody_rated(company: SmallCompany) -> None:
    cycle = cycle_of("customer_service")
    rate(company, cycle, "KF2", "4")
    rate(company, cycle, "KF3", "6", handed_in=False)
    assert flush_ratings(SYSTEM, cycle) == 1
    run = settled(company)
    rated = line(run, "KF2")
    assert (rated.value, rated.score, rated.points) == (Decimal(4), Decimal(100), Decimal(10))
    for nobody in ("KF3", "KF4"):
        missing = line(run, nobody)
        assert (missing.value, missing.points, missing.missing) == (None, None, "no_facts")
    found = rows_of(Scope.all(), rated.scorecard_id, ITEM, span=0, page=1)
    assert found is not None
    (record,) = found.tables[0].records
    assert found.counted == 1
    assert record.at.isoformat() == "2026-10-31T18:00:00"
    assert {cell.text for cell in record.cells} == {"4", "collaboration"}


def test_flushing_again_changes_nothing_and_a_new_level_replaces_the_old(company: SmallCompany) -> None:
    cycle = cycle_of("customer_service")
    rating = rate(company, cycle, "KF2", "4")
    flush_ratings(SYSTEM, cycle)
    before = company.lake.snapshot().versions["rating"]
    flush_ratings(SYSTEM, cycle)
    assert company.lake.snapshot().versions["rating"] == before
    Rating.objects.filter(pk=rating.pk).update(level=Decimal(6))
    flush_ratings(SYSTEM, cycle)
    found = line(settled(company), "KF2")
    assert (found.value, found.denominator) == (Decimal(6), Decimal(1))


def test_somebody_taken_out_of_the_cycle_is_no_longer_rated_by_it(company: SmallCompany) -> None:
    cycle = cycle_of("customer_service")
    rating = rate(company, cycle, "KF2", "4")
    flush_ratings(SYSTEM, cycle)
    Participant.objects.filter(pk=rating.review.participant_id).update(removed_at=timezone.now())
    assert flush_ratings(SYSTEM, cycle) == 0
    assert line(settled(company), "KF2").value is None


def test_after_a_transfer_each_rating_counts_for_the_time_under_its_own_cycle(company: SmallCompany) -> None:
    moved = Assignment.objects.get(employee__number="KF2")
    there = Assignment.objects.get(employee__number="WL1")
    Assignment.objects.filter(pk=moved.pk).update(valid_to=MIDDLE)
    Assignment.objects.create(
        employee_id=moved.employee_id, department_id=there.department_id, post=there.post, valid_from=MIDDLE
    )
    service, logistics = cycle_of("customer_service"), cycle_of("logistics")
    rate(company, service, "KF2", "2")
    rate(company, logistics, "KF2", "6")
    flush_ratings(SYSTEM, service)
    flush_ratings(SYSTEM, logistics)
    run = settled(company)
    assert (line(run, "KF2", 1).value, line(run, "KF2", 2).value) == (Decimal(2), Decimal(6))


def test_who_leaves_in_mid_period_is_rated_for_the_days_there(company: SmallCompany) -> None:
    Assignment.objects.filter(employee__number="KF2").update(valid_to=MIDDLE)
    cycle = cycle_of("customer_service")
    rate(company, cycle, "KF2", "4")
    flush_ratings(SYSTEM, cycle)
    assert line(settled(company), "KF2").value == Decimal(4)


def test_a_cycle_without_ratings_leaves_the_facts_alone(company: SmallCompany) -> None:
    assert flush_ratings(SYSTEM, cycle_of("logistics")) == 0
    assert "rating" not in company.lake.snapshot().versions
