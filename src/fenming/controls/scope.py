"""Whose data a person may see, as data. `people` resolves it; every module's queries apply it once."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Everything, or the listed departments and the one employee; by default nothing at all."""

    everything: bool = False
    departments: frozenset[int] = frozenset()
    employee: int | None = None

    @classmethod
    def all(cls) -> Self:
        """For jobs and commands that work on behalf of the company."""
        return cls(everything=True)
