"""Roles with their holders, and the grants of an account."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from fenming.controls.permissions import Office, offices
from fenming.controls.validity import during, on
from fenming.modules.accounts.models import Grant, Role, User


def roles_with_holders() -> QuerySet[Role]:
    """Every role, with the number of accounts that hold it today by a grant."""
    return Role.objects.annotate(
        holders=Count(
            "grants__user", distinct=True, filter=on(timezone.localdate(), "grants__") & Q(grants__user__is_active=True)
        )
    )


def role_at(code: str) -> Role | None:
    """A role by its code."""
    return Role.objects.filter(code=code).first()


def account_at(pk: int) -> User | None:
    """An account by its id; for those who may edit grants, which is company-wide."""
    return User.objects.filter(pk=pk).first()


def grants_of(user: int) -> QuerySet[Grant]:
    """The grants of an account, past and future ones too, the newest first."""
    return Grant.objects.filter(user=user).select_related("role", "author", "signed_by").order_by("-valid_from", "-id")


def combined(user: int, permissions: Iterable[str], start: date, end: date | None, *, without: int = 0) -> set[Office]:
    """The administrations that an account would hold at once, if it had the permissions from a day up to another."""
    held = Grant.objects.filter(during(start, end or date.max), user=user).exclude(role=without)
    together = set(permissions).union(*held.values_list("role__permissions", flat=True))
    return offices(together)


def combining() -> list[User]:
    """The accounts that hold more than one administration today; somebody signed for each of them."""
    held: dict[User, set[str]] = {}
    for grant in Grant.objects.filter(on(timezone.localdate()), user__is_active=True).select_related("user", "role"):
        held.setdefault(grant.user, set()).update(grant.role.permissions)
    return [user for user, permissions in held.items() if len(offices(permissions)) > 1]


def is_held(role: Role, user: int) -> bool:
    """Whether an account holds a role by a grant, or will."""
    return Grant.objects.filter(not_over(timezone.localdate()), role=role, user=user).exists()


def not_over(day: date) -> Q:
    """Grants that are valid on a day or later."""
    return Q(valid_to=None) | Q(valid_to__gt=day)


def keepers(permission: str, day: date | None = None) -> set[int]:
    """The active accounts that hold a permission on a day, by default today, by a grant."""
    rows = Grant.objects.filter(on(day or timezone.localdate()), user__is_active=True).values_list(
        "user_id", "role__permissions"
    )
    return {user for user, permissions in rows if permission in permissions}
