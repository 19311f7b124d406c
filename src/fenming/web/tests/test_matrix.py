"""Who may open what: every address × every role × an object in scope and one out of scope.

The addresses come from the URL configuration itself. One that declares no rule fails, and so does one that takes
an object and does not say here which one is in scope and which is not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from fenming.controls.models import Run, Work
from fenming.controls.routes import API, EVERYONE, SIGNED_IN, rules_of
from fenming.controls.scope import Powers
from fenming.modules.accounts.models import ApiKey, Grant, Provider, Role, User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.conftest import OCTOBER, PASSWORD, SmallCompany
from fenming.modules.messages.models import Channel, Delivery, Message
from fenming.modules.people.models import Assignment, CustomField, Department, PeopleImport, Region, Store
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import Scorecard

IN, OUT = "KF4", "WL2"
"""The person whom every role with a reach reaches, and one whom only the company-wide roles do."""
ACCOUNTS = {
    "employee": IN,
    "lead": "KF1",
    "store_manager": "KF2",
    "region_hr": "KF3",
    "hr": "hr",
    "system_admin": "system",
    "security_admin": "security",
    "audit_admin": "audit",
    "nobody": "nobody",
}


@dataclass(frozen=True, slots=True)
class Objects:
    """The arguments of an address for an object in scope, and for one out of scope."""

    inside: dict[str, Any]
    outside: dict[str, Any] | None = None
    """None where the permission is about the company, not about people."""
    post: dict[str, str] = field(default_factory=dict)
    """What a POST sends along."""


Make = Callable[[str], dict[str, Any]]
"""Makes the arguments for an object of the account or person of this name."""


def of_person(make: Make, **post: str) -> Callable[[str], Objects]:
    """The same kind of object, once of each person."""
    return lambda asker: Objects(make(IN), make(OUT), post)


def of_asker(make: Make) -> Callable[[str], Objects]:
    """Something that belongs to whoever asks, and the same of somebody else."""
    return lambda asker: Objects(make(asker), make(OUT))


def of_company(make: Callable[[], dict[str, Any]]) -> Callable[[str], Objects]:
    """Something that belongs to the company: there is nothing out of scope."""
    return lambda asker: Objects(make())


def card(number: str) -> int:
    return Scorecard.objects.get(employee__number=number).pk


def account(number: str) -> int:
    return User.objects.get(username=number).pk


def a_grant(number: str) -> int:
    user = account(number)
    role = Role.objects.get(code="lead")
    return Grant.objects.get_or_create(user_id=user, role=role, reach="self", valid_from=date(2026, 1, 1))[0].pk


def a_post(number: str) -> int:
    return Assignment.objects.filter(employee__number=number).latest("id").pk


def a_message(name: str) -> int:
    return Message.objects.create(
        recipient_id=account(name), kind="todo", topic="test.topic", title_zh="待办", title_en="To do"
    ).pk


def a_channel() -> Channel:
    return Channel.objects.get_or_create(kind="email", name="mail")[0]


def a_delivery() -> int:
    message = Message.objects.get(pk=a_message("hr"))
    return Delivery.objects.create(message=message, channel=a_channel(), state="dead", not_before=timezone.now()).pk


def an_import(name: str) -> int:
    return PeopleImport.objects.create(author_id=account(name), name="people.xlsx", from_day=date(2026, 1, 1)).pk


def a_work(state: str) -> int:
    return Work.objects.create(job="controls.tidy", state=state, next_try_at=timezone.now()).pk


def a_department(number: str) -> int:
    return Assignment.objects.get(employee__number=number).department_id


def a_field() -> str:
    return CustomField.objects.get_or_create(code="size", name_zh="尺码")[0].code


def a_key() -> int:
    user = User.objects.get(username="hr")
    until = timezone.now() + timedelta(days=9)
    return ApiKey.objects.get_or_create(prefix="test", defaults={"user": user, "expires_at": until})[0].pk


def a_provider() -> dict[str, Any]:
    """One that nobody can ask: its address is private."""
    given = {"kind": "oidc", "name_zh": "公司账号", "client": "c", "secret": "s", "issuer": "https://127.0.0.1"}
    return {"code": Provider.objects.get_or_create(code="company", defaults=given)[0].code}


OBJECTS: dict[str, Callable[[str], Objects]] = {
    "help-topic": of_company(lambda: {"slug": "people"}),
    "tour-seen": of_company(lambda: {"tour": "lead"}),
    "score": of_person(lambda who: {"pk": card(who)}),
    "rows": of_person(lambda who: {"pk": card(who), "indicator": "response_time" if who == IN else "damage_rate"}),
    "person": of_person(lambda who: {"number": who}),
    "person-edit": of_person(lambda who: {"number": who}),
    "person-undo": of_person(lambda who: {"number": who}, version="1"),
    "person-reveal": of_person(lambda who: {"number": who, "field": "phone"}),
    "person-change": of_person(lambda who: {"number": who, "what": "transfer"}),
    "person-change-post": of_person(lambda who: {"number": who, "what": "correct", "pk": a_post(who)}),
    "my-reveal": of_company(lambda: {"field": "phone"}),
    "field": of_company(lambda: {"code": a_field()}),
    "field-retire": of_company(lambda: {"code": a_field()}),
    "department": lambda asker: Objects({"pk": a_department(IN)}, {"pk": a_department(OUT)}),
    "places": of_company(lambda: {"kind": "stores"}),
    "place-new": of_company(lambda: {"kind": "departments"}),
    "place-edit": of_company(lambda: {"kind": "departments", "pk": a_department(OUT)}),
    "place-close": of_company(lambda: {"kind": "departments", "pk": a_department(OUT)}),
    "place-reopen": of_company(lambda: {"kind": "departments", "pk": a_department(OUT)}),
    "place-drop": of_company(lambda: {"kind": "departments", "pk": a_department(OUT)}),
    "role": of_company(lambda: {"code": "lead"}),
    "drop-role": of_company(lambda: {"code": "lead"}),
    "account-grants": of_company(lambda: {"pk": account(OUT)}),
    "sign-in-with": of_company(a_provider),
    "sign-in-back": of_company(a_provider),
    "link-identity": of_company(a_provider),
    "unlink-identity": of_company(a_provider),
    "provider": of_company(a_provider),
    "try-provider": of_company(a_provider),
    "switch-provider": of_company(a_provider),
    "provider-people": of_company(a_provider),
    "end-grant": of_company(lambda: {"pk": account(OUT), "grant": a_grant(OUT)}),
    "rotate-key": of_company(lambda: {"pk": a_key()}),
    "revoke-key": of_company(lambda: {"pk": a_key()}),
    "inbox-open": of_asker(lambda who: {"pk": a_message(who)}),
    "inbox-read": of_asker(lambda who: {"pk": a_message(who)}),
    "inbox-done": of_asker(lambda who: {"pk": a_message(who)}),
    "channel": of_company(lambda: {"pk": a_channel().pk}),
    "channel-try": of_company(lambda: {"pk": a_channel().pk}),
    "channel-switch": of_company(lambda: {"pk": a_channel().pk}),
    "people-import-one": of_asker(lambda who: {"pk": an_import(who)}),
    "people-import-progress": of_asker(lambda who: {"pk": an_import(who)}),
    "people-import-refused": of_asker(lambda who: {"pk": an_import(who)}),
    "people-import-apply": of_asker(lambda who: {"pk": an_import(who)}),
    "people-import-stop": of_asker(lambda who: {"pk": an_import(who)}),
    "people-import-undo": of_asker(lambda who: {"pk": an_import(who)}),
    "people-import-discard": of_asker(lambda who: {"pk": an_import(who)}),
    "work": of_company(lambda: {"pk": a_work("done")}),
    "work-retry": of_company(lambda: {"pk": a_work("dead")}),
    "work-cancel": of_company(lambda: {"pk": a_work("queued")}),
    "delivery-retry": of_company(lambda: {"pk": a_delivery()}),
    "account": of_person(lambda who: {"pk": account(who)}),
    "account-do": of_person(lambda who: {"pk": account(who)}),
    "link": of_company(lambda: {"token": "none"}),
    "ask-again": of_company(lambda: {"token": "none"}),
}


@pytest.fixture
def company(small_company: SmallCompany) -> SmallCompany:
    """The small company in two regions and with a store, one month settled, an account for each role."""
    _places()
    _accounts()
    _settled(small_company)
    return small_company


def _places() -> None:
    east, west = (Region.objects.create(code=code, name_zh=code) for code in ("east", "west"))
    Department.objects.filter(code="customer_service").update(region=east)
    Department.objects.filter(code="logistics").update(region=west)
    store = Store.objects.create(code="s1", name_zh="门店", region=east)
    Assignment.objects.filter(employee__number__in=[IN, "KF2"]).update(store=store)


def _accounts() -> None:
    admins = ("system_admin", "security_admin", "audit_admin")
    open_accounts([NewAccount(name=ACCOUNTS[role], role=role) for role in admins], password=PASSWORD)
    User.objects.create_user("nobody", PASSWORD)
    for code, reach in (("store_manager", "store"), ("region_hr", "region")):
        user = User.objects.get(username=ACCOUNTS[code])
        Grant.objects.create(user=user, role=Role.objects.get(code=code), reach=reach, valid_from=date(2026, 1, 1))


def _settled(small: SmallCompany) -> None:
    for department in department_ids().values():
        set_pool(department, OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    settle(small.engine, small.lake, OCTOBER, folder=small.runs, kind=Run.Kind.CLOSE)


def routes(resolver: URLResolver | None = None) -> list[URLPattern]:
    """Every address of the site."""
    found: list[URLPattern] = []
    for one in (resolver or get_resolver()).url_patterns:
        found += routes(one) if isinstance(one, URLResolver) else [one]
    return found


OURS = [one for one in routes() if API not in rules_of(one.callback)]
"""The open API answers to keys, not to sessions: `fenming.api.tests.test_matrix` walks it."""


def takes_arguments(route: URLPattern) -> bool:
    return bool(route.pattern.converters) or "(?P" in str(route.pattern)


def test_every_address_declares_its_rule() -> None:
    assert not [str(one.pattern) for one in routes() if not rules_of(one.callback)]


def test_every_address_has_a_name_of_its_own() -> None:
    names = [one.name for one in OURS]
    assert None not in names
    assert sorted(set(names)) == sorted(names)


def test_every_address_with_an_object_says_whose_it_is() -> None:
    assert not [one.name for one in OURS if takes_arguments(one) and one.name not in OBJECTS]
    assert not set(OBJECTS) - {one.name for one in OURS}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request, and how it should have been judged."""

    route: str
    method: str
    whose: str
    status: int
    right: bool


def judge(route: URLPattern, powers: Powers | None, *, inside: bool, status: int) -> bool:
    """Whether a status is right for these powers (None for a visitor)."""
    rules = rules_of(route.callback)
    if status >= 500:
        return False
    if EVERYONE in rules:
        return True
    if powers is None:
        return status == 302
    if SIGNED_IN not in rules and not powers.may(*rules):
        return status == 403
    if inside:
        return status not in {403, 404}
    return status == 404 or (status != 403 and powers.scope(*rules).everything)


def read(answer: Any) -> bytes:
    """The whole answer: a streamed file is written only when it is read, and closed with the answer.

    Closing tells Django that the request is over; its connection is the test's, and stays.
    """
    content: bytes = answer.getvalue()
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)
    return content


def asked(client: Client, route: URLPattern, asker: str, powers: Powers | None) -> Iterator[Answer]:
    """GET and POST of an address, for the object in scope and the one out of scope; nothing stays written."""
    name = str(route.name)
    objects = OBJECTS[name](asker) if takes_arguments(route) else Objects({})
    cases = [(True, objects.inside)] + ([(False, objects.outside)] if objects.outside else [])
    for inside, arguments in cases:
        for method in ("get", "post"):
            with transaction.atomic():
                given = objects.post if method == "post" else {}
                answer = getattr(client, method)(reverse(name, kwargs=arguments), given)
                read(answer)
                transaction.set_rollback(True)
            status = answer.status_code
            right = status == 405 or judge(route, powers, inside=inside, status=status)
            yield Answer(name, method, "inside" if inside else "outside", status, right)


SESSION_ENDS = {"sign-out"}


@pytest.mark.parametrize("role", ["visitor", *ACCOUNTS])
def test_each_role_reaches_what_it_should_and_nothing_else(role: str, company: SmallCompany) -> None:
    client, powers = Client(raise_request_exception=False), None
    if role != "visitor":
        user = User.objects.get(username=ACCOUNTS[role])
        client.force_login(user)
        powers = powers_of(user)
    asker = ACCOUNTS.get(role, "hr")
    answers = [one for route in OURS if route.name not in SESSION_ENDS for one in asked(client, route, asker, powers)]
    assert len(answers) > len(OURS)
    assert not [one for one in answers if not one.right]


def test_somebody_without_a_post_sees_nobody(company: SmallCompany) -> None:
    Assignment.objects.filter(employee__number="KF1").update(valid_to=date(2026, 11, 1))
    client = Client()
    client.force_login(User.objects.get(username="KF1"))
    assert client.get(reverse("score", args=[card(IN)])).status_code == 404
