"""Reports by mail: whose they are, and which are due."""

from datetime import date, timedelta

from django.db.models import Q

from fenming.modules.desk.models import Report


def own_report(user: int, report: int) -> Report | None:
    """A report of this account's, and nobody else's."""
    return Report.objects.filter(pk=report, owner=user).first()


def own_reports(user: int) -> list[Report]:
    return list(Report.objects.filter(owner=user))


def due_on(day: date) -> list[int]:
    """The reports that are due on a day and were not made for it yet."""
    when = Q(rhythm=Report.Rhythm.WEEK, day=day.isoweekday()) | Q(rhythm=Report.Rhythm.MONTH, day=day.day)
    found = Report.objects.filter(when, enabled=True, owner__is_active=True)
    return list(found.filter(Q(sent_for=None) | Q(sent_for__lt=day)).values_list("id", flat=True))


def next_day(report: Report, today: date) -> date:
    """The next day on which a report is due, today included."""
    day = today
    while not (day.isoweekday() == report.day if report.rhythm == Report.Rhythm.WEEK else day.day == report.day):
        day += timedelta(days=1)
    return day
