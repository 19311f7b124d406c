"""What ``fenming demo`` and ``fenming serve`` refuse before they touch anything."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fenming.cli import main


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield str(other.getsockname()[1])


def _run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *given: str) -> str:
    """What it says, on one line, to somebody who is refused."""
    monkeypatch.setattr(sys, "argv", ["fenming", *given])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    return " ".join("".join(capsys.readouterr()).split())


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_in_use_is_told_before_anything_is_made(
    command: str, taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _run(monkeypatch, capsys, command, "--data", str(tmp_path / "new"), "--port", taken)
    assert taken in said
    assert "--port" in said
    assert not (tmp_path / "new").exists()


def test_the_demo_never_replaces_other_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fenming.sqlite3").write_bytes(b"a company")
    assert str(tmp_path) in _run(monkeypatch, capsys, "demo", "--no-serve", "--data", str(tmp_path))
    assert (tmp_path / "fenming.sqlite3").read_bytes() == b"a company"


def test_a_folder_that_one_may_not_write_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden(self: Path, *given: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", forbidden)
    target = tmp_path / "new"
    assert str(target) in _run(monkeypatch, capsys, "demo", "--no-serve", "--data", str(target))
