"""People: found, read as of any day, taken on, changed, transferred, leaving."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, NoReturn

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router
from pydantic import AwareDatetime, ConfigDict, Field

from fenming.api.problems import Problem, invalid, missing, refused
from fenming.api.security import Key, KeyRequest
from fenming.api.shapes import Code, Day, Money, Name, Number, Reason, Sent, Short, Text, Told, Value, Version
from fenming.api.writing import once, version_of
from fenming.modules.people.operations import changes, given
from fenming.modules.people.operations.facts import edit_facts, take_on_one
from fenming.modules.people.operations.persons import Gone, Stale, carry_out
from fenming.modules.people.operations.plain import in_plain
from fenming.modules.people.queries import exchange, persons, timeline

router = Router(tags=["people"])
NAMES = {"base": "base_pay", "day": "first_day"}
"""What the operations call otherwise than this API."""


class State(StrEnum):
    HERE = "here"
    LEFT = "left"
    COMING = "coming"


class Place(Told):
    code: str
    name: str


class Somebody(Told):
    number: str
    name: str


class Person(Told):
    number: str = Field(examples=["E0042"])
    name: str
    tag: str = Field(description=gettext_noop("Marks this person's work on shared accounts."))
    email: str
    state: State
    joined: date
    last_day: date | None = None
    department: Place | None
    post: Place | None
    store: Place | None
    team: str
    manager: Somebody | None = Field(
        description=gettext_noop("Null also where the manager lies outside what the key reaches.")
    )
    version: int = Field(description=gettext_noop("Grows with every change; send it back with a write."))
    updated_at: AwareDatetime


class Post(Told):
    primary: bool
    first_day: date
    last_day: date | None
    department: Place
    post: Place
    store: Place | None
    team: str


class Employment(Told):
    first_day: date
    last_day: date | None


class File(Person):
    on: date = Field(description=gettext_noop("The day that all of this is told for."))
    employments: list[Employment]
    posts: list[Post]
    custom: dict[str, str | bool | None]
    phone: str = Field("", description=gettext_noop("Only if asked for by include, and only with people.unmask."))
    id_number: str = Field("", description=gettext_noop("Only if asked for by include, and only with people.unmask."))
    base_pay: str | None = Field(
        None, description=gettext_noop("Only if asked for by include, and only with people.pay.")
    )


class People(Told):
    items: list[Person]
    next: str | None = Field(description=gettext_noop("The cursor of the next page; null on the last one."))


class Changed(Told):
    number: str
    version: int


class Listing(Sent):
    q: Annotated[Text, Field(max_length=80, description=gettext_noop("Name, pinyin, initials, number or tag."))] = ""
    department: Code | None = Field(None, description=gettext_noop("Code of a department; those below belong to it."))
    store: Code | None = Field(None, description=gettext_noop("Code of a store."))
    state: State | None = None
    updated_since: AwareDatetime | None = Field(
        None, description=gettext_noop("Changed at this moment or later, with zone.")
    )
    on: Day | None = Field(None, description=gettext_noop("The day that is asked about; today if not given."))
    cursor: Annotated[str, Field(max_length=200)] = Field("", description=gettext_noop("“next” of the page before."))
    limit: int = Field(50, ge=1, le=200)


class Viewed(Sent):
    on: Day | None = Field(None, description=gettext_noop("The day that is asked about; today if not given."))
    include: Annotated[str, Field(max_length=60, pattern=r"^((phone|id_number|base_pay)(,|$))*$")] = Field(
        "", description=gettext_noop("Sensitive values, with commas: phone,id_number,base_pay. Each reading is logged.")
    )


Custom = Annotated[dict[str, Value], Field(max_length=100)]


class NewPerson(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"number": "E0042", "name": "王小明", "department": "customer_service", "post": "cs_agent",
                 "first_day": "2026-12-01"}
            ]
        }
    )  # fmt: skip
    number: Number
    name: Name
    tag: Short = ""
    email: Annotated[Text, Field(max_length=254)] = ""
    phone: Short = ""
    id_number: Short = ""
    custom: Custom = Field(default_factory=dict)
    first_day: Day
    department: Code
    post: Code
    store: Code | None = None
    team: Annotated[Text, Field(max_length=60)] = ""
    manager: Number | None = None
    base_pay: Money | None = Field(None, description=gettext_noop("Only with people.pay."))
    reason: Reason = ""


class FileChange(Sent):
    """What is not sent stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "email": "wang@example.com"}]})
    version: Version | None = None
    name: Name = ""
    tag: Short | None = None
    email: Annotated[Text, Field(max_length=254)] | None = None
    phone: Short | None = None
    id_number: Short | None = None
    custom: Custom = Field(default_factory=dict)


class Transfer(Sent):
    """Another primary post from a day on. What is not sent stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"version": 3, "first_day": "2026-12-01", "department": "logistics", "post": "courier",
                 "reason": "Season"}
            ]
        }
    )  # fmt: skip
    version: Version | None = None
    first_day: Day
    reason: Annotated[Reason, Field(min_length=1)]
    department: Code | None = None
    post: Code | None = None
    store: Code | None = None
    team: Annotated[Text, Field(max_length=60)] | None = None
    manager: Number | None = None
    base_pay: Money | None = Field(None, description=gettext_noop("Only with people.pay."))
    until_next: Annotated[bool, Field(strict=True)] = Field(
        False, description=gettext_noop("Only until the next post begins that is planned already.")
    )


class Leaving(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 3, "last_day": "2026-12-31", "reason": "Own wish"}]}
    )
    version: Version | None = None
    last_day: Day
    reason: Annotated[Reason, Field(min_length=1)]


# Reading


@router.get(
    "", auth=Key("people.view"), response=People, exclude_unset=True, operation_id="list_people",
    summary=gettext_noop("People in reach, in the order of their numbers"),
)  # fmt: skip
def list_people(request: KeyRequest, asked: Query[Listing]) -> People:
    wanted = persons.Wanted(
        on=asked.on or timezone.localdate(),
        q=asked.q,
        department=_known(exchange.departments(request.scope), "department", asked.department),
        store=_known(exchange.stores(request.scope), "store", asked.store),
        state=asked.state or "",
    )
    found = exchange.page(
        request.scope, request.powers, wanted,
        after=_number_of(asked.cursor), since=_since(asked.updated_since), size=asked.limit,
    )  # fmt: skip
    return People(items=[Person(**_row(one)) for one in found.rows], next=_cursor(found.last) if found.last else None)


@router.get(
    "/{number}", auth=Key("people.view"), response=File, exclude_unset=True, operation_id="read_person",
    summary=gettext_noop("Somebody's file as of a day"),
)  # fmt: skip
def read_person(request: KeyRequest, number: str, asked: Query[Viewed], response: HttpResponse) -> File:
    found = persons.person(request.scope, request.powers, number, asked.on or timezone.localdate())
    if found is None:
        raise missing()
    names = {NAMES.get(one, one): one for one in ("phone", "id_number", "base")}
    told = in_plain(request.actor, found, [names[one] for one in dict.fromkeys(asked.include.split(",")) if one])
    response["ETag"] = f'"{found.employee.version}"'
    return File(**(_file(found) | {NAMES.get(one, one): value for one, value in told.items()}))


def _row(row: persons.Row) -> dict[str, Any]:
    employee, seat = row.employee, row.seat
    manager = seat.manager if seat and row.manager_in_reach else None
    return {
        **{name: getattr(employee, name) for name in ("number", "name", "tag", "email", "joined", "version")},
        "updated_at": employee.updated_at,
        "state": row.state,
        "last_day": persons.last_day(employee.left),
        "department": _place(seat.department) if seat else None,
        "post": _place(seat.post) if seat else None,
        "store": _place(seat.store) if seat else None,
        "team": seat.team if seat else "",
        "manager": Somebody(number=manager.number, name=manager.name) if manager else None,
    }


def _file(found: persons.Person) -> dict[str, Any]:
    row = persons.Row(found.employee, found.state, found.seat, found.employee.joined, None, found.manager_in_reach)
    return _row(row) | {
        "on": found.day,
        "employments": [
            Employment(first_day=one.valid_from, last_day=persons.last_day(one.valid_to)) for one in found.employments
        ],
        "posts": [_post(one) for one in found.posts],
        "custom": {one.field.code: one.value for one in found.fields},
    }


def _post(one: Any) -> Post:
    return Post(
        primary=one.is_primary, first_day=one.valid_from, last_day=persons.last_day(one.valid_to), team=one.team,
        department=_place(one.department), post=_place(one.post), store=_place(one.store),
    )  # fmt: skip


def _place(one: Any) -> Any:
    return Place(code=one.code, name=one.name) if one else None


def _known(rows: Any, name: str, code: str | None) -> int | None:
    """The id behind a code that narrows the list; one out of reach is as good as none."""
    if code is None:
        return None
    found = exchange.coded(rows, code)
    if found is None:
        raise invalid({name: [_("There is none with the code %(code)s within reach.") % {"code": code}]})
    return found


def _cursor(number: str) -> str:
    return urlsafe_b64encode(number.encode()).decode().rstrip("=")


def _number_of(cursor: str) -> str:
    try:
        found = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        found = "\0"
    if "\0" in found:
        raise invalid({"cursor": [_("This is none of our cursors. Begin without one.")]})
    return found


# Writing


@router.post(
    "", auth=Key("people.edit"), response={201: Changed}, operation_id="take_on",
    summary=gettext_noop("Take somebody on"), description=gettext_noop("A new person with the first post."),
)  # fmt: skip
@once(201)
def take_on(request: KeyRequest, sent: NewPerson) -> Changed:
    powers, scope = request.powers, request.scope
    may = frozenset(one for one in persons.REACHING if powers.may(one))
    values = _values(sent)
    try:
        given.refuse_wrong_number(sent.number)
        facts, place = _both(
            lambda: given.facts_of(values, exchange.open_fields(may)),
            lambda: given.place_of(
                values, reach=scope, seen=powers.scope("people.view", "people.edit"), pay="people.pay" in may
            ),
        )
        employee = take_on_one(
            request.actor, sent.number, facts, place, sent.first_day, reach=scope, reason=sent.reason
        )
    except ValidationError as error:
        raise refused(error, NAMES) from None
    return Changed(number=employee.number, version=employee.version)


@router.patch(
    "/{number}", auth=Key("people.edit"), response=Changed, operation_id="change_person",
    summary=gettext_noop("Change name, contacts, papers, and the company's own fields"),
)  # fmt: skip
@once(200)
def change_person(request: KeyRequest, number: str, sent: FileChange) -> Changed:
    standing = _standing(request, number)
    version, late = version_of(request, sent.version)
    fields = exchange.open_fields(standing.may)
    try:
        facts = given.facts_of(_values(sent), fields, standing.employee)
        employee = edit_facts(
            request.actor, number, facts, reach=request.scope, version=version,
            hidden=[one.code for one in fields if one.seen_with == "people.unmask"],
        )  # fmt: skip
    except ValidationError as error:
        raise refused(error, NAMES) from None
    except Gone:
        raise missing() from None
    except Stale as stale:
        _tell_stale(stale, late)
    return Changed(number=employee.number, version=employee.version)


@router.post(
    "/{number}/assignments", auth=Key("people.edit"), response={201: Changed}, operation_id="transfer",
    summary=gettext_noop("Transfer somebody to another primary post from a day on"),
)  # fmt: skip
@once(201)
def transfer(request: KeyRequest, number: str, sent: Transfer) -> Changed:
    standing = _standing(request, number)
    seen = request.powers.scope("people.view", "people.edit")

    def change() -> changes.Change:
        place = given.place_of(
            _values(sent), reach=request.scope, seen=seen, pay="people.pay" in standing.may, now=standing.now
        )
        return changes.Transfer(place=place, day=sent.first_day, reason=sent.reason, until_next=sent.until_next)

    return _carried_out(request, number, change, sent.version, NAMES)


@router.post(
    "/{number}/leave", auth=Key("people.edit"), response=Changed, operation_id="leave",
    summary=gettext_noop("Let somebody leave, with the last day"),
)  # fmt: skip
@once(200)
def leave(request: KeyRequest, number: str, sent: Leaving) -> Changed:
    _standing(request, number)
    wanted = changes.Leave(end=sent.last_day + timedelta(days=1), reason=sent.reason)
    return _carried_out(request, number, lambda: wanted, sent.version, {"day": "last_day"})


def _values(sent: Sent) -> dict[str, Any]:
    """What was sent, under the names of the operations; what was not sent is not there."""
    values = sent.model_dump(exclude_unset=True)
    if "base_pay" in values:
        values["base"] = values.pop("base_pay")
    return values


def _both(facts: Any, place: Any) -> tuple[Any, Any]:
    """Both parts of a new person; what is wrong with either is told together."""
    wrong: dict[str, Any] = {}
    made = []
    for make in (facts, place):
        try:
            made.append(make())
        except ValidationError as error:
            wrong |= error.message_dict
    if wrong:
        raise ValidationError(wrong)
    return made[0], made[1]


def _standing(request: KeyRequest, number: str) -> exchange.Standing:
    found = exchange.standing(request.scope, request.powers, number, timezone.localdate())
    if found is None:
        raise missing()
    return found


def _carried_out(
    request: KeyRequest, number: str, change: Any, version: int | None, names: Mapping[str, str]
) -> Changed:
    upon, late = version_of(request, version)
    try:
        employee = carry_out(request.actor, number, change(), reach=request.scope, version=upon)
    except ValidationError as error:
        raise refused(error, names) from None
    except Gone:
        raise missing() from None
    except Stale as stale:
        _tell_stale(stale, late)
    return Changed(number=employee.number, version=employee.version)


def _tell_stale(stale: Stale, status: int) -> NoReturn:
    """Somebody was faster: what was changed, so that a program or a person can decide anew."""
    words = _("This person was changed meanwhile. Read it again, then send the change upon the new version.")
    names = persons.field_names()
    told = [timeline.told(one, names) for one in stale.entries]
    raise Problem(
        status, "stale", words, current_version=stale.employee.version, changes=[
            {
                "at": timezone.localtime(one.entry.at).isoformat(),
                "by": one.entry.actor_name,
                "what": one.title,
                "differences": [
                    {"field": each.name, "before": each.before, "after": each.after} for each in one.differences
                ],
            }
            for one in told if one.is_change
        ],
    )  # fmt: skip


SPAN = (datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))
"""The moments that every database takes, wide enough that no file was ever changed outside of them."""


def _since(asked: datetime | None) -> datetime | None:
    """The moment asked about, in UTC and within what databases take."""
    return asked and min(max(asked, SPAN[0]), SPAN[1]).astimezone(UTC)
