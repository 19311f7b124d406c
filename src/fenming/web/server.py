"""Prepares the data folder and serves the site."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

AGAIN_S = 2.0
STOP_S = 15.0
_log = logging.getLogger("fenming.server")


def serve(host: str = "127.0.0.1", port: int = 8000, workers: int = 2, threads: int = 4, worker: bool = True) -> None:
    """Migrate, gather static files and answer requests until stopped; on SQLite, do the background work too."""
    prepare()

    from django.db import connection
    from granian import Granian
    from granian.constants import Interfaces

    server = Granian(
        "fenming.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        log_access=False,
    )
    with worker_beside() if worker and connection.vendor == "sqlite" else nullcontext():
        server.serve()


@contextmanager
def worker_beside() -> Iterator[None]:
    """A worker process that lives as long as this one; if it ends by itself, another is started."""
    stopping = threading.Event()
    first = _worker()  # before the server forks, so that no child of its holds the worker's pipes
    keeper = threading.Thread(target=_keep, args=(first, stopping), name="fenming-worker")
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _worker() -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C reaches it through us, once."""
    from django.conf import settings

    command = ["worker", "--data", str(settings.DATA), "--beside", str(os.getpid())]
    return subprocess.Popen([sys.executable, "-m", "fenming", *command], start_new_session=True)  # noqa: S603 - our own


def _keep(worker: subprocess.Popen[bytes], stopping: threading.Event) -> None:
    while not stopping.wait(AGAIN_S):
        if worker.poll() is not None:
            _log.warning("The worker ended with code %s; another is started", worker.returncode)
            worker = _worker()
    worker.terminate()
    try:
        worker.wait(STOP_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def prepare() -> None:
    """Bring the database and the static files up to this version."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenming.web.settings")

    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    for one in connections.all():
        one.close()
        if one.vendor == "postgresql":
            one.close_pool()  # type: ignore[attr-defined]  # or two processes read from one socket, each the other's answers
