"""Background work as the pages show it."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from fenming.controls import jobs
from fenming.controls import queries as controls
from fenming.controls.models import Work

PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work with its name for people."""

    work: Work
    title: str


def works(state: str, page: str) -> "Page[Work]":
    """A page of works, the newest first; ``state`` narrows, anything unknown does not."""
    wanted = state if state in Work.State.values else None
    return Paginator(controls.works(state=wanted), PAGE).get_page(page)


def rows(page: "Page[Work]") -> list[Row]:
    """The works of a page with their names."""
    return [Row(one, str(jobs.title(one))) for one in page.object_list]


def states() -> list[tuple[str, str, int | None]]:
    """The choices of the filter, with how many failed: those want somebody's eye."""
    dead = controls.works(state=Work.State.DEAD).count()
    return [(one.value, str(one.label), dead if one is Work.State.DEAD else None) for one in Work.State]


def schedules() -> list[tuple[str, str]]:
    """Every job that has a schedule, and when it runs."""
    found = []
    for one in jobs.jobs().values():
        if one.every:
            minutes = int(one.every.total_seconds() // 60)
            found.append((str(one.title), _("every %(n)s minutes") % {"n": minutes}))
        elif one.daily:
            found.append((str(one.title), _("daily at %(time)s") % {"time": f"{one.daily:%H:%M}"}))
    return sorted(found)
