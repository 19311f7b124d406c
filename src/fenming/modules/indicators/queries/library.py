"""The library: shipped indicators and the company's own, searched and filtered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from pypinyin import lazy_pinyin

from fenming.library.facts import fact_type, fact_types
from fenming.library.indicators import Indicator, indicators
from fenming.library.schemes import schemes
from fenming.library.text import Words
from fenming.modules.hub.queries import lake_at, lake_folder
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.indicators.queries import newest_versions
from fenming.modules.indicators.queries.wording import speaking

SHIPPED, CHANGED, OWN = "shipped", "changed", "own"
_COMMON = 5
"""An indicator for more departments than this is for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One indicator of the library as it holds on a day, or as it will."""

    one: Indicator
    origin: str
    version: OwnIndicator | None
    lacking: tuple[str, ...]
    """The kinds of records that have not come in yet."""
    starts: date | None
    ended: date | None

    @property
    def name(self) -> str:
        return self.one.name.say(speaking())

    @property
    def about(self) -> str:
        return self.one.about.say(speaking())

    @property
    def formula(self) -> str:
        return self.one.formula.say(speaking())

    @property
    def unit(self) -> str:
        return self.one.unit.say(speaking())

    @property
    def source(self) -> str:
        return listing(fact_name(one) for one in self.one.measure.facts())

    @property
    def missing(self) -> str:
        return listing(fact_name(one) for one in self.lacking)

    @property
    def departments(self) -> str:
        return listing(department_name(one) for one in self.one.departments)

    @property
    def for_all(self) -> bool:
        return len(self.one.departments) > _COMMON


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the library is searched for."""

    text: str = ""
    department: str = ""
    fact: str = ""
    kind: str = ""
    direction: str = ""
    origin: str = ""
    data: str = ""

    def takes(self, entry: Entry) -> bool:
        one = entry.one
        checks = (
            not self.department or self.department in one.departments,
            not self.fact or self.fact in one.measure.facts(),
            not self.kind or self.kind == one.measure.kind,
            not self.direction or self.direction == one.direction,
            not self.origin or self.origin == entry.origin,
            not self.data or (self.data == "here") == (not entry.lacking),
            all(part in search_text(one) for part in self.text.lower().split()),
        )
        return all(checks)


def listing(names: Iterable[str]) -> str:
    """Names after each other, as the page's language writes them."""
    return ("、" if speaking().startswith("zh") else ", ").join(names)


def entries(day: date) -> list[Entry]:
    """Every indicator, the company's own first; two queries, whatever their number."""
    here = facts_here()
    own = {row.identifier: row for row in newest_versions()}
    found = [_own(row, day, here) for row in own.values()]
    shown = {entry.one.id for entry in found if entry is not None}
    shipped = [_entry(one, SHIPPED, None, here) for name, one in indicators().items() if name not in shown]
    return [entry for entry in found if entry is not None] + shipped


def _own(row: OwnIndicator, day: date, here: set[str]) -> Entry | None:
    """The newest own version; one that has ended gives way to the shipped one of its id, where there is one."""
    shipped = row.identifier in indicators()
    if shipped and row.valid_to is not None and row.valid_to <= day:
        return None
    return _entry(Indicator.model_validate(row.definition), CHANGED if shipped else OWN, row, here, day)


def _entry(one: Indicator, origin: str, row: OwnIndicator | None, here: set[str], day: date | None = None) -> Entry:
    starts = row.valid_from if row and day and row.valid_from > day else None
    lacking = tuple(fact for fact in one.measure.facts() if fact not in here)
    return Entry(
        one=one, origin=origin, version=row, lacking=lacking, starts=starts, ended=row.valid_to if row else None
    )


def facts_here() -> set[str]:
    """The kinds of records of which there are any."""
    snapshot = lake_at(lake_folder()).snapshot()
    return {fact for fact in snapshot.facts() if snapshot.months(fact)}


def found(all_of_them: Iterable[Entry], wanted: Wanted) -> list[Entry]:
    return [entry for entry in all_of_them if wanted.takes(entry)]


def counts(all_of_them: Iterable[Entry]) -> Mapping[str, int]:
    """How many there are of each origin."""
    found: dict[str, int] = {SHIPPED: 0, CHANGED: 0, OWN: 0}
    for entry in all_of_them:
        found[entry.origin] += 1
    return found


@cache
def search_text(one: Indicator) -> str:
    """Id, names and what it is about, and the Chinese name as it is spoken: 首次响应 by shouci and scxy."""
    spoken = lazy_pinyin(one.name.zh)
    words = (
        one.id, one.name.zh, one.name.en, one.about.zh, one.about.en,
        "".join(spoken), "".join(one if one[:1].isdigit() else one[:1] for one in spoken),
    )  # fmt: skip
    return " ".join(words).lower()


def fact_name(fact: str) -> str:
    return fact_type(fact).name.say(speaking())


def department_name(code: str) -> str:
    words = department_words().get(code)
    return words.say(speaking()) if words else code


@cache
def department_words() -> dict[str, Words]:
    """The departments that definitions speak of, by the names of their schemes."""
    return {one.department: one.name for one in schemes().values() if one.id in _HEADS}


_HEADS = (
    "business", "customer_service", "design", "finance", "hr", "logistics", "new_media", "operations", "store",
)  # fmt: skip
"""The schemes that are named as their department."""


def departments() -> list[tuple[str, str]]:
    return [(code, words.say(speaking())) for code, words in department_words().items()]


def facts() -> list[tuple[str, str]]:
    """The kinds of records, those that have come in first."""
    here = facts_here()
    known = sorted(fact_types().values(), key=lambda one: (one.id not in here, one.id))
    return [(one.id, one.name.say(speaking())) for one in known]
