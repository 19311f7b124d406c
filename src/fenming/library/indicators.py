"""Indicators: what is measured, how, from which facts, and everything a person should know about it."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from fenming.library.facts import fact_type
from fenming.library.files import load_folder
from fenming.library.text import Model, Words, did_you_mean, refuse

Over = Literal["period", "previous", "before", "until"]
"""Which facts a part counts: of the period, of the one before it, of all time before it, or of all time to its end."""


class Condition(Model):
    """A row counts when this holds; otherwise a person reads why it did not."""

    when: str
    otherwise: Words


class Window(Model):
    """Hours of the day in which an event has to begin, e.g. 09:00 to 23:00; may run over midnight."""

    start: time
    until: time
    otherwise: Words = Words(zh="不在考核时段内", en="outside the hours that count")


class Measured(Model):
    """What every kind of measure has: the fact, and which rows of it count."""

    fact: str
    only: tuple[Condition, ...] = ()
    window: Window | None = None

    @model_validator(mode="after")
    def fact_is_known(self) -> Self:
        fact_type(self.fact)
        return self

    def facts(self) -> tuple[str, ...]:
        return (self.fact,)


class Count(Measured):
    """How many rows, or how many that pass a test; a test that no row at all can answer gives nothing, not zero."""

    kind: Literal["count"] = "count"
    test: str | None = None


class Sum(Measured):
    """The sum of an expression over rows."""

    kind: Literal["sum"] = "sum"
    value: str


class Mean(Measured):
    """The mean of an expression over the rows that have it."""

    kind: Literal["mean"] = "mean"
    value: str


class Ratio(Measured):
    """One aggregate divided by another; both in SQL, over the fact's own columns."""

    kind: Literal["ratio"] = "ratio"
    numerator: str
    denominator: str


class Share(Measured):
    """The rows that pass a test, of those for which the test has an answer."""

    kind: Literal["share"] = "share"
    test: str


class Percentile(Measured):
    """The smallest value that at least ``percent`` of the rows do not exceed (nearest rank)."""

    kind: Literal["percentile"] = "percentile"
    value: str
    percent: int = Field(gt=0, le=100)


class Distinct(Measured):
    """How many different values."""

    kind: Literal["distinct"] = "distinct"
    value: str


class Funnel(Measured):
    """People at one step, of those at an earlier one."""

    kind: Literal["funnel"] = "funnel"
    step: str = "step"
    people: str = "visitors"
    start: str
    to: str


class Tiered(Measured):
    """A sum (or a rate, with ``per``) in which rows count by their tier, in hundredths: 150 counts one and a half."""

    kind: Literal["tiered"] = "tiered"
    value: str
    per: str | None = None
    tier: str
    weights: Mapping[str, int]
    otherwise: int = 100


class Growth(Measured):
    """(this period − the one before) ÷ the one before, of an aggregate."""

    kind: Literal["growth"] = "growth"
    value: str


class Retention(Measured):
    """Keys seen in this period and the one before, of those seen in the one before."""

    kind: Literal["retention"] = "retention"
    key: str


class Repeat(Measured):
    """Keys with at least so many different events, of all keys."""

    kind: Literal["repeat"] = "repeat"
    key: str
    event: str
    at_least: int = Field(default=2, ge=2)


class Band(Model):
    """From so many events on, a key counts so much, in hundredths."""

    start: int = Field(ge=1)
    weight: int = Field(ge=0)


class Banded(Measured):
    """Keys weighted by how often they came in the period, of the keys active in the days up to its end."""

    kind: Literal["banded"] = "banded"
    key: str
    bands: tuple[Band, ...] = Field(min_length=1)
    active_days: int = Field(default=180, ge=1)


class Part(Measured):
    """One named aggregate of a formula, over facts of a stated time."""

    aggregate: str
    over: Over = "period"


class Formula(Model):
    """Arithmetic (+ − × ÷) over named aggregates, which may come from several facts; divided last, in decimals."""

    kind: Literal["formula"] = "formula"
    parts: Mapping[str, Part] = Field(min_length=1)
    numerator: str
    denominator: str | None = None

    def facts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.fact for part in self.parts.values()))


Measure = Annotated[
    Count
    | Sum
    | Mean
    | Ratio
    | Share
    | Percentile
    | Distinct
    | Funnel
    | Tiered
    | Growth
    | Retention
    | Repeat
    | Banded
    | Formula,
    Field(discriminator="kind"),
]


class Level(Model):
    """One level that a reviewer can give, with the behaviour that stands for it."""

    value: Decimal
    name: Words
    anchor: Words


class Indicator(Model):
    """One indicator as of a date: its measure and the words that let people trust it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    valid_from: date
    name: Words
    about: Words
    formula: Words
    unit: Words
    digits: int = Field(default=2, ge=0, le=4)
    scale: Decimal = Decimal(1)
    direction: Literal["higher", "lower"]
    subjects: tuple[Literal["employee", "department", "store", "shop", "account", "company"], ...] = ("employee",)
    departments: tuple[str, ...] = Field(min_length=1)
    measure: Measure
    empty: Literal["missing", "zero"] = "missing"
    levels: tuple[Level, ...] = ()
    """What a reviewer chooses from, for what people rate; the best first."""
    data_source: Words
    collection: Words
    pitfalls: Words
    reference: str
    ours: bool = False

    def __hash__(self) -> int:
        return hash((self.id, self.valid_from))

    def as_file(self) -> dict[str, Any]:
        """What its file says: whatever stays at its default is left out."""
        data = self.model_dump(mode="json", exclude_defaults=True)
        return {**data, "measure": {"kind": self.measure.kind, **data["measure"]}}

    @property
    def percent(self) -> bool:
        return self.unit.en == "%"


@cache
def indicators() -> dict[str, Indicator]:
    """Every shipped indicator by id."""
    return load_folder("indicators", Indicator)


def indicator(name: str, own: Mapping[str, Indicator] | None = None) -> Indicator:
    """The indicator of this id, the company's own before the shipped; an unknown one raises with the nearest names."""
    known = {**indicators(), **(own or {})}
    if name not in known:
        near = did_you_mean(name, list(known))
        raise refuse(f"没有指标“{name}”。{near.zh}", f"There is no indicator “{name}”.{near.en}")
    return known[name]


def of_facts(facts: set[str]) -> Iterator[Indicator]:
    """The shipped indicators that these fact types suffice for."""
    return (one for one in indicators().values() if set(one.measure.facts()) <= facts)
