import ast
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import fenming.rules
from fenming.rules.readings import Missing
from fenming.rules.sentences import SENTENCES
from fenming.rules.trace import Because, as_text, plain, step

RULES = Path(fenming.rules.__file__ or "").parent


def emitted() -> Iterator[tuple[str, set[str]]]:
    """Every rule some module of rules/ can emit, with the names of the values it gives."""
    for path in RULES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step":
                given = {keyword.arg for keyword in node.keywords if keyword.arg} | {"gives"}
                if isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value), given
                else:
                    assert path.name == "readings.py", "rule ids are literals, but for the reasons of readings"
                    yield from ((f"reading.{reason}", given) for reason in get_args(Missing))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_emitted_has_a_sentence_that_its_values_can_fill(language: str) -> None:
    for rule, given in emitted():
        fields = {field for _, field, _, _ in Formatter().parse(SENTENCES[rule][language]) if field}
        assert fields <= given, rule


def test_no_sentence_is_left_over() -> None:
    assert set(SENTENCES) == {rule for rule, _ in emitted()}


def test_a_step_tells_itself_in_both_languages() -> None:
    told = step("curve.binary.met", Decimal("100.00"), value=Decimal("8.50"), target=8)
    assert as_text(told, "zh") == "8.5 达到目标 8，得 100 分。"
    assert as_text(told, "en") == "8.5 meets the target 8: 100 points."


def test_a_rule_of_an_older_version_is_shown_with_its_bare_values() -> None:
    old = Because(rule="curve.gone", given=(("value", "3"),), gives="4")
    assert as_text(old, "zh") == "curve.gone: value 3 → 4"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.500E+3"), "1500"), (Decimal("0.00"), "0"), (Decimal("-0.10"), "-0.1"), (Decimal(100), "100"),
        (Fraction(1, 3), "0.333333"), (7, "7"), ("A", "A"), (date(2026, 10, 1), "2026-10-01"),
    ],
)  # fmt: skip
def test_values_are_written_plainly(value: object, text: str) -> None:
    assert plain(value) == text  # type: ignore[arg-type]
