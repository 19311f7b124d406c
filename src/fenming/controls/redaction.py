"""What the operation log must never hold in plain: sensitive values stay visible only as changed or not."""

import math
import re
from collections.abc import Mapping
from typing import Any

from fenming.controls.validity import as_json

MASK = "***"
MASK_CHANGED = "***≠"
"""A masked value that is not the one before."""

SENSITIVE = (
    "phone", "mobile", "id_number", "id_card", "passport", "base", "base_pay", "salary", "password", "passphrase",
    "secret", "token", "api_key", "private_key", "bank_account", "bank_card",
)  # fmt: skip
_NAMED = re.compile(rf"(?:^|_)(?:{'|'.join(SENSITIVE)})s?(?:_|$)")
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_ABSENT = object()
WHOLE = 1e16
"""From here on Python writes a float with an exponent."""


def is_sensitive(name: str) -> bool:
    """By the field's name: ``phone``, ``home_phone``, ``webhookSecret``."""
    return bool(_NAMED.search(_WORD_STARTS.sub("_", name).lower()))


def kept(values: Mapping[str, Any] | None, before: Any = _ABSENT) -> dict[str, Any] | None:
    """Values as the log keeps them; beside those before, a masked value tells whether it changed."""
    return None if values is None else _mapping(values, before)


def _mapping(values: Mapping[str, Any], before: Any) -> dict[str, Any]:
    known = before if isinstance(before, Mapping) else {}
    return {text(str(name)): _value(str(name), value, known.get(name, _ABSENT)) for name, value in values.items()}


def _value(name: str, value: Any, before: Any) -> Any:
    if is_sensitive(name) and value not in (None, "", MASK, MASK_CHANGED):
        return MASK if before is _ABSENT or before == value else MASK_CHANGED
    if isinstance(value, Mapping):
        return _mapping(value, before)
    if isinstance(value, list | tuple | set | frozenset):
        return [_value("", one, _ABSENT) for one in value]
    if isinstance(value, float):
        return _number(value)
    plain = as_json(value)
    return text(plain) if isinstance(plain, str) else plain


def _number(value: float) -> float | int | str:
    """As both databases give it back: PostgreSQL writes no exponent, which makes large ones whole, and no -0.0."""
    if not math.isfinite(value):
        return str(value)
    return int(value) if abs(value) >= WHOLE else value + 0.0


def text(value: str) -> str:
    """Text that both databases can store: PostgreSQL takes no NUL, and no encoding takes half a surrogate."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
