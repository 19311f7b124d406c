"""What lies in the data folder, and what of it a backup takes."""

import re
from pathlib import Path

from fenming.commands.backup.manifest import DATABASE, FACTS

KEPT = ("runs", "imports", "start-files", "audit-heads.log", "demo.until")
"""Taken as they are, beside the database and the facts."""
SECRETS = ("secret-key", "keys")
"""Never in an archive."""
NOTES = "backups.json"
LEFT = ("static", "backups", NOTES)
"""Made again, or about this machine only."""
ASIDE = "before-restore-"
STAGING = ".restoring"
NAMES = frozenset((DATABASE, FACTS, *KEPT))
_PASSING = re.compile(r"\..*|.*\.log|.*\.draft|.*\.lock|(secret-key|keys)\..*|.*\.sqlite3(-wal|-shm|-journal)?")


def kept_files(data: Path) -> list[str]:
    """The files beside database and facts, relative to the data folder."""
    found = []
    for name in KEPT:
        top = data / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.endswith((".draft", ".lock")):
                found.append(path.relative_to(data).as_posix())
    return found


def unknown(data: Path) -> list[str]:
    """Entries that no list here names: they would not be in a backup, which must be said."""
    known = {FACTS, *KEPT, *SECRETS, *LEFT}
    return sorted(
        path.name
        for path in data.iterdir()
        if path.name not in known and not path.name.startswith(ASIDE) and not _PASSING.fullmatch(path.name)
    )


def is_movable(path: Path) -> bool:
    """Whether an entry of an installation makes way for a restored one."""
    name = path.name
    return name not in (*LEFT, STAGING) and not name.startswith(ASIDE) and not name.endswith(".log")
