"""Headers as people write them, folded so that the same header is always the same key, with the unit it names."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from fenming.library.facts import Column, ColumnType
from fenming.pipeline.reading.cleaning import SCALES, UNIT_MS
from fenming.pipeline.reading.sheets import Line

HEADER_WITHIN = 10

_UNITS = {
    "s": ("s", "sec", "secs", "second", "seconds", "秒", "秒钟"),
    "min": ("min", "mins", "minute", "minutes", "分", "分钟"),
    "h": ("h", "hour", "hours", "小时", "时"),
    "ms": ("ms", "millisecond", "milliseconds", "毫秒"),
    "d": ("d", "day", "days", "天"),
    "万元": ("万元", "万"),
    "千元": ("千元",),
    "亿元": ("亿元", "亿"),
    "%": ("%", "百分比"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_BRACKETS = re.compile(r"[(\[【{]([^()\[\]【】{}]*)[)\]】}]")
_TAIL = re.compile(
    r"(?:(?:\s+in)?[\s_]+(ms|s|secs?|seconds?|mins?|minutes?|hours?|milliseconds?)|(秒|分钟|小时|毫秒))$",
)


@dataclass(frozen=True, slots=True)
class Heading:
    """One header: where it stands, its text, its keys from the exact to the loose, and the unit it names."""

    at: int
    text: str
    keys: tuple[str, ...]
    unit: str | None


def fold(text: str) -> str:
    """Same header, same key: NFKC, no case, no blanks, underscores or punctuation (but 30% is not 30)."""
    return re.sub(r"[^\w%<>+]|_", "", unicodedata.normalize("NFKC", text).casefold())


def keys(text: str) -> tuple[str, ...]:
    """The exact key, then without what stands in brackets, then without a unit at the end."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    bare = _BRACKETS.sub("", plain).strip()
    found = (fold(plain), fold(bare), fold(_TAIL.sub("", bare)))
    return tuple(dict.fromkeys(key for key in found if key))


def unit(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    for inside in _BRACKETS.findall(plain):
        if inside.strip() in _UNIT_OF:
            return _UNIT_OF[inside.strip()]
    tail = _TAIL.search(_BRACKETS.sub("", plain).strip())
    return _UNIT_OF[tail.group(1) or tail.group(2)] if tail else None


def unit_for(kind: ColumnType, named: str | None) -> str | None:
    """The header's unit where it scales values of this type; 分 of a rating is not minutes."""
    scales = UNIT_MS if kind == "duration" else SCALES if kind in ("int", "money", "decimal") else {}
    return named if named in scales else None


def headings(line: Line) -> list[Heading]:
    """The non-empty headers of a row."""
    return [
        Heading(at, cell.strip(), keys(cell), unit(cell))
        for at, cell in enumerate(line)
        if cell and cell.strip() and keys(cell)
    ]


def header_line(head: Sequence[Line], known: Iterable[str]) -> int:
    """The row among the first ten that has the most known headers; the earliest of equals."""
    names = set(known)
    lines = head[:HEADER_WITHIN]
    scores = [sum(1 for one in headings(line) if names.intersection(one.keys)) for line in lines]
    if max(scores, default=0) >= 1:
        return scores.index(max(scores))
    filled = [len({one.text for one in headings(line)}) for line in lines]
    return filled.index(max(filled)) if filled else 0


Names = Mapping[str, tuple[str, int]]
"""Key of a header → field and rank; of several headers for one field the lowest rank is taken."""


def names_of(columns: Mapping[str, Column]) -> Names:
    """Every name under which the columns are known: ids, Chinese and English names, aliases."""
    return named((field, (field, one.zh, *one.aliases, one.en)) for field, one in columns.items())


def named(fields: Iterable[tuple[str, Sequence[str]]]) -> dict[str, tuple[str, int]]:
    listed = [(field, rank, name) for field, names in fields for rank, name in enumerate(names)]
    found: dict[str, tuple[str, int]] = {}
    for looseness in range(3):
        for field, rank, name in listed:
            for key in keys(name)[looseness : looseness + 1]:
                found.setdefault(key, (field, rank))
    return found


def matched(line: Sequence[Heading], names: Names) -> dict[str, Heading]:
    """Field → heading; a heading serves one field, a field takes its best-ranked heading."""
    best: dict[str, tuple[tuple[int, int], Heading]] = {}
    for one in line:
        for loose, key in enumerate(one.keys):
            if key in names:
                field, rank = names[key]
                best[field] = min(best.get(field, ((999, 0), one)), ((rank, loose), one), key=lambda pair: pair[0])
                break
    return {field: one for field, (_, one) in best.items()}


def hint(words: Iterable[str], known: Sequence[str]) -> tuple[str, str]:
    """ " Did you mean …?" in Chinese and English for the names nearest to any of the words, or empty texts."""
    near = list(dict.fromkeys(hit for word in words for hit in get_close_matches(word, known, n=2, cutoff=0.5)))[:3]
    return (f"是不是“{'”或“'.join(near)}”？", f" Did you mean {', '.join(near)}?") if near else ("", "")
