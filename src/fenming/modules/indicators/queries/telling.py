"""Two versions of an indicator beside each other, in words."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.lake import telling
from fenming.library.indicators import Indicator
from fenming.modules.indicators.queries.library import department_name, listing
from fenming.modules.indicators.queries.wording import speaking
from fenming.rules.trace import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs: what it was, and what it is."""

    what: str
    before: str
    after: str


def differences(before: Indicator, after: Indicator) -> list[Difference]:
    """What changed from one version to another, as people say it; nothing where they are the same."""
    rows = ((what, told(before), told(after)) for what, told in _asked())
    return [Difference(what=what, before=old, after=new) for what, old, new in rows if old != new]


def _asked() -> list[tuple[str, Callable[[Indicator], str]]]:
    language = speaking()
    subjects = subject_names()
    return [
        (pgettext("indicator", "Name"), lambda one: one.name.say(language)),
        (_("What is counted"), lambda one: telling.sentence(one.measure).say(language)),
        (_("Unit"), lambda one: one.unit.say(language)),
        (_("Decimals"), lambda one: str(one.digits)),
        (_("Scale"), lambda one: plain(one.scale)),
        (_("Better"), lambda one: _("more is better") if one.direction == "higher" else _("less is better")),
        (_("Measured of"), lambda one: listing(str(subjects[subject]) for subject in one.subjects)),
        (_("Departments"), lambda one: listing(department_name(code) for code in one.departments)),
        (_("Without records"), lambda one: _("counts as 0") if one.empty == "zero" else _("no value")),
        (
            _("Levels"),
            lambda one: listing(f"{plain(level.value)} {level.name.say(language)}" for level in one.levels),
        ),
        (_("Anchors"), lambda one: "；".join(level.anchor.say(language) for level in one.levels)),
        (pgettext("indicator", "What it is"), lambda one: one.about.say(language)),
        (_("Formula"), lambda one: one.formula.say(language)),
        (_("Data source"), lambda one: one.data_source.say(language)),
        (_("Collection"), lambda one: one.collection.say(language)),
        (_("Pitfalls"), lambda one: one.pitfalls.say(language)),
    ]


def subject_names() -> dict[str, str]:
    return {
        "employee": pgettext("measured of", "employee"),
        "department": pgettext("measured of", "department"),
        "store": pgettext("measured of", "store"),
        "shop": pgettext("measured of", "shop"),
        "account": pgettext("measured of", "account"),
        "company": pgettext("measured of", "company"),
    }
