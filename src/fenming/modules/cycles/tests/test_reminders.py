"""Reminders before and after deadlines, what opens by itself, and steps that end by themselves."""

from dataclasses import replace
from datetime import date

import pytest

from fenming.modules.cycles import jobs
from fenming.modules.cycles.models import Cycle, Plan, Task
from fenming.modules.cycles.operations.daily import go_on, open_due
from fenming.modules.cycles.operations.plans import save_plan
from fenming.modules.cycles.operations.reminders import remind, remind_of_day
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.cycles.queries.plans import shipped_plan
from fenming.modules.cycles.tests.conftest import Cast, Clock
from fenming.modules.messages.models import Message


def notices(name: str) -> list[str]:
    found = Message.objects.filter(recipient__username=name, kind="notice").order_by("id")
    return list(found.values_list("title_en", flat=True))


def test_a_reminder_comes_working_days_before_the_deadline_and_once(cast: Cast, clock: Clock) -> None:
    clock(date(2026, 10, 1))
    cast.open()
    clock(date(2026, 10, 2))
    assert remind_of_day().people == 0
    clock(date(2026, 10, 5))
    assert remind_of_day().people == 2
    assert remind_of_day().people == 0
    clock(date(2026, 10, 6))
    assert remind_of_day().people == 0
    assert notices("KF1") == ["Reminder: Set goals · 2026-10"]


def test_nobody_is_reminded_on_a_day_off(cast: Cast, clock: Clock) -> None:
    cast.open()
    clock(date(2026, 10, 10))
    assert remind_of_day().late == 0


def test_who_is_late_is_told_and_so_are_the_manager_and_hr(cast: Cast, clock: Clock) -> None:
    cast.report("WL1", "KF1")
    cast.open()
    clock(date(2026, 10, 9))
    done = remind_of_day()
    assert (done.late, done.managers) == (2, 2)
    assert notices("KF1") == ["Late: Set goals · 2026-10"]
    assert notices("WL1") == ["Late: Set goals · 2026-10", "Set goals · 2026-10 Customer service: 1 people are late"]
    clock(date(2026, 10, 12))
    assert remind_of_day().late == 0
    clock(date(2026, 10, 16))
    assert remind_of_day().late == 2


def test_by_hand_nobody_is_reminded_twice_a_day(cast: Cast, clock: Clock) -> None:
    cycle = cast.open()
    tasks = list(Task.objects.filter(step__cycle=cycle).order_by("id").values_list("id", flat=True))
    assert remind(cast.hr, tasks[1:2]) == 1
    assert remind(cast.hr, tasks[1:]) == 0
    clock(date(2026, 10, 9))
    assert remind(cast.hr, tasks[1:]) == 1


def test_the_job_of_the_day_reminds(cast: Cast, clock: Clock) -> None:
    cast.open()
    clock(date(2026, 10, 9))
    assert jobs.remind.now() == {"people": 0, "late": 2, "managers": 1}


def test_a_step_that_everybody_has_done_ends_when_the_next_one_comes(cast: Cast, clock: Clock) -> None:
    cycle = cast.open()
    finish(cast.hr, "goals", list(cycle.participants.values_list("id", flat=True)))
    assert go_on() == 0
    clock(date(2026, 10, 12))
    assert jobs.keep_in_step.now() == {"opened": 0, "changed": 0, "ended": 1}
    assert cast.state(cycle)["tracking"] == "open"


@pytest.mark.parametrize("day", [date(2026, 10, 27), date(2026, 10, 28)])
def test_a_plan_that_opens_itself_does_so_on_the_day_of_its_first_step(cast: Cast, clock: Clock, day: date) -> None:
    clock(day)
    department = cast.departments["logistics"]
    save_plan(cast.hr, replace(shipped_plan(), department=department, opens_itself=True))
    cast.open("logistics")
    assert open_due() == (day == date(2026, 10, 28))
    assert open_due() == 0
    assert Cycle.objects.filter(label="2026-11").exists() == (day == date(2026, 10, 28))


def test_under_the_plan_of_the_company_only_what_had_a_cycle_before_opens_itself(cast: Cast, clock: Clock) -> None:
    save_plan(cast.hr, replace(shipped_plan(), opens_itself=True))
    assert Plan.objects.get().department is None
    cast.open()
    clock(date(2026, 10, 28))
    assert open_due() == 1
    assert list(Cycle.objects.filter(label="2026-11").values_list("department__code", flat=True)) == [
        "customer_service"
    ]
