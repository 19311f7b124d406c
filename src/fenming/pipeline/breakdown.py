"""An indicator broken down by a column of its fact, period beside period: where a change comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fenming.lake.engine import Engine
from fenming.lake.measure import measure
from fenming.library.facts import fact_type
from fenming.library.indicators import Indicator
from fenming.library.text import did_you_mean, refuse
from fenming.pipeline.compute import Source
from fenming.rules.periods import Period
from fenming.rules.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One value of the column, with a reading for each period in the order asked."""

    key: str | None
    readings: tuple[Reading, ...]

    @property
    def change(self) -> Decimal | None:
        """The last value less the first, where both are there."""
        first, last = self.readings[0].value, self.readings[-1].value
        return None if first is None or last is None else last - first


def columns_of(one: Indicator) -> list[str]:
    """The columns by which an indicator can be broken down: texts that every fact it reads has."""
    facts = [fact_type(name).all_columns for name in one.measure.facts()]
    keys = {part for name in one.measure.facts() for part in fact_type(name).key} - {"platform"}
    return [
        name
        for name, column in facts[0].items()
        if column.type == "text" and name not in keys and all(name in other for other in facts)
    ]


def breakdown(engine: Engine, source: Source, one: Indicator, by: str, periods: Sequence[Period]) -> list[Slice]:
    """The slices of one indicator, the one that changed most for the worse first; unknown columns are refused."""
    known = columns_of(one)
    if by not in known:
        near = did_you_mean(by, known)
        raise refuse(
            f"“{one.name.zh}”不能按“{by}”拆分。{near.zh}可用：{'、'.join(known)}。",
            f"“{one.name.en}” cannot be broken down by “{by}”.{near.en} There are: {', '.join(known)}.",
        )
    tallies = [measure(engine, source, [one], period, subject=by) for period in periods]
    keys = {key[0] for tally in tallies for key in tally.found()}
    slices = [
        Slice(key=key, readings=tuple(tally.reading(one, (key, 0)) for tally in tallies))
        for key in keys
        if key is not None
    ]
    worse = 1 if one.direction == "higher" else -1
    return sorted(slices, key=lambda one: (one.change is None, (one.change or Decimal(0)) * worse, one.key or ""))
