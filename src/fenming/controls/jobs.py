"""Background work: a function becomes a job, and each call of it later is a row that a person can see.

A worker that dies leaves its work to another one, so a job may be begun more than once: **jobs must be idempotent**.
Keep a job's transactions short: on SQLite everybody waits for the writer.
"""

import functools
import inspect
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as day_time
from typing import Any, Concatenate, Generic, ParamSpec

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from fenming.controls import operations
from fenming.controls.models import Work
from fenming.controls.models.jobs import Text, spoken

P = ParamSpec("P")
Result = dict[str, Any] | None

TRIES = 6
PROGRESS_EVERY_S = 0.5
QUIET_AT_MOST = timedelta(hours=2)
"""How long a job may run without telling its progress before it counts as hanging."""
_OURS = {"after", "by", "name"}
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_declared: dict[str, "Job[Any]"] = {}


class LostLease(Exception):  # noqa: N818 - nothing failed: the work is another worker's now
    """Another worker has taken this work; whoever learns it stops."""


@dataclass(slots=True)
class Working:
    """What a running job knows of its work; without one (``now``), progress is told to nobody."""

    work: int | None = None
    lease: uuid.UUID | None = None
    told: dict[str, Any] = field(default_factory=dict)
    alive_at: float = field(default_factory=time.monotonic)
    """When it last gave a sign of life."""
    _kept_at: float = float("-inf")

    def progress(self, done: int, of: int, what: Text = "") -> None:
        """How far it is; kept at most twice a second, and seen by others once the job's transaction commits."""
        self.told = {"progress_done": done, "progress_of": of, "progress_what": spoken(what) if what else None}
        self.alive_at = now = time.monotonic()
        if self.work is None or now - self._kept_at < PROGRESS_EVERY_S:
            return
        self._kept_at = now
        if not held(self.work, self.lease).update(**self.told):
            raise LostLease(f"Work {self.work} has been taken by another worker.")


@dataclass(frozen=True, slots=True)
class Job(Generic[P]):
    """A declared job. ``later`` leaves it to a worker, ``now`` runs it here."""

    run: Callable[Concatenate[Working, P], Result]
    name: str
    title: Text
    tries: int
    every: timedelta | None
    daily: day_time | None
    quiet: timedelta
    alone: bool = False

    @property
    def scheduled(self) -> bool:
        return bool(self.every or self.daily)

    def later(
        self, *, after: timedelta = timedelta(), by: int | None = None, name: Text = "", **arguments: Any
    ) -> Work:
        """Leave it to a worker, once the caller's transaction commits and ``after`` has passed."""
        inspect.signature(self.run).bind(None, **arguments)
        return Work.objects.create(
            job=self.name,
            name=spoken(name) if name else None,
            arguments=as_kept(arguments),
            next_try_at=timezone.now() + after,
            created_by_id=by,
        )

    def now(self, *args: P.args, **kwargs: P.kwargs) -> Result:
        """Run it in this process, without a row; what it raises is raised."""
        return self.run(Working(), *args, **kwargs)

    def due(self, now: datetime) -> datetime | None:
        """The latest moment, not after ``now``, for which it is scheduled."""
        if self.every is not None:
            epoch = datetime(1970, 1, 1, tzinfo=now.tzinfo)
            return epoch + (now - epoch) // self.every * self.every
        if self.daily is None:
            return None
        local = timezone.localtime(now)
        today = timezone.make_aware(datetime.combine(local.date(), self.daily))
        before = timezone.make_aware(datetime.combine(local.date() - timedelta(days=1), self.daily))
        return today if today <= now else before


def job(
    *,
    tries: int = TRIES,
    every: timedelta | None = None,
    daily: str | None = None,
    name: Text = "",
    quiet: timedelta = QUIET_AT_MOST,
    alone: bool = False,
) -> Callable[[Callable[Concatenate[Working, P], Result]], Job[P]]:
    """Declare a job in a module's ``jobs.py``, with a schedule if it has one.

    A failed try is repeated after 30 seconds, a minute, two and so on up to an hour; a ``Refusal`` is final at once.
    ``daily`` is a time of day ("03:00") in the site's time zone. A scheduled moment that nobody was there for is made
    good once, and the next one waits for the one before to end. A job that runs without progress for longer than
    ``quiet`` counts as hanging: its work has failed for good, and whoever sees that can let it be tried again.
    While a job that is ``alone`` runs, no other work is begun.
    """

    def declare(run: Callable[Concatenate[Working, P], Result]) -> Job[P]:
        if taken := _OURS & set(inspect.signature(run).parameters):
            raise TypeError(f"{run.__qualname__}: the arguments {sorted(taken)} belong to later().")
        if every is not None and every <= timedelta():
            raise ValueError(f"{run.__qualname__}: a schedule needs a period above zero.")
        made = Job(
            run=run,
            name=_name(run),
            title=name,
            tries=tries,
            every=every,
            daily=day_time.fromisoformat(daily) if daily else None,
            quiet=quiet,
            alone=alone,
        )
        known = _declared.setdefault(made.name, made)
        if known.run.__module__ != run.__module__:
            raise ValueError(f"Two jobs are called {made.name}: in {known.run.__module__} and {run.__module__}.")
        _declared[made.name] = made
        return made

    return declare


def _name(run: Callable[..., Result]) -> str:
    """``hub.deliver`` for the function ``deliver`` of ``fenming.modules.hub.jobs``."""
    home = run.__module__.removesuffix(".jobs").rpartition(".")[2]
    return f"{home}.{run.__name__}"


@functools.cache
def _discover() -> None:
    autodiscover_modules("jobs")


def jobs() -> Mapping[str, Job[Any]]:
    """Every job of the installed apps, by name."""
    _discover()
    return _declared


def title(work: Work) -> Text:
    """What a person calls this work: the name given to it, else its job's."""
    known = jobs().get(work.job)
    return work.given_name or (known.title if known else "") or work.job


def held(work: int, lease: uuid.UUID | None) -> QuerySet[Work]:
    """The row, if it is still held by this lease."""
    return Work.objects.filter(pk=work, lease=lease, state=Work.State.RUNNING)


def as_kept(value: Any) -> Any:
    """A value as the database gives it back; one that is no JSON, or that PostgreSQL cannot keep, is an error."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    if _NUL.search(text):
        raise ValueError("Arguments and results cannot hold the character NUL.")
    text.encode()
    return json.loads(text)


@job(daily="03:30", name=_("Tidy finished work"))
def tidy(work: Working) -> Result:
    return {"deleted": operations.tidy_works(timezone.now())}
