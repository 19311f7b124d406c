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
from fenming.library.indicators import indicator
from fenming.modules.accounts.models import ApiKey, Grant, Provider, Role, User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.bonus.models import Adjustment, Trial
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.conftest import CAST, OCTOBER, PASSWORD, SmallCompany
from fenming.modules.cycles.models import Appeal, Calibration, Cycle, Goal, Participant, Question, Recognition, Step
from fenming.modules.desk.models import Alert, Report, Wall
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.messages.models import Channel, Delivery, Message
from fenming.modules.people.models import Assignment, CustomField, Department, Employee, PeopleImport, Region, Store
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import Draft, SchemeVersion, Scorecard

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


def an_alert(name: str) -> int:
    return Alert.objects.create(owner_id=account(name), indicator="response_time", kind="missing").pk


def a_wall(name: str) -> int:
    return Wall.objects.create(owner_id=account(name), name=name, digest=name, expires_on=date(2030, 1, 1)).pk


def a_report(name: str) -> int:
    return Report.objects.create(owner_id=account(name), kind="company", title=name).pk


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


def a_closed_run(number: str) -> int:
    """One of the department alone, from the pins of the company's."""
    settled = Run.objects.filter(complete=True, inputs__gt="").earliest("id")
    return Run.objects.create(
        kind="close", label="2025-09", start=date(2025, 9, 1), end=date(2025, 10, 1), complete=True,
        departments=[a_department(number)], inputs=settled.inputs, facts=settled.facts, code=settled.code,
    ).pk  # fmt: skip


def an_adjustment(number: str) -> int:
    closed = Run.objects.get(pk=a_closed_run(number))
    return Adjustment.objects.create(
        run=closed, of=closed, employee=Employee.objects.get(number=number), department_id=a_department(number),
        amount=Decimal(1), reason="r", source="check:1",
    ).pk  # fmt: skip


def a_trial(number: str) -> int:
    variants = [{"identifier": "s", "draft": None, "version": None, "definition": {}}]
    trial = Trial.objects.create(department_id=a_department(number), variants=variants, periods=[], state="done")
    return trial.pk


def a_provider() -> dict[str, Any]:
    """One that nobody can ask: its address is private."""
    given = {"kind": "oidc", "name_zh": "公司账号", "client": "c", "secret": "s", "issuer": "https://127.0.0.1"}
    return {"code": Provider.objects.get_or_create(code="company", defaults=given)[0].code}


def a_place(number: str) -> Participant:
    """Somebody's place in a cycle of the own department, reviewed by its lead."""
    lead = Employee.objects.get(number=f"{number[:2]}1")
    cycle, _made = Cycle.objects.get_or_create(
        department_id=a_department(number), label=OCTOBER.label, start=OCTOBER.start, end=OCTOBER.end
    )
    employee = Employee.objects.get(number=number)
    return Participant.objects.get_or_create(cycle=cycle, employee=employee, defaults={"reviewer": lead})[0]


def place_of(number: str) -> dict[str, Any]:
    return {"pk": a_place(number).pk}


def cycle_of(number: str) -> dict[str, Any]:
    return {"pk": a_place(number).cycle_id}


def a_step(number: str) -> int:
    given = {"position": 1, "owner": "hr", "opens": OCTOBER.end, "due": OCTOBER.end, "state": "open"}
    return Step.objects.get_or_create(cycle=a_place(number).cycle, kind="data", defaults=given)[0].pk


def a_calibration(number: str) -> dict[str, Any]:
    place = a_place(number)
    made = Calibration.objects.filter(participant=place).first()
    made = made or Calibration.objects.create(participant=place, grade="B", reason="matrix")
    return {"pk": place.pk, "number": made.pk}


def a_version() -> dict[str, Any]:
    own = {"identifier": "orders", "definition": indicator("orders").model_dump(mode="json")}
    row, _ = OwnIndicator.objects.get_or_create(valid_from=date(2027, 1, 1), defaults=own, identifier="orders")
    return {"identifier": "orders", "pk": row.pk}


def own_place(asker: str) -> dict[str, Any]:
    """The asker's own place in a cycle; for accounts of nobody's somebody else's."""
    return place_of(asker if asker in CAST else IN)


def a_goal(number: str) -> dict[str, Any]:
    place = a_place(number if number in CAST else IN)
    return {"pk": Goal.objects.get_or_create(participant=place, title="matrix")[0].pk}


def a_question(number: str) -> dict[str, Any]:
    place = a_place(number if number in CAST else IN)
    made, _new = Question.objects.get_or_create(participant=place, employee=place.employee, text="matrix")
    return {"pk": made.pk}


def thanks_of(number: str) -> dict[str, Any]:
    giver, receiver = (Employee.objects.get(number=one) for one in (number if number in CAST else IN, "WL3"))
    made = Recognition.objects.filter(giver=giver).first()
    return {"pk": (made or Recognition.objects.create(giver=giver, receiver=receiver, badge="idea", text="matrix")).pk}


def own(name: str) -> str:
    """The person of an account; accounts without one stand for somebody in scope."""
    return name if name in CAST else IN


def an_appeal(name: str, *, rater: bool = False, answered: bool = False) -> int:
    """An appeal of somebody's; or one about which somebody was asked, filed by another; or one that was answered."""
    number = own(name)
    place = a_place({IN: "KF3", OUT: "WL3"}.get(number, IN) if rater else number)
    run = Scorecard.objects.get(employee=place.employee).run
    given = {"rater": Employee.objects.get(number=number), "rater_asked_at": timezone.now()} if rater else {}
    if answered:
        given = {"state": "decided", "decision": "upheld", "run": run, "answered_at": timezone.now()}
        given |= {"decided_at": timezone.now(), "decided_by_id": account("hr")}
    Appeal.objects.filter(participant=place, state="filed").delete()
    return Appeal.objects.create(participant=place, reason="r", answer_by=date(2026, 12, 1), **given).pk


def a_scheme(number: str) -> SchemeVersion:
    """The scheme that holds for the department of a person."""
    department = a_department(number)
    return SchemeVersion.objects.filter(department=department).latest("id")


def a_draft(number: str) -> int:
    version = a_scheme(number)
    found = Draft.objects.filter(base=version).first()
    if found is None:
        given = {"identifier": version.identifier, "definition": version.definition, "author_id": account("hr")}
        found = Draft.objects.create(department_id=version.department_id, base=version, **given)
    return found.pk


OBJECTS: dict[str, Callable[[str], Objects]] = {
    "indicator-edit": of_company(lambda: {"identifier": "orders"}),
    "indicator-levels": of_company(lambda: {"identifier": "collaboration_rating"}),
    "indicator-yaml": of_company(lambda: {"identifier": "orders"}),
    "indicator-versions": of_company(lambda: {"identifier": "orders"}),
    "indicator-end": of_company(lambda: {"identifier": a_version()["identifier"]}),
    "indicator-withdraw": of_company(a_version),
    "my-goals": of_asker(own_place),
    "my-goals-acknowledge": of_asker(own_place),
    "my-notes": of_asker(own_place),
    "self-review": of_asker(own_place),
    "self-review-draft": of_asker(own_place),
    "my-goal": of_asker(a_goal),
    "my-goal-progress": of_asker(a_goal),
    "review": of_person(place_of),
    "review-draft": of_person(place_of),
    "review-goals": of_person(place_of),
    "review-notes": of_person(place_of),
    "review-goal": of_person(a_goal),
    "question": of_asker(a_question),
    "thanks-withdraw": of_asker(thanks_of),
    "scheme": of_person(lambda who: {"identifier": a_scheme(who).identifier}),
    "scheme-draft": of_person(lambda who: {"pk": a_draft(who)}),
    "scheme-draft-act": of_person(lambda who: {"pk": a_draft(who), "step": "submit"}),
    "scheme-targets": of_person(lambda who: {"pk": a_draft(who), "index": 0}),
    "scheme-draft-file": of_person(lambda who: {"pk": a_draft(who), "kind": "yaml"}),
    "scheme-file": of_person(lambda who: {"pk": a_scheme(who).pk, "kind": "yaml"}),
    "scheme-withdraw": of_person(lambda who: {"pk": a_scheme(who).pk}),
    "indicator": of_company(lambda: {"name": "satisfaction_score"}),
    "help-topic": of_company(lambda: {"slug": "people"}),
    "tour-seen": of_company(lambda: {"tour": "lead"}),
    "score": of_person(lambda who: {"pk": card(who)}),
    "rows": of_person(lambda who: {"pk": card(who), "indicator": "response_time" if who == IN else "damage_rate"}),
    "alert-change": of_asker(lambda who: {"pk": an_alert(who)}),
    "wall-revoke": of_asker(lambda who: {"pk": a_wall(who)}),
    "report-change": of_asker(lambda who: {"pk": a_report(who)}),
    "wall": of_company(lambda: {"token": "none"}),
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
    "appeal": of_person(lambda who: {"pk": an_appeal(who)}),
    "appeal-case": of_person(lambda who: {"pk": an_appeal(who)}),
    "appeal-export": of_person(lambda who: {"pk": an_appeal(who)}),
    "appeal-view": of_asker(lambda who: {"pk": an_appeal(who, rater=True)}),
    "my-appeal": of_asker(lambda who: {"pk": an_appeal(who)}),
    "my-appeal-more": of_asker(lambda who: {"pk": an_appeal(who)}),
    "my-appeal-withdraw": of_asker(lambda who: {"pk": an_appeal(who)}),
    "appeal-supplement": of_asker(lambda who: {"pk": an_appeal(who, answered=True)}),
    "appeal-rules": of_asker(lambda who: {"pk": a_place(own(who)).pk}),
    "account": of_person(lambda who: {"pk": account(who)}),
    "account-do": of_person(lambda who: {"pk": account(who)}),
    "cycle": of_person(cycle_of),
    "cycle-people": of_person(cycle_of),
    "cycle-export": of_person(cycle_of),
    "cycle-days": of_person(cycle_of),
    "cycle-cancel": of_person(cycle_of),
    "cycle-data": of_person(cycle_of),
    "cycle-score": of_person(cycle_of),
    "cycle-archiving": of_person(cycle_of),
    "cycle-stop": of_person(cycle_of),
    "cycle-step": of_person(lambda who: {"pk": a_step(who), "what": "skip"}),
    "cycle-do": of_company(lambda: {"pk": a_step(OUT)}),
    "cycle-plan": of_person(lambda who: {"department": a_department(who)}),
    "cycle-plan-drop": of_person(lambda who: {"department": a_department(who)}),
    "calibrate": of_person(place_of),
    "calibration-undo": of_person(a_calibration),
    "calibration-run": of_person(cycle_of),
    "calibration-finish": of_person(cycle_of),
    "letter": of_person(place_of),
    "interview": of_person(place_of),
    "improvement": of_person(place_of),
    "adjustment-end": of_person(lambda who: {"pk": an_adjustment(who)}, do="apart", reason="with the last wage"),
    "late-facts": of_person(lambda who: {"pk": a_closed_run(who)}),
    "trial-new": of_person(lambda who: {"pk": a_draft(who)}),
    "trial": of_person(lambda who: {"pk": a_trial(who)}),
    "trial-progress": of_person(lambda who: {"pk": a_trial(who)}),
    "trial-stop": of_person(lambda who: {"pk": a_trial(who)}),
    "trial-forget": of_person(lambda who: {"pk": a_trial(who)}),
    "trial-file": of_person(lambda who: {"pk": a_trial(who)}),
    "open-actions": of_person(place_of),
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
