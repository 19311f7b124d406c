"""A PostgreSQL of one's own on loopback, in a temporary folder, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, if PostgreSQL is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).resolve().parent if path else None


@contextmanager
def server() -> Iterator[str | None]:
    """The address of a fresh server (a postgres:// URL), or None where PostgreSQL is not installed."""
    folder = programs()
    if folder is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="fenming-pg-"))
    data, port = home / "data", _free_port()
    run = _as_somebody(home)
    try:
        run([folder / "initdb", "-D", data, "-U", "fenming", "-A", "trust", "-E", "UTF8", "--no-sync"])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
        run([folder / "pg_ctl", "-D", data, "-o", options, "-w", "-l", home / "log", "start"])
        yield f"postgres://fenming@127.0.0.1:{port}/postgres"
    finally:
        run([folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
        shutil.rmtree(home, ignore_errors=True)


def _as_somebody(home: Path):  # type: ignore[no-untyped-def]
    """PostgreSQL refuses to run as root: there it runs as nobody."""
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(home, user)
        home.chmod(0o700)

    def run(command: list[str | Path]) -> None:
        subprocess.run(
            [str(part) for part in command],
            check=True,
            user=user,
            cwd=home,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"HOME": str(home)},
        )

    return run


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
