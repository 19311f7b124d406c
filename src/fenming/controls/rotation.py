"""Encrypting everything again under the primary key, while the site runs.

Each batch is one transaction, and a value is replaced only if it is still the one that was read: a site that writes at
the same time wins, and a kill loses nothing. What was done stays done; what was not is found by the next rotation.
Append-only tables refuse updates, so they must not hold encrypted fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connections, router, transaction
from django.db.models import Count, ExpressionWrapper, F, Model, Q, QuerySet, TextField

from fenming.controls.fields import Encrypted
from fenming.controls.operations import SYSTEM, Actor, record
from fenming.controls.secrets import VERSION, Keyring, SecretError, keyring

BATCH = 500
UNKNOWN = "?"
"""Stands for the key of values that name none of the ring."""
Told = Callable[[str, int, int], None]
Models = Iterable[type[Model]]


@dataclass(frozen=True, slots=True)
class Column:
    """One encrypted field at the table that holds it."""

    model: type[Model]
    field: Encrypted[Any, Any]

    @property
    def label(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def database(self) -> str:
        return router.db_for_write(self.model)

    def tokens(self) -> QuerySet[Any, Any]:
        """The rows that hold a value, with its token as it is stored."""
        stored = ExpressionWrapper(F(self.field.name), output_field=TextField())
        rows: QuerySet[Any, Any] = self.model._base_manager.using(self.database).annotate(stored_token=stored)
        return rows.exclude(stored_token="").filter(stored_token__isnull=False)

    def stale(self, ring: Keyring) -> QuerySet[Any, Any]:
        """Those that the primary key does not hold."""
        return self.tokens().exclude(stored_token__startswith=_prefix(ring.primary))


@dataclass(slots=True)
class Rotation:
    """What a rotation did: values written anew, those it could not read, and how many each key holds afterwards."""

    changed: int = 0
    unreadable: set[str] = field(default_factory=set)
    held: Counter[str] = field(default_factory=Counter)


def encrypted_columns(models: Models | None = None) -> list[Column]:
    """Every encrypted field of the models, by default of all that are installed."""
    return [
        Column(model, one)
        for model in (apps.get_models(include_auto_created=True) if models is None else models)
        if not model._meta.proxy
        for one in model._meta.local_concrete_fields
        if isinstance(one, Encrypted)
    ]


def held(models: Models | None = None) -> Counter[str]:
    """How many values each key of the ring holds: one query a column."""
    ring, found = keyring(), Counter[str]()
    for column in encrypted_columns(models):
        by_key = {
            f"key_{number}": Count("pk", filter=Q(stored_token__startswith=_prefix(name)))
            for number, name in enumerate(ring.algorithms)
        }
        *counts, everything = column.tokens().aggregate(**by_key, everything=Count("pk")).values()
        found.update(dict(zip(ring.algorithms, counts, strict=True)))
        found[UNKNOWN] += everything - sum(counts)
    return found


def rotate(models: Models | None = None, *, told: Told, batch: int = BATCH, actor: Actor = SYSTEM) -> Rotation:
    """Encrypt again every value of the models that the primary key does not hold yet."""
    ring, done, columns = keyring(), Rotation(), encrypted_columns(models)
    waiting = sum(column.stale(ring).count() for column in columns)
    for column in columns:
        for changed, unreadable in _batches(column, ring, batch):
            done.changed += changed
            done.unreadable.update(unreadable)
            told(column.label, done.changed, waiting)
    done.held = held(models)
    record(actor, "keys.rotate", ring.primary, after={"changed": done.changed, "unreadable": len(done.unreadable)})
    return done


def _batches(column: Column, ring: Keyring, size: int) -> Iterator[tuple[int, list[str]]]:
    """What each batch changed and could not read, pass after pass until one finds nothing to change."""
    progress = True
    while progress:
        progress, last = False, None
        while True:
            with transaction.atomic(using=column.database):
                rows = _read(column, ring, last, size)
                anew, unreadable = _encrypted_anew(column, ring, rows)
                changed = _write(column, anew)
            if not rows:
                break
            last, progress = rows[-1][0], progress or changed > 0
            yield changed, unreadable


def _read(column: Column, ring: Keyring, last: object, size: int) -> list[tuple[Any, str]]:
    """The next rows. Those that somebody holds wait for the next pass, so that nobody ends in a deadlock."""
    rows = column.stale(ring).order_by("pk").select_for_update(skip_locked=True)
    return list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", "stored_token")[:size])


def _encrypted_anew(
    column: Column, ring: Keyring, rows: list[tuple[Any, str]]
) -> tuple[list[tuple[str, Any, str]], list[str]]:
    """New token, key and old token of each row that can be read, and the names of those that cannot."""
    anew, unreadable, binding = [], [], column.field.binding
    for key, old in rows:
        try:
            anew.append((ring.encrypt(ring.decrypt(old, binding), binding), key, old))
        except SecretError:
            unreadable.append(f"{column.label} #{key}")
    return anew, unreadable


def _write(column: Column, anew: list[tuple[str, Any, str]]) -> int:
    """Replace the tokens that are still those that were read; returns how many."""
    if not anew:
        return 0
    connection, meta = connections[column.database], column.model._meta
    table, key = connection.ops.quote_name(meta.db_table), connection.ops.quote_name(str(meta.pk.column))
    name = connection.ops.quote_name(str(column.field.column))
    values = [(new, meta.pk.get_db_prep_value(one, connection), old) for new, one, old in anew]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s", values)
        return int(cursor.rowcount)


def _prefix(name: str) -> str:
    return f"{VERSION}.{name}."
