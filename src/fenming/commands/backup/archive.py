"""The archive: a tar whose first member says what follows. Read as if somebody hostile had made it."""

import errno
import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from pydantic import ValidationError

from fenming.commands.backup import manifest as names
from fenming.commands.backup.folder import NAMES
from fenming.commands.backup.manifest import File, Manifest, check_name
from fenming.library.text import Refusal, refuse

BLOCK = 1 << 20
LEVEL = 6
OWNER_ONLY = 0o600


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Nowhere:
    """For reading that only checks."""

    def write(self, data: bytes, /) -> int:
        return len(data)


def broken(detail_zh: str, detail_en: str) -> Refusal:
    return refuse(
        f"归档不可用：{detail_zh}。没有改动任何东西，请使用另一份备份。",
        f"The archive cannot be used: {detail_en}. Nothing was changed; use another backup.",
    )


def no_room(error: OSError, folder: Path) -> Refusal:
    """What went wrong with a disk, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return refuse(
            f"写不下：{folder} 的磁盘已满或超过限额。没有留下半成品；请腾出空间或换一个位置再试。",
            f"No room: the disk of {folder} is full or over its quota. Nothing half-done was left; "
            "make room or choose another place, and try again.",
        )
    where = error.filename or folder
    return refuse(f"无法读写 {where}：{error.strerror}。", f"Cannot read or write {where}: {error.strerror}.")


class Writer:
    """Adds members to an archive."""

    def __init__(self, file: IO[bytes], mtime: float) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed below
        self._mtime = int(mtime)
        self.folder = Path(file.name).parent

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, OWNER_ONLY, self._mtime
        self._tar.addfile(member, content)

    def close(self) -> None:
        self._tar.close()


def pack(content: IO[bytes], into: IO[bytes]) -> int:
    """Compress; returns the packed size, with ``into`` back at its beginning."""
    with gzip.GzipFile(fileobj=into, mode="wb", compresslevel=LEVEL, mtime=0, filename="") as packed:
        while block := content.read(BLOCK):
            packed.write(block)
    size = into.tell()
    into.seek(0)
    return size


class Reader:
    """An archive that is read in its one order."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar, self.manifest = tar, manifest
        self._places: dict[str, tarfile.TarInfo] = {}

    def check(self, tell: Callable[[str, int, int], None]) -> None:
        """Every member is there, is a plain file, and is what the manifest says; nothing else is."""
        done, total = 0, self.manifest.size
        for file in self.manifest.files:
            member = _next(self._tar)
            if member is None or member.name != file.member or not member.isreg() or member.issparse():
                raise broken(f"缺少 {file.name} 或其位置不对", f"{file.name} is missing or out of place")
            self._places[file.name] = member
            self.copy(file, Nowhere())
            done += file.size
            tell(file.name, done, total)
        if _next(self._tar) is not None:
            raise broken("清单之外还有文件", "it holds files that the manifest does not name")

    def copy(self, file: File, sink: Sink) -> None:
        """The content of a file, never more than it should be."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._content(file) as content:
                while block := content.read(BLOCK):
                    size += len(block)
                    if size > file.size:
                        break
                    digest.update(block)
                    sink.write(block)
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile):
            raise broken(f"{file.name} 已损坏或被截断", f"{file.name} is damaged or cut off") from None
        if (size, digest.hexdigest()) != (file.size, file.sha256):
            raise broken(f"{file.name} 与清单不符", f"{file.name} is not what the manifest says")

    @contextmanager
    def lines(self, file: File) -> Iterator[IO[bytes]]:
        with self._content(file) as content:
            yield content

    @contextmanager
    def _content(self, file: File) -> Iterator[IO[bytes]]:
        stored = self._tar.extractfile(self._places[file.name])
        if stored is None:
            raise AssertionError("checked to be a plain file")
        with stored:
            if file.member == file.name:
                yield stored
            else:
                with gzip.GzipFile(fileobj=stored, mode="rb") as unpacked, io.BufferedReader(unpacked) as buffered:
                    yield buffered


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """The archive with its manifest read and its names checked."""
    try:
        tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        raise refuse(f"没有文件 {path}。", f"There is no file {path}.") from None
    except (tarfile.TarError, OSError, ValueError, OverflowError, EOFError):
        raise refuse(
            f"{path} 不是 fenming backup 写的归档。", f"{path} is no archive that fenming backup wrote."
        ) from None
    with tar:
        yield Reader(tar, _manifest(tar, path))


def made_by(path: Path) -> Manifest | None:
    """The manifest of an archive, or none where it has none that we can read."""
    try:
        with opened(path) as reader:
            return reader.manifest
    except Refusal:
        return None


def _manifest(tar: tarfile.TarFile, path: Path) -> Manifest:
    member = _next(tar)
    if member is None or member.name != names.NAME or not member.isreg() or member.size > names.SIZE_MAX:
        raise refuse(f"{path} 不是 fenming backup 写的归档。", f"{path} is no archive that fenming backup wrote.")
    text = _text(tar, member)
    _check_version(text)
    try:
        found = Manifest.model_validate_json(text)
    except (ValidationError, ValueError, RecursionError):
        raise broken("清单无法读取", "its manifest cannot be read") from None
    listed = [file.name for file in found.files]
    for name in listed:
        check_name(name, NAMES)
    expected = {table.file for table in found.tables}
    rows = {name for name in listed if name.startswith(f"{names.DATABASE}/")}
    if len(set(listed)) != len(listed) or rows != expected or len(found.tables) != len(expected):
        raise broken("清单自相矛盾", "its manifest contradicts itself")
    return found


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    try:
        content = tar.extractfile(member)
        return content.read(names.SIZE_MAX) if content else b""
    except (tarfile.TarError, OSError):
        raise _cut_off() from None


def _check_version(text: bytes) -> None:
    """Before all else: what a newer version wrote, this one need not understand."""
    try:
        head = json.loads(text)
        theirs, form = str(head["fenming"]), int(head["format"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise broken("清单无法读取", "its manifest cannot be read") from None
    ours = names.installed()
    if form > names.FORMAT or names.is_newer(theirs, ours):
        raise refuse(
            f"归档由更新的分明 {theirs} 写成，这里是 {ours}。请先升级再恢复。",
            f"The archive was written by the newer Fenming {theirs}; this is {ours}. Upgrade first, then restore.",
        )


def _next(tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return tar.next()
    except (tarfile.TarError, OSError, ValueError, OverflowError, EOFError):
        raise _cut_off() from None


def _cut_off() -> Refusal:
    return broken("文件已损坏或被截断", "the file is damaged or cut off")
