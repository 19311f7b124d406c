"""What the first start leaves to a worker."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Result, Working, job
from fenming.modules.start.operations.demo import found_demo_company

SCORED_MONTHS = 3


@job(tries=3, name=_("Found the demo company"))
def found_demo(work: Working, day: str) -> Result:
    """The demo company as of a day; begun again after a crash, it goes on with the facts."""
    found_demo_company(
        until=date.fromisoformat(day),
        scored_months=SCORED_MONTHS,
        told=lambda what, done, of: work.progress(done, of, what),
    )
    return None
