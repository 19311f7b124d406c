"""Every page of the site under load: the real server, 10,000 people, 20 requests a second."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from bench import facts
from bench.close import MONTH, founded_company
from bench.measuring import Figure, Options, Section, apart
from bench.servers import postgres

PEOPLE, ROWS, RATE, SECONDS, TARGET = 10_000, 1_000_000, 20, 60, 0.150
PASSWORD = "bench-password"  # noqa: S105 - of a company that exists only for a minute
Pages = dict[str, list[str]]


def founded(root: str, people: int) -> Pages:
    """The company in the database of this process's environment; returns the addresses by sign-in name."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    founded_company(people)
    _accounts()
    from fenming.lake.engine import DuckEngine
    from fenming.lake.tables import Lake
    from fenming.modules.bonus.operations import settle

    settle(DuckEngine([Path(root)]), Lake(Path(root)), MONTH, folder=Path(os.environ["FENMING_DATA"]) / "runs")
    return _pages()


def _accounts() -> None:
    from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
    from fenming.modules.people.models import Employee

    ids = dict(Employee.objects.filter(number__in=["E00000", "E00001"]).values_list("number", "id"))
    roles = {"hr": "hr", "security": "security_admin", "audit": "audit_admin", "system": "system_admin"}
    open_accounts(
        [
            *(NewAccount(name=name, role=role) for name, role in roles.items()),
            NewAccount(name="E00000", role="lead", employee=ids["E00000"]),
            NewAccount(name="E00001", role="employee", employee=ids["E00001"]),
        ],
        password=PASSWORD,
    )


def _pages() -> Pages:
    """Each address once, under the account whose page it is."""
    from django.urls import reverse

    from fenming.modules.schemes.models import Scorecard

    cards = dict(
        Scorecard.objects.filter(employee__number__in=["E00001", "E00010"]).values_list("employee__number", "id")
    )
    return {
        "hr": [
            reverse("board"),
            reverse("score", args=[cards["E00010"]]),
            reverse("people"),
            f"{reverse('people')}?q=E0123",
            reverse("person", args=["E00010"]),
            reverse("organisation"),
        ],
        "E00000": [reverse("board")],
        "E00001": [reverse("me"), reverse("rows", args=[cards["E00001"], "response_time"]), reverse("inbox")],
        "security": [reverse("roles"), reverse("accounts")],
        "audit": [reverse("audit-log")],
        "system": [reverse("channels")],
    }


@contextmanager
def served(data: Path, database: str) -> Iterator[str]:
    """The real server on this machine, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "fenming", "serve", "--data", str(data), "--port", str(port), "--no-worker"]
    environ = {**os.environ, "FENMING_DB": database, "FENMING_DATA": str(data)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address)
            yield address
        finally:
            server.terminate()


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{address}/sign-in/", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the server does not answer")


async def loaded(address: str, pages: Pages, seconds: int) -> dict[str, list[float]]:
    """Seconds by page. A request starts at its own moment, whether or not those before are answered."""
    clients = {name: httpx.AsyncClient(base_url=address, timeout=30) for name in pages}
    for name, client in clients.items():
        await _sign_in(client, name)
    turns = [(name, page) for name, found in pages.items() for page in found]
    taken: dict[str, list[float]] = {f"{name} {page}": [] for name, page in turns}

    async def ask(name: str, page: str, at: float, counts: bool) -> None:
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        answer = await clients[name].get(page)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} as {name}: {answer.status_code}")
        if counts:
            taken[f"{name} {page}"].append(time.perf_counter() - at)

    for name, page in turns:  # each once, unmeasured
        await ask(name, page, 0, False)
    start = time.perf_counter() + 0.5
    wanted = [(*turns[number % len(turns)], start + number / RATE, True) for number in range(RATE * seconds)]
    await asyncio.gather(*(ask(*one) for one in wanted))
    for client in clients.values():
        await client.aclose()
    return taken


async def _sign_in(client: httpx.AsyncClient, name: str) -> None:
    page = await client.get("/sign-in/")
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    given = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = await client.post("/sign-in/", data=given)
    if answer.status_code != 302:
        raise RuntimeError(f"{name} could not sign in: {answer.status_code}")


def p95(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=20)[-1]


def run(options: Options) -> Section:
    """SQLite, then PostgreSQL where a server can be had."""
    people, seconds = options.of(PEOPLE), max(5, options.of(SECONDS))
    root = facts.sessions(options.of(ROWS), people, over=MONTH, accounts=43)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="fenming-bench-") as folder, postgres() as server:
        for name, database in {"SQLite": "sqlite", "PostgreSQL": server}.items():
            if database:
                figures += _figures(name, *_measured(Path(folder) / name, str(root), people, database, seconds))
    return Section(
        "Site",
        f"{people:,} people, one settled month; `fenming serve` with two workers and the client on the same machine; "
        f"{RATE} requests a second for {seconds} s over the pages in turn, each timed from the moment it was due. "
        "p95 in seconds.",
        figures,
    )


def _measured(
    data: Path, root: str, people: int, database: str, seconds: int
) -> tuple[dict[str, list[float]], dict[str, Any]]:
    data.mkdir()
    environ = {"FENMING_DATA": str(data), "FENMING_DB": database, "DJANGO_SETTINGS_MODULE": "fenming.web.settings"}
    pages = apart("load", "founded", root, people, environ=environ)
    (data / "facts").symlink_to(root)
    with served(data, database) as address:
        return asyncio.run(loaded(address, pages, seconds)), pages


def _figures(name: str, taken: dict[str, list[float]], pages: dict[str, Any]) -> list[Figure]:
    together = [one for seconds in taken.values() for one in seconds]
    return [
        Figure(
            f"{name}: all pages together", p95(together), target=TARGET, of="seconds", note=f"{len(together)} answers"
        ),
        *(Figure(f"{name}: {page}", p95(seconds), target=TARGET, of="seconds") for page, seconds in taken.items()),
    ]
