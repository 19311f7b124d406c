"""What the company asks of passwords and sessions."""

from fenming.modules.accounts.models import Policy, Role


def policy() -> Policy:
    """The policy in force; the defaults, where nobody has changed anything."""
    return Policy.objects.first() or Policy(id=1)


def default(name: str) -> int:
    """What a setting is until somebody changes it."""
    return int(getattr(Policy(), name))


def roles_with_factor() -> list[int]:
    """The roles that demand a second factor."""
    return list(Role.objects.filter(second_factor=True).values_list("id", flat=True))
