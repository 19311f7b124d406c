"""The place that a restore fills: staged inside, moved in by renames, and undone when the restore was killed."""

import json
import shutil
from datetime import datetime
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import connection

from fenming.commands.backup import folder
from fenming.commands.backup.manifest import FACTS
from fenming.library.text import refuse

JOURNAL = "journal.json"
_LOG_TABLE = "controls_operation"


class Place:
    """A data folder and the database beside it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.staging = data / folder.STAGING
        self.database = Path(str(connection.settings_dict["NAME"])) if connection.vendor == "sqlite" else None
        stamp = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
        self.aside = data / f"{folder.ASIDE}{stamp}"
        self.schema = f"before_restore_{stamp.replace('-', '_')}"

    @property
    def staged_database(self) -> Path | None:
        """On the disk of the database, so that it is moved in by a rename."""
        return self.database and self.database.with_name(f".{self.database.name}.restoring")

    def recover(self) -> None:
        """Take back what a killed restore had moved; nothing of it is kept."""
        journal = self.staging / JOURNAL
        if journal.is_file():
            noted = json.loads(journal.read_text())
            if noted["mark"] is None or noted["mark"] != _mark():
                for old, new in reversed([(Path(one), Path(two)) for one, two in noted["moves"]]):
                    _take_back(old, new)
            journal.unlink()
        for path in self._leftovers():
            _remove(path)
        for path in self.data.glob(f"{folder.ASIDE}*"):
            if not any(path.iterdir()):
                path.rmdir()

    def is_empty(self) -> bool:
        """Nobody has an account, nothing was done, and no facts or files are kept."""
        if any((self.data / FACTS).glob("*/_delta_log")) or folder.kept_files(self.data):
            return False
        if self.database is not None and not self.database.is_file():
            return True
        with connection.cursor() as cursor:
            names = set(connection.introspection.table_names(cursor))
            for name in names & {get_user_model()._meta.db_table, _LOG_TABLE}:
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(name)} LIMIT 1")
                if cursor.fetchone():
                    return False
        return True

    def check_room(self, size: int) -> None:
        free = shutil.disk_usage(self.data).free
        if free < size * 1.1:
            raise refuse(
                f"恢复需要 {size / 1e6:.0f} MB，{self.data} 的磁盘只剩 {free / 1e6:.0f} MB。请先腾出空间。",
                f"Restoring takes {size / 1e6:.0f} MB and the disk of {self.data} has {free / 1e6:.0f} MB left. "
                "Make room first.",
            )

    def begin(self) -> None:
        self.staging.mkdir()

    def move_in(self, *, staying: set[Path], mark: str | None) -> None:
        """The old entries aside, the staged ones in. The journal, written first, tells how to take it back."""
        there = set(self.data.iterdir()) - staying - set(self._leftovers())
        moves = [(path, self.aside / path.name) for path in sorted(there) if folder.is_movable(path)]
        if self.database is not None and self.database.parent != self.data:
            moves += [(old, self.aside / old.name) for old in _with_its_files(self.database)]
        moves += [(path, self.data / path.name) for path in sorted(self.staging.iterdir())]
        if self.database is not None and self.staged_database is not None:
            moves.append((self.staged_database, self.database))
        draft = self.staging / f"{JOURNAL}.part"
        draft.write_text(json.dumps({"mark": mark, "moves": [[str(old), str(new)] for old, new in moves]}))
        draft.rename(self.staging / JOURNAL)
        self.aside.mkdir()
        for old, new in moves:
            shutil.move(old, new)

    def finish(self) -> Path | None:
        """From here on the restore has happened. Where the old data are, if there were any."""
        (self.staging / JOURNAL).unlink()
        shutil.rmtree(self.staging)
        if any(self.aside.iterdir()):
            return self.aside
        self.aside.rmdir()
        return None

    def _leftovers(self) -> list[Path]:
        staged = self.staged_database
        return [self.staging, *(_with_its_files(staged) if staged else [])]


def set_mark(mark: str) -> None:
    """Note the restore in PostgreSQL's own transaction: after a kill it tells whether that was committed."""
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON SCHEMA {connection.ops.quote_name(_schema())} IS '{mark}'")


def set_schema_aside(name: str) -> str:
    """Keep the tables that are there under another schema, whose name it returns; a fresh one takes their place."""
    with connection.cursor() as cursor:
        if not connection.introspection.table_names(cursor):
            return ""
        current, aside = connection.ops.quote_name(_schema()), connection.ops.quote_name(name)
        cursor.execute(f"ALTER SCHEMA {current} RENAME TO {aside}")
        cursor.execute(f"CREATE SCHEMA {current}")
        cursor.execute("SELECT extname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace "
                       "WHERE nspname = %s", [name])  # fmt: skip
        for (extension,) in cursor.fetchall():
            cursor.execute(f"ALTER EXTENSION {connection.ops.quote_name(extension)} SET SCHEMA {current}")
    return name


def _mark() -> str | None:
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [_schema()])
        found = cursor.fetchone()
    return found[0] if found else None


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str((cursor.fetchone() or ["public"])[0] or "public")


def _with_its_files(database: Path) -> list[Path]:
    """A SQLite file and those that SQLite keeps beside it."""
    ends = ("", "-wal", "-shm", "-journal")
    return [path for end in ends if (path := database.with_name(f"{database.name}{end}")).exists()]


def _take_back(old: Path, new: Path) -> None:
    """Undo one rename, if it was done: an entry of before goes back, one of the archive is dropped."""
    if old.exists() or not new.exists():
        return
    if new.parent.name.startswith(folder.ASIDE):
        shutil.move(new, old)
    else:
        _remove(new)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
