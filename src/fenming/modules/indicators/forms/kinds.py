"""The kinds of measure in words, and what each asks for."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.lake import lines
from fenming.library.facts import Column

WRITTEN = "~"
"""What a list offers for "a formula instead"."""
NUMBERS = ("int", "money", "decimal", "duration")


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to count, with an example that says when to choose it."""

    code: str
    name: str | Promise
    example: str | Promise
    icon: str
    asks: tuple[str, ...]


KINDS = (
    Kind(
        "share",
        pgettext_lazy("kind of measure", "Share"),
        _("sessions answered within 20 s, of all"),
        icon="percentage",
        asks=("test",),
    ),
    Kind("count", pgettext_lazy("kind of measure", "Count"), _("how many orders"), icon="hash", asks=("test",)),
    Kind("sum", pgettext_lazy("kind of measure", "Sum"), _("the amount paid, added up"), icon="sum", asks=("value",)),
    Kind("mean", pgettext_lazy("kind of measure", "Mean"), _("the mean time to reply"), icon="divide", asks=("value",)),
    Kind(
        "ratio",
        pgettext_lazy("kind of measure", "Ratio"),
        _("one sum divided by another"),
        icon="math-x-divide-y",
        asks=("above", "below"),
    ),
    Kind(
        "distinct",
        pgettext_lazy("kind of measure", "Different ones"),
        _("how many different buyers"),
        icon="fingerprint",
        asks=("key",),
    ),
    Kind(
        "percentile",
        pgettext_lazy("kind of measure", "Percentile"),
        _("within which nine of ten are answered"),
        icon="chart-histogram",
        asks=("value", "percent"),
    ),
    Kind(
        "growth",
        pgettext_lazy("kind of measure", "Growth"),
        _("sales against the period before"),
        icon="trending-up",
        asks=("above",),
    ),
    Kind(
        "repeat",
        pgettext_lazy("kind of measure", "Repetition"),
        _("buyers with two orders or more"),
        icon="repeat",
        asks=("key", "event", "at_least"),
    ),
    Kind(
        "retention",
        pgettext_lazy("kind of measure", "Retention"),
        _("buyers of last month who came back"),
        icon="user-check",
        asks=("key",),
    ),
    Kind(
        "funnel",
        pgettext_lazy("kind of measure", "Funnel"),
        _("from looking to paying"),
        icon="filter",
        asks=("step", "people", "start", "to"),
    ),
    Kind(
        "tiered",
        pgettext_lazy("kind of measure", "Tiers"),
        _("originals count one and a half"),
        icon="stairs-up",
        asks=("value", "per", "key", "tiers", "otherwise"),
    ),
    Kind(
        "banded",
        pgettext_lazy("kind of measure", "Frequency"),
        _("members weighted by their visits"),
        icon="calendar-repeat",
        asks=("key", "bands", "active_days"),
    ),
    Kind(
        "formula",
        pgettext_lazy("kind of measure", "Formula"),
        _("parts and arithmetic, several facts"),
        icon="math-function",
        asks=("parts", "numerator", "denominator"),
    ),
)
BY_CODE = {one.code: one for one in KINDS}


def columns_for(fact: str, how: str) -> dict[str, Column]:
    """The fields that an aggregate of this kind can take."""
    known = lines.columns(fact) if fact else {}
    if how == "sum":
        return {name: column for name, column in known.items() if column.type in NUMBERS}
    return {name: column for name, column in known.items() if name != "occurred_at"}
