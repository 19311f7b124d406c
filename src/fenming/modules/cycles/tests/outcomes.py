"""A cycle with results, for the tests of what becomes of a period."""

from dataclasses import dataclass
from decimal import Decimal

from fenming.controls.models import Run
from fenming.controls.operations import Actor
from fenming.modules.accounts.models import User
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.conftest import OCTOBER, SmallCompany
from fenming.modules.cycles.models import Cycle, Participant, Step, StepKind, Task
from fenming.modules.cycles.queries.decisions import decisions_of
from fenming.modules.people.queries.records import department_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """October of the customer service: KF1 reviews KF2, KF3 and KF4; of the logistics: WL1 reviews WL2 and WL3."""

    company: SmallCompany
    cycle: Cycle
    other: Cycle
    run: Run

    def place(self, number: str) -> Participant:
        return Participant.objects.get(employee=self.company.ids[number])

    def actor(self, name: str) -> Actor:
        return Actor(user=User.objects.get(username=name).pk, name=name)

    def step(self, kind: str, state: str) -> None:
        Step.objects.filter(kind=kind).update(state=state)

    def again(self) -> Run:
        """The next run of the customer service, with what was decided."""
        return settle(
            self.company.engine, self.company.lake, OCTOBER, folder=self.company.runs,
            departments=[self.cycle.department_id], decisions=decisions_of(self.cycle),
        )  # fmt: skip


def stage(company: SmallCompany) -> Stage:
    """Cycles, steps, participants and tasks made directly, and one run with pools."""
    departments = department_ids()
    for department in departments.values():
        set_pool(department, OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    run = settle(company.engine, company.lake, OCTOBER, folder=company.runs)
    service = _cycle(company, departments["customer_service"], "KF1", ("KF2", "KF3", "KF4"))
    logistics = _cycle(company, departments["logistics"], "WL1", ("WL2", "WL3"))
    return Stage(company=company, cycle=service, other=logistics, run=run)


def _cycle(company: SmallCompany, department: int, lead: str, people: tuple[str, ...]) -> Cycle:
    cycle = Cycle.objects.create(
        department_id=department, label=OCTOBER.label, start=OCTOBER.start, end=OCTOBER.end,
        departments=[department], appeal_days=7,
    )  # fmt: skip
    reviewer = company.ids[lead]
    members = [Participant(cycle=cycle, employee_id=reviewer)]
    members += [Participant(cycle=cycle, employee_id=company.ids[one], reviewer_id=reviewer) for one in people]
    Participant.objects.bulk_create(members)
    for position, kind in enumerate(StepKind.values, start=1):
        step = Step.objects.create(
            cycle=cycle, kind=kind, position=position, owner=_OWNERS.get(kind, "hr"), opens=OCTOBER.end,
            due=OCTOBER.end, state=Step.State.OPEN,
        )  # fmt: skip
        if kind in _OWNERS:
            mine = kind == StepKind.CONFIRM
            places = Participant.objects.filter(cycle=cycle, reviewer__isnull=False)
            Task.objects.bulk_create(
                Task(step=step, participant=one, due=step.due, assignee_id=one.employee_id if mine else reviewer)
                for one in places
            )
    return cycle


_OWNERS = {StepKind.INTERVIEW: "reviewer", StepKind.CONFIRM: "employee", StepKind.IMPROVEMENT: "reviewer"}
