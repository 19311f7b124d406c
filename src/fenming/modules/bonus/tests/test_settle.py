"""A settled period: everything stored, nothing lost, and the same again from its pins."""

from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from fenming.controls.models import Operation, Run
from fenming.controls.queries import run_of
from fenming.controls.scope import Scope
from fenming.library.text import Refusal
from fenming.modules.bonus.models import Allotment, Amount
from fenming.modules.bonus.operations import PoolsMoved, set_pool, settle
from fenming.modules.conftest import CAST, OCTOBER, SmallCompany, sessions
from fenming.modules.hub.operations import take_in
from fenming.modules.people.models import Assignment, Post
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import IndicatorTotal, Scorecard, ScoreLine
from fenming.modules.schemes.queries import scorecards
from fenming.modules.schemes.queries.pinned import kept_inputs
from fenming.pipeline.compute import compute
from fenming.pipeline.result import write
from fenming.rules.decisions import Decision


@pytest.fixture
def run(small_company: SmallCompany) -> Run:
    for department in department_ids().values():
        set_pool(department, OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    return settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)


def test_everybody_who_worked_has_a_card_with_every_intermediate(run: Run) -> None:
    cards = Scorecard.objects.filter(run=run)
    assert set(cards.values_list("employee__number", flat=True)) == set(CAST)
    line = ScoreLine.objects.get(scorecard__run=run, scorecard__employee__number="KF1", indicator="resolution_rate")
    assert line.value == (line.numerator / line.denominator).quantize(Decimal("0.000001"))
    assert line.points == (line.weight * line.score / 100).quantize(Decimal("0.01"))
    assert any(step[0].startswith("curve.") for step in line.because)


def test_totals_kept_with_a_run_are_those_of_its_lines(run: Run) -> None:
    migration = import_module("fenming.modules.schemes.migrations.0004_indicator_totals")
    columns = ("department", "team", "indicator", "numerator", "denominator", "score", "scored")
    kept = list(IndicatorTotal.objects.order_by("department", "team", "indicator").values_list(*columns))
    gaps = dict(Scorecard.objects.values_list("pk", "lacking"))
    assert any(gaps.values())
    IndicatorTotal.objects.all().delete()
    Scorecard.objects.update(lacking=0)
    migration.add_up(apps, None)
    assert list(IndicatorTotal.objects.order_by("department", "team", "indicator").values_list(*columns)) == kept
    assert dict(Scorecard.objects.values_list("pk", "lacking")) == gaps


def test_a_pool_set_while_the_period_is_being_closed_is_in_the_close(small_company: SmallCompany) -> None:
    service = department_ids()["customer_service"]
    set_pool(service, OCTOBER.start, OCTOBER.end, Decimal(8000))
    close: dict[str, Any] = {"kind": Run.Kind.CLOSE, "departments": [service], "continues": True}

    def settled(**given: Any) -> Run:
        return settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, **close, **given)

    def meanwhile(what: str, done: int, of: int) -> None:
        set_pool(service, OCTOBER.start, OCTOBER.end, Decimal(9000))

    with pytest.raises(PoolsMoved):
        settled(progress=meanwhile)
    assert not Run.objects.filter(complete=True).exists()
    run = settled()
    assert Allotment.objects.get(run=run, department=service).pool == Decimal(9000)
    assert list(Run.objects.values_list("id", flat=True)) == [run.pk]


def test_a_run_that_a_close_has_overtaken_never_speaks(small_company: SmallCompany) -> None:
    service = department_ids()["customer_service"]
    closed: list[Run] = []

    def settled(**given: Any) -> Run:
        return settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, **given)

    def meanwhile(what: str, done: int, of: int) -> None:
        if not closed:
            closed.append(settled(kind=Run.Kind.CLOSE, departments=[service]))

    with pytest.raises(Refusal, match="closed"):
        settled(progress=meanwhile)
    assert run_of(service, OCTOBER.start, OCTOBER.end) == closed[0]
    assert list(Run.objects.values_list("kind", flat=True)) == [Run.Kind.CLOSE]


def test_a_close_that_was_broken_off_and_overtaken_is_made_anew(small_company: SmallCompany) -> None:
    service = department_ids()["customer_service"]

    def settled(**given: Any) -> Run:
        return settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, **given)

    def broken_off(what: str, done: int, of: int) -> None:
        if what == "store":
            raise RuntimeError("broken off")

    close: dict[str, Any] = {"kind": Run.Kind.CLOSE, "departments": [service], "continues": True}
    with pytest.raises(RuntimeError):
        settled(**close, progress=broken_off)
    live = settled()
    closed = settled(**close)
    assert closed.pk > live.pk
    assert run_of(service, OCTOBER.start, OCTOBER.end) == closed


def test_a_closed_department_is_never_scored_again_and_the_others_go_on(small_company: SmallCompany) -> None:
    service, logistics = department_ids()["customer_service"], department_ids()["logistics"]

    def settled(**given: Any) -> Run:
        return settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, **given)

    first, closed = settled(), settled(kind=Run.Kind.CLOSE, departments=[service])
    assert (first.departments, closed.departments) == ([], [service])
    with pytest.raises(Refusal):
        settled(departments=[service])
    again = settled()
    assert again.departments == [logistics]
    assert (run_of(service, OCTOBER.start, OCTOBER.end), run_of(logistics, OCTOBER.start, OCTOBER.end)) == (
        closed,
        again,
    )
    settled(kind=Run.Kind.CLOSE)
    with pytest.raises(Refusal):
        settled()


def test_what_people_decided_is_pinned_with_the_run_and_told(small_company: SmallCompany) -> None:
    before = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    raised = Decision(source="appeal", number=4, reason="roster was wrong", points=Decimal("6.5"), grade="S")
    run = settle(
        small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, decisions={"KF2": [raised]}
    )
    old, new = (Scorecard.objects.get(run=one, employee__number="KF2") for one in (before, run))
    assert old.total is not None
    assert (new.total, new.grade) == (old.total + Decimal("6.5"), "S")
    assert {"decision.points", "decision.grade"} <= {step[0] for step in new.because}
    assert {one.person: one.decisions for one in kept_inputs(run, small_company.runs).people}["KF2"] == (raised,)


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
