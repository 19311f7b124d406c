"""Somebody's history in words: what was when, what changed, and what a change would make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from fenming.controls.models import Operation
from fenming.modules.people.models import Assignment, Employment
from fenming.modules.people.queries.persons import Person, is_on, last_day

ACTIONS: dict[str, str | Promise] = {
    "people.take_on_one": gettext_lazy("Taken on"),
    "people.edit": gettext_lazy("File edited"),
    "people.transfer": pgettext_lazy("people", "Transfer"),
    "people.add_post": gettext_lazy("Additional post"),
    "people.end_post": gettext_lazy("Post ended"),
    "people.change_manager": gettext_lazy("Manager changed"),
    "people.change_pay": gettext_lazy("Base pay changed"),
    "people.correct": gettext_lazy("Mistake corrected"),
    "people.leave": pgettext_lazy("people", "Leave"),
    "people.come_back": pgettext_lazy("people", "Return"),
    "people.undo": gettext_lazy("Change taken back"),
    "people.reveal": gettext_lazy("Shown in plain"),
    "people.reveal_by_key": gettext_lazy("Read in plain by a program"),
    "people.reveal_refused": gettext_lazy("Showing in plain refused"),
    "organisation.found": gettext_lazy("Founded"),
    "organisation.change": gettext_lazy("Changed"),
    "organisation.close": gettext_lazy("Closed"),
    "organisation.reopen": gettext_lazy("Reopened"),
    "organisation.import": gettext_lazy("Changed by a file"),
    "fields.add": gettext_lazy("Added"),
    "fields.change": gettext_lazy("Changed"),
    "fields.retire": gettext_lazy("No longer used"),
    "fields.bring_back": gettext_lazy("In use again"),
}
NAMES: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "number": gettext_lazy("Number"),
    "tag": gettext_lazy("Service tag"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "id_number": gettext_lazy("ID number"),
    "from": pgettext_lazy("people", "From"),
    "last_day": pgettext_lazy("people", "Last day"),
    "reason": pgettext_lazy("people", "Reason"),
    "department": pgettext_lazy("people", "Department"),
    "post": pgettext_lazy("people", "Post"),
    "store": pgettext_lazy("people", "Store"),
    "manager": pgettext_lazy("people", "Manager"),
    "team": gettext_lazy("Team"),
    "base": gettext_lazy("Base pay"),
    "primary": gettext_lazy("Primary post"),
    "field": pgettext_lazy("people", "Field"),
    "on": gettext_lazy("As of"),
    "undone": gettext_lazy("Taken back"),
    "name_zh": gettext_lazy("Chinese name"),
    "name_en": gettext_lazy("English name"),
    "parent": gettext_lazy("Parent department"),
    "region": gettext_lazy("Region"),
    "position": gettext_lazy("Order"),
    "platform": gettext_lazy("Platform"),
    "closed_on": gettext_lazy("Closed from"),
    "kind": gettext_lazy("Type"),
    "choices": gettext_lazy("Choices"),
    "required": gettext_lazy("Required"),
    "seen_with": gettext_lazy("Who sees it"),
    "searchable": gettext_lazy("In search"),
    "retired": gettext_lazy("No longer used"),
}
MACHINERY = frozenset({"version", "form", "undo", "from"})


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch or a day of somebody's history, as of the day that the page shows."""

    at: date
    until: date | None
    title: str
    text: str
    tone: str
    icon: str
    by: str
    post: Assignment | None = None


def moments(person: Person) -> list[Moment]:
    """Employments and posts, the newest first."""
    found = [_of_post(one, person.day) for one in person.posts]
    for one in person.employments:
        found.append(_of_start(one))
        if one.valid_to:
            found.append(_of_end(one))
    order = {"login": 0, "": 1, "logout": 2}
    return sorted(found, key=lambda one: (one.at, order.get(one.icon, 1)), reverse=True)


def _of_post(post: Assignment, day: date) -> Moment:
    places = [str(post.department), post.team, str(post.store or "")]
    tone = "brand" if is_on(post, day) else "blue" if post.valid_from > day else "slate"
    title = str(post.post) if post.is_primary else _("%(post)s (additional)") % {"post": post.post}
    text = " · ".join(one for one in places if one)
    icon = "briefcase" if post.is_primary else "briefcase-2"
    return Moment(
        post.valid_from, last_day(post.valid_to), title, _with_reason(text, post), tone, icon, _author(post), post
    )


def _with_reason(text: str, row: Assignment | Employment) -> str:
    reason = _("Reason: %(reason)s") % {"reason": row.reason} if row.reason else ""
    return " — ".join(one for one in (text, reason) if one)


def _of_start(one: Employment) -> Moment:
    reason = "" if one.valid_to else _with_reason("", one)
    return Moment(one.valid_from, None, pgettext("people", "Joined"), reason, "violet", "login", _author(one))


def _of_end(one: Employment) -> Moment:
    return Moment(
        last_day(one.valid_to) or one.valid_from,
        None,
        pgettext("people", "Left"),
        _with_reason("", one),
        "coral",
        "logout",
        "",
    )


def _author(row: Assignment | Employment) -> str:
    return row.author.get_full_name() if row.author else ""


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the log in words."""

    entry: Operation
    title: str
    differences: list[Difference]

    @property
    def is_change(self) -> bool:
        return "version" in (self.entry.after or {})


def told(entry: Operation, names: Mapping[str, str] | None = None) -> Told:
    """``names`` are those of the company's own fields, by their codes."""
    before, after = entry.before or {}, entry.after or {}
    found: list[Difference] = []
    for name in dict.fromkeys([*before, *after]):
        if name in MACHINERY:
            continue
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            if not _is_followed(new, before, after):
                found += _inside(old or _before_it(new or {}, before), new or {})
        else:
            found += _one(name, old, new, names)
    return Told(entry, str(ACTIONS.get(entry.action, entry.action)), found)


def _follows(row: Any, other: Any) -> bool:
    """Whether a post as the log tells it begins the day after another ends."""
    if not isinstance(row, Mapping) or not isinstance(other, Mapping) or not row.get("primary"):
        return False
    end, start = other.get("last_day"), row.get("from")
    return bool(end and start) and date.fromisoformat(str(end)) + timedelta(days=1) == date.fromisoformat(str(start))


def _is_followed(row: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether it only made room for a new row of the same entry, which tells the difference."""
    return any(name not in before and _follows(one, row) for name, one in after.items())


def _before_it(row: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """The post in whose place a new one stands: the changed one of the same entry."""
    others = [one for one in before.values() if isinstance(one, Mapping) and one.get("primary")]
    return others[0] if row.get("primary") and len(others) == 1 else {}


def _inside(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    return [one for name in dict.fromkeys([*old, *new]) for one in _one(name, old.get(name), new.get(name))]


def _one(name: str, old: Any, new: Any, names: Mapping[str, str] | None = None) -> list[Difference]:
    if old == new or (old in (None, "") and new in (None, "")):
        return []
    code = name.removeprefix("field ")
    said = NAMES.get(name) or (names or {}).get(code, code)
    return [Difference(str(said), _word(old), _word(new))]


def _word(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in ("phone", "id_number", "base"):
        return str(NAMES[value])
    return str(ACTIONS.get(str(value), value)).replace("≠", "")


class Planned(Protocol):
    """A career as it would become: `operations.career.Career`."""

    posts: list[Assignment]
    employments: list[Employment]
    removed: list[Any]

    @property
    def touched(self) -> list[Any]: ...
    def was(self, row: Any) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    text: str
    start: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows that a change touches, as they are and as they would become."""

    before: list[Line]
    after: list[Line]
    pay: bool
    """Whether the base pay changes: how much is not shown."""


def compared(career: Planned) -> Comparison:
    rows = [*career.touched, *career.removed]
    before = [_line(row, was) for row in rows if (was := career.was(row))]
    after = [_line(row, None) for row in career.touched]
    posts = [one for one in career.touched if isinstance(one, Assignment)]
    pay = any(_pay_before(career, one) != one.base for one in posts)
    return Comparison(sorted(before, key=_start), sorted(after, key=_start), pay)


def _pay_before(career: Planned, post: Assignment) -> Any:
    """What the row paid, or, of a new one, the post that it follows."""
    was = career.was(post)
    if was:
        return was["base"]
    before = (one for one in career.posts if one.is_primary and one.valid_to == post.valid_from)
    return next((one.base for one in before), post.base)


def _start(line: Line) -> date:
    return line.start


def _line(row: Any, was: Mapping[str, Any] | None) -> Line:
    """A row as it was, or, without that, as it would become."""
    start = was["valid_from"] if was else row.valid_from
    until = last_day(was["valid_to"] if was else row.valid_to)
    if isinstance(row, Employment):
        return Line(pgettext("people", "Employment"), "", start, until)
    named = {name: _named(row, name, was) for name in ("department", "post", "store", "manager")}
    team = was["team"] if was else row.team
    manager = _("manager %(name)s") % {"name": named["manager"]} if named["manager"] else ""
    parts = [named["department"], team, named["store"], manager]
    return Line(named["post"], " · ".join(one for one in parts if one), start, until)


def _named(row: Assignment, name: str, was: Mapping[str, Any] | None) -> str:
    pk = was[f"{name}_id"] if was else getattr(row, f"{name}_id")
    if pk == getattr(row, f"{name}_id"):
        return str(getattr(row, name) or "")
    model: Any = row._meta.get_field(name).related_model
    return str(model.objects.filter(pk=pk).first() or "")
