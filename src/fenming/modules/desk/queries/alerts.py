"""Alerts of one account, what they say in words, and whether their rule holds on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import F, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator, indicators
from fenming.modules.accounts.queries.accounts import users_at
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.accounts.queries.roles import keepers
from fenming.modules.desk.models import Alert, AlertHit
from fenming.modules.desk.queries.cells import Cutter, is_rate
from fenming.modules.desk.queries.pivot import dimension_name
from fenming.modules.indicators.queries import own_indicators, wording
from fenming.modules.people.queries.calendar import is_working_day, special_days
from fenming.rules import alarms
from fenming.rules.periods import period

WATCHED = timedelta(days=28)
LAST_HITS = 5
HUNDRED = Decimal(100)


def own_alert(user: int, alert: int) -> Alert | None:
    """An alert of this account's, and nobody else's."""
    return Alert.objects.filter(pk=alert, owner=user).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An alert as its owner sees it."""

    alert: Alert
    name: str
    group: str
    rule: str
    url: str
    hits: Sequence[AlertHit]
    is_firing: bool
    is_snoozed: bool


def own_alerts(user: int) -> list[Shown]:
    """All alerts of an account with their last hits."""
    known = _known()
    found = (
        Alert.objects.filter(owner=user)
        .select_related("department")
        .prefetch_related(Prefetch("hits", AlertHit.objects.order_by("-day")))
    )
    return [_shown(one, known[one.indicator]) for one in found if one.indicator in known]


def ringing(user: int) -> list[Shown]:
    """The alerts whose rule held on the last day that was judged, unless they are put off."""
    now = Q(alert__enabled=True, alert__owner=user, day=F("alert__judged_on"))
    awake = Q(alert__snoozed_until=None) | Q(alert__snoozed_until__lte=timezone.localdate())
    hits = list(AlertHit.objects.filter(now & awake).select_related("alert"))
    known = _known() if hits else {}
    return [_shown(one.alert, known[one.alert.indicator], [one]) for one in hits if one.alert.indicator in known]


def _known() -> dict[str, Indicator]:
    return {**indicators(), **own_indicators(timezone.localdate())}


def _shown(alert: Alert, one: Indicator, hits: Sequence[AlertHit] | None = None) -> Shown:
    found = list(alert.hits.all())[:LAST_HITS] if hits is None else hits
    return Shown(
        alert=alert,
        name=one.name.say(wording.speaking()),
        group=group_of(alert, one),
        rule=rule_of(alert, one),
        url=address_of(alert),
        hits=found,
        is_firing=bool(found) and found[0].day == alert.judged_on,
        is_snoozed=alert.snoozed_until is not None and alert.snoozed_until > timezone.localdate(),
    )


def holds(scope: Scope, department: int) -> bool:
    """Whether a scope reaches a department as a whole."""
    return scope.everything or department in scope.departments


def managers() -> dict[int, set[int]]:
    """Department → the accounts that see its board as theirs; whoever sees the whole company manages none by that."""
    found: dict[int, set[int]] = {}
    for user in users_at(keepers("board.view")):
        scope = powers_of(user).scope("board.view")
        for one in scope.departments if not scope.everything else ():
            found.setdefault(one, set()).add(user.pk)
    return found


def definition(alert: Alert) -> Indicator | None:
    """The indicator as it is today; None where it has gone."""
    return _known().get(alert.indicator)


def group_of(alert: Alert, one: Indicator) -> str:
    if not alert.dimension:
        return _("all together")
    return f"{dimension_name(one, alert.dimension)} {alert.value}"


def rule_of(alert: Alert, one: Indicator) -> str:
    """The rule as a person would say it."""
    if alert.kind == Alert.Kind.MISSING:
        said = ngettext("no data on %(days)s working day", "no data on %(days)s working days running", alert.days)
        return said % {"days": alert.days}
    mark = alert.mark or Decimal(0)
    if alert.kind == Alert.Kind.DROP:
        return _("worse than the week before by %(mark)s%% or more") % {"mark": f"{mark.normalize():f}"}
    given = {"mark": wording.mark(one, mark), "days": alert.days}
    if one.direction == "higher":
        return ngettext("below %(mark)s on %(days)s day", "below %(mark)s on %(days)s days running", alert.days) % given
    return ngettext("above %(mark)s on %(days)s day", "above %(mark)s on %(days)s days running", alert.days) % given


def address_of(alert: Alert) -> str:
    """The analysis that shows what the alert is about, below the board's own address."""
    given = {"indicator": alert.indicator}
    if alert.dimension:
        given["f"] = f"{alert.dimension}:{alert.value}"
    return urlencode(given)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found on a day on which the rule held."""

    value: Decimal | None
    before: Decimal | None = None


def judged(alert: Alert, one: Indicator, cutter: Cutter, day: date) -> Verdict | None:
    """Whether the rule holds on a day, by the facts that the cutter's visitor may see."""
    stretch = period(day - WATCHED, day + timedelta(days=1))
    only = {alert.dimension: alert.value} if alert.dimension else {}
    rate = is_rate(one)
    parts = {date.fromisoformat(at): part for (at,), part in cutter.cells(one, stretch, ["day"], only).items()}
    values = {at: value for at, part in parts.items() if (value := part.value(one.scale, rate=rate)) is not None}
    mark = alert.mark or Decimal(0)
    if alert.kind == Alert.Kind.FLOOR:
        holds = alarms.beyond(values, day, mark=mark, days=alert.days, better=one.direction)
        return Verdict(values[day]) if holds else None
    if alert.kind == Alert.Kind.MISSING:
        special = special_days(stretch.start, stretch.end)
        every = [stretch.start + timedelta(days=offset) for offset in range(stretch.days)]
        working = [at for at in every if is_working_day(at, special)]
        return Verdict(None) if alarms.missing(values, day, days=alert.days, working=working) else None
    found = alarms.worse(parts, day, percent=mark, better=one.direction, rate=rate)
    return Verdict(*(value * one.scale for value in found)) if found else None
