"""Exact amounts: rounding once, and sharing out to the last fen.

Everything here is computed in whole numbers, so neither the decimal context of the caller (28 digits by
default) nor the order of people changes a result. The rules in prose: docs/algorithms/rounding.md.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from fractions import Fraction
from functools import reduce
from math import lcm

FEN = Decimal("0.01")

_WIDE = Context(prec=1000, traps=[Inexact, InvalidOperation])

_CUT = Context(prec=200, rounding=ROUND_DOWN, traps=[InvalidOperation, DivisionByZero])
_HALF_UP = Context(prec=200, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
_PLACES = [Decimal(1).scaleb(-digits) for digits in range(13)]
_ZEROS = [Decimal(0).scaleb(-digits) for digits in range(13)]

Number = Decimal | Fraction | int


def from_units(count: int, unit: Decimal = FEN) -> Decimal:
    """`count` times `unit`, exactly, written with the decimals of `unit`: 12345 fen are 123.45."""
    sign, digits, exponent = unit.as_tuple()
    size = int("".join(map(str, digits))) * (-1 if sign else 1)
    return Decimal(f"{count * size}E{exponent}")


def to_units(amount: Decimal, unit: Decimal = FEN) -> int:
    """How many times `unit` goes into `amount`. ValueError when it leaves a rest, or `unit` is not above 0."""
    if unit <= 0:
        raise ValueError(f"The unit must be above 0, it is {unit}.")
    count = Fraction(amount) / Fraction(unit)
    if count.denominator != 1:
        raise ValueError(f"{amount} is not a whole number of {unit}: round it first.")
    return count.numerator


def rounded(number: Number, *, digits: int) -> Decimal:
    """`number` with `digits` decimals, halves away from zero (四舍五入): 0.125 is 0.13, −0.125 is −0.13.

    Exact for any size. Source: the school rule that payslips in China follow.
    """
    scaled = Fraction(number) * 10**digits
    size = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(f"{size if scaled >= 0 else -size}E-{digits}")


def divided(numerator: Decimal, denominator: Decimal, *, scale: Decimal = Decimal(1), digits: int) -> Decimal:
    """``rounded(numerator ÷ denominator × scale)``, as exactly, but fast: readings come by the million."""
    cut = _CUT.divide(_CUT.multiply(numerator, scale), denominator)  # cut off, so that the one rounding below is right
    return _HALF_UP.quantize(cut, _PLACES[digits]) or _ZEROS[digits]


def to_fen(number: Number) -> Decimal:
    """`number` yuan with two decimals, halves away from zero."""
    return rounded(number, digits=2)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum of `amounts`, whatever the decimal context of the caller; 0 for none.

    decimal.Inexact for a sum of more than a thousand digits.
    """
    return reduce(_WIDE.add, amounts, Decimal(0))


def whole_weights(weights: Mapping[str, Decimal]) -> dict[str, int]:
    """The same proportions in whole numbers, exactly: {a: 1.2, b: 0.5} becomes {a: 12, b: 5} or a multiple."""
    ratios = {key: Fraction(weight) for key, weight in weights.items()}
    scale = lcm(*(ratio.denominator for ratio in ratios.values()))
    return {key: ratio.numerator * (scale // ratio.denominator) for key, ratio in ratios.items()}


def split_whole(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share `total` whole units in proportion to `weights`, by largest remainder (最大余数法).

    Everyone gets the whole part of his share; the units left over go one each to the largest remainders, and
    among equal remainders to the key that sorts first, so the order of people never matters. The parts sum to
    `total` exactly; a weight of 0 gets 0; a negative total is shared like the positive one.
    ValueError when a weight is negative, or none is above 0. Source: Hamilton's method.
    """
    whole = sum(weights.values())
    negative = [key for key, weight in weights.items() if weight < 0]
    if negative:
        raise ValueError(f"The weight of {negative[0]!r} is below 0: a share cannot be negative.")
    if whole == 0:
        raise ValueError(f"Nobody to share {total} among: there is no weight above 0.")
    parts: dict[str, int] = {}
    remainders: dict[str, int] = {}
    for key, weight in weights.items():
        parts[key], remainders[key] = divmod(abs(total) * weight, whole)
    left = abs(total) - sum(parts.values())
    for key in sorted(remainders, key=lambda key: (-remainders[key], key))[:left] if left else ():
        parts[key] += 1
    return parts if total >= 0 else {key: -part for key, part in parts.items()}


def split(total: Decimal, weights: Mapping[str, Decimal], unit: Decimal = FEN) -> dict[str, Decimal]:
    """Share `total` in proportion to `weights` in whole `unit`s, by largest remainder; see `split_whole`.

    The parts sum to `total` exactly. ValueError when `total` is no multiple of `unit`, a weight is negative,
    or none is above 0.
    """
    parts = split_whole(to_units(total, unit), whole_weights(weights))
    return {key: from_units(part, unit) for key, part in parts.items()}
