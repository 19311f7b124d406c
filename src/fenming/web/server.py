"""Prepares the data folder and serves the site."""

from __future__ import annotations

import os


def serve(host: str = "127.0.0.1", port: int = 8000, workers: int = 2, threads: int = 4) -> None:
    """Migrate, gather static files and answer requests until stopped."""
    prepare()

    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "fenming.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        log_access=False,
    ).serve()


def prepare() -> None:
    """Bring the database and the static files up to this version."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenming.web.settings")

    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    connections.close_all()  # a worker process must not inherit an open connection
