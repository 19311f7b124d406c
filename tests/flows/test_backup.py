"""The drill: the company is backed up while it works, restored elsewhere, and compared row by row."""

import json
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from fenming.lake.tables import Lake

Fenming = Callable[..., "subprocess.CompletedProcess[str]"]
Rows = dict[str, list[tuple[object, ...]]]
MOVED = ("hub_batch", "controls_operation", "sqlite_sequence")
"""The tables that are written during the drill."""


@pytest.fixture
def archive(company: Path, tmp_path: Path, fenming: Fenming) -> Path:
    """A backup without facts, which is quick."""
    target = tmp_path / "small.tar"
    made = fenming("backup", "--data", company, "--to", target, "--keys", tmp_path / "keys.json", "--no-facts")
    assert made.returncode == 0, made.stderr
    return target


def rows(data: Path) -> Rows:
    """Every row of every table, read without any of our code."""
    with closing(sqlite3.connect(data / "fenming.sqlite3")) as database:
        names = [one for (one,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(database.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in names}


def schema(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "fenming.sqlite3")) as database:
        return sorted(one for (one,) in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))


class Working:
    """The company at work: pairs of rows in one transaction each, and facts, until told to stop."""

    def __init__(self, company: Path) -> None:
        self._company, self._stop, self.begun = company, threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._rows, self._facts)]

    def __enter__(self) -> "Working":
        for thread in self._threads:
            thread.start()
        assert self.begun.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _rows(self) -> None:
        number, begun = 0, datetime(2026, 11, 23, 9, 30, 0, 123456)
        with closing(sqlite3.connect(self._company / "fenming.sqlite3", timeout=20)) as database:
            while not self._stop.is_set():
                with database:
                    database.execute(
                        'INSERT INTO hub_batch (name, fact, source, "new", same, changed, rejected, at)'
                        " VALUES (?, 'parcel', 'drill', 1, 0, 0, 0, ?)",
                        [f"drill {number}", str(begun)],
                    )
                    database.execute(
                        "INSERT INTO controls_operation (at, actor_name, action, object, after) VALUES (?,?,?,?,?)",
                        [str(begun), "drill", "drill", f"drill {number}", '{"z": 1.50, "a": [1e3, "分"]}'],
                    )
                number += 1

    def _facts(self) -> None:
        number, lake = 0, Lake(self._company / "facts")
        while not self._stop.is_set():
            row = {"session": f"drill-{number}", "platform": "京东", "occurred_at": datetime(2026, 11, 23, 9)}
            lake.write("service_session", pa.Table.from_pylist([row]), name="drill", source="drill")
            number += 1
            self.begun.set()


def test_a_company_backed_up_at_work_is_whole_when_restored_and_computes_the_same(
    company: Path, tmp_path: Path, fenming: Fenming
) -> None:
    target, keys, there = tmp_path / "all.tar", tmp_path / "keys.json", tmp_path / "there"
    with Working(company):
        made = fenming("backup", "--data", company, "--to", target, "--keys", keys)
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    restored = fenming("restore", target, "--data", there, "--keys", keys)
    assert restored.returncode == 0, restored.stderr
    was, now = rows(company), rows(there)
    assert {name: one for name, one in was.items() if name not in MOVED} == {
        name: one for name, one in now.items() if name not in MOVED
    }
    assert schema(company) == schema(there)
    written = {name: set(was[name]) - set(now[name]) for name in MOVED[:2]}
    assert written["hub_batch"], "nothing was written after the snapshot"
    assert all(set(now[name]) < set(was[name]) for name in MOVED[:2])
    assert {row[1] for row in now["hub_batch"] if "drill" in str(row[1])} == {
        str(row[4]) for row in now["controls_operation"] if row[3] == "drill"
    }, "half of a transaction was taken"
    for fact in (path.name for path in (there / "facts").iterdir()):
        table = DeltaTable(there / "facts" / fact)
        source = DeltaTable(company / "facts" / fact, version=table.version())
        assert sorted(table.file_uris(), key=os.path.basename) != []
        assert table.to_pyarrow_table().num_rows == source.to_pyarrow_table().num_rows
    for data in (company, there):
        assert fenming("rerun", 1, "--out", data / "again.json", "--data", data).returncode == 0
    assert (company / "again.json").read_bytes() == (there / "again.json").read_bytes()
    checked = fenming("doctor", "--data", there, "--json")
    assert not [one for one in json.loads(checked.stdout) if one["state"] == "bad"], checked.stdout


def test_the_archive_holds_no_key(archive: Path, company: Path, tmp_path: Path) -> None:
    secret = (company / "secret-key").read_bytes().strip()
    assert secret in (tmp_path / "keys.json").read_bytes()
    with tarfile.open(archive) as tar:
        assert not {"secret-key", "keys"} & {Path(name).name for name in tar.getnames()}
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        assert secret not in manifest.read()


def test_without_a_key_file_the_command_says_so_loudly(company: Path, tmp_path: Path, fenming: Fenming) -> None:
    made = fenming("backup", "--data", company, "--to", tmp_path / "b.tar", "--no-facts")
    assert "The keys are NOT in the archive" in made.stderr


def test_keys_of_another_company_are_refused_and_nothing_is_made(
    archive: Path, tmp_path: Path, fenming: Fenming
) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"files": {"secret-key": "of another company, quite long enough"}}))
    refused = fenming("restore", archive, "--data", tmp_path / "there", "--keys", other)
    assert refused.returncode == 2
    assert "does not hold the keys of this archive (keys, secret-key)" in refused.stderr
    assert not (tmp_path / "there").exists()


def test_only_the_newest_archives_of_this_company_are_kept(company: Path, tmp_path: Path, fenming: Fenming) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "fenming-20200101-000000.tar").write_bytes(b"somebody else's")
    assert fenming("backup", "--data", company, "--to", folder, "--no-facts").returncode == 0
    own = next(path for path in folder.iterdir() if not path.name.startswith("fenming-2020"))
    own.rename(folder / "fenming-20210101-000000.tar")
    made = fenming("backup", "--data", company, "--to", folder, "--no-facts", "--keep", 1)
    assert "Removed the older" in made.stderr
    left = sorted(path.name for path in folder.iterdir())
    assert len(left) == 2
    assert left[0] == "fenming-20200101-000000.tar"
    assert left[1] > "fenming-2026"


def test_an_installation_in_use_is_replaced_only_on_the_typed_name_and_kept_aside(
    archive: Path, company: Path, fenming: Fenming
) -> None:
    before = rows(company)
    with closing(sqlite3.connect(company / "fenming.sqlite3")) as database, database:
        database.execute("UPDATE people_employee SET name = 'changed'")
    plain = fenming("restore", archive, "--data", company)
    assert plain.returncode == 2
    assert "already holds a company's data" in plain.stderr
    mistyped = fenming("restore", archive, "--data", company, "--replace", typed="another\n")
    assert mistyped.returncode == 2
    done = fenming("restore", archive, "--data", company, "--replace", typed="company\n")
    assert done.returncode == 0, done.stderr
    assert rows(company)["people_employee"] == before["people_employee"]
    aside = next(company.glob("before-restore-*"))
    assert {row[2] for row in rows(aside)["people_employee"]} == {"changed"}
    assert (aside / "facts").is_dir()
    assert (company / "secret-key").is_file(), "the keys stay"


def test_a_full_disk_is_told_and_leaves_no_half_archive(company: Path, tmp_path: Path, fenming: Fenming) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    limit = 20 << 20
    refused = fenming(
        "backup", "--data", company, "--to", folder,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert refused.returncode == 2
    assert "is full or over its quota" in refused.stderr
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_during_a_restore_leaves_the_folder_as_it_was(
    archive: Path, tmp_path: Path, fenming: Fenming
) -> None:
    there, limit = tmp_path / "there", 1 << 20
    refused = fenming(
        "restore", archive, "--data", there,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert refused.returncode == 2, refused.stderr
    assert [path.name for path in there.iterdir()] == ["static"]


def test_a_killed_backup_leaves_no_archive_and_the_next_one_sweeps(
    company: Path, tmp_path: Path, fenming: Fenming
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    command = [Path(sys.executable).with_name("fenming"), "backup", "--data", company, "--to", folder]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not any(path.stat().st_size > 1 << 20 for path in folder.glob(".*.part")):
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not list(folder.glob("fenming-*"))
    assert fenming("backup", "--data", company, "--to", folder).returncode == 0
    assert len(list(folder.iterdir())) == 1


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from rich.console import Console
from fenming.commands.backup import place, restoring
left, true_move = int(sys.argv[3]), shutil.move
def move(old, new):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return true_move(old, new)
place.shutil.move = move
restoring.Prompt.ask = lambda _: Path(sys.argv[2]).name
restoring.restore(
    Path(sys.argv[1]), Path(sys.argv[2]), keys_from=None, replace=True, language="en", console=Console(quiet=True)
)
"""


@pytest.mark.parametrize("moves", [0, 3, 6])
def test_a_restore_killed_between_any_two_renames_can_be_done_again(
    archive: Path, company: Path, fenming: Fenming, moves: int
) -> None:
    with closing(sqlite3.connect(company / "fenming.sqlite3")) as database, database:
        database.execute("UPDATE people_employee SET name = 'changed'")
    arguments = [sys.executable, "-c", KILLED, str(archive), str(company), str(moves)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FENMING_", "DJANGO_"))}
    killed = subprocess.run(arguments, check=False, capture_output=True, text=True, env=environment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    checked = json.loads(fenming("doctor", "--data", company, "--json").stdout)
    assert "restore_finished" in {one["check"] for one in checked if one["state"] == "bad"}
    again = fenming("restore", archive, "--data", company, "--replace", typed="company\n")
    assert again.returncode == 0, again.stderr
    assert len({row[2] for row in rows(company)["people_employee"]}) > 1
    (aside,) = company.glob("before-restore-*")
    assert {row[2] for row in rows(aside)["people_employee"]} == {"changed"}
    assert (aside / "facts/parcel/_delta_log").is_dir()
    assert not (company / ".restoring").exists()


def test_a_restore_killed_while_it_loads_can_be_done_again(company: Path, tmp_path: Path, fenming: Fenming) -> None:
    whole, there = tmp_path / "whole.tar", tmp_path / "there"
    assert fenming("backup", "--data", company, "--to", whole).returncode == 0
    command = [Path(sys.executable).with_name("fenming"), "restore", whole, "--data", there]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (there / ".restoring/facts").exists():
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not (there / "fenming.sqlite3").exists()
    assert fenming("restore", whole, "--data", there).returncode == 0
    assert rows(there)["people_employee"] == rows(company)["people_employee"]


BACK_TO = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", "start", "zero", verbosity=0)
"""


def test_an_archive_of_an_older_schema_is_restored_at_it_and_then_brought_up(
    company: Path, tmp_path: Path, fenming: Fenming
) -> None:
    older, there = tmp_path / "older.tar", tmp_path / "there"
    newest = schema(company)
    settings = {"FENMING_DATA": str(company), "DJANGO_SETTINGS_MODULE": "fenming.web.settings", "FENMING_DB": "sqlite"}
    subprocess.run([sys.executable, "-c", BACK_TO], check=True, env=os.environ | settings)
    assert "start_tourseen" not in rows(company)
    assert fenming("backup", "--data", company, "--to", older, "--no-facts").returncode == 0
    assert "start_tourseen" not in rows(company), "a backup does not migrate"
    restored = fenming("restore", older, "--data", there)
    assert restored.returncode == 0, restored.stderr
    assert rows(there)["start_tourseen"] == []
    assert rows(there)["people_employee"] == rows(company)["people_employee"]
    assert set(schema(there)) == set(newest)


def _executed(address: str, statement: str) -> list[tuple[object, ...]]:
    import psycopg

    with psycopg.connect(address, autocommit=True) as database:
        cursor = database.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.postgres
def test_a_company_moves_up_to_postgresql_and_back(
    company: Path, tmp_path: Path, fenming: Fenming, postgresql: str
) -> None:
    up, down, there, back = (tmp_path / name for name in ("up.tar", "down.tar", "there", "back"))
    with closing(sqlite3.connect(company / "fenming.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO controls_operation (id, at, actor_name, action, object, after) VALUES (?,?,?,?,?,?)",
            [900, "2026-11-23 09:30:00.120000", "", "odd", "o'\\\t\n", '{"b": 1.50, "a": [1e20, 0.1], "分": null}'],
        )
        database.execute("UPDATE sqlite_sequence SET seq = 1000 WHERE name = 'hub_batch'")
    keys = tmp_path / "keys.json"
    assert fenming("backup", "--data", company, "--to", up, "--keys", keys).returncode == 0
    moved = fenming("restore", up, "--data", there, "--keys", keys, FENMING_DB=postgresql)
    assert moved.returncode == 0, moved.stderr
    odd = "SELECT (at AT TIME ZONE 'UTC')::text, object, after ->> 'b' FROM controls_operation WHERE id = 900"
    assert _executed(postgresql, odd) == [("2026-11-23 09:30:00.12", "o'\\\t\n", "1.50")]
    taken = (
        'INSERT INTO hub_batch (name, fact, source, "new", same, changed, rejected, at)'
        " VALUES ('x', 'x', 'x', 0, 0, 0, 0, now()) RETURNING id"
    )
    assert _executed(postgresql, taken) == [(1001,)], "a number once given out is not given out again"
    _executed(postgresql, "DELETE FROM hub_batch WHERE name = 'x'")
    assert fenming("backup", "--data", there, "--to", down, FENMING_DB=postgresql).returncode == 0
    refused = fenming("restore", down, "--data", there, FENMING_DB=postgresql)
    assert "already holds" in refused.stderr
    replaced = fenming("restore", down, "--data", there, "--replace", typed="there\n", FENMING_DB=postgresql)
    assert replaced.returncode == 0, replaced.stderr
    assert _executed(postgresql, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'before_restore_%'") == [(1,)]
    assert fenming("restore", down, "--data", back).returncode == 0
    was, now = rows(company), rows(back)
    del was["sqlite_sequence"], now["sqlite_sequence"]
    assert _plain(was) == _plain(now)
    assert fenming("rerun", 1, "--out", tmp_path / "a.json", "--data", company).returncode == 0
    assert fenming("rerun", 1, "--out", tmp_path / "b.json", "--data", there, FENMING_DB=postgresql).returncode == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    checked = fenming("doctor", "--data", there, "--json", FENMING_DB=postgresql)
    assert not [one for one in json.loads(checked.stdout) if one["state"] == "bad"], checked.stdout


AT_THE_COMMIT = """
import os, signal, sys
from pathlib import Path
from rich.console import Console
from fenming.commands.backup import place, restoring
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
move_in = place.Place.move_in
if sys.argv[3] == "before":
    place.Place.move_in = lambda self, **more: (move_in(self, **more), die())
else:
    place.Place.finish = die
restoring.restore(
    Path(sys.argv[1]), Path(sys.argv[2]), keys_from=None, replace=False, language="en", console=Console(quiet=True)
)
"""


@pytest.mark.postgres
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_the_commit_files_and_postgresql_tell_the_same_story(
    archive: Path, tmp_path: Path, fenming: Fenming, postgresql: str, moment: str
) -> None:
    there = tmp_path / "there"
    arguments = [sys.executable, "-c", AT_THE_COMMIT, str(archive), str(there), moment]
    killed = subprocess.run(arguments, check=False, env=os.environ | {"FENMING_DB": postgresql}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = fenming("restore", archive, "--data", there, FENMING_DB=postgresql)
    if moment == "before":
        assert again.returncode == 0, again.stderr
    else:
        assert "already holds a company's data" in again.stderr
    assert _executed(postgresql, "SELECT count(*) FROM people_employee") == [(300,)]
    assert (there / "demo.until").is_file()
    assert list((there / "runs").iterdir())
    assert not (there / ".restoring").exists()


@pytest.mark.postgres
def test_numbers_too_long_for_sqlite_are_rounded_and_told(
    archive: Path, tmp_path: Path, fenming: Fenming, postgresql: str
) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    assert fenming("restore", archive, "--data", there, FENMING_DB=postgresql).returncode == 0
    _executed(postgresql, "UPDATE schemes_scoreline SET numerator = 1234567890.1234567891 WHERE id = 1")
    long = tmp_path / "long.tar"
    assert fenming("backup", "--data", there, "--to", long, FENMING_DB=postgresql).returncode == 0
    told = fenming("restore", long, "--data", back)
    assert "1 longer numbers were rounded" in told.stderr
    found = next(row for row in rows(back)["schemes_scoreline"] if row[0] == 1)
    assert 1234567890.12346 in found


@pytest.mark.postgres
def test_what_postgresql_cannot_hold_is_refused_with_its_place_and_nothing_stays(
    company: Path, tmp_path: Path, fenming: Fenming, postgresql: str
) -> None:
    with closing(sqlite3.connect(company / "fenming.sqlite3")) as database, database:
        database.execute("UPDATE people_employee SET name = ? WHERE id = 7", ["a\0b"])
    odd = tmp_path / "odd.tar"
    assert fenming("backup", "--data", company, "--to", odd, "--no-facts").returncode == 0
    refused = fenming("restore", odd, "--data", tmp_path / "there", FENMING_DB=postgresql)
    assert refused.returncode == 2
    assert "people_employee" in refused.stderr
    assert _executed(postgresql, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["static"]


def _plain(found: Rows) -> Rows:
    """JSON as a value: PostgreSQL keeps neither the order of keys nor spaces."""

    def plain(value: object) -> object:
        if isinstance(value, str) and value[:1] in ("{", "["):
            return json.dumps(json.loads(value), sort_keys=True).replace("1e+20", "1" + "0" * 20)
        return value

    return {name: sorted((tuple(map(plain, row)) for row in rows), key=repr) for name, rows in found.items()}
