"""Writing a planned import: each batch is one short transaction that also notes what it has done.

A process that dies leaves whole batches; the next one goes on with the rows that still wait.
"""

import json
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import Lower
from django.utils import timezone

from fenming.controls.operations import Actor, record, record_many
from fenming.controls.redaction import MASK, MASK_CHANGED
from fenming.controls.scope import Powers
from fenming.modules.people.identity import id_index, phone_index
from fenming.modules.people.importing.sentences import Problem
from fenming.modules.people.models import (
    Assignment,
    CustomField,
    Department,
    Employee,
    Employment,
    ImportRow,
    PeopleImport,
    Post,
)
from fenming.modules.people.operations.importing import actor_of, as_content, finish, told_problem
from fenming.modules.people.operations.turns import one_at_a_time
from fenming.modules.people.pinyin import slug
from fenming.modules.people.queries.custom import search_of, searched_fields
from fenming.modules.people.queries.importing import managers
from fenming.modules.people.queries.reach import people_in

BATCH = 300
State, RowState = PeopleImport.State, ImportRow.State
PLAIN = ("name", "tag", "email", "phone", "id_number")
SEAT = ("department", "post", "store", "manager", "team", "base")
_EMPLOYEE = (
    "name",
    "tag",
    "email",
    "phone",
    "phone_index",
    "id_number",
    "id_index",
    "custom",
    "joined",
    "left",
    "search",
    "version",
)
Content = dict[str, Any]


class LostError(Exception):
    """A row cannot be written any more."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def write_batch(number: int, powers: Powers) -> int:
    """Write the next rows of an import that is being written; how many were looked at."""
    with transaction.atomic():
        one = PeopleImport.objects.select_for_update().get(pk=number)
        if one.state != State.APPLYING:
            return 0
        rows = list(ImportRow.objects.filter(of=one, state=RowState.WAITING).order_by("position")[:BATCH])
        if rows:
            lock_people(rows)
            one_at_a_time()
            _Batch(one, powers).write(rows)
        else:
            finish(one)
        return len(rows)


def lock_people(rows: Sequence[ImportRow]) -> None:
    """In one order, so that of two imports one waits."""
    ids = [row.employee for row in rows if row.employee]
    list(Employee.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))


class _Batch:
    """Writes rows all together, or, where the database refuses one of them, each half by itself."""

    def __init__(self, one: PeopleImport, powers: Powers) -> None:
        self.one, self.actor = one, actor_of(one)
        self.scope, self.may_pay = powers.scope("people.import"), powers.may("people.pay")
        self.places = created_places(one, self.actor) if powers.may("organisation.edit") else {}
        self.searched = searched_fields()
        hidden = CustomField.objects.filter(on=CustomField.On.EMPLOYEE, seen_with=CustomField.Seen.UNMASKERS)
        self.hidden = frozenset(hidden.values_list("code", flat=True))

    def write(self, rows: Sequence[ImportRow]) -> None:
        try:
            with transaction.atomic():
                self._write(rows)
                connection.check_constraints([Assignment._meta.db_table])  # foreign keys would wait for the commit
        except IntegrityError:
            before = list(ImportRow.objects.filter(pk__in=[row.pk for row in rows]).order_by("position"))
            if len(rows) == 1:
                refuse_row(before[0], Problem("conflict"))
                return
            middle = len(rows) // 2
            self.write(before[:middle])
            self.write(before[middle:])

    def _write(self, rows: Sequence[ImportRow]) -> None:
        contents = {row.pk: json.loads(row.content) for row in rows}
        self.managers = _managers(contents.values())
        new = [row for row in rows if row.kind == ImportRow.Kind.NEW]
        changed = [row for row in rows if row.kind != ImportRow.Kind.NEW]
        self._write_new(new, contents)
        self._write_changed(changed, contents)

    # New people

    def _write_new(self, rows: Sequence[ImportRow], contents: Mapping[int, Content]) -> None:
        there = _numbers_there(row.number for row in rows)
        taken = _ids_there(contents[row.pk]["writes"].get("id_number", "") for row in rows)
        made: list[tuple[ImportRow, Employee, Content]] = []
        coming: set[str] = set()
        for row in rows:
            writes = contents[row.pk]["writes"]
            try:
                if row.number.lower() in there:
                    raise LostError(Problem("taken", "number", row.number))
                if writes.get("id_number") and id_index(writes["id_number"]) in taken:
                    raise LostError(Problem("id_taken", "id_number"))
                self._seat(writes["seat"]["values"], coming)
                self._refuse_foreign(writes["seat"]["values"], None)
            except LostError as lost:
                refuse_row(row, lost.problem)
                continue
            coming.add(row.number)
            made.append((row, _new_employee(row.number, writes, self.searched), writes))
        Employee.objects.bulk_create([employee for _, employee, _ in made])
        self.managers |= {row.number: employee.pk for row, employee, _ in made}
        Employment.objects.bulk_create(
            Employment(employee=employee, valid_from=employee.joined, valid_to=employee.left, author_id=self.actor.user)
            for _, employee, _ in made
        )
        Assignment.objects.bulk_create(
            self._assignment(employee, self._seat(writes["seat"]["values"]), writes["seat"])
            for _, employee, writes in made
        )
        record_many(
            self.actor,
            "people.import_row",
            ((_subject(row.number), None, self._logged(writes, 1)) for row, _, writes in made),
        )
        own = Employee.objects.filter(number=OuterRef("number")).values("id")
        ImportRow.objects.filter(pk__in=[row.pk for row, *_ in made]).update(
            state=RowState.APPLIED, version=1, employee=Subquery(own)
        )

    def _refuse_foreign(self, values: Mapping[str, Any], now: Assignment | None) -> None:
        """What the importer may do by now: the preview may be days old."""
        if "base" in values and not self.may_pay:
            raise LostError(Problem("pay_out_of_reach", "base"))
        if self.scope.everything:
            return
        store = values.get("store", now.store_id if now else None)
        manager = values.get("manager", now.manager_id if now else None)
        if now and "department" not in values:
            inside = not values.get("store") or store in self.scope.stores
        else:
            inside = (
                _is_in(values.get("department"), self.scope.departments)
                or store in self.scope.stores
                or (isinstance(manager, int) and manager in self.scope.managers)
            )
        if not inside:
            raise LostError(Problem("out_of_reach", "department"))

    def _seat(self, values: Mapping[str, Any], coming: Container[str] = ()) -> dict[str, Any]:
        """The parts of a post with ids for what was named; managers among those ``coming`` have none yet."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            if isinstance(value, Mapping) and "new" in value:
                place = self.places.get(f"{name}:{value['new']}")
                if place is None:
                    raise LostError(Problem("not_created", name, value["new"], {"what": value["new"]}))
                found[f"{name}_id"] = place
            elif name == "manager":
                found["manager_id"] = self._manager(value, coming)
            elif name == "base":
                found["base"] = None if value is None else Decimal(value)
            else:
                found[name if name == "team" else f"{name}_id"] = value
        return found

    def _manager(self, value: Any, coming: Container[str]) -> int | None:
        key = _key(value)
        if key is None or key in coming:
            return None
        if key not in self.managers:
            raise LostError(Problem("refused_manager", "manager", str(key)))
        return self.managers[key]

    def _assignment(self, employee: Employee, parts: Mapping[str, Any], seat: Mapping[str, Any]) -> Assignment:
        return Assignment(
            employee=employee,
            valid_from=seat["start"],
            valid_to=seat["end"],
            reason=seat["reason"],
            author_id=self.actor.user,
            **parts,
        )

    # People who are here

    def _write_changed(self, rows: Sequence[ImportRow], contents: Mapping[int, Content]) -> None:
        if not rows:
            return
        ids = [row.employee for row in rows if row.employee]
        people = {one.pk: one for one in Employee.objects.select_for_update().filter(people_in(self.scope), id__in=ids)}
        careers = _careers(ids)
        taken = _ids_there((contents[row.pk]["writes"].get("id_number", "") for row in rows), with_owner=True)
        circles = self._circles(rows, contents)
        changes = []
        for row in rows:
            content = contents[row.pk]
            try:
                if shown := circles.get(row.employee or 0):
                    raise LostError(Problem("manager_circle", "manager", "", {"circle": shown}))
                changes.append(self._change(row, content, people, careers, taken))
            except LostError as lost:
                refuse_row(row, lost.problem)
        save_changes(changes)
        for change in changes:
            content = contents[change.row.pk]
            content["undo"] = change.undo()
            change.row.content = as_content(content)
            change.row.state, change.row.version = RowState.APPLIED, change.employee.version
        _save_rows([change.row for change in changes])
        told = (self._entry(change, contents[change.row.pk]) for change in changes)
        record_many(self.actor, "people.import_row", told)

    def _entry(self, change: "Change", content: Content) -> tuple[str, dict[str, Any], dict[str, Any]]:
        after = self._logged(content["writes"], change.employee.version)
        return _subject(change.employee.number), self._logged(_before(content)), after

    def _change(
        self,
        row: ImportRow,
        content: Content,
        people: Mapping[int, Employee],
        careers: "_Careers",
        taken: Mapping[str, int],
    ) -> "Change":
        employee = people.get(row.employee or 0)
        writes = content["writes"]
        if employee is None:
            raise LostError(Problem("gone_meanwhile"))
        if employee.version != row.version:
            raise LostError(Problem("changed_meanwhile"))
        if (given := writes.get("id_number")) and taken.get(id_index(given), employee.pk) != employee.pk:
            raise LostError(Problem("id_taken", "id_number"))
        change = Change(row, employee, *careers.of(employee.pk))
        parts = self._seat(writes["seat"]["values"]) if "seat" in writes else {}
        change.person(writes, self.searched)
        change.time_here(writes, self.actor)
        if "seat" in writes:
            self._refuse_foreign(writes["seat"]["values"], change.seat(writes["seat"]))
            change.post(writes["seat"], parts, self.actor)
        return change

    def _circles(self, rows: Sequence[ImportRow], contents: Mapping[int, Content]) -> dict[int, str]:
        """Whose new manager closes a circle with what others have changed since the preview, and the circle in words.

        One that a row still to be written opens again is none.
        """
        given = {row.employee or 0: contents[row.pk]["writes"].get("seat", {}).get("values", {}) for row in rows}
        anew = {who: self.managers.get(_key(one["manager"])) for who, one in given.items() if "manager" in one}
        if not any(anew.values()):
            return {}
        before = managers(timezone.localdate())
        above: dict[int, int | None] = {**before, **anew}
        found: dict[int, str] = {}
        for who in anew:
            circle = _circle(who, above)
            if circle and not self._is_opened_later(circle, anew):
                numbers = dict(Employee.objects.filter(pk__in=circle).values_list("pk", "number"))
                found[who] = " → ".join(numbers.get(one, "?") for one in (*circle[:8], who))
                above[who] = before.get(who)
        return found

    def _is_opened_later(self, circle: Sequence[int], anew: Container[int]) -> bool:
        others = [one for one in circle if one not in anew]
        return ImportRow.objects.filter(of=self.one, state=RowState.WAITING, employee__in=others).exists()

    def _logged(self, writes: Mapping[str, Any], version: int | None = None) -> dict[str, Any]:
        """What the log keeps of a row; values of fields that only some may see are masked."""
        told: dict[str, Any] = {name: value for name, value in writes.items() if name not in ("custom", "seat")}
        mask = MASK if version is None else MASK_CHANGED
        told |= {code: mask if code in self.hidden else value for code, value in writes.get("custom", {}).items()}
        if seat := writes.get("seat"):
            told["post"] = {**seat["values"], "from": seat.get("start")}
        return told | ({"version": version, "import": self.one.pk} if version else {})


def _before(content: Content) -> dict[str, Any]:
    """What a person's changed fields were, by the names under which they are written."""
    undo = content["undo"]
    old = dict(undo["employee"])
    seat = content["writes"].get("seat")
    writes = {name: old[name] for name in content["writes"] if name in old and name != "custom"}
    if "custom" in content["writes"]:
        writes["custom"] = {code: old["custom"].get(code) for code in content["writes"]["custom"]}
    if seat:
        was = {field: before for field, before, _ in content["changes"]}
        writes["seat"] = {"values": {name: was.get(name) for name in seat["values"]}, "start": was.get("valid_from")}
    return writes


class Change:
    """One person's rows before and after, and what setting them back needs."""

    def __init__(
        self, row: ImportRow, employee: Employee, employments: list[Employment], posts: list[Assignment]
    ) -> None:
        self.row, self.employee = row, employee
        self.employments, self.posts = employments, posts
        self.new: list[Employment | Assignment] = []
        self._old = _values(employee, _EMPLOYEE)
        self._spans = {one: _values(one, _KEPT[type(one)]) for one in (*employments, *posts)}
        employee.version += 1

    def person(self, writes: Mapping[str, Any], searched: Iterable[CustomField]) -> None:
        one = self.employee
        for name in PLAIN:
            if name in writes:
                setattr(one, name, writes[name])
        _index(one, writes)
        if "custom" in writes:
            kept = {**one.custom, **writes["custom"]}
            one.custom = {code: value for code, value in kept.items() if value is not None}
        if {"name", "tag", "custom"} & writes.keys():
            one.search = search_of(one, searched)

    def time_here(self, writes: Mapping[str, Any], actor: Actor) -> None:
        one = self.employee
        if "opens" in writes:
            begun = date.fromisoformat(writes["opens"])
            self._add(Employment(employee=one, valid_from=begun, author_id=actor.user))
            one.left = None
        elif "joined" in writes:
            self.employments[0].valid_from = one.joined = date.fromisoformat(writes["joined"])
        if "reopens" in writes:
            self._until(None)
        if "closes" in writes:
            self._until(date.fromisoformat(writes["closes"]))

    def _until(self, end: date | None) -> None:
        """Let the employment and the posts that last until its end last until another day."""
        was, self.employee.left = self.employee.left, end
        self.employments[-1].valid_to = end
        for post in self.posts:
            if post.valid_to == was or (end and post.valid_to and post.valid_to > end):
                post.valid_to = end

    def seat(self, seat: Mapping[str, Any]) -> Assignment | None:
        """The post that is there when the new one begins."""
        return _seat_for(self.posts, date.fromisoformat(seat["start"]))

    def post(self, seat: Mapping[str, Any], parts: Mapping[str, Any], actor: Actor) -> None:
        start = date.fromisoformat(seat["start"])
        end = date.fromisoformat(seat["end"]) if seat["end"] else None
        now = self.seat(seat)
        if not seat["new"]:
            if now is None or now.valid_from != start:
                raise LostError(Problem("changed_meanwhile"))
            for name, value in parts.items():
                setattr(now, name, value)
            return
        same: dict[str, Any] = {name: getattr(now, name) for name in _PARTS} if now else {}
        if now and (now.valid_to is None or now.valid_to > start):
            end = end or now.valid_to
            now.valid_to = start
        dated = {"valid_from": start, "valid_to": end, "reason": seat["reason"], "author_id": actor.user}
        self._add(Assignment(employee=self.employee, **{**same, **parts, **dated}))

    def _add(self, one: Employment | Assignment) -> None:
        self.new.append(one)
        if isinstance(one, Employment):
            self.employments.append(one)
        else:
            self.posts.append(one)

    def touched(self, kind: type) -> list[Any]:
        """The rows of a kind that were there and are another now."""
        return [one for one, old in self._spans.items() if isinstance(one, kind) and _values(one, _KEPT[kind]) != old]

    def undo(self) -> dict[str, Any]:
        new = _values(self.employee, _EMPLOYEE)
        return {
            "employee": {name: old for name, old in self._old.items() if new[name] != old and name != "version"},
            "employments": [[one.pk, self._spans[one]] for one in self.touched(Employment)],
            "assignments": [[one.pk, self._spans[one]] for one in self.touched(Assignment)],
            "added": [[type(one).__name__, one.pk] for one in self.new],
        }


_PARTS = ("department_id", "post_id", "store_id", "manager_id", "team", "base")
_KEPT: Mapping[type, tuple[str, ...]] = {
    Employment: ("valid_from", "valid_to"),
    Assignment: ("valid_from", "valid_to", *_PARTS),
}


def _values(one: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _seat_for(posts: Sequence[Assignment], start: date) -> Assignment | None:
    begun = [one for one in posts if one.is_primary and one.valid_from <= start]
    return max(begun, key=lambda one: one.valid_from, default=None)


def _new_employee(number: str, writes: Mapping[str, Any], searched: Iterable[CustomField]) -> Employee:
    one = Employee(
        number=number,
        joined=date.fromisoformat(writes["joined"]),
        left=date.fromisoformat(writes["left"]) if writes["left"] else None,
        custom={code: value for code, value in writes.get("custom", {}).items() if value is not None},
        **{name: writes[name] for name in PLAIN if name in writes},
    )
    _index(one, writes)
    one.search = search_of(one, searched)
    return one


def _index(one: Employee, writes: Mapping[str, Any]) -> None:
    if "phone" in writes:
        one.phone_index = phone_index(one.phone)
    if "id_number" in writes:
        one.id_index = id_index(one.id_number)


class _Careers:
    def __init__(self, employments: Mapping[int, list[Employment]], posts: Mapping[int, list[Assignment]]) -> None:
        self._employments, self._posts = employments, posts

    def of(self, employee: int) -> tuple[list[Employment], list[Assignment]]:
        return list(self._employments.get(employee, ())), list(self._posts.get(employee, ()))


def _careers(ids: Sequence[int]) -> _Careers:
    employments: dict[int, list[Employment]] = defaultdict(list)
    posts: dict[int, list[Assignment]] = defaultdict(list)
    for span in Employment.objects.filter(employee__in=ids).order_by("valid_from"):
        employments[span.employee_id].append(span)
    for post in Assignment.objects.filter(employee__in=ids).order_by("valid_from"):
        posts[post.employee_id].append(post)
    return _Careers(employments, posts)


def save_changes(changes: Sequence[Change]) -> None:
    """All the rows of the changes: ends before beginnings, so that nothing overlaps on the way."""
    upsert(Employee, [change.employee for change in changes], (*_EMPLOYEE, "updated_at"))
    kind: Any
    for kind in (Employment, Assignment):
        upsert(kind, [one for change in changes for one in change.touched(kind)], _KEPT[kind])
        new: list[Any] = [one for change in changes for one in change.new if isinstance(one, kind)]
        kind.objects.bulk_create(new)


def upsert(model: Any, rows: Sequence[Any], fields: Sequence[str]) -> None:
    """Rows that are there, written at once; much faster than an update with a case for each of them."""
    names = [name.removesuffix("_id") if name.endswith("_id") and name != "employee_id" else name for name in fields]
    if rows:
        model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=names)


def _save_rows(rows: Sequence[ImportRow]) -> None:
    upsert(ImportRow, rows, ("kind", "state", "version", "content"))


def refuse_row(row: ImportRow, problem: Problem) -> None:
    """Turn a row down that could not be written; it can be corrected and uploaded again."""
    kept = json.loads(row.content) if row.content else {}
    row.kind, row.state = ImportRow.Kind.REFUSED, RowState.NOTHING
    row.content = as_content({"problem": told_problem(problem), "cells": kept.get("cells", [])})
    row.save(update_fields=["kind", "state", "content"])


def _managers(contents: Iterable[Content]) -> dict[int | str, int]:
    """The managers of a batch that are still there: by id, and by number those who are new with this import."""
    wanted = [content["writes"].get("seat", {}).get("values", {}).get("manager") for content in contents]
    numbers = [one["number"] for one in wanted if isinstance(one, Mapping)]
    found: dict[int | str, int] = dict(Employee.objects.filter(number__in=set(numbers)).values_list("number", "id"))
    ids = {one for one in wanted if isinstance(one, int)}
    return found | {pk: pk for pk in Employee.objects.filter(id__in=ids).values_list("id", flat=True)}


def _key(manager: Any) -> Any:
    """The id of a manager, or the number of one who is new with this import."""
    return manager["number"] if isinstance(manager, Mapping) else manager


def _circle(who: int, above: Mapping[int, int | None]) -> list[int]:
    """From somebody upwards to himself again; empty where the line ends elsewhere."""
    path: dict[int, None] = {}
    at: int | None = who
    while at is not None and at not in path:
        path[at] = None
        at = above.get(at)
    return list(path) if at == who else []


def _is_in(place: Any, places: frozenset[int]) -> bool:
    """One that was yet to be created when it was planned lies nowhere."""
    return isinstance(place, int) and place in places


def _numbers_there(numbers: Iterable[str]) -> set[str]:
    wanted = [one.lower() for one in numbers]
    found = Employee.objects.annotate(lower=Lower("number")).filter(lower__in=wanted)
    return set(found.values_list("lower", flat=True))


def _ids_there(given: Iterable[str], *, with_owner: bool = False) -> dict[str, int]:
    index = {id_index(one) for one in given if one}
    return dict(Employee.objects.filter(id_index__in=index).values_list("id_index", "id")) if index else {}


def _subject(number: str) -> str:
    return f"employee {number}"


# Departments and posts that the import brings


def created_places(one: PeopleImport, actor: Actor) -> dict[str, int]:
    """The ids of what was to be created; created now, in the same transaction, where it is not yet."""
    for need in one.create:
        if need not in one.created:
            kind, _, name = need.partition(":")
            if kind == "post":
                one.created[need] = _create(Post, name, actor)
            else:
                one.created[need] = _department(one, name, actor)
            PeopleImport.objects.filter(pk=one.pk).update(created=one.created)
    return {need: int(place) for need, place in one.created.items()}


def _department(one: PeopleImport, path: str, actor: Actor) -> int:
    """The last department of a path, with those above it that are not there."""
    parent: int | None = None
    done: list[str] = []
    for name in path.split("/"):
        done.append(name)
        found = Department.objects.filter(name_zh=name, parent=parent).values_list("id", flat=True).first()
        if found is None and len(done) == 1:
            same = list(Department.objects.filter(name_zh=name).values_list("id", flat=True)[:2])
            found = same[0] if len(same) == 1 and len(path.split("/")) > 1 else None
        if found is None:
            found = _create(Department, name, actor, parent_id=parent)
            one.created[f"department:{'/'.join(done)}"] = found
        parent = found
    if parent is None:
        raise AssertionError("a path has a name")
    return parent


def _create(model: type[Department] | type[Post], name: str, actor: Actor, **more: Any) -> int:
    code = slug(name)
    used = set(model.objects.filter(code__startswith=code).values_list("code", flat=True))
    number = 2
    free = code
    while free in used:
        free, number = f"{code}-{number}", number + 1
    if model is Department:
        more["position"] = (Department.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    made = model.objects.create(code=free, name_zh=name, **more)
    record(actor, "organisation.create", f"{model.__name__.lower()} {free}", after={"name_zh": name})
    return int(made.pk)
