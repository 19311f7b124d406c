"""Boards on paper: one description, set by Typst as PDF or PNG. Why Typst: docs/adr/0013."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import typst

TEMPLATE = Path(str(files("fenming.drawing"))) / "paper.typ"
FONTS = Path(str(files("manimgx_fonts_cjk")))
GLYPHS = {"ja": "JP", "ko": "KR", "zh-hant": "TC"}
"""The shapes of a script where they differ from the simplified Chinese ones."""
DOTS_PER_INCH = 144
MOST_LABELS = 12

Format = Literal["pdf", "png"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A key figure."""

    name: str
    value: str
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line of the chart; None is a gap."""

    name: str
    tone: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines over time, the axis from ``low`` to ``high`` with three marks; a few of the labels are enough."""

    labels: Sequence[str]
    marks: Sequence[str]
    low: float
    high: float
    series: Sequence[Curve]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column: numbers stand at its ``end``, and who is ``wide`` takes what is left."""

    text: str
    end: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a divided bar, in per cent."""

    width: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A text, if wanted with a bar of 0 to 100, or a divided bar alone."""

    text: str = ""
    bar: float | None = None
    tone: str = "brand"
    strong: bool = False
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What stands on the paper, from top to bottom."""

    title: str
    lead: str
    foot: str
    language: str
    figures: Sequence[Figure] = ()
    chart: Chart | None = None
    heads: Sequence[Head] = ()
    rows: Sequence[Sequence[Cell]] = ()
    notes: Sequence[str] = ()


def drawn(sheet: Sheet, form: Format) -> bytes:
    """A PDF of as many A4 pages as it takes, or a PNG of one long one."""
    given = asdict(sheet) | {
        "paged": form == "pdf",
        "lang": sheet.language.split("-")[0],
        "glyphs": GLYPHS.get(sheet.language.lower(), "SC"),
    }
    compiler = typst.Compiler(
        TEMPLATE,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"sheet": json.dumps(given, ensure_ascii=False)},
    )
    made = compiler.compile(format=form, ppi=DOTS_PER_INCH)
    assert isinstance(made, bytes)  # noqa: S101 - a PNG has one page here
    return made


def thinned(labels: Sequence[str]) -> list[str]:
    """As many labels as fit below a chart, the first and the last among them."""
    if len(labels) <= MOST_LABELS:
        return list(labels)
    step = (len(labels) - 1) / (MOST_LABELS - 1)
    return [labels[round(place * step)] for place in range(MOST_LABELS)]
