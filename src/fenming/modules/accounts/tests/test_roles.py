"""Composing roles and giving them: what is refused, and what is logged."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.controls.operations import Actor
from fenming.library.text import Refusal
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.accounts.operations.roles import (
    Combination,
    NewGrant,
    NewRole,
    change_role,
    drop_role,
    end,
    give,
    make_role,
)
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.conftest import SmallCompany

TODAY = timezone.localdate()


@pytest.fixture
def keeper(small_company: SmallCompany) -> Actor:
    """A security administrator."""
    open_accounts([NewAccount(name="keeper", role="security_admin")], password="correct horse")
    return Actor(user=User.objects.get(username="keeper").pk, name="keeper")


@pytest.fixture
def office(keeper: Actor) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(username="keeper"))
    return client


def role(code: str) -> Role:
    return Role.objects.get(code=code)


def user(name: str) -> User:
    return User.objects.get(username=name)


def test_a_role_of_ones_own_opens_what_it_holds(keeper: Actor) -> None:
    made = make_role(keeper, "auditor-lite", NewRole(name_zh="看日志", permissions=("audit.view",)))
    give(keeper, user("KF2"), NewGrant(role=made, reach="all", start=TODAY))
    assert powers_of(user("KF2")).may("audit.view")
    assert not powers_of(user("KF2")).may("audit.export")


@pytest.mark.parametrize("pair", [("system.jobs", "audit.view"), ("security.roles", "audit.view")])
def test_two_administrations_do_not_go_into_one_role(keeper: Actor, pair: tuple[str, str]) -> None:
    with pytest.raises(Refusal):
        make_role(keeper, "mighty", NewRole(name_zh="全能", permissions=pair))
    assert not Role.objects.filter(code="mighty").exists()


def test_combining_administrations_needs_a_signature_and_a_reason(keeper: Actor) -> None:
    give(keeper, user("KF2"), NewGrant(role=role("system_admin"), reach="all", start=TODAY))
    second = NewGrant(role=role("audit_admin"), reach="all", start=TODAY, reason="only one IT person")
    with pytest.raises(Combination):
        give(keeper, user("KF2"), second)
    with pytest.raises(Combination):
        give(keeper, user("KF2"), NewGrant(role=role("audit_admin"), reach="all", start=TODAY), signed=True)
    assert give(keeper, user("KF2"), second, signed=True).signed_by_id == keeper.user
    entry = Operation.objects.filter(action="accounts.give_role").latest("id")
    assert entry.after["combines"] == ["audit", "system"]


def test_administrations_one_after_the_other_are_no_combination(keeper: Actor) -> None:
    day = TODAY + timedelta(days=10)
    give(keeper, user("KF2"), NewGrant(role=role("system_admin"), reach="all", start=TODAY, end=day))
    assert give(keeper, user("KF2"), NewGrant(role=role("audit_admin"), reach="all", start=day)).signed_by_id is None


def test_a_role_does_not_grow_into_a_combination_behind_its_holders_backs(keeper: Actor) -> None:
    made = make_role(keeper, "helper", NewRole(name_zh="帮手", permissions=("people.view",)))
    give(keeper, user("KF2"), NewGrant(role=made, reach="all", start=TODAY))
    give(keeper, user("KF2"), NewGrant(role=role("audit_admin"), reach="all", start=TODAY))
    with pytest.raises(Refusal, match="赵辉"):
        change_role(keeper, made, NewRole(name_zh="帮手", permissions=("system.jobs",)), version=1)
    assert role("helper").permissions == ["people.view"]


def test_nobody_grants_to_oneself(keeper: Actor) -> None:
    with pytest.raises(Refusal):
        give(keeper, user("keeper"), NewGrant(role=role("hr"), reach="all", start=TODAY))


def test_somebody_can_always_edit_roles(keeper: Actor) -> None:
    last = Grant.objects.get(user__username="keeper")
    with pytest.raises(Refusal):
        end(keeper, last, TODAY)
    with pytest.raises(Refusal):
        change_role(keeper, role("security_admin"), NewRole(name_zh="安全"), version=1)
    assert powers_of(user("keeper")).may("security.roles")


def test_somebody_can_still_edit_roles_when_a_later_end_comes(keeper: Actor) -> None:
    with pytest.raises(Refusal, match="nobody could edit roles"):
        end(keeper, Grant.objects.get(user__username="keeper"), TODAY + timedelta(days=1))


def test_nobody_widens_a_role_that_oneself_holds(keeper: Actor) -> None:
    held = role("security_admin")
    wider = NewRole(name_zh="安全", permissions=(*held.permissions, "people.pay"))
    with pytest.raises(Refusal, match="oneself"):
        change_role(keeper, held, wider, version=held.version)
    assert not powers_of(user("keeper")).may("people.pay")
    other = NewRole(name_zh="安全", permissions=tuple(held.permissions))
    change_role(keeper, held, other, version=held.version)


def test_the_second_of_two_editors_is_told(keeper: Actor) -> None:
    change_role(keeper, role("lead"), NewRole(name_zh="主管", permissions=("board.view",)), version=1)
    with pytest.raises(Refusal, match="just changed"):
        change_role(keeper, role("lead"), NewRole(name_zh="领班", permissions=()), version=1)
    assert role("lead").name_zh == "主管"


def test_a_held_role_stays(keeper: Actor) -> None:
    with pytest.raises(Refusal):
        drop_role(keeper, role("lead"))
    made = make_role(keeper, "spare", NewRole(name_zh="备用"))
    drop_role(keeper, made)
    assert not Role.objects.filter(code="spare").exists()


def test_company_wide_permissions_reach_the_whole_company(keeper: Actor) -> None:
    with pytest.raises(Refusal, match="whole company"):
        give(keeper, user("KF2"), NewGrant(role=role("audit_admin"), reach="department", start=TODAY))


def test_a_grant_is_given_and_ended_on_its_page(office: Client, small_company: SmallCompany) -> None:
    address = reverse("account-grants", args=[user("KF2").pk])
    given = {"role": "hr", "reach": "custom", "people": "WL2, KF3", "start": "2026-01-01", "reason": "holiday stand-in"}
    assert office.post(address, given).status_code == 302
    grant = Grant.objects.get(user__username="KF2")
    assert set(grant.listed["employees"]) == {small_company.ids["WL2"], small_company.ids["KF3"]}
    assert "holiday stand-in" in office.get(address).content.decode()
    office.post(reverse("end-grant", args=[user("KF2").pk, grant.pk]), {"day": str(TODAY)})
    grant.refresh_from_db()
    assert grant.valid_to == TODAY


def test_typing_is_kept_and_the_refusal_says_what_to_do(office: Client, small_company: SmallCompany) -> None:
    address = reverse("account-grants", args=[user("KF2").pk])
    page = office.post(address, {"role": "hr", "reach": "custom", "people": "NOBODY1", "start": "2026-01-01"})
    assert "No such employee: NOBODY1" in page.content.decode()
    office.post(address, {"role": "system_admin", "reach": "all", "start": str(TODAY)})
    page = office.post(address, {"role": "audit_admin", "reach": "all", "start": str(TODAY), "reason": "small company"})
    text = page.content.decode()
    assert "I answer for this" in text
    assert "small company" in text


def test_hostile_addresses_are_not_found(office: Client) -> None:
    for path in ("/roles/nosuch/", f"/accounts/{2**70}/grants/", "/accounts/0/grants/"):
        assert office.get(path).status_code == 404
    mine, other = user("KF2").pk, user("KF3").pk
    grant = Grant.objects.create(user_id=mine, role=role("hr"), reach="all", valid_from=date(2026, 1, 1))
    assert office.get(reverse("end-grant", args=[other, grant.pk])).status_code == 404


def test_pages_take_few_queries(office: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for path in (reverse("roles"), reverse("role", args=["hr"]), reverse("account-grants", args=[user("KF1").pk])):
        with django_assert_max_num_queries(15):
            assert office.get(path).status_code == 200
