"""A closed period is corrected beside itself: the difference of the person, and nothing else."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from fenming.controls.models import Operation, Run
from fenming.controls.operations import SYSTEM
from fenming.controls.queries import runs
from fenming.controls.scope import Scope
from fenming.library.text import Refusal
from fenming.modules.bonus.models import Adjustment, Amount, Pool
from fenming.modules.bonus.operations import adjusting, set_pool, settle
from fenming.modules.bonus.operations.adjusting import correct, make_good, pay_apart, pay_out, undo
from fenming.modules.bonus.queries import adjustments_of, amounts
from fenming.modules.bonus.queries.adjustments import listed, open_adjustments, standing
from fenming.modules.conftest import OCTOBER, SmallCompany, sessions
from fenming.modules.hub.operations import take_in
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import Scorecard
from fenming.modules.schemes.queries.pinned import kept_inputs
from fenming.pipeline.compute import compute
from fenming.pipeline.result import write
from fenming.rules.decisions import Decision
from fenming.rules.periods import parse

Close = Callable[..., Run]


@pytest.fixture
def close(small_company: SmallCompany) -> Close:
    def closed(period: str = "2026-10", *, pool: str | None = "8000.00") -> Run:
        span = parse(period)
        for department in department_ids().values() if pool else ():
            set_pool(department, span.start, span.end, Decimal(pool or 0))
        return settle(small_company.engine, small_company.lake, span, folder=small_company.runs, kind=Run.Kind.CLOSE)

    return closed


def raised(number: int = 1, points: str = "10") -> Decision:
    return Decision(source="appeal", number=number, reason="the roster was wrong", points=Decimal(points))


def bonus_of(run: Run, number: str) -> Decimal:
    return Amount.objects.get(allotment__run=run, employee__number=number).amount


def stored(run: Run) -> list[object]:
    """All that a run has in the database."""
    cards = Scorecard.objects.filter(run=run).order_by("id").values()
    paid = Amount.objects.filter(allotment__run=run).order_by("id").values()
    return [Run.objects.filter(pk=run.pk).values().get(), list(cards), list(paid)]


def test_the_difference_is_the_persons_and_the_closed_run_stands_byte_for_byte(
    small_company: SmallCompany, close: Close, tmp_path: Path
) -> None:
    closed = close()

    def file(name: str) -> bytes:
        path = tmp_path / f"{name}.json"
        write(
            compute(
                small_company.engine, small_company.lake.pinned(closed.facts), kept_inputs(closed, small_company.runs)
            ),
            path,
        )
        return path.read_bytes()

    before, bytes_before = stored(closed), file("before")
    run = correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    assert (stored(closed), file("after")) == (before, bytes_before)
    adjustment = Adjustment.objects.get()
    assert adjustment.amount == bonus_of(run, "KF2") - bonus_of(closed, "KF2") > 0
    assert (adjustment.of, adjustment.run, adjustment.employee.number) == (closed, run, "KF2")
    assert run.kind == Run.Kind.ADJUST
    assert runs()[0] == closed
    assert run.departments == [department_ids()["customer_service"]]
    entry = Operation.objects.get(action="bonus.correct")
    assert entry.after is not None
    assert entry.after["borne_by"] == "company"


def test_only_the_decisions_of_the_person_change(small_company: SmallCompany, close: Close) -> None:
    closed = close()
    run = correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    old = dict(Scorecard.objects.filter(run=closed).values_list("employee__number", "total"))
    new = dict(Scorecard.objects.filter(run=run).values_list("employee__number", "total"))
    assert set(new) == {"KF1", "KF2", "KF3", "KF4"}
    assert {number for number, total in new.items() if total != old[number]} == {"KF2"}
    assert {one.person for one in kept_inputs(run, small_company.runs).people if one.decisions} == {"KF2"}


def test_a_source_counts_once_however_often_it_is_asked(close: Close) -> None:
    closed = close()
    first = correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    again = correct(SYSTEM, closed, {"KF2": [raised(points="50")]}, reason="appeal upheld", source="appeal:1")
    assert again == first
    assert (Adjustment.objects.count(), Run.objects.filter(kind=Run.Kind.ADJUST).count()) == (1, 1)
    assert Operation.objects.filter(action="bonus.correct").count() == 1


def test_of_two_at_once_with_one_source_the_second_finds_what_the_first_made(
    close: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, both, made = close(), adjusting.both, []

    def overtaken(*given: object) -> object:
        monkeypatch.setattr(adjusting, "both", both)
        made.append(correct(SYSTEM, closed, {"KF2": [raised()]}, reason="first", source="appeal:1"))
        return both(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(adjusting, "both", overtaken)
    assert correct(SYSTEM, closed, {"KF2": [raised()]}, reason="second", source="appeal:1") == made[0]
    assert Adjustment.objects.get().reason == "first"


def test_of_two_at_once_about_one_person_the_second_builds_on_the_first(
    close: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, both = close(), adjusting.both

    def overtaken(*given: object) -> object:
        monkeypatch.setattr(adjusting, "both", both)
        correct(SYSTEM, closed, {"KF2": [raised(1)]}, reason="first", source="appeal:1")
        return both(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(adjusting, "both", overtaken)
    run = correct(SYSTEM, closed, {"KF2": [raised(2)]}, reason="second", source="appeal:2")
    made = Adjustment.objects.aggregate(of=Sum("amount"))["of"]
    assert bonus_of(run, "KF2") == bonus_of(closed, "KF2") + made


def test_corrections_of_different_people_do_not_depend_on_their_order(close: Close) -> None:
    closed = close()
    correct(SYSTEM, closed, {"KF2": [raised(1)]}, reason="first", source="appeal:1")
    correct(SYSTEM, closed, {"KF3": [raised(2)]}, reason="second", source="appeal:2")
    apart = {one.employee.number: one.amount for one in Adjustment.objects.select_related("employee")}
    Adjustment.objects.all().delete()
    correct(SYSTEM, closed, {"KF3": [raised(2)]}, reason="second", source="appeal:2")
    correct(SYSTEM, closed, {"KF2": [raised(1)]}, reason="first", source="appeal:1")
    assert {one.employee.number: one.amount for one in Adjustment.objects.select_related("employee")} == apart


def test_without_a_pool_the_result_is_corrected_and_the_difference_is_nothing(close: Close) -> None:
    closed = close(pool=None)
    assert not Pool.objects.exists()
    run = correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    assert Adjustment.objects.get().amount == 0
    old, new = (Scorecard.objects.get(run=one, employee__number="KF2").total for one in (closed, run))
    assert old is not None
    assert new == old + 10


def test_a_decision_may_take_as_well_as_give(close: Close) -> None:
    correct(SYSTEM, close(), {"KF2": [raised(points="-10")]}, reason="found later", source="check:1")
    assert Adjustment.objects.get().amount < 0


@pytest.mark.parametrize(
    ("people", "reason", "source", "says"),
    [
        (["nobody"], "why", "appeal:1", "does not have: nobody"),
        ([], "why", "appeal:1", "at least one"),
        (["KF2"], " ", "appeal:1", "Say why"),
        (["KF2"], "why", "", "Say why"),
    ],
)
def test_what_cannot_be_corrected_is_refused_in_words(
    close: Close, people: list[str], reason: str, source: str, says: str
) -> None:
    closed = close()
    with pytest.raises(Refusal, match=says):
        correct(SYSTEM, closed, {one: [raised()] for one in people}, reason=reason, source=source)
    assert not Adjustment.objects.exists()


def test_an_unknown_grade_is_refused_and_leaves_nothing(close: Close) -> None:
    unknown = Decision(source="appeal", number=1, reason="", grade="Z")
    with pytest.raises(Refusal, match="no grade"):
        correct(SYSTEM, close(), {"KF2": [unknown]}, reason="why", source="appeal:1")
    assert not Run.objects.filter(kind=Run.Kind.ADJUST).exists()


def test_a_period_that_is_not_closed_is_corrected_in_itself(small_company: SmallCompany) -> None:
    live = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    with pytest.raises(Refusal, match="not closed yet"):
        correct(SYSTEM, live, {"KF2": [raised()]}, reason="why", source="appeal:1")


def test_a_very_long_reason_is_cut_and_kept_whole_in_the_log(close: Close) -> None:
    correct(SYSTEM, close(), {"KF2": [raised()]}, reason="因" * 900, source="appeal:1")
    assert len(Adjustment.objects.get().reason) == 300
    entry = Operation.objects.get(action="bonus.correct")
    assert entry.after is not None
    assert entry.after["reason"] == "因" * 900


def test_the_next_close_pays_what_is_open_once(small_company: SmallCompany, close: Close) -> None:
    closed = close()
    correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    assert pay_out(SYSTEM, closed) == 0
    take_in(small_company.lake, "service_session", sessions(day=date(2026, 11, 5)), name="november", source="test")
    november = close("2026-11")
    assert pay_out(SYSTEM, november) == 1
    assert pay_out(SYSTEM, november) == 0
    [row] = adjustments_of(small_company.ids["KF2"], november)
    assert adjustments_of(small_company.ids["KF2"], closed) == [row]
    assert (row.of, row.settled_in) == (closed, november)
    assert not adjustments_of(small_company.ids["KF3"], november)


def test_a_later_appeal_of_the_same_person_keeps_what_later_facts_gave(
    small_company: SmallCompany, close: Close
) -> None:
    closed = close()
    changed = sessions().set_column(8, "handle_ms", sessions()["first_reply_ms"])
    take_in(small_company.lake, "service_session", changed, name="corrected", source="test")
    facts = small_company.lake.snapshot().versions
    [late] = make_good(SYSTEM, closed, ["KF2"], facts, reason="late data")
    assert make_good(SYSTEM, closed, ["KF2"], facts, reason="late data") == []
    after = correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    assert after.facts == late.facts != closed.facts
    made = Adjustment.objects.aggregate(of=Sum("amount"))["of"]
    assert bonus_of(after, "KF2") == bonus_of(closed, "KF2") + made
    assert amounts(closed, Scope.all())[small_company.ids["KF2"]].amount == bonus_of(closed, "KF2")
    with pytest.raises(Refusal, match="one by one"):
        correct(SYSTEM, closed, {"KF2": [raised(2)], "KF3": [raised(3)]}, reason="both", source="appeal:2")


def late(company: SmallCompany, closed: Run, *numbers: str) -> None:
    make_good(SYSTEM, closed, numbers, company.lake.snapshot().versions, reason="late data")


def test_an_open_one_is_undone_and_may_be_noted_again(small_company: SmallCompany, close: Close) -> None:
    closed = close()
    changed = sessions().set_column(8, "handle_ms", sessions()["first_reply_ms"])
    take_in(small_company.lake, "service_session", changed, name="corrected", source="test")
    late(small_company, closed, "KF2")
    first = Adjustment.objects.get()
    for _twice in range(2):
        undo(SYSTEM, first, reason="the delivery was wrong")
    assert Operation.objects.filter(action="bonus.end_adjustment").count() == 1
    assert open_adjustments(Scope.all()).count == 0
    assert standing(closed) == {}
    late(small_company, closed, "KF2")
    second = Adjustment.objects.exclude(pk=first.pk).get()
    assert (second.amount, open_adjustments(Scope.all()).count) == (first.amount, 1)
    november = close("2026-11")
    assert pay_out(SYSTEM, november) == 1
    first.refresh_from_db()
    assert first.settled_in is None
    with pytest.raises(Refusal, match="paid or undone"):
        undo(SYSTEM, second, reason="too late")
    with pytest.raises(Refusal, match="paid or undone"):
        pay_apart(SYSTEM, first, reason="undone before")


def test_what_a_later_one_stands_upon_and_what_an_appeal_gave_is_not_undone(
    small_company: SmallCompany, close: Close
) -> None:
    closed = close()
    late(small_company, closed, "KF2")
    correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    first, second = Adjustment.objects.all()
    with pytest.raises(Refusal, match="later adjustment"):
        undo(SYSTEM, first, reason="wrong")
    with pytest.raises(Refusal, match="appeal"):
        undo(SYSTEM, second, reason="wrong")
    with pytest.raises(Refusal, match="Say why"):
        undo(SYSTEM, first, reason="  ")
    assert open_adjustments(Scope.all()).count == 2


def test_a_leaver_is_paid_apart_and_no_close_pays_again(small_company: SmallCompany, close: Close) -> None:
    closed = close()
    correct(SYSTEM, closed, {"KF2": [raised()]}, reason="appeal upheld", source="appeal:1")
    pay_apart(SYSTEM, Adjustment.objects.get(), reason="with the last wage")
    assert open_adjustments(Scope.all()).count == 0
    assert listed(Scope.all(), "paid", "").count() == 1
    assert pay_out(SYSTEM, close("2026-11")) == 0
    assert standing(closed)["KF2"].amount > 0


def test_of_two_who_note_overlapping_people_nobody_is_lost(
    small_company: SmallCompany, close: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, both = close(), adjusting.both

    def overtaken(*given: object) -> object:
        monkeypatch.setattr(adjusting, "both", both)
        late(small_company, closed, "KF2")
        return both(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(adjusting, "both", overtaken)
    late(small_company, closed, "KF2", "KF3")
    made = Adjustment.objects.values_list("employee__number", flat=True)
    assert sorted(made) == ["KF2", "KF3"]
