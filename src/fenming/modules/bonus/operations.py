"""Score a period and share out its pools, as one run."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from fenming.controls.models import Run
from fenming.controls.operations import SYSTEM, Actor, record
from fenming.lake.engine import Engine
from fenming.lake.measure import Progress
from fenming.lake.tables import Lake
from fenming.modules.bonus.models import Allotment, Amount, Pool
from fenming.modules.bonus.queries import pools
from fenming.modules.people.queries.records import department_ids, employee_ids
from fenming.modules.schemes.operations import complete, score_period, told
from fenming.pipeline.compute import Result
from fenming.rules.periods import Period

BATCH = 2000


def set_pool(department: int, start: date, end: date, amount: Decimal, *, actor: Actor = SYSTEM) -> Pool:
    """The bonus of a department for a period; setting it again replaces it for later runs."""
    with transaction.atomic():
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
    actor: Actor = SYSTEM,
    progress: Progress | None = None,
) -> Run:
    """Score everybody, divide the pools, store all of it; readers see the run when the last of it is written."""
    run, result = score_period(
        engine,
        lake,
        period,
        folder=folder,
        kind=kind,
        until=until,
        pools=pools(period.start, period.end),
        actor=actor,
        progress=progress,
    )
    _store(run, result)
    complete(run, actor=actor)
    return run


def _store(run: Run, result: Result) -> None:
    employees = employee_ids()
    departments = department_ids()
    with transaction.atomic():
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
