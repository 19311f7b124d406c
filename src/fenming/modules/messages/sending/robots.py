"""The group robots of WeCom, DingTalk and Feishu: title and link, signed as each platform wants it.

A robot's address may lead to the platform's own host over https and nowhere else, unless ``FENMING_ROBOT_HOSTS`` names
the place: ``host`` or ``host:port`` (https), or a whole origin such as ``http://127.0.0.1:8080`` for a trial.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx
from django.conf import settings

from fenming.library.text import Refusal, refuse
from fenming.modules.messages.models import Channel

TIMEOUT = httpx.Timeout(8, connect=4)
ANSWER_BYTES, ANSWER_SECONDS = 64_000, 10
PER_MINUTE = {Channel.Kind.WECOM: 18, Channel.Kind.DINGTALK: 18, Channel.Kind.FEISHU: 90}
"""WeCom and DingTalk admit 20 a minute and Feishu 100; the rest is for trying by hand."""

_HOSTS = {
    Channel.Kind.WECOM: ("qyapi.weixin.qq.com",),
    Channel.Kind.DINGTALK: ("oapi.dingtalk.com",),
    Channel.Kind.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}
_PATHS = {
    Channel.Kind.WECOM: "/cgi-bin/webhook/send",
    Channel.Kind.DINGTALK: "/robot/send",
    Channel.Kind.FEISHU: "/open-apis/bot/v2/hook/",
}
_KEYS = {Channel.Kind.WECOM: "key", Channel.Kind.DINGTALK: "access_token"}
_BYTES = {Channel.Kind.WECOM: 4096, Channel.Kind.DINGTALK: 18_000, Channel.Kind.FEISHU: 18_000}
"""WeCom counts the text; DingTalk and Feishu count the whole request, 20,000 bytes of it."""

_HOPELESS = {
    Channel.Kind.WECOM: {93000, 40058, 40008},
    Channel.Kind.DINGTALK: {300001, 310000, 400013, 400101, 400102, 400105},
    Channel.Kind.FEISHU: {9499, 19001, 19021, 19022, 19024},
}
"""Answers that trying again does not change: no such robot, wrong signature, refused address, missing keyword."""

_LOOKALIKES = str.maketrans("<>[]*`@\\", "＜＞［］＊｀＠＼")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a try: sent, or why not and whether trying again may help."""

    error: str = ""
    hopeless: bool = False
    silent: bool = False  # nobody answered, so that others through the same way need not be tried now

    @property
    def is_sent(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A request as it will be made."""

    address: str
    body: dict[str, Any]


def check_address(kind: str, address: str) -> None:
    """Refuse an address that does not lead to the platform."""
    try:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        raise _wrong(kind) from None
    plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    if not plain or parts.username is not None or parts.fragment or origin not in _origins(kind):
        raise _wrong(kind)
    needed = _KEYS.get(Channel.Kind(kind))
    if not parts.path.startswith(_PATHS[Channel.Kind(kind)]) or (needed and needed not in parse_qs(parts.query)):
        raise _wrong(kind)


def _origins(kind: str) -> set[str]:
    named = [*_HOSTS[Channel.Kind(kind)], *settings.ROBOT_HOSTS]
    return {one if "://" in one else f"https://{one}" for one in named}


def _wrong(kind: str) -> ValueError:
    place = f"https://{_HOSTS[Channel.Kind(kind)][0]}{_PATHS[Channel.Kind(kind)]}…"
    return refuse(
        f"这不是该平台机器人的地址。请从群机器人的设置里完整复制，它以 {place} 开头。",
        f"This is not the address of such a robot. Copy it whole from the robot's settings; it begins with {place}",
    )


def post(kind: str, address: str, secret: str, *, title: str, link: str, opens: str, now: datetime) -> Post:
    """The request that posts a title, and a link with the words ``opens``, into the robot's group."""
    if kind == Channel.Kind.FEISHU:
        return _feishu(address, secret, title=title, link=link, opens=opens, now=now)
    text = f"**{_plain(title, _BYTES[Channel.Kind(kind)] - 1200)}**" + (f"\n\n[{opens}]({link})" if link else "")
    if kind == Channel.Kind.WECOM:
        return Post(address=address, body={"msgtype": "markdown", "markdown": {"content": text}})
    stamp = int(now.timestamp() * 1000)
    signed = f"{address}&timestamp={stamp}&sign={quote_plus(_dingtalk_sign(stamp, secret))}" if secret else address
    body = {
        "msgtype": "markdown",
        "markdown": {"title": _plain(title, 200), "text": text},
        "at": {"isAtAll": False},
    }
    return Post(address=signed, body=body)


def _feishu(address: str, secret: str, *, title: str, link: str, opens: str, now: datetime) -> Post:
    line: list[dict[str, str]] = [{"tag": "text", "text": _cut(title, _BYTES[Channel.Kind.FEISHU] - 1200)}]
    lines = [line, [{"tag": "a", "text": opens, "href": link}]] if link else [line]
    body: dict[str, Any] = {"msg_type": "post", "content": {"post": {"zh_cn": {"title": "", "content": lines}}}}
    if secret:
        stamp = int(now.timestamp())
        body |= {"timestamp": str(stamp), "sign": _feishu_sign(stamp, secret)}
    return Post(address=address, body=body)


def _dingtalk_sign(stamp: int, secret: str) -> str:
    """The secret is the key, time and secret are the message."""
    return _base64_hmac(secret, f"{stamp}\n{secret}")


def _feishu_sign(stamp: int, secret: str) -> str:
    """Time and secret are the key, the message is empty."""
    return _base64_hmac(f"{stamp}\n{secret}", "")


def _base64_hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _plain(text: str, size: int) -> str:
    """Text in which nothing formats, links or mentions anybody."""
    return _cut(text.translate(_LOOKALIKES), size)


def _cut(text: str, size: int) -> str:
    """On one line, at most so many bytes, never half a character."""
    line = " ".join(text.split()).encode()
    return line.decode() if len(line) <= size else line[: size - 3].decode(errors="ignore") + "…"


def send(kind: str, request: Post) -> Outcome:
    """Make the request once, without redirects, and read the platform's own verdict."""
    try:
        check_address(kind, request.address)
    except Refusal as refusal:
        return Outcome(error=refusal.words.en, hopeless=True)
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client,
            client.stream("POST", request.address, json=request.body) as answer,
        ):
            text = _read(answer)
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return Outcome(error=f"No answer: {type(problem).__name__}", silent=True)
    if status != httpx.codes.OK:
        return Outcome(error=f"HTTP {status} {_said(text)}".strip(), hopeless=status in {400, 401, 403, 404, 410})
    return _verdict(kind, text)


def _read(answer: httpx.Response) -> str:
    found, deadline = b"", monotonic() + ANSWER_SECONDS
    for chunk in answer.iter_bytes():
        found += chunk
        if len(found) > ANSWER_BYTES or monotonic() > deadline:
            break
    return found[:ANSWER_BYTES].decode(errors="replace")


def _verdict(kind: str, text: str) -> Outcome:
    """All three answer 200 to nearly everything; the code is inside: errcode, code or StatusCode."""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    codes = [answer[one] for one in ("errcode", "code", "StatusCode") if one in answer] if _is_map(answer) else []
    if not codes:
        return Outcome(error=f"Not understood: {_said(text)}")
    wrong = [one for one in codes if one != 0]
    if not wrong:
        return Outcome()
    return Outcome(error=_said(text), hopeless=wrong[0] in _HOPELESS[Channel.Kind(kind)])


def _is_map(answer: object) -> bool:
    return isinstance(answer, dict)


def _said(text: str) -> str:
    return _cut("".join(one for one in text if one.isprintable()), 280)
