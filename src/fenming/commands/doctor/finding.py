"""What a check returns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fenming.library.text import Words

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A state, what was found, and unless it is ok how to mend it."""

    state: State
    what: Words
    remedy: Words | None = None


Check = Callable[[Path], Iterable[Finding]]


def ok(zh: str, en: str) -> Finding:
    return Finding("ok", Words(zh=zh, en=en))


def warn(what: tuple[str, str], remedy: tuple[str, str]) -> Finding:
    """Both texts in Chinese and English."""
    return Finding("warn", Words(zh=what[0], en=what[1]), Words(zh=remedy[0], en=remedy[1]))


def bad(what: tuple[str, str], remedy: tuple[str, str]) -> Finding:
    """Both texts in Chinese and English."""
    return Finding("bad", Words(zh=what[0], en=what[1]), Words(zh=remedy[0], en=remedy[1]))
