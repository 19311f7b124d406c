"""Accounts: who signs in, and what they may do."""

from fenming.modules.accounts.models.roles import Grant, Role
from fenming.modules.accounts.models.signin import (
    Attempt,
    Link,
    PastPassword,
    Policy,
    RecoveryCode,
    SecondFactor,
    Session,
)
from fenming.modules.accounts.models.users import User

__all__ = [
    "Attempt", "Grant", "Link", "PastPassword", "Policy", "RecoveryCode", "Role", "SecondFactor", "Session", "User",
]  # fmt: skip
