"""Where somebody is in a cycle: its steps as a path, and what is to do now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from fenming.modules.cycles.models import Participant, Step, StepKind, Task

PAGES: Mapping[str, str] = {
    StepKind.GOALS: "my-goals",
    StepKind.TRACKING: "my-notes",
    StepKind.SELF_REVIEW: "self-review",
    StepKind.LETTER: "letter",
    StepKind.INTERVIEW: "interview",
    StepKind.CONFIRM: "letter",
    StepKind.IMPROVEMENT: "improvement",
}
"""Where a person goes for a step; what another part of the product has not brought yet is no link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One step of the path. ``mine`` is the person's own task there."""

    step: Step
    mine: Task | None
    page: str

    @property
    def name(self) -> str:
        return str(StepKind(self.step.kind).label)

    @property
    def state(self) -> str:
        return {Step.State.DONE: "done", Step.State.OPEN: "current"}.get(Step.State(self.step.state), "next")

    @property
    def to_do(self) -> bool:
        return self.state == "current" and self.mine is not None and self.mine.state == Task.State.OPEN

    @property
    def due(self) -> date:
        return self.mine.due if self.mine else self.step.due

    @property
    def late(self) -> bool:
        return self.to_do and self.due < timezone.localdate()


def path(person: Participant, steps: Iterable[Step]) -> list[Stop]:
    """The steps of the person's cycle with what is the person's own."""
    tasks = Task.objects.filter(participant=person, assignee=person.employee_id)
    mine = {one.step_id: one for one in tasks}
    return [Stop(step=one, mine=mine.get(one.pk), page=PAGES.get(one.kind, "")) for one in steps]
