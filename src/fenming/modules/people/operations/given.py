"""What others give of a person, read and checked alike wherever it comes from: a page's form or the open API."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from fenming.controls.scope import Scope
from fenming.library.text import Refusal
from fenming.modules.people import custom
from fenming.modules.people.identity import has_odd_characters, is_phone, is_wrong_id
from fenming.modules.people.models import Assignment, CustomField, Department, Employee, Post, Store
from fenming.modules.people.operations.career import Place
from fenming.modules.people.operations.facts import Facts
from fenming.modules.people.queries.persons import EARLIEST, LATEST
from fenming.modules.people.queries.reach import visible_employees

NUMBER = r"^(?=.*[0-9])[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff_-]*$"
NUMBER_WRONG = gettext_lazy("A number is made of letters, digits, - and _, with at least one digit.")


def refuse_wrong_number(number: str) -> None:
    if not re.match(NUMBER, number):
        raise ValidationError({"number": str(NUMBER_WRONG)})


def refuse_odd_characters(text: str) -> None:
    if has_odd_characters(text):
        raise ValidationError(_("There is an invisible control character in it. Type the text instead of pasting it."))


def refuse_far_days(day: date) -> None:
    if not EARLIEST <= day < LATEST:
        raise ValidationError(
            _("The day must lie between %(first)s and %(last)s.")
            % {"first": EARLIEST, "last": LATEST - timedelta(days=1)}
        )


def refuse_no_phone(text: str) -> None:
    if not is_phone(text):
        raise ValidationError(_("A phone number has 5 to 20 digits, and + in front if it is foreign."))


def refuse_wrong_id(text: str) -> None:
    if is_wrong_id(text):
        raise ValidationError(
            _("This cannot be a resident's ID number: a digit or the birthday is wrong. Compare it with the card.")
        )


def manager_of(number: str, seen: Scope, now: Assignment | None) -> Employee | None:
    """The person of a number: one that the editor sees, or the manager there is."""
    if not number:
        return None
    if now and now.manager and now.manager.number == number:
        return now.manager
    found = visible_employees(seen).filter(number=number).first()
    if found is None:
        raise ValidationError(_("There is nobody with the number %(number)s. Search by name.") % {"number": number})
    return found


def places_of(reach: Scope, now: Assignment | None) -> dict[str, dict[int, Any]]:
    """What may be chosen: open departments, posts and stores in reach, and those there are."""
    today = timezone.localdate()
    sets: dict[str, Iterable[Department | Post | Store]] = {
        "department": Department.objects.all(), "post": Post.objects.all(), "store": Store.objects.all(),
    }  # fmt: skip
    found: dict[str, dict[int, Any]] = {}
    for name, rows in sets.items():
        kept = getattr(now, f"{name}_id", None)
        found[name] = {
            one.pk: one for one in rows if one.pk == kept or (one.closed_on is None or one.closed_on > today)
        }  # fmt: skip
    if not reach.everything:
        kept_department, kept_store = getattr(now, "department_id", None), getattr(now, "store_id", None)
        if not reach.stores:
            found["department"] = {
                pk: one for pk, one in found["department"].items() if pk in reach.departments or pk == kept_department
            }
        if reach.stores or not reach.departments:
            found["store"] = {pk: one for pk, one in found["store"].items() if pk in reach.stores or pk == kept_store}
    return found


# What the open API sends: codes and numbers instead of ids, and only what is to change


def facts_of(sent: Mapping[str, Any], fields: Iterable[CustomField], employee: Employee | None = None) -> Facts:
    """Who somebody is to be: what is sent, and of an employee what is not sent as it is. All that is wrong at once."""
    wrong: dict[str, Any] = {}
    _check(wrong, "email", sent.get("email"), validate_email)
    _check(wrong, "phone", sent.get("phone"), refuse_no_phone)
    _check(wrong, "id_number", sent.get("id_number"), refuse_wrong_id)
    had = employee.custom if employee else None
    own = _own(wrong, sent.get("custom") or {}, {one.code: one for one in fields}, had)
    if wrong:
        raise ValidationError(wrong)
    kept = {name: sent.get(name, getattr(employee, name, "")) or "" for name in ("name", "tag", "email")}
    secret = {name: sent[name] or "" for name in ("phone", "id_number") if name in sent}
    return Facts(**kept, **secret, custom=own)


def _check(wrong: dict[str, Any], name: str, text: str | None, refuse: Any) -> None:
    if text:
        try:
            refuse(text)
        except ValidationError as error:
            wrong[name] = error.messages


def _own(
    wrong: dict[str, Any],
    sent: Mapping[str, Any],
    fields: Mapping[str, CustomField],
    had: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The values of the company's own fields; of a new person, who ``had`` none, also those required but not sent."""
    found: dict[str, Any] = {}
    wanted = dict.fromkeys([*fields, *sent]) if had is None else sent
    for code in wanted:
        field = fields.get(code)
        if field is None:
            wrong[f"custom.{code}"] = [_("There is no such field.")]
            continue
        try:
            value = custom.clean(field, _typed(sent.get(code)))
            if value is not None or code in (had or {}):
                found[code] = value
        except Refusal as refusal:
            wrong[f"custom.{code}"] = [refusal.words.say(get_language() or "zh")]
    return found


def _typed(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


def place_of(sent: Mapping[str, Any], *, reach: Scope, seen: Scope, pay: bool, now: Assignment | None = None) -> Place:
    """Where somebody is to work: what is sent, and what is not sent as it is now. All that is wrong at once."""
    wrong: dict[str, Any] = {}
    known = places_of(reach, now)
    chosen = {name: _chosen(wrong, name, sent, known[name].values(), now) for name in known}
    manager = getattr(now, "manager", None)
    if "manager" in sent:
        try:
            manager = manager_of(sent["manager"] or "", seen, now)
        except ValidationError as error:
            wrong["manager"] = error.messages
    base = sent.get("base")
    if base is not None and not pay:
        wrong["base"] = [_("You may not set the base pay of this person.")]
    if wrong:
        raise ValidationError(wrong)
    team = sent.get("team", getattr(now, "team", "")) or ""
    return Place(**chosen, manager=manager, team=team, base=Decimal(base) if base is not None else None)


def _chosen(
    wrong: dict[str, Any], name: str, sent: Mapping[str, Any], known: Iterable[Any], now: Assignment | None
) -> Any:
    code = sent.get(name)
    if name not in sent and now:
        return getattr(now, name)
    if code is None:
        if name != "store":
            wrong[name] = [_("This is required.")]
        return None
    found = next((one for one in known if one.code == code), None)
    if found is None:
        wrong[name] = [_("Among those you may choose there is none with the code %(code)s.") % {"code": code}]
    return found
