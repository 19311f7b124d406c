"""What may be sent to change a result."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fenming.controls.widgets import DecimalInput

MOST = Decimal(100)
LONGEST = 9


class Reason(forms.CharField):
    """Why, in one or two sentences."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=5, max_length=500, label=_("Reason"), **options)
        self.widget.attrs.update(rows=3, dir="auto")


class CalibrationForm(forms.Form):
    """Another grade, points added or taken, or both."""

    grade = forms.ChoiceField(label=_("Grade"), required=False)
    points = forms.DecimalField(
        label=_("Points added or taken"), required=False, min_value=-MOST, max_value=MOST, decimal_places=2,
        widget=DecimalInput({"placeholder": "+2 / -1.5"}),
    )  # fmt: skip
    reason = Reason(
        help_text=_("Kept in the minutes and told in the person's letter: what was seen, compared with whom.")
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**62)

    def __init__(self, *args: Any, letters: Sequence[str] = (), now: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        grade = self.fields["grade"]
        grade.choices = [("", _("as it follows from the points")), *((one, one) for one in letters)]  # type: ignore[attr-defined]


class UndoForm(forms.Form):
    """Why a change is taken back."""

    reason = Reason()
