"""The kinds of change that somebody's career can take, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fenming.modules.people.operations.career import Career, Place, put, said, wrong
from fenming.modules.people.queries.persons import is_on, last_day


class Change(Protocol):
    """What every kind of change has: its name in the log, and what it does."""

    @property
    def action(self) -> str: ...

    def apply(self, career: Career) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Another primary post from a day on."""

    action: ClassVar[str] = "people.transfer"
    place: Place
    day: date
    reason: str
    until_next: bool = False

    def apply(self, career: Career) -> None:
        career.succeed(self.place, self.day, self.reason, until_next=self.until_next)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """The same post with another manager or another base pay, from a day on."""

    action: str
    day: date
    reason: str
    what: Mapping[str, Any]
    until_next: bool = False

    def apply(self, career: Career) -> None:
        career.employed_on(self.day)
        now = career.primary_on(self.day)
        if now is None:
            raise wrong("day", _("On %(day)s there is no primary post. Record one first."), day=self.day)
        same = {"department": now.department, "post": now.post, "store": now.store, "manager": now.manager,
                "team": now.team, "base": now.base}  # fmt: skip
        career.succeed(Place(**(same | dict(self.what))), self.day, self.reason, until_next=self.until_next)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPost:
    """A further post beside the primary one; ``end`` is the first day without it."""

    action: ClassVar[str] = "people.add_post"
    place: Place
    day: date
    reason: str
    end: date | None = None

    def apply(self, career: Career) -> None:
        employment = career.employed_on(self.day)
        wanted = min((one for one in (self.end, employment.valid_to) if one), default=None)
        new = career.place(self.place, self.day, wanted, self.reason, is_primary=False)
        for one in career.posts:
            same = (one.department_id, one.post_id, one.store_id) == (new.department_id, new.post_id, new.store_id)
            overlap = one.valid_from < (wanted or date.max) and self.day < (one.valid_to or date.max)
            if one is not new and same and overlap:
                raise ValidationError(_("This post is already held then: %(post)s.") % {"post": said(one)})


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPost:
    """The end of a post that stands beside the primary one; ``end`` is the first day without it."""

    action: ClassVar[str] = "people.end_post"
    post: int
    end: date
    reason: str

    def apply(self, career: Career) -> None:
        post = career.post(self.post)
        if post.is_primary:
            raise ValidationError(_("A primary post ends by a transfer or by leaving. Record one of these."))
        if post.valid_to and post.valid_to <= self.end:
            raise wrong("day", _("It ends on %(day)s already."), day=last_day(post.valid_to))
        post.valid_to = self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """A post that was recorded wrongly: it is put right in place, also its first day; the reason is kept."""

    action: ClassVar[str] = "people.correct"
    post: int
    place: Place
    day: date
    reason: str

    def apply(self, career: Career) -> None:
        post = career.post(self.post)
        was = post.valid_from
        put(post, self.place if self.place.base is not None else replace(self.place, base=post.base))
        post.reason = self.reason
        if post.is_primary and was != self.day:
            self._move_neighbour(career, was)
        post.valid_from = self.day

    def _move_neighbour(self, career: Career, was: date) -> None:
        """What ended where this began ends where it begins now; the first post takes its employment along."""
        before = next((one for one in career.posts if one.is_primary and one.valid_to == was), None)
        employment = next((one for one in career.employments if one.valid_from == was), None)
        if before and employment is None:
            before.valid_to = self.day
        if employment:
            employment.valid_from = self.day


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The end of the employment and of all its posts; ``end`` is the first day of absence."""

    action: ClassVar[str] = "people.leave"
    end: date
    reason: str

    def apply(self, career: Career) -> None:
        employment = next((one for one in career.employments if is_on(one, self.end - timedelta(days=1))), None)
        if employment is None:
            raise ValidationError({"day": _("On that day this person is not employed.")})
        if employment.valid_to == self.end:
            raise ValidationError({"day": _("This day is already the last one.")})
        if employment.valid_to and employment.valid_to < self.end:
            raise wrong("day", _("The employment ends on %(day)s already."), day=last_day(employment.valid_to))
        ended = employment.valid_to
        employment.valid_to, employment.reason = self.end, self.reason
        started = employment.valid_from
        inside = [one for one in career.posts if started <= one.valid_from and (not ended or one.valid_from < ended)]
        for one in inside:
            if one.valid_from >= self.end:
                career.remove(one)
            elif one.valid_to is None or one.valid_to > self.end:
                one.valid_to = self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeBack:
    """A further employment of somebody who has left, under the same number."""

    action: ClassVar[str] = "people.come_back"
    place: Place
    day: date
    reason: str

    def apply(self, career: Career) -> None:
        last = max(career.employments, key=lambda one: one.valid_from, default=None)
        if last and (last.valid_to is None or last.valid_to > self.day):
            words = _("This person is employed up to %(day)s. A return can only begin after that.")
            raise wrong("day", words, day=last_day(last.valid_to) or _("further notice"))
        career.employ(self.day, self.reason)
        career.place(self.place, self.day, None, self.reason)
