"""Whether anybody has an account at all."""

from collections.abc import Collection

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q

from fenming.modules.accounts.models import User


def any_account() -> bool:
    """False on an installation that nobody has begun to use."""
    return User.objects.order_by().exists()


def waiting_officers() -> list[User]:
    """Accounts that belong to no employee and have not set a password yet, with what they administer."""
    without = Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return list(User.objects.filter(without, employee=None, is_active=True).prefetch_related("grants__role"))


def accounts_of(employees: Collection[int]) -> dict[int, User]:
    """The accounts of employees, by employee."""
    return {one.employee_id: one for one in User.objects.filter(employee__in=employees) if one.employee_id}
