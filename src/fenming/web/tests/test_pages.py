"""What holds for every page: few queries, a strict policy, and an answer to whatever is sent."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from fenming.controls.routes import EVERYONE, SIGNED_IN, rules_of
from fenming.modules.accounts.models import User
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.conftest import SmallCompany
from fenming.web.tests.test_matrix import (
    ACCOUNTS,
    OBJECTS,
    OURS,
    SESSION_ENDS,
    Objects,
    company,
    read,
    takes_arguments,
)

__all__ = ["company"]
QUERIES = 15
HOSTILE = (
    "\x00",
    "' OR 1=1 --",
    "\u202ertl",
    "🙂" * 50,
    "9" * 400,
    "-1",
    "{{ 7*7 }}",
    "../../etc/passwd",
    "2026-13-45",
)
NAMES = (
    "q", "page", "order", "department", "period", "on", "state", "store", "region", "post", "name", "number", "version",
    "start", "end", "reach", "role", "people", "next", "before", "text", "action", "run", "span", "code", "kind",
    "username", "password", "email", "language", "time_zone", "name_zh", "reason", "joined", "day",
)  # fmt: skip
WRITES_FILES = {"people-template", "people-export", "audit-export", "board-export"}


def client_of(role: str) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    if role != "visitor":
        client.force_login(User.objects.get(username=ACCOUNTS[role]))
    return client


def opened_by(role: str) -> Iterator[tuple[URLPattern, Objects]]:
    """The addresses that a role may open, with an object in its scope."""
    powers = powers_of(User.objects.get(username=ACCOUNTS[role])) if role != "visitor" else None
    for route in OURS:
        rules = rules_of(route.callback)
        if route.name in SESSION_ENDS:
            continue
        if EVERYONE in rules or (powers and (SIGNED_IN in rules or powers.may(*rules))):
            yield route, OBJECTS[str(route.name)](ACCOUNTS.get(role, "hr")) if takes_arguments(route) else Objects({})


@pytest.mark.parametrize(
    "role", ["hr", "region_hr", "lead", "employee", "security_admin", "system_admin", "audit_admin"]
)
def test_every_page_takes_few_queries(role: str, company: SmallCompany) -> None:
    client, many = client_of(role), {}
    client.get("/")  # a first request registers the session
    for route, objects in opened_by(role):
        with (
            transaction.atomic(),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            read(client.get(reverse(str(route.name), kwargs=objects.inside)))
            transaction.set_rollback(True)
        taken = [one["sql"] for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]
        if len(taken) > QUERIES and route.name not in WRITES_FILES:
            many[route.name] = len(taken)
    assert many == {}


@pytest.mark.parametrize("role", ["visitor", "employee", "hr", "security_admin", "system_admin", "audit_admin"])
def test_nothing_that_is_sent_breaks_a_page(role: str, company: SmallCompany) -> None:
    client, broken = client_of(role), []
    for route, objects in opened_by(role):
        address = reverse(str(route.name), kwargs=objects.inside)
        for hostile in HOSTILE:
            given = dict.fromkeys(NAMES, hostile)
            for method in ("get", "post"):
                answer = _asked(client, method, address, given)
                if answer.status_code >= 500:
                    broken.append((route.name, method, hostile))
    assert not broken


def _asked(client: Client, method: str, address: str, given: dict[str, str]) -> HttpResponse:
    with transaction.atomic():
        answer = getattr(client, method)(address, given)
        read(answer)
        transaction.set_rollback(True)
    return answer  # type: ignore[no-any-return]


@pytest.mark.parametrize("role", ["visitor", "employee", "hr", "security_admin", "system_admin", "audit_admin"])
def test_every_page_keeps_the_strict_policy(role: str, company: SmallCompany) -> None:
    client = client_of(role)
    for route, objects in opened_by(role):
        answer = client.get(reverse(str(route.name), kwargs=objects.inside))
        page = read(answer)
        assert "'unsafe" not in answer["Content-Security-Policy"], route.name
        if answer["Content-Type"].startswith("text/html"):
            assert b" style=" not in page, route.name
            assert b" onclick=" not in page, route.name
            assert answer["X-Frame-Options"] == "DENY"
            assert answer["X-Content-Type-Options"] == "nosniff"
