"""The log is sealed all the time and verified every night, whoever sleeps."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Result, Working, job
from fenming.controls.operations import seal_log
from fenming.controls.verification import verify
from fenming.library.text import Refusal


@job(every=timedelta(minutes=1), name=_("Seal the operation log"))
def seal(work: Working) -> Result:
    """Seal what has been logged since."""
    return {"entries": seal_log()}


@job(daily="04:30", name=_("Verify the operation log"))
def check(work: Working) -> Result:
    """Verify the whole chain; a finding fails the job at once, so that it stays in sight."""
    seal_log()  # what was logged while no worker was there is not sealed yet, and nothing is wrong with that
    verdict = verify()
    if verdict.findings:
        raise Refusal(verdict.findings[0].words)
    return {"seals": verdict.seals, "entries": verdict.entries}
