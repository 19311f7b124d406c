"""Feishu: whoever comes back with a code has a user_id of the company and, if the app may see it, a number."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fenming.library.text import Words
from fenming.modules.accounts.models import Provider
from fenming.modules.accounts.sso.calls import Answer, ask
from fenming.modules.accounts.sso.hosts import origin
from fenming.modules.accounts.sso.protocol import Failed, Known, Reason, Trip
from fenming.modules.accounts.sso.tokens import Stale, with_token

_STALE = {99991661, 99991663, 99991664}
_REASONS = {
    20003: Reason.CODE, 20004: Reason.CODE, 20007: Reason.CODE,
    10003: Reason.CREDENTIALS, 10014: Reason.CREDENTIALS, 10015: Reason.CREDENTIALS,
    99991400: Reason.BUSY, 11232: Reason.BUSY,
}  # fmt: skip


def address(provider: Provider, trip: Trip, agent: str) -> str:
    """The page with the QR code; inside the app it passes by itself."""
    asked = {
        "client_id": provider.client, "response_type": "code", "redirect_uri": trip.back, "state": trip.state,
    }  # fmt: skip
    return f"{origin('accounts.feishu.cn')}/open-apis/authen/v1/authorize?{urlencode(asked)}"


def known(provider: Provider, trip: Trip, answer: Mapping[str, str]) -> Known:
    """code → the person's token → user_id and number."""
    given = {"grant_type": "authorization_code", "code": answer.get("code", "")}
    said = with_token(provider, _fetch, lambda token: _call("POST", "authen/v1/oidc/access_token", token, json=given))
    own = said.inside("data").text("access_token")
    try:
        me = _call("GET", "authen/v1/user_info", own).inside("data")
    except Stale:
        raise Failed(Reason.REFUSED, "user_access_token") from None
    subject = me.text("user_id")
    if not subject:
        raise Failed(Reason.CREDENTIALS, "no user_id: the app lacks contact:user.employee_id:readonly")
    return Known(subject=subject, number=me.text("employee_no"))


def prove(provider: Provider) -> Words:
    """A token of the app is given out."""
    _fetch(provider)
    return Words(zh="飞书认可 App ID 和 App Secret。", en="Feishu accepts the app id and the app secret.")


def _fetch(provider: Provider) -> tuple[str, int]:
    given = {"app_id": provider.client, "app_secret": provider.secret}
    said = _call("POST", "auth/v3/app_access_token/internal", "", json=given)
    token = said.text("app_access_token")
    if not token:
        raise Failed(Reason.DOWN, "no app_access_token")
    return token, int(said.text("expire") or 0)


def _call(method: str, path: str, token: str, **more: Any) -> Answer:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    said = ask(method, f"{origin('open.feishu.cn')}/open-apis/{path}", headers=headers, **more)
    code = said.body.get("code")
    if code in _STALE:
        raise Stale
    if said.status != 200 or code != 0:
        reason = _REASONS.get(code, Reason.REFUSED) if isinstance(code, int) else Reason.DOWN
        raise Failed(reason, f"HTTP {said.status}, code {said.text('code')}: {said.text('msg')}")
    return said
