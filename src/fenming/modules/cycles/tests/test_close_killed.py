"""A closing that is killed at any moment goes on with what is stored, and closes the period once."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOUND = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from fenming.controls.operations import SYSTEM
from fenming.modules import conftest
from fenming.modules.cycles.models import Cycle
from fenming.modules.cycles.operations.steps import advance, open_cycle
from fenming.modules.people.queries.records import department_ids
conftest.found()
cycle = open_cycle(SYSTEM, department_ids()["customer_service"], conftest.OCTOBER)
while step := cycle.steps.filter(state="open").exclude(kind__in=("archive", "improvement")).first():
    advance(SYSTEM, step, force_reason="x")
advance(SYSTEM, cycle.steps.get(kind="archive"))
print("ready", flush=True)
"""

CLOSE = """
import sys, time
import django; django.setup()
from fenming.controls.operations import SYSTEM
from fenming.modules.cycles.models import Cycle
from fenming.modules.cycles.operations.close import close
from fenming.modules.schemes import operations as scoring
from fenming.modules.schemes.models import ScoreLine
scoring.COMMITTED = 1
moment = sys.argv[1]

def halt():
    print(moment, flush=True)
    time.sleep(600)

def told(what, done, of):
    if f"{what}{done}" == moment:
        halt()

lines, written = ScoreLine.objects.bulk_create, []
def half_a_card(rows, **given):
    written.append(lines(rows, **given))
    if moment == f"within{len(written)}":
        halt()
ScoreLine.objects.bulk_create = half_a_card
cycle = Cycle.objects.get()
close(SYSTEM, cycle.pk, cycle.work, told=told)
print("closed", flush=True)
"""

CARDS = """SELECT r.id, s.id, count(l.id) FROM controls_run r JOIN schemes_scorecard s ON s.run_id = r.id
JOIN schemes_scoreline l ON l.scorecard_id = s.id WHERE r.kind = 'close' GROUP BY r.id, s.id ORDER BY s.id"""


@contextmanager
def running(folder: Path, code: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {
        "FENMING_DATA": str(folder), "FENMING_DB": "sqlite", "DJANGO_SETTINGS_MODULE": "fenming.web.settings",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", code, *words], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_closing_killed_again_and_again_stores_every_card_once(tmp_path: Path) -> None:
    with running(tmp_path, FOUND) as founding:
        assert said(founding) == "ready"
    database = sqlite3.connect(next(tmp_path.glob("*.sqlite3")), timeout=20)
    stored: list[tuple[int, int, int]] = []
    for moment, count in (("store1", 1), ("within2", 2), ("store3", 3)):
        with running(tmp_path, CLOSE, moment) as closing:
            assert said(closing) == moment
        before, stored = stored, database.execute(CARDS).fetchall()
        assert len(stored) == count
        assert stored[: len(before)] == before
    with running(tmp_path, CLOSE, "never") as closing:
        assert said(closing) == "closed"
    cards = database.execute(CARDS).fetchall()
    assert cards[: len(stored)] == stored
    assert len({card for _, card, _ in cards}) == 4
    assert database.execute("SELECT kind, complete FROM controls_run WHERE kind = 'close'").fetchall() == [("close", 1)]
    assert database.execute("SELECT state FROM cycles_cycle").fetchall() == [("closed",)]
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
