"""What boards leave to a worker: alerts each morning, then the reports that are due."""

from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Result, Working, job
from fenming.modules.desk.operations import alerts, reports
from fenming.modules.desk.queries.reports import due_on


@job(daily="07:10", name=_("Judge the alerts"))
def judge_alerts(work: Working) -> Result:
    """Yesterday is the last day that is whole."""
    return {"held": alerts.judge_all(timezone.localdate() - timedelta(days=1))}


@job(daily="07:40", name=_("Make the reports that are due"))
def make_reports(work: Working) -> Result:
    """Each is a work of its own, so that one that fails is tried again alone."""
    today = timezone.localdate()
    due = due_on(today)
    for number in due:
        send_report.later(report=number, due=today.isoformat())
    return {"reports": len(due)}


@job(name=_("Send a report"))
def send_report(work: Working, report: int, due: str) -> Result:
    return {"state": reports.send(report, date.fromisoformat(due))}
