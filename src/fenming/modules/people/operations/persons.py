"""Changes of one person: each is planned, checked against the editor's reach, kept and logged as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.models import Operation, Run
from fenming.controls.operations import Actor, record
from fenming.controls.redaction import MASK, MASK_CHANGED
from fenming.controls.scope import Scope
from fenming.modules.people.identity import id_index, is_wrong_id, phone_index, plain_id, plain_phone
from fenming.modules.people.models import Assignment, Employee
from fenming.modules.people.operations.career import Career, Place, Row, put, said, values, wrong
from fenming.modules.people.queries.custom import search_of, searched_fields
from fenming.modules.people.queries.persons import is_on, last_day, seat
from fenming.modules.people.queries.reach import people_in

REVEALED_MAX = 30
REVEALED_WITHIN = timedelta(minutes=10)
ADDED, SET = "add", "set"


def subject(number: str) -> str:
    """Under which name the log knows a person."""
    return f"employee {number}"


class Stale(Exception):  # noqa: N818 - nobody did wrong, somebody else was faster
    """The person was changed since the form was opened; these are the entries of the log that say how."""

    def __init__(self, employee: Employee, entries: list[Operation]) -> None:
        super().__init__(str(employee))
        self.employee = employee
        self.entries = entries


class Gone(Exception):  # noqa: N818 - as Stale
    """There is no such person within the editor's reach."""


class Change(Protocol):
    """A change of somebody's career, as data."""

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


# Carrying out


def carry_out(actor: Actor, number: str, change: Change, *, reach: Scope, version: int, form: str = "") -> Employee:
    """Apply a change to a person within reach, whole or not at all, with one entry in the log.

    ``version`` is that of the file when the form was opened; ``form`` is its key: one form sent twice is done once.
    """
    with transaction.atomic():
        employee = _opened(number, reach, version, form)
        if employee is None:
            return Employee.objects.get(number=number)
        career = Career.of(employee, actor.user)
        change.apply(career)
        career.check(reach)
        _keep(career, actor, change.action, form)
        return employee


def preview(number: str, change: Change, *, reach: Scope) -> Career:
    """What a change would make of somebody's career; nothing is written."""
    employee = Employee.objects.filter(people_in(reach), number=number).first()
    if employee is None:
        raise Gone
    career = Career.of(employee)
    change.apply(career)
    with transaction.atomic():
        career.check(reach)
    return career


def _opened(number: str, reach: Scope, version: int, form: str) -> Employee | None:
    """The person, locked; None where this very form was sent before."""
    employee = Employee.objects.select_for_update().filter(people_in(reach), number=number).first()
    if employee is None:
        raise Gone
    if employee.version == version:
        return employee
    entries = changes_since(number, version)
    if form and any((one.after or {}).get("form") == form for one in entries):
        return None
    raise Stale(employee, entries)


def changes_since(number: str, version: int) -> list[Operation]:
    """The entries that brought a person's file beyond a version, the newest first."""
    return list(Operation.objects.filter(object=subject(number), after__version__gt=version).order_by("-id")[:20])


def _keep(career: Career, actor: Actor, action: str, form: str) -> None:
    employee, touched, first = career.employee, career.touched, career.first_day()
    if not touched and not career.removed:
        raise ValidationError(_("Nothing would change."))
    before = {_name(row): described(row, was) for row in touched if (was := career.was(row))}
    before |= {_name(row): described(row, values(row)) for row in career.removed}
    undo = _undo_of(career)
    career.sum_up()
    employee.version += 1
    for row in career.removed:
        row.delete()
    employee.save()
    for row in _shrinking_first(career):
        row.save()
    after: dict[str, Any] = {_name(row): described(row, values(row)) for row in touched}
    after |= {"version": employee.version, "form": form, "from": first}
    if undo is not None:
        added = [_name(row) for row in touched if career.was(row) is None]
        after["undo"] = {ADDED: added, SET: undo}
    record(actor, action, subject(employee.number), before=before, after=after)


def _shrinking_first(career: Career) -> list[Row]:
    """Employments before posts; what makes room before what takes it, since the database looks at each row at once."""

    def growth(row: Row) -> tuple[bool, int]:
        was = career.was(row)
        if was is None:
            return isinstance(row, Assignment), 2
        grows = row.valid_from < was["valid_from"] or (row.valid_to or date.max) > (was["valid_to"] or date.max)
        return isinstance(row, Assignment), int(grows)

    return sorted(career.touched, key=growth)


def _name(row: Row) -> str:
    return f"{'post' if isinstance(row, Assignment) else 'employment'} {row.pk}"


def described(row: Row, state: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the log keeps it, in the words of those who read it."""
    told: dict[str, Any] = {
        "from": state["valid_from"],
        "last_day": last_day(state["valid_to"]),
        "reason": state["reason"],
    }
    if not isinstance(row, Assignment):
        return told
    named = {
        "department": row.department, "post": row.post, "store": row.store, "manager": row.manager,
    }  # fmt: skip
    changed = {name: one for name, one in named.items() if state[f"{name}_id"] != getattr(row, f"{name}_id")}
    for name in changed:
        model = row._meta.get_field(name).related_model
        named[name] = model.objects.filter(pk=state[f"{name}_id"]).first()  # type: ignore[union-attr]
    return told | {name: str(one) if one else "" for name, one in named.items()} | {
        "team": state["team"], "base": state["base"], "primary": state["is_primary"],
    }  # fmt: skip


def _undo_of(career: Career) -> dict[str, dict[str, Any]] | None:
    """What brings the rows back; None where the log must not hold it (pay) or a row is gone."""
    if career.removed:
        return None
    found: dict[str, dict[str, Any]] = {}
    for row in career.touched:
        was = career.was(row)
        if was is None:
            continue
        found[_name(row)] = {name: _plain(value) for name, value in was.items() if getattr(row, name) != value}
        if "base" in found[_name(row)]:
            return None
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# Taking on


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Who somebody is. A phone or ID number that is None stays as it is."""

    name: str
    tag: str = ""
    email: str = ""
    phone: str | None = None
    id_number: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


def take_on_one(
    actor: Actor, number: str, facts: Facts, place: Place, day: date, *, reach: Scope, reason: str = "", form: str = ""
) -> Employee:
    """A new person with the first post. The same form sent twice takes on once."""
    if done := _taken_on_by(actor, form):
        return done
    try:
        with transaction.atomic():
            if Employee.objects.filter(number__iexact=number).exists():
                words = _("The number %(number)s is taken. Open the page anew: it suggests the next free one.")
                raise wrong("number", words, number=number)
            employee = Employee(number=number, joined=day)
            _put_facts(employee, facts, reach)
            career = Career(employee, [], [], author=actor.user)
            career.employ(day, reason)
            career.place(place, day, None, reason)
            career.check(reach)
            employee.save()
            for row in career.touched:
                row.save()
            after = {"number": number, **_told(employee), "version": 1, "form": form, "from": day}
            after |= {_name(row): described(row, values(row)) for row in career.rows}
            record(actor, "people.take_on_one", subject(number), after=after)
            return employee
    except IntegrityError:
        if done := _taken_on_by(actor, form):
            return done
        raise ValidationError({"number": _("Somebody else has just taken this number. Choose another.")}) from None


def _taken_on_by(actor: Actor, form: str) -> Employee | None:
    """Whom this very form took on before."""
    if not form:
        return None
    since = timezone.now() - timedelta(days=1)
    mine = Operation.objects.filter(actor_id=actor.user, at__gte=since, action="people.take_on_one", after__form=form)
    entry = mine.first()
    return Employee.objects.filter(number=(entry.after or {}).get("number")).first() if entry else None


# Facts


def edit_facts(
    actor: Actor, number: str, facts: Facts, *, reach: Scope, version: int, form: str = "", hidden: Iterable[str] = ()
) -> Employee:
    """Who somebody is, put right. The values of ``hidden`` fields are masked in the log."""
    with transaction.atomic():
        employee = _opened(number, reach, version, form)
        if employee is None:
            return Employee.objects.get(number=number)
        before, secret = _told(employee), (employee.phone, employee.id_number)
        custom = dict(employee.custom)
        _put_facts(employee, facts, reach)
        after = _told(employee)
        if before == after and custom == employee.custom:
            raise ValidationError(_("Nothing would change."))
        employee.version += 1
        employee.save()
        undo = {
            name: before[name] for name in ("name", "tag", "email") if before[name] != after[name]
        }  # fmt: skip
        own, masked = _custom_changes(custom, employee.custom, set(hidden))
        note: dict[str, Any] = {"version": employee.version, "form": form}
        if secret == (employee.phone, employee.id_number) and not masked:
            kept = undo | ({"custom": custom} if own[0] != own[1] else {})
            note["undo"] = {ADDED: [], SET: {"employee": kept}}
        record(actor, "people.edit", subject(number), before=before | own[0], after=after | own[1] | note)
        return employee


def _told(employee: Employee) -> dict[str, Any]:
    return {name: getattr(employee, name) for name in ("name", "tag", "email", "phone", "id_number")}


def _custom_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], hidden: set[str]
) -> tuple[tuple[dict[str, Any], dict[str, Any]], bool]:
    """The changed fields before and after, and whether one of them had to be masked."""
    changed = [one for one in {*before, *after} if before.get(one) != after.get(one)]
    old = {f"field {one}": MASK if one in hidden else before.get(one) for one in changed}
    new = {f"field {one}": MASK_CHANGED if one in hidden else after.get(one) for one in changed}
    return (old, new), any(one in hidden for one in changed)


def _put_facts(employee: Employee, facts: Facts, reach: Scope) -> None:
    employee.name, employee.tag, employee.email = facts.name, facts.tag, facts.email
    if facts.phone is not None:
        employee.phone = plain_phone(facts.phone)
        employee.phone_index = phone_index(facts.phone)
    if facts.id_number is not None:
        _refuse_same_id(employee, facts.id_number, reach)
        employee.id_number = plain_id(facts.id_number)
        employee.id_index = id_index(facts.id_number)
    employee.custom = {**employee.custom, **facts.custom}
    employee.search = search_of(employee, searched_fields())


def _refuse_same_id(employee: Employee, id_number: str, reach: Scope) -> None:
    if is_wrong_id(id_number):
        words = _("This cannot be a resident's ID number: a digit or the birthday is wrong. Compare it with the card.")
        raise wrong("id_number", words)
    index = id_index(id_number)
    if not index:
        return
    same = Employee.objects.filter(id_index=index).exclude(pk=employee.pk)
    if not same.exists():
        return
    known = same.filter(people_in(reach)).first()
    if known:
        words = _("%(name)s has this ID number already. If it is the same person, record the return there.")
        raise wrong("id_number", words, name=known)
    raise wrong("id_number", _("Somebody outside your area has this ID number already. Ask the head office's HR."))


# Undoing


def last_change(number: str, version: int) -> Operation | None:
    """The entry that brought a person's file to its version."""
    return Operation.objects.filter(object=subject(number), after__version=version).order_by("-id").first()


def undo(actor: Actor, number: str, *, reach: Scope, version: int, form: str = "") -> Employee:
    """Take the last change back, where nothing was built upon it."""
    with transaction.atomic():
        employee = _opened(number, reach, version, form)
        if employee is None:
            return Employee.objects.get(number=number)
        entry = last_change(number, version)
        steps = (entry.after or {}).get("undo") if entry else None
        if entry is None or steps is None:
            raise ValidationError(_("The last change cannot be taken back by itself. Record a correction instead."))
        _refuse_closed_period((entry.after or {}).get("from"))
        career = Career.of(employee, actor.user)
        _take_back(career, steps)
        career.check(reach)
        career.sum_up()
        employee.search = search_of(employee, searched_fields())
        employee.version += 1
        for row in career.removed:
            row.delete()
        employee.save()
        for row in _shrinking_first(career):
            row.save()
        note = {"version": employee.version, "form": form, "undone": entry.action}
        record(actor, "people.undo", subject(number), before=_undone(entry.after), after=_undone(entry.before) | note)
        return employee


def _take_back(career: Career, steps: Mapping[str, Any]) -> None:
    rows: dict[str, Row] = {_name(one): one for one in career.rows}
    for name in steps[ADDED]:
        row = rows.get(name)
        if isinstance(row, Assignment):
            career.remove(row)
        elif row is not None:
            career.employments.remove(row)
            career.removed.append(row)
    for name, kept in steps[SET].items():
        target = career.employee if name == "employee" else rows[name]
        for attribute, value in kept.items():
            dated = attribute in ("valid_from", "valid_to") and value
            setattr(target, attribute, date.fromisoformat(value) if dated else value)


def _undone(told: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (told or {}).items() if name not in ("version", "form", "undo", "from")}


def _refuse_closed_period(first: str | None) -> None:
    if first and Run.objects.filter(kind=Run.Kind.CLOSE, complete=True, end__gt=date.fromisoformat(first)).exists():
        words = _("A period that this change reaches into is closed: results were made with it. Record a correction.")
        raise ValidationError(words)


# Revealing


class TooMany(Exception):  # noqa: N818 - as Stale
    """More was revealed in a short time than anybody's work asks for."""


def reveal(actor: Actor, employee: Employee, name: str, day: date) -> str:
    """A masked value in plain, with an entry in the log that says who saw which field of whom."""
    since = timezone.now() - REVEALED_WITHIN
    shown = Operation.objects.filter(actor_id=actor.user, at__gte=since, action="people.reveal").count()
    if shown >= REVEALED_MAX:
        record(actor, "people.reveal_refused", subject(employee.number), after={"field": name})
        raise TooMany
    with transaction.atomic():
        record(actor, "people.reveal", subject(employee.number), after={"field": name, "on": day})
        if name == "base":
            place = seat(employee.assignments.order_by("valid_from"), day)
            return "" if place is None or place.base is None else f"{place.base:,.2f}"
        return str(getattr(employee, name))
