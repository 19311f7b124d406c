"""What the tests of goals, reviews and words share: a cycle of customer service, KF1 reviewing KF2, KF3 and KF4."""

from collections.abc import Iterable
from datetime import date

from django.test import Client

from fenming.modules.accounts.models import User
from fenming.modules.conftest import OCTOBER, SmallCompany
from fenming.modules.cycles.models import Cycle, Owner, Participant, Step, StepKind, Task
from fenming.modules.cycles.tests.test_ratings import with_collaboration
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.operations import publish

OWNERS = {
    StepKind.GOALS: Owner.REVIEWER,
    StepKind.TRACKING: Owner.REVIEWER,
    StepKind.SELF_REVIEW: Owner.EMPLOYEE,
    StepKind.MANAGER_REVIEW: Owner.REVIEWER,
}
NASTY = "<script>alert(1)</script><b>粗</b> 😀 مرحبا \u202eabc"
SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt;"


def as_actor(name: str) -> User:
    return User.objects.get(username=name)


def a_cycle(company: SmallCompany, open_steps: Iterable[str], *, rated: bool = True, end: date = OCTOBER.end) -> Cycle:
    """A cycle whose steps are open as named, those before them done, those after them waiting."""
    if rated:
        for name in ("customer_service", "logistics"):
            scheme = with_collaboration(name)
            publish(scheme, department_ids()[scheme.department], valid_from=date(2026, 10, 1), reason="rated")
    place = department_ids()["customer_service"]
    cycle = Cycle.objects.create(department_id=place, label="2026-10", start=OCTOBER.start, end=end)
    opened = set(open_steps)
    state = Step.State.DONE
    for position, (kind, owner) in enumerate(OWNERS.items()):
        if kind in opened:
            now, state = Step.State.OPEN, Step.State.WAITING
        else:
            now = state
        Step.objects.create(
            cycle=cycle, kind=kind, position=position, owner=owner, opens=date(2026, 10, 1), due=date(2026, 11, 5),
            state=now,
        )  # fmt: skip
    for number in ("KF1", "KF2", "KF3", "KF4"):
        take_part(company, cycle, number)
    return cycle


def take_part(company: SmallCompany, cycle: Cycle, number: str) -> Participant:
    reviewer = None if number == "KF1" else company.ids["KF1"]
    person = Participant.objects.create(cycle=cycle, employee_id=company.ids[number], reviewer_id=reviewer)
    for step in cycle.steps.all():
        assignee = person.employee_id if step.owner == Owner.EMPLOYEE else reviewer
        Task.objects.create(step=step, participant=person, assignee_id=assignee, due=step.due)
    return person


def person(cycle: Cycle, number: str) -> Participant:
    return Participant.objects.select_related("cycle", "employee").get(cycle=cycle, employee__number=number)


def task(someone: Participant, kind: str) -> Task:
    return Task.objects.get(participant=someone, step__kind=kind)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return str(answer.content.decode())
