"""Closing a cycle: the run that stands, the decisions in it, stopped, broken off, begun again."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from fenming.controls.models import Run, Work
from fenming.controls.operations import SYSTEM
from fenming.controls.queries import run_of
from fenming.library.text import Refusal
from fenming.modules.bonus.models import Adjustment, Allotment
from fenming.modules.bonus.operations import set_pool
from fenming.modules.conftest import OCTOBER, SmallCompany
from fenming.modules.cycles import jobs
from fenming.modules.cycles.models import Appeal, Calibration, Cycle
from fenming.modules.cycles.operations import close as numbers
from fenming.modules.cycles.operations.cancelling import cancel
from fenming.modules.cycles.operations.steps import advance, reopen
from fenming.modules.cycles.queries.cycle import to_open
from fenming.modules.cycles.queries.decisions import decisions_of
from fenming.modules.cycles.tests.conftest import Cast, Clock
from fenming.modules.schemes import operations as scoring
from fenming.modules.schemes.models import SchemeVersion, Scorecard
from fenming.modules.schemes.operations import Overtaken

REASON = "说明"


@pytest.fixture
def company(small_company: SmallCompany, clock: Clock) -> Cast:
    clock(date(2026, 11, 3))
    return Cast(small_company.ids)


def to_archive(cast: Cast) -> Cycle:
    """A cycle of the customer service whose archive step is open."""
    cycle = cast.open()
    while step := next((one for one in cycle.steps.filter(state="open") if one.kind != "archive"), None):
        advance(cast.hr, step, force_reason=REASON)
        if step.kind == "improvement":
            break
    return cycle


def begin(cast: Cast, cycle: Cycle) -> int:
    advance(cast.hr, cast.step(cycle, "archive"))
    cycle.refresh_from_db()
    assert cycle.work is not None
    return cycle.work


def test_archiving_closes_the_period_for_the_department_alone(company: Cast) -> None:
    cycle = to_archive(company)
    work = begin(company, cycle)
    numbers.close(company.hr, cycle.pk, work)
    cycle.refresh_from_db()
    assert (cycle.state, company.state(cycle)["archive"]) == ("closed", "done")
    assert cycle.run is not None
    assert (cycle.run.kind, cycle.run.departments) == ("close", [company.departments["customer_service"]])
    assert Scorecard.objects.filter(run=cycle.run).count() == 4
    with pytest.raises(Refusal, match="archived"):
        reopen(company.hr, company.step(cycle, "confirm"), reason=REASON)
    with pytest.raises(Refusal, match="archived"):
        cancel(company.hr, cycle, reason=REASON)


def test_pressing_twice_begins_one_closing_and_closing_twice_changes_nothing(company: Cast) -> None:
    cycle = to_archive(company)
    begin(company, cycle)
    work = begin(company, cycle)
    assert Work.objects.filter(job="cycles.close").count() == 1
    first = numbers.close(company.hr, cycle.pk, work)
    assert numbers.close(company.hr, cycle.pk, work) == first
    assert Run.objects.filter(kind="close").count() == 1


def test_calibrations_and_upheld_appeals_are_in_the_result_in_their_order(company: Cast) -> None:
    cycle = to_archive(company)
    place, other = company.place(cycle, "KF2"), company.place(cycle, "KF3")
    made = {"participant": place, "reason": "补录", "before_total": None}
    Calibration.objects.create(**made, points=Decimal(2))
    wrong = Calibration.objects.create(**made, points=Decimal(50))
    Calibration.objects.create(**made, undoes=wrong)
    decided = {"state": "decided", "answer_by": date(2026, 11, 9), "decision_text": "属实"}
    now = timezone.now()
    Appeal.objects.create(participant=place, decision="upheld", points=Decimal(3), decided_at=now, **decided)
    Appeal.objects.create(participant=other, decision="rejected", points=Decimal(9), decided_at=now, **decided)
    found = decisions_of(cycle)
    assert [(one.source, one.points) for one in found["KF2"]] == [("calibration", 2), ("appeal", 3)]
    assert list(found) == ["KF2"]
    live = numbers.score(company.hr, cycle.pk)
    run = numbers.close(company.hr, cycle.pk, begin(company, cycle))
    assert run is not None
    told = Scorecard.objects.get(run=run, employee__number="KF2").because
    assert [step[0] for step in told].count("decision.points") == 2
    assert live != run


def test_a_department_without_a_scheme_is_archived_without_a_run(company: Cast) -> None:
    SchemeVersion.objects.all().delete()
    cycle = to_archive(company)
    assert numbers.score(company.hr, cycle.pk) is None
    assert numbers.close(company.hr, cycle.pk, begin(company, cycle)) is None
    cycle.refresh_from_db()
    assert (cycle.state, cycle.run) == ("closed", None)


def test_stopped_it_ends_at_the_next_commit_and_begun_again_it_goes_on(
    company: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "COMMITTED", 1)
    cycle = to_archive(company)
    work = begin(company, cycle)
    seen: list[int] = []

    def told(what: str, done: int, of: int) -> None:
        if what == "store" and done == 2:
            numbers.stop_close(company.hr, cycle)
        seen.append(done)

    with pytest.raises(numbers.Stopped):
        numbers.close(company.hr, cycle.pk, work, told=told)
    half = Run.objects.get(kind="close")
    kept = set(Scorecard.objects.filter(run=half).values_list("id", flat=True))
    assert (half.complete, len(kept)) == (False, 3)
    assert company.step(cycle, "archive").state == "open"
    assert not numbers.stop_close(company.hr, cycle)
    again = numbers.close(company.hr, cycle.pk, begin(company, cycle))
    assert again == half.pk
    assert kept < set(Scorecard.objects.filter(run=half).values_list("id", flat=True))
    assert Scorecard.objects.filter(run=half).count() == 4


def test_what_stands_already_is_not_stopped_any_more(company: Cast) -> None:
    cycle = to_archive(company)
    work = begin(company, cycle)
    Run.objects.create(
        kind="close", label=cycle.label, start=cycle.start, end=cycle.end, departments=cycle.departments,
        complete=True, inputs="", code="",
    )  # fmt: skip
    assert not numbers.stop_close(company.hr, cycle)
    cycle.refresh_from_db()
    assert cycle.work == work


def test_what_was_decided_meanwhile_makes_a_new_run(company: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "COMMITTED", 1)
    cycle = to_archive(company)
    work = begin(company, cycle)
    with pytest.raises(RuntimeError):
        numbers.close(company.hr, cycle.pk, work, told=broken_off_while_storing)
    half = Run.objects.get(kind="close")
    Calibration.objects.create(participant=company.place(cycle, "KF2"), reason="补录", points=Decimal(2))
    run = numbers.close(company.hr, cycle.pk, work)
    assert run != half.pk
    assert not Run.objects.filter(pk=half.pk).exists()


def test_what_earlier_corrections_owe_is_paid_with_the_closing_run(company: Cast) -> None:
    september = {"label": "2026-09", "start": date(2026, 9, 1), "end": date(2026, 10, 1), "inputs": "", "code": ""}
    closed = Run.objects.create(**september, kind="close", complete=True)
    fixed = Run.objects.create(**september, kind="adjust", complete=True)
    owed = {"run": fixed, "of": closed, "reason": "补", "source": "appeal:1", "amount": Decimal(80)}
    for number, department in (("KF2", "customer_service"), ("WL2", "logistics")):
        Adjustment.objects.create(
            **owed, employee_id=company.ids[number], department_id=company.departments[department]
        )
    cycle = to_archive(company)
    run = numbers.close(company.hr, cycle.pk, begin(company, cycle))
    paid = dict(Adjustment.objects.values_list("employee__number", "settled_in"))
    assert paid == {"KF2": run, "WL2": None}


def broken_off_while_storing(what: str, done: int, of: int) -> None:
    if what == "store" and done:
        raise RuntimeError("broken off")


def test_the_job_tells_how_far_it_is_and_that_it_was_stopped(company: Cast) -> None:
    cycle = to_archive(company)
    assert jobs.score.now(cycle=cycle.pk, user=company.hr.user, who="hr") != {"run": None}
    work = begin(company, cycle)
    assert jobs.close.now(cycle=cycle.pk, user=company.hr.user, who="hr") == {"stopped": True}
    assert numbers.close(SYSTEM, cycle.pk, work) is not None


def test_what_comes_next_is_told_by_the_states_alone(cast: Cast) -> None:
    cycle = cast.open()
    steps = list(cycle.steps.order_by("position"))
    assert to_open(steps) == []
    steps[0].state = "done"
    assert [one.kind for one in to_open(steps)] == ["tracking"]


def test_of_two_scorings_that_overlap_the_newer_inputs_count(company: Cast) -> None:
    """The older one is slow: a newer one begins, reads a later pool, and is done before the older stores."""
    cycle = company.open(skip_past=True)
    department = company.departments["customer_service"]
    newer: list[int | None] = []

    def told(what: str, _done: int, _of: int) -> None:
        if what == "store" and not newer:
            newer.append(None)
            set_pool(department, OCTOBER.start, OCTOBER.end, Decimal(8000))
            newer[0] = numbers.score(company.hr, cycle.pk)

    with pytest.raises(Overtaken):
        numbers.score(company.hr, cycle.pk, told=told)
    speaks = run_of(department, OCTOBER.start, OCTOBER.end)
    assert speaks is not None
    assert [speaks.pk] == newer
    assert Allotment.objects.get(run=speaks).pool == 8000
    assert list(Run.objects.values_list("id", flat=True)) == newer
    cycle.refresh_from_db()
    assert cycle.run_id == speaks.pk
    later = numbers.score(company.hr, cycle.pk)
    assert later is not None
    assert run_of(department, OCTOBER.start, OCTOBER.end) == Run.objects.get(pk=later)


def test_a_scoring_overtaken_before_the_newer_is_done_never_speaks(company: Cast) -> None:
    cycle = company.open(skip_past=True)

    def told(what: str, _done: int, _of: int) -> None:
        if what == "store":
            Cycle.objects.filter(pk=cycle.pk).update(scorings=F("scorings") + 1)  # as another process begins

    with pytest.raises(Overtaken):
        numbers.score(company.hr, cycle.pk, told=told)
    assert not Run.objects.filter(complete=True).exists()
