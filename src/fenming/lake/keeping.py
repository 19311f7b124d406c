"""What a copy of the facts must hold: the files that the newest version and every pinned one name, and the log."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

LOG = "_delta_log"
_LOGGED = re.compile(r"(\d{20})\.(?:(\d{20})\.compacted\.json|json|crc|checkpoint\..*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One table at one version: its files relative to the lake, and the pins that no longer open."""

    fact: str
    version: int
    pins: tuple[int, ...]
    lost: tuple[int, ...]
    files: tuple[str, ...]


def tables_in(root: Path) -> list[str]:
    """The names of all tables below a folder."""
    return sorted(path.parent.name for path in root.glob(f"*/{LOG}") if path.is_dir())


def kept(root: Path, fact: str, pins: Iterable[Mapping[str, int]]) -> Kept:
    """The newest version first, then its files: a writer may go on meanwhile."""
    folder = root / fact
    version = DeltaTable(folder).version()
    files = set(data_files(folder, version))
    wanted, lost = sorted({pin[fact] for pin in pins if fact in pin} - {version}), []
    for one in wanted:
        found = _opened(folder, one) if one < version else None
        if found is None:
            lost.append(one)
        else:
            files |= found
    return Kept(
        fact=fact,
        version=version,
        pins=tuple(one for one in wanted if one not in lost),
        lost=tuple(lost),
        files=tuple(f"{fact}/{name}" for name in [*sorted(files), *_log(folder, version)]),
    )


def data_files(folder: Path, version: int) -> list[str]:
    """The files of one version, relative to the table."""
    uris = DeltaTable(folder.resolve(), version=version).file_uris()
    paths = (unquote(urlparse(uri).path) if uri.startswith("file:") else uri for uri in uris)
    return [str(Path(path).relative_to(folder.resolve())) for path in paths]


def absent(folder: Path, version: int) -> list[str]:
    """The files that a version names and that are not there."""
    return [name for name in data_files(folder, version) if not (folder / name).is_file()]


def orphans(folder: Path) -> list[str]:
    """The half-written files that a killed writer left."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet#*"))


def _opened(folder: Path, version: int) -> set[str] | None:
    """The files of an older version, or none where some are gone."""
    try:
        found = set(data_files(folder, version))
    except DeltaError:
        return None
    return found if all((folder / name).is_file() for name in found) else None


def _log(folder: Path, version: int) -> list[str]:
    """The log up to a version, so that the copy opens at exactly this one. The hint to a later checkpoint stays out."""
    found = []
    for path in (folder / LOG).iterdir():
        named = _LOGGED.fullmatch(path.name)
        if named and int(named[2] or named[1]) <= version:
            found.append(f"{LOG}/{path.name}")
    return sorted(found)
