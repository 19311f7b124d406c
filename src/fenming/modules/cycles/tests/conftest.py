"""A company for the tests of cycles: two departments with their leads, on a Thursday in October 2026."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from fenming.controls.operations import Actor
from fenming.modules import conftest
from fenming.modules.accounts.models import User
from fenming.modules.cycles.models import Cycle, Participant, Step, StepKind
from fenming.modules.cycles.operations.steps import open_cycle
from fenming.modules.cycles.tests.court import court as court
from fenming.modules.messages.models import Message
from fenming.modules.people.models import Assignment, Employee
from fenming.modules.people.queries.records import department_ids

Clock = Callable[[date], None]
OCTOBER = conftest.OCTOBER


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the day that the code takes for today."""

    def set_day(day: date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: day)

    set_day(date(2026, 10, 8))
    return set_day


class Cast:
    """The people by their numbers, and short ways to what the tests look at."""

    def __init__(self, ids: dict[str, int]) -> None:
        self.ids = ids
        self.departments = department_ids()
        self.hr = Actor(user=User.objects.get(username="hr").pk, name="hr")

    def open(self, department: str = "customer_service", **given: Any) -> Cycle:
        return open_cycle(self.hr, self.departments[department], OCTOBER, **given)

    def step(self, cycle: Cycle, kind: str) -> Step:
        return Step.objects.get(cycle=cycle, kind=kind)

    def state(self, cycle: Cycle) -> dict[str, str]:
        return dict(Step.objects.filter(cycle=cycle).order_by("position").values_list("kind", "state"))

    def place(self, cycle: Cycle, number: str) -> Participant:
        return Participant.objects.get(cycle=cycle, employee__number=number)

    def people(self, cycle: Cycle) -> list[str]:
        there = Participant.objects.filter(cycle=cycle, removed_at=None)
        return sorted(there.values_list("employee__number", flat=True))

    def todos(self, name: str) -> list[str]:
        found = Message.objects.filter(recipient__username=name, kind="todo", done_at=None)
        return sorted(found.values_list("topic", flat=True))

    def report(self, manager: str | None, *numbers: str) -> None:
        Assignment.objects.filter(employee__number__in=numbers).update(manager=self.ids[manager] if manager else None)

    def leave(self, number: str, last: date, first_day_gone: date) -> None:
        Employee.objects.filter(number=number).update(left=last)
        Assignment.objects.filter(employee__number=number).update(valid_to=first_day_gone)


@pytest.fixture
def cast(db: None, clock: Clock) -> Cast:
    """KF1 leads the customer service, WL1 the logistics; everybody has an account, HR too."""
    clock(date(2026, 9, 1))
    made = Cast(conftest.found_people())
    clock(date(2026, 10, 8))
    made.report("KF1", "KF2", "KF3", "KF4")
    made.report("WL1", "WL2", "WL3")
    return made


ALL_STEPS = list(StepKind.values)
