"""Plans are saved whole: what does not fit together is refused in words, and the second of two editors is told."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from django.db import IntegrityError, transaction

from fenming.controls.operations import Actor, record
from fenming.library.text import Refusal, Words
from fenming.modules.cycles.models import Owner, Plan, PlanStep, StepKind
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.tasks import WHAT
from fenming.modules.cycles.queries.plans import OWNERS, Planned, PlannedStep, dates, plans
from fenming.modules.people.queries.calendar import WorkingDays
from fenming.rules.periods import Period, parse

FARTHEST = 250
"""Working days; a year has about as many."""
_TYPICAL = {"month": parse("2026-04"), "quarter": parse("2026-Q2"), "year": parse("2026")}
"""Periods by which days counted from the start and from the end are compared."""


def problems(plan: Planned) -> Iterator[tuple[str, Words]]:
    """What does not fit together: the step it is about, and what to do."""
    taken = list(plan.taken())
    if not any(one.kind == StepKind.ARCHIVE for one in taken):
        yield StepKind.ARCHIVE, Words(zh="归档环节不能停用。", en="A cycle is always archived in the end.")
    for one in taken:
        yield from _alone(one)
    yield from _order(taken, _TYPICAL[plan.rhythm])
    yield from _time_to_appeal(plan)


def _alone(one: PlannedStep) -> Iterator[tuple[str, Words]]:
    if one.due_after < one.opens_after:
        yield (
            one.kind,
            Words(
                zh=f"截止日（第 {one.due_after} 个工作日）早于开始日（第 {one.opens_after} 个工作日）。",
                en=f"It is due on working day {one.due_after}, before it opens on {one.opens_after}.",
            ),
        )
    if not -FARTHEST <= min(one.opens_after, one.due_after) <= max(one.opens_after, one.due_after) <= FARTHEST:
        yield one.kind, Words(zh=f"请填写 ±{FARTHEST} 以内的工作日。", en=f"Give days within ±{FARTHEST}.")
    if one.owner not in OWNERS[StepKind(one.kind)]:
        owner = Owner(one.owner)
        yield one.kind, Words(zh="这一环节不能由所选角色完成。", en=f"This step cannot be done by: {owner.value}.")


def _order(taken: list[PlannedStep], typical: Period) -> Iterator[tuple[str, Words]]:
    """No step may be due before the one ahead of it."""
    ahead: tuple[PlannedStep, date] | None = None
    for one, _, due in dates(taken, typical, WorkingDays({})):
        if ahead and due < ahead[1]:
            before = WHAT[StepKind(ahead[0].kind)]
            yield (
                one.kind,
                Words(
                    zh=f"截止日早于上一环节“{before.zh}”，请推后或调整上一环节。",
                    en=f"It is due before the step ahead of it, “{before.en}”. Give a later day.",
                ),
            )
        ahead = one, due


def _time_to_appeal(plan: Planned) -> Iterator[tuple[str, Words]]:
    steps = {one.kind: one for one in plan.taken()}
    letter, confirm = steps.get(StepKind.LETTER), steps.get(StepKind.CONFIRM)
    if letter and confirm and letter.from_start == confirm.from_start:
        left = confirm.due_after - letter.due_after
        if left < plan.appeal_days:
            yield (
                confirm.kind,
                Words(
                    zh=f"结果发布后只留 {left} 个工作日，少于申诉期 {plan.appeal_days} 个工作日。",
                    en=f"{left} working days after the letter are fewer than the {plan.appeal_days} to appeal.",
                ),
            )


def save_plan(actor: Actor, plan: Planned) -> Plan:
    """Keep a department's plan, or the company's; ``plan.version`` is that of the plan when the form was opened."""
    for kind, words in problems(plan):
        what = WHAT[StepKind(kind)]
        raise Refusal(Words(zh=f"“{what.zh}”：{words.zh}", en=f"“{what.en}”: {words.en}"))
    try:
        with transaction.atomic():
            return _save(actor, plan)
    except IntegrityError as error:
        raise Stale from error


def _save(actor: Actor, plan: Planned) -> Plan:
    row = Plan.objects.select_for_update().filter(department=plan.department).first()
    if (row.version if row else 0) != plan.version:
        raise Stale
    before = plans().get(plan.department)
    row = row or Plan(department_id=plan.department)
    row.rhythm, row.head_id, row.appeal_days = plan.rhythm, plan.head, plan.appeal_days
    row.shows_rank, row.opens_itself, row.version = plan.shows_rank, plan.opens_itself, plan.version + 1
    row.save()
    row.steps.all().delete()
    PlanStep.objects.bulk_create([PlanStep(plan=row, **asdict(one)) for one in plan.steps])
    record(
        actor, "cycles.save_plan", row, before=told(before) if before else None, after=told(plan)
    )  # fmt: skip
    return row


def told(plan: Planned) -> dict[str, object]:
    """A plan as the log keeps it."""
    days = {one.kind: f"{one.owner} {one.opens_after}–{one.due_after}" for one in plan.taken()}
    return {
        "rhythm": plan.rhythm, "head": plan.head, "appeal_days": plan.appeal_days, "shows_rank": plan.shows_rank,
        "opens_itself": plan.opens_itself, **days,
    }  # fmt: skip


def drop_plan(actor: Actor, department: int) -> None:
    """Let a department follow the plan above it again; cycles under way keep their steps."""
    with transaction.atomic():
        row = Plan.objects.filter(department=department).first()
        if row is not None:
            record(actor, "cycles.drop_plan", row, before=told(plans()[department]))
            row.delete()
