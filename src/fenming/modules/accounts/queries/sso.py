"""The providers, and whom they know."""

from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet

from fenming.modules.accounts.models import Identity, Provider, User


def open_providers() -> list[Provider]:
    """Those that the sign-in page offers."""
    return list(Provider.objects.filter(enabled=True).defer("secret"))


def open_provider(code: str) -> Provider | None:
    """One that is switched on."""
    return Provider.objects.filter(code=code, enabled=True).first()


def provider(code: str) -> Provider | None:
    """One of them, on or off."""
    return Provider.objects.filter(code=code).first()


def providers() -> "QuerySet[Provider]":
    """All, with how many people each knows, and when it was used last."""
    rows = Provider.objects.defer("secret").order_by("id")
    return rows.annotate(people=Count("identities"), used_at=Max("identities__used_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A provider, and what the person has linked there if anything."""

    provider: Provider
    identity: Identity | None


def ways_of(user: User) -> list[Way]:
    """The providers that are on or that know the person."""
    linked = {one.provider_id: one for one in Identity.objects.filter(user=user)}
    found = Provider.objects.defer("secret")
    return [Way(provider=one, identity=linked.get(one.pk)) for one in found if one.enabled or one.pk in linked]


def identity(provider: Provider, subject: str) -> Identity | None:
    """The account that a provider knows as ``subject``."""
    return Identity.objects.select_related("user__employee").filter(provider=provider, subject=subject).first()


def by_number(number: str) -> list[User]:
    """The account of an employee number."""
    return list(User.objects.filter(employee__number=number)) if number else []


def by_email(email: str) -> list[User]:
    """The accounts of an e-mail address as the personnel files have it: one's own settings prove nothing."""
    return list(User.objects.filter(employee__email__iexact=email)) if email else []


def users_by_number(numbers: list[str]) -> dict[str, User]:
    """Accounts by employee number."""
    found = User.objects.filter(employee__number__in=numbers).select_related("employee")
    return {one.employee.number: one for one in found if one.employee}
