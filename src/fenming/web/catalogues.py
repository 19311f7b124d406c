"""Message catalogues: what the code and the templates say, and its translations.

``python -m fenming.web.catalogues`` brings every catalogue up to date and tells
how complete each is: new messages come in empty, to be translated by hand;
those that nothing says any more are kept at the end and come back with their
translation when needed. ``--gaps ja`` lists what one language lacks. A language
that has no catalogue yet begins with an empty one.
Needs Babel, which is there for developers only.
"""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from fenming.web.environment import PREPARED

PACKAGE = Path(__file__).parent.parent
LOCALE = PACKAGE / "locale"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # a time stamp would make every update a conflict

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

Key = tuple[str | None, str]


class Said(NamedTuple):
    key: Key
    text: str | tuple[str, ...]
    place: str
    hints: list[str]


def said() -> Iterator[Said]:
    """Everything to be translated, in the order of its files."""
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in {".py", ".html", ".txt"} and not {"tests", "migrations", "static"} & set(path.parts):
            yield from _said_in(path)


def _said_in(path: Path) -> Iterator[Said]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = "\n".join(line.lstrip() for line in templatize(source).splitlines())  # it is read as Python
    place = path.relative_to(PACKAGE).as_posix()
    found = extract("python", io.BytesIO(source.encode()), KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
    for _line, text, comments, context in found:
        single = text if isinstance(text, str) else text[0]
        if single:
            yield Said((context, single), text, place, comments)


def catalogue_files() -> list[Path]:
    return sorted(LOCALE.rglob("*.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def missing(path: Path) -> list[str]:
    """Messages that this catalogue does not translate, with the file that says each."""
    catalog = read(path)
    gaps = {}
    for one in said():
        context, text = one.key
        message = catalog.get(text, context)
        if message is None or message.fuzzy or not _is_whole(message, catalog):
            gaps[one.key] = f"{text!r} in {one.place}"
    return list(gaps.values())


def _is_whole(message: Message, catalog: Catalog) -> bool:
    string = message.string or ""
    if isinstance(string, str):
        return bool(string)
    return len(string) == catalog.num_plurals and all(string)


def update(path: Path) -> int:
    """Rewrite one catalogue; says how many messages still want a translation."""
    old = read(path) if path.exists() else Catalog(locale=path.parts[-3])
    known: dict[Key, Message] = {}
    for message in [*old.obsolete.values(), *old]:
        if message.id:
            known[_key(message)] = message
    new = Catalog(locale=path.parts[-3], project="Fenming", fuzzy=False, creation_date=EPOCH, revision_date=EPOCH)
    new.header_comment = f"# Fenming in {path.parts[-3]}. Update: python -m fenming.web.catalogues"
    for one in said():
        before = known.get(one.key)
        string = before.string if before and not before.fuzzy else None
        new.add(one.text, string, [(one.place, 0)], auto_comments=one.hints, context=one.key[0])
    used = {_key(message) for message in new if message.id}
    for key, message in sorted(known.items(), key=str):
        if key not in used and message.string and any(message.string):
            new.obsolete[key[1]] = message
    with path.open("wb") as file:
        write_po(file, new, include_lineno=False, width=110)
    return len(missing(path))


def _key(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what is said one catalogue translates."""

    language: str
    translated: int
    of: int

    def __str__(self) -> str:
        return f"{self.language:8} {self.translated:5} of {self.of}  {100 * self.translated // max(self.of, 1):3} %"


def completeness(path: Path) -> Completeness:
    """The state of one catalogue."""
    of = len({one.key for one in said()})
    return Completeness(path.parts[-3], of - len(missing(path)), of)


def placeholders(text: str) -> Counter[str]:
    """What a text leaves to be filled in, which a translation must not lose or invent."""
    return Counter(re.findall(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}", text))


def wrong_placeholders(path: Path) -> list[str]:
    """Translations that fill in other things than what is said; a plural may leave the number out."""
    found = []
    for message in read(path):
        ids, strings = _several(message.id), _several(message.string)
        allowed = placeholders(ids[-1]) | placeholders(ids[0])
        needed = placeholders(ids[0]) if len(ids) == 1 else Counter[str]()
        wrong = [one for one in strings if placeholders(one) - allowed or needed - placeholders(one)]
        found += [f"{ids[0]!r} → {one!r}" for one in wrong if ids[0] and one]
    return found


def _several(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def main() -> None:
    if sys.argv[1:2] == ["--gaps"]:
        sys.stdout.writelines(f"{gap}\n" for gap in missing(LOCALE / sys.argv[2] / "LC_MESSAGES/django.po"))
        return
    for language in PREPARED:
        (LOCALE / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    for path in sorted(LOCALE.glob("*/LC_MESSAGES")):
        update(path / "django.po")
        sys.stdout.write(f"{completeness(path / 'django.po')}\n")


if __name__ == "__main__":
    main()
