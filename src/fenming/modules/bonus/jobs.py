"""Background work: trials of schemes, and what facts that came late would change."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Working, job
from fenming.controls.models import Run, Work
from fenming.controls.operations import Actor, record
from fenming.library.text import Refusal
from fenming.modules.bonus.models import LateCheck, Trial
from fenming.modules.bonus.operations import trying
from fenming.modules.bonus.operations.trying import Variant
from fenming.modules.bonus.queries.late import corrections, found_late
from fenming.modules.hub.queries import lake_at, lake_folder
from fenming.rules.periods import Period


def begin(
    actor: Actor, department: int, variants: Sequence[Variant], periods: Sequence[Period], *, key: str = ""
) -> Trial:
    """Keep a trial and let it be computed."""
    with transaction.atomic():
        trial = trying.ask(actor, department, variants, periods, key=key)
        if trial.work is None:
            trial.work = try_out.later(by=actor.user, number=trial.pk).pk
            trial.save(update_fields=["work"])
    return trial


@job(name=_("Try out a scheme"))
def try_out(work: Working, number: int) -> dict[str, Any]:
    """Compute the periods of a trial; begun again, it goes on with the next one."""
    return {"periods": trying.go_on(number, lambda done, of: work.progress(done, of, _("Computing the periods")))}


def look_for_late(actor: Actor, closed: Run) -> LateCheck:
    """Have it found out what later facts would change of a closed run; what is being found is not begun again."""
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=closed.pk)
        check, _new = LateCheck.objects.get_or_create(run=closed)
        busy = Work.objects.filter(pk=check.work or 0, state__in=(Work.State.QUEUED, Work.State.RUNNING))
        if not busy.exists():
            check.work = find_late.later(by=actor.user, name=closed.label, run=closed.pk).pk
            check.save(update_fields=["work"])
            record(actor, "bonus.look_for_late", closed, after={"work": check.work})
    return check


@job(tries=3, name=_("Look for late facts"))
def find_late(work: Working, run: int) -> dict[str, Any]:
    """Compute a closed run upon the facts of now, and keep what would be different."""
    closed = Run.objects.get(pk=run)
    now, stood = lake_at(lake_folder()).snapshot(), corrections(closed)
    found: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    try:
        found = found_late(closed, now, lambda done, of: work.progress(done, of, _("Computing the closed period")))
    except Refusal as refused:
        error = refused.words.model_dump()
    kept = {"facts": dict(now.versions), "corrections": stood, "found": found, "error": error}
    LateCheck.objects.update_or_create(run=closed, defaults=kept)
    return {"people": len(found["rows"]) if found else 0}
