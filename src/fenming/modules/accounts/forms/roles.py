"""Composing a role, and granting one."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.controls.permissions import GROUPS, PERMISSIONS
from fenming.controls.widgets import DayInput
from fenming.library.roles import roles as shipped
from fenming.library.text import Words
from fenming.modules.accounts.models import Grant, Role
from fenming.modules.accounts.operations.roles import NewGrant, NewRole
from fenming.modules.people.queries.choices import departments, employees_by_number, regions, stores

LISTED: dict[str, tuple[str, ...]] = {
    Grant.Reach.DEPARTMENT: ("departments",),
    Grant.Reach.TREE: ("departments",),
    Grant.Reach.STORE: ("stores",),
    Grant.Reach.REGION: ("regions",),
    Grant.Reach.CUSTOM: ("departments", "stores", "people"),
}


def say(words: Words) -> str:
    """Words in the language of the page."""
    return words.say(get_language() or "zh")


class RoleForm(forms.Form):
    """A name, and a box for each permission, group by group."""

    code = forms.SlugField(label=_("Code"), max_length=60, help_text=_("Letters, digits and hyphens; it stays."))
    name_zh = forms.CharField(label=_("Chinese name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    second_factor = forms.BooleanField(label=_("Requires a second factor to sign in"), required=False)
    everyone = forms.BooleanField(label=_("Every employee has it, for oneself only"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *arguments: Any, role: Role | None = None, **named: Any) -> None:
        if role:
            named["initial"] = {
                "code": role.code, "name_zh": role.name_zh, "name_en": role.name_en, "note": role.note,
                "second_factor": role.second_factor, "everyone": role.everyone, "version": role.version,
                **{f"in_{group}": role.permissions for group in GROUPS},
            }  # fmt: skip
        super().__init__(*arguments, **named)
        if role:
            self.fields["code"].disabled = True
        for group, name in GROUPS.items():
            self.fields[f"in_{group}"] = forms.MultipleChoiceField(
                label=say(name),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                choices=[(code, say(one.name)) for code, one in PERMISSIONS.items() if one.group == group],
            )

    def groups(self) -> list[Any]:
        """The fields of the permissions, one a group."""
        return [self[f"in_{group}"] for group in GROUPS]

    def wanted(self) -> NewRole:
        """The role as typed."""
        given = self.cleaned_data
        return NewRole(
            name_zh=given["name_zh"],
            name_en=given["name_en"],
            note=given["note"],
            second_factor=given["second_factor"],
            everyone=given["everyone"],
            permissions=tuple(one for group in GROUPS for one in given[f"in_{group}"]),
        )


class GrantForm(forms.Form):
    """A role, whom it reaches, from when to when, and why."""

    role = forms.ModelChoiceField(Role.objects.filter(everyone=False), label=_("Role"), to_field_name="code")
    reach = forms.ChoiceField(label=_("Reaches"), choices=Grant.Reach.choices)
    departments = forms.TypedMultipleChoiceField(
        label=_("Departments"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a choice: the person's own."),
    )  # fmt: skip
    stores = forms.TypedMultipleChoiceField(
        label=_("Stores"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a choice: the person's own."),
    )  # fmt: skip
    regions = forms.TypedMultipleChoiceField(
        label=_("Regions"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a choice: the person's own."),
    )  # fmt: skip
    people = forms.CharField(
        label=_("People"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Employee numbers, separated by spaces."),
    )  # fmt: skip
    start = forms.DateField(label=_("From"), widget=DayInput)
    end = forms.DateField(label=_("Until, without that day"), widget=DayInput, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    signed = forms.BooleanField(label=_("I answer for this"), required=False)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        given = arguments[0] if arguments else named.get("data")
        named.setdefault("initial", {"start": timezone.localdate(), "reach": Grant.Reach.TREE})
        super().__init__(*arguments, **named)
        self.combines = False
        reach = (given or {}).get("reach") or self.initial.get("reach")
        wanted = LISTED.get(str(reach), ())
        choices = {"departments": departments, "stores": stores, "regions": regions}
        for name in ("departments", "stores", "regions", "people"):
            if name not in wanted:
                del self.fields[name]
            elif name in choices:
                self.fields[name].choices = choices[name]()  # type: ignore[attr-defined]

    def shown(self) -> list[Any]:
        """The fields in order; the signature only once it is needed."""
        return [one for one in self if one.name != "signed" or self.combines or self.data.get("signed")]

    def clean_people(self) -> list[int]:
        """Employee numbers to ids; an unknown one is named."""
        numbers = dict.fromkeys(self.cleaned_data["people"].replace(",", " ").replace("，", " ").split())
        found = employees_by_number(numbers)
        unknown = [one for one in numbers if one not in found]
        if unknown:
            raise forms.ValidationError(_("No such employee: %(numbers)s"), params={"numbers": ", ".join(unknown[:5])})
        return list(found.values())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", _("It must be after the first day."))
        return given

    def wanted(self) -> NewGrant:
        """The grant as typed."""
        given = self.cleaned_data
        names = {"departments": "departments", "stores": "stores", "regions": "regions", "people": "employees"}
        listed = {names[one]: list(given[one]) for one in names if given.get(one)}
        return NewGrant(
            role=given["role"], reach=given["reach"], listed=listed, start=given["start"], end=given["end"],
            reason=given["reason"],
        )  # fmt: skip


class EndForm(forms.Form):
    """The day from which a grant is not valid any more."""

    day = forms.DateField(label=_("No longer valid from"), widget=DayInput)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        named.setdefault("initial", {"day": timezone.localdate()})
        super().__init__(*arguments, **named)

    def wanted(self) -> date:
        """The day as typed."""
        day: date = self.cleaned_data["day"]
        return day


def usual_reach(role: str) -> str:
    """The reach that a shipped role is usually granted with; for others the department and those below."""
    return shipped()[role].reach if role in shipped() else Grant.Reach.TREE.value
