"""Score a period and share out its pools, as one run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from fenming.controls.models import Run
from fenming.controls.operations import SYSTEM, Actor, record
from fenming.controls.queries import closed_departments
from fenming.lake.engine import Engine
from fenming.lake.measure import Progress
from fenming.lake.tables import Lake
from fenming.library.text import refuse
from fenming.modules.bonus.models import Allotment, Amount, Pool
from fenming.modules.bonus.queries import pools
from fenming.modules.people.queries.records import department_ids, employee_ids
from fenming.modules.schemes.operations import complete, score_period, told
from fenming.modules.schemes.queries.targets import Goals
from fenming.pipeline.compute import Result
from fenming.rules.decisions import Decision
from fenming.rules.periods import Period

BATCH = 2000


class PoolsMoved(Exception):  # noqa: N818 - nobody did wrong; the work is tried again
    """Somebody has set a pool while the period was being closed."""


def set_pool(department: int, start: date, end: date, amount: Decimal, *, actor: Actor = SYSTEM) -> Pool:
    """The bonus of a department for a period; setting it again replaces it for later runs."""
    with transaction.atomic():
        if department in closed_departments(start, end):
            raise refuse(
                "该部门本周期已经归档，奖金池不再改变；需要补发时请用次期调整。",
                "The period is closed for this department and its pool stands. Make differences good by adjustments.",
            )
        before = (
            Pool.objects.filter(department_id=department, start=start, end=end).values_list("amount", flat=True).first()
        )
        pool, _ = Pool.objects.update_or_create(
            department_id=department, start=start, end=end, defaults={"amount": amount}
        )
        record(actor, "bonus.set_pool", pool, before={"amount": before}, after={"amount": amount})
    return pool


def settle(
    engine: Engine,
    lake: Lake,
    period: Period,
    *,
    folder: Path,
    kind: str = Run.Kind.LIVE,
    until: datetime | None = None,
    departments: Collection[int] | None = None,
    decisions: Mapping[str, Sequence[Decision]] | None = None,
    actor: Actor = SYSTEM,
    progress: Progress | None = None,
    continues: bool = False,
    is_newest: Callable[[], bool] | None = None,
    goals: Goals | None = None,
) -> Run:
    """Score everybody, divide the pools, store all of it; readers see the run when the last of it is written.

    ``departments``, ``decisions``, ``continues`` and ``goals`` are as in `schemes.operations.score_period`,
    ``is_newest`` as in `schemes.operations.complete`.
    """
    run, result = score_period(
        engine,
        lake,
        period,
        folder=folder,
        kind=kind,
        until=until,
        pools=pools(period.start, period.end),
        departments=departments,
        decisions=decisions,
        actor=actor,
        progress=progress,
        continues=continues,
        goals=goals,
    )
    store_bonuses(run, result)
    if kind != Run.Kind.CLOSE:
        complete(run, actor=actor, is_newest=is_newest)
        return run
    with transaction.atomic():
        _check_pools(result)
        complete(run, actor=actor, is_newest=is_newest)
    return run


def _check_pools(result: Result) -> None:
    """What stands for ever was divided from the pools as they are; they cannot change beside it."""
    start, end = result.inputs.start, result.inputs.end
    list(Pool.objects.select_for_update().filter(start=start, end=end).order_by("id").values_list("id", flat=True))
    now = pools(start, end)
    if any(now.get(group) != result.inputs.pools.get(group) for group in {one.group for one in result.inputs.people}):
        raise PoolsMoved


def store_bonuses(run: Run, result: Result) -> None:
    """How the pools of a run were divided, and what each person received."""
    employees = employee_ids()
    departments = department_ids()
    with transaction.atomic():
        Allotment.objects.filter(run=run).delete()
        kept = {
            group: Allotment.objects.create(
                run=run,
                department_id=departments[group],
                pool=pool,
                fund=divided.fund,
                undistributed=divided.undistributed,
                owner=divided.undistributed_owner,
            )
            for group, (pool, divided) in result.pools.items()
        }
        Amount.objects.bulk_create(
            [
                Amount(
                    allotment=kept[card.participant.group],
                    employee_id=employees[card.person],
                    amount=card.bonus.amount,
                    because=told(card.bonus.because),
                )
                for card in result.cards
                if card.bonus is not None
            ],
            batch_size=BATCH,
        )
