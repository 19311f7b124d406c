"""A worker that is killed in the middle of an import leaves whole batches, and the next one finishes: nothing twice."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

SETTING_UP = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from datetime import date
from fenming.controls.operations import Actor
from fenming.modules import conftest
from fenming.modules.accounts.models import User
from fenming.modules.people.jobs import begin, go_on
from fenming.modules.people.models import PeopleImport
from fenming.modules.people.operations import import_batch
from fenming.controls.worker import run_due
conftest.found()
actor = Actor(user=User.objects.get(username="hr").pk, name="hr")
rows = ["工号,姓名,部门,岗位,入职日期,直属上级"]
rows += [f"A{at:04d},新人{at},客服部,cs_agent,2026-01-05,{f'A{at // 2:04d}' if at else ''}" for at in range(1500)]
rows += ["KF3,王方,物流部,courier,,"]
data = "\\n".join(rows).encode("gbk")
begin(actor, name="people.csv", data=data, from_day=date(2026, 6, 1), corrects=False)
run_due()
one = PeopleImport.objects.get()
assert one.counts == {"new": 1500, "moved": 1}, (one.counts, one.error)
go_on(actor, one, [])
"""
WORKING = """
import django; django.setup()
from fenming.controls.worker import run_due
from fenming.modules.people.operations import import_batch
import_batch.BATCH = 40
print("ready", flush=True)
run_due()
"""
UNDOING = """
import django; django.setup()
from fenming.controls.operations import Actor
from fenming.modules.people.models import PeopleImport
from fenming.modules.people.jobs import take_back
take_back(Actor(), PeopleImport.objects.get())
"""
PEOPLE = "SELECT count(*), count(DISTINCT number) FROM people_employee WHERE number LIKE 'A%'"
WHOLE = """
SELECT (SELECT count(*) FROM people_importrow WHERE state = 'applied' AND kind = 'new'),
(SELECT count(*) FROM people_employee WHERE number LIKE 'A%'),
(SELECT count(*) FROM people_employment s JOIN people_employee e ON s.employee_id = e.id WHERE number LIKE 'A%'),
(SELECT count(*) FROM people_assignment s JOIN people_employee e ON s.employee_id = e.id WHERE number LIKE 'A%'),
(SELECT count(*) FROM controls_operation WHERE action = 'people.import_row' AND object LIKE 'employee A%')
"""


class Site:
    """A site in a folder, worked on by processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.environment = os.environ | {
            "FENMING_DATA": str(folder), "FENMING_DB": "sqlite", "DJANGO_SETTINGS_MODULE": "fenming.web.settings",
            "FENMING_LEASE": "1",
        }  # fmt: skip
        self.run(SETTING_UP)
        self.database = sqlite3.connect(next(folder.glob("*.sqlite3")), timeout=20)

    def run(self, code: str) -> None:
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=self.environment, check=True)

    def killed_once(self, seen: str) -> None:
        """Let a worker begin, and kill it as soon as a query finds something."""
        running = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WORKING], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        while not self.ask(seen)[0]:
            assert running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()

    def finished(self) -> None:
        """Another worker takes the work over, once the lease of the dead one has passed."""
        self.database.execute("UPDATE controls_work SET next_try_at = '2026-01-01 00:00:00' WHERE state = 'running'")
        self.database.commit()
        self.run(WORKING)

    def ask(self, query: str) -> tuple[int, ...]:
        found: tuple[int, ...] = self.database.execute(query).fetchone()
        return found


def test_a_killed_import_goes_on_where_it_was_and_a_killed_undo_too(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.killed_once("SELECT count(*) >= 80 FROM people_importrow WHERE state = 'applied'")
    assert site.ask("PRAGMA integrity_check") == ("ok",)
    some = site.ask(WHOLE)
    assert 0 < some[0] < 1500
    assert len(set(some)) == 1
    site.finished()
    assert site.ask(WHOLE) == (1500,) * 5
    assert site.ask(
        "SELECT state = 'applied', (SELECT count(*) FROM controls_operation WHERE action = 'people.import') "
        "FROM people_peopleimport"
    ) == (1, 1)
    site.run(UNDOING)
    site.killed_once("SELECT count(*) >= 80 FROM people_importrow WHERE state = 'undone'")
    left, people = (
        site.ask("SELECT count(*) FROM people_importrow WHERE state = 'applied' AND kind = 'new'")[0],
        site.ask(PEOPLE)[0],
    )
    assert 0 < left == people
    site.finished()
    assert site.ask(PEOPLE) == (0, 0)
    assert site.ask("SELECT state = 'undone' FROM people_peopleimport") == (1,)
    assert site.ask(
        "SELECT count(*) FROM people_assignment a JOIN people_employee e ON a.employee_id = e.id WHERE number = 'KF3'"
    ) == (1,)
    site.database.close()
