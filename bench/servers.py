"""A PostgreSQL server for the figures: the one that FENMING_BENCH_PG names, or a throw-away one."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = 5599


@contextmanager
def postgres() -> Iterator[str | None]:
    """The address of a server, or none where there is none to be had."""
    given = os.environ.get("FENMING_BENCH_PG")
    found = _programs()
    if given or found is None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="fenming-bench-pg-") as folder:
        user = _unprivileged(Path(folder))
        data = Path(folder) / "data"
        _call([found / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"], user)
        sizes = "-c shared_buffers=1GB -c work_mem=64MB -c max_wal_size=8GB"
        settings = f"-p {PORT} -k {folder} -c listen_addresses='' {sizes}"
        _call([found / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", settings, "start"], user)
        try:
            yield f"postgresql://bench@/postgres?host={folder}&port={PORT}"
        finally:
            _call([found / "pg_ctl", "-D", data, "-m", "immediate", "stop"], user)


def _programs() -> Path | None:
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _unprivileged(folder: Path) -> str | None:
    """Root may not run a server: the user who does, and owns the folder."""
    if os.getuid():
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return user


def _call(command: list[str | Path], user: str | None) -> None:
    subprocess.run([str(part) for part in command], user=user, check=True, stdout=subprocess.DEVNULL, cwd="/")
