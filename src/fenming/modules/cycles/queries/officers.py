"""Who in HR looks after a department's cycles: what belongs to nobody in particular is told to them."""

from collections.abc import Collection

from fenming.modules.accounts.queries.accounts import users_at
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.accounts.queries.roles import keepers

MANAGE = "cycles.manage"


def officers(department: int, permission: str = MANAGE) -> set[int]:
    """The accounts that may manage the cycles of a department, or have another permission there."""
    return officers_of([department], permission)[department]


def officers_of(departments: Collection[int], permission: str = MANAGE) -> dict[int, set[int]]:
    """The same for several departments: a query or two for each account of HR's."""
    found: dict[int, set[int]] = {one: set() for one in departments}
    for user in users_at(keepers(permission)):
        scope = powers_of(user).scope(permission)
        for one in departments:
            if scope.everything or one in scope.departments:
                found[one].add(user.pk)
    return found
