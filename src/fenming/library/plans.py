"""The plan that Fenming brings for a performance cycle: its steps, who does each, and by which working day."""

from functools import cache
from typing import Literal, Self

from pydantic import model_validator

from fenming.library.files import load_folder
from fenming.library.text import Model, Words


class Step(Model):
    """One step; ``opens``, ``due`` and ``remind`` are working days."""

    kind: str
    owner: Literal["employee", "reviewer", "head", "hr"]
    from_start: bool = False
    opens: int
    due: int
    remind: int = 1
    enabled: bool = True

    @model_validator(mode="after")
    def opens_before_due(self) -> Self:
        if self.due < self.opens:
            raise ValueError("a step is due on the day it opens or later")
        return self


class Plan(Model):
    """How a cycle runs."""

    id: str
    name: Words
    rhythm: Literal["month", "quarter", "year"]
    appeal_days: int
    shows_rank: Literal["rank", "band", "none"]
    steps: tuple[Step, ...]


@cache
def plans() -> dict[str, Plan]:
    """The shipped plans by id."""
    return load_folder("plans", Plan)
