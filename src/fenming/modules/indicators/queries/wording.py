"""Numbers, targets and explanations as people read them, in the language of the page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.drawing import figures
from fenming.library import indicators as library
from fenming.library.indicators import Indicator
from fenming.rules.curves import Better
from fenming.rules.trace import Because, Language, as_text, plain

TONES = ("brand", "blue", "amber", "violet", "coral", "slate")
HUNDRED = Decimal(100)
_MEASURED = {"value", "floor", "target", "stretch", "at", "limit", "per", "beyond", "mean", "usual"}
_SHARES = {
    ("reward.raised", "over"),
    ("reward.raised", "over_target"),
    ("reward.raised", "raise_by"),
    ("bonus.part", "share"),
    ("bonus.by_score", "attendance"),
    ("bonus.by_grade", "attendance"),
    ("bonus.equal", "attendance"),
    ("grade.quota", "share"),
}
_LONG = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """How an indicator is drawn."""

    icon: str


_BY_UNIT = {
    "%": Look(icon="percentage"),
    "/5": Look(icon="mood-smile"),
    "s": Look(icon="bolt"),
    "yuan": Look(icon="coin-yuan"),
    "days": Look(icon="calendar-time"),
    "people": Look(icon="users"),
    "customers": Look(icon="user-plus"),
    "reads": Look(icon="eye"),
}
_OTHERWISE = Look(icon="chart-bar")


def speaking() -> str:
    """The language of the page, as `Words.say` takes it."""
    return get_language() or "zh-hans"


def _language() -> Language:
    return "zh" if speaking().startswith("zh") else "en"


def named(names: Mapping[str, str]) -> str:
    """A name that is kept in both languages."""
    return names[_language()]


def tone_at(place: int) -> str:
    """The colour of the indicator that stands at this place of its scheme."""
    return TONES[place % len(TONES)]


def icon_of(one: Indicator) -> str:
    return _BY_UNIT.get(one.unit.en, _OTHERWISE).icon


def unit_of(one: Indicator) -> str:
    """The unit to write after the number; money wears its sign before it."""
    return "" if is_money(one) else one.unit.say(speaking())


def is_money(one: Indicator) -> bool:
    return one.unit.en == "yuan"


def adds_up(one: Indicator) -> bool:
    """Whether the value grows through the period, as sums and counts do, so that half-time means half the target."""
    measure = one.measure
    match measure:
        case library.Count() | library.Sum() | library.Distinct():
            return True
        case library.Tiered():
            return measure.per is None
        case library.Formula():
            return measure.denominator is None and len(measure.parts) == 1
        case _:
            return False


def figure(one: Indicator, value: Decimal | None, *, brief: bool = False) -> str:
    """The number alone, as many decimals as the indicator has; ``brief`` drops the fen of large sums."""
    if value is None:
        return figures.MISSING
    shown = value * HUNDRED if one.percent else value
    digits = 0 if brief and abs(shown) >= _LONG else one.digits
    return figures.thousands(shown, digits)


def quantity(one: Indicator, value: Decimal | None, *, brief: bool = False) -> str:
    """The number with its unit: 34.2 秒, 97.3%, ¥174,013.28."""
    return figures.MISSING if value is None else _with_unit(one, figure(one, value, brief=brief))


def mark(one: Indicator, value: Decimal) -> str:
    """A threshold as the scheme states it, without trailing zeros."""
    shown = (value * HUNDRED if one.percent else value).normalize()
    return _with_unit(one, f"{shown:,f}".replace("-", figures.MINUS))


def _with_unit(one: Indicator, number: str) -> str:
    if one.percent:
        return f"{number}%"
    if is_money(one):
        return f"¥{number}"
    unit = one.unit.say(speaking())
    return f"{number}{unit}" if unit.startswith("/") else f"{number} {unit}"


def goal(one: Indicator, target: Decimal | None, better: Better) -> str:
    """The target, with ≤ where less is better."""
    if target is None:
        return ""
    return f"≤ {mark(one, target)}" if better == "lower" else mark(one, target)


def attained(value: Decimal | None, target: Decimal | None, better: Better) -> Decimal | None:
    """How much of the target is reached, in per cent; target ÷ value where less is better."""
    if value is None or target is None:
        return None
    if better == "lower":
        return HUNDRED if value <= target else target / value * HUNDRED
    return HUNDRED if value >= target else max(Decimal(0), value) / target * HUNDRED


def why_missing(reason: str) -> str:
    """Why there is no value."""
    return {
        "no_facts": _("no records"),
        "not_supplied": _("the data do not hold the field"),
        "zero_denominator": _("nothing to divide by"),
        "delayed": _("data still to come"),
        "no_previous": _("no period before"),
    }.get(reason, _("no data"))


def period_name(run: Run) -> str:
    """2026年10月, or the label where the period is no whole month."""
    whole = run.start.day == 1 and run.end == (run.start + timedelta(days=31)).replace(day=1)
    return figures.month(run.start) if whole else run.label


def told(
    steps: Iterable[Sequence[Any]], definitions: Mapping[str, Indicator], about: Indicator | None = None
) -> list[str]:
    """Stored steps as sentences: indicators by their names, values in their units."""
    return [_sentence(str(rule), given, str(gives), definitions, about) for rule, given, gives in steps]


def _sentence(
    rule: str,
    given: Sequence[Sequence[str]],
    gives: str,
    definitions: Mapping[str, Indicator],
    about: Indicator | None,
) -> str:
    values = {str(name): str(value) for name, value in given}
    if rule == "adjustment.per_unit" and _is_plain(values, gives):
        return _("%(value)s × %(points)s points = %(gives)s points.") % {**values, "gives": gives}
    one = definitions.get(values.get("indicator", "")) or about
    said = tuple((name, _said(rule, name, value, definitions, one)) for name, value in values.items())
    ends = _("total 0") if rule == "veto.rule" and gives == "zero" else _bonus(rule, gives)
    return as_text(Because(rule=rule, given=said, gives=ends), _language())


def _is_plain(values: Mapping[str, str], gives: str) -> bool:
    """So many points for each: nothing else has to be said."""
    units, points = Decimal(values["value"]), Decimal(values["points"])
    return (values["beyond"], values["per"]) == ("0", "1") and units * points == Decimal(gives)


def _said(rule: str, name: str, value: str, definitions: Mapping[str, Indicator], one: Indicator | None) -> str:
    if name in {"indicator", "excluded"}:
        known = [definitions[part].name.say(speaking()) if part in definitions else part for part in value.split(", ")]
        return pgettext("between items of a list", ", ").join(known)
    if (rule, name) in _SHARES:
        return f"{plain(Decimal(value) * HUNDRED)}%"
    if rule.startswith("bonus."):
        return _bonus(rule, value)
    if one is not None and name in _MEASURED and rule.startswith(("curve.", "veto.", "reward.", "line.", "target.")):
        return mark(one, _rounded(one, Decimal(value)))
    return value


def _rounded(one: Indicator, value: Decimal) -> Decimal:
    """One more decimal than the page shows elsewhere: enough to follow the calculation."""
    digits = one.digits + (3 if one.percent else 1)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= digits:
        return value
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _bonus(rule: str, value: str) -> str:
    """Sums of the pool get their thousands; shares, grades and coefficients stay as they are."""
    if not rule.startswith("bonus."):
        return value
    try:
        number = Decimal(value)
    except ArithmeticError:
        return value
    if number < _LONG:
        return value
    exponent = number.as_tuple().exponent
    return f"{number:,.2f}" if isinstance(exponent, int) and exponent < 0 else f"{number:,f}"
