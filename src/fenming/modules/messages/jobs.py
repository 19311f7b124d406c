"""Background work of messages."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Result, Working, job
from fenming.modules.messages import operations
from fenming.modules.messages.sending import outbox


@job(every=timedelta(minutes=1), name=_("Send what is due to be sent"))
def send_due(work: Working) -> Result:
    """What waits, whose quiet hours are over, digests whose hour has come, and what failed before."""
    return {"letters": outbox.send_due()}


@job(daily="03:20", name=_("Tidy old messages and deliveries"))
def tidy_messages(work: Working) -> Result:
    return dict(operations.tidy(timezone.now()))
