"""Corrections of closed periods: a run beside the closed one, and the difference, which the company bears.

The rules in prose: docs/algorithms/adjustments.md.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator

from fenming.controls.models import Run
from fenming.controls.operations import Actor, record
from fenming.library.text import refuse
from fenming.modules.bonus.models import Adjustment
from fenming.modules.bonus.operations import store_bonuses
from fenming.modules.bonus.queries.adjustments import HOLDS, OPEN, Standing, late_source, standing
from fenming.modules.bonus.queries.corrected import Correction, both, differences
from fenming.modules.people.queries.records import department_ids, employee_ids
from fenming.modules.schemes.operations.correcting import keep_correction
from fenming.modules.schemes.queries.again import pinned_inputs
from fenming.pipeline.compute import Result
from fenming.rules.decisions import Decision

ATTEMPTS = 3
BEARER = "company"
LONGEST_REASON = 300
LONGEST_SOURCE = 60


def correct(
    actor: Actor, closed_run: Run, decisions: Mapping[str, Sequence[Decision]], *, reason: str, source: str
) -> Run:
    """Compute a closed period once more with further decisions, and note the difference for those whom they are about.

    ``decisions`` go by employee number and stand behind those that the closed run and earlier corrections have. Nobody
    else's result or bonus changes. ``source`` names what it comes from ("appeal:7"): asked twice, the first stands.
    """
    _check(closed_run, decisions, reason, source)
    done = Adjustment.objects.filter(HOLDS, of=closed_run, source=source).select_related("run").first()
    if done is not None:
        return done.run
    before = standing(closed_run, decisions)
    facts = [before[number].facts if number in before else closed_run.facts for number in decisions]
    if any(one != facts[0] for one in facts):
        raise refuse(
            "这些人此前的更正依据不同的数据，请逐人更正。",
            "Earlier corrections of these people rest on different facts. Correct them one by one.",
        )
    wanted = Correction(closed=closed_run, added=decisions, facts=facts[0], reason=reason, source=source)
    return _correct(actor, wanted)


def make_good(
    actor: Actor, closed_run: Run, numbers: Collection[str], facts: Mapping[str, int], *, reason: str
) -> list[Run]:
    """Turn what later facts change into adjustments for these people; once for each person and state of the facts.

    ``facts`` are the versions that the list of differences was made from, so that what was seen is what is paid.
    """
    source = late_source(facts)
    _check(closed_run, numbers, reason, source)
    made = Adjustment.objects.filter(HOLDS, of=closed_run, source=source)
    done = set(made.values_list("employee__number", flat=True))
    left = [number for number in dict.fromkeys(numbers) if number not in done]
    before = standing(closed_run, left)
    together = [number for number in left if number not in before]
    parts = [*([together] if together else []), *([number] for number in left if number in before)]
    return [
        _correct(
            actor,
            Correction(closed=closed_run, added=dict.fromkeys(part, ()), facts=facts, reason=reason, source=source),
        )
        for part in parts
    ]


def pay_out(actor: Actor, run: Run) -> int:
    """Note that a closing run pays what is open for the people in it; how many adjustments that were."""
    with transaction.atomic():
        due = Adjustment.objects.filter(OPEN, employee__scorecards__run=run).exclude(of=run)
        rows = list(due.select_for_update(of=("self",)).values_list("pk", "employee__number", "amount"))
        Adjustment.objects.filter(pk__in=[pk for pk, _, _ in rows]).update(settled_in=run)
        if rows:
            paid = [f"{number} {amount}" for _, number, amount in rows]
            record(actor, "bonus.pay_adjustments", run, after={"adjustments": paid})
    return len(rows)


def pay_apart(actor: Actor, adjustment: Adjustment, *, reason: str) -> None:
    """Note that an open adjustment is paid outside of a close, as with the last wage of who leaves."""
    _end(actor, adjustment, Adjustment.End.APART, reason)


def undo(actor: Actor, adjustment: Adjustment, *, reason: str) -> None:
    """Take back an open adjustment on which no later one stands. That of an appeal follows its decision and stays."""
    if not adjustment.can_be_undone:
        raise refuse(
            "这笔调整来自申诉裁决，裁决已答复申诉人，不能撤销。",
            "It follows the decision of an appeal, which has been answered. It cannot be undone.",
        )
    _end(actor, adjustment, Adjustment.End.UNDONE, reason)


def _end(actor: Actor, adjustment: Adjustment, end: Adjustment.End, reason: str) -> None:
    """The closed run is locked, as corrections do: none is made upon what is just being undone."""
    if not reason.strip():
        raise refuse("请写明原因。", "Say why.")
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=adjustment.of_id)
        now = Adjustment.objects.select_for_update().get(pk=adjustment.pk)
        if now.ended == end:
            return
        if now.settled_in_id or now.ended:
            raise refuse("这笔调整已经支付或撤销。", "This adjustment has been paid or undone already.")
        later = Adjustment.objects.filter(HOLDS, of=now.of_id, employee=now.employee_id, pk__gt=now.pk)
        if end == Adjustment.End.UNDONE and later.exists():
            raise refuse(
                "此人在该周期还有更晚的调整，请先撤销更晚的那一笔。",
                "A later adjustment of this person stands upon it. Undo that one first.",
            )
        now.ended, now.ended_at, now.ended_by_id = end, timezone.now(), actor.user
        now.ended_why = Truncator(reason.strip()).chars(LONGEST_REASON)
        now.save(update_fields=["ended", "ended_at", "ended_by", "ended_why"])
        after = {"ended": end, "reason": now.ended_why, "amount": now.amount, "run": now.run_id}
        record(actor, "bonus.end_adjustment", f"adjustment {now.pk}", before={"ended": ""}, after=after)


def _check(closed: Run, people: Collection[str], reason: str, source: str) -> None:
    if closed.kind != Run.Kind.CLOSE or not closed.complete:
        raise refuse(
            f"“{closed.label}”尚未归档，直接在当期更正即可，无需次期调整。",
            f"{closed.label} is not closed yet: correct it in the period itself, without an adjustment.",
        )
    if not reason.strip() or not 0 < len(source) <= LONGEST_SOURCE:
        raise refuse("请写明更正的理由。", "Say why this is corrected.")
    if not people:
        raise refuse("请至少选择一个人。", "Choose at least one person.")
    known = {one.person for one in pinned_inputs(closed).people}
    if strangers := sorted(set(people) - known):
        raise refuse(
            f"“{closed.label}”的归档结果里没有：{'、'.join(strangers)}。",
            f"The closed result of {closed.label} does not have: {', '.join(strangers)}.",
        )


def _correct(actor: Actor, wanted: Correction) -> Run:
    """Compute outside the transaction; inside it see that nobody else corrected the same people meanwhile."""
    for _ in range(ATTEMPTS):
        before = standing(wanted.closed, wanted.added)
        was, now = both(wanted, before)
        with transaction.atomic():
            Run.objects.select_for_update().get(pk=wanted.closed.pk)
            done = Adjustment.objects.filter(
                HOLDS, of=wanted.closed, source=wanted.source, employee__number__in=list(wanted.added)
            )
            held = {row.employee.number: row.run for row in done.select_related("employee", "run")}
            left = {number: some for number, some in wanted.added.items() if number not in held}
            if not left:
                return next(iter(held.values()))
            if held:
                wanted = replace(wanted, added=left)
            elif standing(wanted.closed, wanted.added) == before:
                return _keep(actor, wanted, before, was, now)
    raise refuse(
        "正好有别人在更正同一个人的结果，请稍后再试。", "Somebody else corrects the same result just now. Try again."
    )


def _keep(actor: Actor, wanted: Correction, before: Mapping[str, Standing], was: Result, now: Result) -> Run:
    ids, departments = employee_ids(), department_ids()
    groups = {one.person: one.group for one in now.inputs.people}
    amounts = differences(wanted, before, was, now)
    run = keep_correction(wanted.closed, now, wanted.facts, actor=actor)
    store_bonuses(run, now)
    Adjustment.objects.bulk_create(
        [
            Adjustment(
                run=run,
                of=wanted.closed,
                employee_id=ids[number],
                department_id=departments[groups[number]],
                amount=amount,
                reason=Truncator(wanted.reason).chars(LONGEST_REASON),
                source=wanted.source,
            )
            for number, amount in amounts.items()
        ]
    )
    told = [f"{number} {amount}" for number, amount in amounts.items()]
    after = {"of": str(wanted.closed), "source": wanted.source, "reason": wanted.reason, "borne_by": BEARER}
    record(actor, "bonus.correct", run, after=after | {"adjustments": told})
    return run
