"""Letters are issued once for everybody, opened, and confirmed by those who got them."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fenming.controls.operations import Actor, record
from fenming.controls.scope import Scope
from fenming.library.text import Words
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Cycle, Letter, Participant, Step, StepKind
from fenming.modules.cycles.operations.steps import advance
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.cycles.queries.letters import drafts, last_day_to_appeal, letters
from fenming.modules.messages.operations import complete, notify

BATCH = 200


def issue(actor: Actor, cycle: Cycle, *, scope: Scope) -> int:
    """Give a letter to everybody in reach who has a result and none yet; how many that were.

    Whoever is issued a letter twice has one: what was told once is never told otherwise. The step of the letters ends
    when nobody is left.
    """
    with transaction.atomic():
        cycle = Cycle.objects.select_for_update(of=("self",)).select_related("department").get(pk=cycle.pk)
        found = letters(scope, cycle)
        _check(cycle, found.pending, has_run=found.run is not None)
        people = [one.participant for one in found.rows if one.letter is None and one.total is not None]
        until = last_day_to_appeal(cycle, timezone.localdate())
        made = drafts(cycle, people, until=until)
        rows = [
            Letter(participant=one, contents=made[one.pk], issued_by_id=actor.user, appeal_until=until)
            for one in people
            if one.pk in made
        ]
        Letter.objects.bulk_create(rows, batch_size=BATCH)
        if rows:
            if cycle.published_at is None:
                Cycle.objects.filter(pk=cycle.pk).update(published_at=timezone.now())
            _tell(actor, cycle, [one.participant.employee_id for one in rows])
            record(actor, "cycles.issue_letters", cycle, after={"letters": len(rows), "run": found.run})
        _end_step(actor, cycle)
    return len(rows)


def _check(cycle: Cycle, pending: int, *, has_run: bool) -> None:
    if cycle.state == Cycle.State.CANCELLED:
        raise ValidationError(_("This cycle was called off."))
    if not has_run:
        raise ValidationError(_("There are no results yet: have the department scored first."))
    if pending:
        told = ngettext(
            "%(count)s result was changed since the last run. Make the run first, then issue the letters.",
            "%(count)s results were changed since the last run. Make the run first, then issue the letters.",
            pending,
        )
        raise ValidationError(told % {"count": pending})
    calibration = Step.objects.filter(cycle=cycle, kind=StepKind.CALIBRATION).first()
    if calibration is not None and calibration.state in (Step.State.OPEN, Step.State.WAITING):
        raise ValidationError(_("The calibration has not ended yet: what letters say is final. End or skip it first."))


def _end_step(actor: Actor, cycle: Cycle) -> None:
    """Nobody of the whole cycle is left, in whomever's reach."""
    left = Participant.objects.filter(cycle=cycle, removed_at=None, letter=None).exists()
    step = Step.objects.filter(cycle=cycle, kind=StepKind.LETTER, state=Step.State.OPEN).first()
    if step is not None and not left:
        advance(actor, step)


def _tell(actor: Actor, cycle: Cycle, employees: Collection[int]) -> None:
    users = [one.pk for one in accounts_of(set(employees)).values()]
    if users:
        notify(
            users,
            topic="cycles.letter_issued",
            kind="notice",
            title=Words(zh=f"{cycle.label} 绩效结果通知书已发布", en=f"Your result letter of {cycle.label} is here"),
            body=Words(
                zh="请查看结果、依据和申诉期限，并确认已阅读。",
                en="Please read the result, how it came about and until when you may appeal; then confirm it.",
            ),
            url=reverse("my-letter"),
            actor=actor,
        )


def open_letter(actor: Actor, letter: Letter) -> None:
    """The person has opened the letter; the first time counts."""
    with transaction.atomic():
        if Letter.objects.filter(pk=letter.pk, opened_at=None).update(opened_at=timezone.now()):
            record(actor, "cycles.open_letter", f"letter {letter.pk}")


def confirm(actor: Actor, participant: Participant) -> None:
    """“I have read it”, which is not “I agree”. Said twice, it is said once."""
    with transaction.atomic():
        now = timezone.now()
        mine = Letter.objects.filter(participant=participant)
        if not mine.exists():
            raise ValidationError(_("There is no letter yet."))
        if mine.filter(confirmed_at=None).update(confirmed_at=now):
            mine.filter(opened_at=None).update(opened_at=now)
            record(actor, "cycles.confirm_letter", f"participant {participant.pk}")
        finish(actor, StepKind.CONFIRM, [participant.pk])
        close_reminder(actor, participant)


def remind(actor: Actor, cycle: Cycle, *, scope: Scope) -> int:
    """Remind those who have neither confirmed nor appealed; a notice a day for each at most. How many that were."""
    today = timezone.localdate()
    with transaction.atomic():
        found = letters(scope, cycle)
        waiting = [one.participant.employee_id for one in found.rows if one.state in ("unopened", "opened")]
        users = {one.pk for one in accounts_of(set(waiting)).values()}
        if not users:
            return 0
        return notify(
            users,
            topic="cycles.letter_reminder",
            kind="todo",
            title=Words(zh=f"请确认 {cycle.label} 绩效结果", en=f"Please confirm your result of {cycle.label}"),
            body=Words(
                zh="确认仅表示已阅读，不代表同意；如有异议，请在申诉期内提出申诉。",
                en="Confirming says that you have read it, not that you agree. You may appeal instead.",
            ),
            url=reverse("my-letter"),
            due=max((one.letter.appeal_until for one in found.rows if one.letter), default=today),
            subject_key=f"cycle {cycle.pk}",
            actor=actor,
        )


def close_reminder(actor: Actor, participant: Participant) -> None:
    """What was reminded of is done."""
    users = [one.pk for one in accounts_of({participant.employee_id}).values()]
    complete("cycles.letter_reminder", f"cycle {participant.cycle_id}", recipients=users, actor=actor)
