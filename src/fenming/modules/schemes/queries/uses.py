"""Which schemes read an indicator, in force, to come or in the making."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fenming.controls.validity import during
from fenming.library.text import Words
from fenming.modules.schemes.models import Draft, SchemeVersion

PARTS = ("items", "adjustments", "vetoes", "rewards")
UNFINISHED = (Draft.State.DRAFTING, Draft.State.RETURNED, Draft.State.SUBMITTED, Draft.State.APPROVED)


def reads(definition: Mapping[str, Any], indicator: str) -> bool:
    """Whether a scheme, finished or not, scores an indicator or takes it for points, vetoes or rewards."""
    rows = (row for part in PARTS for row in definition.get(part) or () if isinstance(row, Mapping))
    return any(row.get("indicator") == indicator for row in rows)


def readers(indicator: str, day: date) -> list[Words]:
    """The schemes that need the company's definition of an indicator on a day or later, and such drafts, by name."""
    versions = SchemeVersion.objects.filter(during(day, date.max)).order_by("identifier", "valid_from")
    drafts = Draft.objects.filter(state__in=UNFINISHED).order_by("identifier")
    found = [_name(one) for one in versions if _needs(one.definition, indicator)]
    found += [_of_draft(_name(one)) for one in drafts if _needs(one.definition, indicator)]
    return list(dict.fromkeys(found))


def _needs(definition: Mapping[str, Any], indicator: str) -> bool:
    return reads(definition, indicator) and indicator not in (definition.get("indicators") or {})


def _name(one: SchemeVersion | Draft) -> Words:
    given = one.definition.get("name") or {}
    zh, en = str(given.get("zh") or ""), str(given.get("en") or "")
    return Words(zh=zh or en or one.identifier, en=en or zh or one.identifier)


def _of_draft(name: Words) -> Words:
    return Words(zh=f"{name.zh}（草稿）", en=f"{name.en} (draft)")
