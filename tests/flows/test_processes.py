"""The site answers with several processes: none inherits a connection that another reads from."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

PREPARED = "from fenming.web.server import prepare; prepare(); print('prepared', flush=True); input()"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
DEADLINE_S = 30


@pytest.mark.postgres
def test_nothing_is_open_when_the_processes_begin(tmp_path: Path, postgresql: str) -> None:
    environ = {**os.environ, "FENMING_DATA": str(tmp_path), "FENMING_DB": postgresql}
    command = [sys.executable, "-c", PREPARED]
    with (
        psycopg.connect(postgresql, autocommit=True) as database,
        subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout
        assert server.stdout.readline() == "prepared\n"
        _until_alone(database)
        server.communicate("\n")
    assert server.returncode == 0


def _until_alone(database: psycopg.Connection) -> None:
    """A backend whose client has closed goes a moment later; one that is still used stays."""
    end = time.monotonic() + DEADLINE_S
    while (others := database.execute(OTHERS).fetchone()) != (0,):
        assert time.monotonic() < end, others
        time.sleep(0.05)
