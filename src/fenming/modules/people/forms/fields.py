"""Defining the company's own fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.modules.people import custom
from fenming.modules.people.forms.persons import Sent, Text
from fenming.modules.people.models import CustomField
from fenming.modules.people.operations.custom import NewField

MOST_POSITION = 2**31 - 1


class FieldForm(Sent):
    """What a field of the company's own is."""

    name_zh = Text(max_length=80, label=_("Chinese name"))
    name_en = Text(max_length=80, required=False, label=_("English name"))
    code = forms.RegexField(
        r"\A[a-z][a-z0-9]*(_[a-z0-9]+)*\Z",
        max_length=40,
        required=False,
        label=pgettext_lazy("place", "Code"),
        help_text=_("Stands for it in files; it stays. Without one, it is made of the pinyin."),
        error_messages={"invalid": _("Small letters, digits and single _ only, a letter first.")},
    )
    on = forms.ChoiceField(label=_("Belongs to"), choices=CustomField.On.choices)
    kind = forms.ChoiceField(label=_("Type"), choices=CustomField.Kind.choices)
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line, for the type choice."),
    )
    seen_with = forms.ChoiceField(label=_("Who sees it"), choices=CustomField.Seen.choices)
    position = forms.IntegerField(
        label=_("Order"),
        min_value=0,
        max_value=MOST_POSITION,
        required=False,
        help_text=_("Small numbers first."),
    )
    required = forms.BooleanField(label=_("Required"), required=False)
    searchable = forms.BooleanField(
        label=_("The search for people finds it"), required=False, help_text=_("Of fields on people only.")
    )
    sure = forms.BooleanField(label=_("Rewrite the values"), required=False)

    def __init__(self, *args: Any, field: CustomField | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.converts = False
        self.fields["version"].initial = field.version if field else 0
        self.fields["seen_with"].initial = CustomField.Seen.VIEWERS
        if field:
            del self.fields["code"], self.fields["on"]
            for name in ("name_zh", "name_en", "kind", "seen_with", "position", "required", "searchable"):
                self.fields[name].initial = getattr(field, name)
            self.fields["choices"].initial = "\n".join(map(str, field.choices))

    def shown(self) -> list[Any]:
        """The fields in order; the tick for rewriting only once it is needed."""
        asked = self.converts or bool(self.data.get("sure"))
        return [one for one in self if not one.is_hidden and (one.name != "sure" or asked)]

    def clean_choices(self) -> tuple[str, ...]:
        lines = self.cleaned_data["choices"].splitlines()
        return tuple(dict.fromkeys(one for line in lines if (one := custom.plain(line))))

    def wanted(self) -> NewField:
        """The field as typed."""
        given = {name: self.cleaned_data[name] for name in NewField.__dataclass_fields__}
        if given["kind"] != CustomField.Kind.CHOICE:
            given["choices"] = ()
        return NewField(**given | {"position": given["position"] or 0})
