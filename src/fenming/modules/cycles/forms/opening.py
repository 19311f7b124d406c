"""For which departments and period cycles are to be opened."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fenming.rules.periods import Period, parse

YEARS = range(2000, 2100)
MOST = 500
"""Departments at once."""


class OpenForm(forms.Form):
    """A period, departments, and whether steps whose time is over are left out."""

    period = forms.CharField(label=_("Period"), max_length=30, help_text=_("For example 2026-11, 2026-Q4 or 2026."))
    department = forms.TypedMultipleChoiceField(label=_("Departments"), coerce=int, required=False)
    skip_past = forms.BooleanField(label=_("Leave out steps whose deadline has passed"), required=False)

    def __init__(self, *args: object, departments: list[tuple[int, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["department"].choices = departments  # type: ignore[attr-defined]

    def clean_period(self) -> Period:
        try:
            found = parse(self.cleaned_data["period"].replace("\0", ""))
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(gettext("Write the period like 2026-11, 2026-Q4 or 2026.")) from error
        if found.start.year not in YEARS or found.end.year not in YEARS or found.days > 366:
            raise forms.ValidationError(gettext("Choose a month, a quarter or a year of this century."))
        return found
