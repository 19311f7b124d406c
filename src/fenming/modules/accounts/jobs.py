"""Background work of accounts."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Result, Working, job
from fenming.controls.operations import SYSTEM, Actor
from fenming.modules.accounts.models import Link
from fenming.modules.accounts.operations import invitations, letters, sessions, standing
from fenming.modules.accounts.operations.keys import tidy_answers
from fenming.modules.accounts.queries.accounts import for_letter, users_at


@job(daily="03:10", name=_("Clean up sessions and sign-in attempts"))
def clean_sessions(work: Working) -> Result:
    SessionStore.clear_expired()
    return {"deleted": sessions.clean()}


@job(daily="02:40", name=_("Suspend the accounts of people who left"))
def suspend_leavers(work: Working) -> Result:
    return {"suspended": standing.suspend_leavers()}


@job(tries=2, name=_("Send invitations by e-mail"))
def send_invitations(work: Working, users: list[int], base: str, sender: int, sender_name: str) -> Result:
    """Links are made here, so that no token waits in the table of works."""
    actor = Actor(user=sender, name=sender_name)
    made = invitations.make_links(users_at(users), purpose=Link.Purpose.INVITE, actor=actor)
    return {"sent": letters.send(made, base)}


@job(tries=2, name=_("Send a link for a new password"))
def send_reset(work: Working, who: str, base: str) -> Result:
    """Whoever asked waited the same time, whether there is such an account or not: it is looked up here."""
    user = for_letter(who)
    if user is None or not letters.address_of(user):
        return {"sent": 0}
    made = invitations.make_links([user], purpose=Link.Purpose.RESET, actor=SYSTEM)
    return {"sent": letters.send(made, base)}


@job(every=timedelta(hours=1), name=_("Forget answers of the open API that are no longer repeated"))
def tidy_api_answers(work: Working) -> Result:
    return {"answers": tidy_answers(timezone.now())}
