"""Walls: whose they are, and what one of their boards shows without a single person on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import pgettext

from fenming.controls.scope import Scope
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.accounts.queries.sessions import digest
from fenming.modules.desk.models import Wall
from fenming.modules.desk.queries.board import Board, Kpi, board
from fenming.modules.desk.queries.company import Company, company
from fenming.modules.desk.queries.files import ranking_of
from fenming.modules.desk.queries.pivot import Pivot, pivot
from fenming.modules.indicators.queries import wording

SEEN_EVERY = timedelta(minutes=10)


def own_wall(user: int, wall: int) -> Wall | None:
    """A wall of this account's, and nobody else's."""
    return Wall.objects.filter(pk=wall, owner=user).first()


def own_walls(user: int) -> list[Wall]:
    """The walls of an account, those that still work first."""
    found = Wall.objects.filter(owner=user)
    return sorted(found, key=lambda one: (one.revoked_at is not None, -one.pk))


def wall_at(token: str) -> Wall | None:
    """The wall of a link that works: not revoked, not too old, its maker still there."""
    today = timezone.localdate()
    found = Wall.objects.filter(digest=digest(token), revoked_at=None, expires_on__gte=today, owner__is_active=True)
    return found.select_related("owner").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One board of a wall, in large letters; nobody's name and nobody's pay."""

    title: str
    note: str
    kpis: Sequence[Kpi] = ()
    trend: Mapping[str, Any] = field(default_factory=dict)
    board: Board | None = None
    company: Company | None = None
    pivot: Pivot | None = None
    number: int = 0
    of: int = 1

    @property
    def next(self) -> int:
        return (self.number + 1) % self.of


def screen(wall: Wall, number: int) -> Screen | None:
    """A board of a wall within what its maker may see today; None where there is nothing to see."""
    scope = powers_of(wall.owner).scope("board.view")
    if scope.is_empty or not wall.boards:
        return None
    place = number % len(wall.boards)
    kind, query = wall.boards[place]
    found = _SCREENS[kind](scope, QueryDict(query))
    return None if found is None else replace(found, number=place, of=len(wall.boards))


def _board(scope: Scope, given: QueryDict) -> Screen | None:
    found = ranking_of(scope, given)
    if found is None:
        return None
    shown = board(found)
    title, note = found.group.seat.department.name, wording.period_name(found.group.run)
    return Screen(title=title, note=note, kpis=_without_pay(shown.kpis), trend=shown.trend, board=shown)


def _company(scope: Scope, given: QueryDict) -> Screen | None:
    found = company(scope, given)
    if found is None:
        return None
    note = dict(found.periods).get(found.label, found.label)
    return Screen(title=pgettext("board", "All departments"), note=note, kpis=_without_pay(found.kpis), company=found)


def _pivot(scope: Scope, given: QueryDict) -> Screen | None:
    found = pivot(scope, given)
    if found is None or "employee" in {found.asked.by, *found.asked.only}:
        return None
    return Screen(title=found.name, note=found.by_time, trend=found.trend, pivot=found)


_SCREENS: dict[str, Callable[[Scope, QueryDict], Screen | None]] = {
    "board": _board, "company": _company, "pivot": _pivot,
}  # fmt: skip


def _without_pay(kpis: Sequence[Kpi]) -> list[Kpi]:
    return [one for one in kpis if not one.is_pay]
