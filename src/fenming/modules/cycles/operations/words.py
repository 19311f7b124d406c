"""Questions asked and answered; thanks given and taken back."""

from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from fenming.controls.operations import Actor, record
from fenming.library.badges import badges
from fenming.library.text import Words, refuse
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Question, Recognition
from fenming.modules.cycles.queries.officers import officers
from fenming.modules.cycles.queries.words import MOST_A_DAY, About, given_today, may_withdraw
from fenming.modules.messages.operations import complete, notify
from fenming.modules.people.queries.colleagues import hold
from fenming.modules.people.queries.reach import departments_of

TOPIC = "cycles.question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks, and whether it goes to HR instead of the reviewer."""

    text: str
    to_hr: bool = False


def key(question: int) -> str:
    return f"question {question}"


def ask(actor: Actor, employee: int, about: About, asked: Asked) -> Question:
    """Ask the reviewer or HR about a number or in general; the same words about the same thing are asked once."""
    with transaction.atomic():
        hold(employee)
        person = about.participant
        to = None if asked.to_hr or person is None else person.reviewer_id
        same = {
            "employee_id": employee,
            "participant": person,
            "to_id": to,
            "scorecard": about.card.pk if about.card else None,
            "indicator": about.indicator.id if about.indicator else "",
            "fact": about.fact,
            "text": asked.text,
        }
        before = Question.objects.filter(**same, answered_at=None).first()
        if before is not None:
            return before
        question = Question.objects.create(**same)
        after = {name: same[name] for name in ("indicator", "fact", "scorecard", "text")} | {"to": to or "hr"}
        record(actor, "cycles.question_asked", key(question.pk), after=after)
        notify(
            _answerers(question),
            topic=TOPIC,
            kind="todo",
            title=Words(zh="有一个绩效疑问等待答复", en="A question about performance waits for an answer"),
            body=Words.same(f"{question.employee.name}: {asked.text[:300]}"),
            url=reverse("question", args=(question.pk,)),
            subject_key=key(question.pk),
            actor=actor,
        )
    return question


def _answerers(question: Question) -> set[int]:
    """The account of whom it is for; where there is none, HR of the department."""
    if question.to_id:
        found = accounts_of({question.to_id})
        if found:
            return {one.pk for one in found.values()}
    person = question.participant
    places = [person.cycle.department_id] if person else departments_of(question.employee_id, timezone.localdate())
    return {user for place in places for user in officers(place)}


def answer(actor: Actor, question: Question, text: str) -> bool:
    """Answer a question and tell who asked; False where somebody else has answered it already."""
    with transaction.atomic():
        held = Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
        if held.answered_at is not None:
            return held.answer == text
        now = timezone.now()
        Question.objects.filter(pk=held.pk).update(answer=text, answered_at=now, answered_by=actor.user)
        complete(TOPIC, key(held.pk), actor=actor)
        record(actor, "cycles.question_answered", key(held.pk), after={"answer": text})
        notify(
            [one.pk for one in accounts_of({held.employee_id}).values()],
            topic="cycles.question_answered",
            kind="notice",
            title=Words(zh="你的疑问有了答复", en="Your question has been answered"),
            body=Words.same(text[:300]),
            url=reverse("question", args=(held.pk,)),
            actor=actor,
        )
    return True


# Thanks


def thank(actor: Actor, giver: int, receiver: int, badge: str, text: str) -> Recognition:
    """Thank a colleague; the same thanks sent twice are given once."""
    if giver == receiver:
        raise refuse("不能感谢自己。", "You cannot thank yourself.")
    with transaction.atomic():
        hold(giver)
        same = Recognition.objects.filter(
            giver=giver, receiver=receiver, badge=badge, text=text, withdrawn_at=None, at__date=timezone.localdate()
        ).first()
        if same is not None:
            return same
        if given_today(giver) >= MOST_A_DAY:
            raise refuse(
                f"一天最多感谢 {MOST_A_DAY} 次，明天再来。", f"You can thank {MOST_A_DAY} times a day. Go on tomorrow."
            )
        thanks = Recognition.objects.create(giver_id=giver, receiver_id=receiver, badge=badge, text=text)
        record(actor, "cycles.thanked", f"thanks {thanks.pk}", after={"receiver": receiver, "badge": badge})
        name, what = thanks.giver.name, badges()[badge].name
        notify(
            [one.pk for one in accounts_of({receiver}).values()],
            topic="cycles.thanks",
            kind="notice",
            title=Words(zh=f"{name} 感谢了你：{what.zh}", en=f"{name} thanked you: {what.en}"),
            body=Words.same(text),
            url=reverse("thanks"),
            actor=actor,
        )
    return thanks


def withdraw(actor: Actor, thanks: Recognition, giver: int) -> bool:
    """Take thanks back; False where a day has passed."""
    with transaction.atomic():
        held = Recognition.objects.select_for_update(of=("self",)).get(pk=thanks.pk)
        if held.withdrawn_at is not None:
            return True
        if not may_withdraw(held, giver):
            return False
        Recognition.objects.filter(pk=held.pk).update(withdrawn_at=timezone.now())
        record(actor, "cycles.thanks_withdrawn", f"thanks {held.pk}", after={"receiver": held.receiver_id})
    return True
