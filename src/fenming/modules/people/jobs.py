"""Background work: reading imports, writing them, setting them back; the search after a change of fields."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from fenming.controls.jobs import Job, Working, job
from fenming.controls.operations import Actor
from fenming.controls.scope import Powers
from fenming.library.text import Refusal
from fenming.modules.people.importing.plan import plan
from fenming.modules.people.importing.planned import Choices
from fenming.modules.people.importing.reading import read_table
from fenming.modules.people.models import Employee, ImportRow, PeopleImport
from fenming.modules.people.operations import importing
from fenming.modules.people.operations.import_batch import write_batch
from fenming.modules.people.operations.import_undo import undo_batch
from fenming.modules.people.operations.search import rewrite_after
from fenming.modules.people.queries.custom import searched_fields
from fenming.modules.people.queries.importing import company_for, fields_for

KEPT = timedelta(days=30)
State = PeopleImport.State


def begin(actor: Actor, **given: Any) -> PeopleImport:
    """Keep a file and let it be read."""
    with transaction.atomic():
        one = importing.receive(actor, **given)
        _later(read_import, one, actor)
    return one


def go_on(actor: Actor, one: PeopleImport, create: list[str]) -> None:
    """Let what the preview showed be written."""
    with transaction.atomic():
        importing.confirm(actor, one, create)
        _later(write_import, one, actor)


def take_back(actor: Actor, one: PeopleImport) -> None:
    """Let what was written be set back."""
    with transaction.atomic():
        importing.undo(actor, one)
        _later(undo_import, one, actor)


def _later(work: Job[Any], one: PeopleImport, actor: Actor) -> None:
    queued = work.later(by=actor.user, name=one.name, number=one.pk)
    PeopleImport.objects.filter(pk=one.pk).update(work=queued.pk)


def _powers(one: PeopleImport) -> Powers:
    """What the importer may do by now, not when the file came."""
    user = get_user_model().objects.filter(pk=one.author_id, is_active=True).first() if one.author_id else None
    return import_string(settings.POWERS)(user) if user else Powers()


@job(name=_("Read a file of people"))
def read_import(work: Working, number: int) -> dict[str, Any] | None:
    """Compare a file with the company and keep what each row comes to."""
    one = PeopleImport.objects.filter(pk=number, state=State.READING).first()
    if one is None:
        return None
    try:
        return _read(work, one)
    except Refusal as refused:
        importing.fail(one, refused)
        return None


def _read(work: Working, one: PeopleImport) -> dict[str, Any]:
    importing.sweep()
    powers = _powers(one)
    fields = fields_for(powers)
    work.progress(0, 1, _("Opening the file"))
    with importing.opened(one) as path:
        table = read_table(path, fields)
    total = len(table.rows)
    work.progress(0, total, _("Comparing with the company"))
    company = company_for(table.rows, powers)
    planned = plan(table.rows, company, fields, Choices(from_day=one.from_day, corrects=one.corrects))
    importing.keep_plan(one, table, planned, lambda done: work.progress(done, total, _("Keeping the comparison")))
    return {"rows": total}


@job(name=_("Write an import of people"))
def write_import(work: Working, number: int) -> dict[str, Any] | None:
    """Write the waiting rows; begun again, it goes on after the last batch."""
    one = PeopleImport.objects.filter(pk=number).first()
    if one is None:
        return None
    powers = _powers(one)
    left = ImportRow.objects.filter(of=one, state=ImportRow.State.WAITING).count()
    of = ImportRow.objects.filter(of=one).exclude(kind=ImportRow.Kind.UNCHANGED).count()
    while count := write_batch(number, powers):
        left -= count
        work.progress(of - left, of, _("Writing"))
    return {"rows": of - left}


@job(name=_("Undo an import of people"))
def undo_import(work: Working, number: int) -> dict[str, Any] | None:
    """Set written rows back; begun again, it goes on after the last batch."""
    of = left = ImportRow.objects.filter(of=number, state=ImportRow.State.APPLIED).count()
    one = PeopleImport.objects.filter(pk=number).first()
    if one is None:
        return None
    scope = _powers(one).scope("people.import")
    while count := undo_batch(number, scope):
        left -= count
        work.progress(of - left, of, _("Setting back"))
    return {"rows": of - left}


@job(daily="03:50", name=_("Forget old imports of people"))
def forget_imports(work: Working) -> dict[str, Any]:
    """After a month an import cannot be undone any more, and what its rows held is forgotten."""
    old = PeopleImport.objects.filter(made_at__lt=timezone.now() - KEPT)
    ended = [State.READY, State.FAILED, State.APPLIED, State.UNDONE, State.STOPPED]
    count = 0
    for one in old.filter(state__in=ended):
        importing.drop_file(one)
        importing.forget_rows(one)
        one.delete()
        count += 1
    importing.sweep()
    return {"forgotten": count}


@contextmanager
def search_in_step(actor: Actor) -> Iterator[None]:
    """Around a change of fields: if the search looks into others then, it is rewritten for everybody."""
    with transaction.atomic():
        before = _searched()
        yield
        if _searched() != before:
            rewrite_search.later(by=actor.user)


def _searched() -> list[tuple[str, str, list[Any]]]:
    return [(one.code, one.kind, one.choices) for one in searched_fields()]


@job(name=_("Rewrite the search for people"))
def rewrite_search(work: Working) -> dict[str, Any]:
    """What the search looks into, of everybody."""
    of, done, last = Employee.objects.count(), 0, 0
    while step := rewrite_after(last):
        count, last = step
        done += count
        work.progress(done, of, _("Writing"))
    return {"people": done}
