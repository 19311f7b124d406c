"""A draft as a page: what was sent becomes a definition again, and what its buttons change."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from fenming.library.indicators import Indicator
from fenming.library.schemes import schemes
from fenming.modules.schemes.forms.parts import (
    ADJUSTMENTS,
    BONUSES,
    CURVES,
    GRADES,
    REWARD,
    SEASON,
    TARGETS,
    VETO,
    Kind,
    read,
    rows_of,
    stored,
    text_of,
    words_of,
)
from fenming.modules.schemes.queries.telling import decimal

Definition = dict[str, Any]
Known = Mapping[str, Indicator]
MOST = 60
BANDS = GRADES["bands"].fields[0]
LISTS = {"seasons": "season", "adjustments": "adjustment", "vetoes": "veto", "rewards": "reward"}
SCORED = ("employee", "department", "store", "shop", "account", "company")
CYCLES = ("month", "quarter", "year")


def definition_from(post: QueryDict, before: Mapping[str, Any], known: Known) -> Definition:
    """The definition that a page says, upon the one that was kept; what the page does not show stays."""
    items = [_item(post, f"items-{index}", before, known) for index in _counted(post, "items", "indicator")]
    found: Definition = {
        **before,
        "name": words_of(post, "name") or {},
        "about": words_of(post, "about") or {},
        "posts": [one.replace("\0", "")[:80] for one in post.getlist("posts") if one][:MOST],
        "subject": _one_of(text_of(post, "subject"), SCORED),
        "cycle": _one_of(text_of(post, "cycle"), CYCLES),
        "items": items,
        "seasons": [_season(post, f"seasons-{i}", items) for i in _counted(post, "seasons", "start")],
        "adjustments": [_adjustment(post, i, known) for i in _counted(post, "adjustments", "indicator")],
        "vetoes": [_veto(post, i, known) for i in _counted(post, "vetoes", "indicator")],
        "rewards": [
            {"indicator": text_of(post, f"rewards-{i}-indicator"), **read(REWARD, f"rewards-{i}", post)}
            for i in _counted(post, "rewards", "indicator")
        ],
        "grades": _grades(post),
        "bonus": _bonus(post),
    }
    return found


def valid_from(post: QueryDict) -> date | None:
    """The day from which it is to hold."""
    try:
        return date.fromisoformat(text_of(post, "valid_from"))
    except ValueError:
        return None


def _counted(post: QueryDict, part: str, name: str) -> list[int]:
    """The places of the rows that were sent, whichever were left out between them."""
    found = re.compile(rf"{part}-(\d{{1,3}})-{name}")
    return sorted({int(match[1]) for key in post if (match := found.fullmatch(key))})[:MOST]


def _one_of(given: str, choices: Sequence[str]) -> str:
    return given if given in choices else choices[0]


def _item(post: QueryDict, prefix: str, before: Mapping[str, Any], known: Known) -> Definition:
    name = text_of(post, f"{prefix}-indicator")
    one = known.get(name)
    was: Mapping[str, Any] = next((row for row in before.get("items", []) if row.get("indicator") == name), {})
    found = {
        "indicator": name,
        "weight": stored("number", text_of(post, f"{prefix}-weight").rstrip("%"), None) or "0",
        "curve": _kinded(CURVES, post, f"{prefix}-curve", one, "target"),
        "missing": _one_of(text_of(post, f"{prefix}-missing"), ("exclude", "carry", "block")),
        "ours": was.get("ours", True),
        "basis": words_of(post, f"{prefix}-basis") or {"zh": "", "en": ""},
    }
    targets = _kinded(TARGETS, post, f"{prefix}-targets", one, "")
    return {**found, "targets": targets if targets["kind"] else None}


def _kinded(kinds: Mapping[str, Kind], post: QueryDict, prefix: str, one: Indicator | None, usual: str) -> Definition:
    """Of several kinds the chosen one; fields of another kind that bear the same name are taken along."""
    kind = text_of(post, f"{prefix}-kind")
    kind = kind if kind in kinds else usual
    return {"kind": kind, **read(kinds[kind].fields, prefix, post, one)}


def _season(post: QueryDict, prefix: str, items: Sequence[Definition]) -> Definition:
    weights = {
        item["indicator"]: stored("number", given.rstrip("%"), None)
        for item in items
        if (given := text_of(post, f"{prefix}-weights-{item['indicator']}"))
    }
    return {"name": {}, "start": "", "until": "", **read(SEASON, prefix, post), "weights": weights}


def _adjustment(post: QueryDict, index: int, known: Known) -> Definition:
    prefix = f"adjustments-{index}"
    name = text_of(post, f"{prefix}-indicator")
    called = words_of(post, f"{prefix}-name") or _name_of(name, known)
    kind = _kinded(ADJUSTMENTS, post, prefix, known.get(name), "per_unit")
    return {
        "id": text_of(post, f"{prefix}-id")[:80] or f"adjustment-{index + 1}",
        "name": called,
        "indicator": name,
        **kind,
    }


def _veto(post: QueryDict, index: int, known: Known) -> Definition:
    prefix = f"vetoes-{index}"
    name = text_of(post, f"{prefix}-indicator")
    called = words_of(post, f"{prefix}-name") or _name_of(name, known)
    identifier = text_of(post, f"{prefix}-id")[:80] or f"veto-{index + 1}"
    return {"id": identifier, "name": called, "indicator": name, **read(VETO, prefix, post, known.get(name))}


def _name_of(name: str, known: Known) -> dict[str, str]:
    one = known.get(name)
    return {"zh": one.name.zh, "en": one.name.en} if one else {}


def _grades(post: QueryDict) -> Definition:
    kind = _one_of(text_of(post, "grades-kind"), tuple(GRADES))
    bands = {"kind": "bands", "bands": [row for row in rows_of(BANDS, "grades-bands", post, None) if row]}
    if kind == "bands":
        return bands
    return {"kind": "quota", **read(GRADES["quota"].fields, "grades", post), "otherwise": bands}


def _bonus(post: QueryDict) -> Definition:
    found = _kinded(BONUSES, post, "bonus", None, "by_score")
    if found["kind"] == "mixed":
        table = found.pop("coefficients", {})
        parts = found.get("parts", [])
        found["parts"] = [{"share": row.get("share", ""), "rule": _part(row.get("rule", ""), table)} for row in parts]
    return found


def _part(kind: str, table: Mapping[str, Any]) -> Definition:
    return {"kind": kind, "coefficients": dict(table)} if kind == "by_grade" else {"kind": kind}


def bonus_shown(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """A bonus rule as its inputs hold it: the parts of a mixed one share one table of coefficients."""
    if rule.get("kind") != "mixed":
        return rule
    parts = [row for row in rule.get("parts", []) if isinstance(row, Mapping)]
    rules = [row["rule"] for row in parts if isinstance(row.get("rule"), Mapping)]
    table: Mapping[str, Any] = next((one["coefficients"] for one in rules if one.get("coefficients")), {})
    rows = [{"share": row.get("share"), "rule": (row.get("rule") or {}).get("kind")} for row in parts]
    return {**rule, "parts": rows, "coefficients": table}


# Buttons


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What a button made of a definition, and the part of the page that it is about."""

    definition: Definition
    anchor: str


def pressed(button: str, definition: Definition, post: QueryDict, known: Known) -> Pressed:
    """Add, drop or move a part; a button that nobody knows changes nothing."""
    found = deepcopy(definition)
    what, _, part = button.partition(":")
    name, _, place = part.partition(":")
    index = int(place) if place.isdecimal() and len(place) < 4 else -1
    if what == "add" and name == "items":
        return _add_item(found, text_of(post, "new-item"), known)
    if what == "add" and name in LISTS:
        found[name].append(_NEW[name](text_of(post, f"new-{LISTS[name]}")))
        return Pressed(definition=found, anchor=f"{name}-{len(found[name]) - 1}")
    if what == "drop" and name in {"items", *LISTS} and 0 <= index < len(found[name]):
        return _drop(found, name, index)
    if what == "up" and name == "items" and 0 < index < len(found["items"]):
        rows = found["items"]
        rows[index - 1], rows[index] = rows[index], rows[index - 1]
        return Pressed(definition=found, anchor=f"items-{index - 1}")
    if what == "even":
        return Pressed(definition=_even(found), anchor="items")
    return Pressed(definition=found, anchor=part if re.fullmatch(r"[a-z0-9-]{1,40}", part) else "")


def _add_item(found: Definition, name: str, known: Known) -> Pressed:
    present = [item["indicator"] for item in found["items"]]
    if name in known and name not in present and len(present) < MOST:
        found["items"].append(new_item(known[name]))
    present = [item["indicator"] for item in found["items"]]
    return Pressed(definition=found, anchor=f"items-{present.index(name)}" if name in present else "items")


def _drop(found: Definition, name: str, index: int) -> Pressed:
    gone = found[name].pop(index)
    if name == "items":
        for season in found.get("seasons", []):
            season.get("weights", {}).pop(gone.get("indicator"), None)
    return Pressed(definition=found, anchor=name)


def new_item(one: Indicator) -> Definition:
    """An indicator new in a scheme: by its levels, as a shipped one uses it, or with thresholds to be filled in."""
    for scheme in schemes().values():
        for item in scheme.items:
            if item.indicator == one.id and not one.levels:
                return {**item.model_dump(mode="json"), "weight": "0"}
    curve: Definition = {"kind": "target"}
    if one.levels:
        curve = {"kind": "steps", "steps": [{"at": str(at), "score": score} for at, score in _level_scores(one)]}
    return {
        "indicator": one.id,
        "weight": "0",
        "curve": curve,
        "missing": "exclude",
        "targets": None,
        "ours": True,
        "basis": {"zh": "", "en": ""},
    }


def _level_scores(one: Indicator) -> list[tuple[Any, str]]:
    """The scores of a rating's levels, the best 120, then evenly down; the one before last passes with 60."""
    levels = sorted((level.value for level in one.levels), reverse=True)
    most = max(len(levels) - 1, 1)
    return [(value, str(120 - 120 * place // most)) for place, value in enumerate(levels)]


def _even(found: Definition) -> Definition:
    """Weights brought to a sum of 100 in whole per cents, in their proportion; from nothing, evenly."""
    items = found["items"]
    if not items:
        return found
    weights = [max(decimal(item.get("weight")) or 0, 0) for item in items]
    whole = sum(weights)
    exact = [100 * weight / whole if whole else 100 / len(items) for weight in weights]
    rounded = [int(one) for one in exact]
    order = sorted(range(len(items)), key=lambda place: (rounded[place] - exact[place], place))
    for place in order[: 100 - sum(rounded)]:
        rounded[place] += 1
    for item, weight in zip(items, rounded, strict=True):
        item["weight"] = str(weight)
    return found


def _new_season(_: str) -> Definition:
    today = timezone.localdate()
    return {
        "name": {},
        "start": str(today.replace(month=11, day=1)),
        "until": str(today.replace(month=11, day=12)),
        "weights": {},
    }


def _new_adjustment(name: str) -> Definition:
    return {"id": "", "name": {}, "kind": "per_unit", "indicator": name or "merit_points", "points": "1", "cap": "10"}


def _new_veto(name: str) -> Definition:
    return {"id": "", "name": {}, "indicator": name or "veto_count", "limit": "0", "effect": "zero", "better": "lower"}


def _new_reward(name: str) -> Definition:
    return {"indicator": name, "over_target": "0.1", "raise_by": "0.02"}


_NEW: Mapping[str, Callable[[str], Definition]] = {
    "seasons": _new_season,
    "adjustments": _new_adjustment,
    "vetoes": _new_veto,
    "rewards": _new_reward,
}
EMPTY: Definition = {
    "name": {}, "about": {}, "posts": [], "subject": "employee", "cycle": "month", "items": [], "seasons": [],
    "adjustments": [], "vetoes": [], "rewards": [], "bonus": {"kind": "by_score"},
    "grades": {
        "kind": "bands",
        "bands": [{"grade": letter, "at_least": points} for letter, points in
                  (("S", "110"), ("A", "100"), ("B", "85"), ("C", "70"), ("D", "0"))],
    },
}  # fmt: skip
"""A scheme to begin from nothing."""
