from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from fenming import cli
from fenming.controls import rotation, secrets
from fenming.controls.models import Operation

Keys = Callable[..., str]


@pytest.fixture
def keys(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Keys:
    """Runs ``fenming keys …`` in this process, in English, on the tests' database and a folder of its own."""
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    monkeypatch.setenv("FENMING_DATA", str(tmp_path))
    monkeypatch.setattr(cli.keys, "LANGUAGE", "en")

    def run(*words: str, code: int = 0) -> str:
        found = CliRunner().invoke(cli.app, ["keys", *words, "--data", str(tmp_path)], env={"COLUMNS": "200"})
        assert found.exit_code == code, found.output
        for line in (tmp_path / "keys").read_text().splitlines():
            assert line.split()[2] not in found.output
        return found.output

    return run


def test_a_key_is_added_used_and_the_old_one_released(keys: Keys) -> None:
    first = secrets.keyring().primary
    assert first in keys("list")
    assert "Back the key file up" in keys("add", "--algorithm", "sm4-gcm")
    second = secrets.keyring().primary
    assert [line.split()[1:6:2] for line in keys("list").splitlines() if "-gcm" in line] == [
        [first, "aes-256-gcm", "0"],
        [second, "sm4-gcm", "0"],
    ]
    told = keys("rotate")
    assert f"encrypted again with key {second}" in told
    assert f"Key {first} is no longer used" in told
    actions = Operation.objects.order_by("id").values_list("action", "object")
    assert list(actions) == [("keys.add", second), ("keys.rotate", second)]


def test_values_that_cannot_be_read_are_named_and_fail_the_command(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    first = secrets.keyring().primary
    secrets.add_key("aes-256-gcm")
    done = rotation.Rotation(changed=2, unreadable={"people.Employee.phone #7"})
    done.held[first] = 1
    monkeypatch.setattr(rotation, "rotate", lambda **_: done)
    told = keys("rotate", code=1)
    assert "left as it is: people.Employee.phone #7" in told
    assert f"Key {first} still holds 1 values" in told
    assert "2 values encrypted again" in told


def test_values_of_a_lost_key_are_counted(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.keyring()
    monkeypatch.setattr(rotation, "held", lambda: {secrets.keyring().primary: 3, rotation.UNKNOWN: 2})
    assert "2 more values need a key that is not here" in keys("list")


def test_an_unknown_algorithm_is_refused(keys: Keys) -> None:
    secrets.keyring()
    assert "sm4-gcm" in keys("add", "--algorithm", "des", code=2)
