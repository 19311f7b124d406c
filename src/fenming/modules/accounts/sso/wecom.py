"""WeCom: inside its app without a word, elsewhere by a QR code. It vouches for a userid of the company."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fenming.library.text import Words
from fenming.modules.accounts.models import Provider
from fenming.modules.accounts.sso.calls import Answer, ask
from fenming.modules.accounts.sso.hosts import origin
from fenming.modules.accounts.sso.protocol import Failed, Known, Reason, Trip
from fenming.modules.accounts.sso.tokens import Stale, with_token

_STALE = {40014, 42001}
_REASONS = {
    40029: Reason.CODE, 42003: Reason.CODE,
    40001: Reason.CREDENTIALS, 40013: Reason.CREDENTIALS, 41004: Reason.CREDENTIALS, 60020: Reason.CREDENTIALS,
    45009: Reason.BUSY, 45033: Reason.BUSY, -1: Reason.DOWN,
    60111: Reason.STRANGER,
}  # fmt: skip


def address(provider: Provider, trip: Trip, agent: str) -> str:
    """The silent page inside the app, the page with the QR code elsewhere."""
    if "wxwork" in agent.lower():
        asked = {
            "appid": provider.client, "redirect_uri": trip.back, "response_type": "code", "scope": "snsapi_base",
            "state": trip.state, "agentid": provider.agent,
        }  # fmt: skip
        return f"{origin('open.weixin.qq.com')}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"
    asked = {
        "login_type": "CorpApp", "appid": provider.client, "agentid": provider.agent, "redirect_uri": trip.back,
        "state": trip.state,
    }  # fmt: skip
    return f"{origin('login.work.weixin.qq.com')}/wwlogin/sso/login?{urlencode(asked)}"


def known(provider: Provider, trip: Trip, answer: Mapping[str, str]) -> Known:
    """The code for the member's userid; somebody else has only an openid."""
    code = answer.get("code", "")
    said = with_token(provider, _fetch, lambda token: _get("auth/getuserinfo", access_token=token, code=code))
    subject = said.text("userid") or said.text("UserId")
    if not subject:
        raise Failed(Reason.STRANGER, "openid" if said.text("openid") or said.text("OpenId") else "no userid")
    return Known(subject=subject, number=subject)


def prove(provider: Provider) -> Words:
    """A token of the app is given out."""
    _fetch(provider)
    return Words(zh="企业微信认可企业 ID 和应用 Secret。", en="WeCom accepts the corp id and the secret of the app.")


def _fetch(provider: Provider) -> tuple[str, int]:
    said = _get("gettoken", corpid=provider.client, corpsecret=provider.secret)
    token = said.text("access_token")
    if not token:
        raise Failed(Reason.DOWN, "no access_token")
    return token, int(said.text("expires_in") or 0)


def _get(path: str, **asked: str) -> Answer:
    said = ask("GET", f"{origin('qyapi.weixin.qq.com')}/cgi-bin/{path}", params=asked)
    code = said.body.get("errcode")
    if code in _STALE:
        raise Stale
    if said.status != 200 or code != 0:
        reason = _REASONS.get(code, Reason.REFUSED) if isinstance(code, int) else Reason.DOWN
        raise Failed(reason, f"HTTP {said.status}, errcode {said.text('errcode')}: {said.text('errmsg')}")
    return said
