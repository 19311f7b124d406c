"""The tables of the database as its applied migrations describe them, whatever the installed code says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from fenming.commands.backup.manifest import Column, Table
from fenming.commands.backup.values import kind_of
from fenming.library.text import refuse

Node = tuple[str, str]


def applied(connection: BaseDatabaseWrapper) -> tuple[Node, ...]:
    return tuple(sorted(MigrationRecorder(connection).applied_migrations()))


def pending(connection: BaseDatabaseWrapper) -> list[Node]:
    """Migrations of the installed code that the database has not had."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]


def unknown_migrations(nodes: Iterable[Node]) -> list[Node]:
    """Those that the installed code does not have."""
    return sorted(set(nodes) - set(MigrationLoader(None).disk_migrations or {}))


def migrate(connection: BaseDatabaseWrapper, nodes: Iterable[Node] | None = None) -> None:
    """Bring the tables to exactly these migrations; without them, to the newest."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    if nodes is None:
        executor.migrate(graph.leaf_nodes())
        return
    wanted = {node for node in nodes if node in graph.nodes}
    followed = {
        parent.key
        for node in wanted
        for parent in graph.node_map[node].parents
        if parent.key in wanted and parent.key[0] == node[0]
    }
    executor.migrate(sorted(wanted - followed))


def tables(connection: BaseDatabaseWrapper) -> list[Table]:
    """Every table, those first that others refer to."""
    recorder = MigrationRecorder(connection)
    found = _models(connection)
    return [_table(recorder.Migration), *map(_table, _in_order(found))]


def left_out(connection: BaseDatabaseWrapper, taken: Iterable[Table]) -> list[str]:
    """Tables of the database that no model describes."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return sorted(set(names) - {table.name for table in taken})


def _models(connection: BaseDatabaseWrapper) -> list[type[models.Model]]:
    executor = MigrationExecutor(connection)
    done, state = executor.loader.applied_migrations, ProjectState(real_apps=executor.loader.unmigrated_apps)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
        if (migration.app_label, migration.name) in done:
            migration.mutate_state(state, preserve=False)
    known = state.apps.get_models(include_auto_created=True)
    return [model for model in known if model._meta.managed and not model._meta.proxy]


def _in_order(found: list[type[models.Model]]) -> list[type[models.Model]]:
    """Depth first along the foreign keys; a cycle is cut where it closes, since constraints are checked at the end."""
    ordered: dict[str, type[models.Model]] = {}
    begun: set[str] = set()

    def visit(model: type[models.Model]) -> None:
        name = model._meta.db_table
        if name in begun:
            return
        begun.add(name)
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.ForeignKey):
                visit(field.related_model)
        ordered[name] = model

    for model in sorted(found, key=lambda one: one._meta.db_table):
        visit(model)
    names = {model._meta.db_table for model in found}
    return [model for name, model in ordered.items() if name in names]


def _table(model: type[models.Model]) -> Table:
    fields = [field for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]
    return Table(
        name=model._meta.db_table,
        columns=tuple(_column(model, field) for field in fields),
        key=tuple(str(field.column) for field in fields if field.primary_key),
    )


def _column(model: type[models.Model], field: models.Field[Any, Any]) -> Column:
    try:
        kind = kind_of(field)
    except LookupError:
        name = f"{model._meta.db_table}.{field.column}"
        raise refuse(
            f"备份不认识字段 {name} 的类型 {field.get_internal_type()}。请报告此问题。",
            f"A backup does not know the type {field.get_internal_type()} of {name}. Please report this.",
        ) from None
    base = field.target_field if isinstance(field, models.ForeignKey) else field
    return Column(name=str(field.column), kind=kind, places=getattr(base, "decimal_places", 0) or 0)
