"""``fenming audit`` tells by its words and by its exit code."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from openpyxl import load_workbook
from pytest_django import Settings
from rich.console import Console
from typer.testing import CliRunner

from fenming import cli
from fenming.commands import audit as command
from fenming.controls.models import Operation, Seal
from fenming.controls.operations import SYSTEM, Actor, record, seal_log
from fenming.library.text import Refusal

Audit = Callable[..., str]


@pytest.fixture
def audit(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Audit:
    """Runs ``fenming audit …`` in this process, in English, on the tests' database."""
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    monkeypatch.setenv("FENMING_DATA", str(tmp_path))
    monkeypatch.setattr(cli.audit, "LANGUAGE", "en")
    for number in range(4):
        record(
            Actor(name="KF1") if number % 2 else SYSTEM, "test.do", f"=thing {number}", after={"phone": "13800000000"}
        )

    def run(*words: str, code: int = 0) -> str:
        found = CliRunner().invoke(cli.app, ["audit", *words, "--data", str(tmp_path)], env={"COLUMNS": "200"})
        assert found.exit_code == code, found.output
        return found.output

    return run


def tamper() -> int:
    """Change an entry behind the application's back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE controls_operation DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER controls_operation_append_only_update")
        cursor.execute("UPDATE controls_operation SET actor_name = 'nobody' WHERE object = '=thing 2'")
    return Operation.objects.get(object="=thing 2").pk


def test_a_log_that_holds_says_so(audit: Audit) -> None:
    seal_log()
    assert "The operation log holds: 1 seals with 4 entries" in audit("verify")
    assert json.loads(audit("verify", "--json"))["findings"] == []


def test_every_finding_is_told_and_fails_the_command(audit: Audit) -> None:
    seal_log()
    number = tamper()
    told = audit("verify", code=1)
    assert f"Entry {number} changed after being sealed (seal 1)" in told
    assert "triggers were removed" in told
    assert "2 findings" in told
    found = json.loads(audit("verify", "--json", code=1))
    assert not found["holds"]
    assert {"kind": "changed", "first": number, "last": number, "seal": 1} in [
        {name: value for name, value in one.items() if name != "words"} for one in found["findings"]
    ]


def test_the_head_is_printed_and_expected_later(audit: Audit) -> None:
    with pytest.raises(AssertionError):
        audit("head")
    seal_log()
    number, digest = audit("head").split()
    assert (int(number), digest) == (1, Seal.objects.get().digest)
    audit("verify", "--expect", digest)
    assert "cut off" in audit("verify", "--expect", "hmac-sha256.other", code=1)


def test_entries_are_exported_masked_harmless_and_logged(audit: Audit, tmp_path: Path) -> None:
    assert "2 entries written" in audit("export", "--out", str(tmp_path / "log.csv"), "--actor", "KF1")
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[4] for row in rows] == ["Object", "'=thing 3", "'=thing 1"]
    assert "13800000000" not in str(rows)
    audit("export", "--out", str(tmp_path / "log.json"), "--object", "=thing 0", "--from", "2026-01-01")
    (entry,) = json.loads((tmp_path / "log.json").read_text(encoding="utf-8"))
    assert (entry["object"], entry["after"]) == ("=thing 0", {"phone": "***"})
    audit("export", "--out", str(tmp_path / "log.xlsx"), "--text", "nothing like it")
    assert len(list(load_workbook(tmp_path / "log.xlsx").active.values)) == 1
    assert Operation.objects.filter(action="audit.export").count() == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--out", "log.pdf"], "should end in"),
        (["--out", "no/such/folder/log.csv"], "There is no folder"),
        (["--out", "log.csv", "--from", "soon"], "--from “soon” should be a day"),
        (["--out", "log.csv", "--to", "9999-12-31"], "should be a day"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(audit: Audit, words: list[str], told: str, tmp_path: Path) -> None:
    found = CliRunner().invoke(cli.app, ["audit", "export", *words, "--data", str(tmp_path)])
    assert isinstance(found.exception, Refusal)
    assert told in str(found.exception)
    assert not Operation.objects.filter(action="audit.export").exists()


def test_verifying_makes_no_database_where_there_is_none(audit: Audit, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="There is no data folder"):
        command.head(tmp_path / "nowhere", "en", Console())
    assert not (tmp_path / "nowhere").exists()
