"""Every page of the site under load: the real server, 10,000 people, 20 requests a second."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, cycle, islice
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

import httpx

from bench import facts
from bench.close import MONTH, founded_company
from bench.measuring import Figure, Options, Section, apart
from bench.servers import postgres

PEOPLE, ROWS, RATE, SECONDS, TARGET = 10_000, 1_000_000, 20, 60, 0.150
MONTHS, SHIFT = 12, 10_000_000
SEED = 1123
BROWSERS, WARM = 12, 4
"""Browsers of each account, and how often each page is asked for before it counts: both processes should know it."""
CLOSING, WHILE_CLOSING = 60, 0.400
"""Seconds of load while a month is closed, and what pages may take then."""
PASSWORD = "bench-password"  # noqa: S105 - of a company that exists only for a minute
Pages = dict[str, list[str]]
Taken = dict[str, list[float]]


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

    run = settle(DuckEngine([Path(root)]), Lake(Path(root)), MONTH, folder=Path(os.environ["FENMING_DATA"]) / "runs")
    _months_before(run.pk)
    _open_cycles()
    return _pages()


def _months_before(run: int) -> None:
    """Eleven closed months before it with the same figures, so that pages have a year to look through."""
    from django.db import connection

    from fenming.controls.models import Run
    from fenming.modules.bonus.models import Allotment, Amount
    from fenming.modules.people.models import Department
    from fenming.modules.schemes.models import DailyScore, Scorecard, ScoreLine

    one, span = Run.objects.get(pk=run), MONTH
    departments = sorted(Department.objects.values_list("id", flat=True))
    for number in range(1, MONTHS):
        span = span.previous()
        one.pk, one.kind, one.label, one.start, one.end = None, Run.Kind.CLOSE, span.label, span.start, span.end
        one.departments = departments
        one.save(force_insert=True)
        shift = number * SHIFT
        with connection.cursor() as cursor:
            for model, changed in (
                (Scorecard, {"run_id": str(one.pk)}),
                (ScoreLine, {"scorecard_id": f"scorecard_id + {shift}"}),
                (DailyScore, {"run_id": str(one.pk)}),
                (Allotment, {"run_id": str(one.pk)}),
                (Amount, {"allotment_id": f"allotment_id + {shift}"}),
            ):
                columns = [field.column for field in model._meta.concrete_fields]
                taken = [f"id + {shift}" if name == "id" else changed.get(name, f'"{name}"') for name in columns]
                table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
                cursor.execute(
                    f"INSERT INTO {table} ({names}) SELECT {', '.join(taken)} FROM {table} WHERE id < {SHIFT}"
                )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (Scorecard, ScoreLine, DailyScore, Allotment, Amount):
                table = model._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        cursor.execute("ANALYZE")


def _open_cycles() -> None:
    from fenming.controls.operations import SYSTEM
    from fenming.modules.cycles.operations.steps import open_cycle
    from fenming.modules.people.models import Department

    for department in Department.objects.order_by("id"):
        open_cycle(SYSTEM, department.pk, MONTH)


def closed(root: str) -> float:
    """The month closed for every department in this process, beside the server; how long that took."""
    import django

    django.setup()
    from fenming.controls.operations import SYSTEM
    from fenming.modules.cycles.models import Cycle
    from fenming.modules.cycles.operations.close import close

    start = time.perf_counter()
    for one in Cycle.objects.filter(state=Cycle.State.OPEN).order_by("id"):
        close(SYSTEM, one.pk, None)
    return time.perf_counter() - start


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
    from django.contrib.auth import get_user_model
    from django.urls import reverse

    from fenming.controls.operations import Actor
    from fenming.modules.cycles.models import Cycle
    from fenming.modules.schemes.models import SchemeVersion, Scorecard
    from fenming.modules.schemes.operations import drafts

    cards = dict(
        Scorecard.objects.filter(employee__number__in=["E00001", "E00010"]).values_list("employee__number", "id")
    )
    scheme = SchemeVersion.objects.order_by("id")[0]
    hr = get_user_model().objects.get(username="hr")
    draft = drafts.begin(Actor(user=hr.pk, name=hr.username), scheme.department_id, scheme.definition, base=scheme)
    cycle = Cycle.objects.order_by("id")[0]
    return {
        "hr": [
            reverse("board"),
            reverse("board-company"),
            reverse("cycles"),
            reverse("cycle", args=[cycle.pk]),
            reverse("schemes"),
            reverse("scheme-draft", args=[draft.pk]),
            reverse("indicators"),
            reverse("trials"),
            reverse("score", args=[cards["E00010"]]),
            reverse("people"),
            f"{reverse('people')}?q=E0123",
            reverse("person", args=["E00010"]),
            reverse("organisation"),
        ],
        "E00000": [reverse("board"), reverse("reviews")],
        "E00001": [
            reverse("me"),
            reverse("my-cycle"),
            reverse("rows", args=[cards["E00001"], "response_time"]),
            reverse("inbox"),
        ],
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
    command = [
        sys.executable,
        "-m",
        "fenming",
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
        "--workers",
        "2",
        "--no-worker",
    ]
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


async def loaded(address: str, pages: Pages, seconds: int, *, while_: Future[Any] | None = None) -> Taken:
    """Seconds by page. A request starts at its own moment, whether or not those before are answered.

    With ``while_``, only those count that were due before it ended.
    """
    clients = {name: await _browsers(address, name) for name in pages}
    turns = [(name, page) for name, found in pages.items() for page in found]
    taken: Taken = {f"{name} {page}": [] for name, page in turns}

    async def ask(name: str, page: str, at: float, counts: bool) -> None:
        client = next(clients[name])
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        counts = counts and not (while_ and while_.done())
        answer = await client.get(page)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} as {name}: {answer.status_code}")
        if counts:
            taken[f"{name} {page}"].append(time.perf_counter() - at)

    for name, page in turns * WARM:
        await ask(name, page, 0, False)
    start = time.perf_counter() + 0.5
    wanted = [(*turn, start + number / RATE, True) for number, turn in enumerate(_mixed(turns, RATE * seconds))]
    await asyncio.gather(*(ask(*one) for one in wanted))
    for found in clients.values():
        for client in islice(found, BROWSERS):
            await client.aclose()
    return taken


def _mixed(turns: Sequence[tuple[str, str]], count: int) -> Iterator[tuple[str, str]]:
    """Every page as often as every other, in an order as mixed as visitors are; the same in each measurement."""
    chance = Random(SEED)
    rounds = (chance.sample(turns, len(turns)) for _round in range(count))
    return islice(chain.from_iterable(rounds), count)


async def _browsers(address: str, name: str) -> Iterator[httpx.AsyncClient]:
    """An account in several browsers in turn, each on a connection of its own, as visitors come."""
    clients = [httpx.AsyncClient(base_url=address, timeout=30) for _number in range(BROWSERS)]
    await _sign_in(clients[0], name)
    for one in clients[1:]:
        one.cookies.update(clients[0].cookies)
    return cycle(clients)


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
        f"{people:,} people, a year of results of which the last month is not closed yet; `fenming serve` with two "
        f"workers and the client on the same machine; {RATE} requests a second for {seconds} s over all pages "
        "in mixed order, each timed from the moment it was due. p95 in seconds.",
        figures,
    )


def _measured(data: Path, root: str, people: int, database: str, seconds: int) -> tuple[Taken, Taken, float]:
    data.mkdir()
    environ = {"FENMING_DATA": str(data), "FENMING_DB": database, "DJANGO_SETTINGS_MODULE": "fenming.web.settings"}
    pages = apart("load", "founded", root, people, environ=environ)
    (data / "facts").symlink_to(root)
    with served(data, database) as address, ThreadPoolExecutor(1) as beside:
        quiet = asyncio.run(loaded(address, pages, seconds))
        closing = beside.submit(apart, "load", "closed", root, environ=environ)
        busy = asyncio.run(loaded(address, pages, min(CLOSING, seconds), while_=closing))
        return quiet, busy, closing.result()


def _figures(name: str, taken: Taken, closing: Taken, took: float) -> list[Figure]:
    together = [one for seconds in taken.values() for one in seconds]
    meanwhile = [one for seconds in closing.values() for one in seconds]
    return [
        Figure(
            f"{name}: all pages while a month is closed",
            p95(meanwhile),
            target=WHILE_CLOSING,
            of="seconds",
            note=f"{len(meanwhile)} answers; the close took {took:.0f} s",
        ),
        Figure(
            f"{name}: all pages together", p95(together), target=TARGET, of="seconds", note=f"{len(together)} answers"
        ),
        *(Figure(f"{name}: {page}", p95(seconds), target=TARGET, of="seconds") for page, seconds in taken.items()),
    ]
