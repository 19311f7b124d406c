"""OpenID Connect from the button to the first page, and everything that must not lead there."""

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from joserfc.jwk import OctKey
from pytest_django import Settings

from fenming.controls.models import Operation
from fenming.modules.accounts.models import Departure, Grant, Identity, Provider, Role, SecondFactor, Session, User
from fenming.modules.accounts.operations import sso as operations
from fenming.modules.accounts.sso import calls, hosts
from fenming.modules.accounts.sso.protocol import Failed
from fenming.modules.accounts.tests.conftest import client_of, enter, is_in
from fenming.modules.accounts.tests.standins import OpenId, rsa_key
from fenming.modules.people.models import Employee

Make = Callable[..., Provider]


@pytest.fixture
def openid(settings: Settings) -> Iterator[OpenId]:
    cache.clear()
    standin = OpenId()
    settings.SSO_HOSTS = {standin.origin: standin.origin}
    standin.people = {"s-kf2": {"preferred_username": "KF2"}}
    yield standin
    standin.close()
    cache.clear()
    assert standin.wrong == []


@pytest.fixture
def make(staff: None, openid: OpenId) -> Make:
    def made(**more: Any) -> Provider:
        given = {
            "code": "company", "kind": "oidc", "name_zh": "公司账号", "name_en": "Company account",
            "client": openid.client, "secret": openid.secret, "issuer": openid.issuer, "match": "number",
        }  # fmt: skip
        return Provider.objects.create(**given | more)

    return made


def leave(client: Client, code: str = "company", **query: str) -> dict[str, str]:
    """Press the button: what the provider is asked."""
    answer = client.get(reverse("sign-in-with", args=[code]), query)
    assert answer.status_code == 302, answer.content
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def come_back(client: Client, url: str):  # type: ignore[no-untyped-def]
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}", follow=True)


def sign_in(client: Client, openid: OpenId, who: str = "s-kf2", **query: str):  # type: ignore[no-untyped-def]
    """The whole way; the provider's own page is left out."""
    asked = leave(client, **query)
    openid.check_departure(asked)
    return come_back(client, openid.agree(who, asked))


def refused(client: Client, openid: OpenId, words: str, who: str = "s-kf2") -> None:
    """The whole way ends on the sign-in page, with these words."""
    answer = sign_in(client, openid, who)
    assert words in answer.content.decode()
    assert not is_in(client)
    assert not Identity.objects.exists()


def test_the_button_leads_in_and_the_account_is_linked(make: Make, openid: OpenId, visitor: Client) -> None:
    provider = make()
    page = visitor.get("/sign-in/")
    assert b"Sign in with Company account" in page.content
    answer = sign_in(visitor, openid)
    assert is_in(visitor)
    assert answer.status_code == 200
    identity = Identity.objects.get()
    assert (identity.provider, identity.subject, identity.user.username) == (provider, "s-kf2", "KF2")
    assert identity.used_at is not None
    actions = list(Operation.objects.order_by("id").values_list("action", "actor_name"))
    assert ("accounts.link_identity", "KF2") in actions
    assert ("accounts.sign_in", "KF2") in actions
    assert Session.objects.get(user=identity.user).method == "oidc"
    assert not Departure.objects.exists()


def test_the_browser_goes_the_way_too(make: Make, openid: OpenId, visitor: Client) -> None:
    """With real redirects of the stand-in's authorization endpoint."""
    make()
    openid.signed_in = "s-kf2"
    there = visitor.get(reverse("sign-in-with", args=["company"]))["Location"]
    back = httpx.get(there, follow_redirects=False).headers["Location"]
    come_back(visitor, back)
    assert is_in(visitor)


def test_the_link_holds_when_the_match_no_longer_does(make: Make, openid: OpenId) -> None:
    make()
    sign_in(Client(), openid)
    openid.people["s-kf2"] = {"preferred_username": "KF3"}
    client = Client()
    sign_in(client, openid)
    assert client.get("/me/security/").wsgi_request.user.username == "KF2"


def test_the_key_of_the_session_changes(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    asked = leave(visitor)
    before = visitor.session.session_key
    come_back(visitor, openid.agree("s-kf2", asked))
    assert before
    assert visitor.session.session_key != before


def test_one_goes_on_to_the_page_one_wanted_but_never_elsewhere(make: Make, openid: OpenId) -> None:
    make()
    answer = sign_in(Client(), openid, next="/me/settings/")
    assert answer.redirect_chain[-1][0] == "/me/settings/"
    for evil in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\nb"):
        answer = sign_in(Client(), openid, next=evil)
        assert all("evil" not in url and "javascript" not in url for url, _status in answer.redirect_chain), evil


def test_a_state_is_good_once(make: Make, openid: OpenId) -> None:
    make()
    client = Client(headers={"accept-language": "en"})
    asked = leave(client)
    openid.agree("s-kf2", asked)
    url = openid.agree("s-kf2", asked)
    come_back(client, url)
    assert is_in(client)
    client.post("/sign-out/")
    assert "expired, was used already" in come_back(client, openid.agree("s-kf2", asked)).content.decode()
    assert not is_in(client)


def test_a_replayed_code_is_refused_by_the_provider(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    asked = leave(visitor)
    code = dict(parse_qsl(urlsplit(openid.agree("s-kf2", asked)).query))["code"]
    openid.codes.clear()
    path = reverse("sign-in-back", args=["company"])
    answer = visitor.get(path, {"code": code, "state": asked["state"]}, follow=True)
    assert "The code has expired" in answer.content.decode()
    assert not is_in(visitor)


@pytest.mark.parametrize("state", ["", "x", "0" * 64, "é" * 64, "\0" * 64, "a" * 5000])
def test_a_state_of_somebody_else_is_refused(make: Make, openid: OpenId, visitor: Client, state: str) -> None:
    make()
    asked = leave(visitor)
    answer = come_back(visitor, openid.agree("s-kf2", asked | {"state": state}))
    assert "did not begin in this browser" in answer.content.decode()
    assert not is_in(visitor)
    assert not [one for one in openid.asked if "token" in one]


def test_a_state_of_another_session_is_refused(make: Make, openid: OpenId, visitor: Client) -> None:
    """Otherwise one could send others to be signed in as oneself."""
    make()
    url = openid.agree("s-kf2", leave(Client()))
    leave(visitor)
    answer = come_back(visitor, url)
    assert "did not begin in this browser" in answer.content.decode()
    assert not is_in(visitor)


def test_a_state_of_another_provider_is_refused(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    make(code="other", name_zh="另一个")
    asked = leave(visitor)
    url = openid.agree("s-kf2", asked).replace("/back/company/", "/back/other/")
    assert "did not begin" in come_back(visitor, url).content.decode()
    assert not is_in(visitor)


def test_an_answer_of_another_server_is_refused(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    asked = leave(visitor)
    url = openid.agree("s-kf2", asked).replace("iss=http", "iss=https")
    assert "did not begin" in come_back(visitor, url).content.decode()
    assert not is_in(visitor)


def test_a_state_lasts_ten_minutes(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    asked = leave(visitor)
    Departure.objects.update(at=timezone.now() - timedelta(minutes=10))
    assert "has expired" in come_back(visitor, openid.agree("s-kf2", asked)).content.decode()
    assert not is_in(visitor)


def test_only_the_digest_of_a_state_is_kept(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    asked = leave(visitor)
    kept = repr(Departure.objects.values().get())
    assert asked["state"] not in kept
    assert asked["nonce"] not in kept


def test_whoever_does_not_agree_comes_back_to_the_password(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    asked = leave(visitor)
    path = reverse("sign-in-back", args=["company"])
    answer = visitor.get(path, {"error": "access_denied", "state": asked["state"]}, follow=True)
    assert "not allowed there" in answer.content.decode()
    assert enter(visitor, "KF2").status_code == 302
    assert is_in(visitor)


NOW = int(time.time())
FALSE_CLAIMS = {
    "another nonce": {"nonce": "0" * 64},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "somebody-else"},
    "several audiences without azp": {"aud": ["fenming", "somebody-else"]},
    "another azp": {"aud": ["fenming", "somebody-else"], "azp": "somebody-else"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": NOW - 61},
    "no expiry": {"exp": None},
    "expiry as text": {"exp": "tomorrow"},
    "from the future": {"iat": NOW + 3600},
    "not yet valid": {"nbf": NOW + 3600},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject is a number": {"sub": 7},
    "subject is a list": {"sub": ["s-kf2"]},
    "subject is an object": {"sub": {"s-kf2": 1}},
    "endless subject": {"sub": "x" * 256},
    "another access token": {"at_hash": "AAAA"},
}


@pytest.mark.parametrize("case", FALSE_CLAIMS)
def test_a_false_claim_is_refused(make: Make, openid: OpenId, visitor: Client, case: str) -> None:
    make()
    openid.claims = FALSE_CLAIMS[case]
    refused(visitor, openid, "could not be verified")


def test_a_clock_may_be_a_minute_off(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    openid.claims = {"exp": int(time.time()) - 30, "iat": int(time.time()) - 330}
    sign_in(visitor, openid)
    assert is_in(visitor)


def claims(openid: OpenId, asked: dict[str, str]) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": openid.issuer, "sub": "s-kf2", "aud": openid.client, "iat": now, "exp": now + 300,
        "nonce": asked["nonce"], "preferred_username": "KF2",
    }  # fmt: skip


@pytest.mark.parametrize("alg", ["none", "None", "NONE"])
def test_an_unsigned_token_is_refused(make: Make, openid: OpenId, visitor: Client, alg: str) -> None:
    make()
    asked = leave(visitor)
    openid.raw_token = openid.forged({"alg": alg}, claims(openid, asked), None)
    assert "could not be verified" in come_back(visitor, openid.agree("s-kf2", asked)).content.decode()
    assert not is_in(visitor)


@pytest.mark.parametrize("kid", ["rsa-1", None])
def test_the_public_key_is_no_shared_key(make: Make, openid: OpenId, visitor: Client, kid: str | None) -> None:
    """HS256 signed by the public key's text, which everybody can read."""
    make()
    asked = leave(visitor)
    header = {"alg": "HS256"} | ({"kid": kid} if kid else {})
    shared = openid.rsa.as_pem(private=False).replace(b"-----", b"=====")  # the library would not sign with a PEM
    openid.raw_token = openid.forged(header, claims(openid, asked), shared)
    assert "could not be verified" in come_back(visitor, openid.agree("s-kf2", asked)).content.decode()
    assert not is_in(visitor)


def test_a_shared_key_among_the_public_ones_signs_nothing(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    asked = leave(visitor)
    key = OctKey.import_key(b"k" * 32, {"kid": "oct-1"})
    openid.published = [openid.rsa, key]
    openid.raw_token = openid.forged({"alg": "HS256", "kid": "oct-1"}, claims(openid, asked), b"k" * 32)
    assert "could not be verified" in come_back(visitor, openid.agree("s-kf2", asked)).content.decode()
    assert not is_in(visitor)


def test_a_token_signed_by_nobody_known_is_refused(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    openid.signing_key = rsa_key("rsa-1", 1)
    refused(visitor, openid, "could not be verified")
    openid.signer = {"alg": "RS256", "kid": "unknown"}
    refused(visitor, openid, "could not be verified")


def test_new_keys_are_fetched_when_they_are_needed(make: Make, openid: OpenId) -> None:
    make()
    sign_in(Client(), openid)
    openid.signing_key = rsa_key("rsa-2")
    openid.published, openid.signer = [openid.signing_key], {"alg": "RS256", "kid": "rsa-2"}
    client = Client()
    sign_in(client, openid)
    assert is_in(client)


def test_elliptic_curves_sign_too(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    openid.signer, openid.signing_key = {"alg": "ES256", "kid": "ec-1"}, openid.ec
    sign_in(visitor, openid)
    assert is_in(visitor)


def test_the_client_proves_itself_in_the_body_where_the_server_wants_it(
    make: Make, openid: OpenId, visitor: Client
) -> None:
    make()
    openid.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    sign_in(visitor, openid)
    assert is_in(visitor)


def test_what_the_token_lacks_the_userinfo_tells(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    openid.people = {"KF2": {}}
    sign_in(visitor, openid, "KF2")
    assert is_in(visitor)


def test_userinfo_of_somebody_else_is_refused(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    openid.people = {"s-kf2": {}, "KF2": {}}
    asked = leave(visitor)
    openid.userinfo_of = "KF2"
    answer = come_back(visitor, openid.agree("s-kf2", asked))
    assert "could not be verified" in answer.content.decode()
    assert not is_in(visitor)


def test_without_userinfo_one_can_still_link(make: Make, openid: OpenId) -> None:
    make()
    openid.people = {}
    client = client_of("KF3")
    come_back(client, openid.agree("somebody", press_link(client)))
    assert Identity.objects.get().user.username == "KF3"


def mail(number: str, address: str) -> None:
    Employee.objects.filter(number=number).update(email=address)


def test_an_email_counts_if_it_is_verified(make: Make, openid: OpenId, visitor: Client) -> None:
    make(match="email")
    mail("KF2", "Zhao@Example.com")
    openid.people["s-kf2"] = {"email": "zhao@example.com", "email_verified": True}
    sign_in(visitor, openid)
    assert is_in(visitor)


@pytest.mark.parametrize("verified", [None, False, "true", "false", 1])
def test_an_email_that_is_not_verified_finds_nobody(
    make: Make, openid: OpenId, visitor: Client, verified: object
) -> None:
    make(match="email")
    mail("KF2", "zhao@example.com")
    openid.people["s-kf2"] = {"email": "zhao@example.com", "email_verified": verified}
    refused(visitor, openid, "No account here was found")


def test_an_email_that_somebody_gave_himself_finds_nobody(make: Make, openid: OpenId, visitor: Client) -> None:
    make(match="email")
    User.objects.filter(username="KF3").update(email="zhao@example.com")
    openid.people["s-kf2"] = {"email": "zhao@example.com", "email_verified": True}
    refused(visitor, openid, "No account here was found")


def test_two_accounts_with_one_email_find_nobody(make: Make, openid: OpenId, visitor: Client) -> None:
    make(match="email")
    mail("KF2", "zhao@example.com")
    mail("KF3", "ZHAO@example.com")
    openid.people["s-kf2"] = {"email": "zhao@example.com", "email_verified": True}
    refused(visitor, openid, "More than one account")


@pytest.mark.parametrize("number", ["KF99", "kf2", "", None, ["KF2"], {"a": 1}, "hr", "KF2\0"])
def test_nobody_of_that_number_means_no_account_and_none_is_made(
    make: Make, openid: OpenId, visitor: Client, number: object
) -> None:
    make()
    before = User.objects.count()
    openid.people["s-kf2"] = {"preferred_username": number, "given_name": "x"}
    openid.metadata.pop("userinfo_endpoint")
    refused(visitor, openid, "No account here was found")
    assert User.objects.count() == before


def test_a_suspended_account_stays_out(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    User.objects.filter(username="KF2").update(is_active=False)
    refused(visitor, openid, "Your account is not active")


def test_a_linked_account_that_was_suspended_stays_out(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    sign_in(Client(), openid)
    User.objects.filter(username="KF2").update(is_active=False)
    answer = sign_in(visitor, openid)
    assert "Your account is not active" in answer.content.decode()
    assert not is_in(visitor)


def test_another_subject_of_the_same_number_is_refused(make: Make, openid: OpenId, visitor: Client) -> None:
    """A number that was given to somebody else there does not open the first one's account."""
    make()
    sign_in(Client(), openid)
    openid.people["s-other"] = {"preferred_username": "KF2"}
    answer = sign_in(visitor, openid, "s-other")
    assert "linked with another account" in answer.content.decode()
    assert not is_in(visitor)
    assert Identity.objects.get().subject == "s-kf2"


def test_a_provider_that_is_off_lets_nobody_in(make: Make, openid: OpenId, visitor: Client) -> None:
    provider = make()
    asked = leave(visitor)
    Provider.objects.update(enabled=False)
    answer = come_back(visitor, openid.agree("s-kf2", asked))
    assert "switched off" in answer.content.decode()
    assert provider.name_en not in visitor.get("/sign-in/").content.decode().replace("Company account.", "")
    assert visitor.get(reverse("sign-in-with", args=["company"])).status_code == 404


@pytest.mark.parametrize("broken", ["500", "garbage", "list", "huge", "redirect"])
def test_a_provider_that_is_down_leaves_the_password(make: Make, openid: OpenId, visitor: Client, broken: str) -> None:
    make()
    openid.broken = broken
    answer = visitor.get(reverse("sign-in-with", args=["company"]), follow=True)
    assert "does not answer" in answer.content.decode()
    assert "password" in answer.content.decode()
    assert enter(visitor, "KF2").status_code == 302
    assert is_in(visitor)
    assert Operation.objects.filter(action="accounts.provider_failed").count() == 1


@pytest.mark.parametrize("broken", ["500", "garbage", "429", "slow"])
def test_a_provider_that_fails_on_the_way_back_lets_nobody_in(
    make: Make, openid: OpenId, visitor: Client, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.setattr(calls, "TIMEOUT", httpx.Timeout(0.3))
    url = openid.agree("s-kf2", leave(visitor))
    openid.broken = broken
    answer = come_back(visitor, url)
    words = "no more requests" if broken == "429" else "does not answer"
    assert words in answer.content.decode()
    assert not is_in(visitor)


def test_a_server_that_nobody_listens_at_is_down(
    make: Make, openid: OpenId, visitor: Client, settings: Settings
) -> None:
    settings.SSO_HOSTS = {"http://127.0.0.1:9": "http://127.0.0.1:9"}
    make(issuer="http://127.0.0.1:9/realm")
    answer = visitor.get(reverse("sign-in-with", args=["company"]), follow=True)
    assert "does not answer" in answer.content.decode()


def test_metadata_of_another_issuer_are_refused(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    openid.metadata["issuer"] = "https://evil.example"
    assert "has refused" in visitor.get(reverse("sign-in-with", args=["company"]), follow=True).content.decode()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/token", "file:///etc/passwd", "https://user@host/token", "", "https://a b/", "x"]
)
def test_metadata_that_lead_elsewhere_are_refused(make: Make, openid: OpenId, visitor: Client, url: str) -> None:
    make()
    openid.metadata["token_endpoint"] = url
    assert "has refused" in visitor.get(reverse("sign-in-with", args=["company"]), follow=True).content.decode()


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",  # noqa: S104 - judged, not bound to
    "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_asked(address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SSO_HOSTS = {}
    found = [(0, 0, 0, "", (address, 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("93.184.216.34", 443)), *found])
    with pytest.raises(Failed, match="private address"):
        calls.ask("GET", "https://login.example.com/x", anywhere=True)


def test_the_connection_goes_to_the_address_that_was_judged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere the second time leads nowhere; certificate and Host are still the name's."""
    settings.SSO_HOSTS = {}
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("93.184.216.34", 443))])
    seen: list[httpx.Request] = []

    def handle(self: object, request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
    calls.ask("GET", "https://login.example.com/x?y=1", anywhere=True)
    assert str(seen[0].url) == "https://93.184.216.34/x?y=1"
    assert seen[0].headers["Host"] == "login.example.com"
    assert seen[0].extensions["sni_hostname"] == "login.example.com"
    assert hosts.public_address("login.example.com", 443) == "93.184.216.34"


def demand_factor(user: User) -> None:
    Role.objects.filter(code="employee").update(second_factor=True)
    role = Role.objects.get(code="employee")
    Grant.objects.get_or_create(user=user, role=role, valid_from=date(2026, 1, 1))


def has_app(user: User) -> None:
    SecondFactor.objects.create(user=user, secret="A" * 32, confirmed_at=timezone.now())


def test_the_second_factor_is_asked_for_after_the_provider(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    has_app(User.objects.get(username="KF2"))
    answer = sign_in(visitor, openid)
    assert answer.redirect_chain[-1][0] == reverse("second-factor")
    assert not is_in(visitor)


def test_a_provider_that_is_itself_a_second_factor_needs_none_here(make: Make, openid: OpenId, visitor: Client) -> None:
    make(is_strong=True)
    user = User.objects.get(username="KF2")
    has_app(user)
    sign_in(visitor, openid)
    assert is_in(visitor)


def test_who_must_have_a_second_factor_sets_it_up_first(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    demand_factor(User.objects.get(username="KF2"))
    answer = sign_in(visitor, openid)
    assert answer.redirect_chain[-1][0] == reverse("my-factor")


def test_who_must_have_a_second_factor_has_it_at_a_strong_provider(make: Make, openid: OpenId, visitor: Client) -> None:
    make(is_strong=True)
    demand_factor(User.objects.get(username="KF2"))
    sign_in(visitor, openid)
    assert is_in(visitor)
    assert enter(Client(), "KF2").status_code == 302
    other = Client()
    enter(other, "KF2")
    assert other.get("/me/security/")["Location"] == reverse("my-factor")


def press_link(client: Client, code: str = "company") -> dict[str, str]:
    """Press “Link”: the page that goes on by itself."""
    answer = client.post(reverse("link-identity", args=[code]))
    assert answer.status_code == 200
    there = answer["Refresh"].removeprefix("0;url=")
    return dict(parse_qsl(urlsplit(there).query))


def test_one_links_and_unlinks_oneself(make: Make, openid: OpenId) -> None:
    make(match="subject")
    client = client_of("KF3")
    answer = come_back(client, openid.agree("s-kf2", press_link(client)))
    assert "is linked" in answer.content.decode()
    assert Identity.objects.get().user.username == "KF3"
    assert "new way to sign in" in client.get(reverse("inbox")).content.decode()
    other = Client()
    sign_in(other, openid)
    assert is_in(other)
    client.post(reverse("unlink-identity", args=["company"]))
    assert not Identity.objects.exists()
    actions = set(Operation.objects.values_list("action", flat=True))
    assert {"accounts.link_identity", "accounts.unlink_identity"} <= actions


def test_a_link_comes_back_to_whoever_began_it(make: Make, openid: OpenId) -> None:
    """Not to who signed in meanwhile, nor to a sign-in; and a sign-in does not become a link."""
    make(match="subject")
    client = client_of("KF3")
    asked = press_link(client)
    client.force_login(User.objects.get(username="KF4"))
    assert "did not begin" in come_back(client, openid.agree("s-kf2", asked)).content.decode()
    visitor = Client()
    asked = leave(visitor)
    visitor.force_login(User.objects.get(username="KF4"))
    come_back(visitor, openid.agree("s-kf2", asked))
    assert not Identity.objects.exists()


def test_a_link_needs_whoever_began_it_even_in_the_same_session(make: Make, openid: OpenId) -> None:
    provider = make()
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), User.objects.get(username="KF3")  # type: ignore[attr-defined]
    trip = operations.depart(request, provider, back="https://x/", user=request.user)
    request.user = User.objects.get(username="KF4")
    with pytest.raises(Failed, match="state"):
        operations.arrive(request, provider, trip.state)


def test_what_is_linked_elsewhere_cannot_be_linked_again(make: Make, openid: OpenId) -> None:
    make()
    sign_in(Client(), openid)
    client = client_of("KF3")
    answer = come_back(client, openid.agree("s-kf2", press_link(client)))
    assert "linked with another account" in answer.content.decode()
    assert Identity.objects.get().user.username == "KF2"


def test_the_last_way_in_is_not_taken_away(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    sign_in(visitor, openid)
    user = User.objects.get(username="KF2")
    user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(password=user.password)
    client = Client(headers={"accept-language": "en"})
    sign_in(client, openid)
    answer = client.post(reverse("unlink-identity", args=["company"]), follow=True)
    assert "only way in" in answer.content.decode()
    assert Identity.objects.exists()


def test_an_address_nobody_has_is_not_found(make: Make, openid: OpenId, visitor: Client) -> None:
    make()
    assert visitor.get("/sign-in/with/nobody/").status_code == 404
    answer = visitor.get("/sign-in/back/nobody/", follow=True)
    assert answer.status_code == 200
    assert "switched off" in answer.content.decode()
    assert isinstance(answer.wsgi_request.user, AnonymousUser)


def test_sign_in_needs_few_queries(make: Make, openid: OpenId, visitor: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    make()
    with django_assert_max_num_queries(15):
        visitor.get("/sign-in/")
    url = openid.agree("s-kf2", leave(visitor))
    parts = urlsplit(url)
    with django_assert_max_num_queries(45):
        visitor.get(f"{parts.path}?{parts.query}")


ODD_METADATA = [
    {"userinfo_endpoint": "http://10.0.0.1/me"},
    {"userinfo_endpoint": "x"},
    {"token_endpoint_auth_methods_supported": 5},
]


@pytest.mark.parametrize("odd", ODD_METADATA)
def test_odd_metadata_let_nobody_in_and_break_nothing(
    make: Make, openid: OpenId, visitor: Client, odd: dict[str, object]
) -> None:
    make()
    openid.people = {"s-kf2": {}}
    openid.metadata.update(odd)
    way = visitor.get(reverse("sign-in-with", args=["company"]))
    if way["Location"] != "/sign-in/":
        way = come_back(visitor, openid.agree("s-kf2", dict(parse_qsl(urlsplit(way["Location"]).query))))
        assert way.status_code == 200
    assert not is_in(visitor)
