"""Whose people a lead below sees in a cycle that covers several departments."""

from datetime import date

import pytest
from django.urls import reverse

from fenming.controls.scope import Scope
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SignIn
from fenming.modules.cycles.models import Cycle, Participant
from fenming.modules.cycles.queries.reach import visible_participants
from fenming.modules.cycles.tests.conftest import Cast, Clock
from fenming.modules.people.models import Assignment, Department


@pytest.fixture
def night(cast: Cast) -> Department:
    """The night shift below the customer service: KF4 leads it, KF2 works in it; the cycle covers both."""
    found = Department.objects.create(code="night", name_zh="夜班组", parent_id=cast.departments["customer_service"])
    Assignment.objects.filter(employee__number__in=["KF2", "KF4"]).update(department=found)
    Grant.objects.create(
        user=User.objects.get(username="KF4"), role=Role.objects.get(code="lead"), reach="tree",
        valid_from=date(2026, 1, 1),
    )  # fmt: skip
    return found


def seen(department: int) -> list[str]:
    found = visible_participants(Scope(departments=frozenset({department})))
    return sorted(found.values_list("employee__number", flat=True))


def test_a_lead_below_sees_the_own_people_of_the_cycle_above(cast: Cast, night: Department, signed_in: SignIn) -> None:
    cycle, client = cast.open(), signed_in("KF4")
    assert cycle.department_id != night.pk
    pages = [reverse("cycles"), reverse("cycle", args=[cycle.pk]), reverse("cycle-tasks")]
    for address in pages:
        text = client.get(address).content.decode()
        assert "Customer service" in text, address
        assert "KF3" not in text, address
    people = client.get(pages[1]).content.decode()
    assert "KF2" in people
    other, own = cast.place(cycle, "KF3"), cast.place(cycle, "KF2")
    for name in ("review", "review-goals", "letter", "interview", "improvement"):
        assert client.get(reverse(name, args=[own.pk])).status_code == 200, name
        assert client.get(reverse(name, args=[other.pk])).status_code == 404, name


def test_a_transfer_takes_no_past_cycle_along(cast: Cast, night: Department, clock: Clock) -> None:
    cast.open()
    assert seen(night.pk) == ["KF2", "KF4"]
    Assignment.objects.filter(employee__number="KF2").update(valid_to=date(2026, 11, 1))
    before = Assignment.objects.get(employee__number="KF2")
    Assignment.objects.create(
        employee=before.employee, department_id=cast.departments["logistics"], post=before.post, is_primary=True,
        base=1, valid_from=date(2026, 11, 1),
    )  # fmt: skip
    clock(date(2026, 11, 10))
    assert seen(night.pk) == ["KF2", "KF4"]
    assert seen(cast.departments["logistics"]) == []
    assert "KF2" in seen(cast.departments["customer_service"])


def test_who_moves_during_the_period_is_seen_by_the_new_lead_from_that_day(
    cast: Cast, night: Department, clock: Clock
) -> None:
    cast.open()
    Assignment.objects.filter(employee__number="KF2").update(valid_to=date(2026, 10, 20))
    before = Assignment.objects.get(employee__number="KF2")
    day = Department.objects.create(code="day", name_zh="白班组", parent_id=cast.departments["customer_service"])
    Assignment.objects.create(
        employee=before.employee,
        department=day,
        post=before.post,
        is_primary=True,
        base=1,
        valid_from=date(2026, 10, 20),
    )
    assert "KF2" in seen(night.pk)
    clock(date(2026, 10, 21))
    assert (seen(day.pk), seen(night.pk)) == (["KF2"], ["KF4"])


def test_a_scope_of_stores_or_people_reaches_no_more_than_before(cast: Cast, night: Department) -> None:
    cycle = cast.open()
    place = Participant.objects.get(cycle=cycle, employee__number="KF2")
    found = visible_participants(Scope(employees=frozenset({place.employee_id})))
    assert list(found) == [place]
    assert not visible_participants(Scope()).exists()
    assert Cycle.objects.count() == 1
