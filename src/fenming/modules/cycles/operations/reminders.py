"""Reminders: before a step is due, when it is late, and by hand; nobody is reminded of a step twice a day.

Each goes to the inbox as a notice beside the to-do that stands there; e-mail, robots and quiet hours are the business
of the messages.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.text import Words
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Cycle, Step, StepKind, Task
from fenming.modules.cycles.operations.reviewers import line_on
from fenming.modules.cycles.operations.tasks import WHAT, todo_url
from fenming.modules.cycles.queries.officers import officers_of
from fenming.modules.messages.operations import notify
from fenming.modules.people.queries.calendar import WorkingDays, is_working_day, working_days_around

AGAIN = timedelta(days=7)
"""After how long somebody who is late is told again."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many assignees were reminded, how many of late tasks, and how many managers were told."""

    people: int
    late: int
    managers: int


def remind(actor: Actor, tasks: Collection[int]) -> int:
    """Remind those who have these tasks open, by hand; how many people that were, without those reminded today."""
    with transaction.atomic():
        chosen = Task.objects.filter(pk__in=tasks, state=Task.State.OPEN, step__state=Step.State.OPEN)
        rows = _not_yet_today(chosen, timezone.localdate())
        people = _remind(actor, rows)
        if people:
            record(actor, "cycles.remind", f"{people} people", after={"tasks": sorted(one.pk for one in rows)[:200]})
        return people


def remind_of_day() -> Reminded:
    """What a working day brings: reminders before the deadline, notices when it has passed. Safe to repeat.

    Managers are told one by one, each in a short transaction.
    """
    today = timezone.localdate()
    days = working_days_around(today, today)
    if not is_working_day(today, days.special):
        return Reminded(0, 0, 0)
    with transaction.atomic():
        people = _remind(SYSTEM, _not_yet_today(_soon(today, days), today))
    with transaction.atomic():
        late = _not_yet_today(_late(today), today)
        behind = _remind(SYSTEM, late)
    return Reminded(people, behind, _tell_managers(late, today))


def _open_tasks() -> QuerySet[Task]:
    return Task.objects.filter(state=Task.State.OPEN, step__state=Step.State.OPEN).exclude(
        step__cycle__state=Cycle.State.CANCELLED
    )


def _soon(today: date, days: WorkingDays) -> QuerySet[Task]:
    """What is due within the days that its step says, unless its people were reminded within them already."""
    found = Q(pk__in=())
    for before in _open_tasks().order_by().values_list("step__remind_before", flat=True).distinct():
        last = days.after(today, before) if before else today
        since = days.after(today, -before) if before else today
        told_before = Q(reminded_on=None) | Q(reminded_on__lt=since)
        found |= Q(step__remind_before=before, due__gte=today, due__lte=last) & told_before
    return _open_tasks().filter(found)


def _late(today: date) -> QuerySet[Task]:
    """What is late, and of which its people have not been told since, or not for a week."""
    behind = _open_tasks().filter(due__lt=today)
    return behind.filter(Q(reminded_on=None) | Q(reminded_on__lte=today - AGAIN) | Q(reminded_on__lte=F("due")))


def _not_yet_today(tasks: QuerySet[Task], today: date) -> list[Task]:
    """The tasks, now marked as reminded; without those whose assignee was reminded of the step today."""
    rows = list(tasks.exclude(reminded_on=today).select_related("step__cycle__department", "participant__employee"))
    marked = Task.objects.filter(reminded_on=today, step__in={one.step_id for one in rows})
    done = set(marked.order_by().values_list("step_id", "assignee_id"))
    fresh = [one for one in rows if (one.step_id, one.assignee_id) not in done]
    Task.objects.filter(pk__in=[one.pk for one in fresh]).update(reminded_on=today)
    return fresh


def _remind(actor: Actor, tasks: Sequence[Task]) -> int:
    """A notice for each assignee and step; of what is HR's own, to HR."""
    by_step: dict[int, list[Task]] = defaultdict(list)
    for one in tasks:
        by_step[one.step_id].append(one)
    users = {
        employee: one.pk for employee, one in accounts_of({one.assignee_id for one in tasks if one.assignee_id}).items()
    }
    officers = officers_of({one.step.cycle.department_id for one in tasks if one.assignee_id is None})
    people = 0
    for some in by_step.values():
        step = some[0].step
        told = {users[one.assignee_id] for one in some if one.assignee_id in users}
        if any(one.assignee_id is None for one in some):
            told |= officers[step.cycle.department_id]
        people += _notice(actor, step, told, _reminder(step))
    return people


def _notice(actor: Actor, step: Step, users: Iterable[int], words: tuple[Words, Words]) -> int:
    told = set(users)
    if not told:
        return 0
    return notify(
        told, topic=f"cycles.{step.kind}_reminder", kind="notice", title=words[0], body=words[1],
        url=todo_url(step), due=step.due, actor=actor,
    )  # fmt: skip


def _reminder(step: Step) -> tuple[Words, Words]:
    what, label, due = WHAT[StepKind(step.kind)], step.cycle.label, f"{step.due:%Y-%m-%d}"
    if step.due < timezone.localdate():
        days = (timezone.localdate() - step.due).days
        return (
            Words(zh=f"已逾期：{label} {what.zh}", en=f"Late: {what.en} · {label}"),
            Words(zh=f"应于 {due} 完成，已逾期 {days} 天，请尽快处理。", en=f"It was due on {due}, {days} days ago."),
        )
    return (
        Words(zh=f"提醒：{label} {what.zh}", en=f"Reminder: {what.en} · {label}"),
        Words(zh=f"请在 {due} 前完成。", en=f"Please finish this by {due}."),
    )


def _tell_managers(late: Sequence[Task], today: date) -> int:
    """The managers of those who are late learn who it is, and HR how many in which department."""
    line = line_on(today)
    by_manager: dict[tuple[int, int], list[Task]] = defaultdict(list)
    by_step: dict[int, list[Task]] = defaultdict(list)
    for one in late:
        by_step[one.step_id].append(one)
        manager = line.manager.get(one.assignee_id) if one.assignee_id else None
        if manager is not None and manager in line.present:
            by_manager[manager, one.step_id].append(one)
    users = accounts_of({manager for manager, _ in by_manager})
    steps = {one.step_id: one.step for one in late}
    told = 0
    for (manager, number), some in by_manager.items():
        if manager in users:
            told += _notice(SYSTEM, steps[number], {users[manager].pk}, _late_words(steps[number], some))
    officers = officers_of({one.cycle.department_id for one in steps.values()})
    for number, some in by_step.items():
        step = steps[number]
        told += _notice(SYSTEM, step, officers[step.cycle.department_id], _late_words(step, some))
    return told


def _late_words(step: Step, tasks: Sequence[Task]) -> tuple[Words, Words]:
    what, cycle = WHAT[StepKind(step.kind)], step.cycle
    people = {one.assignee_id for one in tasks if one.assignee_id}
    return (
        Words(
            zh=f"{cycle.department.name_zh} {cycle.label} {what.zh}：{len(people)} 人逾期",
            en=f"{what.en} · {cycle.label} {cycle.department}: {len(people)} people are late",
        ),
        Words(
            zh=f"共 {len(tasks)} 项任务应于 {step.due:%Y-%m-%d} 完成。",
            en=f"{len(tasks)} {'task was' if len(tasks) == 1 else 'tasks were'} due on {step.due:%Y-%m-%d}.",
        ),
    )
