"""The policy is changed."""

from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import F

from fenming.controls.operations import Actor, record
from fenming.modules.accounts.models import Role
from fenming.modules.accounts.queries.policy import policy, roles_with_factor


def change_policy(values: Mapping[str, int], roles: Collection[int], *, actor: Actor) -> bool:
    """New settings, and the roles that demand a second factor. False where nothing is different."""
    with transaction.atomic():
        found = policy()
        before = {name: getattr(found, name) for name in values}
        demanded = set(roles_with_factor())
        changed = {name: value for name, value in values.items() if before[name] != value}
        if not changed and demanded == set(roles):
            return False
        for name, value in changed.items():
            setattr(found, name, value)
        found.save()
        _demand(set(roles), demanded)
        record(
            actor, "accounts.change_policy", "policy",
            before={name: before[name] for name in changed} | {"second_factor_roles": sorted(demanded)},
            after=changed | {"second_factor_roles": sorted(roles)},
        )  # fmt: skip
    return True


def _demand(wanted: set[int], demanded: set[int]) -> None:
    different = wanted ^ demanded
    Role.objects.filter(pk__in=different & wanted).update(second_factor=True, version=F("version") + 1)
    Role.objects.filter(pk__in=different & demanded).update(second_factor=False, version=F("version") + 1)
