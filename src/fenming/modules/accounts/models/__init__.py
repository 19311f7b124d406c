"""Accounts: who signs in, what they may do, and the keys that act for them."""

from fenming.modules.accounts.models.keys import ApiKey, KeptAnswer
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
from fenming.modules.accounts.models.sso import Departure, Identity, Provider
from fenming.modules.accounts.models.users import User

__all__ = [
    "ApiKey", "Attempt", "Departure", "Grant", "Identity", "KeptAnswer", "Link", "PastPassword", "Policy", "Provider",
    "RecoveryCode", "Role",
    "SecondFactor", "Session", "User",
]  # fmt: skip
