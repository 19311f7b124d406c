"""What an account may do, and whose data it may see, as data.

`accounts` resolves both for a person; the query of every module applies the scope, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Everything, or the union of what is listed, by ids; by default nothing at all.

    Where somebody works, and for whom, is read as of ``day``.
    """

    everything: bool = False
    departments: frozenset[int] = frozenset()
    stores: frozenset[int] = frozenset()
    managers: frozenset[int] = frozenset()
    """Employees whose direct reports are seen."""
    employees: frozenset[int] = frozenset()
    day: date | None = None

    @classmethod
    def all(cls) -> Self:
        """For jobs and commands that work on behalf of the company."""
        return cls(everything=True)

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(
            everything=self.everything or other.everything,
            departments=self.departments | other.departments,
            stores=self.stores | other.stores,
            managers=self.managers | other.managers,
            employees=self.employees | other.employees,
            day=self.day or other.day,
        )

    def holds(self, other: "Scope") -> bool:
        """Whether everybody whom another scope reaches is reached by this one too."""
        if self.everything or other.everything:
            return self.everything
        return (
            other.departments <= self.departments
            and other.stores <= self.stores
            and other.managers <= self.managers
            and other.employees <= self.employees
        )

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.departments or self.stores or self.managers or self.employees)


NOTHING = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """The permissions of an account, each with its own scope."""

    scopes: Mapping[str, Scope] = field(default_factory=dict)

    def may(self, *permissions: str) -> bool:
        """Whether the account has one of the permissions."""
        return any(one in self.scopes for one in permissions)

    def scope(self, *permissions: str) -> Scope:
        """Whose data the account reaches by any of the permissions; without one of them, nobody's."""
        return reduce(or_, (self.scopes[one] for one in permissions if one in self.scopes), NOTHING)
