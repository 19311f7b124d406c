"""``fenming serve``, ``fenming demo`` and ``fenming rerun``: the commands that need the site."""

import os
import secrets
import shutil
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fenming.commands.progress import bar
from fenming.library.text import refuse


def serve(data: Path, *, host: str, port: int, workers: int, worker: bool, language: str, console: Console) -> None:
    """Prepare the data folder and serve it; where nobody has an account yet, tell where to begin."""
    _prepare(data)
    from fenming.modules.start.queries.setup import is_empty
    from fenming.web import server

    if is_empty():
        _tell_start(host, port, language, console)

    server.serve(host=host, port=port, workers=workers, threads=4, worker=worker)


def start_link(data: Path, *, host: str, port: int, language: str, console: Console) -> None:
    """Print a new link to the first start; the one before ends."""
    _prepare(data)
    _tell_start(host, port, language, console)


def _tell_start(host: str, port: int, language: str, console: Console) -> None:
    from django.conf import settings
    from django.db import connections

    from fenming.modules.start.operations.keys import new_key

    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else f"[{host}]" if ":" in host else host  # noqa: S104
    address = settings.SITE_URL or f"http://{shown}:{port}"
    link = f"{address}/start/?key={new_key()}"
    connections.close_all()  # a worker process must not inherit an open connection
    if language == "zh":
        console.print("还没有账号。用浏览器打开下面的链接开始（仅可使用一次，请勿外传）：")
    else:
        console.print("There is no account yet. Open this link to begin; it works once, keep it to yourself:")
    console.print(link, style="bold green", soft_wrap=True, highlight=False)


def demo(
    data: Path, until: date, *, months: int, serve: bool, host: str, port: int, language: str, console: Console
) -> None:
    """Make the demo company where there is none for this day, tell the logins, and serve it."""
    mark = data / "demo.until"
    if not mark.is_file():
        shutil.rmtree(data, ignore_errors=True)
        _prepare(data)
        from fenming.modules.start.operations.demo import found_demo_company

        title = "建立演示公司" if language == "zh" else "Making the demo company"
        with bar(console, title) as tell:
            found_demo_company(until=until, scored_months=months, told=tell)
        mark.write_text(until.isoformat())
    else:
        _prepare(data)
        until = date.fromisoformat(mark.read_text())
    _logins(until, language, console)
    if serve:
        console.print(f"[bold green]http://{host}:{port}[/]")
        from fenming.web import server

        server.serve(host=host, port=port, workers=1, threads=4)


def rerun(number: int, out: Path, data: Path) -> None:
    """Compute a run again from its pins."""
    _prepare(data)
    from fenming.controls.models import Run
    from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
    from fenming.modules.schemes.operations import kept_inputs
    from fenming.pipeline.compute import compute
    from fenming.pipeline.result import write

    run = Run.objects.filter(pk=number, complete=True).first()
    if run is None:
        known = ", ".join(str(one) for one in Run.objects.filter(complete=True)[:5])
        raise refuse(f"没有编号为 {number} 的计分。已有：{known}", f"There is no run {number}. There are: {known}")
    snapshot = lake_at(lake_folder()).pinned(run.facts)
    write(compute(engine_at(lake_folder()), snapshot, kept_inputs(run, runs_folder())), out)


def open_site(data: Path) -> None:
    """Set the site up over a data folder and leave its database as it is."""
    os.environ["FENMING_DATA"] = str(data.resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenming.web.settings")
    import django

    django.setup()


def visit(data: Path) -> None:
    """Open it without leaving a new secret key where there is none."""
    passing = not os.environ.get("FENMING_SECRET_KEY") and not (data / "secret-key").exists()
    if passing:
        os.environ["FENMING_SECRET_KEY"] = secrets.token_urlsafe(48)
    open_site(data)
    if passing:
        del os.environ["FENMING_SECRET_KEY"]


def _prepare(data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    open_site(data)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _logins(until: date, language: str, console: Console) -> None:
    from fenming.modules.start.operations.demo_people import demo_logins
    from fenming.pipeline import demo as demo_company

    table = Table(title="演示账号" if language == "zh" else "Demo accounts")
    for head in ("账号", "密码", "姓名", "身份") if language == "zh" else ("Sign in as", "Password", "Name", "Who"):
        table.add_column(head)
    for one in demo_logins(demo_company.company(until=until)):
        table.add_row(one.username, one.password, one.name, one.note.say(language))
    console.print(table)
