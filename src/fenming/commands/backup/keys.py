"""The keys of an installation, in a file of their own, and the fingerprints by which an archive names them."""

import hmac
import json
import os
from pathlib import Path

from pydantic import Field, ValidationError

from fenming.commands.backup.folder import SECRETS
from fenming.library.text import Model, Words, refuse

SIZE_MAX = 1 << 20
OWNER_ONLY = 0o600
APART = Words(
    zh="密钥不在归档中。请把它们另外保存（--keys 文件，或自行复制数据文件夹中的 secret-key 和 keys），"
    "不要与归档放在一起：没有密钥，加密的内容无法读取。",
    en="The keys are NOT in the archive. Keep them apart from it (--keys FILE, or copy secret-key and keys of the data "
    "folder yourself): without them nobody can read what is encrypted.",
)


class Keys(Model):
    """Each secret file's text by its name."""

    fenming_keys: int = 1
    files: dict[str, str] = Field(max_length=10)


def held(data: Path) -> dict[str, str]:
    """The keys in force: from the environment, else from the data folder."""
    given = {"secret-key": os.environ.get("FENMING_SECRET_KEY", ""), "keys": os.environ.get("FENMING_KEYS", "")}
    paths = {"secret-key": data / "secret-key", "keys": Path(os.environ.get("FENMING_KEY_FILE") or data / "keys")}
    found = {}
    for name in SECRETS:
        if given[name]:
            found[name] = given[name]
        elif paths[name].is_file():
            found[name] = paths[name].read_text(encoding="utf-8")
    return found


def fingerprints(keys: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """A mark of every line that is a key; it does not give the key away."""
    return {
        name: tuple(
            hmac.digest(line.strip().encode(), b"fenming backup", "sha256").hex()[:16]
            for line in text.splitlines()
            if line.strip() and not line.lstrip().startswith("#")
        )
        for name, text in keys.items()
    }


def check_place(path: Path, keys: dict[str, str]) -> None:
    """Refuse to write over something that is not an older state of these keys."""
    if path.exists() and missing(fingerprints(read(path)), keys):
        raise refuse(
            f"{path} 中是另一些密钥，不会覆盖。请换一个名字。",
            f"{path} holds other keys and is not written over; choose another name.",
        )


def write(path: Path, keys: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_one(path, json.dumps({"fenming_keys": 1, "files": keys}, indent=1))


def write_one(path: Path, text: str) -> None:
    """Whole, for the owner's eyes only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > SIZE_MAX:
            raise ValueError("too large")
        keys = Keys.model_validate_json(path.read_text(encoding="utf-8"))
        if set(keys.files) - set(SECRETS):
            raise ValueError("unknown names")
    except (OSError, ValueError, ValidationError):
        raise refuse(
            f"{path} 不是 fenming backup --keys 写的密钥文件。",
            f"{path} is no key file that fenming backup --keys wrote.",
        ) from None
    return keys.files


def missing(wanted: dict[str, tuple[str, ...]], keys: dict[str, str]) -> list[str]:
    """The files of which some key that the archive was made with is absent."""
    there = fingerprints(keys)
    return sorted(name for name, marks in wanted.items() if set(marks) - set(there.get(name, ())))
