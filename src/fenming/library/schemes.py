"""Schemes: which indicators a post is scored on, with weights, curves, seasons, grades and the bonus rule."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fenming.library.files import load_file, load_folder
from fenming.library.indicators import Indicator, indicator
from fenming.library.text import Model, Words, did_you_mean, refuse
from fenming.rules import bonus, curves, grades, reward, scorecard, targets, weights

Curve = Annotated[curves.Curve, Field(discriminator="kind")]
Adjustment = Annotated[scorecard.Adjustment, Field(discriminator="kind")]
Grading = Annotated[grades.Grading, Field(discriminator="kind")]
BonusRule = Annotated[bonus.BonusRule, Field(discriminator="kind")]
TargetRule = Annotated[targets.Rule, Field(discriminator="kind")]
Method = Literal["agent", "tag", "roster"]


class Item(Model):
    """One indicator of a scheme. ``ours`` marks thresholds that no document gives; ``basis`` says why these.

    ``targets`` gives people a target of their own, in place of the one on the curve.
    """

    indicator: str
    weight: Decimal = Field(ge=0, le=100)
    curve: Curve
    missing: Literal["exclude", "carry", "block"] = "exclude"
    targets: TargetRule | None = None
    ours: bool = True
    basis: Words

    @model_validator(mode="after")
    def has_a_target(self) -> Self:
        if self.targets is not None and not curves.takes_target(self.curve):
            raise ValueError(f"targets: a {self.curve.kind} curve has no target that a person could have of one's own.")
        return self

    @property
    def rule(self) -> scorecard.Item:
        """What `rules/` needs of it."""
        return scorecard.Item(indicator=self.indicator, weight=self.weight, curve=self.curve, missing=self.missing)


class Attribution(Model):
    """How a fact of a shared account finds its people: the methods in the order in which they are tried."""

    methods: tuple[Method, ...] = ("agent", "tag", "roster")
    roster: Literal["equal", "minutes"] = "equal"


class Scheme(Model):
    """How one kind of post is scored, as of a date."""

    id: str
    valid_from: date
    name: Words
    about: Words
    department: str
    posts: tuple[str, ...] = ()
    subject: Literal["employee", "department", "store", "shop", "account", "company"] = "employee"
    cycle: Literal["month", "quarter", "year"] = "month"
    items: tuple[Item, ...] = Field(min_length=1)
    seasons: tuple[weights.Season, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    vetoes: tuple[scorecard.VetoRule, ...] = ()
    rewards: tuple[reward.TieredReward, ...] = ()
    grades: Grading
    bonus: BonusRule
    attribution: Attribution = Attribution()
    indicators: Mapping[str, Indicator] = Field(default_factory=dict)

    @model_validator(mode="after")
    def can_be_explained(self) -> Self:
        names = [item.indicator for item in self.items]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"items: {', '.join(sorted(twice))} stands there twice. Keep it once, with one weight.")
        planned = {item.indicator: item.weight for item in self.items}
        weights.check(planned)
        weights.check_seasons(self.seasons, planned)
        for name in self.used():
            self.indicator(name)
        return self

    def used(self) -> tuple[str, ...]:
        """Every indicator that this scheme reads, scored or only for points, rewards and vetoes."""
        others = (*self.adjustments, *self.vetoes, *self.rewards)
        return tuple(dict.fromkeys([*(item.indicator for item in self.items), *(one.indicator for one in others)]))

    def indicator(self, name: str) -> Indicator:
        return indicator(name, self.indicators)

    def definitions(self) -> dict[str, Indicator]:
        return {name: self.indicator(name) for name in self.used()}


@cache
def schemes() -> dict[str, Scheme]:
    """Every shipped scheme by id."""
    return load_folder("schemes", Scheme)


def find_scheme(name: str) -> Scheme:
    """A scheme by file path, or a shipped one by id, Chinese or English name ("customer-service", "客服部")."""
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return load_file(path, Scheme)
    known = {alias: one for one in schemes().values() for alias in (one.id, one.name.zh, one.name.en.lower())}
    wanted = name.strip().lower().replace("-", "_")
    for key in (wanted, wanted.replace("_", " "), name.strip()):
        if key in known:
            return known[key]
    near = did_you_mean(wanted, list(schemes()))
    raise refuse(
        f"没有方案“{name}”。{near.zh}fenming schemes 列出自带方案，也可以给一个 .yaml 文件。",
        f"There is no scheme “{name}”.{near.en} See fenming schemes, or give a .yaml file.",
    )
