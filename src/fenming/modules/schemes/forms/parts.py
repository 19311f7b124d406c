"""The parts of a scheme as inputs: which there are, how each is read from what was sent, and how it is shown again.

What was typed is kept as it was typed, whether or not it makes sense; `queries.drafts.checked` says what does not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.library.indicators import Indicator
from fenming.modules.indicators.queries.wording import is_money, speaking
from fenming.modules.schemes.queries.telling import decimal, last_day
from fenming.rules.trace import plain

Label = str | Promise
MOST_ROWS = 200
LONGEST = 12_000
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in. ``kind`` says how it is written: number, measure (in the indicator's unit), percent,
    text, words (in two languages), day, last (the last day included), choice, flag, rows, pairs (of a key and a value).
    """

    name: str
    label: Label
    kind: str = "number"
    options: Sequence[tuple[str, Label]] = ()
    rows: Sequence["Field"] = ()
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of several ways, with its own fields."""

    label: Label
    about: Label
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A field as a page draws it."""

    name: str
    label: Label
    kind: str
    value: str = ""
    options: Sequence[tuple[str, Label]] = ()
    unit: str = ""
    rows: Sequence[Sequence["Input"]] = ()
    heads: Sequence[Label] = ()
    default: str = ""
    error: str = ""


BETTER = Field(
    name="better", label=_("Better is"), kind="choice", options=(("higher", _("more")), ("lower", _("less")))
)
UNITS = Field(
    name="units",
    label=_("Parts of a unit"),
    kind="choice",
    options=(
        ("exact", _("count in proportion")),
        ("complete", _("only whole units")),
        ("started", _("every started unit")),
    ),
)

CURVES: Mapping[str, Kind] = {
    "target": Kind(
        label=_("Floor – target – stretch"),
        about=_("Nothing below the floor, straight lines from floor to target to stretch"),
        fields=(
            Field(name="floor", label=_("Floor"), kind="measure"),
            Field(name="target", label=_("Target"), kind="measure"),
            Field(name="stretch", label=_("Stretch"), kind="measure"),
            Field(name="floor_score", label=_("Score at the floor"), default="60"),
            Field(name="target_score", label=_("Score at the target"), default="100"),
            Field(name="cap", label=_("Most"), default="120"),
        ),
    ),
    "steps": Kind(
        label=_("Steps"),
        about=_("The score of the best step reached"),
        fields=(
            Field(
                name="steps",
                label=_("Steps"),
                kind="rows",
                rows=(Field(name="at", label=_("From"), kind="measure"), Field(name="score", label=_("Score"))),
            ),
            BETTER,
            Field(name="below", label=_("Below all steps"), default="0"),
        ),
    ),
    "deduct": Kind(
        label=_("Deduct"),
        about=_("Points off for each unit short of the target"),
        fields=(
            Field(name="target", label=_("Target"), kind="measure"),
            Field(name="per", label=_("For each"), kind="measure"),
            Field(name="points", label=_("Points off")),
            Field(name="start", label=_("Full score"), default="100"),
            Field(name="at_least", label=_("Least"), default="0"),
            BETTER,
            UNITS,
        ),
    ),
    "add": Kind(
        label=pgettext_lazy("curve", "Add"),
        about=_("Points for each unit beyond the target"),
        fields=(
            Field(name="target", label=_("Target"), kind="measure"),
            Field(name="per", label=_("For each"), kind="measure"),
            Field(name="points", label=_("Points more")),
            Field(name="base", label=_("Base score"), default="0"),
            Field(name="cap", label=_("Most")),
            BETTER,
            UNITS,
        ),
    ),
    "ratio": Kind(
        label=_("Attainment"),
        about=_("How much of the target is reached, in per cent"),
        fields=(
            Field(name="target", label=_("Target"), kind="measure"),
            Field(name="cap", label=_("Most"), default="120"),
            BETTER,
        ),
    ),
    "rank": Kind(
        label=_("Rank"),
        about=_("The first among peers gets the most, the last the least"),
        fields=(
            Field(name="best", label=_("First"), default="100"),
            Field(name="worst", label=_("Last"), default="0"),
            BETTER,
        ),
    ),
    "veto": Kind(
        label=_("Veto"),
        about=_("100 while the limit is kept, otherwise the whole total is 0"),
        fields=(Field(name="limit", label=_("Limit"), kind="measure"), replace(BETTER, default="lower")),
    ),
    "binary": Kind(
        label=_("Met or missed"),
        about=_("One score when the target is met, another when it is missed"),
        fields=(
            Field(name="target", label=_("Target"), kind="measure"),
            Field(name="met", label=_("Met"), default="100"),
            Field(name="missed", label=_("Missed"), default="0"),
            BETTER,
        ),
    ),
}

TARGETS: Mapping[str, Kind] = {
    "": Kind(label=_("the same for everybody"), about="", fields=()),
    "person": Kind(
        label=_("by person"),
        about=_("Whoever is not listed has the scheme's target"),
        fields=(
            Field(
                name="people",
                label=_("Targets"),
                kind="pairs",
                rows=(
                    Field(name="key", label=_("Number"), kind="text"),
                    Field(name="value", label=_("Target"), kind="measure"),
                ),
            ),
        ),
    ),
    "group": Kind(
        label=_("by group"),
        about=_("One target for a post, a team or a store, by its code or name"),
        fields=(
            Field(
                name="by",
                label=_("Groups are"),
                kind="choice",
                options=(("post", _("posts")), ("team", _("teams")), ("store", _("stores"))),
            ),
            Field(
                name="groups",
                label=_("Targets"),
                kind="pairs",
                rows=(
                    Field(name="key", label=_("Group"), kind="text"),
                    Field(name="value", label=_("Target"), kind="measure"),
                ),
            ),
        ),
    ),
    "history": Kind(
        label=_("from history"),
        about=_("The mean of earlier periods times a factor; without history the scheme's target holds"),
        fields=(
            Field(
                name="of",
                label=_("Whose"),
                kind="choice",
                options=(("own", _("one's own")), ("group", _("the group's"))),
            ),
            Field(name="periods", label=_("Periods"), default="3"),
            Field(name="factor", label=_("Factor"), default="1"),
        ),
    ),
    "formula": Kind(
        label=_("by formula"),
        about=_("Of last, last_year, mean3 and target, such as (last + target) / 2"),
        fields=(Field(name="formula", label=_("Formula"), kind="text"),),
    ),
}

SIDE = Field(
    name="side",
    label=_("Counts"),
    kind="choice",
    options=(("above", _("what is above")), ("below", _("what is below"))),
)
ADJUSTMENTS: Mapping[str, Kind] = {
    "per_unit": Kind(
        label=_("for each unit"),
        about="",
        fields=(
            Field(name="points", label=_("Points (− deducts)")),
            Field(name="per", label=_("For each"), kind="measure", default="1"),
            Field(name="beyond", label=_("Beyond"), kind="measure", default="0"),
            Field(name="cap", label=_("At most")),
            SIDE,
            UNITS,
        ),
    ),
    "tiered": Kind(
        label=_("in steps"),
        about="",
        fields=(
            Field(
                name="steps",
                label=_("Steps"),
                kind="rows",
                rows=(Field(name="at", label=_("From"), kind="measure"), Field(name="score", label=_("Points"))),
            ),
            SIDE,
        ),
    ),
}
VETO = (
    Field(name="limit", label=_("Limit"), kind="measure"),
    replace(BETTER, default="lower"),
    Field(name="effect", label=_("Breaking it means"), kind="choice", options=(("zero", _("a total of 0")),)),
)
REWARD = (
    Field(name="over_target", label=_("Over the target by"), kind="percent"),
    Field(name="raise_by", label=_("Raises the bonus by"), kind="percent"),
    Field(name="each", label=_("Every such step again"), kind="flag"),
    Field(name="at_most", label=_("At most"), kind="percent"),
)
SEASON = (
    Field(name="name", label=pgettext_lazy("scheme", "Name"), kind="words"),
    Field(name="start", label=_("First day"), kind="day"),
    Field(name="until", label=_("Last day"), kind="last"),
)
_BANDS = Field(
    name="bands",
    label=_("Grades, the best first"),
    kind="rows",
    rows=(Field(name="grade", label=_("Grade"), kind="text"), Field(name="at_least", label=_("From points"))),
)
GRADES: Mapping[str, Kind] = {
    "bands": Kind(label=_("by points"), about=_("Everybody who reaches the points has the grade"), fields=(_BANDS,)),
    "quota": Kind(
        label=_("by quota"),
        about=_("A share of the group for each grade, by rank; small groups by points"),
        fields=(
            Field(
                name="shares",
                label=_("Shares, the best first"),
                kind="pairs",
                rows=(
                    Field(name="key", label=_("Grade"), kind="text"),
                    Field(name="value", label=_("Share"), kind="percent"),
                ),
            ),
            Field(name="small_group", label=_("Groups below this are small"), default="10"),
        ),
    ),
}
_COEFFICIENTS = Field(
    name="coefficients",
    label=_("Coefficients"),
    kind="pairs",
    rows=(Field(name="key", label=_("Grade"), kind="text"), Field(name="value", label=_("Coefficient"))),
)
_LIMITS = (
    Field(name="floor", label=_("At least, yuan")),
    Field(name="cap", label=_("At most, yuan")),
    Field(name="cap_share", label=_("At most, of the base"), kind="percent"),
)
PARTS = (
    ("by_score", _("by score")),
    ("by_grade", _("by grade")),
    ("equal", _("equally")),
    ("team_fund", _("team fund")),
)
BONUSES: Mapping[str, Kind] = {
    "by_score": Kind(label=_("by score"), about=_("In proportion to score × base × attendance"), fields=_LIMITS),
    "by_grade": Kind(
        label=_("by grade"), about=_("In proportion to the grade's coefficient"), fields=(_COEFFICIENTS, *_LIMITS)
    ),
    "equal": Kind(label=_("equally"), about=_("The same for everybody"), fields=_LIMITS),
    "team_fund": Kind(label=_("team fund"), about=_("Nothing to single people"), fields=()),
    "mixed": Kind(
        label=_("mixed"),
        about=_("The pool is cut into parts, each with its own rule"),
        fields=(
            Field(
                name="parts",
                label=_("Parts"),
                kind="rows",
                rows=(
                    Field(name="share", label=_("Share"), kind="percent"),
                    Field(name="rule", label=_("Rule"), kind="choice", options=PARTS),
                ),
            ),
            _COEFFICIENTS,
            *_LIMITS,
        ),
    ),
}


# Reading


def text_of(post: QueryDict, name: str) -> str:
    """What was typed: without NULs and blanks around, never longer than a page of text."""
    return post.get(name, "").replace("\0", "").strip()[:LONGEST]


def read(fields: Iterable[Field], prefix: str, post: QueryDict, one: Indicator | None = None) -> dict[str, Any]:
    """The fields that were filled in; an empty one is left out and means what its part says by default."""
    found: dict[str, Any] = {}
    for each in fields:
        value = _read(each, f"{prefix}-{each.name}", post, one)
        if value not in ("", None):
            found[each.name] = value
    return found


def _read(each: Field, name: str, post: QueryDict, one: Indicator | None) -> Any:
    match each.kind:
        case "rows":
            return [row for row in rows_of(each, name, post, one) if _is_filled(each, row)]
        case "pairs":
            rows = rows_of(each, name, post, one)
            return {str(row["key"]): row.get("value", "") for row in rows if row.get("key")}
        case "flag":
            return True if post.get(name) else None
        case "words":
            return words_of(post, name)
        case "last":
            return _next_day(text_of(post, name))
        case _:
            return stored(each.kind, text_of(post, name), one)


def rows_of(each: Field, name: str, post: QueryDict, one: Indicator | None) -> list[dict[str, Any]]:
    """The rows of a table, up to the first that was not sent."""
    found = []
    for index in range(MOST_ROWS):
        if f"{name}-{index}-{each.rows[0].name}" not in post:
            break
        found.append(read(each.rows, f"{name}-{index}", post, one))
    return found


def _is_filled(each: Field, row: Mapping[str, Any]) -> bool:
    """Whether anything was typed into a row; a choice always has some value."""
    return any(row.get(column.name) for column in each.rows if column.kind != "choice")


def words_of(post: QueryDict, name: str) -> dict[str, str] | None:
    """A text in both languages; the one that is left empty says the same as the other."""
    zh, en = text_of(post, f"{name}-zh"), text_of(post, f"{name}-en")
    return {"zh": zh or en, "en": en or zh} if zh or en else None


def stored(kind: str, typed: str, one: Indicator | None) -> str:
    """A number as definitions keep it: shares as fractions, without the signs that people write around it."""
    if kind not in {"number", "measure", "percent"} or not typed:
        return typed
    bare = typed.translate(_MARKS).replace(",", "").replace(" ", "")
    signed = bare.endswith("%")
    found = decimal(bare.rstrip("%"))
    if found is None:
        return typed
    as_share = kind == "percent" or (kind == "measure" and one is not None and one.percent)
    return plain(found / HUNDRED) if as_share or (signed and kind != "number") else plain(found)


_MARKS = str.maketrans("０１２３４５６７８９．－％，−", "0123456789.-%,-", "¥￥")


def _next_day(typed: str) -> str:
    try:
        return str(date.fromisoformat(typed) + timedelta(days=1))
    except (ValueError, OverflowError):
        return typed


# Showing


def shown(
    fields: Iterable[Field], prefix: str, data: Mapping[str, Any], one: Indicator | None = None, *, spare: bool = True
) -> list[Input]:
    """The fields with what they hold; tables get an empty row at the end."""
    return [_shown(each, f"{prefix}-{each.name}", data.get(each.name), one, spare=spare) for each in fields]


def _shown(each: Field, name: str, value: Any, one: Indicator | None, *, spare: bool = True) -> Input:
    base = Input(name=name, label=each.label, kind=each.kind, options=each.options, default=each.default)
    match each.kind:
        case "rows" | "pairs":
            listed = _listed(each, value) + ([{}] if spare else [])
            rows = [shown(each.rows, f"{name}-{index}", row, one) for index, row in enumerate(listed)]
            return replace(base, rows=rows, heads=[column.label for column in each.rows])
        case "flag":
            return replace(base, value="1" if value is True else "")
        case "words":
            both = value if isinstance(value, Mapping) else {}
            halves = [
                replace(base, name=f"{name}-{key}", value=str(both.get(key) or ""), kind="text") for key in ("zh", "en")
            ]
            return replace(base, rows=[halves])
        case "last":
            return replace(base, value=last_day(value) if value else "", kind="day")
        case _:
            return replace(base, value=typed(each.kind, value, one), unit=unit_of(each.kind, one))


def _listed(each: Field, value: Any) -> list[Mapping[str, Any]]:
    if each.kind == "pairs":
        return [{"key": key, "value": one} for key, one in value.items()] if isinstance(value, Mapping) else []
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def typed(kind: str, value: Any, one: Indicator | None) -> str:
    """A stored value as people type it."""
    if value is None:
        return ""
    found = decimal(value) if kind in {"number", "measure", "percent"} else None
    if found is None:
        return str(value)
    as_share = kind == "percent" or (kind == "measure" and one is not None and one.percent)
    return plain(found * HUNDRED if as_share else found)


def unit_of(kind: str, one: Indicator | None) -> str:
    """What stands after the number."""
    if kind == "percent":
        return "%"
    if kind != "measure" or one is None:
        return ""
    return "¥" if is_money(one) else one.unit.say(speaking())
