"""Alerts are set, put off and judged."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from fenming.controls.operations import Actor, record
from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator
from fenming.library.text import Words, refuse
from fenming.modules.accounts.queries.accounts import users_at
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.desk.models import Alert, AlertHit
from fenming.modules.desk.queries.alerts import (
    Verdict,
    address_of,
    definition,
    group_of,
    holds,
    judged,
    managers,
    rule_of,
)
from fenming.modules.desk.queries.cells import Cutter
from fenming.modules.indicators.queries import wording
from fenming.modules.messages.operations import notify

MOST_ALERTS = 50
SNOOZE = timedelta(days=7)
TOPIC = "desk.alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """An alert as it is to be."""

    indicator: str
    kind: str
    mark: Decimal | None
    days: int
    dimension: str = ""
    value: str = ""
    department: int | None = None
    """Whose managers are told too."""


def set_alert(actor: Actor, wanted: NewAlert) -> Alert:
    """Set an alert for oneself; the same one again is the one that is there."""
    if actor.user is None:
        raise LookupError("An alert belongs to an account.")
    given = {name: getattr(wanted, name) for name in wanted.__slots__ if name != "department"}
    given["department_id"] = wanted.department
    with transaction.atomic():
        mine = Alert.objects.filter(owner=actor.user)
        if same := mine.filter(**given).first():
            return same
        if mine.count() >= MOST_ALERTS:
            raise refuse(
                f"预警最多 {MOST_ALERTS} 条，请先删除不用的。",
                f"There are {MOST_ALERTS} alerts; remove some you do not need.",
            )
        made = Alert.objects.create(owner_id=actor.user, **given)
        record(actor, "desk.set_alert", made, after={**given, "mark": str(wanted.mark)})
    return made


def change_alert(actor: Actor, alert: Alert, what: str) -> None:
    """Switch an alert on or off, put it off for a week, or drop it."""
    with transaction.atomic():
        found = Alert.objects.filter(pk=alert.pk)
        if what == "drop":
            found.delete()
        elif what == "snooze":
            found.update(snoozed_until=timezone.localdate() + SNOOZE)
        else:
            found.update(enabled=what == "on", snoozed_until=None)
        record(actor, "desk.change_alert", alert, after={"what": what})


def judge_all(day: date) -> int:
    """Judge every alert for a day, each by what its owner may see; returns how many rules held.

    Judging a day again changes nothing and tells nobody twice.
    """
    waiting = Alert.objects.filter(enabled=True).exclude(judged_on__gte=day)
    by_owner: dict[int, list[Alert]] = {}
    for alert in waiting.select_related("department").order_by("owner", "id"):
        by_owner.setdefault(alert.owner_id, []).append(alert)
    held, leads = 0, cache(managers)
    for user in users_at(by_owner.keys()):
        scope = powers_of(user).scope("board.view") if user.is_active else None
        if scope is None or scope.is_empty:
            continue
        cutter = Cutter(scope)
        held += sum(_judge(alert, cutter, day, leads) for alert in by_owner[user.pk])
    return held


def _judge(alert: Alert, cutter: Cutter, day: date, leads: Callable[[], Mapping[int, set[int]]]) -> bool:
    one = definition(alert)
    verdict = judged(alert, one, cutter, day) if one else None
    theirs = None
    if one and verdict and alert.department_id and holds(cutter.scope, alert.department_id):
        theirs = judged(alert, one, Cutter(Scope(departments=frozenset({alert.department_id}))), day)
    with transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(judged_on=day)
        if one is None or verdict is None:
            return False
        running = AlertHit.objects.filter(alert=alert, day=day - timedelta(days=1)).exists()
        asleep = alert.snoozed_until is not None and alert.snoozed_until > day
        tells = not running and not asleep
        values = {"value": verdict.value, "before": verdict.before, "told": tells}
        _hit, new = AlertHit.objects.get_or_create(alert=alert, day=day, defaults=values)
        if new and tells:
            _tell(alert, one, verdict, day, {alert.owner_id})
            if theirs is not None and alert.department_id:
                to = leads().get(alert.department_id, set()) - {alert.owner_id}
                _tell(alert, one, theirs, day, to, department=True)
    return True


def _tell(
    alert: Alert, one: Indicator, verdict: Verdict, day: date, to: Collection[int], *, department: bool = False
) -> None:
    if not to:
        return
    said = (_said(alert, one, verdict, day, language, department=department) for language in ("zh-hans", "en"))
    titles, bodies = zip(*said, strict=True)
    notify(
        to,
        topic=TOPIC,
        kind="notice",
        title=Words(zh=titles[0], en=titles[1]),
        body=Words(zh=bodies[0], en=bodies[1]),
        url=f"{reverse('pivot')}?{address_of(alert)}"[:300],
    )


def _said(
    alert: Alert, one: Indicator, verdict: Verdict, day: date, language: str, *, department: bool
) -> tuple[str, str]:
    with override(language):
        name, group = one.name.say(language), group_of(alert, one)
        if department and alert.department:
            group = f"{alert.department.name} {group}" if alert.dimension else alert.department.name
        title = _("Alert: %(name)s, %(group)s: %(rule)s") % {"name": name, "group": group, "rule": rule_of(alert, one)}
        value = wording.quantity(one, verdict.value, brief=True)
        body = _("On %(day)s: %(value)s.") % {"day": day, "value": value}
        if verdict.before is not None:
            body += " " + _("The week before: %(before)s.") % {
                "before": wording.quantity(one, verdict.before, brief=True)
            }
    return title, body
