"""What may be written into the record of an interview."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fenming.controls.widgets import DayInput

LONGEST = 4000
EARLIEST = timedelta(days=366)


class Passage(forms.CharField):
    """A few sentences."""

    widget = forms.Textarea

    def __init__(self, *, rows: int = 4, **options: Any) -> None:
        super().__init__(max_length=LONGEST, **options)
        self.widget.attrs.update(rows=rows, dir="auto")


class InterviewForm(forms.Form):
    """The reviewer's side."""

    held_on = forms.DateField(label=gettext_lazy("Held on"), widget=DayInput, input_formats=["%Y-%m-%d"])
    place = forms.CharField(label=gettext_lazy("Where"), max_length=120, required=False)
    strengths = Passage(label=gettext_lazy("What went well"), required=False)
    gaps = Passage(label=gettext_lazy("What was missing"), required=False)
    agreed = Passage(label=gettext_lazy("What was agreed"))
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def clean_held_on(self) -> date:
        day: date = self.cleaned_data["held_on"]
        today = timezone.localdate()
        if not today - EARLIEST <= day <= today:
            raise ValidationError(_("Give a day that is past, within the last year: the record is written afterwards."))
        return day


class WordsForm(forms.Form):
    """The person's side."""

    words = Passage(label=gettext_lazy("In your own words"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
