"""What an indicator read for one person: a value, or the reason why there is none."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from fenming.rules.money import divided, rounded
from fenming.rules.trace import Because, step
from fenming.rules.wording import did_you_mean

Missing = Literal["no_facts", "not_supplied", "zero_denominator", "delayed", "no_previous"]

LONGEST_FORMULA = 200
FORMULA_DIGITS = 12

_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "（": "(", "）": ")"})
_DECIMAL = re.compile(r"\d+\.\d*|\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One indicator for one person: `value`, or `missing` and why. The ratio it came from is kept.

    missing: no_facts (no event at all), not_supplied (events, but the field is empty in all of them),
    zero_denominator, delayed (the source delivers it later), no_previous (nothing to compare with).
    """

    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    missing: Missing | None = None
    scale: Decimal = Decimal(1)

    @property
    def because(self) -> tuple[Because, ...]:
        """How the value came about, told when somebody asks: most readings are scored and never opened."""
        if self.value is None:
            return (step(f"reading.{self.missing}", ""),)
        if self.denominator is None or self.denominator == 1:
            return (step("reading.value", self.value, numerator=self.numerator or 0, scale=self.scale),)
        return (
            step(
                "reading.ratio",
                self.value,
                numerator=self.numerator or 0,
                denominator=self.denominator,
                scale=self.scale,
            ),
        )

    def __post_init__(self) -> None:
        if (self.value is None) == (self.missing is None):
            raise ValueError(f"A reading has a value or a reason, not both: {self.value}, {self.missing}.")


def reading(
    *,
    numerator: Decimal | None,
    denominator: Decimal | None = Decimal(1),
    scale: Decimal = Decimal(1),
    digits: int = 6,
    missing: Missing | None = None,
) -> Reading:
    """numerator ÷ denominator × scale, divided once, rounded half-up to `digits` decimals.

    A count or a sum leaves the denominator at 1; milliseconds become seconds with scale 0.001; a percentage
    stays a fraction. A known reason in `missing` wins; an empty part is not_supplied, a zero denominator
    zero_denominator. Never raises for finite numbers.
    """
    reason = missing or _reason(numerator, denominator)
    if reason is not None or numerator is None or denominator is None:
        return absent(reason or "not_supplied", numerator=numerator, denominator=denominator)
    value = divided(numerator, denominator, scale=scale, digits=digits)
    return Reading(value=value, numerator=numerator, denominator=denominator, scale=scale)


def absent(missing: Missing, *, numerator: Decimal | None = None, denominator: Decimal | None = None) -> Reading:
    """A reading without a value, with its reason."""
    return Reading(value=None, numerator=numerator, denominator=denominator, missing=missing)


def _reason(numerator: Decimal | None, denominator: Decimal | None) -> Missing | None:
    if numerator is None or denominator is None:
        return "not_supplied"
    return "zero_denominator" if denominator == 0 else None


def evaluate(formula: str, parts: Mapping[str, Decimal | None]) -> Decimal | None:
    """The value of a formula such as `(answered − late) ÷ sessions` over named parts.

    Knows + − × ÷ (or * /), parentheses, names and decimal literals. A missing part or a division by zero makes
    the whole None. Computed exactly, the result rounded half-up to twelve decimals. ValueError for anything
    else in the formula, and for a name that is not among `parts`.
    """
    if formula in parts:  # a bare name, as nearly every indicator has it
        return parts[formula]
    check_formula(formula, parts)
    try:
        value = _value(_parsed(formula), parts)
    except ZeroDivisionError:
        return None
    return None if value is None else rounded(value, digits=FORMULA_DIGITS)


def check_formula(formula: str, names: Iterable[str]) -> None:
    """ValueError unless `formula` is arithmetic over `names`; the message suggests the nearest name."""
    known = set(names)
    for node in ast.walk(_parsed(formula)):
        if isinstance(node, ast.Name) and node.id not in known:
            raise ValueError(f"Formula {formula!r}: there is no part {node.id!r}. {did_you_mean(node.id, known)}")


@lru_cache(maxsize=1024)
def _parsed(formula: str) -> ast.expr:
    if len(formula) > LONGEST_FORMULA:
        raise ValueError(f"The formula has {len(formula)} characters; at most {LONGEST_FORMULA} can be checked by eye.")
    text = formula.translate(_SIGNS).strip()
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"Formula {formula!r} cannot be read: write it like (answered - late) / sessions.") from error
    for node in ast.walk(tree):
        _admit(node, text, formula)
    return tree


_ADMITTED = (
    ast.BinOp, ast.UnaryOp, ast.Name, ast.Load, ast.Constant, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub,
)  # fmt: skip


def _admit(node: ast.AST, text: str, formula: str) -> None:
    if not isinstance(node, _ADMITTED):
        raise ValueError(f"Formula {formula!r}: only + - * / ( ), names and numbers are understood.")
    if isinstance(node, ast.Constant):
        written = ast.get_source_segment(text, node) or ""
        if not (written.isdecimal() or _DECIMAL.fullmatch(written)):
            raise ValueError(f"Formula {formula!r}: {written} is not a plain number such as 60 or 0.001.")
        node.value = Fraction(written)  # type: ignore[assignment]  # exact, where ast gave a float


def _value(node: ast.AST, parts: Mapping[str, Decimal | None]) -> Fraction | None:
    if isinstance(node, ast.Constant):
        return Fraction(node.value)  # type: ignore[arg-type]  # _admit left only fractions
    if isinstance(node, ast.Name):
        part = parts[node.id]
        return None if part is None else Fraction(part)
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, parts)
        return None if operand is None else -operand
    assert isinstance(node, ast.BinOp)  # noqa: S101 - _admit lets nothing else through
    left, right = _value(node.left, parts), _value(node.right, parts)
    return None if left is None or right is None else _apply(node.op, left, right)


def _apply(operator: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    return left * right if isinstance(operator, ast.Mult) else left / right
