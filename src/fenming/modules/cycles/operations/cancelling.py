"""Calling a cycle off: nobody has anything left to do in it, and another one of the period can be opened."""

from collections.abc import Iterator

from django.db import transaction
from django.urls import reverse

from fenming.controls.operations import Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Appeal, Cycle, Improvement, Task
from fenming.modules.cycles.operations.steps import closing
from fenming.modules.cycles.operations.tasks import end, todo_key
from fenming.modules.cycles.queries.appeals import open_appeals, subject
from fenming.modules.messages.operations import complete_all, notify


def cancel(actor: Actor, cycle: Cycle, *, reason: str) -> None:
    """Call a cycle off: its tasks are waived, its to-dos close, and whoever has appealed is told. Once is enough."""
    if not reason.strip():
        raise refuse("请写明取消周期的原因。", "Say why the cycle is called off.")
    with transaction.atomic():
        cycle = Cycle.objects.select_for_update().get(pk=cycle.pk)
        if cycle.state == Cycle.State.CANCELLED:
            return
        if cycle.state == Cycle.State.CLOSED or closing(cycle):
            raise refuse("已归档的周期不能取消。", "An archived cycle cannot be called off.")
        end(actor, Task.objects.filter(step__cycle=cycle, state=Task.State.OPEN), state=Task.State.WAIVED, why=reason)
        complete_all("cycles.", _subjects(cycle), actor=actor)
        _tell_appellants(actor, cycle)
        Cycle.objects.filter(pk=cycle.pk).update(state=Cycle.State.CANCELLED, version=cycle.version + 1)
        record(actor, "cycles.cancel", cycle, after={"reason": reason})


def _subjects(cycle: Cycle) -> Iterator[str]:
    """What the to-dos of a cycle are about; a question keeps its own, since somebody waits for the answer."""
    yield f"cycle {cycle.pk}"
    yield from (todo_key(one) for one in cycle.steps.values_list("id", flat=True))
    yield from (f"interview {one}" for one in cycle.participants.values_list("id", flat=True))
    mine = {"participant__cycle": cycle}
    yield from (f"improvement {one}" for one in Improvement.objects.filter(**mine).values_list("id", flat=True))
    yield from (subject(one) for one in Appeal.objects.filter(**mine).values_list("id", flat=True))


def _tell_appellants(actor: Actor, cycle: Cycle) -> None:
    waiting = open_appeals(cycle).values_list("participant__employee", flat=True)
    users = [one.pk for one in accounts_of(set(waiting)).values()]
    if users:
        notify(
            users,
            topic="cycles.appeal_ended",
            kind="notice",
            title=Words(zh=f"{cycle.label} 绩效周期已取消", en=f"The performance cycle {cycle.label} was called off"),
            body=Words(
                zh="该周期的结果不再有效，您的申诉随之终止。",
                en="Its results count no more, so your appeal ends with it.",
            ),
            url=reverse("my-appeals"),
            actor=actor,
        )
