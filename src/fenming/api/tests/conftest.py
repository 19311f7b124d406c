"""The small company in two regions, and a key for each of the cast."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fenming.api.security import METER
from fenming.controls.operations import SYSTEM
from fenming.modules.accounts.models import ApiKey, Grant, Role, User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.accounts.operations.keys import NewKey, make_key
from fenming.modules.accounts.queries.keys import GIVEN
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.conftest import PASSWORD, SmallCompany, small_company
from fenming.modules.people.models import Assignment, Department, Employee, Region, Shop, Store

__all__ = ["small_company"]

ACCOUNTS = {
    "employee": "KF4",
    "lead": "KF1",
    "store_manager": "KF2",
    "region_hr": "KF3",
    "hr": "hr",
    "system_admin": "system",
    "security_admin": "security",
    "audit_admin": "audit",
    "nobody": "nobody",
}
Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def fresh_meter() -> None:
    METER.__init__()  # type: ignore[misc]


@pytest.fixture
def company(small_company: SmallCompany) -> SmallCompany:
    """Customer service in the east with a store and a shop, logistics in the west; somebody of each role."""
    east, west = (Region.objects.create(code=code, name_zh=code) for code in ("east", "west"))
    Department.objects.filter(code="customer_service").update(region=east)
    Department.objects.filter(code="logistics").update(region=west)
    store = Store.objects.create(code="s1", name_zh="门店", region=east)
    Store.objects.create(code="s2", name_zh="西店", region=west)
    for code, region in (("t1", east), ("t2", west)):
        Shop.objects.create(code=code, name_zh=code, platform="天猫", region=region)
    Assignment.objects.filter(employee__number__in=["KF4", "KF2"]).update(store=store)
    for one in Employee.objects.all():
        one.phone, one.id_number = "13800001234", "11010519491231002X"
        one.save()
    admins = ("system_admin", "security_admin", "audit_admin")
    open_accounts([NewAccount(name=ACCOUNTS[role], role=role) for role in admins], password=PASSWORD)
    User.objects.create_user("nobody", PASSWORD)
    for code, reach in (("store_manager", "store"), ("region_hr", "region")):
        user = User.objects.get(username=ACCOUNTS[code])
        Grant.objects.create(user=user, role=Role.objects.get(code=code), reach=reach, valid_from=date(2026, 1, 1))
    return small_company


def key_for(name: str, *permissions: str, **more: Any) -> tuple[ApiKey, str]:
    """A key of an account with these permissions, or with all that it can have."""
    user = User.objects.get(username=name)
    wanted = permissions or tuple(one for one in GIVEN if powers_of(user).may(one))
    if wanted:
        until = timezone.now() + timedelta(days=30)
        return make_key(SYSTEM, NewKey(user=user, name="test", permissions=wanted, expires_at=until, **more))
    key, token = key_for("hr", **more)
    key.user, key.permissions = user, list(GIVEN)
    key.save()
    return key, token


def calling(token: str, language: str = "en") -> Call:
    """A function that calls the API with a token: method, address below the root, JSON, headers."""
    client = Client(headers={"authorization": f"Bearer {token}", "accept-language": language})
    client.raise_request_exception = False

    def call(method: str, address: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"data": body, "content_type": "application/json"} if body is not None else {}
        return getattr(client, method.lower())(f"/api/v1/{address}", headers=named, **sent)

    return call


@pytest.fixture
def hr(company: SmallCompany) -> Call:
    """A key of HR that may do all that HR may."""
    return calling(key_for("hr")[1])
