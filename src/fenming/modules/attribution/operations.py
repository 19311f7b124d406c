"""Writes of the roster."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.modules.attribution.models import Duty
from fenming.pipeline import inputs


def replace_roster(
    duties: Sequence[inputs.Duty], employees: Mapping[str, int], *, source: str, actor: Actor = SYSTEM
) -> int:
    """Take the shifts of one source in place of what it said before; ``employees`` gives ids by number."""
    zone = ZoneInfo(settings.TIME_ZONE)
    with transaction.atomic():
        gone, _ = Duty.objects.filter(source=source).delete()
        Duty.objects.bulk_create(
            [
                Duty(
                    employee_id=employees[duty.person],
                    account=duty.account,
                    start=_aware(duty.start, zone),
                    end=_aware(duty.end, zone),
                    weight=duty.weight,
                    source=source,
                    source_row=duty.row,
                )
                for duty in duties
            ],
            batch_size=2000,
        )
        record(actor, "attribution.replace_roster", source, before={"shifts": gone}, after={"shifts": len(duties)})
    return len(duties)


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=zone)
