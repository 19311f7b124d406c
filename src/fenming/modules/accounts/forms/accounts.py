"""Inviting people, and the policy."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.controls.scope import Scope
from fenming.controls.widgets import SearchSelect
from fenming.modules.accounts.models import Policy
from fenming.modules.accounts.queries.accounts import not_come_yet, role_options, without_account
from fenming.modules.accounts.queries.policy import policy, roles_with_factor
from fenming.modules.people.queries.seats import department_options, present


class InviteOneForm(forms.Form):
    """One person, found by typing."""

    person = forms.CharField(
        label=pgettext_lazy("people", "Person"), max_length=30, widget=SearchSelect(reverse_lazy("people-to-invite")),
        help_text=_("Name, pinyin or number."),
    )  # fmt: skip

    def __init__(self, *arguments: Any, scope: Scope, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.scope = scope

    def clean_person(self) -> Any:
        found = present(self.scope).filter(number=self.cleaned_data["person"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no such person among those you look after. Search by the name."))
        return found


class InviteManyForm(forms.Form):
    """Everybody of a department who has no account yet."""

    department = forms.TypedChoiceField(
        label=pgettext_lazy("people", "Department"), coerce=int, required=False, empty_value="0"
    )
    again = forms.BooleanField(label=_("Also those who have not used their invitation"), required=False)
    send = forms.ChoiceField(
        label=_("How the links reach them"),
        choices=[("file", _("As an Excel file")), ("mail", _("By e-mail"))],
        widget=forms.RadioSelect,
        initial="file",
    )

    def __init__(self, *arguments: Any, scope: Scope, can_send: bool, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.scope = scope
        field, ways = self.fields["department"], self.fields["send"]
        assert isinstance(field, forms.ChoiceField) and isinstance(ways, forms.ChoiceField)  # noqa: S101, PT018
        field.choices = [("", _("All that I look after")), *department_options(scope)]
        if not can_send:
            ways.choices = [("file", _("As an Excel file"))]

    def people(self) -> list[tuple[int, str, str]]:
        """Whom it reaches, as id, number and e-mail."""
        given = self.cleaned_data
        rows = without_account(self.scope, int(given["department"]))
        if given["again"]:
            rows = rows | not_come_yet(self.scope, int(given["department"]))
        return list(rows.order_by("number").values_list("id", "number", "email").distinct())


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none at run time
    """The company's settings, and the roles that demand a second factor."""

    roles = forms.TypedMultipleChoiceField(
        label=_("Roles that require a second factor"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Policy
        exclude = ("id",)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        named |= {"instance": policy(), "initial": {"roles": roles_with_factor()}}
        super().__init__(*arguments, **named)
        roles = self.fields["roles"]
        assert isinstance(roles, forms.ChoiceField)  # noqa: S101 - declared above
        roles.choices = role_options()

    def settings(self) -> dict[str, int]:
        """The numbers as typed."""
        return {name: value for name, value in self.cleaned_data.items() if name != "roles"}
