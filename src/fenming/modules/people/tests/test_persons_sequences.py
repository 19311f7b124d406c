"""Whatever is done to somebody in whatever order, every day of the file is what a plain diary of the days says."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fenming.controls.models import Operation
from fenming.controls.operations import SYSTEM
from fenming.controls.scope import Powers, Scope
from fenming.modules.people.models import Department, Employee, Post
from fenming.modules.people.operations import changes, facts, persons
from fenming.modules.people.operations.career import Place
from fenming.modules.people.queries.persons import Wanted, is_on, listed, person, seat, state_on

ALL = Scope.all()
FIRST = date(2026, 1, 1)
DAYS = 40
"""Days of the diary; the last one stands for ever after, and nothing happens on it."""

days = st.integers(1, DAYS - 2)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("transfer"), days, st.integers(0, 5), st.booleans()),
        st.tuples(st.just("leave"), days),
        st.tuples(st.just("return"), days, st.integers(0, 5)),
    ),
    max_size=10,
)


class Diary:
    """For each day, which employment and which place; nothing clever."""

    def __init__(self, joined: int) -> None:
        self.employment: list[int | None] = [0 if day >= joined else None for day in range(DAYS)]
        self.place: list[int | None] = [0 if day >= joined else None for day in range(DAYS)]
        self.begins = {joined}

    def transfer(self, day: int, place: int, until_next: bool) -> bool:
        if self.employment[day] is None or day in self.begins:
            return False
        mine = [one for one in range(day, DAYS) if self.employment[one] == self.employment[day]]
        later = [one for one in mine if one in self.begins]
        if later and not until_next:
            return False
        for one in mine:
            if not later or one < later[0]:
                self.place[one] = place
        self.begins.add(day)
        return True

    def leave(self, last: int) -> bool:
        now = self.employment[last]
        if now is None or self.employment[last + 1] != now:
            return False
        for one in range(last + 1, DAYS):
            if self.employment[one] == now:
                self.employment[one] = self.place[one] = None
                self.begins.discard(one)
        return True

    def come_back(self, day: int, place: int) -> bool:
        if any(one is not None for one in self.employment[day:]):
            return False
        number = 1 + max((one for one in self.employment if one is not None), default=0)
        for one in range(day, DAYS):
            self.employment[one], self.place[one] = number, place
        self.begins.add(day)
        return True

    def state(self, day: int) -> str:
        if self.employment[day] is not None:
            return "here"
        return "coming" if any(one is not None for one in self.employment[day:]) else "left"


@pytest.fixture
def places(db: None) -> list[Place]:
    departments = [Department.objects.create(code=f"d{one}", name_zh=f"部{one}") for one in range(3)]
    post = Post.objects.create(code="p", name_zh="岗")
    return [Place(department=departments[one % 3], post=post, team=f"t{one}") for one in range(6)]


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def change_of(step: tuple[Any, ...], places: list[Place]) -> changes.Change:
    match step:
        case ("transfer", day, place, until_next):
            return changes.Transfer(place=places[place], day=day_of(day), reason="r", until_next=until_next)
        case ("leave", day):
            return changes.Leave(end=day_of(day + 1), reason="r")
        case (_, day, place):
            return changes.ComeBack(place=places[place], day=day_of(day), reason="r")
    raise AssertionError(step)


def noted(diary: Diary, step: tuple[Any, ...]) -> bool:
    match step:
        case ("transfer", day, place, until_next):
            return diary.transfer(day, place, until_next)
        case ("leave", day):
            return diary.leave(day)
        case (_, day, place):
            return diary.come_back(day, place)
    raise AssertionError(step)


def apply(step: tuple[Any, ...], places: list[Place]) -> bool:
    employee = Employee.objects.get(number="E1")
    try:
        persons.carry_out(SYSTEM, "E1", change_of(step, places), reach=ALL, version=employee.version)
    except ValidationError:
        return False
    return True


@given(joined=st.integers(0, 10), steps=steps, looked=days)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_agrees_with_a_diary(
    places: list[Place], joined: int, steps: list[tuple[Any, ...]], looked: int
) -> None:
    with transaction.atomic():
        facts.take_on_one(SYSTEM, "E1", facts.Facts(name="甲"), places[0], day_of(joined), reach=ALL)
        diary, done = Diary(joined), 1
        for step in steps:
            possible = noted(diary, step)
            assert apply(step, places) == possible, step
            done += possible
        check(diary, done, looked)
        transaction.set_rollback(True)


def check(diary: Diary, done: int, looked: int) -> None:
    employee = Employee.objects.get(number="E1")
    posts = list(employee.assignments.all())
    employments = list(employee.employments.all())
    assert Operation.objects.filter(object="employee E1").count() == employee.version == done
    for number in range(DAYS):
        day = day_of(number)
        held = [one for one in posts if is_on(one, day)]
        assert len(held) == (diary.place[number] is not None)
        assert [one.team for one in held] == [f"t{one}" for one in diary.place[number : number + 1] if one is not None]
        assert state_on(employments, day) == diary.state(number)
    assert employee.joined == min(day_of(one) for one in range(DAYS) if diary.employment[one] is not None)
    gone = diary.employment[DAYS - 1] is None
    after = 1 + max(one for one in range(DAYS) if diary.employment[one] is not None)
    assert employee.left == (day_of(after) if gone else None)
    seen = person(ALL, Powers(), "E1", day_of(looked))
    assert seen is not None
    assert seen.state == diary.state(looked)
    assert seen.seat == seat(posts, day_of(looked))
    for state in ("here", "left", "coming"):
        found = listed(ALL, Powers(), Wanted(on=day_of(looked), state=state)).count()
        assert found == (diary.state(looked) == state)
