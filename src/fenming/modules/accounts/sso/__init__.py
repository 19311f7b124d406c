"""Signing in by others: where they are, how they are asked, and what each of them says of a person."""

from types import MappingProxyType

from fenming.modules.accounts.sso import dingtalk, feishu, oidc, wecom
from fenming.modules.accounts.sso.protocol import Protocol

PROTOCOLS: MappingProxyType[str, Protocol] = MappingProxyType(
    {"oidc": oidc, "wecom": wecom, "dingtalk": dingtalk, "feishu": feishu}
)
