"""A court for the tests of appeals: October of the customer service, scored, and HR in two accounts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fenming.controls.models import Run
from fenming.controls.operations import Actor
from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.conftest import OCTOBER, PASSWORD, SmallCompany
from fenming.modules.cycles.models import Appeal, Cycle, Letter, Participant, Step, StepKind, Task
from fenming.modules.cycles.operations import appeals as operations
from fenming.modules.cycles.operations.appeals import Filing, Ruling
from fenming.modules.cycles.queries import records
from fenming.modules.cycles.queries.evidence import Piece
from fenming.modules.people.models import Assignment
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import Scorecard
from fenming.modules.schemes.queries.again import pinned_inputs

ISSUED, UNTIL = date(2026, 11, 9), date(2026, 11, 18)


@dataclass(slots=True)
class Court:
    """October of the customer service, scored, with KF3's letter; HR has two accounts."""

    small: SmallCompany
    cycle: Cycle
    run: Run
    hr: Actor
    other: Actor

    def place(self, number: str) -> Participant:
        return Participant.objects.get(cycle=self.cycle, employee=self.small.ids[number])

    def actor(self, number: str) -> Actor:
        return Actor(user=User.objects.get(username=number).pk, name=number)

    def card(self, number: str, run: Run | None = None) -> Scorecard:
        return Scorecard.objects.get(run=run or self.run, employee=self.small.ids[number])

    def letter(self, number: str) -> Letter:
        contents = {"run": self.run.pk, "scorecard": self.card(number).pk}
        return Letter.objects.create(participant=self.place(number), contents=contents, appeal_until=UNTIL)

    def facts(self, number: str, indicator: str = "response_time") -> list[str]:
        """The records behind somebody's number, in the order of time."""
        card = self.card(number)
        inputs = pinned_inputs(card.run)
        found = records.behind(card, inputs, inputs.definitions()[indicator], None, limit=500)
        return [one.fact_id for one in found.rows]

    def file(self, number: str = "KF3", *pieces: Piece, reason: str = "The reply times are not mine.") -> Appeal:
        filing = Filing(reason=reason, wish="Grade A", pieces=pieces)
        return operations.file(self.actor(number), self.place(number), filing)

    def investigated(self, appeal: Appeal) -> int:
        """Assigned to HR, looked into; the version by then."""
        operations.assign(self.hr, appeal.pk, self.hr.user or 0, version=version(appeal))
        operations.note_findings(self.hr, appeal.pk, "Three sessions are another's.", version=version(appeal))
        return version(appeal)

    def decided(self, appeal: Appeal, **given: Any) -> None:
        ruling = Ruling(decision="upheld", text="Three sessions were another's.", **given)
        operations.decide(self.hr, appeal.pk, ruling, version=self.investigated(appeal))

    def close(self) -> Run:
        run = settle(
            self.small.engine, self.small.lake, OCTOBER, folder=self.small.runs, kind=Run.Kind.CLOSE,
            departments=self.cycle.departments,
        )  # fmt: skip
        Cycle.objects.filter(pk=self.cycle.pk).update(run=run, state=Cycle.State.CLOSED)
        return run


def version(appeal: Appeal) -> int:
    return Appeal.objects.values_list("version", flat=True).get(pk=appeal.pk)


@pytest.fixture
def court(clock: Any, small_company: SmallCompany) -> Court:
    clock(ISSUED)
    employees = {one: small_company.ids[one] for one in ("KF1", "KF2", "KF3", "KF4")}
    Assignment.objects.filter(employee__in=list(employees.values())[1:]).update(manager=employees["KF1"])
    open_accounts([NewAccount(name="hr2", role="hr", shown="Second HR")], password=PASSWORD)
    departments = department_ids()
    set_pool(departments["customer_service"], OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    run = settle(
        small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs,
        departments=[departments["customer_service"]],
    )  # fmt: skip
    cycle = Cycle.objects.create(
        department_id=departments["customer_service"], label="2026-10", start=OCTOBER.start, end=OCTOBER.end,
        departments=[departments["customer_service"]], run=run,
    )  # fmt: skip
    for number, one in employees.items():
        reviewer = None if number == "KF1" else employees["KF1"]
        Participant.objects.create(cycle=cycle, employee_id=one, reviewer_id=reviewer)
    step = Step.objects.create(
        cycle=cycle, kind=StepKind.CONFIRM, position=9, owner="employee", opens=ISSUED, due=UNTIL, state="open"
    )
    for one in cycle.participants.all():
        Task.objects.create(step=step, participant=one, assignee_id=one.employee_id, due=UNTIL)
    hr, other = (Actor(user=User.objects.get(username=one).pk, name=one) for one in ("hr", "hr2"))
    made = Court(small_company, cycle, run, hr, other)
    made.letter("KF3")
    return made
