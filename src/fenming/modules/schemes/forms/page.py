"""A draft ready to be drawn: its inputs, the weight bar, each item's curve over the last readings, the calendar."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.dates import MONTHS_3
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from pydantic import TypeAdapter, ValidationError

from fenming.library import schemes as library
from fenming.library.indicators import Indicator
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes import figures
from fenming.modules.schemes.forms import parts
from fenming.modules.schemes.forms.editing import BANDS, bonus_shown
from fenming.modules.schemes.forms.parts import ADJUSTMENTS, BONUSES, CURVES, GRADES, TARGETS, Input, Kind, Label, shown
from fenming.modules.schemes.queries.drafts import Problem
from fenming.modules.schemes.queries.readings import Readings
from fenming.modules.schemes.queries.telling import decimal, measure, named, words
from fenming.rules.curves import Curve

CURVE: TypeAdapter[Curve] = TypeAdapter(library.Curve)
Known = Mapping[str, Indicator]
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Of several kinds the chosen one, with its inputs."""

    name: str
    kind: str
    options: Sequence[tuple[str, Label]]
    about: Label
    inputs: Sequence[Input]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark of the figure with its value in words."""

    mark: figures.Mark
    said: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The figure of an item: the curve, its marks in words, and what share of the last readings stands where."""

    figure: figures.Figure
    ticks: Sequence[Tick]
    low: str
    high: str
    scale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """One indicator of the scheme."""

    index: int
    indicator: str
    about: Indicator | None
    name: str
    tone: str
    weight: str
    x: Decimal
    width: Decimal
    curve: Choice
    targets: Choice
    missing: str
    basis: Input
    drawn: Drawn | None
    readings: int
    problems: Sequence[Problem]

    @property
    def anchor(self) -> str:
        return f"items-{self.index}"

    @property
    def open(self) -> bool:
        return bool(self.problems) or self.drawn is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A season, an adjustment, a veto or a reward."""

    index: int
    anchor: str
    title: str
    indicator: str
    identifier: str
    inputs: Sequence[Input]
    choice: Choice | None = None
    weights: Sequence[Input] = ()
    name: Input | None = None
    x: float = 0
    width: float = 0
    tone: str = "brand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything of a draft that its page draws."""

    name: Input
    about: Input
    posts: Sequence[tuple[str, str, bool]]
    subject: str
    cycle: str
    items: Sequence[ItemPage]
    total: Decimal
    seasons: Sequence[Part]
    months: Sequence[str]
    year: int
    adjustments: Sequence[Part]
    vetoes: Sequence[Part]
    rewards: Sequence[Part]
    grades: Choice
    bands: Input
    bonus: Choice
    indicators: Sequence[tuple[str, str]]

    @property
    def rest(self) -> Decimal:
        return HUNDRED - self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What a page needs beside the definition."""

    known: Known
    past: Readings
    problems: Sequence[Problem]
    posts: Sequence[tuple[str, str]]
    year: int


def page_of(definition: Mapping[str, Any], behind: Behind) -> Page:
    """The page of a definition, however unfinished."""
    rows = _rows(definition, "items")
    weights = [max(decimal(row.get("weight")) or Decimal(0), Decimal(0)) for row in rows]
    total = sum(weights, Decimal(0))
    items = []
    x = Decimal(0)
    for index, row in enumerate(rows):
        width = weights[index] * HUNDRED / max(total, HUNDRED)
        items.append(_item(index, row, behind, x=x, width=width))
        x += width
    chosen = set(map(str, definition.get("posts") or ()))
    names = [(str(row.get("indicator")), named(str(row.get("indicator")), behind.known)) for row in rows]
    return Page(
        name=_words("name", pgettext("scheme", "Name"), definition.get("name")),
        about=_words("about", _("What it is for"), definition.get("about")),
        posts=[(code, name, code in chosen) for code, name in _with_chosen(behind.posts, chosen)],
        subject=str(definition.get("subject") or "employee"),
        cycle=str(definition.get("cycle") or "month"),
        items=items,
        total=total,
        seasons=[_season(index, row, names, behind.year) for index, row in enumerate(_rows(definition, "seasons"))],
        months=[str(MONTHS_3[month]) for month in range(1, 13)],
        year=behind.year,
        adjustments=[
            _adjustment(index, row, behind.known) for index, row in enumerate(_rows(definition, "adjustments"))
        ],
        vetoes=[_veto(index, row, definition, behind.known) for index, row in enumerate(_rows(definition, "vetoes"))],
        rewards=[_reward(index, row, behind.known) for index, row in enumerate(_rows(definition, "rewards"))],
        grades=_grades(definition),
        bands=_bands(definition),
        bonus=_choice(BONUSES, "bonus", bonus_shown(_mapping(definition.get("bonus")))),
        indicators=[(name, named(name, behind.known)) for name in sorted(behind.known)],
    )


def drawn(curve: Any, one: Indicator | None, values: Sequence[Decimal], post: QueryDict | None = None) -> Drawn | None:
    """The figure of a curve, or None while it lacks what it needs. A drag sends the edges that it began with."""
    try:
        whole = CURVE.validate_python(curve)
    except (ValidationError, ArithmeticError):
        return None
    edges = _edges(post) if post is not None else None
    try:
        figure = figures.figure(whole, values, share=bool(one and one.percent), edges=edges)
    except ArithmeticError:
        return None
    labels = {each.name: each.label for each in CURVES[whole.kind].fields}
    ticks = [
        Tick(mark=mark, said=measure(mark.value, one), label=labels.get(mark.name, labels.get("steps", "")))
        for mark in figure.marks
    ]
    scale = 100 if one and one.percent else 1
    return Drawn(
        figure=figure,
        ticks=ticks,
        low=_edge(figure.low, figure, one),
        high=_edge(figure.high, figure, one),
        scale=scale,
    )


def _edge(value: Decimal, figure: figures.Figure, one: Indicator | None) -> str:
    return measure(value.quantize(figure.step) if abs(value.adjusted() - figure.step.adjusted()) < 20 else value, one)


def _edges(post: QueryDict) -> tuple[Decimal, Decimal] | None:
    low, high = decimal(post.get("frame-low")), decimal(post.get("frame-high"))
    return (low, high) if low is not None and high is not None and low < high else None


def _item(index: int, row: Mapping[str, Any], behind: Behind, *, x: Decimal, width: Decimal) -> ItemPage:
    name = str(row.get("indicator") or "")
    one = behind.known.get(name)
    prefix = f"items-{index}"
    values = behind.past.last(name)
    curve = _choice(CURVES, f"{prefix}-curve", _mapping(row.get("curve")), one, "target")
    return ItemPage(
        index=index,
        indicator=name,
        about=one,
        name=named(name, behind.known),
        tone=wording.tone_at(index),
        weight=parts.typed("number", row.get("weight"), None),
        x=x,
        width=width,
        curve=_with_errors(curve, behind.problems),
        targets=_with_errors(
            _choice(TARGETS, f"{prefix}-targets", _mapping(row.get("targets")), one, ""), behind.problems
        ),
        missing=str(row.get("missing") or "exclude"),
        basis=_words(f"{prefix}-basis", _("Why these thresholds"), row.get("basis")),
        drawn=drawn(row.get("curve"), one, values),
        readings=len(values),
        problems=[problem for problem in behind.problems if (problem.anchor + "-").startswith(f"{prefix}-")],
    )


def _choice(
    kinds: Mapping[str, Kind], name: str, data: Mapping[str, Any], one: Indicator | None = None, usual: str = ""
) -> Choice:
    kind = str(data.get("kind") or usual or next(iter(kinds)))
    kind = kind if kind in kinds else next(iter(kinds))
    return Choice(
        name=f"{name}-kind",
        kind=kind,
        options=[(key, each.label) for key, each in kinds.items()],
        about=kinds[kind].about,
        inputs=shown(kinds[kind].fields, name, data, one),
    )


def _with_errors(choice: Choice, problems: Sequence[Problem]) -> Choice:
    said = {problem.anchor: problem.text for problem in problems}
    return replace(choice, inputs=[replace(each, error=said.get(each.name, "")) for each in choice.inputs])


def _season(index: int, row: Mapping[str, Any], names: Sequence[tuple[str, str]], year: int) -> Part:
    prefix = f"seasons-{index}"
    weights = _mapping(row.get("weights"))
    first = date(year, 1, 1)
    days = (date(year + 1, 1, 1) - first).days
    start, until = (_offset(row.get(name), first, days) for name in ("start", "until"))
    return Part(
        index=index,
        anchor=prefix,
        title=words(row.get("name")),
        indicator="",
        identifier="",
        inputs=shown(parts.SEASON, prefix, row),
        weights=[
            Input(
                name=f"{prefix}-weights-{name}",
                label=label,
                kind="number",
                value=parts.typed("number", weights.get(name), None),
                unit="%",
            )
            for name, label in names
        ],
        x=round(start / days * 100, 2),
        width=round(max(until - start, 0) / days * 100, 2),
        tone=wording.tone_at(index + 2),
    )


def _offset(day: Any, first: date, days: int) -> int:
    try:
        return max(0, min(days, (date.fromisoformat(str(day)) - first) // timedelta(days=1)))
    except ValueError:
        return 0


def _adjustment(index: int, row: Mapping[str, Any], known: Known) -> Part:
    prefix = f"adjustments-{index}"
    name = str(row.get("indicator") or "")
    choice = _choice(ADJUSTMENTS, prefix, row, known.get(name), "per_unit")
    return _part(prefix, index, row, choice=choice)


def _veto(index: int, row: Mapping[str, Any], definition: Mapping[str, Any], known: Known) -> Part:
    prefix = f"vetoes-{index}"
    one = known.get(str(row.get("indicator") or ""))
    letters = [
        str(band.get("grade")) for band in _rows(_mapping(definition.get("grades")), "bands") if band.get("grade")
    ]
    effects = [("zero", _("a total of 0")), *((letter, _("at best grade %s") % letter) for letter in letters[1:])]
    fields = [replace(each, options=effects) if each.name == "effect" else each for each in parts.VETO]
    return _part(prefix, index, row, inputs=shown(fields, prefix, row, one))


def _reward(index: int, row: Mapping[str, Any], known: Known) -> Part:
    prefix = f"rewards-{index}"
    return replace(_part(prefix, index, row, inputs=shown(parts.REWARD, prefix, row)), name=None)


def _part(
    prefix: str, index: int, row: Mapping[str, Any], *, choice: Choice | None = None, inputs: Sequence[Input] = ()
) -> Part:
    return Part(
        index=index,
        anchor=prefix,
        title=words(row.get("name")),
        indicator=str(row.get("indicator") or ""),
        identifier=str(row.get("id") or ""),
        inputs=inputs,
        choice=choice,
        name=_words(f"{prefix}-name", pgettext("scheme", "Name"), row.get("name")),
    )


def _grades(definition: Mapping[str, Any]) -> Choice:
    grades = _mapping(definition.get("grades"))
    choice = _choice(GRADES, "grades", grades)
    return replace(choice, inputs=[each for each in choice.inputs if each.name != "grades-bands"])


def _bands(definition: Mapping[str, Any]) -> Input:
    grades = _mapping(definition.get("grades"))
    bands = _mapping(grades.get("otherwise")) if grades.get("kind") == "quota" else grades
    return shown([BANDS], "grades", bands)[0]


def _words(name: str, label: str, value: Any) -> Input:
    both = value if isinstance(value, Mapping) else {}
    one = Input(name=name, label=label, kind="words")
    halves = [replace(one, name=f"{name}-{key}", kind="text", value=str(both.get(key) or "")) for key in ("zh", "en")]
    return replace(one, rows=[halves])


def _with_chosen(posts: Sequence[tuple[str, str]], chosen: Iterable[str]) -> list[tuple[str, str]]:
    """The posts to choose from, and those that are chosen though they are of another department or gone."""
    codes = {code for code, _name in posts}
    return [*posts, *((code, code) for code in sorted(set(chosen) - codes))]


def _rows(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = value.get(name) or ()
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def rating_levels(one: Indicator) -> list[tuple[str, str, str]]:
    """A rated indicator's levels: value, name, behaviour."""
    language = wording.speaking()
    return [(f"{level.value}", level.name.say(language), level.anchor.say(language)) for level in one.levels]
