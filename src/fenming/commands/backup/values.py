"""Column values in a form that both databases share: exact, and the same text whichever database they come from."""

from __future__ import annotations

import base64
import ipaddress
import json
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any

from django.db import models

SQLITE_DIGITS = 15
"""SQLite keeps numbers of a decimal column as doubles, of which fifteen digits are sure."""
_FIFTEEN = Context(prec=SQLITE_DIGITS)
_WIDE = Context(prec=200)

KINDS = {
    "integer": (
        "AutoField BigAutoField SmallAutoField IntegerField BigIntegerField SmallIntegerField "
        "PositiveIntegerField PositiveBigIntegerField PositiveSmallIntegerField"
    ),
    "text": "CharField TextField SlugField FileField FilePathField",
    "boolean": "BooleanField",
    "decimal": "DecimalField",
    "float": "FloatField",
    "date": "DateField",
    "datetime": "DateTimeField",
    "time": "TimeField",
    "duration": "DurationField",
    "json": "JSONField",
    "binary": "BinaryField",
    "uuid": "UUIDField",
    "address": "GenericIPAddressField IPAddressField",
}
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in names.split()}


def kind_of(field: models.Field[Any, Any]) -> str:
    """The kind of a column. Raises LookupError for a field that no kind fits."""
    if isinstance(field, models.ForeignKey):
        return kind_of(field.target_field)
    return _KIND_OF[field.get_internal_type()]


def from_sqlite(kind: str, places: int) -> Callable[[Any], Any] | None:
    """What turns a value that SQLite holds into the neutral one; none where they are the same."""
    if kind == "decimal":
        return lambda value: decimal_text(_FIFTEEN.create_decimal(_number(value)), places)
    return _FROM_SQLITE.get(kind)


def from_postgres(kind: str) -> Callable[[Any], Any] | None:
    """The same for what PostgreSQL sends, see `selected`."""
    return _FROM_POSTGRES.get(kind)


def selected(kind: str, name: str) -> str:
    """How PostgreSQL is asked for a column."""
    return _SELECTED.get(kind, "{}").format(name)


def for_sqlite(kind: str) -> Callable[[Any], Any] | None:
    """What turns a neutral value into the one that Django would store in SQLite."""
    return _FOR_SQLITE.get(kind)


def for_postgres(kind: str) -> Callable[[Any], Any] | None:
    """What turns a neutral value into one that COPY takes."""
    return _FOR_POSTGRES.get(kind)


def sure_digits(text: str, places: int) -> str:
    """A decimal as SQLite can hold it."""
    value = Decimal(text)
    return text if len(value.normalize(_WIDE).as_tuple().digits) <= SQLITE_DIGITS else decimal_text(
        _FIFTEEN.create_decimal(value), places
    )  # fmt: skip


def decimal_text(value: Decimal, places: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-places), context=_WIDE):f}"


def canonical_json(text: str) -> str:
    """One spelling of a JSON text: PostgreSQL forgets the order of keys and how a number was written."""
    value = json.loads(text, parse_float=_marked, parse_int=_marked, parse_constant=_marked)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _marked(text: str) -> str:
    """A number as a text that no string of the document equals."""
    number = Decimal(text)
    if not number.is_finite():
        return f"\0{text}"
    number = number.normalize(Context(prec=len(text) + 1))
    return f"\0{number if number else 0}"


def _number(value: Any) -> Decimal:
    return Decimal.from_float(value) if isinstance(value, float) else Decimal(value)


def _moment(text: str) -> str:
    """As Django writes it into SQLite: UTC, microseconds only where there are any."""
    return str(datetime.fromisoformat(text))


def _interval(microseconds: int) -> str:
    gap = timedelta(microseconds=microseconds)
    return f"{gap.days} days {gap.seconds} seconds {gap.microseconds} microseconds"


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _address(value: str) -> str:
    return str(ipaddress.ip_address(value))


_FROM_SQLITE: dict[str, Callable[[Any], Any]] = {
    "boolean": bool,
    "float": float,
    "date": lambda value: str(date.fromisoformat(value)),
    "datetime": _moment,
    "time": lambda value: str(time.fromisoformat(value)),
    "binary": _encoded,
    "uuid": lambda value: uuid.UUID(value).hex,
    "address": _address,
}
_FROM_POSTGRES: dict[str, Callable[[Any], Any]] = {
    "datetime": _moment,
    "time": lambda value: str(time.fromisoformat(value)),
    "binary": _encoded,
    "address": _address,
}
_SELECTED = {
    "decimal": "{}::text",
    "date": "{}::text",
    "datetime": "({} AT TIME ZONE 'UTC')::text",
    "time": "{}::text",
    "duration": "(extract(epoch FROM {}) * 1000000)::bigint",
    "json": "{}::text",
    "uuid": "replace({}::text, '-', '')",
    "address": "host({})",
}
_FOR_SQLITE: dict[str, Callable[[Any], Any]] = {"binary": base64.b64decode, "boolean": int}
_FOR_POSTGRES: dict[str, Callable[[Any], Any]] = {
    "datetime": lambda value: f"{value}+00",
    "duration": _interval,
    "binary": base64.b64decode,
}
