"""What every provider can be asked, and what may go wrong."""

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fenming.library.text import Words
from fenming.modules.accounts.models import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """To the provider and back again. Nonce and verifier follow from the state and a key of ours."""

    state: str
    nonce: str
    verifier: str
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a provider vouches for. The e-mail only where the provider has made sure of it."""

    subject: str
    number: str = ""
    email: str = ""


class Protocol(typing.Protocol):
    """A module for each kind of provider."""

    def address(self, provider: Provider, trip: Trip, agent: str) -> str:
        """Where the browser is sent; ``agent`` is what it says of itself."""

    def known(self, provider: Provider, trip: Trip, answer: Mapping[str, str]) -> Known:
        """Whom the provider vouches for, by what the browser brought back."""

    def prove(self, provider: Provider) -> Words:
        """Whether the credentials are right: what the platform says, or ``Failed``."""


class Reason(StrEnum):
    """Why a sign-in came to nothing."""

    OFF = "off"
    DENIED = "denied"
    STATE = "state"
    DOWN = "down"
    BUSY = "busy"
    CREDENTIALS = "credentials"
    CODE = "code"
    TOKEN = "token"  # noqa: S105 - the reason, not a token
    REFUSED = "refused"
    STRANGER = "stranger"
    UNKNOWN = "unknown"
    SEVERAL = "several"
    TAKEN = "taken"
    CLOSED = "closed"


_ASK = Words(zh="请联系管理员。", en="Please ask your administrator.")
_AGAIN = Words(zh="请重新登录一次。", en="Please start again.")
_PASSWORD = Words(zh="可以先用账号密码登录。", en="You can sign in with the password meanwhile.")

SENTENCES: dict[Reason, tuple[Words, Words]] = {
    Reason.OFF: (Words(zh="这种登录方式已停用。", en="This way to sign in is switched off."), _PASSWORD),
    Reason.DENIED: (Words(zh="授权被取消，没有登录。", en="It was not allowed there, so nobody is signed in."), _AGAIN),
    Reason.STATE: (
        Words(
            zh="这次登录已过期、已用过，或不是在这个浏览器里发起的。",
            en="This sign-in has expired, was used already, or did not begin in this browser.",
        ),
        _AGAIN,
    ),
    Reason.DOWN: (Words(zh="对方暂时没有应答。", en="The other side does not answer at the moment."), _PASSWORD),
    Reason.BUSY: (
        Words(zh="对方限制了访问频率，请稍后再试。", en="The other side takes no more requests for a while."),
        _PASSWORD,
    ),
    Reason.CREDENTIALS: (
        Words(zh="对方不认可本系统的应用凭证。", en="The other side does not accept the credentials of this site."),
        _ASK,
    ),
    Reason.CODE: (Words(zh="授权码已过期或已使用。", en="The code has expired or was used already."), _AGAIN),
    Reason.TOKEN: (
        Words(zh="对方给出的身份凭证未通过校验。", en="What the other side says of you could not be verified."),
        _ASK,
    ),
    Reason.REFUSED: (Words(zh="对方拒绝了请求。", en="The other side has refused."), _ASK),
    Reason.STRANGER: (Words(zh="你不在本企业的通讯录中。", en="You are not a member of this company there."), _ASK),
    Reason.UNKNOWN: (
        Words(zh="没有找到与你对应的账号。", en="No account here was found for you."),
        Words(
            zh="请先用账号密码登录，再到“我的安全”中关联；或联系管理员。",
            en="Sign in with the password and link it under My security, or ask your administrator.",
        ),
    ),
    Reason.SEVERAL: (Words(zh="对应到不止一个账号。", en="More than one account fits you."), _ASK),
    Reason.TAKEN: (
        Words(zh="它已关联到另一个账号。", en="It is linked with another account already."),
        _ASK,
    ),
    Reason.CLOSED: (Words(zh="你的账号未启用。", en="Your account is not active."), _ASK),
}


class Failed(Exception):  # noqa: N818 - a sign-in failed
    """It came to nothing. ``detail`` is for administrators: the platform's own words, never a secret."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = "".join(one for one in detail if one.isprintable())[:200]

    @property
    def words(self) -> Words:
        """For whoever wanted to sign in: what is wrong, and what to do."""
        what, remedy = SENTENCES[self.reason]
        return Words(zh=f"{what.zh}{remedy.zh}", en=f"{what.en} {remedy.en}")

    @property
    def answer(self) -> Words:
        """For an administrator who tries it."""
        what, _remedy = SENTENCES[self.reason]
        more = f" ({self.detail})" if self.detail else ""
        return Words(zh=f"{what.zh}{more}", en=f"{what.en}{more}")
