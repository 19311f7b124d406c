"""Who reviews whom: the manager; above a manager who has left or reports in a circle; the head; or nobody yet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from fenming.controls.operations import Actor, record
from fenming.controls.scope import Scope
from fenming.library.text import refuse
from fenming.modules.cycles.models import Owner, Participant, Step, Task
from fenming.modules.cycles.operations.tasks import hand_over
from fenming.modules.people.queries.line import posts_on
from fenming.modules.people.queries.seats import present

MANAGER, ABOVE, HEAD, NAMED, NOBODY = "manager", "above", "head", "named", ""


@dataclass(frozen=True, slots=True)
class Line:
    """Who reports to whom on a day, and who is there; of somebody who has left, the last manager."""

    manager: Mapping[int, int | None]
    present: frozenset[int]
    people: Mapping[int, Collection[int]]
    """Department → who holds the primary post there."""

    def reviewer(self, person: int, head: int | None) -> tuple[int | None, str]:
        """Who reviews a person, and why it is this one."""
        one, why = self.manager.get(person), MANAGER
        seen = {person}
        while one is not None and one not in seen:
            if one in self.present and not self.reports_to(one, person):
                return one, why
            seen.add(one)
            one, why = self.manager.get(one), ABOVE
        if head is not None and head != person and head in self.present:
            return head, HEAD
        return None, NOBODY

    def in_circle(self, person: int) -> bool:
        """Whether the line up from a person comes back to the same person."""
        above = self.manager.get(person)
        return above is not None and self.reports_to(above, person)

    def reports_to(self, one: int, other: int) -> bool:
        """Whether the line up from one person comes to the other."""
        seen: set[int] = set()
        at: int | None = one
        while at is not None and at not in seen:
            if at == other:
                return True
            seen.add(at)
            at = self.manager.get(at)
        return False


def line_on(day: date) -> Line:
    """The whole company's line on a day, in one query."""
    posts = posts_on(day)
    people: dict[int, list[int]] = {}
    for one, post in posts.items():
        if post.held:
            people.setdefault(post.department, []).append(one)
    return Line(
        manager={one: post.manager for one, post in posts.items()},
        present=frozenset(one for one, post in posts.items() if post.held),
        people=people,
    )


def name_reviewer(actor: Actor, participants: Collection[int], reviewer: int) -> int:
    """Give participants of cycles under way a reviewer by name; what is still to be done goes to the new one.

    Returns how many that were. Somebody cannot review oneself: such a choice is refused as a whole.
    """
    with transaction.atomic():
        chosen = present(Scope.all()).filter(pk=reviewer).first()
        if chosen is None:
            raise refuse("请选择在职员工作为评价人。", "Choose somebody who works here as the reviewer.")
        found = Participant.objects.select_for_update().filter(pk__in=participants, removed_at=None)
        rows = list(found.exclude(reviewer=reviewer, reviewer_why=NAMED).values_list("id", "employee_id", "reviewer"))
        if any(employee == reviewer for _, employee, _ in rows):
            raise refuse(
                f"{chosen.name} 在所选人员之中，不能评价自己。",
                f"{chosen.name} is one of those chosen and cannot review oneself.",
            )
        if rows:
            give(actor, {one: (reviewer, NAMED) for one, _, _ in rows})
            record(
                actor, "cycles.name_reviewer", chosen,
                before={"participants": {str(one): before for one, _, before in rows[:200]}},
                after={"reviewer": chosen.pk, "count": len(rows)},
            )  # fmt: skip
        return len(rows)


def give(actor: Actor, reviewers: Mapping[int, tuple[int | None, str]]) -> None:
    """Set the reviewers of participants, and hand the open tasks of reviewers over."""
    rows = list(Participant.objects.filter(pk__in=reviewers))
    for one in rows:
        one.reviewer_id, one.reviewer_why = reviewers[one.pk]
    Participant.objects.bulk_update(rows, ["reviewer", "reviewer_why"], batch_size=500)
    open_tasks = Task.objects.filter(
        participant__in=reviewers, state=Task.State.OPEN, step__owner=Owner.REVIEWER, step__state=Step.State.OPEN
    )
    hand_over(actor, {task.pk: reviewers[task.participant_id][0] for task in open_tasks if task.participant_id})
