"""``fenming worker``: background work in a process of its own."""

import os
import time
from pathlib import Path

from rich.console import Console

from fenming.library.text import Words

WAIT_S = 2.0
MORE_CONNECTIONS = 2
"""Beside one a thread: for looking after the queue, and one to spare."""


def work(data: Path, *, threads: int, beside: int | None, language: str, console: Console) -> None:
    """Run background work until told to stop; the database is brought up to date by whoever serves the site."""
    data.mkdir(parents=True, exist_ok=True)
    os.environ["FENMING_DATA"] = str(data.resolve())
    os.environ.setdefault("FENMING_POOL", str(threads + MORE_CONNECTIONS))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenming.web.settings")
    import django

    django.setup()
    from fenming.controls.worker import Worker

    _await_tables(language, console)
    ready = Words(zh=f"正在处理后台任务（{threads} 个线程）。", en=f"Working ({threads} threads).")
    console.print(ready.say(language))
    Worker(threads=threads, beside=beside).serve()


def _await_tables(language: str, console: Console) -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    words = Words(
        zh="数据库还没有更新到这个版本；等待 fenming serve 更新它。",
        en="The database is not up to this version yet; waiting for fenming serve to bring it there.",
    )
    told = False
    while MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes()):
        if not told:
            console.print(words.say(language))
            told = True
        connection.close()
        time.sleep(WAIT_S)
    connection.close()
