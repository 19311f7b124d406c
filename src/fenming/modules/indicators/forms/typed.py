"""What somebody typed into a form whose rows come and go: flat names such as ``only-0-column``, read as rows."""

import re
from collections.abc import Iterable, Mapping
from typing import Self

from django.http import QueryDict

LONGEST = 2000
MOST_NAMES = 600
MOST_ROWS = 12
_DO = re.compile(r"(add|drop):((?:[a-z]+)(?:-\d{1,2}-[a-z]+)?)(?::(\d{1,2}))?")
_FIRST = {
    "only": {"column": ""},
    "test": {"column": ""},
    "part": {"name": "", "fact": "", "over": "period", "aggregate": "count(*)"},
    "band": {"start": "", "weight": ""},
    "tier": {"name": "", "weight": ""},
    "level": {"value": "", "name_zh": "", "name_en": "", "anchor_zh": "", "anchor_en": ""},
}
"""The kinds of rows, and what a new one holds."""
Row = dict[str, str]


class Typed:
    """The values by name; of a name that comes several times, all of them."""

    def __init__(self, values: Mapping[str, list[str]] | None = None) -> None:
        self.values = dict(values or {})

    @classmethod
    def posted(cls, data: QueryDict) -> Self:
        """What came in, without what no field can hold: NULs, endless texts, endless lists."""
        some = list(data.lists())[:MOST_NAMES]
        return cls({name: [str(one).replace("\x00", "")[:LONGEST] for one in values[:60]] for name, values in some})

    @classmethod
    def of(cls, values: Mapping[str, str | Iterable[str]]) -> Self:
        return cls({name: [one] if isinstance(one, str) else list(one) for name, one in values.items()})

    def text(self, name: str) -> str:
        return self.values.get(name, [""])[-1].strip()

    def several(self, name: str) -> list[str]:
        return [one for one in self.values.get(name, []) if one]

    def rows(self, prefix: str) -> list[Row]:
        """The rows of a list in their order, each by what follows its number."""
        found: dict[int, Row] = {}
        for name, values in self.values.items():
            match = re.match(rf"{re.escape(prefix)}-(\d{{1,2}})-(.+)", name)
            if match:
                found.setdefault(int(match[1]), {})[match[2]] = values[-1]
        return [found[number] for number in sorted(found)][:MOST_ROWS]

    def put(self, prefix: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Replace the rows of a list, numbered anew."""
        for name in [name for name in self.values if re.match(rf"{re.escape(prefix)}-\d", name)]:
            del self.values[name]
        for number, row in enumerate(rows):
            self.values |= {f"{prefix}-{number}-{name}": [value] for name, value in row.items()}

    def do(self, what: str) -> None:
        """Add a row to a list or drop one, as a button says: ``add:only``, ``drop:part-1-only:0``."""
        match = _DO.fullmatch(what)
        kind = match[2].rsplit("-", 1)[-1] if match else ""
        if not match or kind not in _FIRST:
            return
        rows = self.rows(match[2])
        if match[1] == "add":
            if len(rows) < MOST_ROWS:
                rows.append(dict(_FIRST[kind]))
        elif match[3] is not None and int(match[3]) < len(rows):
            del rows[int(match[3])]
        self.put(match[2], rows)

    def sub(self, row: Row) -> "Typed":
        """A row that has rows of its own, read alike."""
        return Typed({name: [value] for name, value in row.items()})
