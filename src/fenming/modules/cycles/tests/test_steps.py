"""A cycle from its opening to the archive's door, with the traps on the way."""

from datetime import date

import pytest

from fenming.controls.models import Operation, Run, Work
from fenming.controls.operations import SYSTEM
from fenming.library.text import Refusal
from fenming.modules.cycles.models import Cycle, Participant, Plan, Step, Task
from fenming.modules.cycles.operations.cancelling import cancel
from fenming.modules.cycles.operations.reviewers import name_reviewer
from fenming.modules.cycles.operations.steps import advance, open_cycle, refresh, reopen, reschedule, skip
from fenming.modules.cycles.operations.tasks import finish, waive
from fenming.modules.cycles.tests.conftest import ALL_STEPS, OCTOBER, Cast, Clock
from fenming.modules.people.models import Assignment, Department
from fenming.modules.people.operations.founding import NewAssignment, NewEmployee, take_on
from fenming.rules.periods import parse

REASON = "说明"


def test_opening_takes_the_people_of_the_department_and_begins_with_the_goals(cast: Cast) -> None:
    cycle = cast.open()
    assert cast.people(cycle) == ["KF1", "KF2", "KF3", "KF4"]
    assert list(cast.state(cycle)) == ALL_STEPS
    assert [kind for kind, state in cast.state(cycle).items() if state == "open"] == ["goals"]
    assert Task.objects.filter(step__cycle=cycle).count() == 4
    assert cast.todos("KF1") == ["cycles.goals"]
    assert cast.todos("KF2") == []
    assert cast.todos("hr") == ["cycles.goals"]
    assert Operation.objects.filter(action="cycles.open").count() == 1


def test_the_days_of_the_steps_are_working_days_of_the_period(cast: Cast) -> None:
    cycle = cast.open()
    days = {one.kind: (one.opens, one.due) for one in cycle.steps.all()}
    assert days["goals"] == (date(2026, 9, 28), date(2026, 10, 7))
    assert days["tracking"][1] == date(2026, 10, 30)
    assert days["data"] == (date(2026, 11, 2), date(2026, 11, 4))
    assert days["archive"][1] == date(2026, 11, 27)


def test_opening_twice_gives_the_same_cycle(cast: Cast) -> None:
    first, second = cast.open(), cast.open()
    assert first == second
    assert Cycle.objects.count() == 1
    assert Operation.objects.filter(action="cycles.open").count() == 1


def test_the_second_of_two_at_once_finds_the_cycle_of_the_first(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the other had committed between the look and the insert."""
    first = cast.open()
    looks = iter([None, first])
    monkeypatch.setattr("fenming.modules.cycles.operations.steps._opened", lambda *_: next(looks))
    monkeypatch.setattr("fenming.modules.cycles.operations.steps._check", lambda *_: None)
    assert cast.open() == first
    assert Participant.objects.count() == 4


def test_a_department_without_people_is_refused_in_words(cast: Cast) -> None:
    empty = Department.objects.create(code="empty", name_zh="空部门")
    with pytest.raises(Refusal, match="Nobody works in"):
        open_cycle(cast.hr, empty.pk, OCTOBER)
    assert not Cycle.objects.exists()


def test_a_closed_period_opens_no_cycle(cast: Cast) -> None:
    Run.objects.create(
        kind="close", label="2026-10", start=OCTOBER.start, end=OCTOBER.end, complete=True, inputs="", code="",
        departments=[cast.departments["customer_service"]],
    )  # fmt: skip
    with pytest.raises(Refusal, match="final"):
        cast.open()
    assert cast.open("logistics")


def test_steps_whose_time_is_over_can_be_left_out_at_opening(cast: Cast, clock: Clock) -> None:
    clock(date(2026, 11, 5))
    cycle = cast.open(skip_past=True)
    state = cast.state(cycle)
    assert [kind for kind, one in state.items() if one == "skipped"] == ["goals", "tracking", "data"]
    assert state["self_review"] == "open"


# Departments below


def below(cast: Cast) -> Department:
    night = Department.objects.create(code="night", name_zh="夜班组", parent_id=cast.departments["customer_service"])
    Assignment.objects.filter(employee__number="KF4").update(department=night)
    return night


def test_a_cycle_covers_departments_below_that_have_no_plan(cast: Cast) -> None:
    night = below(cast)
    cycle = cast.open()
    assert cast.people(cycle) == ["KF1", "KF2", "KF3", "KF4"]
    assert cycle.departments == sorted([cast.departments["customer_service"], night.pk])
    with pytest.raises(Refusal, match="another cycle"):
        open_cycle(cast.hr, night.pk, OCTOBER)


def test_a_department_below_with_a_plan_goes_its_own_way(cast: Cast) -> None:
    night = below(cast)
    Plan.objects.create(department=night)
    cycle = cast.open()
    assert cast.people(cycle) == ["KF1", "KF2", "KF3"]
    assert refresh(SYSTEM, cycle).come == 0


def test_a_department_founded_below_during_the_period_keeps_its_people_in_the_cycle(cast: Cast) -> None:
    cycle = cast.open()
    below(cast)
    assert refresh(SYSTEM, cycle).gone == 0
    assert cast.people(cycle) == ["KF1", "KF2", "KF3", "KF4"]


# From step to step


def test_advancing_waits_for_the_tasks_and_opens_the_next_step(cast: Cast) -> None:
    cycle = cast.open()
    with pytest.raises(Refusal, match="4 tasks are still open"):
        advance(cast.hr, cast.step(cycle, "goals"))
    finish(cast.hr, "goals", list(cycle.participants.values_list("id", flat=True)))
    assert cast.todos("KF1") == []
    advance(cast.hr, cast.step(cycle, "goals"))
    state = cast.state(cycle)
    assert (state["goals"], state["tracking"]) == ("done", "open")
    assert cast.todos("KF1") == ["cycles.tracking"]


def test_a_reason_waives_what_is_open(cast: Cast) -> None:
    cycle = cast.open()
    advance(cast.hr, cast.step(cycle, "goals"), force_reason=REASON)
    assert set(Task.objects.filter(step__kind="goals").values_list("state", "why")) == {("waived", REASON)}


def test_advancing_twice_moves_one_step(cast: Cast) -> None:
    cycle = cast.open()
    step = cast.step(cycle, "goals")
    advance(cast.hr, step, force_reason=REASON)
    advance(cast.hr, step, force_reason=REASON)
    assert cast.state(cycle)["tracking"] == "open"
    assert cast.state(cycle)["data"] == "waiting"
    assert Operation.objects.filter(action="cycles.advance").count() == 1


def test_a_step_that_has_not_begun_cannot_be_ended(cast: Cast) -> None:
    cycle = cast.open()
    with pytest.raises(Refusal, match="not begun"):
        advance(cast.hr, cast.step(cycle, "letter"))


def test_a_step_of_hr_is_one_task_that_advancing_does(cast: Cast) -> None:
    cycle = led_to(cast, "data")
    task = Task.objects.get(step__kind="data")
    assert (task.participant, task.assignee) == (None, None)
    assert "cycles.data" in cast.todos("hr")
    advance(cast.hr, cast.step(cycle, "data"))
    task.refresh_from_db()
    assert task.state == "done"
    assert "cycles.data" not in cast.todos("hr")
    assert Work.objects.filter(job="cycles.score").count() == 1


def test_people_confirm_while_interviews_are_held_and_the_archive_waits_for_both(cast: Cast) -> None:
    cycle = led_to(cast, "interview")
    assert [kind for kind, one in cast.state(cycle).items() if one == "open"] == ["interview", "confirm"]
    advance(cast.hr, cast.step(cycle, "interview"), force_reason=REASON)
    assert [kind for kind, one in cast.state(cycle).items() if one == "open"] == ["confirm"]
    advance(cast.hr, cast.step(cycle, "confirm"), force_reason=REASON)
    assert [kind for kind, one in cast.state(cycle).items() if one == "open"] == ["archive", "improvement"]


def test_without_interviews_nobody_confirms_before_the_letter(cast: Cast) -> None:
    cycle = led_to(cast, "calibration")
    skip(cast.hr, cast.step(cycle, "interview"), reason=REASON)
    advance(cast.hr, cast.step(cycle, "calibration"))
    assert [kind for kind, one in cast.state(cycle).items() if one == "open"] == ["letter"]


def test_skipping_needs_a_reason_and_leads_on(cast: Cast) -> None:
    cycle = cast.open()
    with pytest.raises(Refusal, match="Say why"):
        skip(cast.hr, cast.step(cycle, "goals"))
    skip(cast.hr, cast.step(cycle, "goals"), reason=REASON)
    skip(cast.hr, cast.step(cycle, "letter"), reason=REASON)
    assert cast.state(cycle)["tracking"] == "open"
    assert cast.state(cycle)["letter"] == "skipped"
    with pytest.raises(Refusal, match="always archived"):
        skip(cast.hr, cast.step(cycle, "archive"), reason=REASON)


def test_the_last_step_can_be_taken_up_again_for_those_who_were_let_off(cast: Cast) -> None:
    cycle = cast.open()
    finish(cast.hr, "goals", [cast.place(cycle, "KF2").pk])
    advance(cast.hr, cast.step(cycle, "goals"), force_reason=REASON)
    reopen(cast.hr, cast.step(cycle, "goals"), reason=REASON)
    assert cast.state(cycle)["goals"] == "open"
    assert cast.state(cycle)["tracking"] == "waiting"
    assert Task.objects.filter(step__kind="goals", state="open").count() == 3
    assert not Task.objects.filter(step__kind="tracking").exists()
    assert cast.todos("KF1") == ["cycles.goals"]
    advance(cast.hr, cast.step(cycle, "goals"), force_reason=REASON)
    advance(cast.hr, cast.step(cycle, "tracking"), force_reason=REASON)
    with pytest.raises(Refusal, match="ended last"):
        reopen(cast.hr, cast.step(cycle, "goals"), reason=REASON)


def test_a_cycle_called_off_leaves_nobody_anything_to_do_and_makes_room(cast: Cast) -> None:
    cycle = cast.open()
    cancel(cast.hr, cycle, reason=REASON)
    cancel(cast.hr, cycle, reason=REASON)
    assert cast.todos("KF1") == cast.todos("hr") == []
    assert not Task.objects.filter(state="open").exists()
    with pytest.raises(Refusal, match="called off"):
        advance(cast.hr, cast.step(cycle, "goals"))
    assert cast.open() != cycle


def test_new_days_reach_the_tasks_and_the_to_dos(cast: Cast) -> None:
    cycle = cast.open()
    step = cast.step(cycle, "goals")
    reschedule(cast.hr, cycle, {step.pk: (step.opens, date(2026, 10, 20))}, version=1)
    assert set(Task.objects.values_list("due", flat=True)) == {date(2026, 10, 20)}
    assert cast.todos("KF1") == ["cycles.goals"]
    with pytest.raises(Refusal, match="before it opens"):
        reschedule(cast.hr, cycle, {step.pk: (date(2026, 10, 20), date(2026, 10, 1))}, version=2)


def led_to(cast: Cast, kind: str) -> Cycle:
    """A cycle whose step of a kind is open, all before it ended."""
    cycle = cast.open()
    for step in Step.objects.filter(cycle=cycle).order_by("position"):
        if step.kind == kind:
            return cycle
        advance(cast.hr, step, force_reason=REASON)
    raise LookupError(kind)


# Reviewers


def test_the_manager_reviews_and_who_leads_the_department_waits_for_hr(cast: Cast) -> None:
    cycle = cast.open()
    place = cast.place(cycle, "KF2")
    assert (place.reviewer_id, place.reviewer_why) == (cast.ids["KF1"], "manager")
    place = cast.place(cycle, "KF1")
    assert (place.reviewer_id, place.reviewer_why) == (None, "")


def test_above_a_manager_who_has_left_the_next_one_reviews(cast: Cast) -> None:
    cast.report("KF2", "KF3")
    cast.leave("KF2", date(2026, 9, 30), date(2026, 10, 1))
    place = cast.place(cast.open(), "KF3")
    assert (place.reviewer_id, place.reviewer_why) == (cast.ids["KF1"], "above")


def test_in_a_circle_the_head_reviews_and_never_oneself(cast: Cast) -> None:
    cast.report("KF2", "KF3")
    cast.report("KF3", "KF2")
    cast.report("KF4", "KF4")
    Plan.objects.create(department_id=cast.departments["customer_service"], head_id=cast.ids["KF1"])
    Plan.objects.get().steps.create(kind="goals", owner="reviewer", from_start=True)
    cycle = cast.open()
    for number in ("KF2", "KF3", "KF4"):
        place = cast.place(cycle, number)
        assert (place.reviewer_id, place.reviewer_why) == (cast.ids["KF1"], "head")
    assert cast.place(cycle, "KF1").reviewer is None


def test_a_named_reviewer_takes_the_open_tasks_over(cast: Cast) -> None:
    cycle = cast.open()
    everybody = [cast.place(cycle, one).pk for one in ("KF2", "KF3", "KF4")]
    assert name_reviewer(cast.hr, everybody, cast.ids["WL1"]) == 3
    assert cast.todos("KF1") == []
    assert cast.todos("WL1") == ["cycles.goals"]
    assert name_reviewer(cast.hr, everybody, cast.ids["WL1"]) == 0
    with pytest.raises(Refusal, match="cannot review oneself"):
        name_reviewer(cast.hr, everybody, cast.ids["KF2"])
    assert name_reviewer(cast.hr, [cast.place(cycle, "KF1").pk], cast.ids["WL1"]) == 1
    assert cast.todos("hr") == []


# In step with the company


def test_who_leaves_during_the_period_is_taken_out_and_who_comes_is_brought_in(cast: Cast, clock: Clock) -> None:
    cycle = cast.open()
    cast.leave("KF3", date(2026, 10, 14), date(2026, 10, 15))
    take_on(
        [NewEmployee(number="KF9", name="新人", joined=date(2026, 10, 15))],
        [NewAssignment(employee="KF9", department="customer_service", team="", post="cs_agent", store=None,
                       manager=None, base=1, start=date(2026, 10, 15), end=None)],
    )  # fmt: skip
    cast.report("KF1", "KF9")
    clock(date(2026, 10, 16))
    refresh(SYSTEM, cycle)
    assert cast.people(cycle) == ["KF1", "KF2", "KF4", "KF9"]
    gone = cast.place(cycle, "KF3")
    assert (gone.removed_why, gone.tasks.get().state) == ("left", "waived")
    assert cast.place(cycle, "KF9").tasks.get().assignee_id == cast.ids["KF1"]
    assert refresh(SYSTEM, cycle).gone == 0


def test_who_moves_in_mid_period_goes_from_one_cycle_to_the_other(cast: Cast, clock: Clock) -> None:
    service, logistics = cast.open(), cast.open("logistics")
    Assignment.objects.filter(employee__number="KF4").update(valid_to=date(2026, 10, 15))
    old = Assignment.objects.get(employee__number="KF4")
    Assignment.objects.create(
        employee=old.employee, department_id=cast.departments["logistics"], post=old.post,
        manager_id=cast.ids["WL1"], valid_from=date(2026, 10, 15),
    )  # fmt: skip
    clock(date(2026, 10, 16))
    for cycle in (logistics, service):
        refresh(SYSTEM, cycle)
    assert "KF4" not in cast.people(service)
    assert cast.place(service, "KF4").removed_why == "moved"
    assert cast.place(logistics, "KF4").reviewer_id == cast.ids["WL1"]


def test_who_leaves_after_the_period_stays_and_own_tasks_are_waived(cast: Cast, clock: Clock) -> None:
    cycle = led_to(cast, "self_review")
    cast.leave("KF3", date(2026, 11, 2), date(2026, 11, 3))
    clock(date(2026, 11, 4))
    refresh(SYSTEM, cycle)
    assert "KF3" in cast.people(cycle)
    assert Task.objects.get(participant=cast.place(cycle, "KF3"), step__kind="self_review").state == "waived"


def test_the_tasks_of_a_manager_who_left_go_to_the_next_one(cast: Cast, clock: Clock) -> None:
    cast.report("WL1", "KF1")
    cycle = cast.open()
    cast.leave("KF1", date(2026, 10, 14), date(2026, 10, 15))
    clock(date(2026, 10, 16))
    assert refresh(SYSTEM, cycle).handed == 3
    assert cast.todos("WL1") == ["cycles.goals"]
    assert cast.todos("KF1") == []
    assert set(cycle.participants.filter(removed_at=None).values_list("reviewer_why", flat=True)) == {"above"}


def test_what_a_head_who_left_had_to_do_is_hrs_to_do(cast: Cast, clock: Clock) -> None:
    cycle = led_to(cast, "manager_review")
    Cycle.objects.filter(pk=cycle.pk).update(head=cast.ids["WL1"])
    advance(cast.hr, cycle.steps.get(kind="manager_review"), force_reason=REASON)
    assert cast.todos("WL1") == ["cycles.calibration"]
    cast.leave("WL1", date(2026, 11, 2), date(2026, 11, 3))
    clock(date(2026, 11, 4))
    refresh(SYSTEM, cycle)
    assert Task.objects.get(step__cycle=cycle, step__kind="calibration").assignee is None
    assert cast.todos("WL1") == []
    assert "cycles.calibration" in cast.todos("hr")


def test_waiving_needs_a_reason(cast: Cast) -> None:
    cycle = cast.open()
    tasks = list(Task.objects.filter(step__cycle=cycle).values_list("id", flat=True))
    with pytest.raises(Refusal, match="Say why"):
        waive(cast.hr, tasks, " ")
    assert waive(cast.hr, tasks[:1], REASON) == 1
    assert waive(cast.hr, tasks, REASON) == 3


def test_opening_asks_the_database_as_often_for_many_people_as_for_few(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    numbers = [f"N{one:04}" for one in range(500)]
    take_on(
        [NewEmployee(number=one, name=one, joined=date(2026, 1, 1)) for one in numbers],
        [NewAssignment(employee=one, department="logistics", team="", post="courier", store=None, manager=None,
                       base=1, start=date(2026, 1, 1), end=None) for one in numbers],
    )  # fmt: skip
    cast.report("WL1", *numbers)
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        cycle = cast.open("logistics")
    with django_assert_max_num_queries(55):  # type: ignore[operator]
        advance(cast.hr, cast.step(cycle, "goals"), force_reason=REASON)
    assert cycle.participants.count() == 503


def test_a_quarter_is_a_period_too(cast: Cast) -> None:
    cycle = open_cycle(cast.hr, cast.departments["logistics"], parse("2026-Q4"))
    assert cast.step(cycle, "data").due == date(2027, 1, 5)
