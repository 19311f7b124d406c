"""Each check of the doctor, on an installation that is really broken in that way."""

import base64
import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

Fenming = Callable[..., "subprocess.CompletedProcess[str]"]
Broken = Callable[[Path], dict[str, str] | None]


def _execute(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "fenming.sqlite3")) as database, database:
        for statement in statements:
            database.execute(statement)


def _damage_the_file(data: Path) -> None:
    _execute(data, "PRAGMA wal_checkpoint(TRUNCATE)")
    with (data / "fenming.sqlite3").open("r+b") as file:
        size = file.seek(0, 2)
        for page in range(size // 2 // 4096, size * 9 // 10 // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)


def _newest_parquet(data: Path) -> Path:
    return sorted((data / "facts/parcel").rglob("*.parquet"))[-1]


def _noted(data: Path, age: timedelta) -> None:
    note = {"made": (datetime.now(UTC) - age).isoformat(), "archive": str(data / "demo.until")}
    (data / "backups.json").write_text(json.dumps(note))


def _sql(statement: str) -> Broken:
    return lambda data: _execute(data, statement)


def _with(**environment: str) -> Broken:
    return lambda data: environment


def _damage_a_log(data: Path) -> None:
    for path in (data / "facts/parcel/_delta_log").glob("*.json"):
        path.unlink()  # it is a link to the log of the shared company
        path.write_text("{")


def _kill_a_writer(data: Path) -> None:
    (_newest_parquet(data).parent / "part.parquet#1").write_bytes(b"half")


def _lose_inputs(data: Path) -> None:
    for path in (data / "runs").iterdir():
        path.unlink()


def _empty_the_database(data: Path) -> None:
    (data / "fenming.sqlite3").write_bytes(b"")


def _spoil_the_note(data: Path) -> None:
    (data / "backups.json").write_text("[")


def _change_the_keys(data: Path) -> None:
    index, key = (data / "keys").read_text().splitlines()
    name, algorithm, _ = key.split()
    (data / "keys").write_text(f"{index}\n{name} {algorithm} {base64.b64encode(bytes(32)).decode()}\n")


WORK = (
    "INSERT INTO controls_work (job, arguments, state, tries, next_try_at, traceback, created_at, finished_at)"
    " VALUES ('x', '{{}}', '{}', 1, datetime('now', '-1 hour'), '', datetime('now'), datetime('now'))"
)
FUTURE = "INSERT INTO django_migrations (app, name, applied) VALUES ('bonus', '0999', '2026-01-01 00:00:00')"
TOMORROW = "INSERT INTO controls_operation (at, actor_name, action, object) VALUES ('2099-01-01 00:00:00', '', '', '')"
NOBODY = "UPDATE bonus_amount SET employee_id = 99999 WHERE id = 1"
PIN = """UPDATE controls_run SET facts = '{"parcel": 77}' WHERE id = 1"""
BROKEN: dict[str, tuple[str, str, Broken]] = {
    "others read the key": ("key_modes", "bad", lambda data: (data / "secret-key").chmod(0o644)),
    "a restore was interrupted": ("restore_finished", "bad", lambda data: (data / ".restoring").mkdir()),
    "no such time zone": ("time_zone", "bad", _with(FENMING_TIME_ZONE="Asia/Atlantis")),
    "never backed up": ("last_backup", "warn", lambda data: None),
    "backed up long ago": ("last_backup", "warn", lambda data: _noted(data, timedelta(days=8))),
    "a note that is none": ("last_backup", "warn", _spoil_the_note),
    "no such database kind": ("settings", "bad", _with(FENMING_DB="oracle://x")),
    "no database": ("database_reachable", "bad", lambda data: (data / "fenming.sqlite3").unlink()),
    "an empty database": ("database_reachable", "bad", _empty_the_database),
    "a migration is missing": ("migrations_applied", "bad", _sql("DELETE FROM django_migrations WHERE app = 'bonus'")),
    "from a newer version": ("migrations_applied", "bad", _sql(FUTURE)),
    "a reference leads nowhere": ("integrity", "bad", _sql(NOBODY)),
    "the file is damaged": ("integrity", "bad", _damage_the_file),
    "the log can be changed": ("guards", "bad", _sql("DROP TRIGGER controls_operation_append_only_update")),
    "posts may overlap": ("guards", "bad", _sql("DROP TRIGGER people_assignment_no_overlap_insert")),
    "the clock is behind": ("clock", "bad", _sql(TOMORROW)),
    "nobody works": ("worker", "bad", _sql(WORK.format("queued"))),
    "work failed": ("worker", "warn", _sql(WORK.format("dead"))),
    "another key": ("decryptable", "bad", _change_the_keys),
    "a file of facts is gone": ("tables_open", "bad", lambda data: _newest_parquet(data).unlink()),
    "a log is damaged": ("tables_open", "bad", _damage_a_log),
    "a writer was killed": ("no_orphans", "warn", _kill_a_writer),
    "a pinned version is gone": ("pins_open", "bad", _sql(PIN)),
    "inputs are gone": ("inputs_kept", "bad", _lose_inputs),
    "debug on the network": ("network", "bad", _with(FENMING_DEBUG="1", FENMING_HOSTS="kpi.example.cn")),
    "no https": ("network", "warn", _with(FENMING_HOSTS="kpi.example.cn")),
    "a weak secret": ("secret_key", "bad", _with(FENMING_SECRET_KEY="secret")),
    "not gathered": ("static_files", "warn", lambda data: None),
}


def checked(fenming: Fenming, data: Path, **environment: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    done = fenming("doctor", "--data", data, "--json", **environment)
    found: dict[str, list[dict[str, object]]] = {}
    for one in json.loads(done.stdout):
        found.setdefault(one["check"], []).append(one)
    return done.returncode, found


def test_a_sound_installation_has_nothing_bad(company: Path, fenming: Fenming) -> None:
    before = {path: path.stat().st_mtime_ns for path in company.iterdir() if path.is_file()}
    code, found = checked(fenming, company)
    assert code == 0
    assert {str(one["state"]) for each in found.values() for one in each} <= {"ok", "warn"}
    assert {path: path.stat().st_mtime_ns for path in before} == before, "the doctor only looks"


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_found_and_comes_with_a_remedy(case: str, company: Path, fenming: Fenming) -> None:
    check, state, breaks = BROKEN[case]
    environment = breaks(company) or {}
    code, found = checked(fenming, company, **environment)
    states = [one["state"] for one in found.get(check, [])]
    assert state in states, found
    assert all(one["remedy"]["zh"] and one["remedy"]["en"] for one in found[check] if one["state"] != "ok")  # type: ignore[index]
    assert code == any(one["state"] == "bad" for each in found.values() for one in each)


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path, fenming: Fenming) -> None:
    code, found = checked(fenming, tmp_path / "nowhere")
    assert code == 1
    assert found["folder"][0]["state"] == "bad"
    assert not (tmp_path / "nowhere").exists()


def test_in_words_it_says_how_to_mend(company: Path, fenming: Fenming) -> None:
    (company / "secret-key").chmod(0o644)
    said = fenming("doctor", "--data", company)
    assert said.returncode == 1
    assert "chmod 600" in said.stderr
