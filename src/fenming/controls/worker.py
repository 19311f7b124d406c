"""The worker: takes due work, keeps its lease alive, and writes down how it ended."""

import logging
import os
import random
import signal
import threading
import time
import traceback
import uuid
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.db.models import F
from django.utils import timezone

from fenming.controls.jobs import Job, LostLease, Working, as_kept, held, jobs
from fenming.controls.models import Work
from fenming.library.text import Refusal, Words, refuse

POLL_S = 1.0
GRACE_S = 8.0
"""How long a stopping worker waits for its jobs: less than the ten seconds that containers are given."""

FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
CANDIDATES = 4
"""How many due works are looked at for each that is wanted, since other workers want them too."""

_HANDED_BACK = timedelta(seconds=2)
_TRACEBACK_KEPT = 20_000
_WAITING = (Work.State.QUEUED, Work.State.RUNNING)
_log = logging.getLogger("fenming.worker")


def delay(tries: int, *, longest: timedelta = LONGEST_DELAY) -> timedelta:
    """How long to wait after so many failed tries: twice as long each time, and not all at the same moment."""
    whole: timedelta = min(FIRST_DELAY * 2 ** min(tries - 1, 20), longest)
    return whole * random.uniform(0.8, 1.0)  # noqa: S311 - it spreads load, it keeps no secret


def lease() -> timedelta:
    """How long the work of a silent worker stays its own."""
    return timedelta(seconds=settings.JOB_LEASE_S)


def claim(limit: int) -> list[Work]:
    """Take due work, each piece held by a lease of its own; what another worker takes first is left to it."""
    now = timezone.now()
    due = Work.objects.filter(state__in=_WAITING, next_try_at__lte=now, job__in=list(jobs())).defer("traceback")
    alone = [one.name for one in jobs().values() if one.alone]
    if Work.objects.filter(state=Work.State.RUNNING, job__in=alone).exists():
        due = due.filter(job__in=alone)
    taken: list[Work] = []
    for work in due.order_by("next_try_at", "id")[: limit * CANDIDATES]:
        if len(taken) == limit:
            break
        seen = Work.objects.filter(pk=work.pk, state=work.state, lease=work.lease, next_try_at=work.next_try_at)
        work.lease, work.tries = uuid.uuid4(), work.tries + 1
        work.state, work.heartbeat = Work.State.RUNNING, now
        if seen.update(
            state=work.state,
            lease=work.lease,
            tries=work.tries,
            heartbeat=now,
            started_at=now,
            next_try_at=now + lease(),
        ):
            taken.append(work)
    return taken


def keep(leases: Iterable[uuid.UUID]) -> None:
    """Say that the holders of these leases are alive."""
    now = timezone.now()
    Work.objects.filter(lease__in=list(leases), state=Work.State.RUNNING).update(
        heartbeat=now, next_try_at=now + lease()
    )


def hand_back(leases: Iterable[uuid.UUID]) -> None:
    """Leave unfinished work to another worker, as if it had not been begun."""
    Work.objects.filter(lease__in=list(leases), state=Work.State.RUNNING).update(
        state=Work.State.QUEUED, lease=None, tries=F("tries") - 1, next_try_at=timezone.now() + _HANDED_BACK
    )


def give_up(work: Work, working: Working) -> None:
    """Write down that work hangs. Its thread cannot be stopped, but it has lost its lease: it writes no progress and no
    end any more."""
    minutes = round(jobs()[work.job].quiet.total_seconds() / 60)
    words = Words(
        zh=f"超过 {minutes} 分钟没有动静，已放弃。原因排除后可以重试。",
        en=f"No sign of life for more than {minutes} minutes, so it was given up. Try it again once the cause is gone.",
    )
    _log.error("%s hangs and is given up", work)
    _end(work, working, state=Work.State.DEAD, error=words.model_dump(), traceback="")


def run(work: Work, working: Working | None = None) -> None:
    """Run claimed work and write down how it ended."""
    job = jobs()[work.job]
    working = working or Working(work.pk, work.lease)
    _renew_connection()
    try:
        if work.tries > job.tries:  # the worker died in its last try
            raise refuse(
                f"执行它的进程中断了 {job.tries} 次。", f"The process that ran it ended {job.tries} times midway."
            )
        result = as_kept(job.run(working, **work.arguments))
        _end(work, working, state=Work.State.DONE, result=result, error=None, traceback="")
    except LostLease as lost:
        _log.warning("%s", lost)
    except Exception as error:
        _renew_connection()
        _end(work, working, **_failure(error, work, job))
    finally:
        _renew_connection()


def _renew_connection() -> None:
    """Drop a connection that is broken or old, unless a caller's transaction is on it."""
    if not connection.in_atomic_block:
        close_old_connections()


def _end(work: Work, working: Working, **how: Any) -> None:
    ended = {"lease": None, "finished_at": timezone.now(), **working.told, **how}
    if not held(work.pk, work.lease).update(**ended):
        _log.warning("%s ended after another worker had taken it", work)


def _failure(error: Exception, work: Work, job: Job[Any]) -> dict[str, Any]:
    words = error.words if isinstance(error, Refusal) else Words.same(_last_line(error))
    failed: dict[str, Any] = {
        "error": {"zh": _storable(words.zh), "en": _storable(words.en)},
        "traceback": _storable("".join(traceback.format_exception(error)))[-_TRACEBACK_KEPT:],
    }
    if isinstance(error, Refusal) or work.tries >= job.tries:
        _log.error("%s failed for good: %s", work, _last_line(error))
        return failed | {"state": Work.State.DEAD}
    wait = delay(work.tries, longest=min(LONGEST_DELAY, job.every or LONGEST_DELAY))
    _log.warning("%s failed, try %d of %d: %s", work, work.tries, job.tries, _last_line(error))
    again = timezone.now() + wait
    return failed | {"state": Work.State.QUEUED, "next_try_at": again, "finished_at": None}


def _last_line(error: Exception) -> str:
    return "".join(traceback.format_exception_only(error)).strip().splitlines()[-1][:500]


def _storable(text: str) -> str:
    """The text without what PostgreSQL cannot keep."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def run_due() -> int:
    """Run here, one after another, everything that is due; for tests and for a company without a worker."""
    count = 0
    while claimed := claim(1):
        run(claimed[0])
        count += 1
    return count


class Timetable:
    """Turns scheduled moments into work, each once however many workers there are."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}

    def fill(self, now: datetime) -> None:
        """Queue what has become due since the last call; a moment whose predecessor is still at work is left out."""
        for job in jobs().values():
            moment = job.due(now)
            if moment is None or self._seen.get(job.name) == moment:
                continue
            if not Work.objects.filter(job=job.name, scheduled_for__isnull=False, state__in=_WAITING).exists():
                made = Work(job=job.name, scheduled_for=moment, next_try_at=now)
                Work.objects.bulk_create([made], ignore_conflicts=True)
            self._seen[job.name] = moment


@dataclass(frozen=True, slots=True)
class Running:
    """Work on a thread of this process."""

    work: Work
    working: Working
    future: Future[None]

    @property
    def hangs(self) -> bool:
        return time.monotonic() - self.working.alive_at > jobs()[self.work.job].quiet.total_seconds()


class Worker:
    """Runs due work on a few threads until it is told to stop, or until the process it stands beside has gone."""

    def __init__(self, *, threads: int, beside: int | None = None) -> None:
        self._threads = threads
        self._beside = beside
        self._stopping = False
        self._wake = threading.Event()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="fenming-job")
        self._running: dict[uuid.UUID, Running] = {}
        self._hanging = 0
        self._timetable = Timetable()
        self._kept_at = 0.0

    def serve(self) -> None:
        """Work until SIGTERM or SIGINT; then finish what is soon finished and hand back the rest."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping and self._beside in {None, os.getppid()}:
            self._turn()
            self._wake.wait(POLL_S)
            self._wake.clear()
        self._finish()

    def _stop(self, *_: object) -> None:
        self._stopping = True  # no lock is taken in a signal handler; the loop looks within a second

    def _turn(self) -> None:
        try:
            self._give_up()
            self._keep()
            self._timetable.fill(timezone.now())
            self._take()
        except (DatabaseError, InterfaceError):
            _log.exception("The database does not answer; trying again")
        finally:
            _renew_connection()

    def _take(self) -> None:
        free = self._threads - len(self._busy())
        for work in claim(free) if free else ():
            assert work.lease  # noqa: S101 - claimed just now
            working = Working(work.pk, work.lease)
            future = self._pool.submit(run, work, working)
            self._running[work.lease] = Running(work, working, future)
            future.add_done_callback(self._ended)

    def _give_up(self) -> None:
        """Let go of what hangs, and have fresh threads in the place of the lost."""
        for held_by, one in list(self._busy().items()):
            if one.hangs:
                give_up(one.work, one.working)
                del self._running[held_by]
                self._hanging += 1
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="fenming-job")

    def _ended(self, future: "Future[None]") -> None:
        if error := future.exception():  # the database did not answer: the lease lapses and the work is run again
            _log.error("How a work ended could not be written down", exc_info=error)
        self._wake.set()

    def _busy(self) -> dict[uuid.UUID, Running]:
        self._running = {held_by: one for held_by, one in self._running.items() if not one.future.done()}
        return self._running

    def _keep(self) -> None:
        now = time.monotonic()
        if now - self._kept_at >= settings.JOB_LEASE_S / 6 and self._busy():
            keep(self._busy())
            self._kept_at = now

    def _finish(self) -> None:
        """Wait a while for what runs, then hand it back; threads cannot be stopped, so the process ends here."""
        until = time.monotonic() + GRACE_S
        while self._busy() and time.monotonic() < until:
            self._keep()
            self._wake.wait(0.1)
            self._wake.clear()
        left = self._busy()
        if left or self._hanging:
            hand_back(left)
            logging.shutdown()
            os._exit(0)
        self._pool.shutdown()
