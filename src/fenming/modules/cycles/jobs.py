"""What cycles leave to a worker: scoring and closing, and what every day brings."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Result, Working, job
from fenming.controls.operations import SYSTEM, Actor
from fenming.modules.cycles.operations import appeals, daily, reminders
from fenming.modules.cycles.operations import close as numbers
from fenming.modules.cycles.operations.improvements import remind_of_due
from fenming.modules.schemes.operations import Overtaken


def _told(work: Working) -> numbers.Told:
    def told(what: str, done: int, of: int) -> None:
        work.progress(done, max(of, 1), _("Writing results") if what == "store" else _("Reading the records"))

    return told


@job(tries=3, name=_("Score a department"))
def score(work: Working, cycle: int, user: int | None, who: str) -> Result:
    """A new run of a cycle's departments with all facts and decisions so far."""
    try:
        return {"run": numbers.score(Actor(user=user, name=who), cycle, told=_told(work))}
    except Overtaken:
        return {"overtaken": True}


@job(name=_("Archive a cycle"))
def close(work: Working, cycle: int, user: int | None, who: str) -> Result:
    """Close the period for a cycle's departments; begun again, it goes on where it was."""
    try:
        return {"run": numbers.close(Actor(user=user, name=who), cycle, work.work, told=_told(work))}
    except numbers.Stopped:
        return {"stopped": True}


@job(daily="02:50", name=_("Keep cycles in step with the company"))
def keep_in_step(work: Working) -> Result:
    """Open what opens itself, take leavers out and newcomers in, end steps that everybody has done."""
    return {"opened": daily.open_due(), "changed": daily.refresh_all(), "ended": daily.go_on()}


@job(daily="08:30", name=_("Remind people of their cycles"))
def remind(work: Working) -> Result:
    """Reminders before deadlines, notices after them; on working days."""
    done = reminders.remind_of_day()
    return {"people": done.people, "late": done.late, "managers": done.managers}


@job(daily="07:10", name=_("Remind of improvements that are due"))
def improvements_due(work: Working) -> Result:
    """A to-do for both sides of each action that is nearly due, due, or overdue."""
    return {"actions": remind_of_due(timezone.localdate())}


@job(name=_("Answer an appeal"))
def answer_appeal(work: Working, appeal: int, user: int | None, who: str) -> Result:
    """Let the decision on an appeal show in the numbers, and answer the person."""
    run = appeals.give_effect(Actor(user=user, name=who), appeal, told=_told(work))
    return {"run": run}


@job(daily="08:40", name=_("Remind of appeals"))
def remind_appeals(work: Working) -> Result:
    """Tell handlers what is late or due soon."""
    return {"appeals": appeals.remind(SYSTEM, timezone.localdate())}
