"""One indicator as a page: what it means, who uses it, how people read lately, and how healthy its data are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Avg, Count, Q
from django.utils import timezone

from fenming.controls.queries import runs
from fenming.controls.scope import Scope
from fenming.controls.validity import on
from fenming.drawing import shapes
from fenming.library.facts import fact_type
from fenming.library.indicators import Indicator
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.reach import within
from fenming.modules.schemes.models import SchemeVersion, ScoreLine
from fenming.modules.schemes.queries.drafts import visible_versions
from fenming.modules.schemes.queries.telling import curve_in_words, decimal, known_indicator, words
from fenming.modules.schemes.queries.uses import reads

PERIODS = 12
LOOKED_BACK = timedelta(days=62)
MOST_VALUES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A scheme that uses the indicator: with which weight and curve, or only for points, vetoes and rewards."""

    version: SchemeVersion
    name: str
    weight: Decimal | None
    curve: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One period: the mean of the values, how many there are, and how many are missing for which reason."""

    name: str
    mean: Decimal | None
    shown: str
    people: int
    missing: Mapping[str, int]

    @property
    def gone(self) -> int:
        return sum(self.missing.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FactHealth:
    """A kind of fact that the indicator reads: rows of the last two months, and the last day there is one of."""

    name: str
    rows: int
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRead:
    """Everything on the page."""

    indicator: Indicator
    uses: Sequence[Use]
    periods: Sequence[Past]
    columns: Sequence[shapes.Column]
    low: str
    high: str
    people: int
    spark: shapes.Spark
    reasons: Sequence[tuple[str, int, Decimal]]
    facts: Sequence[FactHealth]


def uses_of(name: str, scope: Scope) -> list[Use]:
    """The schemes in force today that read an indicator, the heaviest first."""
    found = []
    for version in visible_versions(scope).filter(on(timezone.localdate())):
        definition = version.definition
        if not reads(definition, name):
            continue
        item = next((row for row in definition["items"] if row["indicator"] == name), None)
        own = definition.get("indicators", {}).get(name)
        one = Indicator.model_validate(own) if own else None
        weight = decimal(item["weight"]) if item else None
        curve = curve_in_words(item["curve"], one or known_indicator(name)) if item else ""
        called = words(definition.get("name")) or version.identifier
        found.append(Use(version=version, name=called, weight=weight, curve=curve))
    return sorted(found, key=lambda use: -(use.weight or Decimal(0)))


def indicator_read(one: Indicator, scope: Scope, *, uses: Scope, facts: bool) -> IndicatorRead:
    """The page of an indicator; readings of people in scope only."""
    found = runs(most=PERIODS)
    lines = ScoreLine.objects.filter(
        within(scope, employee="scorecard__employee", department="scorecard__department"),
        scorecard__run__in=found,
        indicator=one.id,
        carried=False,
    )
    rows = lines.values("scorecard__run", "missing").annotate(mean=Avg("value"), count=Count("id"))
    by_run: dict[int, dict[str, tuple[int, Decimal | None]]] = {}
    for row in rows.order_by():
        by_run.setdefault(row["scorecard__run"], {})[row["missing"]] = (row["count"], row["mean"])
    periods = []
    for run in found:
        if run.pk in by_run:
            reasons = by_run[run.pk]
            people, mean = reasons.get("", (0, None))
            missing = {wording.why_missing(reason): count for reason, (count, _) in reasons.items() if reason}
            name = wording.period_name(run)
            exact = None if mean is None else Decimal(mean)
            periods.append(
                Past(name=name, mean=exact, shown=wording.quantity(one, exact), people=people, missing=missing)
            )
    newest = next((run.pk for run in found if run.pk in by_run), None)
    chosen = lines.filter(scorecard__run=newest).filter(~Q(value=None)).order_by().values_list("value", flat=True)
    values = sorted(value for value in chosen[:MOST_VALUES] if value is not None) if newest else []
    low, high = (values[0], values[-1]) if values else (Decimal(0), Decimal(0))
    last = periods[0] if periods else None
    total = last.people + last.gone if last else 0
    return IndicatorRead(
        indicator=one,
        uses=uses_of(one.id, uses),
        periods=periods,
        columns=shapes.histogram(values, None, float(low), float(high)) if values else [],
        low=wording.quantity(one, low) if values else "",
        high=wording.quantity(one, high) if values else "",
        people=len(values),
        spark=shapes.spark([period.mean for period in reversed(periods)], 300, 64, 6),
        reasons=[(reason, count, Decimal(100 * count) / total) for reason, count in last.missing.items()]
        if last
        else [],
        facts=_facts(one) if facts else [],
    )


def _facts(one: Indicator) -> list[FactHealth]:
    folder = lake_folder()
    engine, snapshot = engine_at(folder), lake_at(folder).snapshot()
    today = timezone.localdate()
    found = []
    for fact in one.measure.facts():
        name = fact_type(fact).name.say(wording.speaking())
        paths = snapshot.files(fact, today - LOOKED_BACK, today + timedelta(days=1))
        rows = (
            engine.rows("SELECT count(*), max(f.occurred_at) FROM fact AS f", fact=fact, files=paths) if paths else []
        )
        count, last = rows[0] if rows else (0, None)
        found.append(FactHealth(name=name, rows=int(count), last=last.date() if last else None))
    return found
