"""What is asked before a step is led on, and the days of the steps."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fenming.controls.widgets import DayInput, SearchSelect
from fenming.modules.cycles.models import Step

YEARS = range(2000, 2100)


class ReasonForm(forms.Form):
    """A reason, needed or not."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )

    def __init__(self, *args: Any, needed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needed


class DaysForm(forms.Form):
    """The days of the steps that have not ended."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, steps: Sequence[Step], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps = steps
        for one in steps:
            for name, day in (("opens", one.opens), ("due", one.due)):
                label = f"{one.get_kind_display()} · {gettext('opens') if name == 'opens' else gettext('due')}"
                self.fields[f"{name}_{one.pk}"] = forms.DateField(
                    label=label, initial=day, input_formats=["%Y-%m-%d"], widget=DayInput
                )

    def rows(self) -> list[tuple[Step, Any, Any]]:
        """Each step with its two fields."""
        return [(one, self[f"opens_{one.pk}"], self[f"due_{one.pk}"]) for one in self.steps]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for one in self.steps:
            opens, due = given.get(f"opens_{one.pk}"), given.get(f"due_{one.pk}")
            for name, day in (("opens", opens), ("due", due)):
                if day and day.year not in YEARS:
                    self.add_error(f"{name}_{one.pk}", gettext("Choose a day of this century."))
            if opens and due and due < opens:
                self.add_error(f"due_{one.pk}", gettext("It is due before it opens. Give a later day."))
        return given

    def days(self) -> dict[int, tuple[date, date]]:
        given = self.cleaned_data
        return {one.pk: (given[f"opens_{one.pk}"], given[f"due_{one.pk}"]) for one in self.steps}

    def changes(self) -> list[tuple[Step, date, date]]:
        """The steps whose days would change, with the new ones."""
        found = self.days()
        return [(one, *found[one.pk]) for one in self.steps if found[one.pk] != (one.opens, one.due)]


class ReviewerForm(forms.Form):
    """Who is to review, by number. Not required by the browser: it stands in a form that can do other things too."""

    reviewer = forms.CharField(label=_("Reviewer"), max_length=30, required=False)

    def __init__(self, *args: Any, url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].widget = SearchSelect(url)
