"""A result computed once more from its pins, or from its pins with one thing changed. Nothing is stored."""

from collections.abc import Mapping

from fenming.controls.models import Run
from fenming.library.text import refuse
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder
from fenming.modules.schemes.queries.pinned import inputs_of
from fenming.pipeline.compute import Result, compute
from fenming.pipeline.inputs import Inputs


def pinned_inputs(run: Run) -> Inputs:
    """The inputs that a run pinned; a refusal in words where their file is gone."""
    try:
        return inputs_of(run)
    except FileNotFoundError as error:
        raise refuse(
            f"“{run.label}”当时所用的数据文件已不在服务器上，请先从备份恢复 runs 文件夹。",
            f"The inputs of {run.label} are no longer on the server. Restore the folder “runs” from a backup first.",
        ) from error


def again(inputs: Inputs, facts: Mapping[str, int]) -> Result:
    """What comes out of inputs and the facts of these versions."""
    snapshot = lake_at(lake_folder()).pinned(facts)
    return compute(engine_at(lake_folder()), snapshot, inputs, library=False)
