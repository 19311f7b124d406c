"""OpenID Connect: authorization code with PKCE, and an ID token that is checked to the last claim."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from django.core.cache import cache
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from fenming.library.text import Refusal, Words
from fenming.modules.accounts.models import Provider
from fenming.modules.accounts.sso import hosts
from fenming.modules.accounts.sso.calls import Answer, ask
from fenming.modules.accounts.sso.protocol import Failed, Known, Reason, Trip

ALGORITHMS = ("RS256", "ES256")
SKEW_S = 60
CACHED_S = 600
SCOPE = "openid email profile"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def address(provider: Provider, trip: Trip, agent: str) -> str:
    """The authorization endpoint, with state, nonce and PKCE."""
    client = OAuth2Client(
        session=None, client_id=provider.client, redirect_uri=trip.back, scope=SCOPE, code_challenge_method="S256"
    )
    url, _state = client.create_authorization_url(
        metadata(provider).text("authorization_endpoint"),
        state=trip.state, nonce=trip.nonce, code_verifier=trip.verifier,
    )  # fmt: skip
    return str(url)


def known(provider: Provider, trip: Trip, answer: Mapping[str, str]) -> Known:
    """The code for an ID token; what that lacks, from the userinfo endpoint."""
    told = metadata(provider)
    if answer.get("iss") and answer["iss"] != told.text("issuer"):  # RFC 9207: another server's answer
        raise Failed(Reason.STATE, "iss")
    token = _token(
        provider, told, grant_type="authorization_code", code=answer.get("code", ""),
        redirect_uri=trip.back, code_verifier=trip.verifier,
    )  # fmt: skip
    claims = verified(provider, told, token.text("id_token"), nonce=trip.nonce, access_token=token.text("access_token"))
    if not _is_enough(provider, claims) and told.text("userinfo_endpoint"):
        claims = claims | _more(told, token.text("access_token"), subject=claims["sub"])
    said = Answer(status=200, body=claims)
    email = said.text("email") if claims.get("email_verified") is True else ""
    return Known(subject=claims["sub"], number=said.text(provider.number_claim), email=email)


def prove(provider: Provider) -> Words:
    """Metadata and keys are readable, and a code that nobody gave out is refused, not the client."""
    told = metadata(provider, fresh=True)
    _keys(told, fresh=True)
    try:
        _token(
            provider, told, grant_type="authorization_code", code="fenming-try", redirect_uri="https://localhost/",
            code_verifier="0" * 43,
        )  # fmt: skip
    except Failed as failed:
        if failed.reason != Reason.CODE:
            raise
    return Words(
        zh="元数据、签名公钥和客户端凭证均有效。", en="Metadata, signing keys and the client's credentials are right."
    )


def metadata(provider: Provider, *, fresh: bool = False) -> Answer:
    """What the server says of itself."""
    name = f"fenming.oidc.{provider.pk}.{provider.issuer}"
    body: dict[str, Any] | None = None if fresh else cache.get(name)
    if body is None:
        body = _discovered(provider.issuer).body
        cache.set(name, body, CACHED_S)
    return Answer(status=200, body=body)


def _discovered(issuer: str) -> Answer:
    told = ask("GET", get_well_known_url(issuer, external=True), anywhere=True)
    if told.status != 200 or told.text("issuer").rstrip("/") != issuer.rstrip("/"):
        raise Failed(Reason.REFUSED, f"HTTP {told.status}; the metadata's issuer is {told.text('issuer') or 'missing'}")
    try:
        for one in (*_ENDPOINTS, *(name for name in ("userinfo_endpoint",) if told.text(name))):
            hosts.check(told.text(one))
    except Refusal:
        raise Failed(Reason.REFUSED, f"{one}: {told.text(one) or 'missing'}") from None
    return told


def _token(provider: Provider, told: Answer, **fields: str) -> Answer:
    methods = told.body.get("token_endpoint_auth_methods_supported")
    in_body = isinstance(methods, list) and methods and "client_secret_basic" not in methods
    method = "client_secret_post" if in_body else "client_secret_basic"
    sign = ClientAuth(provider.client, provider.secret, method)
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    url, headers, body = sign.prepare("POST", told.text("token_endpoint"), headers, urlencode(fields))
    answer = ask("POST", url, anywhere=True, headers=headers, content=body)
    if answer.status == 200:
        return answer
    error = answer.text("error")
    reasons = {"invalid_grant": Reason.CODE, "invalid_client": Reason.CREDENTIALS}
    raise Failed(reasons.get(error, Reason.REFUSED), f"HTTP {answer.status} {error} {answer.text('error_description')}")


def verified(provider: Provider, told: Answer, token: str, *, nonce: str, access_token: str = "") -> dict[str, Any]:
    """The claims of an ID token whose signature, issuer, audience, times and nonce are right."""
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        try:
            found = jwt.decode(token, _keys(told), registry=registry)
        except InvalidKeyIdError:  # the server has new keys
            found = jwt.decode(token, _keys(told, fresh=True), registry=registry)
        options = {
            "iss": {"essential": True, "value": told.text("issuer")},
            "sub": {"essential": True},
            "aud": {"essential": True, "value": provider.client},
        }
        params = {"nonce": nonce, "client_id": provider.client, "access_token": access_token}
        claims = CodeIDToken(found.claims, found.header, options, params)
        claims.validate(leeway=SKEW_S)
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise Failed(Reason.TOKEN, str(problem)) from None
    if not 0 < len(claims["sub"]) <= 255 or "\0" in claims["sub"]:
        raise Failed(Reason.TOKEN, "sub")
    return dict(claims)


def _keys(told: Answer, *, fresh: bool = False) -> KeySet:
    """The server's public keys for signatures: never a shared one, so that none is mistaken for the other."""
    url = told.text("jwks_uri")
    found: list[dict[str, Any]] | None = None if fresh else cache.get(f"fenming.jwks.{url}")
    if found is None:
        given = ask("GET", url, anywhere=True).body.get("keys")
        found = [one for one in given if _signs(one)] if isinstance(given, list) else []
        cache.set(f"fenming.jwks.{url}", found, CACHED_S)
    try:
        return KeySet.import_key_set({"keys": found})
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise Failed(Reason.TOKEN, f"JWKS: {problem}") from None


def _signs(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") in {"RSA", "EC"}
        and key.get("use", "sig") == "sig"
        and key.get("alg", ALGORITHMS[0]) in ALGORITHMS
    )


def _is_enough(provider: Provider, claims: Mapping[str, Any]) -> bool:
    needed = {Provider.Match.NUMBER: provider.number_claim, Provider.Match.EMAIL: "email"}
    return needed.get(Provider.Match(provider.match), "sub") in claims


def _more(told: Answer, access_token: str, *, subject: str) -> dict[str, Any]:
    """What the userinfo endpoint says, if it is willing; it must speak of the same person."""
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    answer = ask("GET", told.text("userinfo_endpoint"), anywhere=True, headers=headers)
    if answer.status != 200:
        return {}
    if answer.text("sub") != subject:
        raise Failed(Reason.TOKEN, "userinfo speaks of somebody else")
    return answer.body
