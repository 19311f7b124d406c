"""What an archive says of itself. It stands first, and everything after must be as it says."""

from datetime import datetime
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, StringConstraints

from fenming.library.text import Model, refuse

FORMAT = 1
NAME = "manifest.json"
SIZE_MAX = 256 << 20
DATABASE = "database"
FACTS = "facts"
PLAIN = ".parquet"
"""The end of files that are compressed in themselves; all others are packed by gzip."""

Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Column(Model):
    name: str
    kind: str
    places: Count = 0


class Table(Model):
    """One table: its columns, how many rows, their digest in the order of the key, and the last number given out."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Count = 0
    digest: str = ""
    last: Count | None = None

    @property
    def file(self) -> str:
        return f"{DATABASE}/{self.name}.jsonl"


class File(Model):
    """One file, as it is when unpacked."""

    name: str
    size: Count
    sha256: Digest

    @property
    def member(self) -> str:
        """Its name in the archive."""
        return self.name if self.name.endswith(PLAIN) else f"{self.name}.gz"


class Fact(Model):
    """A table of facts: its version, and the older ones that runs pin."""

    version: Count
    pins: tuple[Count, ...] = ()
    lost: tuple[int, ...] = ()


class Manifest(Model):
    format: int = FORMAT
    fenming: str
    made: datetime
    host: str
    data: str
    vendor: str
    migrations: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    files: tuple[File, ...]
    facts: dict[str, Fact] | None
    keys: dict[str, tuple[str, ...]]

    @property
    def size(self) -> int:
        return sum(one.size for one in self.files)

    def stored(self) -> list[File]:
        """The files that go into the data folder."""
        return [one for one in self.files if not one.name.startswith(f"{DATABASE}/")]


def installed() -> str:
    """The version of Fenming that runs."""
    return version("fenming")


def is_newer(theirs: str, ours: str) -> bool:
    return _parts(theirs) > _parts(ours)


def _parts(text: str) -> list[int]:
    return [int("".join(filter(str.isdigit, part)) or 0) for part in text.split("+")[0].split(".")]


def check_name(name: str, kept: frozenset[str]) -> None:
    """Refuse a name that could leave the data folder, or that is nothing Fenming keeps."""
    path = PurePosixPath(name)
    plain = str(path) == name and len(name) < 1024 and name.isprintable() and "\\" not in name
    if not plain or path.is_absolute() or ".." in path.parts or path.parts[:1] == () or path.parts[0] not in kept:
        raise refuse(
            f"归档中有不该有的文件名 {name!r}。请使用未经改动的备份。",
            f"The archive holds a file name that does not belong there: {name!r}. Use a backup that nobody changed.",
        )
