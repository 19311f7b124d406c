"""Small files that only their owner reads, such as keys: written whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(path: Path, make: Callable[[], str]) -> str:
    """The file's text, made where there is none: of two that start together both read the whole text of one."""
    if not path.exists():
        draft = _draft(path, make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _settle(path.parent)
    return path.read_text(encoding="ascii")


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Replace the text by what ``change`` makes of it; of two at the same time the second is refused."""
    path = path.resolve()
    lock = path.with_name(f"{path.name}.lock")
    os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        draft = _draft(path, change(path.read_text(encoding="ascii")))
        draft.replace(path)
        _settle(path.parent)
    finally:
        lock.unlink()


def _draft(path: Path, text: str) -> Path:
    """The text on disk beside its place, readable by the owner only, as mkstemp makes files."""
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _settle(folder: Path) -> None:
    """A name outlives a power cut only when its folder is written too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
