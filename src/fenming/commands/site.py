"""``fenming serve``, ``fenming demo`` and ``fenming rerun``: the commands that need the site."""

import errno
import os
import secrets
import shutil
import socket
import sys
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fenming.commands.progress import bar
from fenming.library.text import refuse


def serve(data: Path, *, host: str, port: int, workers: int, worker: bool, language: str, console: Console) -> None:
    """Prepare the data folder and serve it; where nobody has an account yet, tell where to begin."""
    _need_port(host, port)
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
    if serve:
        _need_port(host, port)
    mark = data / "demo.until"  # empty until the demo is whole
    if not mark.is_file() or not mark.read_text():
        _clear(data, mark)
        _prepare(data)
        from fenming.modules.start.operations.demo import found_demo_company
        from fenming.modules.start.queries.setup import is_empty

        if not is_empty():
            raise refuse("数据库里已有别的公司。", "The database holds another company already.")

        title = "建立演示公司" if language == "zh" else "Making the demo company"
        with bar(console, title) as tell:
            found_demo_company(
                until=until, scored_months=months, told=lambda what, done, of: tell(what.say(language), done, of)
            )
        mark.write_text(until.isoformat())
    else:
        _prepare(data)
        until = date.fromisoformat(mark.read_text())
    _logins(until, language, console)
    if serve:
        console.print(f"[bold green]http://{host}:{port}[/]")
        anew = [sys.executable, "-m", "fenming", "serve", "--data", str(data), "--host", host, "--port", str(port)]
        os.execv(sys.executable, anew)  # noqa: S606 - the threads of the lake, which made the facts, survive no fork


def _clear(data: Path, mark: Path) -> None:
    """An empty folder for the demo: what a demo left that was broken off goes, anything else is not ours to delete."""
    if data.is_dir() and any(data.iterdir()) and not mark.is_file():
        raise refuse(
            f"文件夹 {data} 里已有别的数据，演示公司不会覆盖它。请换一个文件夹（--data，或 make demo DEMO=…）。",
            f"{data} holds other data, which no demo replaces. Choose another folder (--data, or make demo DEMO=…).",
        )
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    mark.touch()


def _need_port(host: str, port: int) -> None:
    """The port must be free: the server would share it with another, and each would answer now and then."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise refuse(
            f"端口 {port} 已被占用，可能分明已经打开。请先停掉它，或换一个端口（--port，或 make demo PORT=…）。",
            f"Port {port} is in use, perhaps by Fenming. Stop that, or choose another (--port, or make demo PORT=…).",
        ) from error


def rerun(number: int, out: Path, data: Path) -> None:
    """Compute a run again from its pins."""
    _prepare(data)
    from fenming.controls.models import Run
    from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
    from fenming.modules.schemes.queries.pinned import kept_inputs
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
