"""Accounts as those see them who look after them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import BooleanField, Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.permissions import offices
from fenming.controls.scope import Scope
from fenming.controls.validity import on
from fenming.modules.accounts.models import Attempt, Grant, Link, Role, User
from fenming.modules.accounts.queries.powers import Listed
from fenming.modules.accounts.queries.roles import not_over
from fenming.modules.accounts.queries.sessions import confirmed, digest
from fenming.modules.people.queries.reach import people_in, places_in, visible_employees
from fenming.modules.people.queries.seats import departments_by_person, present, present_in

STATES = {
    "active": _("Active"),
    "invited": _("Invited"),
    "locked": _("Locked"),
    "suspended": _("Suspended"),
    "left": _("Left"),
}
TONES = {"active": "brand", "invited": "blue", "locked": "amber", "suspended": "slate", "left": "slate"}
ORDERS = ("username", "-username", "last_login", "-last_login", "name", "-name")


def by_name(name: str) -> User | None:
    """The account of a sign-in name, in whatever case it was typed."""
    found = list(User.objects.filter(username__iexact=name)[:20])
    exact = [one for one in found if one.username == name]
    return exact[0] if exact else found[0] if len(found) == 1 else None


def visible_accounts(scope: Scope) -> QuerySet[User]:
    """The accounts whose people a scope reaches; those of nobody belong to the whole company."""
    return User.objects.filter(people_in(scope, "employee"))


def with_state(rows: QuerySet[User]) -> QuerySet[Any]:
    """Each account with ``state``, and whether it has a second factor."""
    now = timezone.now()
    return rows.annotate(
        state=Case(
            When(is_active=False, employee__left__lte=timezone.localdate(), then=Value("left")),
            When(is_active=False, then=Value("suspended")),
            When(locked_until__gt=now, then=Value("locked")),
            When(Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX), then=Value("invited")),
            default=Value("active"),
            output_field=CharField(),
        ),
        has_factor=Exists(confirmed("pk"), output_field=BooleanField()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which accounts are looked for, and in which order."""

    text: str = ""
    state: str = ""
    role: int | None = None
    order: str = "username"


def accounts(scope: Scope, wanted: Wanted) -> QuerySet[Any]:
    """The accounts that a scope reaches, searched, filtered, ordered."""
    rows = with_state(visible_accounts(scope))
    if text := wanted.text.strip().replace("\0", ""):
        rows = rows.filter(
            Q(username__icontains=text) | Q(name__icontains=text) | Q(employee__name__icontains=text)
            | Q(employee__search__contains=text.lower())
        )  # fmt: skip
    if wanted.state in STATES:
        rows = rows.filter(state=wanted.state)
    if wanted.role:
        held = Grant.objects.filter(on(timezone.localdate()), user=OuterRef("pk"), role=wanted.role)
        rows = rows.filter(Exists(held))
    order = wanted.order if wanted.order in ORDERS else "username"
    descending, column = order.startswith("-"), order.removeprefix("-")
    columns = ["employee__name", "name"] if column == "name" else [column]
    return rows.order_by(*(f"-{one}" if descending else one for one in columns), "id")


def counts(scope: Scope) -> dict[str, int]:
    """How many accounts are in each state; one query."""
    found = dict.fromkeys(STATES, 0)
    for state in with_state(visible_accounts(scope)).order_by().values_list("state", flat=True):
        found[state] += 1
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An account in the list."""

    user: User
    state: str
    roles: list[Role]
    department: str
    asked: bool

    @property
    def state_name(self) -> str:
        return str(STATES[self.state])

    @property
    def tone(self) -> str:
        return TONES[self.state]


def rows(users: Collection[User]) -> list[Row]:
    """Accounts of :func:`accounts` with roles and department: three queries, however many accounts."""
    ids = [one.pk for one in users]
    held = roles_of(ids)
    places = departments_by_person([one.employee_id for one in users if one.employee_id])
    asked = set(
        Link.objects.filter(user__in=ids, asked_at__isnull=False).filter(_last()).values_list("user", flat=True)
    )
    return [
        Row(
            user=one, state=one.state, roles=held.get(one.pk, []),  # type: ignore[attr-defined]  # annotated
            department=places.get(one.employee_id or 0, ""), asked=one.pk in asked,
        )
        for one in users
    ]  # fmt: skip


def _last() -> Q:
    """The newest link of its account."""
    newest = Link.objects.filter(user=OuterRef("user")).order_by("-id").values("id")[:1]
    return Q(id=Subquery(newest))


def roles_of(users: Collection[int]) -> dict[int, list[Role]]:
    """The granted roles of accounts today."""
    found: dict[int, list[Role]] = {}
    grants = Grant.objects.filter(on(timezone.localdate()), user__in=users).select_related("role").order_by("role_id")
    for grant in grants:
        roles = found.setdefault(grant.user_id, [])
        if grant.role not in roles:
            roles.append(grant.role)
    return found


def account(scope: Scope, pk: int) -> User | None:
    """One account with its state, if the scope reaches it."""
    return with_state(visible_accounts(scope)).filter(pk=pk).first()


def grants_of(user: User) -> list[Grant]:
    """The grants of an account that are valid now or later."""
    today = timezone.localdate()
    rows = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), user=user)
    return list(rows.select_related("role").order_by("valid_from", "id"))


def attempts_of(user: User, count: int = 20) -> list[Attempt]:
    """The newest attempts to sign in."""
    return list(user.attempts.order_by("-id")[:count])


def last_link(user: User) -> Link | None:
    """The newest link by which the person may set a password."""
    return user.links.select_related("created_by").order_by("-id").first()


def may_manage(scope: Scope, user: User) -> bool:
    """Whether somebody with this scope may look after the account: a link to one that holds or will hold an office, or
    that reaches further, is for those only who look after the whole company."""
    return bool(manageable(scope, [user]))


def manageable(scope: Scope, users: Collection[User]) -> list[User]:
    """Those of the accounts that somebody with this scope may look after; one query."""
    if scope.everything:
        return list(users)
    grants = Grant.objects.filter(not_over(timezone.localdate()), user__in=users)
    held = list(grants.values_list("user", "reach", "role__permissions", "listed"))
    inside = _inside(scope, [listed for *_, listed in held])
    kept = {
        user
        for user, reach, permissions, listed in held
        if reach == Grant.Reach.ALL
        or offices(set(permissions))
        or any(set(named) - set(inside[kind]) for kind, named in listed.items())
    }
    return [one for one in users if one.pk not in kept]


def _inside(scope: Scope, listings: Collection[Listed]) -> dict[str, Collection[int]]:
    """Of what grants name, what a scope reaches."""
    people = {one for listed in listings for one in listed.get("employees", ())}
    regions = {one for listed in listings for one in listed.get("regions", ())}
    places = {one: places_in([one]) for one in regions}
    return {
        "departments": scope.departments,
        "stores": scope.stores,
        "employees": set(visible_employees(scope).filter(pk__in=people).values_list("pk", flat=True)) if people else (),
        "regions": [one for one in regions if places[one][0] <= scope.departments and places[one][1] <= scope.stores],
    }


def role_options() -> list[tuple[int, str]]:
    """The roles that are granted, for filters and the policy."""
    return [(one.pk, one.name) for one in Role.objects.order_by("id")]


def without_account(scope: Scope, department: int = 0) -> QuerySet[Any]:
    """The people present who have no account yet, of one department or of all that a scope reaches."""
    people = present_in(scope, department) if department else present(scope)
    return people.filter(user__isnull=True)


def not_come_yet(scope: Scope, department: int = 0) -> QuerySet[Any]:
    """The people present whose account was never used: neither a password nor a sign-in."""
    people = present_in(scope, department) if department else present(scope)
    return people.filter(
        user__password__startswith=UNUSABLE_PASSWORD_PREFIX, user__last_login=None, user__is_active=True
    )


def users_at(ids: Collection[int]) -> list[User]:
    """Accounts by their ids."""
    return list(User.objects.filter(pk__in=ids))


def for_letter(name: str) -> User | None:
    """The active account that asked for a new password, by sign-in name or by e-mail if only one has it."""
    user = by_name(name)
    if user is None and "@" in name:
        found = User.objects.filter(Q(email__iexact=name) | Q(email="", employee__email__iexact=name))[:2]
        user = found[0] if len(found) == 1 else None
    return user if user and user.is_active and not _comes_by_others(user) else None


def _comes_by_others(user: User) -> bool:
    """Whether somebody signs in by another provider and has no password that could be forgotten."""
    return not user.has_usable_password() and user.identities.exists()


def link_at(token: str) -> Link | None:
    """A link by its token."""
    return Link.objects.select_related("user__employee", "created_by").filter(digest=digest(token)).first()


def has_factor(user: User) -> bool:
    """Whether a second factor is to be asked for."""
    return User.objects.filter(Exists(confirmed("pk")), pk=user.pk).exists()


def codes_left(user: User) -> int:
    """How many recovery codes are not used yet."""
    return user.recovery_codes.filter(used_at=None).count()
