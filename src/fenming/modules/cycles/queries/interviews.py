"""Interviews: who is still without, and what a record begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from fenming.modules.cycles.models import Cycle, Improvement, Letter, Participant, StepKind, Task
from fenming.modules.cycles.queries.calibration import standings_in
from fenming.modules.cycles.queries.decisions import decisions_in
from fenming.modules.cycles.queries.results import Standing, speaking
from fenming.modules.cycles.queries.score import Line

NAMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody and how far the talk about the result has come."""

    participant: Participant
    interview: Any
    standing: Standing | None
    told: bool
    actions: int
    agreed: int
    waived: bool

    @property
    def state(self) -> str:
        if self.interview is None:
            return "without"
        return "done" if self.interview.confirmed_at else "unconfirmed"

    @property
    def planned(self) -> str:
        """How far the improvement plan has come."""
        if self.waived:
            return "waived"
        if not self.actions:
            return "none"
        return "agreed" if self.agreed == self.actions else "proposed"


def rows(people: QuerySet[Participant], cycle: Cycle, employee: int | None) -> list[Row]:
    """Everybody of a cycle in reach but oneself, by number."""
    opened = Q(improvements__state=Improvement.State.OPEN)
    both = opened & Q(improvements__employee_agreed_at__isnull=False, improvements__reviewer_agreed_at__isnull=False)
    waived = Task.objects.filter(participant=OuterRef("pk"), step__kind=StepKind.IMPROVEMENT, state=Task.State.WAIVED)
    found: list[Any] = list(
        people.filter(cycle=cycle)
        .exclude(employee=employee)
        .select_related("interview", "employee", "cycle__department", "reviewer")
        .annotate(
            told=Exists(Letter.objects.filter(participant=OuterRef("pk"))),
            actions=Count("improvements", filter=opened),
            agreed=Count("improvements", filter=both),
            waived=Exists(waived),
        )
        .order_by("employee__number")
    )
    standing = standings_in(found, speaking([cycle]), decisions_in([cycle.pk]))
    return [
        Row(
            participant=one,
            interview=getattr(one, "interview", None),
            standing=standing.get(one.pk),
            told=one.told,
            actions=one.actions,
            agreed=one.agreed,
            waived=one.waived,
        )
        for one in found
    ]


def beginning(lines: Sequence[Line]) -> dict[str, str]:
    """What the record of a talk begins with: the best and the weakest figures, to be put into own words."""
    scored = [line for line in lines if line.points is not None]
    best = sorted(scored, key=lambda line: -(line.score or 0))[:NAMED]
    weak = sorted(scored, key=lambda line: (line.points or 0) - line.weight)
    weak = [line for line in weak if line.weight - (line.points or 0) >= 1 and line not in best][:NAMED]
    return {"strengths": "\n".join(map(_said, best)), "gaps": "\n".join(map(_said, weak))}


def _said(line: Line) -> str:
    told = {"name": line.name, "value": line.shown, "goal": line.goal}
    return (_("%(name)s: %(value)s (target %(goal)s)") if line.goal else _("%(name)s: %(value)s")) % told
