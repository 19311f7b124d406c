"""Two people of HR's at the same moment, on a database that lets two write at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from fenming.controls.models import Operation
from fenming.controls.operations import Actor
from fenming.library.text import Refusal
from fenming.modules.conftest import OCTOBER, found_people
from fenming.modules.cycles.models import Cycle, Plan, Step, Task
from fenming.modules.cycles.operations.plans import save_plan
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.steps import advance, open_cycle, reschedule
from fenming.modules.cycles.queries.plans import shipped_plan
from fenming.modules.people.queries.records import department_ids

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.only_on("postgresql"),  # SQLite has one writer
]
HR = Actor(name="hr")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What comes of acts that begin together, each with a connection of its own."""
    meeting = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            meeting.wait(10)
            return act()
        except (Refusal, Stale) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def a_cycle() -> Cycle:
    found_people()
    return open_cycle(HR, department_ids()["customer_service"], OCTOBER)


def test_two_who_open_at_once_open_one_cycle() -> None:
    found_people()
    department = department_ids()["customer_service"]
    found = at_once(*[lambda: open_cycle(HR, department, OCTOBER)] * 3)
    assert len({one.pk for one in found if isinstance(one, Cycle)}) == 1
    assert Task.objects.count() == 4
    assert Operation.objects.filter(action="cycles.open").count() == 1


def test_two_who_advance_at_once_move_one_step() -> None:
    step = Step.objects.get(cycle=a_cycle(), kind="goals")
    at_once(*[lambda: advance(HR, step, force_reason="x")] * 3)
    assert list(Step.objects.filter(state="open").values_list("kind", flat=True)) == ["tracking"]
    assert Task.objects.filter(step__kind="tracking").count() == 4


def test_of_two_who_change_the_days_or_a_plan_the_second_is_told() -> None:
    cycle = a_cycle()
    step = Step.objects.get(cycle=cycle, kind="goals")
    days = [{step.pk: (step.opens, cycle.end)}, {step.pk: (step.opens, cycle.last)}]
    told = at_once(*[lambda one=one: reschedule(HR, cycle, one, version=1) for one in days])  # type: ignore[misc]
    assert [isinstance(one, Stale) for one in told].count(True) == 1
    told = at_once(*[lambda: save_plan(HR, shipped_plan())] * 2)
    assert [isinstance(one, Stale) for one in told].count(True) == 1
    assert Plan.objects.get().steps.count() == 11
