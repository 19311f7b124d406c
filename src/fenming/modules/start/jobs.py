"""What the first start leaves to a worker."""

from datetime import date

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Result, Working, job
from fenming.controls.operations import Actor
from fenming.modules.start.operations import records
from fenming.modules.start.operations.demo import found_demo_company

SCORED_MONTHS = 3


@job(tries=3, alone=True, name=_("Found the demo company"))
def found_demo(work: Working, day: str) -> Result:
    """The demo company as of a day; begun again after a crash, it goes on with the facts."""
    found_demo_company(
        until=date.fromisoformat(day),
        scored_months=SCORED_MONTHS,
        told=lambda what, done, of: work.progress(done, of, what.say(settings.LANGUAGE_CODE)),
    )
    return None


@job(tries=3, name=_("Read the first records"))
def read_records(work: Working, token: str) -> Result:
    """Recognise the file's rows as facts; nothing is taken in."""
    return records.read(token, lambda what, done, of: work.progress(done, max(of, 1), what))


@job(tries=3, name=_("Take in the first records"))
def take_records(work: Working, token: str, month: str, user: int | None, who: str) -> Result:
    """Take the facts in and score the month."""
    actor = Actor(user=user, name=who)
    return records.take(token, actor, month, lambda what, done, of: work.progress(done, of, what))
