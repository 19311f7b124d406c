"""What differs between two versions of a scheme, as sentences and side by side; either may be unfinished."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from fenming.library.indicators import Indicator
from fenming.modules.schemes.queries.telling import (
    Definition,
    about_adjustment,
    about_bonus,
    about_curve,
    about_grades,
    about_reward,
    about_season,
    about_targets,
    about_veto,
    named,
    number,
    words,
)

MISSING = {
    "exclude": gettext_lazy("left out, the others grow"),
    "carry": gettext_lazy("the period before stands in"),
    "block": gettext_lazy("no total until a person decides"),
}


SUBJECTS = {
    "employee": gettext_lazy("each person"),
    "department": gettext_lazy("the department"),
    "store": gettext_lazy("the store"),
    "shop": gettext_lazy("the shop"),
    "account": gettext_lazy("the account"),
    "company": gettext_lazy("the company"),
}
CYCLES = {"month": gettext_lazy("month"), "quarter": gettext_lazy("quarter"), "year": gettext_lazy("year")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs: what it is of, and how it was and is; empty where it was not or is no more."""

    part: str
    what: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        if not self.before:
            return "added"
        return "changed" if self.after else "dropped"

    @property
    def sentence(self) -> str:
        values = {
            "what": f"{self.part} · {self.what}" if self.what else self.part,
            "before": self.before,
            "after": self.after,
        }
        if self.kind == "added":
            return _("%(what)s is new: %(after)s") % values
        if self.kind == "dropped":
            return _("%(what)s is gone: %(before)s") % values
        return _("%(what)s: %(before)s → %(after)s") % values


Told = Mapping[tuple[str, str], str]
"""(part, what of it) → how it is, in words."""


def of_definition(
    definition: Definition, known: Mapping[str, Indicator] | None = None, posts: Mapping[str, str] | None = None
) -> Told:
    """Everything that a definition says, in the order of its parts; a post without a name by its code."""
    one = dict(definition)
    told: dict[tuple[str, str], str] = {}
    scheme = _("Scheme")
    _put(told, scheme, pgettext("scheme", "name"), words(one.get("name")))
    _put(told, scheme, _("description"), words(one.get("about")))
    named_posts = [(posts or {}).get(str(code), str(code)) for code in one.get("posts") or ()]
    _put(told, scheme, _("posts"), pgettext("between items of a list", ", ").join(named_posts))
    _put(told, scheme, _("what is scored"), str(SUBJECTS.get(str(one.get("subject")), "")))
    _put(told, scheme, _("period"), str(CYCLES.get(str(one.get("cycle")), "")))
    for item in _rows(one, "items"):
        part = named(str(item.get("indicator") or ""), known)
        _put(told, part, _("weight"), number(item.get("weight"), "%"))
        _put(told, part, _("curve"), about_curve(item, known))
        _put(told, part, _("own targets"), about_targets(item, known))
        _put(told, part, _("when data are missing"), str(MISSING.get(str(item.get("missing") or "exclude"), "")))
        _put(told, part, _("why these thresholds"), words(item.get("basis")))
    _list(told, _("Season"), one, "seasons", lambda row: about_season(row, known))
    _list(told, _("Extra points"), one, "adjustments", lambda row: about_adjustment(row, known))
    _list(told, _("Veto"), one, "vetoes", lambda row: about_veto(row, known))
    _list(told, _("Tiered reward"), one, "rewards", lambda row: about_reward(row, known))
    _put(told, _("Grading"), "", about_grades(one.get("grades")))
    _put(told, _("Bonus rule"), "", about_bonus(one.get("bonus")))
    attribution = one.get("attribution") or {}
    _put(told, _("Shared accounts"), "", " → ".join(map(str, attribution.get("methods") or ())))
    return told


def differences(before: Told, after: Told) -> list[Difference]:
    """What differs, in the order of the newer one; what is gone stands at the end of its part."""
    keys = list(dict.fromkeys([*after, *before]))
    return [
        Difference(part=part, what=what, before=before.get((part, what), ""), after=after.get((part, what), ""))
        for part, what in keys
        if before.get((part, what), "") != after.get((part, what), "")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the two columns."""

    what: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


def columns(before: Told, after: Told) -> list[tuple[str, list[Row]]]:
    """Both versions side by side, part by part."""
    parts: dict[str, list[Row]] = {}
    for part, what in dict.fromkeys([*after, *before]):
        row = Row(what=what, before=before.get((part, what), ""), after=after.get((part, what), ""))
        parts.setdefault(part, []).append(row)
    return list(parts.items())


def _put(told: dict[tuple[str, str], str], part: str, what: str, said: str) -> None:
    if said:
        told[part, what] = said


def _list(
    told: dict[tuple[str, str], str], part: str, one: Mapping[str, Any], name: str, say: Callable[[Definition], str]
) -> None:
    for row in _rows(one, name):
        called = words(row.get("name")) or str(row.get("indicator") or "")
        key = called
        count = 2
        while (part, key) in told:
            key = f"{called} ({count})"
            count += 1
        told[part, key] = say(row)


def _rows(one: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    rows: Sequence[Any] = one.get(name) or ()
    return (row for row in rows if isinstance(row, Mapping))
