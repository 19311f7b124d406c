"""Whether anybody has an account at all."""

from fenming.modules.accounts.models import User


def any_account() -> bool:
    """False on an installation that nobody has begun to use."""
    return User.objects.order_by().exists()


def taken_names(names: list[str]) -> set[str]:
    """Those of the sign-in names that some account has, whatever the case of their letters."""
    wanted = {one.casefold() for one in names}
    return {one for one in User.objects.values_list("username", flat=True) if one.casefold() in wanted}
