"""Whether two indicators say the same: Pearson's correlation over the values of the same people."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from operator import mul

LEAST_PEOPLE = 8
"""Below so many people a coefficient says more about chance than about the indicators."""

_EXACT = Context(prec=40)


def pearson(pairs: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """The coefficient from −1 to 1, half-up to three decimals; None below eight pairs, or where one never varies.

    The sums are exact; only the one square root at the end is rounded. Source: Pearson (1895).
    """
    if len(pairs) < LEAST_PEOPLE:
        return None
    xs, ys = _whole([x for x, _ in pairs]), _whole([y for _, y in pairs])
    count, sum_x, sum_y = len(pairs), sum(xs), sum(ys)
    together = count * sum(map(mul, xs, ys)) - sum_x * sum_y
    spread = (count * sum(map(mul, xs, xs)) - sum_x**2) * (count * sum(map(mul, ys, ys)) - sum_y**2)
    if spread == 0:
        return None
    size = _EXACT.sqrt(_EXACT.divide(Decimal(together * together), Decimal(spread)))
    return size.copy_sign(Decimal(1 if together >= 0 else -1)).quantize(Decimal("0.001"), ROUND_HALF_UP)


def _whole(values: Sequence[Decimal]) -> list[int]:
    """The values in units of their finest decimal place: the coefficient does not depend on the unit."""
    exponents = [value.as_tuple().exponent for value in values]
    finest = min(exponent for exponent in exponents if isinstance(exponent, int))
    return [int(value.scaleb(-finest, _EXACT)) for value in values]
