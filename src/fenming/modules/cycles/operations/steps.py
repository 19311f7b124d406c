"""The course of a cycle: opened, led from step to step, kept in step with the company, called off.

A step is taken after the one before; some open together with another (`queries.plans.BESIDE`).
In prose: docs/algorithms/cycle.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from fenming.controls.jobs import jobs
from fenming.controls.models import Work
from fenming.controls.operations import Actor, record
from fenming.controls.queries import closed_departments
from fenming.library.text import refuse
from fenming.modules.cycles.models import Cycle, Owner, Participant, Step, StepKind, Task
from fenming.modules.cycles.operations.reviewers import Line, give, line_on
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.tasks import WHAT, close_all_todos, end, hand_over, tell
from fenming.modules.cycles.queries.cycle import ENDED, to_open
from fenming.modules.cycles.queries.plans import DAY, Planned, covered, dates, own_or_inherited, plans
from fenming.modules.people.queries.calendar import working_days_around
from fenming.modules.people.queries.line import department_names, parents_of_departments
from fenming.rules.periods import Period

SCORED_AFTER = frozenset({StepKind.DATA, StepKind.MANAGER_REVIEW})
"""After these steps the department is scored anew."""

BATCH = 2000
State = Step.State


# Who takes part


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Who would take part in a department's cycle of a period, by which plan, and what stands in the way."""

    department: int
    departments: list[int]
    plan: Planned
    reviewers: Mapping[int, tuple[int | None, str]]
    """Employee → reviewer and why."""
    elsewhere: int = 0
    """How many are in another cycle of the period already."""
    is_open: bool = False
    """Whether it has its own cycle of the period already."""
    in_circle: int = 0
    """How many report to somebody who reports to them."""

    @property
    def without_reviewer(self) -> int:
        return sum(reviewer is None for reviewer, _ in self.reviewers.values())


def intakes(
    departments: Collection[int], period: Period, known: Mapping[int | None, Planned] | None = None
) -> dict[int, Intake]:
    """Who would take part in a cycle of each department, in a handful of queries however many they are."""
    known, parents = known or plans(), parents_of_departments()
    there = cycles_of(period)
    own, taken = {one for _, one, _ in there}, {one for _, _, some in there for one in some}
    busy = set(_in_cycles(period).values_list("employee_id", flat=True))
    day = day_of_intake(period)
    line = line_on(day)
    apart = {one for one in known if one is not None} | taken | set(departments)
    reach = {one: covered(one, parents, apart - {one}) for one in departments}
    found = {}
    for one, below in reach.items():
        plan = own_or_inherited(one, known, parents)
        everybody = [person for place in below for person in line.people.get(place, ())]
        free = [person for person in everybody if person not in busy]
        found[one] = Intake(
            department=one,
            departments=below,
            plan=plan,
            reviewers={person: line.reviewer(person, plan.head) for person in free},
            elsewhere=len(everybody) - len(free),
            is_open=one in own,
            in_circle=sum(line.in_circle(person) for person in free),
        )
    return found


def day_of_intake(period: Period) -> date:
    """The day that tells who belongs where: the period's last, while it runs today, before it its first."""
    return min(period.end - DAY, max(timezone.localdate(), period.start))


def _in_cycles(period: Period) -> QuerySet[Participant]:
    others = Participant.objects.filter(cycle__start=period.start, cycle__end=period.end, removed_at=None)
    return others.exclude(cycle__state=Cycle.State.CANCELLED).order_by()


def cycles_of(period: Period) -> list[tuple[int, int, list[int]]]:
    """The cycles of a period: id, department, and the departments that it covers."""
    rows = Cycle.objects.exclude(state=Cycle.State.CANCELLED).filter(start=period.start, end=period.end)
    return list(rows.order_by().values_list("id", "department_id", "departments"))


# Opening


def open_cycle(actor: Actor, department_id: int, period: Period, *, skip_past: bool = False) -> Cycle:
    """Open a department's cycle of a period: its people, who reviews whom, the steps with their days, the first tasks.

    Opening again gives the cycle that is there. ``skip_past`` leaves out steps before today whose time is over.
    """
    if found := _opened(department_id, period):
        return found
    try:
        with transaction.atomic():
            return _open(actor, department_id, period, skip_past=skip_past)
    except IntegrityError:
        found = _opened(department_id, period)
        if found is None:
            raise
        return found


def _opened(department: int, period: Period) -> Cycle | None:
    there = Cycle.objects.exclude(state=Cycle.State.CANCELLED)
    return there.filter(department=department, start=period.start, end=period.end).first()


def _open(actor: Actor, department: int, period: Period, *, skip_past: bool) -> Cycle:
    intake = intakes([department], period)[department]
    _check(intake, period)
    plan = intake.plan
    cycle = Cycle.objects.create(
        department_id=department,
        label=period.label,
        start=period.start,
        end=period.end,
        departments=intake.departments,
        head_id=plan.head,
        appeal_days=plan.appeal_days,
        shows_rank=plan.shows_rank,
        opened_by_id=actor.user,
    )
    _join(cycle, intake.reviewers)
    _copy_steps(cycle, plan, period, skip_past=skip_past)
    record(actor, "cycles.open", cycle, after={"people": len(intake.reviewers), "departments": intake.departments})
    _open_next(actor, cycle)
    return cycle


def _check(intake: Intake, period: Period) -> None:
    name = department_names()[intake.department]
    if closed_departments(period.start, period.end).intersection(intake.departments):
        raise refuse(
            f"{name} 在 {period.label} 的结果已经归档，不能再开启周期。",
            f"The results of {name} in {period.label} are final. No cycle can be opened for it any more.",
        )
    if not intake.reviewers and intake.elsewhere:
        raise refuse(
            f"{name} 的员工都已在 {period.label} 的其他周期中。",
            f"Everybody in {name} is in another cycle of {period.label} already.",
        )
    if not intake.reviewers:
        raise refuse(
            f"{period.label} 没有人在 {name} 任职，无法开启周期。请先维护员工任职，或选择其他部门。",
            f"Nobody works in {name} in {period.label}, so there is no cycle to open. "
            "Add people to it first, or choose another department.",
        )
    if not any(intake.plan.taken()):
        raise refuse(f"{name} 的流程方案没有启用任何环节。", f"The plan of {name} takes no step. Turn on at least one.")


def _join(cycle: Cycle, reviewers: Mapping[int, tuple[int | None, str]]) -> None:
    """Bring people into a cycle; who was taken out of it before comes back to the old place."""
    back = {one.employee_id: one for one in cycle.participants.filter(employee__in=reviewers)}
    for employee, one in back.items():
        one.removed_at, one.removed_why = None, ""
        one.reviewer_id, one.reviewer_why = reviewers[employee]
    Participant.objects.bulk_update(
        back.values(), ["removed_at", "removed_why", "reviewer", "reviewer_why"], batch_size=500
    )
    Participant.objects.bulk_create(
        [
            Participant(cycle=cycle, employee_id=employee, reviewer_id=reviewer, reviewer_why=why)
            for employee, (reviewer, why) in reviewers.items()
            if employee not in back
        ],
        batch_size=BATCH,
    )


def _copy_steps(cycle: Cycle, plan: Planned, period: Period, *, skip_past: bool) -> None:
    today = timezone.localdate()
    rows: list[Step] = []
    for one, opens, due in dates(plan.taken(), period, working_days_around(period.start, period.end)):
        past = skip_past and due < today and one.kind != StepKind.ARCHIVE
        rows.append(
            Step(
                cycle=cycle, kind=one.kind, position=len(rows) + 1, owner=one.owner, opens=opens, due=due,
                remind_before=one.remind_before, state=State.SKIPPED if past else State.WAITING,
            )
        )  # fmt: skip
    Step.objects.bulk_create(rows)


# Steps


def advance(actor: Actor, step: Step, *, force_reason: str = "") -> None:
    """End a step under way and open what follows. With tasks open it needs a reason, by which they are waived.

    Ending what has ended changes nothing. The archive ends when its background work has closed the period.
    """
    with transaction.atomic():
        cycle, step = _locked(step)
        if step.state in ENDED:
            return
        if step.state == State.WAITING:
            raise refuse("该环节尚未开始，不能推进。", "This step has not begun, so it cannot be ended.")
        if step.kind == StepKind.ARCHIVE:
            _archive(actor, cycle)
            return
        _settle_tasks(actor, step, force_reason)
        _leave(actor, step, State.DONE, force_reason)
        record(actor, "cycles.advance", f"{cycle} {step.kind}", after={"reason": force_reason})
        _after(actor, cycle, step)
        _open_next(actor, cycle)


def _locked(step: Step) -> tuple[Cycle, Step]:
    """The cycle, locked, and the step as it is by now; refused where the cycle does not run any more."""
    cycle = Cycle.objects.select_for_update().get(pk=step.cycle_id)
    if cycle.state == Cycle.State.CANCELLED:
        raise refuse("该周期已取消。", "This cycle has been called off.")
    return cycle, Step.objects.get(pk=step.pk)


def _settle_tasks(actor: Actor, step: Step, why: str) -> None:
    still = step.tasks.filter(state=Task.State.OPEN)
    left = still.exclude(participant=None).count()
    if left and not why.strip():
        raise refuse(
            f"还有 {left} 项任务未完成。请先催办，或写明原因后强制推进，未完成的任务将免做。",
            f"{left} {'task is' if left == 1 else 'tasks are'} still open. "
            "Remind the people, or give a reason: what is open is then waived.",
        )
    end(actor, still.filter(participant=None), state=Task.State.DONE)
    end(actor, still.exclude(participant=None), state=Task.State.WAIVED, why=why)


def _leave(actor: Actor, step: Step, state: str, why: str) -> None:
    step.state, step.done_at, step.done_by_id, step.why = state, timezone.now(), actor.user, why[:200]
    step.save(update_fields=["state", "done_at", "done_by", "why"])
    close_all_todos(actor, step)


def _after(actor: Actor, cycle: Cycle, step: Step) -> None:
    """What follows from the end of a step."""
    if step.kind in SCORED_AFTER:
        score_later(actor, cycle)


def score_later(actor: Actor, cycle: Cycle) -> None:
    """Have the departments of a cycle scored anew in the background."""
    jobs()["cycles.score"].later(
        by=actor.user, name=f"{cycle.label} {cycle.department}", cycle=cycle.pk, user=actor.user, who=actor.name
    )


def _archive(actor: Actor, cycle: Cycle) -> None:
    """Begin to close; asked twice, it is begun once."""
    if not closing(cycle):
        work = jobs()["cycles.close"].later(
            by=actor.user, name=f"{cycle.label} {cycle.department}", cycle=cycle.pk, user=actor.user, who=actor.name
        )
        Cycle.objects.filter(pk=cycle.pk).update(work=work.pk)
        record(actor, "cycles.begin_close", cycle)


def finish_archive(actor: Actor, cycle: Cycle) -> None:
    """The period is closed: the step that waited for it ends; part of the closing."""
    step = cycle.steps.filter(kind=StepKind.ARCHIVE, state=State.OPEN).first()
    if step is not None:
        end(actor, step.tasks.filter(state=Task.State.OPEN), state=Task.State.DONE)
        _leave(actor, step, State.DONE, "")
    _open_next(actor, cycle)


def closing(cycle: Cycle) -> bool:
    """Whether its archiving has begun and has not been given up."""
    given_up = (Work.State.DEAD, Work.State.CANCELLED)
    return cycle.work is not None and Work.objects.filter(pk=cycle.work).exclude(state__in=given_up).exists()


def skip(actor: Actor, step: Step, *, reason: str = "") -> None:
    """Leave a step out that has not ended; what was open at it is waived."""
    with transaction.atomic():
        cycle, step = _locked(step)
        if step.state in ENDED:
            return
        if step.kind == StepKind.ARCHIVE:
            raise refuse("归档环节不能跳过。", "A cycle is always archived in the end; this step cannot be skipped.")
        if not reason.strip():
            raise refuse("请写明跳过的原因。", "Say why this step is skipped.")
        was_open = step.state == State.OPEN
        end(actor, step.tasks.filter(state=Task.State.OPEN), state=Task.State.WAIVED, why=reason)
        _leave(actor, step, State.SKIPPED, reason)
        record(actor, "cycles.skip", f"{cycle} {step.kind}", after={"reason": reason})
        if was_open:
            _open_next(actor, cycle)


def reopen(actor: Actor, step: Step, *, reason: str = "", participants: Collection[int] = ()) -> None:
    """Take the last ended step up again: for those named, else for whom it was waived, else for everybody.

    What follows it waits again; what was done there stays done.
    """
    with transaction.atomic():
        cycle, step = _locked(step)
        if step.state not in ENDED:
            return
        _check_reopen(cycle, step, reason)
        for later in cycle.steps.filter(state=State.OPEN, position__gt=step.position):
            close_all_todos(actor, later)
            later.tasks.filter(state=Task.State.OPEN).delete()
            Step.objects.filter(pk=later.pk).update(state=State.WAITING)
        again = step.tasks.filter(participant__in=participants) if participants else step.tasks.all()
        if not participants and again.filter(state=Task.State.WAIVED).exists():
            again = again.filter(Q(state=Task.State.WAIVED) | Q(participant=None))
        again.update(state=Task.State.OPEN, done_at=None, done_by=None, why="")
        step.state, step.done_at, step.done_by_id, step.why = State.OPEN, None, None, reason[:200]
        step.save(update_fields=["state", "done_at", "done_by", "why"])
        begin_step(actor, cycle, step)
        record(actor, "cycles.reopen", f"{cycle} {step.kind}", after={"reason": reason})


def _check_reopen(cycle: Cycle, step: Step, reason: str) -> None:
    if cycle.state == Cycle.State.CLOSED or closing(cycle):
        raise refuse(
            "周期已经归档，不能退回。更正请走申诉或次期调整。",
            "The cycle is archived, so no step can be taken up again. Correct results by an appeal.",
        )
    last = cycle.steps.filter(state__in=ENDED).order_by("-position").first()
    if last is not None and last.pk != step.pk:
        raise refuse("只能退回最近完成的环节。", "Only the step that ended last can be taken up again.")
    if not reason.strip():
        raise refuse("请写明退回的原因。", "Say why this step is taken up again.")


def _open_next(actor: Actor, cycle: Cycle) -> None:
    for step in to_open(cycle.steps.order_by("position")):
        Step.objects.filter(pk=step.pk).update(state=State.OPEN)
        begin_step(actor, cycle, step)


def begin_step(actor: Actor, cycle: Cycle, step: Step) -> None:
    """The tasks of a step that are not there yet, and the to-dos of all who have something open."""
    there = set(step.tasks.values_list("participant", flat=True))
    of_all: dict[int | None, int | None]
    if step.owner in (Owner.EMPLOYEE, Owner.REVIEWER):
        rows = cycle.participants.filter(removed_at=None).values_list("id", "employee", "reviewer")
        of_all = {one: employee if step.owner == Owner.EMPLOYEE else who for one, employee, who in rows}
    else:
        of_all = {None: cycle.head_id if step.owner == Owner.HEAD else None}
    missing = [
        Task(step=step, participant_id=participant, assignee_id=assignee, due=step.due)
        for participant, assignee in of_all.items()
        if participant not in there
    ]
    Task.objects.bulk_create(missing, batch_size=BATCH)
    still = step.tasks.filter(state=Task.State.OPEN).order_by()
    tell(actor, step, cycle, set(still.values_list("assignee", flat=True).distinct()))


# Days


def reschedule(actor: Actor, cycle: Cycle, days: Mapping[int, tuple[date, date]], *, version: int) -> None:
    """Give steps that have not ended other days; whoever has something open at one is told the new deadline."""
    with transaction.atomic():
        cycle = Cycle.objects.select_for_update().get(pk=cycle.pk)
        if cycle.version != version:
            raise Stale(cycle)
        steps = {one.pk: one for one in cycle.steps.exclude(state__in=ENDED)}
        changed = [one for pk, one in steps.items() if pk in days and days[pk] != (one.opens, one.due)]
        before = {one.kind: [one.opens, one.due] for one in changed}
        for one in changed:
            one.opens, one.due = days[one.pk]
            if one.due < one.opens:
                what = WHAT[StepKind(one.kind)]
                raise refuse(
                    f"“{what.zh}”的截止日早于开始日。", f"“{what.en}” would be due before it opens. Give a later day."
                )
        Step.objects.bulk_update(changed, ["opens", "due"])
        for one in changed:
            _tell_new_days(actor, cycle, one)
        if changed:
            Cycle.objects.filter(pk=cycle.pk).update(version=version + 1)
            record(
                actor, "cycles.reschedule", cycle, before=before,
                after={one.kind: [one.opens, one.due] for one in changed},
            )  # fmt: skip


def _tell_new_days(actor: Actor, cycle: Cycle, step: Step) -> None:
    open_tasks = step.tasks.filter(state=Task.State.OPEN)
    if step.state == State.OPEN and open_tasks.update(due=step.due):
        close_all_todos(actor, step)
        begin_step(actor, cycle, step)


# In step with the company

LEFT, MOVED = "left", "moved"
"""Why somebody is no longer in a cycle."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many were taken out, came in, and got another reviewer."""

    gone: int
    come: int
    handed: int


def refresh(actor: Actor, cycle: Cycle) -> Refreshed:
    """Take out who left or moved away before the period's end, bring in who came, replace reviewers who left.

    Who leaves after the period is over stays in the cycle; what only that person could do is waived.
    """
    with transaction.atomic():
        cycle = Cycle.objects.select_for_update().get(pk=cycle.pk)
        if cycle.state != Cycle.State.OPEN:
            return Refreshed(0, 0, 0)
        period = Period(label=cycle.label, start=cycle.start, end=cycle.end)
        _widen(cycle, period)
        then, today = line_on(day_of_intake(period)), line_on(timezone.localdate())
        belong = {one for place in cycle.departments for one in then.people.get(place, ())}
        gone = _take_out(actor, cycle, belong, then.present)
        come = _bring_in(actor, cycle, belong, then)
        handed = _replace_reviewers(actor, cycle, today)
        _waive_leavers(actor, cycle, today)
        if gone or come or handed:
            record(actor, "cycles.refresh", cycle, after={"gone": gone, "come": come, "handed": handed})
        return Refreshed(gone, come, handed)


def _widen(cycle: Cycle, period: Period) -> None:
    """Departments founded below those it covers belong to it too, unless they go their own way."""
    parents = parents_of_departments()
    others = {one for owner, _, some in cycles_of(period) if owner != cycle.pk for one in some}
    apart = (others | {one for one in plans() if one is not None}) - set(cycle.departments)
    wide = sorted({one for place in cycle.departments for one in covered(place, parents, apart)} - others)
    if wide != sorted(cycle.departments):
        cycle.departments = wide
        cycle.save(update_fields=["departments"])


def _take_out(actor: Actor, cycle: Cycle, belong: set[int], present: Collection[int]) -> int:
    away = list(cycle.participants.filter(removed_at=None).exclude(employee__in=belong))
    for one in away:
        one.removed_at, one.removed_why = timezone.now(), MOVED if one.employee_id in present else LEFT
    Participant.objects.bulk_update(away, ["removed_at", "removed_why"], batch_size=500)
    for why in (LEFT, MOVED):
        tasks = Task.objects.filter(
            participant__in=[one.pk for one in away if one.removed_why == why], state=Task.State.OPEN
        )
        end(actor, tasks, state=Task.State.WAIVED, why=why)
    return len(away)


def _bring_in(actor: Actor, cycle: Cycle, belong: set[int], line: Line) -> int:
    here = set(cycle.participants.filter(removed_at=None).values_list("employee_id", flat=True))
    come = {one: line.reviewer(one, cycle.head_id) for one in belong - here}
    if come:
        _join(cycle, come)
        for step in cycle.steps.filter(state=State.OPEN):
            begin_step(actor, cycle, step)
    return len(come)


def _replace_reviewers(actor: Actor, cycle: Cycle, today: Line) -> int:
    """Those whose reviewer has left, or who had none, get the next one."""
    rows = cycle.participants.filter(removed_at=None).values_list("id", "employee", "reviewer", "reviewer_why")
    found: dict[int, tuple[int | None, str]] = {}
    for one, employee, reviewer, _ in rows:
        if reviewer is None or reviewer not in today.present:
            chosen = today.reviewer(employee, cycle.head_id)
            if chosen[0] != reviewer:
                found[one] = chosen
    give(actor, found)
    return len(found)


def _waive_leavers(actor: Actor, cycle: Cycle, today: Line) -> None:
    """What only somebody who has left could do; and what a head who has left would do falls to HR."""
    own = Task.objects.filter(step__cycle=cycle, state=Task.State.OPEN, step__owner=Owner.EMPLOYEE)
    gone = set(own.order_by().values_list("assignee_id", flat=True)) - today.present
    if gone:
        end(actor, own.filter(assignee__in=gone), state=Task.State.WAIVED, why=LEFT)
    if cycle.head_id and cycle.head_id not in today.present:
        headless = Task.objects.filter(step__cycle=cycle, state=Task.State.OPEN, step__owner=Owner.HEAD)
        hand_over(actor, dict.fromkeys(headless.values_list("id", flat=True)))
