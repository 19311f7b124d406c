"""The targets that goals of a cycle give to its scoring."""

from datetime import date

from django.db.models import F
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.modules.cycles.models import Cycle, Goal
from fenming.modules.cycles.queries.goals import subject
from fenming.rules.targets import Agreed


def agreed_in(cycle: Cycle) -> dict[str, dict[str, Agreed]]:
    """Employee number → indicator → target, of goals that the person has acknowledged as they stand; two queries.

    Not proposals; but also those marked as dropped: following up does not change what was agreed.
    """
    goals = Goal.objects.filter(
        participant__cycle=cycle,
        participant__removed_at=None,
        participant__goals_version__gt=0,
        participant__acknowledged_version=F("participant__goals_version"),
        target__isnull=False,
    ).exclude(indicator="")
    theirs = goals.exclude(author__employee=F("participant__employee"), author__employee__isnull=False)
    rows = list(theirs.select_related("participant__employee").order_by("participant", "-position", "-id"))
    days = _days({one.participant_id for one in rows})
    found: dict[str, dict[str, Agreed]] = {}
    for one in rows:
        if one.target is not None and one.participant_id in days:
            agreed = Agreed(target=one.target, on=days[one.participant_id])
            found.setdefault(one.participant.employee.number, {})[one.indicator] = agreed
    return found


def _days(people: set[int]) -> dict[int, date]:
    """Participant → the day of the last acknowledgement, as the log has it."""
    named = {subject(one): one for one in people}
    entries = Operation.objects.filter(action="cycles.goals_acknowledged", object__in=named).order_by("id")
    return {named[name]: timezone.localdate(at) for name, at in entries.values_list("object", "at")}
