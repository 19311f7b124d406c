"""What a row comes to, as data: what it will write, what a person reads of it, or why it is refused."""

from dataclasses import dataclass
from dataclasses import field as made
from datetime import date
from enum import StrEnum
from typing import Any

from fenming.modules.people.importing.company import Person
from fenming.modules.people.importing.reading import Row
from fenming.modules.people.importing.sentences import Problem


class Kind(StrEnum):
    """What a row comes to; of several the first of these."""

    REFUSED = "refused"
    NEW = "new"
    RETURNED = "returned"
    LEFT = "left"
    MOVED = "moved"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the importer chose: from when changes of post hold, or that the posts as they stand are put right."""

    from_day: date
    corrects: bool = False


@dataclass(slots=True)
class Planned:
    """What a row will do. ``writes`` is what is to be written, in plain values; ``changes`` what a person reads."""

    row: Row
    number: str
    name: str = ""
    kind: Kind = Kind.UNCHANGED
    person: Person | None = None
    changes: list[tuple[str, str, str]] = made(default_factory=list)
    writes: dict[str, Any] = made(default_factory=dict)
    needs: list[str] = made(default_factory=list)
    """Departments and posts that must be created first, as ``department:path`` and ``post:name``."""
    problem: Problem | None = None
    order: int = 0
    """How many managers of the same file stand above."""


class RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def refuse(code: str, field: str = "", value: object = "", **more: Any) -> RefusedError:
    return RefusedError(Problem(code, field, str(value)[:100], more))


def turn_down(one: Planned, problem: Problem) -> None:
    one.problem, one.kind = problem, Kind.REFUSED
    one.changes, one.writes = [], {}
