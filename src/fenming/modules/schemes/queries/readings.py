"""How people have read lately: the background against which a scheme is drafted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django.db.models import QuerySet
from django.utils import timezone

from fenming.controls.models import Run
from fenming.controls.queries import runs
from fenming.modules.schemes.models import Scorecard, ScoreLine
from fenming.rules.correlation import pearson

LOOKED_AT = 3
MOST_ROWS = 60_000
KEPT = 4
"""Of so many departments a process keeps the values at once; the largest takes about ten megabytes."""


Values = Mapping[int, Mapping[str, Mapping[int, Decimal | None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The last runs of a department, the newest first, and each one's values: run → indicator → person → value.

    A person who was scored and had no value is there with None.
    """

    runs: Sequence[Run] = ()
    values: Values = field(default_factory=dict)
    _ordered: dict[tuple[int, str], Sequence[Decimal]] = field(default_factory=dict)
    _alike: dict[tuple[str, str], Decimal | None] = field(default_factory=dict)

    @property
    def newest(self) -> Run | None:
        return self.runs[0] if self.runs else None

    def last(self, indicator: str) -> Sequence[Decimal]:
        """The values of the newest run, in rising order."""
        return self.in_run(self.runs[0].pk, indicator) if self.runs else []

    def in_run(self, run: int, indicator: str) -> Sequence[Decimal]:
        """The values of a run, in rising order."""
        if (run, indicator) not in self._ordered:
            found = self.values.get(run, {}).get(indicator, {})
            self._ordered[run, indicator] = sorted(value for value in found.values() if value is not None)
        return self._ordered[run, indicator]

    def was_scored(self, indicator: str) -> bool:
        return any(indicator in found for found in self.values.values())

    def was_read(self, indicator: str) -> bool:
        return any(self.in_run(run.pk, indicator) for run in self.runs)

    def correlation(self, one: str, other: str) -> Decimal | None:
        """How much two indicators say the same, as `pearson` has it; worked out once."""
        key = min(one, other), max(one, other)
        if key not in self._alike:
            self._alike[key] = pearson(self.pairs(*key))
        return self._alike[key]

    def pairs(self, one: str, other: str) -> list[tuple[Decimal, Decimal]]:
        """Both values of everybody who has both, over all of the runs."""
        found = []
        for run in self.runs:
            ours, theirs = (self.values.get(run.pk, {}).get(name, {}) for name in (one, other))
            for person, value in ours.items():
                second = theirs.get(person)
                if value is not None and second is not None:
                    found.append((value, second))
        return found


def readings(department: int, posts: Collection[str] = (), indicators: Collection[str] = ()) -> Readings:
    """The last runs for a department's people at these posts (none: all of them), in three queries at most."""
    newest = tuple((run.pk, run.created_at) for run in runs(department)[:LOOKED_AT])
    return _readings(newest, department, tuple(sorted(posts)), tuple(sorted(indicators)), timezone.localdate())


@lru_cache(maxsize=KEPT)
def _readings(
    newest: Sequence[tuple[int, datetime]],
    department: int,
    posts: Sequence[str],
    indicators: Sequence[str],
    day: date,
) -> Readings:
    """Kept for the day: what a run found never changes, and a draft is looked at again after every stroke."""
    numbers = [number for number, _created in newest]
    known = Run.objects.in_bulk(numbers)
    found = [known[number] for number in numbers]
    if not found:
        return Readings()
    rows = ScoreLine.objects.filter(scorecard__run__in=found, scorecard__department=department, carried=False).order_by(
        "-scorecard__run", "scorecard", "span"
    )
    if posts:
        rows = rows.filter(scorecard__in=_at_posts(found, department, posts))
    if indicators:
        rows = rows.filter(indicator__in=indicators)
    values: dict[int, dict[str, dict[int, Decimal | None]]] = {}
    columns = ("scorecard__run", "indicator", "scorecard__employee", "value")
    for run, indicator, person, value in rows.values_list(*columns)[:MOST_ROWS]:
        values.setdefault(run, {}).setdefault(indicator, {})[person] = value
    return Readings(runs=found, values=values)


def _at_posts(found: Sequence[Run], department: int, posts: Collection[str]) -> QuerySet[Scorecard]:
    return Scorecard.objects.filter(
        run__in=found,
        department=department,
        employee__assignments__is_primary=True,
        employee__assignments__post__code__in=posts,
    )
