"""Two states of one number, group by group: how far they are apart, and how much each group had to do with it.

For a sum a group's contribution is its own difference. For a rate it is what the group adds to the difference of the
whole: its deviation from the first state's rate, weighted by its part of the denominator, after less before. Either way
the contributions add up to the difference of the whole, exactly; a group that grew without being better or worse than
the whole was contributes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fenming.rules.money import rounded
from fenming.rules.readings import reading


@dataclass(frozen=True, slots=True)
class Part:
    """The numerator and the denominator of one group; a sum or a count has no denominator."""

    numerator: Decimal | None = None
    denominator: Decimal | None = None

    def __add__(self, other: "Part") -> "Part":
        return Part(_plus(self.numerator, other.numerator), _plus(self.denominator, other.denominator))

    def value(self, scale: Decimal, *, rate: bool) -> Decimal | None:
        """The number as an indicator shows it; none where there is nothing to divide, or to divide by."""
        denominator = self.denominator if rate else Decimal(1)
        return reading(numerator=self.numerator, denominator=denominator, scale=scale).value


def whole(parts: Mapping[str, Part]) -> Part:
    """All groups together."""
    return sum(parts.values(), Part())


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One group in both states. ``share`` is its part of the whole's difference, of 1; None where that is 0."""

    before: Decimal | None
    after: Decimal | None
    contribution: Decimal
    share: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """After less before, where both are there."""
        return None if self.before is None or self.after is None else self.after - self.before


def compare(
    before: Mapping[str, Part], after: Mapping[str, Part], *, scale: Decimal, rate: bool
) -> dict[str, Difference]:
    """Every group of either state; contributions with six decimals, shares with four."""
    groups = dict.fromkeys([*before, *after])
    first, last = whole(before), whole(after)
    if rate and not (first.denominator and last.denominator):
        exact = dict.fromkeys(groups, Fraction(0))
    else:
        mean = _ratio(first.numerator, first.denominator) if rate else Fraction(0)
        exact = {
            one: _added(after.get(one, Part()), last, mean, rate=rate)
            - _added(before.get(one, Part()), first, mean, rate=rate)
            for one in groups
        }
    total = sum(exact.values(), Fraction(0))
    return {
        one: Difference(
            before=before.get(one, Part()).value(scale, rate=rate),
            after=after.get(one, Part()).value(scale, rate=rate),
            contribution=rounded(exact[one] * Fraction(scale), digits=6),
            share=rounded(exact[one] / total, digits=4) if total else None,
        )
        for one in groups
    }


def _added(part: Part, all_of: Part, mean: Fraction, *, rate: bool) -> Fraction:
    """What a group adds to the whole's number, beyond the mean of the first state."""
    numerator = Fraction(part.numerator or 0)
    if not rate:
        return numerator
    return (numerator - mean * Fraction(part.denominator or 0)) / Fraction(all_of.denominator or 1)


def _ratio(numerator: Decimal | None, denominator: Decimal | None) -> Fraction:
    return Fraction(numerator or 0) / Fraction(denominator or 1)


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return one if other is None else other if one is None else one + other
