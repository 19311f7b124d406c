"""Tasks: finished, waived, handed to somebody else. Whoever finishes the last one of a to-do closes it."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Cycle, Step, StepKind, Task
from fenming.modules.cycles.queries.officers import officers
from fenming.modules.messages.operations import complete, notify

SHOWN = 200
"""How many ids the log keeps of a change of many."""

WHAT = {
    StepKind.GOALS: Words(zh="制定绩效目标", en="Set goals"),
    StepKind.TRACKING: Words(zh="过程跟进与辅导", en="Follow up and coach"),
    StepKind.DATA: Words(zh="确认数据齐全", en="Confirm that the data are complete"),
    StepKind.SELF_REVIEW: Words(zh="完成自评", en="Write your self review"),
    StepKind.MANAGER_REVIEW: Words(zh="完成上级评价", en="Review your people"),
    StepKind.CALIBRATION: Words(zh="校准绩效结果", en="Calibrate the results"),
    StepKind.LETTER: Words(zh="发布绩效结果", en="Issue the result letters"),
    StepKind.INTERVIEW: Words(zh="进行绩效面谈", en="Hold the interviews"),
    StepKind.CONFIRM: Words(zh="确认绩效结果", en="Confirm your result"),
    StepKind.ARCHIVE: Words(zh="绩效归档", en="Archive the cycle"),
    StepKind.IMPROVEMENT: Words(zh="制定改进计划", en="Agree on improvements"),
}


def todo_key(step: int) -> str:
    """Under which subject the to-do of a step stands in people's lists; its topic is ``cycles.<kind of step>``."""
    return f"step {step}"


def todo_url(step: Step) -> str:
    """Where a to-do leads: an address that stays, and finds the page of whoever opens it."""
    return f"/cycles/steps/{step.pk}/do/"


def tell(actor: Actor, step: Step, cycle: Cycle, assignees: Collection[int | None]) -> None:
    """One to-do for each assignee of a step who has an account; what nobody has in particular is for HR."""
    users = {one.pk for one in accounts_of({one for one in assignees if one}).values()}
    if None in assignees:
        users |= officers(cycle.department_id)
    what = WHAT[StepKind(step.kind)]
    if users:
        notify(
            users,
            topic=f"cycles.{step.kind}",
            kind="todo",
            title=Words(zh=f"{cycle.label} {what.zh}", en=f"{what.en} · {cycle.label}"),
            body=Words(zh=f"请在 {step.due:%Y-%m-%d} 前完成。", en=f"Please finish this by {step.due:%Y-%m-%d}."),
            url=todo_url(step),
            due=step.due,
            subject_key=todo_key(step.pk),
            actor=actor,
        )


def finish(
    actor: Actor, kind: str, participants: Collection[int], *, state: str = Task.State.DONE, why: str = ""
) -> int:
    """Finish the open tasks of participants at a step, and the to-dos of those who have none left there.

    Returns how many tasks that were. Finishing again changes nothing.
    """
    with transaction.atomic():
        mine = Task.objects.filter(step__kind=kind, participant__in=participants, state=Task.State.OPEN)
        count = end(actor, mine, state=state, why=why)
        if count:
            record(actor, f"cycles.{kind}_done", f"{count} tasks", after={"participants": sorted(participants)[:SHOWN]})
        return count


def waive(actor: Actor, tasks: Collection[int], why: str) -> int:
    """Let open tasks of steps under way go undone, with the reason."""
    if not why.strip():
        raise refuse("请写明免做的原因。", "Say why these need not be done.")
    with transaction.atomic():
        chosen = Task.objects.filter(pk__in=tasks, state=Task.State.OPEN, step__state=Step.State.OPEN)
        count = end(actor, chosen.exclude(participant=None), state=Task.State.WAIVED, why=why)
        if count:
            record(actor, "cycles.waive", f"{count} tasks", after={"tasks": sorted(tasks)[:SHOWN], "reason": why})
        return count


def end(actor: Actor, tasks: QuerySet[Task], *, state: str, why: str = "") -> int:
    """End open tasks in a state and close the to-dos that came to nothing; part of the caller's operation."""
    found = list(tasks.order_by().values_list("id", "step_id", "step__kind", "assignee_id"))
    if not found:
        return 0
    done = {"state": state, "done_at": timezone.now(), "done_by_id": actor.user, "why": why[:200]}
    for part in _parts([one for one, _, _, _ in found]):
        Task.objects.filter(id__in=part, state=Task.State.OPEN).update(**done)
    by_step: dict[tuple[int, str], set[int | None]] = defaultdict(set)
    for _, step, kind, assignee in found:
        by_step[step, kind].add(assignee)
    for (step, kind), assignees in by_step.items():
        close_todos(actor, step, kind, assignees)
    return len(found)


def hand_over(actor: Actor, assignees: Mapping[int, int | None]) -> None:
    """Give open tasks to other people: their to-dos appear, and those of who has nothing left there close."""
    tasks = list(Task.objects.filter(pk__in=assignees).select_related("step__cycle"))
    moved = [one for one in tasks if one.assignee_id != assignees[one.pk]]
    before: dict[int, set[int | None]] = defaultdict(set)
    after: dict[int, set[int | None]] = defaultdict(set)
    steps = {one.step_id: one.step for one in moved}
    for one in moved:
        before[one.step_id].add(one.assignee_id)
        one.assignee_id = assignees[one.pk]
        after[one.step_id].add(one.assignee_id)
    Task.objects.bulk_update(moved, ["assignee"], batch_size=500)
    for number, step in steps.items():
        close_todos(actor, number, step.kind, before[number])
        tell(actor, step, step.cycle, after[number])


def close_todos(actor: Actor, step: int, kind: str, assignees: Collection[int | None]) -> None:
    """Close the to-do of a step for those of the assignees who have nothing open there; None: HR."""
    left = Task.objects.filter(step=step, state=Task.State.OPEN).order_by()
    busy = set(left.values_list("assignee", flat=True).distinct())
    free = {one.pk for one in accounts_of({one for one in assignees if one} - busy).values()}
    if None in assignees and None not in busy:
        at_work = {one.pk for one in accounts_of({one for one in busy if one}).values()}
        free |= officers(Cycle.objects.values_list("department", flat=True).get(steps=step)) - at_work
    if free:
        complete(f"cycles.{kind}", todo_key(step), recipients=free, actor=actor)


def close_all_todos(actor: Actor, step: Step) -> None:
    """Nobody has anything left to do at a step."""
    complete(f"cycles.{step.kind}", todo_key(step.pk), actor=actor)


def _parts(ids: list[int], size: int = 5000) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
