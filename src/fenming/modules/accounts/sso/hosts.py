"""Where providers may be: the platforms at their own hosts, OpenID Connect anywhere in public over https.

``FENMING_SSO_HOSTS`` names the exceptions, for trials and private deployments: ``login.example.com`` or
``http://127.0.0.1:8080`` for a server of OpenID Connect inside the company, and
``qyapi.weixin.qq.com=https://wecom.example.com`` for a platform that is reached elsewhere.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings

from fenming.library.text import refuse
from fenming.modules.accounts.sso.protocol import Failed, Reason

_NAT64 = IPv6Network("64:ff9b::/96")


def origin(host: str) -> str:
    """Where a platform's host is reached."""
    named: dict[str, str] = settings.SSO_HOSTS
    return named.get(host, f"https://{host}")


def is_named(url: str) -> bool:
    """Whether whoever runs the site has named the place, so that it may be private."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in settings.SSO_HOSTS.values()


def check(url: str) -> None:
    """Refuse an address of a server of OpenID Connect that is not plain https."""
    try:
        parts = urlsplit(url)
        odd = parts.username is not None or parts.port == 0 or not parts.hostname
    except ValueError:
        odd = True
    plain = url.isascii() and url.isprintable() and not set(url) & set(" \\<>\"'")
    if odd or not plain or parts.fragment or (parts.scheme != "https" and not is_named(url)):
        raise refuse(
            "地址应以 https:// 开头，且不含用户名、空格或 #。",
            "The address should begin with https:// and have no user name, space or #.",
        )


def public_address(host: str, port: int) -> str:
    """The address of a host, all of whose addresses are public."""
    try:
        found = [ip_address(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError, ValueError) as problem:
        raise Failed(Reason.DOWN, f"{host}: no address") from problem
    if not found or not all(map(_is_public, found)):
        raise Failed(Reason.REFUSED, f"{host} is a private address; FENMING_SSO_HOSTS does not name it")
    return str(min(found, key=lambda one: one.version))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour
        if hidden is not None:
            return _is_public(hidden)
        if address in _NAT64 or address.teredo:
            return False
    return address.is_global and not address.is_multicast
