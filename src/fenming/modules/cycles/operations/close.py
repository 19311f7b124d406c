"""Numbers of a cycle: scored while it runs, and closed at its end.

Closing stores one run of kind CLOSE in short commits. Broken off at any moment, it goes on with what is stored as long
as nothing that the run depends on has changed; see docs/algorithms/cycle.md.
"""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone

from fenming.controls.models import Run
from fenming.controls.operations import Actor, record
from fenming.controls.queries import closing_run
from fenming.lake.engine import DuckEngine
from fenming.modules.bonus.operations import settle
from fenming.modules.bonus.operations.adjusting import pay_out
from fenming.modules.cycles.models import Cycle, Step, StepKind
from fenming.modules.cycles.operations.reviews import flush_ratings
from fenming.modules.cycles.operations.steps import finish_archive
from fenming.modules.cycles.queries.agreed import agreed_in
from fenming.modules.cycles.queries.decisions import decisions_of
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
from fenming.modules.schemes.operations import Overtaken
from fenming.modules.schemes.queries import people_of
from fenming.rules.periods import Period

Told = Callable[[str, int, int], None]


class Stopped(Exception):  # noqa: N818 - somebody wished it
    """Somebody stopped the closing."""


def period_of(cycle: Cycle) -> Period:
    """The period of a cycle."""
    return Period(label=cycle.label, start=cycle.start, end=cycle.end)


def score(actor: Actor, number: int, *, told: Told | None = None) -> int | None:
    """Score the departments of a cycle under way as a new run that speaks for it; its number, or None without one.

    Of two that overlap, the one that began later counts, however long each takes: the other is `Overtaken`.
    """
    cycle = Cycle.objects.filter(pk=number, state=Cycle.State.OPEN).first()
    if cycle is None or not _scored(cycle):
        return None
    mine = _begin(number)

    def is_newest() -> bool:
        return Cycle.objects.filter(pk=number, scorings=mine).exists()

    def progress(what: str, done: int, of: int) -> None:
        if told:
            told(what, done, of)
        if not is_newest():
            raise Overtaken(str(cycle))

    _flush(actor, cycle)
    running = timezone.localdate() < cycle.end
    try:
        run = settle(
            engine_at(lake_folder()), lake_at(lake_folder()), period_of(cycle), folder=runs_folder(),
            kind=Run.Kind.LIVE, until=timezone.now() if running else None, departments=cycle.departments,
            decisions=decisions_of(cycle), goals=agreed_in(cycle), actor=actor, progress=progress,
            is_newest=is_newest,
        )  # fmt: skip
    except IntegrityError:  # the newer one is done already and has dropped what this one stored
        if is_newest():
            raise
        raise Overtaken(str(cycle)) from None
    Cycle.objects.filter(pk=number, scorings=mine, state=Cycle.State.OPEN).update(run=run)
    return run.pk


def _begin(number: int) -> int:
    """The number of a scoring that begins now, before it reads its inputs."""
    with transaction.atomic():
        scorings = Cycle.objects.select_for_update().values_list("scorings", flat=True).get(pk=number) + 1
        Cycle.objects.filter(pk=number).update(scorings=scorings)
    return scorings


def _flush(actor: Actor, cycle: Cycle) -> None:
    """The reviewers' levels are facts as soon as their step has ended; done again, it changes nothing."""
    if cycle.steps.filter(kind=StepKind.MANAGER_REVIEW, state=Step.State.DONE).exists():
        flush_ratings(actor, cycle)


def _scored(cycle: Cycle) -> bool:
    """Whether anybody in its departments works under a scheme; goals and reviews do without one."""
    return bool(people_of(period_of(cycle), cycle.departments)[1])


def close(actor: Actor, number: int, work: int | None, *, told: Told | None = None) -> int | None:
    """Close the period of a cycle for its departments; the run that stands, None where nobody is scored.

    ``work`` is the work that does it: once the cycle names another one or none, it has been stopped. Begun again after
    it was killed, it stores only what is missing; done, it changes nothing.
    """
    cycle = Cycle.objects.filter(pk=number).first()
    if cycle is None or cycle.state != Cycle.State.OPEN:
        return cycle.run_id if cycle else None
    _check(number, work)
    run = closing_run(cycle.departments, cycle.start, cycle.end)
    if run is None and _scored(cycle):
        run = _settle(actor, cycle, work, told)
    with transaction.atomic():
        _check(number, work)
        _keep(actor, cycle, run)
    return run.pk if run else None


def _settle(actor: Actor, cycle: Cycle, work: int | None, told: Told | None) -> Run:
    """On one thread of the engine: people go on working with the site."""

    def progress(what: str, done: int, of: int) -> None:
        _check(cycle.pk, work)
        if told:
            told(what, done, of)

    _flush(actor, cycle)
    engine = DuckEngine([lake_folder()], threads=1)
    try:
        return settle(
            engine, lake_at(lake_folder()), period_of(cycle), folder=runs_folder(), kind=Run.Kind.CLOSE,
            departments=cycle.departments, decisions=decisions_of(cycle), goals=agreed_in(cycle), actor=actor,
            progress=progress, continues=True,
        )  # fmt: skip
    finally:
        engine.close()


def _check(number: int, work: int | None) -> None:
    if not Cycle.objects.filter(pk=number, work=work, state=Cycle.State.OPEN).exists():
        raise Stopped


def _keep(actor: Actor, cycle: Cycle, run: Run | None) -> None:
    now = timezone.now()
    Cycle.objects.filter(pk=cycle.pk).update(
        state=Cycle.State.CLOSED, run=run or cycle.run_id, closed_at=now, version=cycle.version + 1
    )
    paid = pay_out(actor, run) if run else 0
    record(actor, "cycles.close", cycle, after={"run": run.pk if run else None, "adjustments": paid})
    finish_archive(actor, cycle)


def stop_close(actor: Actor, cycle: Cycle) -> bool:
    """Stop the closing of a cycle; what is stored is taken up when it is begun again. False where none was going on."""
    if closing_run(cycle.departments, cycle.start, cycle.end):
        return False  # the results stand already: only the end of it is left
    with transaction.atomic():
        going = Cycle.objects.filter(pk=cycle.pk, state=Cycle.State.OPEN, work__isnull=False)
        if not going.update(work=None):
            return False
        record(actor, "cycles.stop_close", cycle)
        return True
