"""Appeals: filed, handled by somebody who had no part in the result, decided by a person, answered, kept.

The rules in prose: docs/algorithms/appeals.md.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from fenming.controls.jobs import jobs
from fenming.controls.models import Run
from fenming.controls.operations import Actor, record
from fenming.controls.queries import closed_departments
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.accounts.queries.accounts import users_at
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.bonus.operations.adjusting import correct
from fenming.modules.cycles.models import Appeal, Cycle, Evidence, Letter, Participant, StepKind
from fenming.modules.cycles.operations import close
from fenming.modules.cycles.operations.letters import close_reminder
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.operations.steps import closing
from fenming.modules.cycles.operations.tasks import finish
from fenming.modules.cycles.queries import appeals as queries
from fenming.modules.cycles.queries.appeals import ANSWER_DAYS, MORE_DAYS, OPEN, PERMISSION, SOON, UPHELD, subject
from fenming.modules.cycles.queries.evidence import Piece, kept
from fenming.modules.cycles.queries.officers import officers
from fenming.modules.cycles.queries.trials import decision_on, letters_of, run_for
from fenming.modules.messages.operations import complete, notify
from fenming.modules.people.queries.calendar import working_day_after
from fenming.modules.schemes.queries import pinned

HANDLE, VIEW, MORE, ANSWER = "cycles.appeal", "cycles.appeal_view", "cycles.appeal_more", "cycles.appeal_answer"
"""The topics of what people are told."""
State = Appeal.State


class StillClosing(Exception):  # noqa: N818 - the work is tried again
    """The cycle is just being archived: only then is it known which run the decision has to correct."""


# By the person


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What somebody files."""

    reason: str
    wish: str = ""
    had_interview: bool = False
    pieces: Sequence[Piece] = ()


def file(actor: Actor, participant: Participant, wanted: Filing) -> Appeal:
    """File an appeal against one's own result, while the letter allows it; one at a time.

    Filed twice, the one under way is given. Filing finishes the step at which results are confirmed.
    """
    letter = Letter.objects.filter(participant=participant).first()
    if letter is None:
        raise refuse(
            "结果通知书尚未发出，还不能申诉；对数据有疑问请先提问。",
            "The result letter has not been issued, so there is nothing to appeal against yet. "
            "Ask a question meanwhile.",
        )
    if timezone.localdate() > letter.appeal_until:
        raise refuse(
            f"申诉期限已于 {letter.appeal_until:%Y-%m-%d} 截止。您仍可以就任何数字提问，人力资源部会答复。",
            f"Appeals were possible until {letter.appeal_until:%Y-%m-%d}. "
            "You can still ask a question about any number, and it will be answered.",
        )
    if under_way := _under_way(participant):
        return under_way
    card = queries.told_card(participant, letter)
    evidence = kept(card, wanted.pieces)
    try:
        with transaction.atomic():
            return _file(actor, participant, wanted, evidence, card.pk if card else None)
    except IntegrityError:
        if under_way := _under_way(participant):
            return under_way
        raise


def _under_way(participant: Participant) -> Appeal | None:
    return Appeal.objects.filter(participant=participant, state__in=OPEN).first()


def _file(actor: Actor, person: Participant, wanted: Filing, evidence: Iterable[Evidence], card: int | None) -> Appeal:
    appeal = Appeal.objects.create(
        participant=person, scorecard=card, reason=wanted.reason, wish=wanted.wish,
        had_interview=wanted.had_interview, answer_by=working_day_after(timezone.localdate(), ANSWER_DAYS),
    )  # fmt: skip
    _keep(appeal, evidence)
    finish(actor, StepKind.CONFIRM, [person.pk])
    close_reminder(actor, person)
    _log(actor, appeal, "filed", {"state": State.FILED, "answer_by": appeal.answer_by})
    _tell_officers(actor, appeal)
    return appeal


def _keep(appeal: Appeal, evidence: Iterable[Evidence]) -> None:
    there = set(appeal.evidence.values_list("indicator", "span", "fact"))
    fresh = [one for one in evidence if (one.indicator, one.span, one.fact) not in there]
    for one in fresh:
        one.appeal = appeal
    Evidence.objects.bulk_create(fresh)


def withdraw(actor: Actor, number: int) -> None:
    """Take one's own appeal back before it is decided. Withdrawing again changes nothing."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.state == State.WITHDRAWN:
            return
        if appeal.state == State.DECIDED:
            raise refuse("申诉已作出裁决，不能撤回。", "The appeal has been decided and cannot be withdrawn.")
        _set(appeal, state=State.WITHDRAWN, more_by=None)
        _end_todos(actor, appeal)
        _log(actor, appeal, "withdrawn", {"state": State.WITHDRAWN})
        _tell_handler(actor, appeal, Words(zh="申诉已撤回", en="An appeal was withdrawn"))


def add_more(actor: Actor, number: int, text: str, pieces: Sequence[Piece] = ()) -> None:
    """Add what was asked for, in words and with further evidence; the days to do so do not cut anybody off."""
    appeal = Appeal.objects.select_related("participant").get(pk=number)
    evidence = kept(queries.disputed(appeal), pieces)
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.more and appeal.more.endswith(text) and appeal.state != State.INCOMPLETE:
            return
        if appeal.state != State.INCOMPLETE:
            raise refuse("目前无需补充材料。", "Nothing more is asked for at the moment.")
        state = State.INVESTIGATING if appeal.findings or appeal.rater_asked_at else State.FILED
        more = f"{appeal.more}\n\n{text}".strip()
        _set(appeal, more=more, state=state, more_by=None)
        _keep(appeal, evidence)
        complete(MORE, subject(number), actor=actor)
        _log(actor, appeal, "more_given", {"state": state})
        _tell_handler(actor, appeal, Words(zh="申诉材料已补充", en="More was added to an appeal"))


def read_answer(number: int) -> None:
    """The person has opened the answer."""
    Appeal.objects.filter(pk=number, answered_at__isnull=False, read_at=None).update(read_at=timezone.now())


# By who handles it


def assign(actor: Actor, number: int, user: int, *, version: int) -> None:
    """Give an appeal to somebody who had no part in the result."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.handler_id == user:
            return
        _check(appeal, version)
        _check_open(appeal)
        _check_handler(appeal, user)
        before = appeal.handler
        _set(appeal, handler_id=user, reminded_on=None)
        complete(HANDLE, subject(number), actor=actor)
        after = users_at([user])[0]
        _log(actor, appeal, "assigned", {"handler": after.get_full_name()}, {"handler": queries.name_of(before)})
        _tell_to_handle(actor, appeal, [user])


def _check_handler(appeal: Appeal, user: int) -> None:
    one = next((one for one in queries.candidates(appeal) if one.user == user), None)
    if one is None:
        raise refuse("此账号没有处理该部门申诉的权限。", "This account may not handle appeals of the department.")
    if one.why_not is not None:
        raise refuse(f"不能由 {one.name} 处理：{one.why_not.zh}。", f"{one.name} cannot handle this: {one.why_not.en}.")


def ask_more(actor: Actor, number: int, text: str, *, version: int) -> None:
    """Ask the person for what is missing, within three working days."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.state == State.INCOMPLETE and appeal.more_asked == text:
            return
        _check_in_hand(actor, appeal, version)
        by = working_day_after(timezone.localdate(), MORE_DAYS)
        _set(appeal, state=State.INCOMPLETE, more_asked=text, more_by=by)
        _log(actor, appeal, "more_asked", {"state": State.INCOMPLETE, "more_by": by})
        complete(MORE, subject(number), actor=actor)
        _tell_person(
            actor, appeal, MORE, "todo", Words(zh="请补充绩效申诉材料", en="Please add to your appeal"), due=by
        )


def note_findings(actor: Actor, number: int, text: str, *, version: int) -> None:
    """Write down what was found; the appeal is under investigation from then on."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.findings == text and appeal.state == State.INVESTIGATING:
            return
        _check_in_hand(actor, appeal, version)
        _set(appeal, state=State.INVESTIGATING, findings=text, more_by=None)
        complete(MORE, subject(number), actor=actor)
        _log(actor, appeal, "findings", {"state": State.INVESTIGATING})


def ask_rater(actor: Actor, number: int, *, version: int) -> None:
    """Ask whoever rated for a view, within three working days; asked again only where somebody else rates by now."""
    with transaction.atomic():
        appeal = _locked(number)
        rater = queries.rater_of(appeal.participant)
        if rater is not None and appeal.rater_id == rater and appeal.rater_asked_at:
            return
        _check_in_hand(actor, appeal, version)
        account = accounts_of([rater])[rater] if rater and rater in accounts_of([rater]) else None
        if rater is None or account is None or not account.is_active:
            raise refuse(
                "评价人已离职或没有账号，无法在系统内征求意见。请线下了解后写入调查事实。",
                "The rater has left or has no account, so cannot be asked here. "
                "Write what you learn into the findings.",
            )
        complete(VIEW, subject(number), actor=actor)
        _set(
            appeal, state=State.INVESTIGATING, rater_id=rater, rater_asked_at=timezone.now(), rater_words="",
            rater_answered_at=None, more_by=None,
        )  # fmt: skip
        complete(MORE, subject(number), actor=actor)
        _log(actor, appeal, "rater_asked", {"state": State.INVESTIGATING, "rater": account.get_full_name()})
        notify(
            [account.pk], topic=VIEW, kind="todo", subject_key=subject(number), url=f"/appeals/{number}/view/",
            title=Words(zh="请就一项绩效申诉说明意见", en="Please give your view on an appeal"),
            body=Words(zh="只需说明与您的评价有关的部分。", en="Only what concerns your own rating is asked."),
            due=working_day_after(timezone.localdate(), MORE_DAYS), actor=actor,
        )  # fmt: skip


def rater_answers(actor: Actor, number: int, employee: int, text: str) -> None:
    """The view of whoever was asked; it can be put better until the appeal is decided."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.rater_id != employee:
            raise refuse("这项申诉已改由他人说明意见。", "Somebody else is asked about this appeal by now.")
        if appeal.rater_words == text and appeal.rater_answered_at:
            return
        _check_open(appeal)
        _set(appeal, rater_words=text, rater_answered_at=timezone.now())
        complete(VIEW, subject(number), actor=actor)
        _log(actor, appeal, "rater_answered", {})
        _tell_handler(actor, appeal, Words(zh="评价人已说明意见", en="The rater has given a view"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A decision with its grounds and its effect."""

    decision: str
    text: str
    points: Decimal | None = None
    grade: str = ""

    @property
    def has_effect(self) -> bool:
        return self.points is not None or bool(self.grade)


def decide(actor: Actor, number: int, ruling: Ruling, *, version: int) -> None:
    """Decide an appeal: whoever has it in hand, and still has had no part in the result. The answer follows."""
    with transaction.atomic():
        appeal = _locked(number)
        same = (appeal.decision, appeal.decision_text, appeal.points, appeal.grade)
        if appeal.state == State.DECIDED and same == (ruling.decision, ruling.text, ruling.points, ruling.grade):
            return
        _check_in_hand(actor, appeal, version)
        check_ruling(appeal, ruling)
        _set(
            appeal, state=State.DECIDED, decision=ruling.decision, decision_text=ruling.text, points=ruling.points,
            grade=ruling.grade, decided_at=timezone.now(), decided_by_id=actor.user, more_by=None,
        )  # fmt: skip
        _end_todos(actor, appeal)
        told = {"state": State.DECIDED, "decision": ruling.decision, "points": ruling.points, "grade": ruling.grade}
        _log(actor, appeal, "decided", told)
        answer_later(actor, appeal)


def check_ruling(appeal: Appeal, ruling: Ruling) -> None:
    """Refuse a decision that says two things at once, or that would make the result worse."""
    if appeal.state != State.INVESTIGATING or not appeal.findings.strip():
        raise refuse("请先写明调查事实，再作裁决。", "Write down what was found before you decide.")
    if ruling.decision not in UPHELD and ruling.has_effect:
        raise refuse("不予支持的申诉没有加分或调级。", "An appeal that is not upheld changes neither points nor grade.")
    if ruling.points is not None and ruling.points <= 0:
        raise refuse(
            "申诉不得使结果变差：分数只能增加。", "An appeal never makes a result worse: points can only be added."
        )
    if ruling.grade:
        _check_grade(appeal, ruling.grade)
    closed = appeal.participant.cycle.state == Cycle.State.CLOSED
    if closed and ruling.decision in UPHELD and not ruling.has_effect:
        raise refuse(
            "该周期已归档：支持申诉须写明加分或等级，差额随次期发放。",
            "The cycle is archived: say by which points or grade the appeal is upheld; the next close makes it good.",
        )


def _check_grade(appeal: Appeal, grade: str) -> None:
    letters = list(letters_of(appeal))
    if grade not in letters:
        raise refuse(
            f"方案里没有等级“{grade}”，可选：{'、'.join(letters)}。",
            f"The scheme has no grade {grade!r}; it knows {', '.join(letters)}.",
        )
    card = queries.result_in(run_for(appeal.participant.cycle), appeal.participant.employee_id)
    if card is not None and card.grade in letters and letters.index(grade) > letters.index(card.grade):
        raise refuse(
            f"申诉不得使结果变差：现为 {card.grade} 级，不能调为 {grade} 级。",
            f"An appeal never makes a result worse: the grade is {card.grade} and cannot become {grade}.",
        )


def archive(actor: Actor, number: int, *, version: int) -> None:
    """Put an answered case away; everything in it stays."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.archived_at:
            return
        _check(appeal, version)
        if appeal.answered_at is None:
            raise refuse("答复发出后才能归档。", "A case is archived once it has been answered.")
        _set(appeal, archived_at=timezone.now())
        _log(actor, appeal, "archived", {})


def note_export(actor: Actor, appeal: Appeal) -> None:
    """The case leaves the house: that is noted."""
    _log(actor, appeal, "exported", {})


# The effect


def answer_later(actor: Actor, appeal: Appeal) -> None:
    """Leave effect and answer to a worker; asked again, those that wait are enough."""
    work = jobs()["cycles.answer_appeal"].later(
        by=actor.user, name=f"#{appeal.pk}", appeal=appeal.pk, user=actor.user, who=actor.name
    )
    Appeal.objects.filter(pk=appeal.pk).update(work=work.pk)


def give_effect(actor: Actor, number: int, *, told: close.Told | None = None) -> int | None:
    """Let a decision show in the numbers, then answer; returns the run. Done again, it changes nothing.

    An open cycle is scored anew. In an archived one the decision is part of the closing run, or a correction is made.
    """
    appeal = Appeal.objects.select_related("participant__cycle__run", "participant__employee").get(pk=number)
    if appeal.state != State.DECIDED or appeal.answered_at:
        return appeal.run_id
    run = _effect(actor, appeal, told) if appeal.decision in UPHELD else None
    _answer(actor, number, run)
    return run


def _effect(actor: Actor, appeal: Appeal, told: close.Told | None) -> int | None:
    cycle = appeal.participant.cycle
    if cycle.state == Cycle.State.OPEN:
        if closing(cycle):
            raise StillClosing(f"{cycle} is being archived.")
        return _scored(actor, cycle, told)
    if cycle.state == Cycle.State.CLOSED and cycle.run is not None and (appeal.grade or appeal.points is not None):
        return _corrected(actor, appeal, cycle.run)
    return None


def _scored(actor: Actor, cycle: Cycle, told: close.Told | None) -> int | None:
    """The new run; where the cycle was archived meanwhile, the work is tried again and corrects what stands."""
    try:
        run = close.score(actor, cycle.pk, told=told)
    except Refusal as refusal:
        if closed_departments(cycle.start, cycle.end).isdisjoint(cycle.departments):
            raise
        raise StillClosing(f"{cycle} was archived meanwhile.") from refusal
    if run is None and not Cycle.objects.filter(pk=cycle.pk, state=Cycle.State.OPEN).exists():
        raise StillClosing(f"{cycle} was archived meanwhile.")
    return run


def _corrected(actor: Actor, appeal: Appeal, closed: Run) -> int:
    number = appeal.participant.employee.number
    person = pinned.person_of(pinned.inputs_of(closed), number)
    if any(one.source == "appeal" and one.number == appeal.pk for one in person.decisions):
        return closed.pk
    decision = decision_on(appeal, reason=appeal.decision_text, points=appeal.points, grade=appeal.grade)
    made = correct(actor, closed, {number: [decision]}, reason=appeal.decision_text, source=f"appeal:{appeal.pk}")
    return made.pk


def _answer(actor: Actor, number: int, run: int | None) -> None:
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.answered_at:
            return
        _set(appeal, run_id=run, answered_at=timezone.now())
        _log(actor, appeal, "answered", {"run": run})
        words = Words(zh="您的绩效申诉已有答复", en="Your appeal has been answered")
        _tell_person(actor, appeal, ANSWER, "notice", words)


# Reminders


def remind(actor: Actor, today: date) -> int:
    """Remind of what is late or nearly so, at most once a day each; how many appeals that were."""
    soon = working_day_after(today, SOON)
    due = Appeal.objects.filter(state__in=OPEN, answer_by__lte=soon).exclude(reminded_on=today)
    due = due.exclude(participant__cycle__state=Cycle.State.CANCELLED).select_related("participant__cycle", "handler")
    found = list(due.order_by("answer_by"))
    for appeal in found:
        with transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(reminded_on=today)
            _remind(actor, appeal, today)
    return len(found)


def _remind(actor: Actor, appeal: Appeal, today: date) -> None:
    late = appeal.answer_by < today
    handler = appeal.handler
    to = [handler.pk] if handler is not None and handler.is_active else list(_who_assigns(appeal))
    notify(
        to, topic=HANDLE, kind="notice", url=f"/appeals/{appeal.pk}/", urgent=late, due=appeal.answer_by,
        subject_key=subject(appeal.pk), actor=actor,
        title=Words(zh="绩效申诉已超过答复期限", en="An appeal is overdue") if late
        else Words(zh="绩效申诉即将到期", en="An appeal is due soon"),
        body=_due(appeal),
    )  # fmt: skip


# Shared


def _locked(number: int) -> Appeal:
    Appeal.objects.select_for_update().get(pk=number)
    return Appeal.objects.select_related("participant__cycle", "participant__employee", "handler").get(pk=number)


def _set(appeal: Appeal, **values: Any) -> None:
    for name, value in values.items():
        setattr(appeal, name, value)
    appeal.version += 1
    appeal.save(update_fields=[*values, "version"])


def _check(appeal: Appeal, version: int) -> None:
    if appeal.version != version:
        raise Stale(appeal)


def _check_open(appeal: Appeal) -> None:
    if appeal.state == State.WITHDRAWN:
        raise refuse("申诉人已撤回该申诉。", "The appeal has been withdrawn.")
    if appeal.state == State.DECIDED:
        raise refuse("该申诉已作出裁决。", "The appeal has been decided.")


def _check_in_hand(actor: Actor, appeal: Appeal, version: int) -> None:
    """Only who has it in hand acts on it, and only while the rules still allow that."""
    _check_open(appeal)
    _check(appeal, version)
    if appeal.handler_id is None:
        raise refuse("请先指定处理人。", "Name a handler first.")
    if appeal.handler_id != actor.user:
        name = queries.name_of(appeal.handler)
        raise refuse(f"该申诉由 {name} 处理。", f"{name} handles this appeal.")
    _check_handler(appeal, appeal.handler_id)


def _log(actor: Actor, appeal: Appeal, what: str, after: dict[str, Any], before: dict[str, Any] | None = None) -> None:
    record(actor, f"cycles.appeal_{what}", subject(appeal.pk), before=before, after=after)


def _end_todos(actor: Actor, appeal: Appeal) -> None:
    for topic in (HANDLE, VIEW, MORE):
        complete(topic, subject(appeal.pk), actor=actor)


def _tell_officers(actor: Actor, appeal: Appeal) -> None:
    _tell_to_handle(actor, appeal, _who_assigns(appeal))


def _who_assigns(appeal: Appeal) -> set[int]:
    """Those who look after the department's appeals and had no part; where all had one, they find somebody else."""
    every = officers(appeal.participant.cycle.department_id, PERMISSION)
    barred = queries.concerned(appeal)
    own = {user for user, why in barred.items() if why == queries.ONESELF}
    return (every - set(barred)) or (every - own)


def _tell_to_handle(actor: Actor, appeal: Appeal, users: Collection[int]) -> None:
    period = appeal.participant.cycle.label
    notify(
        users, topic=HANDLE, kind="todo", subject_key=subject(appeal.pk), url=f"/appeals/{appeal.pk}/",
        title=Words(zh=f"{period} 绩效申诉待处理", en=f"An appeal to handle · {period}"),
        body=_due(appeal),
        due=appeal.answer_by, actor=actor,
    )  # fmt: skip


def _due(appeal: Appeal) -> Words:
    return Words(zh=f"应于 {appeal.answer_by:%Y-%m-%d} 前答复。", en=f"To be answered by {appeal.answer_by:%Y-%m-%d}.")


def _tell_handler(actor: Actor, appeal: Appeal, title: Words) -> None:
    if appeal.handler_id is not None:
        notify(
            [appeal.handler_id], topic=HANDLE, kind="notice", title=title, body=Words.same(""),
            subject_key=subject(appeal.pk), url=f"/appeals/{appeal.pk}/", actor=actor,
        )  # fmt: skip


def _tell_person(actor: Actor, appeal: Appeal, topic: str, kind: str, title: Words, *, due: date | None = None) -> None:
    accounts = accounts_of([appeal.participant.employee_id])
    notify(
        [one.pk for one in accounts.values()], topic=topic, kind=kind, title=title, body=Words.same(""),
        subject_key=subject(appeal.pk), url=f"/appeals/mine/{appeal.pk}/", due=due, actor=actor,
    )  # fmt: skip
