"""What may be asked of the list, and what may be sent to change somebody's file."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fenming.controls.masking import masked
from fenming.controls.scope import Scope
from fenming.controls.widgets import DayInput, DecimalInput, SearchSelect
from fenming.modules.people.forms.custom import custom_given, form_fields
from fenming.modules.people.models import Assignment, CustomField, Employee
from fenming.modules.people.operations.career import Place
from fenming.modules.people.operations.facts import Facts
from fenming.modules.people.operations.given import (
    NUMBER,
    NUMBER_WRONG,
    manager_of,
    places_of,
    refuse_far_days,
    refuse_no_phone,
    refuse_odd_characters,
    refuse_wrong_id,
)
from fenming.modules.people.queries.persons import (
    EARLIEST,
    LATEST,
    ORDERS,
    Choices,
    State,
    Wanted,
    indented,
)

REMOVED = "-"
STATES = (
    (State.HERE, pgettext_lazy("people", "Here")),
    (State.LEFT, pgettext_lazy("people", "Left")),
    (State.COMING, pgettext_lazy("people", "Coming")),
)


class Text(forms.CharField):
    """One line of text as people write it."""

    default_validators = [refuse_odd_characters]  # noqa: RUF012 - as Django declares it

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs.setdefault("dir", "auto")
        self.widget.attrs.setdefault("autocomplete", "off")


class Day(forms.DateField):
    """A day that a file may speak of."""

    default_validators = [refuse_far_days]  # noqa: RUF012 - as Django declares it
    widget = DayInput

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **options)


def day_asked(text: str) -> date:
    """The day of an address, today where it gives none or an impossible one."""
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    return found if found and EARLIEST <= found < LATEST else timezone.localdate()


class ListForm(forms.Form):
    """Search, filters, day and order. A value that is not among the choices counts as not given."""

    q = forms.CharField(max_length=80, required=False)
    state = forms.ChoiceField(choices=[*STATES, ("all", "")], required=False)
    department = forms.TypedChoiceField(coerce=int, required=False)
    store = forms.TypedChoiceField(coerce=int, required=False)
    region = forms.TypedChoiceField(coerce=int, required=False)
    post = forms.TypedChoiceField(coerce=int, required=False)
    order = forms.ChoiceField(choices=[(one, one) for name in ORDERS for one in (name, f"-{name}")], required=False)

    def __init__(self, given: QueryDict, known: Choices) -> None:
        super().__init__(given)
        pairs = {"department": known.departments, "store": known.stores, "region": known.regions, "post": known.posts}
        for name, options in pairs.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """The valid part of what was asked; people who are here, unless others are asked for."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        state = given.pop("state", "here")
        return Wanted(on=day_asked(self.data.get("on", "")), state="" if state == "all" else state, **given)


class Sent(forms.Form):
    """A form that changes a file: it knows on which version it was opened, and is done once, however often sent."""

    form = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["form"].initial = uuid4().hex

    def refused(self, error: ValidationError) -> None:
        """Say what the operation said, beside the field that it is about where this form has it."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            for one in errors:
                self.add_error(name if name in self.fields else None, one)

    def again(self, version: int) -> None:
        """The same input upon the newest version."""
        self.data = dict(self.data.items()) | {"version": str(version)}


class FactsForm(Sent):
    """Who somebody is, and the company's own fields."""

    name = Text(max_length=80, label=gettext_lazy("Name"))
    tag = Text(
        max_length=30,
        required=False,
        label=gettext_lazy("Service tag"),
        help_text=gettext_lazy("Marks this person's work on shared accounts."),
    )
    email = forms.EmailField(max_length=254, required=False, label=gettext_lazy("E-mail"))
    phone = Text(max_length=30, required=False, label=gettext_lazy("Phone"))
    id_number = Text(
        max_length=30,
        required=False,
        label=gettext_lazy("ID number"),
        help_text=gettext_lazy("Of the ID card or passport."),
    )

    def __init__(
        self, *args: Any, fields: Sequence[CustomField] = (), employee: Employee | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.employee = employee
        self.fields["tag"].widget.attrs["dir"] = "ltr"
        self.fields.update(form_fields(fields, employee.custom if employee else {}))
        if employee:
            self._tell(employee)

    def _tell(self, employee: Employee) -> None:
        for name in ("name", "tag", "email", "version"):
            self.fields[name].initial = getattr(employee, name)
        for name, value in (("phone", employee.phone), ("id_number", employee.id_number)):
            if value:
                kind = "phone" if name == "phone" else "id_number"
                self.fields[name].help_text = _("Now %(masked)s. Leave it empty to keep it, type - to remove it.") % {
                    "masked": masked(kind, value)  # type: ignore[arg-type]
                }

    def clean_phone(self) -> str:
        text = str(self.cleaned_data["phone"])
        if text not in ("", REMOVED):
            refuse_no_phone(text)
        return text

    def clean_id_number(self) -> str:
        text = str(self.cleaned_data["id_number"])
        refuse_wrong_id(text)
        return text

    def facts(self) -> Facts:
        data = self.cleaned_data
        return Facts(
            name=data["name"],
            tag=data["tag"],
            email=data["email"],
            phone=self._secret("phone"),
            id_number=self._secret("id_number"),
            custom={code: value for code, value in custom_given(self).items() if value is not None or self._had(code)},
        )

    def _had(self, code: str) -> bool:
        return bool(self.employee and code in self.employee.custom)

    def _secret(self, name: str) -> str | None:
        given = self.cleaned_data[name]
        if given == REMOVED:
            return ""
        return given or None


class NumberForm(forms.Form):
    """The number of a new person."""

    number = forms.RegexField(
        NUMBER,
        max_length=30,
        label=gettext_lazy("Number"),
        error_messages={"invalid": NUMBER_WRONG},
    )


class PlaceForm(Sent):
    """Where somebody works from a day on."""

    day = Day(label=pgettext_lazy("people", "From"))
    department = forms.TypedChoiceField(coerce=int, label=pgettext_lazy("people", "Department"))
    post = forms.TypedChoiceField(coerce=int, label=pgettext_lazy("people", "Post"))
    store = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label=pgettext_lazy("people", "Store"))
    team = Text(max_length=60, required=False, label=gettext_lazy("Team"))
    manager = Text(
        max_length=30,
        required=False,
        label=pgettext_lazy("people", "Manager"),
        widget=SearchSelect(url=reverse_lazy("people-find")),
    )
    base = forms.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=0,
        required=False,
        label=gettext_lazy("Base pay"),
        widget=DecimalInput,
    )
    reason = Text(max_length=200, required=False, label=pgettext_lazy("people", "Reason"))

    def __init__(
        self,
        *args: Any,
        reach: Scope,
        seen: Scope,
        pay: bool,
        now: Assignment | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.seen, self.now = seen, now
        self._places = places_of(reach, now)
        for name, label in (
            ("department", _("Choose a department")),
            ("post", _("Choose a post")),
            ("store", _("None")),
        ):
            known = self._places[name].values()
            pairs = indented(known) if name == "department" else [(one.pk, one.name) for one in known]
            self.fields[name].choices = [("", label), *pairs]  # type: ignore[attr-defined]
        if not pay:
            del self.fields["base"]
        self.fields["day"].initial = timezone.localdate()
        if now:
            self._begin_with(now)

    def _begin_with(self, now: Assignment) -> None:
        for name in ("department", "post", "store"):
            self.fields[name].initial = getattr(now, f"{name}_id")
        self.fields["team"].initial = now.team
        if now.manager:
            self.fields["manager"].initial = now.manager.number
        self._name_manager(now.manager)

    def _name_manager(self, manager: Employee | None) -> None:
        widget = self.fields["manager"].widget
        assert isinstance(widget, SearchSelect)  # noqa: S101 - declared above
        widget.text = f"{manager.name} {manager.number}" if manager else ""

    def clean_manager(self) -> Employee | None:
        found = manager_of(self.cleaned_data["manager"], self.seen, self.now)
        self._name_manager(found)
        return found

    def place(self) -> Place:
        """What was chosen; without a base pay it stays what it is."""
        data = self.cleaned_data
        return Place(
            department=self._places["department"][data["department"]],
            post=self._places["post"][data["post"]],
            store=self._places["store"].get(data["store"]),
            manager=data["manager"],
            team=data["team"],
            base=data.get("base"),
        )


class NewPersonForm(NumberForm, FactsForm, PlaceForm):
    """A new person with the first post."""

    version = forms.IntegerField(initial=0, required=False, widget=forms.HiddenInput)
    field_order = (
        "number", "name", "phone", "id_number", "email", "tag", "day", "department", "post", "store", "team",
        "manager", "base", "reason",
    )  # fmt: skip


class TransferForm(PlaceForm):
    reason = Text(max_length=200, label=pgettext_lazy("people", "Reason"))
    until_next = forms.BooleanField(required=False, label=gettext_lazy("Until the next post begins"))


class CorrectForm(PlaceForm):
    """A post put right in place."""

    reason = Text(max_length=200, label=pgettext_lazy("people", "Reason"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["day"].label = _("First day")
        if self.now:
            self.fields["day"].initial = self.now.valid_from


class AddPostForm(PlaceForm):
    last = Day(
        required=False, label=pgettext_lazy("people", "Last day"), help_text=gettext_lazy("Empty for an open end.")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("day"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day cannot be before the first."))
        return data


class DayForm(Sent):
    """A change that takes a day and a reason."""

    day = Day(label=pgettext_lazy("people", "From"))
    reason = Text(max_length=200, label=pgettext_lazy("people", "Reason"))


class LeaveForm(DayForm):
    day = Day(label=pgettext_lazy("people", "Last day"))


class PayForm(DayForm):
    base = forms.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, label=gettext_lazy("Base pay"), widget=DecimalInput
    )
    until_next = forms.BooleanField(required=False, label=gettext_lazy("Until the next post begins"))
    field_order = ("form", "version", "base", "day", "reason")


class ManagerForm(DayForm):
    manager = Text(
        max_length=30,
        required=False,
        label=pgettext_lazy("people", "Manager"),
        widget=SearchSelect(url=reverse_lazy("people-find")),
        help_text=gettext_lazy("Empty for none."),
    )
    until_next = forms.BooleanField(required=False, label=gettext_lazy("Until the next post begins"))
    field_order = ("form", "version", "manager", "day", "reason")

    def __init__(self, *args: Any, seen: Scope, now: Assignment | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.seen, self.now = seen, now

    def clean_manager(self) -> Employee | None:
        found = manager_of(self.cleaned_data["manager"], self.seen, self.now)
        widget = self.fields["manager"].widget
        assert isinstance(widget, SearchSelect)  # noqa: S101 - declared above
        widget.text = f"{found.name} {found.number}" if found else ""
        return found
