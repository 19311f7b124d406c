"""Two at the same moment, on a database that lets two write at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from fenming.controls.operations import Actor
from fenming.library.text import Refusal
from fenming.modules.accounts.models import Grant, Link, Role, User
from fenming.modules.accounts.operations import invitations, roles, standing
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.accounts.operations.roles import NewGrant
from fenming.modules.accounts.queries.roles import keepers
from fenming.modules.conftest import PASSWORD

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.only_on("postgresql"),  # SQLite has one writer
]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What comes of acts, each in a transaction of its own; none commits before all have written or wait."""
    meeting = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            with transaction.atomic():
                connection.ensure_connection()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                meeting.wait(10)
                found = act()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.3)")
                return found
        except Refusal as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def accounts(*names: str) -> list[User]:
    open_accounts([NewAccount(name=one, role="security_admin") for one in names], password=PASSWORD)
    return [User.objects.get(username=one) for one in names]


def test_an_invitation_is_used_once_by_two_who_come_together() -> None:
    (user,) = accounts("one")
    (made,) = invitations.make_links([user], purpose=Link.Purpose.INVITE, actor=Actor())

    def use(password: str) -> bool:
        return invitations.use(Link.objects.get(pk=made.link.pk), password, actor=Actor())

    assert sorted(map(bool, at_once(lambda: use("a first password"), lambda: use("a second password")))) == [
        False,
        True,
    ]


def test_two_administrators_who_suspend_each_other_leave_one() -> None:
    one, two = accounts("one", "two")
    found = at_once(
        lambda: standing.suspend(two, actor=Actor(user=one.pk)), lambda: standing.suspend(one, actor=Actor(user=two.pk))
    )
    assert len(keepers("security.roles")) == 1, found


def test_two_administrators_who_end_each_others_role_leave_one() -> None:
    one, two = accounts("one", "two")
    Grant.objects.update(valid_from=timezone.localdate() - timedelta(days=9))
    grants = {grant.user_id: grant for grant in Grant.objects.all()}
    today = timezone.localdate()
    found = at_once(
        lambda: roles.end(Actor(user=one.pk), grants[two.pk], today),
        lambda: roles.end(Actor(user=two.pk), grants[one.pk], today),
    )
    assert len(keepers("security.roles")) == 1, found


def test_two_grants_that_combine_administrations_together_are_signed_for() -> None:
    one, two, both = accounts("one", "two", "both")
    Grant.objects.filter(user=both).delete()
    wanted = [
        NewGrant(role=Role.objects.get(code=code), reach="all", start=timezone.localdate())
        for code in ("system_admin", "audit_admin")
    ]
    found = at_once(
        lambda: roles.give(Actor(user=one.pk), both, wanted[0]), lambda: roles.give(Actor(user=two.pk), both, wanted[1])
    )
    assert Grant.objects.filter(user=both).count() == 1, found
