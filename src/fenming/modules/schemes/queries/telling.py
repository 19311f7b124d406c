"""The parts of a scheme in words, from definitions that may be unfinished: nothing here may fail on what was typed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.library.indicators import Indicator, indicators
from fenming.modules.indicators.queries import wording
from fenming.rules.trace import plain

Definition = Mapping[str, Any]
HUNDRED = Decimal(100)


def decimal(value: Any) -> Decimal | None:
    """A number as it was typed, or None."""
    try:
        found = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 30 else None


def number(value: Any, unit: str = "") -> str:
    """A number as people write it; what is none stands as it was typed."""
    if value is None or value == "":
        return ""
    found = decimal(value)
    return f"{plain(found)}{unit}" if found is not None else str(value)[:60]


def percent(value: Any) -> str:
    """A fraction in per cent."""
    found = decimal(value)
    return number(value) if found is None else f"{plain(found * HUNDRED)}%"


def measure(value: Any, one: Indicator | None) -> str:
    """A threshold in the unit of its indicator."""
    found = decimal(value)
    if found is None or one is None:
        return number(value)
    return wording.mark(one, found)


def words(value: Any) -> str:
    """A text in both languages, in that of the page, else in the other."""
    if not isinstance(value, Mapping):
        return str(value or "")[:200]
    mine, other = ("zh", "en") if wording.speaking().startswith("zh") else ("en", "zh")
    return str(value.get(mine) or value.get(other) or "")


def known_indicator(name: str, known: Mapping[str, Indicator] | None = None) -> Indicator | None:
    """An indicator by id, the company's own where they are given."""
    return (known or {}).get(name) or indicators().get(name)


def named(name: str, known: Mapping[str, Indicator] | None = None) -> str:
    """An indicator's name, or its id where nobody knows it."""
    one = known_indicator(name, known)
    return one.name.say(wording.speaking()) if one else name


def joined(parts: Sequence[str]) -> str:
    return pgettext("between items of a list", ", ").join(part for part in parts if part)


def _rows(value: Any) -> list[Definition]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def about_curve(item: Definition, known: Mapping[str, Indicator] | None = None) -> str:
    """An item's curve in one sentence."""
    curve = item.get("curve") or {}
    one = known_indicator(str(item.get("indicator") or ""), known)
    return curve_in_words(curve, one) if isinstance(curve, Mapping) else ""


def curve_in_words(curve: Definition, one: Indicator | None) -> str:
    """A curve in one sentence, thresholds in the indicator's unit."""
    said = {name: measure(curve.get(name), one) for name in ("floor", "target", "stretch", "limit", "per")}
    said |= {
        name: number(curve.get(name)) for name in ("start", "points", "cap", "base", "best", "worst", "met", "missed")
    }
    said |= {
        "floor_score": number(curve.get("floor_score") or "60"),
        "target_score": number(curve.get("target_score") or "100"),
    }
    match curve.get("kind"):
        case "target":
            parts = [
                _("worse than %(floor)s: 0; floor %(floor)s: %(floor_score)s; target %(target)s: %(target_score)s")
                % said
            ]
            if said["stretch"]:
                parts.append(_("stretch %(stretch)s: %(cap)s") % (said | {"cap": said["cap"] or "120"}))
            return "; ".join(parts)
        case "steps":
            return joined(
                [f"{measure(row.get('at'), one)} → {number(row.get('score'))}" for row in _rows(curve.get("steps"))]
            )
        case "deduct":
            return _("target %(target)s; %(points)s points off %(start)s for each %(per)s short") % (
                said | {"start": said["start"] or "100"}
            )
        case "add":
            return _("%(base)s points, and %(points)s for each %(per)s beyond %(target)s, at most %(cap)s") % (
                said | {"base": said["base"] or "0"}
            )
        case "ratio":
            return _("the share of the target %(target)s that is reached, at most %(cap)s") % (
                said | {"cap": said["cap"] or "120"}
            )
        case "rank":
            return _("by rank: the first %(best)s, the last %(worst)s") % (
                said | {"best": said["best"] or "100", "worst": said["worst"] or "0"}
            )
        case "veto":
            return _("a veto beyond %(limit)s") % said
        case "binary":
            return _("%(met)s points from %(target)s on, otherwise %(missed)s") % (
                said | {"met": said["met"] or "100", "missed": said["missed"] or "0"}
            )
        case _:
            return ""


def about_targets(item: Definition, known: Mapping[str, Indicator] | None = None) -> str:
    """Who has a target of one's own."""
    rule = item.get("targets")
    if not isinstance(rule, Mapping):
        return ""
    one = known_indicator(str(item.get("indicator") or ""), known)
    match rule.get("kind"):
        case "person":
            return _listed(_("each person's own"), rule.get("people"), one)
        case "group":
            by = {"post": _("by post"), "team": _("by team"), "store": _("by store")}
            return _listed(by.get(str(rule.get("by")), ""), rule.get("groups"), one)
        case "history":
            given = {"periods": number(rule.get("periods") or 3), "factor": number(rule.get("factor") or 1)}
            if rule.get("of") == "group":
                return _("the group's mean of %(periods)s periods × %(factor)s") % given
            return _("one's own mean of %(periods)s periods × %(factor)s") % given
        case "formula":
            return str(rule.get("formula") or "")
        case _:
            return ""


def _listed(called: str, listed: Any, one: Indicator | None) -> str:
    rows = listed.items() if isinstance(listed, Mapping) else ()
    return f"{called}: {joined([f'{name} {measure(value, one)}' for name, value in rows])}"


def last_day(until: Any) -> str:
    """The last day included, of an exclusive end."""
    try:
        return str(date.fromisoformat(str(until)) - timedelta(days=1))
    except (ValueError, OverflowError):
        return str(until or "")


def about_season(row: Definition, known: Mapping[str, Indicator] | None = None) -> str:
    weights = row.get("weights") if isinstance(row.get("weights"), Mapping) else {}
    said = joined([f"{named(str(name), known)} {number(value, '%')}" for name, value in (weights or {}).items()])
    return f"{row.get('start') or ''} – {last_day(row.get('until'))}: {said}"


def about_adjustment(row: Definition, known: Mapping[str, Indicator] | None = None) -> str:
    one = known_indicator(str(row.get("indicator") or ""), known)
    name = named(str(row.get("indicator") or ""), known)
    below = row.get("side") == "below"
    if row.get("kind") == "tiered":
        sign = "≤" if below else "≥"
        steps = [
            f"{sign} {measure(step.get('at'), one)}: {number(step.get('score'))}" for step in _rows(row.get("steps"))
        ]
        return f"{name}: {joined(steps)}"
    said = {
        "name": name,
        "points": number(row.get("points")),
        "per": measure(row.get("per") or "1", one),
        "beyond": measure(row.get("beyond") or "0", one),
        "cap": number(row.get("cap")),
    }
    text = (
        _("%(points)s points for each %(per)s of %(name)s below %(beyond)s")
        if below
        else _("%(points)s points for each %(per)s of %(name)s above %(beyond)s")
    )
    text %= said
    return text + (_(", at most %(cap)s") % said if said["cap"] else "")


def about_veto(row: Definition, known: Mapping[str, Indicator] | None = None) -> str:
    one = known_indicator(str(row.get("indicator") or ""), known)
    said = {
        "name": named(str(row.get("indicator") or ""), known),
        "sign": "<" if row.get("better") == "higher" else ">",
        "limit": measure(row.get("limit"), one),
    }
    effect = row.get("effect")
    ends = _("the total is 0") if effect == "zero" else _("the grade is %(grade)s at best") % {"grade": number(effect)}
    return f"{said['name']} {said['sign']} {said['limit']}: {ends}"


def about_reward(row: Definition, known: Mapping[str, Indicator] | None = None) -> str:
    said = {
        "name": named(str(row.get("indicator") or ""), known),
        "over": percent(row.get("over_target")),
        "raised": percent(row.get("raise_by")),
        "most": percent(row.get("at_most")) if row.get("at_most") else "",
    }
    if not row.get("each"):
        return _("%(name)s %(over)s over the target raises the bonus by %(raised)s") % said
    text = _("every %(over)s of %(name)s over the target raises the bonus by %(raised)s") % said
    return text + (_(", at most %(most)s") % said if said["most"] else "")


def about_grades(rule: Any) -> str:
    if not isinstance(rule, Mapping):
        return ""
    if rule.get("kind") == "quota":
        shares = rule.get("shares") if isinstance(rule.get("shares"), Mapping) else {}
        said = joined([f"{letter} {percent(share)}" for letter, share in (shares or {}).items()])
        small = {"count": number(rule.get("small_group") or 10), "bands": about_grades(rule.get("otherwise"))}
        return said + _("; groups below %(count)s by points: %(bands)s") % small
    return joined([f"{row.get('grade')} ≥ {number(row.get('at_least'))}" for row in _rows(rule.get("bands"))])


def about_bonus(rule: Any) -> str:
    if not isinstance(rule, Mapping):
        return ""
    limits = [
        _("at least ¥%(floor)s") % {"floor": number(rule.get("floor"))} if rule.get("floor") else "",
        _("at most ¥%(cap)s") % {"cap": number(rule.get("cap"))} if rule.get("cap") else "",
        _("at most %(share)s of the base") % {"share": percent(rule.get("cap_share"))} if rule.get("cap_share") else "",
    ]
    return joined([_shared(rule), *limits])


def _shared(rule: Definition) -> str:
    match rule.get("kind"):
        case "by_score":
            return _("by score × base × attendance")
        case "by_grade":
            table = rule.get("coefficients") if isinstance(rule.get("coefficients"), Mapping) else {}
            return _("by the grade's coefficient (%(table)s) × base × attendance") % {
                "table": joined([f"{letter} {number(value)}" for letter, value in (table or {}).items()])
            }
        case "equal":
            return _("the same for everybody")
        case "team_fund":
            return _("all to the team's fund")
        case "mixed":
            parts = [
                f"{percent(row.get('share'))} {_shared(row.get('rule') or {})}" for row in _rows(rule.get("parts"))
            ]
            return " + ".join(parts)
        case _:
            return ""
