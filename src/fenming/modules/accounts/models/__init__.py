"""Accounts: who signs in, and what they may do."""

from fenming.modules.accounts.models.roles import Grant, Role
from fenming.modules.accounts.models.users import User

__all__ = ["Grant", "Role", "User"]
