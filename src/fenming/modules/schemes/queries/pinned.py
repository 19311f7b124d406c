"""What a run pinned: its schemes, people, roster and tags, read once a process."""

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from fenming.controls.models import Run
from fenming.library.indicators import Indicator
from fenming.library.schemes import Scheme
from fenming.modules.hub.queries import runs_folder
from fenming.pipeline.inputs import Inputs, Person
from fenming.rules.periods import Period
from fenming.rules.weights import Season, Weights, in_force, planned


def inputs_of(run: Run) -> Inputs:
    """The inputs of a run; they never change, so they are kept in memory."""
    return _kept(run.inputs, runs_folder())


@lru_cache(maxsize=16)
def _kept(digest: str, folder: Path) -> Inputs:
    return kept_inputs(Run(inputs=digest), folder)


def kept_inputs(run: Run, folder: Path) -> Inputs:
    """The inputs that a run pinned."""
    return Inputs.model_validate_json((folder / f"{run.inputs}.json").read_text(encoding="utf-8"))


def scheme_of(inputs: Inputs, identifier: str) -> Scheme:
    """The version of a scheme that the run used."""
    return {one.id: one for one in inputs.schemes}[identifier]


def person_of(inputs: Inputs, number: str) -> Person:
    """Somebody as the run saw him or her."""
    return next((one for one in inputs.people if one.person == number), Person(person=number))


def definitions_of(run: Run) -> dict[str, Indicator]:
    """Every indicator that the run's schemes read."""
    return inputs_of(run).definitions()


def span_of(run: Run) -> Period:
    """The days that the run scored."""
    return Period(label=run.label, start=run.start, end=run.end)


def weights_of(run: Run, scheme: Scheme) -> Weights:
    """The weights with which the run scored: a season counts when it holds on the period's middle day."""
    return in_force(planned(item.rule for item in scheme.items), scheme.seasons, middle(run))


def season_of(run: Run, scheme: Scheme) -> Season | None:
    """The season in force in the run."""
    return weights_of(run, scheme).season


def middle(run: Run) -> date:
    """The period's middle day, on which the season is judged."""
    return run.start + timedelta(days=(run.end - run.start).days // 2)
