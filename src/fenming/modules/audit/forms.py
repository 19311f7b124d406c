"""What may be asked of the log."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.queries import Wanted
from fenming.controls.widgets import DayInput

_DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31)))


class SearchForm(forms.Form):
    """Text, person, operation, object and period. What cannot be understood is said and counts as not given."""

    q = forms.CharField(max_length=80, required=False, label=_("Search"))
    actor = forms.CharField(max_length=150, required=False, label=_("Sign-in name"))
    action = forms.CharField(max_length=60, required=False, label=_("Operation"))
    object = forms.CharField(max_length=120, required=False, label=_("Object"))
    start = forms.DateField(required=False, label=_("From"), widget=DayInput, validators=_DAYS)
    end = forms.DateField(required=False, label=_("To"), widget=DayInput, validators=_DAYS)

    def clean(self) -> None:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and start > end:
            self.add_error("end", _("The period ends before it begins."))

    def wanted(self) -> Wanted:
        """The valid part of what was asked; a period's last day is part of it."""
        self.is_valid()
        given = self.cleaned_data
        start, end = given.get("start"), given.get("end")
        return Wanted(
            text=given.get("q", ""),
            actor=given.get("actor") or None,
            action=given.get("action", ""),
            object=given.get("object", ""),
            start=_midnight(start) if start else None,
            end=_midnight(end + timedelta(days=1)) if end else None,
        )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
