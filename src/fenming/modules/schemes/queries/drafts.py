"""Drafts of schemes: who sees them, whether they can be used, and what stands in their way."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pydantic import ValidationError

from fenming.controls.models import Operation, Run
from fenming.controls.scope import Scope
from fenming.controls.validity import during
from fenming.library.indicators import Indicator, indicators
from fenming.library.schemes import Scheme
from fenming.modules.indicators.queries import own_indicators
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.people.queries.reach import visible_departments
from fenming.modules.schemes.models import Draft, SchemeVersion
from fenming.modules.schemes.queries.telling import HUNDRED, decimal
from fenming.rules.trace import plain

LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What keeps a draft from being a scheme: where, in words; what; and the input it is about."""

    where: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A draft that was looked at: the scheme if it is whole, else what is wrong."""

    scheme: Scheme | None
    problems: Sequence[Problem] = ()


def covers(scope: Scope, department: int) -> bool:
    """Whether a scope reaches a whole department, as who writes its rules must."""
    return scope.everything or department in scope.departments


def covered(scope: Scope) -> Q:
    """The condition for the departments that a scope reaches wholly."""
    return Q() if scope.everything else Q(department__in=scope.departments)


def visible_drafts(scope: Scope) -> QuerySet[Draft]:
    """The drafts of the departments that a scope reaches wholly."""
    return Draft.objects.filter(covered(scope)).select_related("department", "author", "approver", "base")


def authors_of(draft: Draft) -> set[int]:
    """The accounts that wrote in a draft: who began it, and whoever changed it, as the log has it."""
    saved = Operation.objects.filter(object=f"scheme draft {draft.pk}", action="schemes.save", actor__isnull=False)
    return {draft.author_id, *saved.values_list("actor_id", flat=True)}


def visible_versions(scope: Scope) -> QuerySet[SchemeVersion]:
    """The versions of the departments whose people a scope reaches."""
    found = SchemeVersion.objects.select_related("department", "author")
    return found if scope.everything else found.filter(department__in=visible_departments(scope).values("id"))


def seen(versions: Iterable[SchemeVersion], scope: Scope) -> list[SchemeVersion]:
    """The versions as a scope may read them: the targets of single people only for whoever reaches all of them."""
    found = list(versions)
    for one in found:
        if not covers(scope, one.department_id):
            items = [_without_people(item) for item in one.definition.get("items", [])]
            one.definition = {**one.definition, "items": items}
    return found


def _without_people(item: dict[str, Any]) -> dict[str, Any]:
    rule = item.get("targets") or {}
    return {**item, "targets": {**rule, "people": {}}} if rule.get("kind") == "person" else item


def known_indicators() -> dict[str, Indicator]:
    """Every indicator in force today: the shipped, and the company's own before them."""
    return {**indicators(), **own_indicators(timezone.localdate())}


def free_identifier(wanted: str) -> str:
    """An id that no scheme and no draft has."""
    stem = re.sub(r"[^a-z0-9_-]+", "_", wanted.lower()).strip("_-")[:60] or "scheme"
    taken = {
        *SchemeVersion.objects.values_list("identifier", flat=True),
        *Draft.objects.values_list("identifier", flat=True),
    }
    number = 1
    while (name := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return name


def closed_until(department: int) -> date | None:
    """The end of the last closed period of a department: nothing before it changes any more."""
    rows = Run.objects.filter(kind=Run.Kind.CLOSE, complete=True).values_list("departments", "end")
    return max((end for listed, end in rows if not listed or department in listed), default=None)


def first_day(department: int, *, changes: bool) -> date:
    """The day from which a new draft holds unless somebody says another: a change from the next month on, a first
    scheme from this one; never within what is closed."""
    month = timezone.localdate().replace(day=1)
    day = (month + timedelta(days=31)).replace(day=1) if changes else month
    return max(day, closed_until(department) or day)


def holding_posts(draft: Draft, scheme: Scheme, day: date) -> list[str]:
    """The posts of a scheme for which another one holds on or after a day, with that other's name."""
    others = SchemeVersion.objects.filter(during(day, date.max), department=draft.department_id)
    found = []
    for one in others.exclude(identifier=draft.identifier):
        theirs = set(one.definition.get("posts") or ()) or {""}
        for post in sorted((set(scheme.posts) or {""}) & theirs):
            found.append(f"{post or '*'} ({one.identifier})")
    return found


def checked(definition: Mapping[str, Any], department: int, *, code: str = "") -> Checked:
    """Whether a definition can be used, with everything that is wrong in words and where."""
    own = own_indicators(timezone.localdate())
    embedded = {name: one.model_dump(mode="json") for name, one in own.items()}
    whole = {
        **definition,
        "valid_from": definition.get("valid_from") or str(timezone.localdate()),
        "department": definition.get("department") or code or str(department),
        "indicators": {**embedded, **(definition.get("indicators") or {})},
    }
    long = _too_long(definition)
    if long:
        return Checked(scheme=None, problems=long)
    try:
        scheme = Scheme.model_validate(whole)
    except ValidationError as error:
        return Checked(scheme=None, problems=[*_problems(error, definition, own), *_sum_apart(error, definition)])
    used = set(scheme.used())
    kept = {name: one for name, one in scheme.indicators.items() if name in used}
    return Checked(scheme=scheme.model_copy(update={"indicators": kept}))


def _too_long(definition: Any, path: tuple[Any, ...] = ()) -> list[Problem]:
    if isinstance(definition, str):
        if len(definition) <= LONGEST_TEXT:
            return []
        text = _("has %(count)s characters; %(most)s at most.") % {"count": len(definition), "most": LONGEST_TEXT}
        return [Problem(where=_called(path, {}, {}), text=text, anchor=_anchor(path))]
    parts: Any = (
        definition.items()
        if isinstance(definition, dict)
        else enumerate(definition)
        if isinstance(definition, list)
        else ()
    )
    return [one for name, part in parts for one in _too_long(part, (*path, name))]


def _sum_apart(error: ValidationError, definition: Mapping[str, Any]) -> list[Problem]:
    """That the weights do not sum to 100, where something else kept the whole from being looked at."""
    if not any(one["loc"] for one in error.errors(include_url=False, include_input=False)):
        return []
    items = [item for item in definition.get("items") or () if isinstance(item, Mapping)]
    weights = [decimal(item.get("weight")) for item in items]
    total = sum((one for one in weights if one is not None), Decimal(0))
    if not items or total == HUNDRED:
        return []
    change = (
        _("The weights sum to %s: add %s somewhere.")
        if total < HUNDRED
        else _("The weights sum to %s: take off %s somewhere.")
    )
    text = change % (plain(total), plain(abs(HUNDRED - total)))
    return [Problem(where=_("The scheme"), text=text, anchor="items")]


_UNIONS = {"curve", "grades", "bonus", "targets", "rule"}


def _problems(error: ValidationError, definition: Mapping[str, Any], own: Mapping[str, Indicator]) -> list[Problem]:
    found: dict[tuple[str, str], Problem] = {}
    for one in error.errors(include_url=False, include_input=False):
        path = _plain(one["loc"])
        problem = Problem(where=_called(path, definition, own), text=_said(one), anchor=_anchor(path))
        found.setdefault((problem.where, problem.text), problem)
    return list(found.values())


def _plain(loc: Sequence[Any]) -> tuple[Any, ...]:
    """The path of a field without the tags of unions that pydantic writes into it."""
    path: list[Any] = []
    for index, part in enumerate(loc):
        before = loc[index - 1] if index else ""
        tagged = before in _UNIONS or (isinstance(before, int) and index > 1 and loc[index - 2] == "adjustments")
        if not (tagged and isinstance(part, str)):
            path.append(part)
    return tuple(path)


def _anchor(path: Sequence[Any]) -> str:
    return "-".join(str(part) for part in path)


WORDS = {
    "items": pgettext_lazy("part of a scheme", "Indicators"),
    "seasons": pgettext_lazy("part of a scheme", "Seasons"),
    "adjustments": pgettext_lazy("part of a scheme", "Extra points and deductions"),
    "vetoes": pgettext_lazy("part of a scheme", "Vetoes"),
    "rewards": pgettext_lazy("part of a scheme", "Tiered rewards"),
    "grades": pgettext_lazy("part of a scheme", "Grading"),
    "bonus": pgettext_lazy("part of a scheme", "Bonus rule"),
    "curve": pgettext_lazy("part of a scheme", "curve"),
    "targets": pgettext_lazy("part of a scheme", "own targets"),
    "weight": pgettext_lazy("part of a scheme", "weight"),
    "weights": pgettext_lazy("part of a scheme", "weights"),
    "floor": pgettext_lazy("part of a scheme", "floor"),
    "target": pgettext_lazy("part of a scheme", "target"),
    "stretch": pgettext_lazy("part of a scheme", "stretch"),
    "name": pgettext_lazy("part of a scheme", "name"),
    "about": pgettext_lazy("part of a scheme", "description"),
    "basis": pgettext_lazy("part of a scheme", "why these thresholds"),
    "start": pgettext_lazy("part of a scheme", "from"),
    "until": pgettext_lazy("part of a scheme", "to"),
    "points": pgettext_lazy("part of a scheme", "points"),
    "per": pgettext_lazy("part of a scheme", "for each"),
    "limit": pgettext_lazy("part of a scheme", "limit"),
    "formula": pgettext_lazy("part of a scheme", "formula"),
    "indicator": pgettext_lazy("part of a scheme", "indicator"),
    "cap": pgettext_lazy("part of a scheme", "at most"),
    "posts": pgettext_lazy("part of a scheme", "posts"),
    "shares": pgettext_lazy("part of a scheme", "shares"),
    "bands": pgettext_lazy("part of a scheme", "bands"),
    "coefficients": pgettext_lazy("part of a scheme", "coefficients"),
    "factor": pgettext_lazy("part of a scheme", "factor"),
    "periods": pgettext_lazy("part of a scheme", "periods"),
    "steps": pgettext_lazy("part of a scheme", "steps"),
    "at": pgettext_lazy("part of a scheme", "threshold"),
    "score": pgettext_lazy("part of a scheme", "score"),
    "over_target": pgettext_lazy("part of a scheme", "over the target by"),
    "raise_by": pgettext_lazy("part of a scheme", "raises by"),
}


def _called(path: Sequence[Any], definition: Mapping[str, Any], own: Mapping[str, Indicator]) -> str:
    """A path in words: response time · curve · floor."""
    if not path:
        return _("The scheme")
    said = []
    for index, part in enumerate(path):
        if isinstance(part, int):
            said.append(_at(path[:index], part, definition, own))
        elif not (index == 0 and len(path) > 1 and isinstance(path[1], int)):
            said.append(str(WORDS.get(str(part), part))[:60])
    return " · ".join(one for one in said if one)


def _at(before: Sequence[Any], index: int, definition: Mapping[str, Any], own: Mapping[str, Indicator]) -> str:
    """The name of the index-th part of a list: its indicator's or its own."""
    if len(before) != 1:
        return str(index + 1)
    try:
        one = definition[before[0]][index]
        name = (
            one.get("indicator") if before[0] == "items" else (one.get("name") or {}).get("zh") or one.get("indicator")
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        name = ""
    known = own.get(str(name)) or indicators().get(str(name))
    return known.name.say(speaking()) if known else str(name or index + 1)[:60]


_KINDS = {
    "missing": gettext_lazy("is missing."),
    "decimal_parsing": gettext_lazy("is not a number."),
    "decimal_type": gettext_lazy("is not a number."),
    "decimal_max_digits": gettext_lazy("has too many digits."),
    "finite_number": gettext_lazy("is not a number."),
    "int_parsing": gettext_lazy("is not a whole number."),
    "int_from_float": gettext_lazy("is not a whole number."),
    "int_type": gettext_lazy("is not a whole number."),
    "date_parsing": gettext_lazy("is not a day."),
    "date_from_datetime_parsing": gettext_lazy("is not a day."),
    "date_type": gettext_lazy("is not a day."),
    "too_short": gettext_lazy("Choose at least one indicator."),
    "extra_forbidden": gettext_lazy("is not known here; look for a misspelling."),
    "literal_error": gettext_lazy("is none of the choices."),
    "union_tag_invalid": gettext_lazy("is none of the choices."),
    "union_tag_not_found": gettext_lazy("is to be chosen."),
    "string_type": gettext_lazy("is missing."),
    "greater_than_equal": gettext_lazy("is too small."),
    "less_than_equal": gettext_lazy("is too large."),
    "recursion_loop": gettext_lazy("is not allowed."),
}
_SENTENCES = (
    (r"weights sum to ([\d.]+), not to 100: add ([\d.]+)", gettext_lazy("The weights sum to %s: add %s somewhere.")),
    (
        r"weights sum to ([\d.]+), not to 100: take off ([\d.]+)",
        gettext_lazy("The weights sum to %s: take off %s somewhere."),
    ),
    (r"floor and target are both (\S+);", gettext_lazy("Floor and target are both %s; keep them apart.")),
    (r"stretch is (\S+), but", gettext_lazy("The stretch %s must lie beyond the target.")),
    (r"scores must rise", gettext_lazy("The scores must rise from floor to target to stretch.")),
    (r"steps is empty|steps: with", gettext_lazy("Give steps whose scores never fall from the worst to the best.")),
    (r"a threshold appears twice", gettext_lazy("A threshold appears twice; keep one of the two.")),
    (r"overlap on (\S+); end one", gettext_lazy("Two seasons overlap on %s; end one before the other.")),
    (r"is exclusive and must come after", gettext_lazy("The last day must not come before the first.")),
    (r"names no indicator; give weights", gettext_lazy("The season changes no weight; give one, or remove it.")),
    (r"the weights sum to (\S+); take off", gettext_lazy("The season's weights sum to %s, over 100.")),
    (r"bands: the last band must", gettext_lazy("The last grade must begin at 0, so that everybody has one.")),
    (r"bands: list the best", gettext_lazy("List the best grade first, each beginning below the one before.")),
    (r"a grade appears twice", gettext_lazy("A grade appears twice; keep one of the two.")),
    (r"shares must be 0 or more and sum to 1", gettext_lazy("The shares must sum to 100 %%.")),
    (r"otherwise: grade", gettext_lazy("Every grade of the bands needs a share.")),
    (r"the shares sum to", gettext_lazy("The shares must sum to 100 %%.")),
    (r"stands there twice", gettext_lazy("An indicator stands there twice; keep it once.")),
    (r"There is no indicator “([^”]*)”", gettext_lazy("There is no indicator “%s”.")),
    (r"must be above 0", gettext_lazy("A value must be above 0.")),
    (r"the name lacks", gettext_lazy("It needs a name.")),
    (r"points is 0", gettext_lazy("0 points would change nothing; remove it.")),
    (r"has no target that a person", gettext_lazy("This curve has no target that a person could have of one's own.")),
    (
        r"there is no part '([^']*)'",
        gettext_lazy("The formula does not know “%s”; it knows last, last_year, mean3 and target."),
    ),
    (r"[Ff]ormula", gettext_lazy("The formula cannot be read; write it like (last + target) / 2.")),
    (r"effect is empty", gettext_lazy("Choose what breaking it means.")),
    (r"at least one grade needs a coefficient", gettext_lazy("At least one grade needs a coefficient above 0.")),
    (r"at_most only matters", gettext_lazy("A limit only matters where every step raises again.")),
    (r"lies above cap", gettext_lazy("The least lies above the most; lower the one or raise the other.")),
)


def _said(error: Any) -> str:
    kind, text = str(error["type"]), str(error["msg"]).removeprefix("Value error, ")
    if kind in _KINDS:
        return str(_KINDS[kind])
    for pattern, sentence in _SENTENCES:
        found = re.search(pattern, text)
        if found:
            return str(sentence) % found.groups()
    return text[:300]
