"""A settling process that is killed at any moment leaves whole runs or none, and the next one succeeds."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

SETTLING = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from decimal import Decimal
from fenming.modules import conftest
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.people.queries.records import department_ids
company = conftest.found()
for department in department_ids().values():
    set_pool(department, conftest.OCTOBER.start, conftest.OCTOBER.end, Decimal("100.00"))
print("ready", flush=True)
while True:
    settle(company.engine, company.lake, conftest.OCTOBER, folder=company.runs)
    print("settled", flush=True)
"""

WHOLE = """
SELECT r.id, count(DISTINCT s.id), count(DISTINCT l.id), (SELECT count(*) FROM bonus_amount a
JOIN bonus_allotment b ON a.allotment_id = b.id WHERE b.run_id = r.id)
FROM controls_run r LEFT JOIN schemes_scorecard s ON s.run_id = r.id LEFT JOIN schemes_scoreline l
ON l.scorecard_id = s.id WHERE r.complete GROUP BY r.id ORDER BY r.id
"""


def test_a_settlement_killed_half_way_leaves_whole_runs_only_and_the_database_sound(tmp_path: Path) -> None:
    environment = os.environ | {
        "FENMING_DATA": str(tmp_path), "FENMING_DB": "sqlite", "DJANGO_SETTINGS_MODULE": "fenming.web.settings",
    }  # fmt: skip
    running = subprocess.Popen([sys.executable, "-c", SETTLING], env=environment, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    assert running.stdout.readline() == "settled\n"
    database = sqlite3.connect(next(tmp_path.glob("*.sqlite3")), timeout=20)
    while not database.execute("SELECT 1 FROM controls_run WHERE NOT complete").fetchall():
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    runs = database.execute(WHOLE).fetchall()
    database.close()
    assert runs
    assert {(cards, lines, amounts) for _, cards, lines, amounts in runs} == {(7, 32, 7)}
