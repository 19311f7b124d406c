"""What every page's style must keep: both writing directions, both themes, no inline style."""

import re
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[4] / "frontend"
STYLES = sorted((FRONTEND / "src/css").glob("*.css"))
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right)(?:-\w+)?|(?:left|right)|float|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|text-align\s*:\s*(?:left|right)"
)
pytestmark = pytest.mark.skipif(not STYLES, reason="an installed package has no sources of its styles")


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_styles_know_start_and_end_but_not_left_and_right(path: Path) -> None:
    assert PHYSICAL.findall(without_comments(path)) == []


@pytest.mark.parametrize("text", ["margin-left: 2px", "a{left:0}", "text-align: right", "border-right-color: red"])
def test_the_search_for_left_and_right_finds_them(text: str) -> None:
    assert PHYSICAL.search(text)


def dark_blocks() -> list[dict[str, str]]:
    tokens = without_comments(FRONTEND / "src/css/tokens.css")
    found = re.findall(r":root(?::not\(\[data-theme=light\]\)|\[data-theme=dark\]) \{(.*?)\}", tokens, re.DOTALL)
    return [dict(re.findall(r"(--[\w-]+): ([^;]+);", block)) for block in found]


def test_dark_is_the_same_whoever_asks_for_it() -> None:
    asked, chosen = dark_blocks()
    assert asked == chosen
    assert len(asked) > 30


def test_every_colour_has_a_dark_value() -> None:
    tokens = without_comments(FRONTEND / "src/css/tokens.css")
    light = dict(re.findall(r"(--[\w-]+): ([^;]+);", tokens.split(":root {")[1].split("}")[0]))
    colours = {name for name, value in light.items() if value.startswith(("#", "rgba", "0 "))}
    same_in_both = {"--gold"}
    assert colours - dark_blocks()[0].keys() == same_in_both


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_what_a_style_asks_for_is_a_token_that_exists(path: Path) -> None:
    known = set(re.findall(r"(--[\w-]+):", "".join(without_comments(one) for one in STYLES)))
    assert set(re.findall(r"var\((--[\w-]+)", without_comments(path))) <= known
