"""The company's own fields within other forms."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fenming.controls.scope import Powers
from fenming.controls.widgets import DayInput, DecimalInput
from fenming.library.text import Refusal
from fenming.modules.people import custom
from fenming.modules.people.models import CustomField
from fenming.modules.people.queries.custom import fields_for

Kind = CustomField.Kind
PREFIX = "own_"
"""What the names of these inputs begin with, so that no code hides an input of the form."""


class OwnField(forms.CharField):
    """The input of one field of the company's own; its clean value is what ``custom`` keeps, None for nothing."""

    def __init__(self, field: CustomField, value: custom.Kept | None = None) -> None:
        self.own = field
        initial = value if not isinstance(value, bool) else "yes" if value else "no"
        super().__init__(label=field.name, required=field.required, initial=initial, widget=self._widget(), strip=True)

    def _widget(self) -> forms.Widget:
        match self.own.kind:
            case Kind.NUMBER:
                return DecimalInput()
            case Kind.DATE:
                return DayInput()
            case Kind.CHOICE:
                return forms.Select(choices=[("", "—"), *((one, one) for one in map(str, self.own.choices))])
            case Kind.YES_NO:
                return forms.Select(choices=[("", "—"), ("yes", _("Yes")), ("no", _("No"))])
            case _:
                return forms.TextInput(attrs={"maxlength": custom.LONGEST})

    def clean(self, value: Any) -> Any:
        text = str(value or "")
        super().clean(text)
        try:
            return custom.clean(self.own, text)
        except Refusal as refusal:
            raise ValidationError(refusal.words.say(get_language() or "zh")) from refusal


def custom_form_fields(on: str, powers: Powers, values: Mapping[str, Any] | None = None) -> dict[str, OwnField]:
    """Inputs for the fields that somebody sees on people, departments or posts, by input name; one query.

    Put them into a form with ``form.fields.update(…)``; `custom_given` tells afterwards what was typed.
    """
    return form_fields(fields_for(on, powers), values or {})


def form_fields(fields: Iterable[CustomField], values: Mapping[str, Any]) -> dict[str, OwnField]:
    """The same for known fields."""
    return {f"{PREFIX}{one.code}": OwnField(one, values.get(one.code)) for one in fields}


def custom_given(form: forms.Form) -> dict[str, custom.Kept | None]:
    """Code → value of the company's own fields in a valid form."""
    return {
        name.removeprefix(PREFIX): form.cleaned_data[name]
        for name, one in form.fields.items()
        if isinstance(one, OwnField)
    }
