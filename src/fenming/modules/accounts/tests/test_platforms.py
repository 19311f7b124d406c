"""WeCom, DingTalk and Feishu: the same way in, each by its own protocol."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from fenming.controls.models import Operation
from fenming.modules.accounts.models import Identity, Provider, User
from fenming.modules.accounts.sso import calls, dingtalk, feishu, oidc, wecom
from fenming.modules.accounts.sso.hosts import origin
from fenming.modules.accounts.tests.conftest import client_of, enter, is_in
from fenming.modules.accounts.tests.standins import DingTalk, Feishu, StandIn, WeCom

KINDS = {"wecom": WeCom, "dingtalk": DingTalk, "feishu": Feishu}
IN_WECOM = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh"


@dataclass(frozen=True)
class Platform:
    """A platform's stand-in, and the provider that trusts it."""

    standin: Any
    provider: Provider

    def leave(self, client: Client, **headers: str) -> dict[str, str]:
        answer = client.get(reverse("sign-in-with", args=[self.provider.code]), headers=headers)
        assert answer.status_code == 302, answer.content
        there = urlsplit(answer["Location"])
        asked = dict(parse_qsl(there.query))
        if self.provider.kind == "wecom":
            self.standin.check_departure(there.path, asked)
        else:
            self.standin.check_departure(asked)
        return asked

    def come_back(self, client: Client, asked: dict[str, str], who: str, *, code: str = ""):  # type: ignore[no-untyped-def]
        code = code or self.standin.code_for(who)
        names = ("authCode", "code") if self.provider.kind == "dingtalk" else ("code",)
        path = urlsplit(asked["redirect_uri"]).path
        return client.get(path, {**dict.fromkeys(names, code), "state": asked["state"]}, follow=True)

    def sign_in(self, client: Client, who: str):  # type: ignore[no-untyped-def]
        return self.come_back(client, self.leave(client), who)


Start = Callable[..., Platform]


@pytest.fixture
def start(staff: None, settings: Settings) -> Iterator[Start]:
    cache.clear()
    begun: list[StandIn] = []

    def make(kind: str, **more: Any) -> Platform:
        standin = KINDS[kind]()
        begun.append(standin)
        settings.SSO_HOSTS = {**settings.SSO_HOSTS, **dict.fromkeys(standin.hosts, standin.origin)}
        given = {
            "code": kind, "kind": kind, "name_zh": kind, "name_en": kind.title(), "match": "number",
            "client": getattr(standin, "corp", "") or standin.client, "secret": standin.secret,  # type: ignore[attr-defined]
            "agent": getattr(standin, "agent", ""),
        }  # fmt: skip
        if isinstance(standin, DingTalk):
            standin.members = {"u-kf2": "KF2", "KF2": "", "u-none": "KF99"}
        if isinstance(standin, Feishu):
            standin.numbers = {"u-kf2": "KF2", "u-none": "KF99"}
        return Platform(standin, Provider.objects.create(**given | more))

    yield make
    for one in begun:
        one.close()
        assert one.wrong == []
    cache.clear()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def whoever(kind: str) -> str:
    """The platform's user id of KF2; in WeCom companies take the number itself."""
    return "KF2" if kind == "wecom" else "u-kf2"


def test_the_button_leads_in(start: Start, kind: str, visitor: Client) -> None:
    platform = start(kind)
    platform.sign_in(visitor, whoever(kind))
    assert is_in(visitor)
    identity = Identity.objects.get()
    assert (identity.subject, identity.user.username) == (whoever(kind), "KF2")
    assert Operation.objects.filter(action="accounts.sign_in", actor_name="KF2", after__method=kind).exists()


def test_a_state_is_good_once_and_in_its_own_session(start: Start, kind: str, visitor: Client) -> None:
    platform = start(kind)
    asked = platform.leave(Client())
    assert "did not begin" in platform.come_back(visitor, asked, whoever(kind)).content.decode()
    asked = platform.leave(visitor)
    platform.come_back(visitor, asked, whoever(kind))
    assert is_in(visitor)
    visitor.post("/sign-out/")
    assert "was used already" in platform.come_back(visitor, asked, whoever(kind)).content.decode()
    assert not is_in(visitor)


def test_a_state_of_one_platform_is_no_state_of_another(start: Start, visitor: Client) -> None:
    first, second = start("wecom"), start("feishu")
    asked = first.leave(visitor)
    code = second.standin.code_for("u-kf2")
    answer = visitor.get(reverse("sign-in-back", args=["feishu"]), {"code": code, "state": asked["state"]}, follow=True)
    assert "did not begin" in answer.content.decode()
    assert not is_in(visitor)


def test_an_expired_code_is_refused(start: Start, kind: str, visitor: Client) -> None:
    platform = start(kind)
    answer = platform.come_back(visitor, platform.leave(visitor), "", code="used-before")
    assert "The code has expired or was used already" in answer.content.decode()
    assert not is_in(visitor)


def test_a_wrong_secret_is_said_to_the_administrator(start: Start, kind: str, visitor: Client) -> None:
    platform = start(kind, secret="wrong")
    assert "does not accept the credentials" in platform.sign_in(visitor, whoever(kind)).content.decode()
    administrator = client_of("security")
    page = administrator.post(reverse("try-provider", args=[kind]), follow=True).content.decode()
    assert "does not accept the credentials" in page
    assert "wrong" not in page.replace("wrong attempts", "")
    Provider.objects.update(secret=platform.standin.secret)
    page = administrator.post(reverse("try-provider", args=[kind]), follow=True).content.decode()
    assert "accepts" in page
    assert Operation.objects.filter(action="accounts.try_provider").count() == 2


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("500", "does not answer"), ("garbage", "does not answer"), ("list", "does not answer"),
        ("redirect", "does not answer"), ("slow", "does not answer"), ("limit", "no more requests"),
        ("429", "no more requests"),
    ],
)  # fmt: skip
def test_a_platform_that_is_down_leaves_the_password(
    start: Start, kind: str, visitor: Client, broken: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = start(kind)
    monkeypatch.setattr(calls, "TIMEOUT", httpx.Timeout(0.3 if broken == "slow" else 5))
    platform.standin.broken = broken
    answer = platform.sign_in(visitor, whoever(kind))
    assert words in answer.content.decode()
    assert "password meanwhile" in answer.content.decode()
    assert not is_in(visitor)
    enter(visitor, "KF2")
    assert is_in(visitor)


@pytest.mark.parametrize("kind", ["wecom", "dingtalk"])
def test_somebody_outside_the_company_is_refused(start: Start, kind: str, visitor: Client) -> None:
    platform = start(kind)
    assert "not a member" in platform.sign_in(visitor, "outside-1").content.decode()
    assert not Identity.objects.exists()


def test_somebody_whom_dingtalk_does_not_find_in_the_company_is_refused(start: Start, visitor: Client) -> None:
    assert "not a member" in start("dingtalk").sign_in(visitor, "stranger").content.decode()


def test_nobody_of_that_number_means_no_account(start: Start, kind: str, visitor: Client) -> None:
    before = User.objects.count()
    assert (
        "No account here was found"
        in start(kind).sign_in(visitor, "u-none" if kind != "wecom" else "KF99").content.decode()
    )
    assert User.objects.count() == before


def test_a_feishu_app_that_may_not_see_user_ids_says_which_permission_it_lacks(start: Start, visitor: Client) -> None:
    platform = start("feishu")
    platform.standin.shows_user_id = False
    assert "does not accept the credentials" in platform.sign_in(visitor, "u-kf2").content.decode()
    entry = Operation.objects.get(action="accounts.provider_failed")
    assert "contact:user.employee_id:readonly" in entry.after["detail"]


def test_a_platform_does_not_find_people_by_email(start: Start, visitor: Client) -> None:
    """What stands there as e-mail, people may have typed themselves."""
    start("dingtalk")
    administrator = client_of("security")
    page = administrator.get(reverse("provider", args=["dingtalk"])).content.decode()
    assert 'value="number"' in page
    assert 'value="email"' not in page


def test_the_token_of_the_app_is_kept_and_a_withdrawn_one_fetched_anew(start: Start, visitor: Client) -> None:
    platform = start("wecom")
    platform.sign_in(Client(), "KF2")
    platform.sign_in(Client(), "KF3")
    assert platform.standin.asked.count("GET /cgi-bin/gettoken") == 1
    platform.standin.tokens.clear()
    platform.sign_in(visitor, "KF2")
    assert is_in(visitor)
    assert platform.standin.asked.count("GET /cgi-bin/gettoken") == 2


def test_a_new_secret_has_a_new_token(start: Start, visitor: Client) -> None:
    platform = start("wecom")
    platform.sign_in(Client(), "KF2")
    Provider.objects.update(secret="wrong")
    assert "does not accept the credentials" in platform.sign_in(visitor, "KF2").content.decode()


def test_inside_wecom_one_is_signed_in_without_a_word(start: Start) -> None:
    platform = start("wecom")
    client = Client(headers={"user-agent": IN_WECOM})
    first = client.get("/me/security/")
    page = client.get(first["Location"])
    assert page["Location"].startswith("/sign-in/with/wecom/?next=")
    there = client.get(page["Location"])["Location"]
    assert there.startswith(f"{platform.standin.origin}/connect/oauth2/authorize?")
    assert there.endswith("#wechat_redirect")
    platform.standin.signed_in = "KF2"
    back = httpx.get(there.partition("#")[0]).headers["Location"]
    parts = urlsplit(back)
    assert client.get(f"{parts.path}?{parts.query}")["Location"] == "/me/security/"
    assert is_in(client)
    client.post("/sign-out/")
    assert client.get("/sign-in/").status_code == 200


def test_after_a_failure_inside_the_app_the_password_can_be_typed(start: Start) -> None:
    platform = start("wecom")
    client = Client(headers={"user-agent": IN_WECOM})
    asked = dict(parse_qsl(urlsplit(client.get("/sign-in/with/wecom/")["Location"]).query))
    answer = platform.come_back(client, asked, "outside-1")
    assert answer.redirect_chain == [("/sign-in/", 302)]


def test_elsewhere_the_wecom_page_has_a_code_to_scan(start: Start, visitor: Client) -> None:
    start("wecom")
    there = visitor.get("/sign-in/with/wecom/")["Location"]
    assert "/wwlogin/sso/login?login_type=CorpApp&" in there


OFFICIAL = {
    "qyapi.weixin.qq.com", "open.weixin.qq.com", "login.work.weixin.qq.com", "api.dingtalk.com", "oapi.dingtalk.com",
    "login.dingtalk.com", "open.feishu.cn", "accounts.feishu.cn",
}  # fmt: skip


def test_platforms_are_reached_at_their_own_hosts(settings: Settings) -> None:
    settings.SSO_HOSTS = {}
    assert {origin(one) for one in OFFICIAL} == {f"https://{one}" for one in OFFICIAL}
    assert {one for kind in KINDS.values() for one in kind.hosts} == OFFICIAL


def test_every_kind_has_its_protocol() -> None:
    for module in (oidc, wecom, dingtalk, feishu):
        assert callable(module.address)
        assert callable(module.known)
        assert callable(module.prove)


def typed(**more: str) -> dict[str, str]:
    given = {"kind": "wecom", "code": "wecom", "name_zh": "企业微信", "name_en": "WeCom", "client": WeCom.corp}
    return given | {"agent": WeCom.agent, "secret": WeCom.secret, "match": "number"} | more


def test_an_administrator_sets_a_provider_up_and_never_sees_the_secret_again(staff: None) -> None:
    client = client_of("security")
    assert client.post(reverse("new-provider"), typed()).status_code == 302
    provider = Provider.objects.get()
    assert provider.secret == WeCom.secret
    page = client.get(reverse("provider", args=["wecom"])).content.decode()
    assert WeCom.secret not in page
    assert "http://testserver/sign-in/back/wecom/" in page
    client.post(reverse("provider", args=["wecom"]), typed(secret="", name_en="Work WeChat"))
    provider.refresh_from_db()
    assert (provider.name_en, provider.secret) == ("Work WeChat", WeCom.secret)
    written = repr(list(Operation.objects.filter(action="accounts.set_provider").values()))
    assert "Work WeChat" in written
    assert WeCom.secret not in written


def test_another_address_wants_the_secret_again(staff: None) -> None:
    """Else whoever may edit could have the kept secret sent to a server of his own."""
    client = client_of("security")
    client.post(reverse("new-provider"), typed())
    page = client.post(reverse("provider", args=["wecom"]), typed(secret="", client="ww-other"))
    assert b"type the secret again" in page.content
    assert Provider.objects.get().client == WeCom.corp


def test_a_provider_who_knows_people_does_not_become_another(start: Start) -> None:
    """The same user id would be somebody else there."""
    start("wecom").sign_in(Client(), "KF2")
    page = client_of("security").post(reverse("provider", args=["wecom"]), typed(client="ww-other"))
    assert b"cannot become another company" in page.content


@pytest.mark.parametrize(
    "issuer", ["http://login.example.com", "https://u:p@login.example.com", "ftp://x", "https://a#b", "https://a b"]
)
def test_an_issuer_is_plain_https(staff: None, issuer: str) -> None:
    more = {"kind": "oidc", "issuer": issuer, "number_claim": "preferred_username"}
    page = client_of("security").post(reverse("new-provider"), typed(**more))
    assert b"should begin with https://" in page.content
    assert not Provider.objects.exists()


def test_the_address_of_the_metadata_will_do(staff: None) -> None:
    issuer = "https://login.example.com/realms/x"
    more = {"kind": "oidc", "number_claim": "preferred_username"}
    given = typed(**more, issuer=f"{issuer}/.well-known/openid-configuration")
    client_of("security").post(reverse("new-provider"), given)
    assert Provider.objects.get().issuer == issuer


def test_a_provider_is_switched_off_and_on(start: Start, visitor: Client) -> None:
    start("wecom")
    client = client_of("security")
    for on in ("0", "0", "1"):
        client.post(reverse("switch-provider", args=["wecom"]), {"on": on})
        assert (b"Sign in with" in visitor.get("/sign-in/").content) is (on == "1")
    assert Operation.objects.filter(action="accounts.switch_provider").count() == 2


def paste(rows: str):  # type: ignore[no-untyped-def]
    return client_of("security").post(reverse("provider-people", args=["dingtalk"]), {"rows": rows}, follow=True)


def test_user_ids_are_pasted_from_excel(start: Start, visitor: Client) -> None:
    platform = start("dingtalk", match="subject")
    assert "No account here was found" in platform.sign_in(visitor, "u-kf2").content.decode()
    assert "2 people are newly linked" in paste("KF2\tu-kf2\r\n\r\nKF3\tu-kf3\r\n").content.decode()
    platform.sign_in(visitor, "u-kf2")
    assert is_in(visitor)
    assert "0 people are newly linked" in paste("KF2 u-kf2").content.decode()
    assert Operation.objects.filter(action="accounts.import_identities").count() == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("KF99\tu-1", "no account of this number"),
        ("KF3\tu-1\nKF4\tu-1", "linked otherwise"),
        ("KF3\tu-1\nKF3\tu-2", "linked otherwise"),
        ("KF3\tu-kf2", "linked otherwise"),
        ("KF3", "a number and a user id"),
        ("KF3\ta\tb", "a number and a user id"),
        ("KF3\tu\0", "Null characters"),
        ("", "required"),
    ],
)
def test_of_a_list_with_a_wrong_line_nothing_is_taken(start: Start, rows: str, words: str) -> None:
    start("dingtalk", match="subject")
    paste("KF2 u-kf2")
    assert words in paste(f"KF4\tu-kf4\n{rows}" if rows else "").content.decode()
    assert Identity.objects.count() == 1


def test_an_import_takes_few_queries(start: Start, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    start("dingtalk", match="subject")
    client = client_of("security")
    client.get("/me/security/")
    rows = "\n".join(f"KF{number}\tu-{number}" for number in (1, 2, 3, 4))
    with django_assert_max_num_queries(30):
        client.post(reverse("provider-people", args=["dingtalk"]), {"rows": rows})
    assert Identity.objects.count() == 4
    with django_assert_max_num_queries(15):
        client.get(reverse("providers"))


def test_only_who_keeps_the_policy_sees_the_providers(start: Start) -> None:
    start("wecom")
    for name in ("providers", "new-provider"):
        assert client_of("KF1").get(reverse(name)).status_code == 403
    for name in ("provider", "provider-people"):
        assert client_of("hr").get(reverse(name, args=["wecom"])).status_code == 403
