"""Model fields that are encrypted in the database and plain in Python.

They cannot be filtered by, because equal values have different ciphertexts; for an exact look-up or uniqueness keep
``secrets.blind`` of the value in a column beside. A value is bound to its model and field: before either is renamed,
set ``bound_to`` to the old "app.Model.field". An append-only table must not hold such fields, since its values could
not be encrypted again under a new key. What an ``update`` sets by ``F()`` never passes through Python, so it would be
written as it is and refused when read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import format_number
from django.db.models.lookups import Lookup, Transform

from fenming.controls import secrets

_ST = TypeVar("_ST")
_GT = TypeVar("_GT")

if TYPE_CHECKING:
    from django.db.models import CharField, DecimalField, Field
else:  # Django's fields take type arguments in the stubs only

    def _subscriptable(kind: type) -> type:
        return type(kind.__name__, (kind,), {"__class_getitem__": classmethod(lambda cls, _: cls)})

    Field, CharField, DecimalField = map(_subscriptable, (object, models.CharField, models.DecimalField))


class Encrypted(Field[_ST, _GT]):
    """What both fields share: a text column of tokens, bound to the place where it stands."""

    def __init__(self, *args: Any, bound_to: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bound_to = bound_to

    @property
    def binding(self) -> str:
        return self.bound_to or f"{self.model._meta.label}.{self.name}"

    def get_internal_type(self) -> str:
        return "TextField"

    def deconstruct(self) -> Any:
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, options | ({"bound_to": self.bound_to} if self.bound_to else {})

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found = super().check(**kwargs)
        if self.unique or getattr(self, "db_index", False):
            hint = "Keep secrets.blind(…) of the value in a column of its own and index that."
            found.append(checks.Error("Ciphertexts cannot be indexed.", hint=hint, obj=self, id="fenming.E001"))
        return found

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        if lookup_name != "isnull":
            raise FieldError(
                f"{self.binding} is encrypted and cannot be looked up by “{lookup_name}”, only by isnull: "
                "equal values have different ciphertexts. Keep secrets.blind(…) of it in a column beside."
            )
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> type[Transform] | None:
        raise FieldError(f"{self.binding} is encrypted: the database cannot tell its “{lookup_name}”.")


class EncryptedText(Encrypted[_ST, _GT], CharField[_ST, _GT]):
    """A text, of at most ``max_length`` letters before encryption. NULL and '' are stored as they are."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return secrets.encrypt(text, self.binding) if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return secrets.decrypt(value, self.binding) if value else value


class EncryptedDecimal(Encrypted[_ST, _GT], DecimalField[_ST, _GT]):
    """A decimal number with the digits of a DecimalField; every ciphertext is as long as the longest."""

    def get_prep_value(self, value: Any) -> str | None:
        number = self.to_python(value)
        if number is None:
            return None
        text = format_number(number, self.max_digits, self.decimal_places)
        return secrets.encrypt(f"{text:>{self.max_digits + 2}}", self.binding)  # room for a sign and a point

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> Decimal | None:
        return Decimal(secrets.decrypt(value, self.binding).strip()) if value else None
