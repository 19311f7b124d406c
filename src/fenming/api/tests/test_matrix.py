"""Which role's key may do what, to whom: every operation × every role × somebody in reach and somebody out of it.

The operations come from the API's own registry: one that declares no permission, or takes somebody and says here
neither who is in reach nor what is sent, fails.
"""

from typing import Any

import pytest
from django.db import transaction

from fenming.api.site import ROOT, document, key_of, operations
from fenming.api.tests.conftest import ACCOUNTS, calling, key_for
from fenming.controls.permissions import PERMISSIONS
from fenming.controls.routes import API, rules_of
from fenming.modules.accounts.models import User
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.conftest import SmallCompany

IN, OUT = "KF4", "WL2"
POST = {"name": "新人", "post": "cs_agent", "first_day": "2026-12-01"}
SENT: dict[str, dict[str, tuple[str, Any]]] = {
    "list_people": {"": ("people", None)},
    "read_person": {"inside": (f"people/{IN}", None), "outside": (f"people/{OUT}", None)},
    "take_on": {
        "inside": ("people", POST | {"number": "N1", "department": "customer_service", "store": "s1"}),
        "elsewhere": ("people", POST | {"number": "N2", "department": "logistics", "store": "s2"}),
    },
    "change_person": {
        "inside": (f"people/{IN}", {"version": 1, "tag": "x"}),
        "outside": (f"people/{OUT}", {"version": 1, "tag": "x"}),
    },
    "transfer": {
        "inside": (
            f"people/{IN}/assignments",
            {"version": 1, "first_day": "2026-12-01", "reason": "r", "team": "x"},
        ),
        "outside": (f"people/{OUT}/assignments", {"version": 1, "first_day": "2026-12-01", "reason": "r", "team": "x"}),
    },
    "leave": {
        "inside": (f"people/{IN}/leave", {"version": 1, "last_day": "2026-12-01", "reason": "r"}),
        "outside": (f"people/{OUT}/leave", {"version": 1, "last_day": "2026-12-01", "reason": "r"}),
    },
    "list_departments": {"": ("departments", None)},
    "list_posts": {"": ("posts", None)},
    "list_stores": {"": ("stores", None)},
    "list_shops": {"": ("shops", None)},
    "list_regions": {"": ("regions", None)},
}
KNOWN = {one.operation_id: (method, address, one) for method, address, one in operations()}


def test_every_operation_declares_a_permission_there_is() -> None:
    for _method, _address, one in KNOWN.values():
        assert key_of(one).rules
        assert set(key_of(one).rules) <= set(PERMISSIONS)


def test_every_operation_says_here_what_is_sent() -> None:
    assert KNOWN.keys() == SENT.keys()
    with_somebody = {name for name, (_method, address, _one) in KNOWN.items() if "{" in address}
    assert {name for name, cases in SENT.items() if "outside" in cases} == with_somebody


def test_the_document_knows_the_same_operations_and_permissions() -> None:
    told = {
        one["operationId"]: (method.upper(), address, one["x-permissions"])
        for address, methods in document("en")["paths"].items()
        for method, one in methods.items()
    }
    assert told == {name: (method, at, list(key_of(one).rules)) for name, (method, at, one) in KNOWN.items()}


def test_every_route_below_the_root_has_the_rule_of_the_api() -> None:
    from fenming.api.site import urls

    assert all(API in rules_of(one.callback) for one in urls if one.name != "openapi")


def right(status: int, case: str, rules: tuple[str, ...], powers: Any) -> bool:
    if not powers.may(*rules):
        return bool(status == 403)
    everywhere = powers.scope(*rules).everything
    match case:
        case "outside" if not everywhere:
            return bool(status == 404)
        case "elsewhere" if not everywhere:
            return bool(status == 422)
        case _:
            return status in (200, 201)


@pytest.mark.parametrize("role", ACCOUNTS)
def test_each_roles_key_reaches_what_its_account_reaches(role: str, company: SmallCompany) -> None:
    powers = powers_of(User.objects.get(username=ACCOUNTS[role]))
    call = calling(key_for(ACCOUNTS[role])[1])
    wrong = []
    for name, cases in SENT.items():
        method, _address, one = KNOWN[name]
        for case, (address, body) in cases.items():
            with transaction.atomic():
                answer = call(method, address, body)
                transaction.set_rollback(True)
            if not right(answer.status_code, case, key_of(one).rules, powers):
                wrong.append((name, case, answer.status_code, answer.content.decode()[:300]))
    assert not wrong


@pytest.mark.parametrize("name", SENT)
def test_without_the_permission_the_accounts_powers_do_not_help(name: str, company: SmallCompany) -> None:
    """A key of HR that was given everything but what the operation asks for."""
    method, _address, one = KNOWN[name]
    others = [each for each in ("people.export", "board.view", "people.view", "organisation.view", "people.edit")
              if each not in key_of(one).rules]  # fmt: skip
    call = calling(key_for("hr", *others)[1])
    for address, body in SENT[name].values():
        assert call(method, address, body).status_code == 403


def test_the_addresses_stand_below_the_version() -> None:
    assert ROOT == "/api/v1/"
    assert all(address.startswith(ROOT) for _method, address, _one in KNOWN.values())
