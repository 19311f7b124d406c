"""Definitions from text of somebody else's: problems by line and field, nothing that eats the machine."""

import pytest

from fenming.library.files import LONGEST_TEXT, as_yaml, read
from fenming.library.indicators import Indicator, indicators

TEXT = as_yaml(indicators()["orders"].as_file())


@pytest.mark.parametrize("one", indicators().values(), ids=lambda one: one.id)
def test_every_indicator_survives_its_file(one: Indicator) -> None:
    assert read(as_yaml(one.as_file()), Indicator) == one


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("digits: 0", "digits: none", "digits"),
        ("direction: higher", "direction: up", "direction"),
        ("  fact: order_line", "  fact: order_lime", "measure"),
        ("name:\n  zh:", "name:\n  zhong:", "name.zhong"),
        ("reference:", "referense:", "referense"),
    ],
)
def test_a_problem_names_its_line_and_field(old: str, new: str, field: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    found = read(text, Indicator)
    assert isinstance(found, list)
    one = next(problem for problem in found if problem.field == field)
    assert one.line is not None
    assert one.words.zh
    assert one.words.en
    if field != "measure":
        assert field.rsplit(".", 1)[-1] in text.splitlines()[one.line - 1]


@pytest.mark.parametrize(
    "text",
    [
        "", "- 1", "2026-11-01", "[" * 20_000, "a: &a [x]\nb: [*a, *a]", "!!python/object/apply:os.system ['true']",
        "x" * (LONGEST_TEXT + 1), "\x00", "id: a\n---\nid: b", "? {a: b}\n: c", "a: 1\na: 2", "<<: {a: 1}",
    ],
)  # fmt: skip
def test_hostile_files_are_problems_and_nothing_else(text: str) -> None:
    found = read(text, Indicator)
    assert isinstance(found, list)
    assert found
