"""Stand-ins for the platforms, on 127.0.0.1: each checks every parameter and answers what its documentation says.

``broken`` makes one behave badly. What a stand-in dislikes it answers as the platform would, and notes in ``wrong``.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

Reply = tuple[int, Any]
SLOW_S = 3


class StandIn:
    """A server in a thread. Subclasses answer ``(method, path)`` by functions named in ``routes``."""

    routes: ClassVar[dict[tuple[str, str], str]] = {}

    def __init__(self) -> None:
        self.broken = ""
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def expect(self, condition: object, what: str) -> bool:
        """Note what is not as the documentation wants it."""
        if not condition:
            self.wrong.append(what)
        return bool(condition)

    def code_for(self, who: str, **more: Any) -> str:
        """The person has agreed: a code for them."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = {"who": who, **more}
        return code

    def take(self, code: str) -> dict[str, Any] | None:
        """A code is good once."""
        return self.codes.pop(code, None)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                standin._serve(self)

            do_GET = do_POST = do_PUT = handle_any  # noqa: N815 - the library's names

            def log_message(self, *arguments: Any) -> None:
                return

        return Handler

    def _serve(self, request: Any) -> None:
        parts = urlsplit(request.path)
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.asked.append(f"{request.command} {parts.path}")
        status, answer = self._answer(request, parts, body)
        headers: dict[str, str] = {}
        if isinstance(answer, Redirect):
            headers, data = {"Location": answer.to}, b""
        elif isinstance(answer, Page):
            headers, data = {"Content-Type": "text/html; charset=utf-8"}, answer.html.encode()
        elif isinstance(answer, bytes):
            data = answer
        else:
            headers, data = {"Content-Type": "application/json"}, json.dumps(answer).encode()
        try:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _answer(self, request: Any, parts: Any, body: bytes) -> Reply:
        match self.broken:
            case "500":
                return 500, {"errcode": -1, "message": "system error"}
            case "garbage":
                return 200, b"<html>\xff\xfe maintenance"
            case "list":
                return 200, [1, 2]
            case "huge":
                return 200, b'{"a": "' + b"x" * 2_000_000 + b'"}'
            case "redirect":
                self.expect(parts.path != "/elsewhere", "a redirect was followed")
                return 302, Redirect(f"{self.origin}/elsewhere")
            case "429":
                return 429, {"error": "slow_down"}
            case "slow":
                time.sleep(SLOW_S)
        name = self.routes.get((request.command, parts.path))
        if name is None:
            self.wrong.append(f"{request.command} {parts.path}")
            return 404, {"error": "not found"}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.expect(len(parse_qs(parts.query)) == len(parse_qsl(parts.query)), "a parameter twice")
        reply: Reply = getattr(self, name)(request.headers, query, body)
        return reply

    def json_of(self, headers: Any, body: bytes) -> dict[str, Any]:
        """The JSON object in a body."""
        self.expect(headers.get("Content-Type", "").startswith("application/json"), "Content-Type")
        found = json.loads(body)
        assert isinstance(found, dict)
        return found


class Redirect:
    def __init__(self, to: str) -> None:
        self.to = to


class Page:
    def __init__(self, html: str) -> None:
        self.html = html


@cache
def rsa_key(kid: str, which: int = 0) -> RSAKey:
    """A key pair, made once for all tests; ``which`` tells those of the same name apart."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def _back(redirect_uri: str, **answer: str) -> Reply:
    return 302, Redirect(f"{redirect_uri}?{urlencode(answer)}")


class OpenId(StandIn):
    """A server of OpenID Connect with a client ``fenming`` and keys of its own."""

    client, secret = "fenming", "s3cret/with+signs"
    routes: ClassVar = {
        ("GET", "/realm/.well-known/openid-configuration"): "discovery",
        ("GET", "/realm/keys"): "keys",
        ("GET", "/realm/authorize"): "authorize",
        ("POST", "/realm/token"): "token",
        ("GET", "/realm/userinfo"): "userinfo",
    }

    def __init__(self) -> None:
        super().__init__()
        self.issuer = f"{self.origin}/realm"
        self.metadata: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "none", "HS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
        self.rsa, self.ec = rsa_key("rsa-1"), ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})
        self.published: list[Any] = [self.rsa, self.ec]
        self.signer: dict[str, Any] = {"alg": "RS256", "kid": "rsa-1"}
        self.signing_key: Any = self.rsa
        self.claims: dict[str, Any] = {}
        """What is different in the next ID tokens; None leaves a claim out."""
        self.people: dict[str, dict[str, Any]] = {}
        self.signed_in = ""
        """Who agrees at once at the authorization endpoint."""
        self.raw_token: str | None = None
        self.userinfo_of = ""

    def discovery(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        return 200, self.metadata

    def keys(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        return 200, KeySet(self.published).as_dict(private=False)

    def authorize(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        self.check_departure(query)
        if not self.signed_in:
            return _back(query["redirect_uri"], error="access_denied", state=query["state"])
        return 302, Redirect(self.agree(self.signed_in, query))

    def check_departure(self, query: dict[str, str]) -> None:
        names = {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"}
        self.expect(set(query) == names | {"code_challenge", "code_challenge_method"}, f"parameters {sorted(query)}")
        self.expect(query["response_type"] == "code", "response_type")
        self.expect(query["client_id"] == self.client, "client_id")
        self.expect("openid" in query["scope"].split(), "scope")
        self.expect(len(query["state"]) >= 64, "state")
        self.expect(len(query["nonce"]) >= 32, "nonce")
        self.expect(query["code_challenge_method"] == "S256", "code_challenge_method")
        self.expect(len(query["code_challenge"]) == 43, "code_challenge")

    def agree(self, who: str, query: dict[str, str]) -> str:
        """The address that the browser is sent back to."""
        kept = {name: query[name] for name in ("redirect_uri", "nonce", "code_challenge")}
        answer = {"code": self.code_for(who, **kept), "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        fields = dict(parse_qsl(body.decode()))
        self.expect(headers.get("Content-Type") == "application/x-www-form-urlencoded", "Content-Type")
        if not self._is_client(headers, fields):
            return 401, {"error": "invalid_client", "error_description": "Invalid client credentials"}
        self.expect(fields.get("grant_type") == "authorization_code", "grant_type")
        kept = self.take(fields.get("code", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields.get("code_verifier", "").encode()).digest())
        if (
            kept is None
            or kept["redirect_uri"] != fields.get("redirect_uri")
            or kept["code_challenge"] != challenge.rstrip(b"=").decode()
        ):
            return 400, {"error": "invalid_grant", "error_description": "Code not valid"}
        access = f"access-{kept['who']}"
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        return 200, answer | {"id_token": self.raw_token or self.id_token(kept["who"], nonce=kept["nonce"])}

    def _is_client(self, headers: Any, fields: dict[str, str]) -> bool:
        basic = base64.b64encode(f"{self.client}:{self.secret}".encode()).decode()
        posted = (fields.get("client_id"), fields.get("client_secret")) == (self.client, self.secret)
        methods = self.metadata["token_endpoint_auth_methods_supported"]
        by_header = headers.get("Authorization") == f"Basic {basic}" and "client_secret_basic" in methods
        return by_header or (posted and "client_secret_post" in methods)

    def id_token(self, who: str, *, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": who, "aud": self.client, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.people.get(who, {}) | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(dict(self.signer), claims, self.signing_key, algorithms=[self.signer["alg"]])

    def forged(self, header: dict[str, Any], claims: dict[str, Any], key: bytes | None) -> str:
        """A token as an attacker writes it: unsigned, or signed by a shared key."""
        if key is not None:
            return jwt.encode(header, claims, OctKey.import_key(key), algorithms=["HS256"])
        parts = (json.dumps(one).encode() for one in (header, claims))
        return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts) + "."

    def userinfo(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        who = self.userinfo_of or headers.get("Authorization", "").removeprefix("Bearer access-")
        return (
            (200, {"sub": who, "preferred_username": who}) if who in self.people else (401, {"error": "invalid_token"})
        )


class WeCom(StandIn):
    """qyapi.weixin.qq.com, login.work.weixin.qq.com and open.weixin.qq.com in one."""

    corp, secret, agent = "ww0123456789abcdef", "wecom-secret", "1000002"
    routes: ClassVar = {
        ("GET", "/cgi-bin/gettoken"): "gettoken",
        ("GET", "/cgi-bin/auth/getuserinfo"): "getuserinfo",
        ("GET", "/wwlogin/sso/login"): "login",
        ("GET", "/connect/oauth2/authorize"): "inside",
    }
    hosts = ("qyapi.weixin.qq.com", "login.work.weixin.qq.com", "open.weixin.qq.com")

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()
        self.signed_in = ""

    def gettoken(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        self.expect(set(query) == {"corpid", "corpsecret"}, "gettoken parameters")
        if self.broken == "limit":
            return 200, {"errcode": 45009, "errmsg": "api freq out of limit"}
        if query.get("corpid") != self.corp:
            return 200, {"errcode": 40013, "errmsg": "invalid corpid"}
        if query.get("corpsecret") != self.secret:
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return 200, {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    def getuserinfo(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        self.expect(set(query) == {"access_token", "code"}, "getuserinfo parameters")
        if query["access_token"] not in self.tokens:
            return 200, {"errcode": 40014, "errmsg": "invalid access_token"}
        kept = self.take(query["code"])
        if kept is None:
            return 200, {"errcode": 40029, "errmsg": "invalid code"}
        if kept["who"].startswith("outside"):
            return 200, {"errcode": 0, "errmsg": "ok", "openid": kept["who"]}
        return 200, {"errcode": 0, "errmsg": "ok", "userid": kept["who"]}

    def check_departure(self, path: str, query: dict[str, str]) -> None:
        own = {"login_type": "CorpApp"} if path == "/wwlogin/sso/login" else {
            "response_type": "code", "scope": "snsapi_base",
        }  # fmt: skip
        wanted = own | {"appid": self.corp, "agentid": self.agent}
        self.expect({name: query.get(name) for name in wanted} == wanted, f"parameters {query}")
        self.expect(set(query) == set(wanted) | {"redirect_uri", "state"}, f"parameters {sorted(query)}")
        self.expect(query["state"].isalnum() and len(query["state"]) <= 128, "state")

    def login(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        self.check_departure("/wwlogin/sso/login", query)
        return _back(query["redirect_uri"], code=self.code_for(self.signed_in), state=query["state"])

    def inside(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        self.check_departure("/connect/oauth2/authorize", query)
        return _back(query["redirect_uri"], code=self.code_for(self.signed_in), state=query["state"])


class DingTalk(StandIn):
    """api.dingtalk.com, oapi.dingtalk.com and login.dingtalk.com in one."""

    client, secret = "dingabc123", "ding-secret"
    routes: ClassVar = {
        ("POST", "/v1.0/oauth2/accessToken"): "app_token",
        ("POST", "/v1.0/oauth2/userAccessToken"): "user_token",
        ("GET", "/v1.0/contact/users/me"): "me",
        ("POST", "/topapi/user/getbyunionid"): "by_union",
        ("POST", "/topapi/v2/user/get"): "member",
    }
    hosts = ("api.dingtalk.com", "oapi.dingtalk.com", "login.dingtalk.com")

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()
        self.members: dict[str, str] = {}
        """Job numbers by userid; the unionId is ``union-`` and the userid."""

    def app_token(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        given = self.json_of(headers, body)
        self.expect(set(given) == {"appKey", "appSecret"}, "accessToken body")
        if self.broken == "limit":
            return 403, {"code": "Forbidden.AccessDenied.QpsLimitForApi", "message": "qps limit"}
        if (given.get("appKey"), given.get("appSecret")) != (self.client, self.secret):
            return 400, {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return 200, {"accessToken": token, "expireIn": 7200}

    def user_token(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        given = self.json_of(headers, body)
        self.expect(set(given) == {"clientId", "clientSecret", "code", "grantType"}, "userAccessToken body")
        self.expect(given.get("grantType") == "authorization_code", "grantType")
        if (given.get("clientId"), given.get("clientSecret")) != (self.client, self.secret):
            return 400, {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
        kept = self.take(given["code"])
        if kept is None:
            return 400, {"code": "invalidParameter.authCode.notFound", "message": "不合法的临时授权码"}
        return 200, {"accessToken": f"own-{kept['who']}", "refreshToken": "r", "expireIn": 7200, "corpId": "dingcorp"}

    def me(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        token = headers.get("x-acs-dingtalk-access-token", "")
        if not self.expect(token.startswith("own-"), "x-acs-dingtalk-access-token"):
            return 400, {"code": "InvalidAuthentication", "message": "不合法的access_token"}
        who = token.removeprefix("own-")
        return 200, {"nick": who, "unionId": f"union-{who}", "openId": f"open-{who}", "email": "boss@example.com"}

    def _is_ours(self, query: dict[str, str]) -> bool:
        self.expect(set(query) == {"access_token"}, "topapi parameters")
        return query.get("access_token") in self.tokens

    def by_union(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        given = self.json_of(headers, body)
        if not self._is_ours(query):
            return 200, {"errcode": 40014, "errmsg": "不合法的access_token"}
        self.expect(set(given) == {"unionid"}, "getbyunionid body")
        who = given["unionid"].removeprefix("union-")
        if who.startswith("outside"):
            return 200, {"errcode": 0, "errmsg": "ok", "result": {"contact_type": 1, "userid": who}}
        if who not in self.members:
            return 200, {"errcode": 60121, "errmsg": "找不到该用户"}
        return 200, {"errcode": 0, "errmsg": "ok", "result": {"contact_type": 0, "userid": who}}

    def member(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        given = self.json_of(headers, body)
        if not self._is_ours(query):
            return 200, {"errcode": 40014, "errmsg": "不合法的access_token"}
        self.expect(set(given) == {"userid"}, "user/get body")
        who = given["userid"]
        return 200, {"errcode": 0, "errmsg": "ok", "result": {"userid": who, "job_number": self.members[who]}}

    def check_departure(self, query: dict[str, str]) -> None:
        wanted = {"client_id": self.client, "response_type": "code", "scope": "openid", "prompt": "consent"}
        self.expect({name: query.get(name) for name in wanted} == wanted, f"parameters {query}")
        self.expect(set(query) == set(wanted) | {"redirect_uri", "state"}, f"parameters {sorted(query)}")


class Feishu(StandIn):
    """open.feishu.cn and accounts.feishu.cn in one."""

    client, secret = "cli_a1b2c3", "feishu-secret"
    routes: ClassVar = {
        ("POST", "/open-apis/auth/v3/app_access_token/internal"): "app_token",
        ("POST", "/open-apis/authen/v1/oidc/access_token"): "user_token",
        ("GET", "/open-apis/authen/v1/user_info"): "me",
    }
    hosts = ("open.feishu.cn", "accounts.feishu.cn")

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()
        self.numbers: dict[str, str] = {}
        self.shows_user_id = True

    def app_token(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        given = self.json_of(headers, body)
        self.expect(set(given) == {"app_id", "app_secret"}, "app_access_token body")
        if self.broken == "limit":
            return 400, {"code": 99991400, "msg": "request trigger frequency limit"}
        if (given.get("app_id"), given.get("app_secret")) != (self.client, self.secret):
            return 200, {"code": 10014, "msg": "app secret invalid"}
        token = f"t-{secrets.token_hex(8)}"
        self.tokens.add(token)
        return 200, {"code": 0, "msg": "ok", "app_access_token": token, "tenant_access_token": token, "expire": 7140}

    def user_token(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        given = self.json_of(headers, body)
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 400, {"code": 99991664, "msg": "invalid app token"}
        self.expect(set(given) == {"grant_type", "code"}, "oidc/access_token body")
        self.expect(given.get("grant_type") == "authorization_code", "grant_type")
        kept = self.take(given["code"])
        if kept is None:
            return 400, {"code": 20003, "msg": "invalid authorization code"}
        data = {"access_token": f"u-{kept['who']}", "token_type": "Bearer", "expires_in": 7140, "refresh_token": "ur"}
        return 200, {"code": 0, "msg": "success", "data": data}

    def me(self, headers: Any, query: dict[str, str], body: bytes) -> Reply:
        token = headers.get("Authorization", "")
        if not self.expect(token.startswith("Bearer u-"), "Authorization"):
            return 400, {"code": 99991668, "msg": "invalid user token"}
        who = token.removeprefix("Bearer u-")
        data = {"open_id": f"ou_{who}", "union_id": f"on_{who}", "email": "boss@example.com", "tenant_key": "t1"}
        if self.shows_user_id:
            data |= {"user_id": who, "employee_no": self.numbers.get(who, "")}
        return 200, {"code": 0, "msg": "success", "data": data}

    def check_departure(self, query: dict[str, str]) -> None:
        wanted = {"client_id": self.client, "response_type": "code"}
        self.expect({name: query.get(name) for name in wanted} == wanted, f"parameters {query}")
        self.expect(set(query) == set(wanted) | {"redirect_uri", "state"}, f"parameters {sorted(query)}")
