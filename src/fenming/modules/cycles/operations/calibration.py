"""Changes of results by people: each is a row with its reason, and what takes one back is a row of its own."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fenming.controls.operations import Actor, record
from fenming.modules.cycles.models import Calibration, Cycle, Letter, Participant, Step, StepKind
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.steps import closing
from fenming.modules.cycles.queries.calibration import Case, is_undone, tried

REASON_LEAST = 5


def calibrate(
    actor: Actor, case: Case, *, grade: str, points: Decimal | None, reason: str, seen: int, may: bool
) -> Calibration:
    """Change a grade or points of somebody else, with the reason. The next run counts it.

    ``seen`` is the last change that the page showed: of two who change at once the second is told. The same change
    sent twice is made once.
    """
    standing = case.row.standing
    with transaction.atomic():
        participant = _locked(case)
        _check(actor, participant, may=may)
        made = _made_since(participant, seen)
        if made:
            twice = made[-1]
            if (twice.author_id, twice.grade, twice.points, twice.reason) == (actor.user, grade, points, reason):
                return twice
            raise Stale
        if standing is None or standing.total is None:
            raise ValidationError(_("There is no total yet, so there is nothing to change. Complete the data first."))
        _check_change(case, grade, points, reason)
        one = Calibration.objects.create(
            participant=participant, before_grade=standing.grade, before_total=standing.total, grade=grade,
            points=points, reason=reason.strip(), author_id=actor.user,
        )  # fmt: skip
        record(
            actor, "cycles.calibrate", _subject(participant),
            before={"grade": standing.grade, "total": standing.total},
            after={"grade": grade, "points": points, "reason": reason.strip(), "number": one.pk},
        )  # fmt: skip
    return one


def undo(actor: Actor, case: Case, number: int, *, reason: str, may: bool) -> Calibration:
    """Take a change back by a row of its own; taken back twice, it is taken back once."""
    with transaction.atomic():
        participant = _locked(case)
        _check(actor, participant, may=may)
        one = Calibration.objects.select_related("undone_by").filter(participant=participant, pk=number).first()
        if one is None or one.undoes_id is not None:
            raise ValidationError(_("This entry takes a change back and cannot be taken back itself. Change anew."))
        if is_undone(one):
            return one.undone_by
        _check_reason(reason)
        standing = case.row.standing
        back = Calibration.objects.create(
            participant=participant, before_grade=standing.grade if standing else "",
            before_total=standing.total if standing else None, reason=reason.strip(), undoes=one, author_id=actor.user,
        )  # fmt: skip
        record(actor, "cycles.uncalibrate", _subject(participant), after={"undoes": one.pk, "reason": reason.strip()})
    return back


def _subject(participant: Participant) -> str:
    return f"participant {participant.pk}"


def _locked(case: Case) -> Participant:
    """The participant, so that two changes of one person come one after the other, and none beside the archiving."""
    found = Participant.objects.select_for_update(of=("self", "cycle")).select_related("cycle")
    return found.get(pk=case.participant.pk)


def _check(actor: Actor, participant: Participant, *, may: bool) -> None:
    if not may:
        raise ValidationError(_("You cannot change this result: nobody calibrates oneself, or people out of reach."))
    if participant.cycle.state != Cycle.State.OPEN:
        raise ValidationError(_("The cycle is archived: its results stand. Correct them by an appeal."))
    if closing(participant.cycle):
        raise ValidationError(_("The cycle is being archived: nothing is changed beside it. Stop that first."))
    if Letter.objects.filter(participant=participant).exists():
        raise ValidationError(_("The result was told by letter. From now on it is corrected by an appeal only."))
    step = Step.objects.filter(cycle=participant.cycle, kind=StepKind.CALIBRATION).first()
    if step is not None and step.state != Step.State.OPEN:
        words = {
            Step.State.WAITING: _("The calibration of this department has not begun yet."),
            Step.State.SKIPPED: _("This cycle leaves calibration out."),
        }.get(Step.State(step.state), _("The calibration has ended. Take the step up again first."))
        raise ValidationError(words)


def _made_since(participant: Participant, seen: int) -> list[Calibration]:
    return list(Calibration.objects.filter(participant=participant, pk__gt=seen).order_by("id"))


def _check_change(case: Case, grade: str, points: Decimal | None, reason: str) -> None:
    standing = case.row.standing
    if standing is None:
        return
    if not grade and not points:
        raise ValidationError({"grade": _("Choose another grade, or give points.")})
    if grade and grade not in standing.letters:
        raise ValidationError({"grade": _("This person's scheme has no such grade.")})
    _check_reason(reason)
    after, _spreads = tried(case, grade, points)
    if after is not None and (after.total, after.grade) == (standing.total, standing.grade):
        raise ValidationError({"grade": _("Nothing would change.")})


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < REASON_LEAST:
        raise ValidationError({"reason": _("Give the reason in at least five characters: it is kept and told.")})
