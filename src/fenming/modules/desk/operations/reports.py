"""Reports are subscribed to, and sent within what their owner may see on that day."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from fenming.controls.operations import SYSTEM, Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.accounts.queries.accounts import users_at
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.desk.models import Report
from fenming.modules.desk.queries.files import PAY, File, file_of
from fenming.modules.messages.operations import send_files

MOST_REPORTS = 20
TOPIC = "desk.report"
PAGES = {"board": "board", "company": "board-company", "pivot": "pivot"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A report as it is to be."""

    kind: str
    query: str
    title: str
    rhythm: str
    day: int


class Undelivered(Exception):  # noqa: N818 - the mail server's word, to be tried again
    """The mail server did not take the report this time."""


def subscribe(actor: Actor, wanted: NewReport) -> Report:
    """Get a board by mail from now on; the same one again is the one that is there."""
    if actor.user is None:
        raise LookupError("A report belongs to an account.")
    given = {name: getattr(wanted, name) for name in wanted.__slots__}
    with transaction.atomic():
        mine = Report.objects.filter(owner=actor.user)
        if same := mine.filter(**given).first():
            return same
        if mine.count() >= MOST_REPORTS:
            raise refuse(
                f"订阅最多 {MOST_REPORTS} 个，请先退订不用的。", f"There are {MOST_REPORTS} reports; drop one first."
            )
        made = Report.objects.create(owner_id=actor.user, **given)
        record(actor, "desk.subscribe", made, after=given)
    return made


def change_report(actor: Actor, report: Report, what: str) -> None:
    """Pause a report, take it up again, or drop it."""
    with transaction.atomic():
        found = Report.objects.filter(pk=report.pk)
        if what == "drop":
            found.delete()
        else:
            found.update(enabled=what == "on")
        record(actor, "desk.change_report", report, after={"what": what})


def send(number: int, due: date) -> str:
    """Make and send a report for a day; returns its state. Sent for that day already: nothing happens.

    Raises ``Undelivered`` where another try may help.
    """
    report = Report.objects.filter(pk=number, enabled=True).first()
    if report is None or (report.sent_for is not None and report.sent_for >= due):
        return "" if report is None else report.state
    user = next(iter(users_at([report.owner_id])), None)
    if user is None or not user.is_active:
        return _note(report, due, Report.State.FAILED, "The account is not active.")
    files = _files(report, user)
    if not files:
        return _note(report, due, Report.State.EMPTY, "")
    outcome = send_files(
        user,
        topic=TOPIC,
        title=_words(report, "title"),
        body=_words(report, "body"),
        url=_address(report),
        files=[(one.name, one.body, one.type) for one in files],
        number=report.pk,
        at=datetime.combine(due, time(), timezone.get_default_timezone()),
    )
    if outcome.is_sent:
        return _note(report, due, Report.State.SENT, "")
    if outcome.hopeless:
        return _note(report, due, Report.State.FAILED, outcome.error)
    Report.objects.filter(pk=report.pk).update(state=Report.State.FAILED, error=outcome.error[:300])
    raise Undelivered(outcome.error)


def _files(report: Report, user: Any) -> list[File]:
    """Excel and PDF in the language of the account, within what it may export now."""
    powers = powers_of(user)
    scope, pay = powers.scope("board.export"), powers.scope(*PAY)
    if scope.is_empty:
        return []
    with override(user.language or settings.LANGUAGE_CODE):
        made = [file_of(scope, pay, report.kind, QueryDict(report.query), form) for form in ("xlsx", "pdf")]
    return [one for one in made if one is not None]


def _words(report: Report, what: str) -> Words:
    said = {}
    for language in ("zh-hans", "en"):
        with override(language):
            said[language] = (
                _("Report: %(title)s") % {"title": report.title}
                if what == "title"
                else _("Excel and PDF are attached. Pause or end it under Boards, Reports.")
            )
    return Words(zh=said["zh-hans"], en=said["en"])


def _address(report: Report) -> str:
    path = reverse(PAGES[report.kind])
    return f"{path}?{report.query}" if report.query and len(report.query) < 250 else path


def _note(report: Report, due: date, state: Report.State, error: str) -> str:
    sent = {"sent_at": timezone.now()} if state == Report.State.SENT else {}
    with transaction.atomic():
        Report.objects.filter(pk=report.pk).update(state=state, error=error[:300], sent_for=due, **sent)
        record(SYSTEM, "desk.send_report", report, after={"state": state, "due": str(due)})
    return state
