"""Keep the result of a corrected period beside the closed one, which stands."""

from collections.abc import Mapping

from fenming.controls.models import Run
from fenming.controls.operations import Actor
from fenming.modules.hub.queries import runs_folder
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.operations import keep_inputs, store
from fenming.pipeline.compute import Result


def keep_correction(closed: Run, result: Result, facts: Mapping[str, int], *, actor: Actor) -> Run:
    """A run of its own that speaks for nobody, within the caller's transaction; so it is never seen half written."""
    ids = department_ids()
    run = Run.objects.create(
        kind=Run.Kind.ADJUST,
        label=closed.label,
        start=closed.start,
        end=closed.end,
        departments=sorted({ids[one.group] for one in result.inputs.people}),
        until=closed.until,
        facts=dict(facts),
        inputs=keep_inputs(result.inputs, runs_folder()),
        code=result.inputs.code,
        complete=True,
        created_by_id=actor.user,
    )
    store(run, result)
    return run
