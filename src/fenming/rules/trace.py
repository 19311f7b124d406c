"""Why a number is what it is: steps that hold no language, and the sentences that tell them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from fenming.rules.money import rounded
from fenming.rules.sentences import SENTENCES

Language = Literal["zh", "en"]
Value = Decimal | Fraction | int | str | date


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One step of an explanation.

    `rule` is a stable id such as "curve.target.between"; `given` are the values that went in, named and
    written as strings; `gives` is what came out.
    """

    rule: str
    given: tuple[tuple[str, str], ...]
    gives: str


def step(rule: str, gives: Value, **given: Value) -> Because:
    """A step with its values written plainly: no exponent, no trailing zeros, fractions to six decimals."""
    return Because(rule=rule, given=tuple((name, plain(value)) for name, value in given.items()), gives=plain(gives))


def plain(value: Value) -> str:
    """`value` as people write it: Decimal("1.500E+3") is "1500"."""
    if isinstance(value, Fraction):
        value = rounded(value, digits=6)
    if not isinstance(value, Decimal):
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_text(because: Because, language: Language) -> str:
    """The step as one sentence. A rule that no longer has a sentence is shown with its bare values."""
    sentence = SENTENCES.get(because.rule)
    if sentence is None:
        values = ", ".join(f"{name} {value}" for name, value in because.given)
        return f"{because.rule}: {values} → {because.gives}"
    return sentence[language].format_map(dict(because.given) | {"gives": because.gives})
