"""DingTalk: whoever comes back with a code has a unionId, which must be in the company's address book."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fenming.library.text import Words
from fenming.modules.accounts.models import Provider
from fenming.modules.accounts.sso.calls import Answer, ask
from fenming.modules.accounts.sso.hosts import origin
from fenming.modules.accounts.sso.protocol import Failed, Known, Reason, Trip
from fenming.modules.accounts.sso.tokens import Stale, with_token

_STALE = {40014, 42001}
_REASONS = {60121: Reason.STRANGER, 90018: Reason.BUSY, 90006: Reason.BUSY, -1: Reason.DOWN}
INSIDE = 0
"""The contact_type of a member; 1 is an outside contact."""


def address(provider: Provider, trip: Trip, agent: str) -> str:
    """The page with the QR code; inside the app it asks for consent only."""
    asked = {
        "client_id": provider.client, "response_type": "code", "scope": "openid", "state": trip.state,
        "prompt": "consent", "redirect_uri": trip.back,
    }  # fmt: skip
    return f"{origin('login.dingtalk.com')}/oauth2/auth?{urlencode(asked)}"


def known(provider: Provider, trip: Trip, answer: Mapping[str, str]) -> Known:
    """authCode → the person's token → unionId → userid in the company → job number, if that is wanted."""
    given = {"clientId": provider.client, "clientSecret": provider.secret}
    code = answer.get("authCode") or answer.get("code", "")
    own = _new("POST", "oauth2/userAccessToken", json=given | {"code": code, "grantType": "authorization_code"})
    me = _new("GET", "contact/users/me", headers={"x-acs-dingtalk-access-token": own.text("accessToken")})
    union = me.text("unionId")
    if not union:
        raise Failed(Reason.DOWN, "no unionId")
    found = with_token(provider, _fetch, lambda token: _old("user/getbyunionid", token, unionid=union)).inside("result")
    subject = found.text("userid")
    if not subject or found.body.get("contact_type", INSIDE) != INSIDE:
        raise Failed(Reason.STRANGER, "not a member")
    return Known(subject=subject, number=_number(provider, subject))


def _number(provider: Provider, subject: str) -> str:
    if provider.match != Provider.Match.NUMBER:
        return ""
    said = with_token(provider, _fetch, lambda token: _old("v2/user/get", token, userid=subject))
    return said.inside("result").text("job_number")


def prove(provider: Provider) -> Words:
    """A token of the app is given out."""
    _fetch(provider)
    return Words(zh="钉钉认可 Client ID 和 Client Secret。", en="DingTalk accepts the client id and the client secret.")


def _fetch(provider: Provider) -> tuple[str, int]:
    given = {"appKey": provider.client, "appSecret": provider.secret}
    said = _new("POST", "oauth2/accessToken", json=given)
    token = said.text("accessToken")
    if not token:
        raise Failed(Reason.DOWN, "no accessToken")
    return token, int(said.text("expireIn") or 0)


def _new(method: str, path: str, **more: Any) -> Answer:
    """The newer interface: the status tells, and a code in words."""
    said = ask(method, f"{origin('api.dingtalk.com')}/v1.0/{path}", **more)
    if said.status == 200:
        return said
    raise Failed(_reason(said.text("code")), f"HTTP {said.status}, {said.text('code')}: {said.text('message')}")


def _reason(code: str) -> Reason:
    word = code.lower()
    if "qps" in word or "limit" in word or "throttl" in word:
        return Reason.BUSY
    if "authcode" in word or "usercode" in word:
        return Reason.CODE
    return Reason.CREDENTIALS if "client" in word or "appkey" in word or "secret" in word else Reason.REFUSED


def _old(path: str, token: str, **given: str) -> Answer:
    """The older interface: always 200, the errcode tells."""
    said = ask("POST", f"{origin('oapi.dingtalk.com')}/topapi/{path}", params={"access_token": token}, json=given)
    code = said.body.get("errcode")
    if code in _STALE:
        raise Stale
    if said.status != 200 or code != 0:
        reason = _REASONS.get(code, Reason.REFUSED) if isinstance(code, int) else Reason.DOWN
        raise Failed(reason, f"HTTP {said.status}, errcode {said.text('errcode')}: {said.text('errmsg')}")
    return said
