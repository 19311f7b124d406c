"""Topics of help in both languages: paragraphs, lists, and links within the site."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from fenming.library.files import load_folder
from fenming.library.text import Model, Words

LINK = re.compile(r"\[([^\]]+)\]\((/[\w/.-]*)\)")


class Span(NamedTuple):
    """A stretch of text, and where it leads if it is a link."""

    text: str
    url: str = ""


class Block(NamedTuple):
    """A paragraph with one line, or a list with several."""

    is_list: bool
    lines: list[list[Span]]


class Topic(Model):
    """One thing explained."""

    id: str
    position: int
    title: Words
    body: Words

    def blocks(self, language: str) -> Iterator[Block]:
        """The body as a page shows it; nothing in it is taken for markup but lists and links."""
        for part in re.split(r"\n\s*\n", self.body.say(language).strip()):
            lines = part.splitlines()
            if all(line.startswith("- ") for line in lines):
                yield Block(True, [list(spans(line[2:])) for line in lines])
            else:
                yield Block(False, [list(spans(" ".join(lines)))])


def spans(line: str) -> Iterator[Span]:
    """The line cut at its links; those that lead out of the site stay text."""
    at = 0
    for found in LINK.finditer(line):
        if found.start() > at:
            yield Span(line[at : found.start()])
        yield Span(found[1], found[2]) if not found[2].startswith("//") else Span(found[1])
        at = found.end()
    if at < len(line):
        yield Span(line[at:])


@cache
def topics() -> dict[str, Topic]:
    """Every topic by id, in their order."""
    return dict(sorted(load_folder("help", Topic).items(), key=lambda one: one[1].position))
