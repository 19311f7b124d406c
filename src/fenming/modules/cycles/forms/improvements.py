"""What may be agreed on, and what may be said of it afterwards."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fenming.controls.widgets import DayInput
from fenming.modules.cycles.models import Improvement

FAR = timedelta(days=731)


def _line(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=300, required=required, help_text=help_text,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )  # fmt: skip


def _day_to_come(day: date | None) -> None:
    if day is not None and not timezone.localdate() <= day <= timezone.localdate() + FAR:
        raise ValidationError(_("Give a day from today on, within two years."))


class ActionForm(forms.Form):
    """One action."""

    gap = _line(gettext_lazy("What is missing"))
    action = _line(gettext_lazy("What will be done"))
    support = _line(gettext_lazy("What helps"), required=False, help_text=gettext_lazy("By whom, with what, how often"))
    measure = _line(gettext_lazy("How one will see it"), required=False)
    due = forms.DateField(
        label=gettext_lazy("Due"), widget=DayInput, input_formats=["%Y-%m-%d"], validators=[_day_to_come]
    )
    indicator = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    number = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, indicators: Collection[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.indicators = indicators

    def clean_indicator(self) -> str:
        """An indicator of the person's own, else none."""
        given: str = self.cleaned_data["indicator"]
        return given if given in self.indicators else ""


class OutcomeForm(forms.Form):
    """What came of an action."""

    State = Improvement.State
    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    state = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[(one.value, one.label) for one in (State.DONE, State.CARRIED, State.DROPPED)],
    )
    outcome = _line(gettext_lazy("What came of it"))
    due = forms.DateField(
        label=gettext_lazy("New due day"), widget=DayInput, input_formats=["%Y-%m-%d"], required=False,
        validators=[_day_to_come],
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("state") == Improvement.State.CARRIED and not given.get("due"):
            self.add_error("due", _("Say until when it is carried on."))
        if given.get("outcome") is not None and len(given["outcome"].strip()) < 5:
            self.add_error("outcome", _("Say in at least five characters what came of it."))
        return given
