"""Checks of the database and the keys of what it holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from fenming.commands.backup import schema
from fenming.commands.doctor.finding import Finding, bad, ok, warn
from fenming.controls.models import Operation, Work
from fenming.controls.validity import GUARDS
from fenming.library.text import Refusal, Words

POSTGRESQL_MIN = 13
EVENTS = {"_append_only": ("update", "delete"), "_kept_whole": ("insert",), "_no_overlap": ("insert", "update")}
"""For each kind of guard its triggers on SQLite."""
WAITING_MINUTES = 10
SAMPLE = 20
_RESTORE = (
    "先复制现有数据，再从最近的备份恢复（fenming restore --replace）",
    "Copy what is there, then restore the latest backup (fenming restore --replace)",
)
_KEYS = Words(
    zh="放回原来的密钥文件（数据文件夹中的 keys，或备份时 --keys 另存的文件）",
    en="Put back the key file: keys in the data folder, or what --keys kept with a backup",
)


def database_reachable(data: Path) -> Iterator[Finding]:
    path = Path(str(connection.settings_dict["NAME"]))
    try:
        if connection.vendor == "sqlite" and not path.is_file():
            raise FileNotFoundError(str(path))
        connection.ensure_connection()
        if not schema.applied(connection):
            raise FileNotFoundError("no tables")
    except (DatabaseError, OSError) as error:
        reason = str(error).splitlines()[0]
        yield bad((f"数据库打不开：{reason}", f"The database does not open: {reason}"), (
            "检查 FENMING_DB、--data 和数据库服务；新站点先运行 fenming serve",
            "See to FENMING_DB, --data and the database server; a new site begins with fenming serve",
        ))  # fmt: skip
        return
    yield ok(f"数据库 {connection.vendor} 可用", f"The database ({connection.vendor}) answers")


def migrations_applied(data: Path) -> Iterator[Finding]:
    pending, unknown = schema.pending(connection), schema.unknown_migrations(schema.applied(connection))
    if unknown:
        yield bad((f"数据库由更新的版本写过：{unknown[0]}", f"A newer version wrote this database: {unknown[0]}"), (
            "安装那个版本或更新的版本", "Install that version or a newer one"
        ))  # fmt: skip
    if pending:
        yield bad((f"{len(pending)} 项表结构更新未执行", f"{len(pending)} migrations are not applied"), (
            "先备份，再运行 fenming serve（会自动更新）", "Back up, then run fenming serve, which applies them"
        ))  # fmt: skip
    if not pending and not unknown:
        yield ok("表结构是最新的", "All migrations are applied")


def integrity(data: Path) -> Iterator[Finding]:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(5)")
        faults = [str(row[0]) for row in cursor.fetchall() if row[0] != "ok"]
        cursor.execute("PRAGMA foreign_key_check")
        broken = cursor.fetchall()
    if faults:
        yield bad((f"数据库文件损坏：{faults[0]}", f"The database file is damaged: {faults[0]}"), _RESTORE)
    if broken:
        told = f"{broken[0][0]} → {broken[0][2]}"
        yield bad((f"{len(broken)} 处引用没有着落：{told}", f"{len(broken)} references lead nowhere: {told}"), _RESTORE)
    if not faults and not broken:
        yield ok("数据库文件完好", "The database file is sound")


def postgresql(data: Path) -> Iterator[Finding]:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int((cursor.fetchone() or [0])[0]) // 10_000
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gist'")
        gist = cursor.fetchone() is not None
    if version < POSTGRESQL_MIN:
        yield bad((f"PostgreSQL {version} 过旧", f"PostgreSQL {version} is too old"), (
            f"升级到 {POSTGRESQL_MIN} 或更新版本", f"Upgrade to {POSTGRESQL_MIN} or newer"
        ))  # fmt: skip
    if not gist:
        yield bad(("PostgreSQL 没有 btree_gist", "PostgreSQL has no btree_gist"), (
            "安装 postgresql-contrib", "Install postgresql-contrib"
        ))  # fmt: skip
    if version >= POSTGRESQL_MIN and gist:
        yield ok(f"PostgreSQL {version}，有 btree_gist", f"PostgreSQL {version} with btree_gist")


def guards(data: Path) -> Iterator[Finding]:
    """The triggers and constraints by which the database itself refuses."""
    MigrationLoader(connection)  # reading the migrations tells which there are
    if connection.vendor == "postgresql":
        wanted = set(GUARDS)
        statement = (
            "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') UNION SELECT conname FROM pg_constraint"
        )
    else:
        wanted = {f"{name}_{event}" for name in GUARDS for end in EVENTS if name.endswith(end) for event in EVENTS[end]}
        statement = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = {row[0] for row in cursor.fetchall()}
    if missing := sorted(wanted - found):
        yield bad((f"数据库缺少保护：{'、'.join(missing)}", f"Guards are missing: {', '.join(missing)}"), (
            "有人改动过数据库：用 fenming backup 再 fenming restore --replace，会重新建立",
            "Somebody changed the database: fenming backup, then fenming restore --replace makes them anew",
        ))  # fmt: skip
    else:
        yield ok(f"{len(wanted)} 项数据库保护都在", f"All {len(wanted)} guards of the database are there")


def clock(data: Path) -> Iterator[Finding]:
    newest = Operation.objects.order_by("-id").values_list("at", flat=True).first()
    if newest is not None and newest > timezone.now() + timedelta(minutes=5):
        told = f"{newest:%Y-%m-%d %H:%M}"
        yield bad((f"时钟比最近的操作（{told}）还早", f"The clock is behind the last operation, {told}"), (
            "校准系统时钟（NTP）", "Set the system's clock (NTP)"
        ))  # fmt: skip


def worker(data: Path) -> Iterator[Finding]:
    """Work that is due is taken within seconds; what waits longer has no worker."""
    now = timezone.now()
    waiting = Work.objects.filter(state__in=(Work.State.QUEUED, Work.State.RUNNING))
    late = waiting.filter(next_try_at__lt=now - timedelta(minutes=WAITING_MINUTES)).count()
    dead = Work.objects.filter(state=Work.State.DEAD, finished_at__gt=now - timedelta(days=7)).count()
    if late:
        yield bad((f"{late} 项后台工作无人处理", f"Nobody takes {late} pieces of background work"), (
            "启动 fenming worker，并让系统保持它运行", "Start fenming worker, and have the system keep it running"
        ))  # fmt: skip
    if dead:
        yield warn((f"一周内有 {dead} 项后台工作失败", f"{dead} pieces of background work failed this week"), (
            "在网站的后台工作页查看原因", "See why on the site's page of background work"
        ))  # fmt: skip
    if not late and not dead:
        yield ok("后台工作正常", "Background work is in order")


def decryptable(data: Path) -> Iterator[Finding]:
    """A sample of every column that Fenming keeps encrypted."""
    columns = failed = 0
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if hasattr(field, "from_db_value") and type(field).__module__.startswith("fenming."):
                columns += 1
                try:
                    rows = model._default_manager.exclude(**{f"{field.name}__isnull": True}).order_by("-pk")
                    list(rows.values_list(field.name, flat=True)[:SAMPLE])
                except Refusal as error:
                    failed += 1
                    yield Finding("bad", error.words, _KEYS)
    if not failed:
        yield ok(f"{columns} 个加密字段可以解密", f"{columns} encrypted fields can be decrypted")
