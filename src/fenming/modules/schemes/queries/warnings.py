"""What nobody could explain: findings about a scheme in the making, each with the indicator that it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fenming.library.indicators import Indicator
from fenming.library.schemes import Item, Scheme
from fenming.modules.indicators.queries.wording import mark, speaking
from fenming.modules.schemes.queries.readings import Readings
from fenming.rules import scorecard
from fenming.rules.curves import reaching, target_of

LEAST_WEIGHT = Decimal(5)
MOST_RATED = Decimal(20)
ALIKE = Decimal("0.9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:  # noqa: A001 - it is what people call it
    """Something that a person asked about the scheme could not explain."""

    kind: str
    text: str
    indicator: str = ""


def warnings(scheme: Scheme, past: Readings) -> list[Warning]:
    """Everything to think over before a scheme is submitted; none of it forbids anything."""
    definitions = scheme.definitions()
    found = [one for item in scheme.items for one in _of_item(item, definitions[item.indicator], past)]
    return [*found, *_alike(scheme, past, definitions), *_uncapped(scheme)]


def _of_item(item: Item, one: Indicator, past: Readings) -> Iterable[Warning]:
    name = one.name.say(speaking())
    if item.weight < LEAST_WEIGHT:
        text = _("%(name)s weighs %(weight)s%%: under 5%% nobody notices it.") % {"name": name, "weight": item.weight}
        yield Warning(kind="weight", text=text, indicator=item.indicator)
    if one.levels and item.weight > MOST_RATED:
        text = _("%(name)s is a rating and weighs %(weight)s%%: over 20%%, an opinion decides too much.")
        yield Warning(kind="rated", text=text % {"name": name, "weight": item.weight}, indicator=item.indicator)
    yield from _of_the_past(item, one, past, name)


def _of_the_past(item: Item, one: Indicator, past: Readings, name: str) -> Iterable[Warning]:
    if not past.runs:
        return
    count = len(past.runs)
    if not past.was_scored(item.indicator):
        text = _("%(name)s has never been scored for these people: try it out before you submit.") % {"name": name}
        yield Warning(kind="new", text=text, indicator=item.indicator)
        return
    if not past.was_read(item.indicator):
        text = ngettext(
            "Nobody at these posts had a value of %(name)s in the last period: can they influence it?",
            "Nobody at these posts had a value of %(name)s in the last %(count)s periods: can they influence it?",
            count,
        ) % {"name": name, "count": count}
        yield Warning(kind="influence", text=text, indicator=item.indicator)
        return
    target, values = target_of(item.curve), past.last(item.indicator)
    if target is None or not values or item.targets is not None:
        return
    over = reaching(values, target, item.curve.better)
    given = {"name": name, "target": mark(one, target), "people": len(values)}
    if over == 0:
        text = ngettext(
            "The one person read did not reach %(target)s of %(name)s last period: is the target within reach?",
            "Nobody of %(people)s reached %(target)s of %(name)s last period: a target out of sight moves nobody.",
            len(values),
        )
        yield Warning(kind="nobody", text=text % given, indicator=item.indicator)
    elif over == len(values) and len(values) > 1:
        text = _("All %(people)s reached %(target)s of %(name)s last period: it tells nobody apart.")
        yield Warning(kind="everybody", text=text % given, indicator=item.indicator)


def _alike(scheme: Scheme, past: Readings, definitions: Mapping[str, Indicator]) -> Iterable[Warning]:
    names = [item.indicator for item in scheme.items]
    for one, other in combinations(names, 2):
        found = past.correlation(one, other)
        if found is not None and abs(found) > ALIKE:
            given = {
                "one": definitions[one].name.say(speaking()),
                "other": definitions[other].name.say(speaking()),
                "coefficient": found,
            }
            text = _(
                "%(one)s and %(other)s go together (correlation %(coefficient)s): the same thing is counted twice."
            )
            yield Warning(kind="alike", text=text % given, indicator=one)


def _uncapped(scheme: Scheme) -> Iterable[Warning]:
    for one in scheme.adjustments:
        if isinstance(one, scorecard.PerUnit) and one.cap is None:
            name = one.name["zh" if speaking().startswith("zh") else "en"]
            text = _("“%(name)s” has no limit: one month of it could outweigh everything else.") % {"name": name}
            yield Warning(kind="uncapped", text=text, indicator=one.indicator)
