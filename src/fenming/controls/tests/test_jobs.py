"""Background work: what is left for later is run once, again if it failed, and never lost."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from hypothesis import given
from hypothesis import strategies as st

from fenming.controls import jobs as declaring
from fenming.controls import operations, queries, worker
from fenming.controls.jobs import Job, LostLease, Working, as_kept, job, title
from fenming.controls.models import Operation, Work
from fenming.controls.operations import SYSTEM
from fenming.library.text import Refusal, refuse

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class BrokenError(Exception):
    """What a job raises here."""


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Job[Any]]:
    """No jobs but the test's own."""
    declaring.jobs()
    own: dict[str, Job[Any]] = {}
    monkeypatch.setattr(declaring, "_declared", own)
    return own


@pytest.fixture
def add() -> Job[Any]:
    @job(name=_("Tidy finished work"))
    def add(work: Working, *, one: int, two: int) -> dict[str, int]:
        return {"sum": one + two}

    return add


def failing(error: Exception, **options: Any) -> Job[Any]:
    @job(**options)
    def fail(work: Working) -> None:
        raise error

    return fail


def again(work: Work) -> Work:
    return Work.objects.get(pk=work.pk)


def make_due(work: Work) -> None:
    Work.objects.filter(pk=work.pk).update(next_try_at=timezone.now() - timedelta(seconds=1))


def test_what_is_left_for_later_is_run_once_and_keeps_its_result(add: Job[Any]) -> None:
    work = add.later(one=1, two=2)
    assert again(work).state == Work.State.QUEUED
    assert worker.run_due() == 1
    done = again(work)
    assert (done.state, done.result, done.tries, done.lease) == (Work.State.DONE, {"sum": 3}, 1, None)
    assert done.started_at <= done.finished_at
    assert worker.run_due() == 0


def test_now_runs_here_and_leaves_no_row(add: Job[Any]) -> None:
    assert add.now(one=1, two=2) == {"sum": 3}
    assert not Work.objects.exists()


def test_a_rolled_back_transaction_leaves_no_work(add: Job[Any]) -> None:
    with transaction.atomic():
        add.later(one=1, two=2)
        transaction.set_rollback(True)
    assert not Work.objects.exists()
    assert worker.run_due() == 0


def test_work_for_a_later_hour_waits(add: Job[Any]) -> None:
    work = add.later(one=1, two=2, after=timedelta(hours=1))
    assert worker.run_due() == 0
    make_due(work)
    assert worker.run_due() == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"one": 1}, TypeError),
        ({"one": 1, "two": 2, "three": 3}, TypeError),
        ({"one": 1, "two": NOW}, TypeError),
        ({"one": 1, "two": float("nan")}, ValueError),
        ({"one": 1, "two": "a\0b"}, ValueError),
        ({"one": 1, "two": "\ud800"}, ValueError),
    ],
)
def test_arguments_that_cannot_be_kept_are_refused_at_once(
    add: Job[Any], arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        add.later(**arguments)
    assert not Work.objects.exists()


@given(st.text(alphabet=st.sampled_from("\\u0\0a")))
def test_only_the_character_nul_is_refused_not_its_spelling(text: str) -> None:
    if "\0" in text:
        with pytest.raises(ValueError, match="NUL"):
            as_kept({"text": text})
    else:
        assert as_kept({"text": text}) == {"text": text}


@given(st.integers(1, 32_000))
def test_each_delay_doubles_up_to_an_hour(tries: int) -> None:
    nominal = min(30 * 2 ** (tries - 1), 3600)
    assert 0.8 * nominal <= worker.delay(tries).total_seconds() <= nominal


def test_a_failed_try_is_repeated_and_the_last_one_is_dead() -> None:
    work = failing(BrokenError("no answer\nfrom \0 the shop"), tries=2).later()
    assert worker.run_due() == 1
    waiting = again(work)
    assert (waiting.state, waiting.tries, waiting.finished_at) == (Work.State.QUEUED, 1, None)
    assert timedelta(seconds=20) < waiting.next_try_at - timezone.now() <= timedelta(seconds=30)
    assert worker.run_due() == 0
    make_due(work)
    assert worker.run_due() == 1
    dead = again(work)
    assert (dead.state, dead.tries) == (Work.State.DEAD, 2)
    assert dead.finished_at is not None
    assert dead.why == "from \N{REPLACEMENT CHARACTER} the shop"
    assert "test_jobs.py" in queries.traceback_of(work.pk)
    make_due(work)
    assert worker.run_due() == 0


def test_a_refusal_is_final_in_its_own_words() -> None:
    work = failing(refuse("店铺已关闭。", "The shop is closed.")).later()
    worker.run_due()
    dead = again(work)
    assert (dead.state, dead.tries) == (Work.State.DEAD, 1)
    for language, words in (("zh-hans", "店铺已关闭。"), ("en", "The shop is closed.")):
        with translation.override(language):
            assert dead.why == words


def test_a_result_that_cannot_be_kept_is_a_failure() -> None:
    @job(tries=1)
    def odd(work: Working) -> dict[str, Any]:
        return {"when": NOW}

    work = odd.later()
    worker.run_due()
    assert again(work).state == Work.State.DEAD
    assert "datetime is not JSON serializable" in again(work).why


def test_work_has_one_holder(add: Job[Any]) -> None:
    for _number in range(3):
        add.later(one=1, two=2)
    first, second = worker.claim(2), worker.claim(2)
    assert (len(first), len(second)) == (2, 1)
    assert len({work.pk for work in first + second}) == 3
    assert worker.claim(2) == []


def test_a_holder_that_falls_silent_loses_its_work_and_can_no_longer_write(add: Job[Any]) -> None:
    work = add.later(one=1, two=2)
    [silent] = worker.claim(1)
    make_due(work)
    [taken] = worker.claim(1)
    with pytest.raises(LostLease):
        Working(silent.pk, silent.lease).progress(1, 2)
    worker.run(silent)
    assert again(work).state == Work.State.RUNNING
    worker.run(taken)
    assert (again(work).state, again(work).tries) == (Work.State.DONE, 2)


def test_a_holder_that_is_alive_keeps_its_work(add: Job[Any]) -> None:
    work = add.later(one=1, two=2)
    [held] = worker.claim(1)
    make_due(work)
    worker.keep([held.lease or uuid.uuid4()])
    assert worker.claim(1) == []
    assert again(work).heartbeat is not None


def test_work_that_hangs_is_given_up_and_others_go_on(add: Job[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    @job(quiet=timedelta(minutes=5))
    def hang(work: Working) -> None:
        go.wait(30)

    monkeypatch.setattr(worker, "run", lambda work, working: hang.run(working))  # no connection of its own
    one = worker.Worker(threads=1)
    hanging = hang.later()
    try:
        one._turn()
        one._turn()
        assert again(hanging).state == "running"
        (running,) = one._running.values()
        running.working.alive_at -= 301
        one._turn()
        found = again(hanging)
        assert (found.state, found.lease) == ("dead", None)
        assert "No sign of life for more than 5 minutes" in found.why
        with pytest.raises(LostLease):
            running.working.progress(1, 2)
        done = threading.Event()
        monkeypatch.setattr(worker, "run", lambda work, working: done.set())
        add.later(one=1, two=2)
        one._turn()
        assert done.wait(10)
    finally:
        go.set()


def test_who_tells_progress_does_not_hang(add: Job[Any]) -> None:
    work = add.later(one=1, two=2)
    working = Working(work.pk, None)
    running = worker.Running(work, working, Future())
    working.alive_at -= 3 * 3600
    assert running.hangs
    with pytest.raises(LostLease):
        working.progress(1, 2)
    assert not running.hangs


def test_work_that_ends_its_worker_every_time_is_dead() -> None:
    @job(tries=1)
    def crash(work: Working) -> None:
        raise AssertionError("it is not begun again")

    work = crash.later()
    worker.claim(1)
    make_due(work)
    worker.run_due()
    with translation.override("en"):
        assert again(work).why == "The process that ran it ended 1 times midway."
    assert again(work).state == Work.State.DEAD


def test_what_is_handed_back_has_lost_no_try(add: Job[Any]) -> None:
    work = add.later(one=1, two=2)
    [held] = worker.claim(1)
    worker.hand_back([held.lease or uuid.uuid4()])
    assert (again(work).state, again(work).tries, again(work).lease) == (Work.State.QUEUED, 0, None)


def test_work_of_a_job_that_this_version_does_not_know_waits(add: Job[Any]) -> None:
    work = Work.objects.create(job="future.job", next_try_at=timezone.now())
    assert worker.run_due() == 0
    assert title(work) == "future.job"


def test_progress_is_kept_twice_a_second_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(number / 10 for number in range(1, 100))
    monkeypatch.setattr(declaring.time, "monotonic", lambda: next(clock))
    kept = []

    @job()
    def count(work: Working) -> None:
        for number in range(1, 13):
            work.progress(number, 12, _("waiting"))
            kept.append(Work.objects.get().progress_done)

    work = count.later()
    worker.run_due()
    assert kept == [1] * 5 + [6] * 5 + [11] * 2
    assert (again(work).progress_done, again(work).progress_of) == (12, 12)
    with translation.override("en"):
        assert again(work).what == "waiting"


def test_scheduled_work_is_made_once_by_however_many_workers(declared: dict[str, Job[Any]]) -> None:
    @job(every=timedelta(minutes=1))
    def pull(work: Working) -> None:
        return None

    workers = [worker.Timetable(), worker.Timetable()]
    for one in workers:
        one.fill(NOW)
    assert [work.scheduled_for for work in Work.objects.all()] == [NOW.replace(second=0)]
    Work.objects.update(next_try_at=timezone.now())
    worker.run_due()
    for later in (timedelta(seconds=20), timedelta(minutes=1)):
        for one in workers:
            one.fill(NOW + later)
    assert Work.objects.count() == 2


def test_a_moment_is_left_out_while_the_one_before_is_at_work() -> None:
    @job(every=timedelta(minutes=1))
    def pull(work: Working) -> None:
        return None

    worker.Timetable().fill(NOW)
    worker.claim(1)
    worker.Timetable().fill(NOW + timedelta(minutes=1))
    assert Work.objects.count() == 1


def test_a_schedule_does_not_wait_longer_than_its_period_after_a_failure() -> None:
    pull = failing(BrokenError("no"), every=timedelta(seconds=10))
    work = pull.later()
    worker.run_due()
    assert again(work).next_try_at - timezone.now() <= timedelta(seconds=10)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 23, 18, 59, tzinfo=UTC), datetime(2026, 11, 22, 19, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 19, 0, tzinfo=UTC), datetime(2026, 11, 23, 19, 0, tzinfo=UTC)),
        (datetime(2026, 11, 24, 3, 0, tzinfo=UTC), datetime(2026, 11, 23, 19, 0, tzinfo=UTC)),
    ],
)
def test_daily_is_the_time_of_the_site(now: datetime, due: datetime) -> None:
    @job(daily="03:00")
    def nightly(work: Working) -> None:
        return None

    assert nightly.due(now) == due


def test_failed_work_can_be_tried_again_and_the_log_says_who() -> None:
    work = failing(BrokenError("no"), tries=1).later()
    with pytest.raises(Refusal):
        operations.retry(SYSTEM, work)
    worker.run_due()
    operations.retry(SYSTEM, work)
    assert (again(work).state, again(work).tries) == (Work.State.QUEUED, 0)
    with pytest.raises(Refusal):
        operations.retry(SYSTEM, work)
    assert Operation.objects.filter(action="jobs.retry", object=str(work)).count() == 1


def test_waiting_work_can_be_cancelled_and_begun_work_cannot(add: Job[Any]) -> None:
    work, begun = add.later(one=1, two=2, after=timedelta(hours=1)), add.later(one=1, two=2)
    worker.claim(1)
    operations.cancel(SYSTEM, work)
    make_due(work)
    assert (again(work).state, worker.run_due()) == (Work.State.CANCELLED, 0)
    with pytest.raises(Refusal):
        operations.cancel(SYSTEM, begun)
    assert Operation.objects.filter(action="jobs.cancel").count() == 1


def test_old_done_work_is_deleted_and_the_last_of_a_schedule_stays() -> None:
    def made(name: str, state: str, days: int, *, scheduled: bool) -> int:
        when = NOW - timedelta(days=days)
        return Work.objects.create(
            job=name, state=state, next_try_at=when, finished_at=when, scheduled_for=when if scheduled else None
        ).pk

    made("a.done", Work.State.DONE, 31, scheduled=False)
    made("a.cancelled", Work.State.CANCELLED, 31, scheduled=False)
    made("a.nightly", Work.State.DONE, 3, scheduled=True)
    kept = {
        made("a.done", Work.State.DONE, 29, scheduled=False),
        made("a.dead", Work.State.DEAD, 400, scheduled=False),
        made("a.nightly", Work.State.DONE, 2, scheduled=True),
        made("a.yearly", Work.State.DONE, 200, scheduled=True),
    }
    assert operations.tidy_works(NOW) == 3
    assert set(Work.objects.values_list("pk", flat=True)) == kept


def test_works_are_found_by_state_and_by_creator(
    add: Job[Any], django_assert_num_queries: Callable[[int], Any]
) -> None:
    user = get_user_model().objects.create(username="hr")
    mine, other = add.later(one=1, two=2, by=user.pk, name=_("waiting")), failing(BrokenError("no"), tries=1).later()
    worker.run_due()
    assert list(queries.works(creator=user.pk)) == [mine]
    assert list(queries.works(state=Work.State.DEAD)) == [other]
    with django_assert_num_queries(2):
        assert [str(work.created_by) for work in queries.works()] == ["None", str(user)]
    assert queries.work(mine.pk) == mine
    assert queries.work(0) is None
    for language, words in (("zh-hans", mine.name["zh"]), ("en", "waiting")):
        with translation.override(language):
            assert title(again(mine)) == words
    with translation.override("en"):
        assert str(title(add.later(one=1, two=2))) == "Tidy finished work"


def test_an_idle_worker_asks_one_question_a_turn(
    add: Job[Any], django_assert_num_queries: Callable[[int], Any]
) -> None:
    idle = worker.Worker(threads=2)
    idle._turn()
    with django_assert_num_queries(1):
        idle._turn()


def test_a_declaration_that_cannot_work_is_refused(declared: dict[str, Job[Any]]) -> None:
    with pytest.raises(TypeError, match="after"):

        @job()
        def taken(work: Working, *, after: int) -> None: ...

    with pytest.raises(ValueError, match="above zero"):

        @job(every=timedelta())
        def never(work: Working) -> None: ...
