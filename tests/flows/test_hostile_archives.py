"""Archives that somebody broke or made on purpose: refused in words, with nothing written."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fenming.commands.backup import archive
from fenming.library.text import Refusal

Fenming = Callable[..., "subprocess.CompletedProcess[str]"]
Members = list[tuple[tarfile.TarInfo, bytes]]
Change = Callable[[dict[str, Any], Members], None]


@pytest.fixture(scope="session")
def sound(demo_data: Path, tmp_path_factory: pytest.TempPathFactory, fenming: Fenming) -> Path:
    target = tmp_path_factory.mktemp("sound") / "sound.tar"
    assert fenming("backup", "--data", demo_data, "--to", target, "--no-facts").returncode == 0
    return target


def rewritten(sound: Path, target: Path, change: Change) -> Path:
    """The archive with its manifest and members changed; the manifest stays first."""
    with tarfile.open(sound) as tar:
        members = [(one, (tar.extractfile(one) or io.BytesIO()).read()) for one in tar]
    manifest = json.loads(members.pop(0)[1])
    change(manifest, members)
    text = json.dumps(manifest).encode()
    head = tarfile.TarInfo("manifest.json")
    head.size = len(text)
    with tarfile.open(target, "w") as tar:
        for member, content in [(head, text), *members]:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))
    return target


def _renamed(name: str) -> Change:
    def change(manifest: dict[str, Any], members: Members) -> None:
        manifest["files"][-1]["name"] = name
        members[-1][0].name = f"{name}.gz"

    return change


def _link(manifest: dict[str, Any], members: Members) -> None:
    members[-1][0].type, members[-1][0].linkname = tarfile.SYMTYPE, "/etc/passwd"


def _hard_link(manifest: dict[str, Any], members: Members) -> None:
    members[-1][0].type, members[-1][0].linkname = tarfile.LNKTYPE, "manifest.json"


def _bomb(manifest: dict[str, Any], members: Members) -> None:
    member, _ = members[-1]
    members[-1] = member, gzip.compress(bytes(512 << 20), 9)


def _changed_row(manifest: dict[str, Any], members: Members) -> None:
    """A row changed with its file's digest made right: the digest over the rows still tells."""
    place = next(n for n, (one, _) in enumerate(members) if one.name == "database/people_employee.jsonl.gz")
    text = gzip.decompress(members[place][1]).replace(b"KF0002", b"KF9992", 1)
    members[place] = members[place][0], gzip.compress(text)
    file = next(one for one in manifest["files"] if one["name"] == "database/people_employee.jsonl")
    file["sha256"], file["size"] = hashlib.sha256(text).hexdigest(), len(text)


def _another_column(manifest: dict[str, Any], members: Members) -> None:
    table = next(one for one in manifest["tables"] if one["name"] == "people_employee")
    table["columns"][1]["name"] = 'number") VALUES (1); --'


def _another_table(manifest: dict[str, Any], members: Members) -> None:
    table = next(one for one in manifest["tables"] if one["name"] == "people_employee")
    table["name"] = "sqlite_master"
    file = next(one for one in manifest["files"] if one["name"] == "database/people_employee.jsonl")
    file["name"] = "database/sqlite_master.jsonl"
    member = next(one for one, _ in members if one.name == "database/people_employee.jsonl.gz")
    member.name = "database/sqlite_master.jsonl.gz"


def _newer(manifest: dict[str, Any], members: Members) -> None:
    manifest["fenming"] = "99.1.0"
    manifest["a field of the future"] = 1


def _unknown_migration(manifest: dict[str, Any], members: Members) -> None:
    manifest["migrations"].append(["people", "9999_future"])


def _missing(manifest: dict[str, Any], members: Members) -> None:
    members.pop()


def _more(manifest: dict[str, Any], members: Members) -> None:
    members.append((tarfile.TarInfo("runs/extra.json"), b"{}"))


def _twice(manifest: dict[str, Any], members: Members) -> None:
    manifest["files"].append(manifest["files"][-1])
    members.append(members[-1])


def _damaged(manifest: dict[str, Any], members: Members) -> None:
    member, content = members[3]
    members[3] = member, content[:15] + bytes([content[15] ^ 1]) + content[16:]


def _no_manifest(manifest: dict[str, Any], members: Members) -> None:
    manifest.clear()


LATER = {"changed row", "another column", "another table", "unknown migration", "traversal", "bomb"}
"""Those found only with the database at hand, and two that go the whole way to see that nothing is written."""
REFUSED: dict[str, tuple[Change, str]] = {
    "traversal": (_renamed("runs/../../outside"), "file name that does not belong"),
    "absolute": (_renamed("/outside"), "file name that does not belong"),
    "backslash": (_renamed("runs\\..\\outside"), "file name that does not belong"),
    "nul": (_renamed("runs/a\0b"), "file name that does not belong"),
    "key": (_renamed("secret-key"), "file name that does not belong"),
    "link": (_link, "missing or out of place"),
    "hard link": (_hard_link, "missing or out of place"),
    "bomb": (_bomb, "is not what the manifest says"),
    "changed row": (_changed_row, "are not those of the manifest"),
    "another column": (_another_column, "are not those of its migrations"),
    "another table": (_another_table, "are not those of its migrations"),
    "newer": (_newer, "newer Fenming 99.1.0"),
    "unknown migration": (_unknown_migration, "does not know the archive's tables"),
    "missing": (_missing, "missing or out of place"),
    "more": (_more, "does not name"),
    "twice": (_twice, "contradicts itself"),
    "damaged": (_damaged, "cannot be used"),
    "no manifest": (_no_manifest, "its manifest cannot be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_archive_is_refused_in_words_and_nothing_is_written(
    case: str, sound: Path, tmp_path: Path, fenming: Fenming
) -> None:
    change, word = REFUSED[case]
    hostile = rewritten(sound, tmp_path / "hostile.tar", change)
    if case in LATER:
        _refused(hostile, word, tmp_path, fenming)
    else:
        _unreadable(hostile, word)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.995])
def test_a_truncated_archive_is_refused(share: float, sound: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar"
    whole = sound.read_bytes().rstrip(b"\0")
    cut.write_bytes(whole[: int(len(whole) * share)])
    _unreadable(cut, "archive")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\3\4" + bytes(2000), bytes(10240)])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(content)
    _unreadable(other, "is no archive that fenming backup wrote")


def _unreadable(path: Path, word: str) -> None:
    """The check that comes before anything is touched."""
    with pytest.raises(Refusal) as refused, archive.opened(path) as reader:
        reader.check(lambda what, done, of: None)
    assert word in str(refused.value)


def _refused(hostile: Path, word: str, tmp_path: Path, fenming: Fenming) -> None:
    there = tmp_path / "there"
    refused = fenming("restore", hostile, "--data", there)
    assert refused.returncode == 2, refused.stderr
    assert word in refused.stderr
    assert not there.exists() or [path.name for path in there.iterdir()] == ["static"]
    assert sorted(path.name for path in tmp_path.iterdir() if path != there) == [hostile.name]
