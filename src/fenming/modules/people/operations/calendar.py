"""Writes of the working calendar and of what the company says about itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from fenming.controls.operations import Actor, record
from fenming.library.calendars import calendars_of
from fenming.library.text import Words
from fenming.modules.people.models import CalendarDay, Company

FIVE_DAYS = "five_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDay:
    """A day that is not what its weekday says."""

    date: date
    kind: str
    name: Words


def describe_company(actor: Actor, *, name: Words, time_zone: str, language: str, calendar: str) -> Company:
    """The company's name, time zone, language and calendar; a new calendar brings the shipped years with it."""
    given = {"name_zh": name.zh, "name_en": name.en, "time_zone": time_zone, "language": language, "calendar": calendar}
    with transaction.atomic():
        there = Company.objects.select_for_update().filter(pk=1).first()
        before = {one: getattr(there, one) for one in given} if there else None
        if before == given and there:
            return there
        made, _ = Company.objects.update_or_create(pk=1, defaults=given)
        if before is None or before["calendar"] != calendar:
            bring_calendar(calendar)
        record(actor, "people.describe_company", "company", before=before, after=given)
    return made


def bring_calendar(country: str) -> None:
    """The shipped years of a country, in the place of what those years held."""
    for one in calendars_of(country):
        CalendarDay.objects.filter(date__year=one.year).delete()
        CalendarDay.objects.bulk_create(
            CalendarDay(date=day, kind=kind, name_zh=name.zh, name_en=name.en)
            for day, (kind, name) in one.days().items()
        )
    if not calendars_of(country):
        CalendarDay.objects.all().delete()


def set_day(actor: Actor, wanted: NewDay) -> None:
    """Make a day a working day, a day off or a statutory holiday."""
    with transaction.atomic():
        before = _kept(CalendarDay.objects.filter(date=wanted.date).first())
        after = {"kind": wanted.kind, "name_zh": wanted.name.zh, "name_en": wanted.name.en}
        CalendarDay.objects.update_or_create(date=wanted.date, defaults=after)
        record(actor, "people.set_day", wanted.date, before=before, after=after)


def clear_day(actor: Actor, day: date) -> None:
    """Let a day be what its weekday says."""
    with transaction.atomic():
        there = CalendarDay.objects.filter(date=day).first()
        if there is not None:
            there.delete()
            record(actor, "people.clear_day", day, before=_kept(there))


def replace_year(actor: Actor, year: int, days: Sequence[NewDay]) -> None:
    """A year's notice in the place of what the calendar said about that year."""
    with transaction.atomic():
        gone, _ = CalendarDay.objects.filter(date__year=year).delete()
        CalendarDay.objects.bulk_create(_rows(days))
        record(actor, "people.replace_year", year, before={"days": gone}, after={"days": len(days)})


def _rows(days: Iterable[NewDay]) -> list[CalendarDay]:
    return [CalendarDay(date=one.date, kind=one.kind, name_zh=one.name.zh, name_en=one.name.en) for one in days]


def _kept(one: CalendarDay | None) -> dict[str, str] | None:
    return {"kind": one.kind, "name_zh": one.name_zh, "name_en": one.name_en} if one else None
