"""Where a period is heading: what is due by today, and what its end brings if things go on as they have.

Rates stay as they are, sums go on per working day; everything else of the total stays. It is a projection of what has
happened, not a promise: before the third working day there is none. In prose: docs/algorithms/forecast.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fenming.rules import curves
from fenming.rules.curves import Curve
from fenming.rules.money import rounded

TOO_EARLY = 3
"""So many working days must have passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many of a period's working days have passed."""

    passed: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.passed <= self.of:
            raise ValueError(f"Of {self.of} working days {self.passed} cannot have passed.")

    @property
    def share(self) -> Decimal:
        """From 0 to 1, six decimals; a period without working days has passed wholly."""
        return rounded(Fraction(self.passed, self.of), digits=6) if self.of else Decimal(1)

    @property
    def is_over(self) -> bool:
        """Nothing is left to come."""
        return self.passed == self.of

    @property
    def is_too_early(self) -> bool:
        """Too few days to judge by, and more to come."""
        return self.passed < TOO_EARLY and not self.is_over

    def due(self, target: Decimal) -> Decimal:
        """What of a sum's target should be there by now, six decimals."""
        return rounded(Fraction(target) * self.passed / self.of, digits=6) if self.of else target

    def projected(self, value: Decimal) -> Decimal | None:
        """What a sum comes to at the end, six decimals; none while it is too early."""
        if self.is_too_early:
            return None
        return value if self.is_over else rounded(Fraction(value) * self.of / self.passed, digits=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growing:
    """An indicator whose value adds up through the period: what it is now, and what its score counts for.

    ``worth`` is the points of a score of 100; ``score`` is what the value so far has scored.
    """

    value: Decimal
    score: Decimal
    worth: Decimal
    curve: Curve
    pace: Pace


def gain(one: Growing) -> Decimal | None:
    """The points that the rest of the period brings, or takes where less is better; none while it is too early.

    A curve that compares colleagues has no forecast: they move as well, so its points stay.
    """
    end = one.pace.projected(one.value)
    if end is None:
        return None
    if isinstance(one.curve, curves.Rank):
        return Decimal("0.00")
    change = Fraction(curves.score(one.curve, end).score) - Fraction(one.score)
    return rounded(change * Fraction(one.worth) / 100, digits=2)


def total(now: Decimal, growing: Iterable[Growing], pace: Pace) -> Decimal | None:
    """The period's total at its end: the one so far with every gain, never below 0.

    None while it is too early, for the period or for a post that somebody took over in it.
    """
    gains = [gain(one) for one in growing]
    if pace.is_too_early or None in gains:
        return None
    return max(Decimal("0.00"), now + sum((one for one in gains if one is not None), Decimal(0)))
