"""Real workers on a real database: killed, stopped and competing, they lose nothing and run nothing twice at once."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tools import postgres

HERE = Path(__file__).parent
DEADLINE_S = 180
MANY = 200
ENQUEUE = """
import django; django.setup()
from django.db import transaction
from working.jobs import slow
with transaction.atomic():
    for number in range({first}, {last}):
        slow.later(number=number)
"""
EMPTY = """
import django; django.setup()
from fenming.controls.models import Work
Work.objects.all().delete()
"""
STATES = """
import django; django.setup()
import json
from fenming.controls.models import Work
rows = Work.objects.filter(job="working.slow").order_by("id")
print(json.dumps(list(rows.values_list("state", "tries", "result"))))
"""


class Site:
    """A data folder with the tables made, and what is started beside it."""

    def __init__(self, data: Path, address: str | None) -> None:
        hidden = ("FENMING_", "DJANGO_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        self.data = data
        self.environment = kept | {
            "FENMING_DATA": str(data),
            "FENMING_LEASE": "2",
            "FENMING_LANGUAGE": "en",
            "DJANGO_SETTINGS_MODULE": "working.settings",
            "PYTHONPATH": os.pathsep.join([str(HERE), kept.get("PYTHONPATH", "")]),
        }
        if address:
            self.environment["FENMING_DB"] = address
        self._stack = ExitStack()
        self._call("-m", "django", "migrate", "-v0")

    def _call(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def enqueue(self, first: int, last: int) -> None:
        self._call("-c", ENQUEUE.format(first=first, last=last))

    def works(self) -> list[tuple[str, int, dict[str, int] | None]]:
        return [(state, tries, result) for state, tries, result in json.loads(self._call("-c", STATES))]

    def start_anew(self, stack: ExitStack) -> None:
        """No work, no notes; what is started from now on ends with ``stack``."""
        self._stack = stack
        self._call("-c", EMPTY)
        for name in ("notes", "hold"):
            (self.data / name).unlink(missing_ok=True)

    def worker(self, *options: str) -> "subprocess.Popen[bytes]":
        return self.fenming("worker", *options)

    def fenming(self, name: str, *options: str) -> "subprocess.Popen[bytes]":
        log = self._stack.enter_context((self.data / "worker.log").open("a"))
        command = [sys.executable, "-m", "fenming", name, "--data", str(self.data), *options]
        process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self._stack.callback(process.wait)
        self._stack.callback(_end_group, process.pid)
        return process

    def notes(self) -> list[list[str]]:
        """What the jobs wrote: begin or end, the number, the process."""
        path = self.data / "notes"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def hold(self) -> None:
        (self.data / "hold").touch()

    def let_go(self) -> None:
        (self.data / "hold").unlink()

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not done():
            assert time.monotonic() < end, (self.notes()[-5:], (self.data / "worker.log").read_text()[-2000:])
            time.sleep(0.05)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        address = None
        if request.param == "postgres":
            address = stack.enter_context(postgres.server())
            if address is None:
                pytest.skip("PostgreSQL is not installed")
        yield Site(tmp_path_factory.mktemp("site"), address)


@pytest.fixture
def site(tables: Site) -> Iterator[Site]:
    with ExitStack() as stack:
        tables.start_anew(stack)
        yield tables


def test_what_a_killed_worker_had_begun_is_finished_by_another(site: Site) -> None:
    site.hold()
    site.enqueue(0, 1)
    first = site.worker()
    site.until(lambda: site.notes() == [["begin", "0", str(first.pid)]])
    first.kill()
    first.wait()
    second = site.worker()
    site.until(lambda: site.notes()[1:] == [["begin", "0", str(second.pid)]])
    site.let_go()
    site.until(lambda: site.works() == [("done", 2, {"process": second.pid})])
    assert [note[0] for note in site.notes()] == ["begin", "begin", "end"]


def test_work_that_outlasts_the_lease_stays_with_its_living_worker(site: Site) -> None:
    site.hold()
    site.enqueue(0, 1)
    first = site.worker("--threads", "1")
    site.until(lambda: len(site.notes()) == 1)
    site.worker("--threads", "1")
    begun = time.monotonic()
    site.until(lambda: time.monotonic() > begun + 5)  # two leases and more, with a hungry worker beside it
    site.let_go()
    site.until(lambda: site.works() == [("done", 1, {"process": first.pid})])


def test_competing_workers_run_everything_once(site: Site) -> None:
    workers = [site.worker("--threads", "2") for _ in range(2)]
    site.enqueue(0, MANY)
    site.enqueue(MANY, 2 * MANY)
    site.until(lambda: len(site.notes()) >= 4 * MANY)
    site.until(lambda: all(state == "done" and tries == 1 for state, tries, _ in site.works()))
    assert Counter(number for step, number, _ in site.notes() if step == "begin") == Counter(map(str, range(2 * MANY)))
    assert {int(process) for _, _, process in site.notes()} <= {one.pid for one in workers}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_stopped_finishes_what_it_can(site: Site, number: signal.Signals) -> None:
    site.hold()
    site.enqueue(0, 2)
    stopped = site.worker("--threads", "1")
    site.until(lambda: len(site.notes()) == 1)
    stopped.send_signal(number)
    site.let_go()
    assert stopped.wait(DEADLINE_S) == 0
    assert [state for state, _, _ in site.works()] == ["done", "queued"]


def test_a_stopped_worker_hands_back_what_takes_too_long(site: Site) -> None:
    site.hold()
    site.enqueue(0, 1)
    stopped = site.worker()
    site.until(lambda: len(site.notes()) == 1)
    stopped.terminate()
    assert stopped.wait(DEADLINE_S) == 0
    assert site.works() == [("queued", 0, None)]


@pytest.mark.parametrize("tables", ["sqlite"], indirect=True)
def test_the_served_site_keeps_one_worker_while_it_runs(site: Site) -> None:
    server = site.fenming("serve", "--port", str(_free_port()))
    site.enqueue(0, 1)
    site.until(lambda: _ends(site) == ["done"])  # the note of an end comes before the work is recorded as done
    first = int(site.notes()[0][2])
    os.kill(first, signal.SIGKILL)
    site.enqueue(1, 2)
    site.until(lambda: _ends(site) == ["done", "done"])
    second = int(site.notes()[2][2])
    server.terminate()
    assert server.wait(DEADLINE_S) == 0
    assert second not in {first, server.pid}
    assert not _lives(second)


@pytest.mark.parametrize("tables", ["sqlite"], indirect=True)
def test_a_worker_beside_a_killed_server_ends_by_itself(site: Site) -> None:
    server = site.fenming("serve", "--port", str(_free_port()))
    site.enqueue(0, 1)
    site.until(lambda: len(site.notes()) == 2)
    server.kill()
    server.wait()
    site.until(lambda: not _lives(int(site.notes()[0][2])))


def _ends(site: Site) -> list[str]:
    return [state for state, _, _ in site.works()]


def _end_group(leader: int) -> None:
    """The process and those that it has left behind."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _lives(process: int) -> bool:
    """Whether it still runs; one that has ended and that nobody has asked about does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
