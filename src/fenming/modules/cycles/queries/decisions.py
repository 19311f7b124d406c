"""What people decided about the results of cycles, as a run pins it."""

from collections.abc import Collection, Iterator
from datetime import datetime

from fenming.modules.cycles.models import Appeal, Calibration, Cycle
from fenming.rules.decisions import Decision

ByNumber = dict[str, list[Decision]]
"""Employee number → the decisions that hold, in the order in which they were made."""


def decisions_of(cycle: Cycle) -> ByNumber:
    """The decisions about the people of a cycle.

    Calibrations that were undone, and those that undo, have no effect; of appeals those upheld, at least in part.
    """
    return decisions_in([cycle.pk])[cycle.pk]


def decisions_in(cycles: Collection[int]) -> dict[int, ByNumber]:
    """The same for several cycles, in two queries."""
    found: dict[int, ByNumber] = {one: {} for one in cycles}
    for cycle, number, _, one in sorted([*_calibrations(cycles), *_appeals(cycles)], key=lambda row: row[2]):
        found[cycle].setdefault(number, []).append(one)
    return found


def _calibrations(cycles: Collection[int]) -> Iterator[tuple[int, str, datetime, Decision]]:
    rows = Calibration.objects.filter(participant__cycle__in=cycles, undoes=None, undone_by=None)
    for one in rows.select_related("participant__employee").order_by("id"):
        if one.grade or one.points is not None:
            decision = Decision(
                source="calibration", number=one.pk, reason=one.reason, points=one.points, grade=one.grade or None
            )
            yield one.participant.cycle_id, one.participant.employee.number, one.at, decision


def _appeals(cycles: Collection[int]) -> Iterator[tuple[int, str, datetime, Decision]]:
    upheld = (Appeal.Decision.UPHELD, Appeal.Decision.PARTLY)
    rows = Appeal.objects.filter(participant__cycle__in=cycles, state=Appeal.State.DECIDED, decision__in=upheld)
    for one in rows.select_related("participant__employee").order_by("decided_at", "id"):
        if one.decided_at and (one.grade or one.points is not None):
            decision = Decision(
                source="appeal", number=one.pk, reason=one.decision_text, points=one.points, grade=one.grade or None
            )
            yield one.participant.cycle_id, one.participant.employee.number, one.decided_at, decision
