"""Keys: who is let in, and how everybody else is refused."""

import hmac
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fenming.api.security import Meter
from fenming.api.tests.conftest import Call, calling, key_for
from fenming.controls.models import Operation
from fenming.controls.operations import SYSTEM
from fenming.library.text import Refusal
from fenming.modules.accounts.models import ApiKey, Grant, User
from fenming.modules.accounts.operations.keys import NewKey, make_key, revoke_key, rotate_key
from fenming.modules.accounts.queries.keys import GIVEN, is_inside, key_of, powers_of_key
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.conftest import SmallCompany

NOW = timezone.now


def of(token: str, address: str = "192.0.2.7") -> ApiKey | None:
    return key_of(token, address, NOW())


def spoilt(token: str) -> str:
    return token[:-1] + ("A" if token[-1] != "A" else "B")


@pytest.fixture
def refused(company: SmallCompany) -> dict[str, str]:
    """A token for each reason to refuse one."""
    _good, token = key_for("hr")
    revoked, revoked_token = key_for("hr")
    revoke_key(SYSTEM, revoked)
    expired, expired_token = key_for("hr")
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=NOW() - timedelta(seconds=1))
    elsewhere = key_for("hr", networks=["203.0.113.0/24"])[1]
    suspended = key_for("KF1", "people.view")[1]
    User.objects.filter(username="KF1").update(is_active=False)
    unknown = token.replace(_good.prefix, "a" * 12)
    return {
        "missing": "", "no key": "Bearer", "odd": "é\ud800", "long": "x" * 5000, "unknown": unknown,
        "another secret": spoilt(token), "expired": expired_token, "revoked": revoked_token,
        "another network": elsewhere, "suspended account": suspended,
    }  # fmt: skip


def test_whoever_is_refused_learns_nothing_of_why(refused: dict[str, str]) -> None:
    sent = {name: token for name, token in refused.items() if name != "odd"}
    answers = {name: calling(token)("GET", "people") for name, token in sent.items()}
    assert {one.status_code for one in answers.values()} == {401}
    assert len({one.content for one in answers.values()}) == 1
    assert {one["WWW-Authenticate"] for one in answers.values()} == {'Bearer realm="fenming"'}


def test_every_refusal_takes_the_same_way(refused: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Any] = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((len(a), len(b))) or real(a, b))
    ways = set()
    for token in refused.values():
        compared.clear()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert of(token) is None
        ways.add((len(queries), tuple(compared)))
    assert ways == {(1, ((64, 64), (64, 64)))}


def test_a_session_alone_is_nobody_here(company: SmallCompany) -> None:
    client = Client()
    client.force_login(User.objects.get(username="hr"))
    assert client.get("/api/v1/people").status_code == 401
    assert client.post("/api/v1/people", {}, content_type="application/json").status_code == 401


def test_a_key_needs_no_token_against_forgery(company: SmallCompany) -> None:
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {key_for('hr')[1]}"})
    answer = client.patch("/api/v1/people/KF2", {"version": 1, "tag": "new"}, content_type="application/json")
    assert answer.status_code == 200


def test_a_key_in_another_place_is_no_key(company: SmallCompany) -> None:
    token = key_for("hr")[1]
    client = Client()
    assert client.get("/api/v1/people", {"key": token}).status_code == 401
    for header in (f"Basic {token}", token, f"Bearer {token} x"):
        assert client.get("/api/v1/people", headers={"authorization": header}).status_code == 401


def test_a_revoked_key_is_refused_from_the_next_request_on(company: SmallCompany) -> None:
    key, token = key_for("hr")
    call = calling(token)
    assert call("GET", "people").status_code == 200
    revoke_key(SYSTEM, key)
    assert call("GET", "people").status_code == 401


def test_a_key_shrinks_with_its_account(company: SmallCompany) -> None:
    call = calling(key_for("KF3")[1])
    assert call("GET", "people/KF4").status_code == 200
    Grant.objects.filter(user__username="KF3", role__code="region_hr").delete()
    assert call("GET", "people/KF4").status_code == 403


@pytest.mark.parametrize("name", ["hr", "KF1", "KF2", "KF3", "KF4"])
def test_a_key_never_reaches_more_than_its_account(name: str, company: SmallCompany) -> None:
    key, _token = key_for(name)
    key.permissions = [*GIVEN, "security.keys", "audit.view", "system.jobs", "nonsense"]
    own, its = powers_of(User.objects.get(username=name)), powers_of_key(key)
    assert its.scopes.items() <= own.scopes.items()
    assert not [one for one in its.scopes if one not in GIVEN]


def test_the_old_secret_works_for_the_overlap_and_no_longer(company: SmallCompany) -> None:
    key, old = key_for("hr")
    new = rotate_key(SYSTEM, key, overlap=timedelta(hours=1), expires_at=NOW() + timedelta(days=5))
    assert of(old) == of(new) == key
    assert key_of(old, "", NOW() + timedelta(minutes=61)) is None
    newest = rotate_key(SYSTEM, key, overlap=timedelta(), expires_at=NOW() + timedelta(days=5))
    assert (of(old), of(new), of(newest)) == (None, None, key)


def test_a_rotation_does_not_wake_an_expired_secret(company: SmallCompany) -> None:
    key, old = key_for("hr")
    ApiKey.objects.filter(pk=key.pk).update(expires_at=NOW() - timedelta(days=1))
    rotate_key(SYSTEM, key, overlap=timedelta(days=7), expires_at=NOW() + timedelta(days=5))
    assert of(old) is None


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("192.0.2.7", [], True),
        ("", [], True),
        ("", ["192.0.2.0/24"], False),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24", "198.51.100.1"], False),
        ("198.51.100.1", ["192.0.2.0/24", "198.51.100.1"], True),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db8::1", ["192.0.2.0/24"], False),
        ("nonsense", ["192.0.2.0/24"], False),
    ],
)
def test_networks(address: str, networks: list[str], inside: bool) -> None:
    assert is_inside(address, networks) is inside


@pytest.mark.parametrize(
    "wrong",
    [
        {"permissions": ["security.keys"]},
        {"permissions": ["nonsense"]},
        {"permissions": []},
        {"permissions": ["people.export", "audit.view"]},
        {"expires_at": NOW() - timedelta(days=1)},
        {"expires_at": NOW() + timedelta(days=400)},
        {"networks": ["192.0.2.7/24"]},
        {"networks": ["nonsense"]},
        {"networks": ["192.0.2.7"] * 51},
    ],
)
def test_what_no_key_may_be_is_refused(wrong: dict[str, Any], company: SmallCompany) -> None:
    good = {"permissions": ["people.view"], "expires_at": NOW() + timedelta(days=3), "networks": []}
    user = User.objects.get(username="hr")
    with pytest.raises(Refusal):
        make_key(SYSTEM, NewKey(user=user, name="x", **(good | wrong)))


def test_an_account_gives_a_key_no_more_than_it_has(company: SmallCompany) -> None:
    with pytest.raises(Refusal, match="does not have"):
        key_for("KF1", "people.edit")


def test_the_secret_is_nowhere_but_on_the_answer(company: SmallCompany) -> None:
    key, token = key_for("hr")
    new = rotate_key(SYSTEM, key, overlap=timedelta(hours=1), expires_at=NOW() + timedelta(days=5))
    revoke_key(SYSTEM, key)
    key.refresh_from_db()
    kept = repr(list(Operation.objects.values())) + repr(ApiKey.objects.filter(pk=key.pk).values()[0])
    assert {one.action for one in Operation.objects.filter(object=f"key {key.prefix}")} == {
        "accounts.make_key", "accounts.rotate_key", "accounts.revoke_key",
    }  # fmt: skip
    assert key.digest not in repr(list(Operation.objects.values()))
    for one in (token, new):
        assert one[-43:] not in kept


def test_use_is_noted_once_a_minute(company: SmallCompany) -> None:
    key, token = key_for("hr")
    call = calling(token)
    call("GET", "regions")
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    assert key.last_used_from == "127.0.0.1"
    call("GET", "regions")
    key.refresh_from_db()
    assert key.last_used_at == first
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(seconds=61))
    call("GET", "regions")
    key.refresh_from_db()
    assert key.last_used_at > first - timedelta(seconds=1)


def test_too_many_requests_wait_for_the_next_minute(company: SmallCompany, settings: Any) -> None:
    settings.API_RATE = 3
    one, other = calling(key_for("hr")[1]), calling(key_for("hr")[1])
    assert [one("GET", "regions").status_code for _ in range(3)] == [200] * 3
    answer = one("GET", "regions")
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 61
    assert other("GET", "regions").status_code == 200


def test_the_meter_counts_each_key_for_each_minute() -> None:
    meter = Meter()
    assert [meter.count(1, 2, 0.0), meter.count(1, 2, 1.0), meter.count(2, 2, 1.0)] == [0, 0, 0]
    assert meter.count(1, 2, 58.0) == 2
    assert meter.count(1, 2, 60.0) == 0


def test_what_a_key_does_is_logged_with_the_key(company: SmallCompany) -> None:
    key, token = key_for("hr")
    assert calling(token)("PATCH", "people/KF2", {"version": 1, "tag": "new"}).status_code == 200
    entry = Operation.objects.get(action="people.edit")
    assert (entry.actor_id, entry.actor_name) == (key.user_id, f"hr (API {key.prefix})")


def test_checking_a_key_is_one_query(company: SmallCompany, django_assert_num_queries: Any) -> None:
    token = key_for("hr")[1]
    with django_assert_num_queries(1):
        assert of(token)


def test_a_read_is_few_queries(hr: Call, django_assert_max_num_queries: Any) -> None:
    hr("GET", "regions")
    with django_assert_max_num_queries(12):
        assert hr("GET", "people?department=customer_service&limit=2").status_code == 200
    with django_assert_max_num_queries(12):
        assert hr("GET", "people/KF4?include=phone,base_pay").status_code == 200
