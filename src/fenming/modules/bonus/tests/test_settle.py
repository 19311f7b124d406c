"""A settled period: everything stored, nothing lost, and the same again from its pins."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from fenming.controls.models import Operation, Run
from fenming.controls.scope import Scope
from fenming.modules.bonus.models import Allotment, Amount
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.conftest import CAST, OCTOBER, SmallCompany, sessions
from fenming.modules.hub.operations import take_in
from fenming.modules.people.models import Assignment, Post
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import Scorecard, ScoreLine
from fenming.modules.schemes.operations import kept_inputs
from fenming.modules.schemes.queries import scorecards
from fenming.pipeline.compute import compute
from fenming.pipeline.result import write


@pytest.fixture
def run(small_company: SmallCompany) -> Run:
    for department in department_ids().values():
        set_pool(department, OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    return settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, kind=Run.Kind.CLOSE)


def test_everybody_who_worked_has_a_card_with_every_intermediate(run: Run) -> None:
    cards = Scorecard.objects.filter(run=run)
    assert set(cards.values_list("employee__number", flat=True)) == set(CAST)
    line = ScoreLine.objects.get(scorecard__run=run, scorecard__employee__number="KF1", indicator="resolution_rate")
    assert line.value == (line.numerator / line.denominator).quantize(Decimal("0.000001"))
    assert line.points == (line.weight * line.score / 100).quantize(Decimal("0.01"))
    assert any(step[0].startswith("curve.") for step in line.because)


def test_shared_sessions_are_conserved_over_people_and_the_unassigned_pool(
    small_company: SmallCompany, run: Run
) -> None:
    found = compute(small_company.engine, small_company.lake.pinned(run.facts), kept_inputs(run, small_company.runs))
    handled = ScoreLine.objects.filter(scorecard__run=run, indicator="average_handle_time")
    credited = handled.aggregate(of=Sum("denominator"))["of"]
    assert credited + found.unassigned["service_session"] == 240
    assert found.unassigned["service_session"] == 24


def test_pools_are_shared_out_to_the_fen(run: Run) -> None:
    for allotment in Allotment.objects.filter(run=run):
        paid = Amount.objects.filter(allotment=allotment).aggregate(of=Sum("amount"))["of"]
        assert paid + allotment.fund + allotment.undistributed == allotment.pool == Decimal("8000.00")


@pytest.mark.parametrize("ending", ["json", "xlsx", "parquet"])
def test_a_run_gives_the_same_file_after_later_imports_compaction_and_vacuum(
    small_company: SmallCompany, run: Run, tmp_path: Path, ending: str
) -> None:
    def file(name: str) -> bytes:
        path = tmp_path / f"{name}.{ending}"
        pinned = small_company.lake.pinned(run.facts)
        write(compute(small_company.engine, pinned, kept_inputs(run, small_company.runs)), path)
        return path.read_bytes()

    before = file("before")
    later = sessions(count=60, day=date(2026, 10, 20))
    take_in(small_company.lake, "service_session", later, name="late", source="test")
    changed = sessions().set_column(8, "handle_ms", sessions()["first_reply_ms"])
    take_in(small_company.lake, "service_session", changed, name="corrected", source="test")
    small_company.lake.compact("service_session")
    small_company.lake.vacuum(keep=[run.facts], hours=0)
    assert file("after") == before
    newer = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    assert newer.supersedes == run
    assert newer.inputs != run.inputs
    assert file("again") == before


def test_closing_again_changes_nothing_of_the_run_before(small_company: SmallCompany, run: Run) -> None:
    before = list(Scorecard.objects.filter(run=run).values_list("employee", "total", "rank"))
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    assert list(Scorecard.objects.filter(run=run).values_list("employee", "total", "rank")) == before


def test_a_run_that_never_completed_is_not_read_and_swept_by_the_next(small_company: SmallCompany, run: Run) -> None:
    torn = Run.objects.create(kind="live", label="2026-10", start=OCTOBER.start, end=OCTOBER.end, inputs="", code="")
    assert not scorecards(torn, Scope.all()).exists()
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    assert not Run.objects.filter(pk=torn.pk).exists()


def test_no_query_per_person(small_company: SmallCompany, run: Run) -> None:
    with CaptureQueriesContext(connection) as captured:
        settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    assert len(captured) < 60


def test_each_operation_leaves_an_entry_that_the_database_keeps(run: Run) -> None:
    assert Operation.objects.filter(action="schemes.score", object=str(run)).exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        Operation.objects.update(action="forged")
    with pytest.raises(DatabaseError), transaction.atomic():
        Operation.objects.all().delete()


def test_a_scope_reaches_its_own_department_and_oneself_only(small_company: SmallCompany, run: Run) -> None:
    departments = department_ids()
    lead = Scope(departments=frozenset({departments["logistics"]}), employees=frozenset({small_company.ids["WL1"]}))
    assert {card.employee.number for card in scorecards(run, lead)} == {"WL1", "WL2", "WL3"}
    alone = Scope(employees=frozenset({small_company.ids["KF2"]}))
    assert [card.employee.number for card in scorecards(run, alone)] == ["KF2"]
    assert not scorecards(run, Scope()).exists()


def test_a_transfer_in_mid_month_is_scored_under_both_schemes_by_days(small_company: SmallCompany) -> None:
    moved = date(2026, 10, 11)
    Assignment.objects.filter(employee__number="WL1").update(valid_to=moved)
    Assignment.objects.create(
        employee_id=small_company.ids["WL1"],
        department_id=department_ids()["logistics"],
        post=Post.objects.get(code="courier"),
        base=Decimal(6000),
        valid_from=moved,
    )
    run = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    card = Scorecard.objects.get(run=run, employee__number="WL1")
    spans = {span: list(card.lines.filter(span=span)) for span in (1, 2)}
    whole = ScoreLine.objects.filter(scorecard__run=run, scorecard__employee__number="WL2", indicator="damage_rate")
    assert sum(line.denominator for lines in spans.values() for line in lines if line.indicator == "damage_rate") == 50
    assert whole.get().denominator == 50
    points = [sum(line.points or 0 for line in lines) for lines in spans.values()]
    assert card.total == ((points[0] * 10 + points[1] * 21) / 31).quantize(Decimal("0.01"))
    assert card.scheme == "courier"
