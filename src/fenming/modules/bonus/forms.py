"""What is typed into the pages of pools, adjustments and trials."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fenming.controls.widgets import DecimalInput
from fenming.modules.bonus.operations.setting import MOST
from fenming.modules.bonus.operations.trying import MOST_PERIODS
from fenming.rules.periods import Period

MOST_BYTES = 1 << 20
_BESIDE = re.compile(r"[\s,，¥￥元]")


def amount_of(text: str) -> Decimal | None:
    """Yuan as people type it: 8,000.00, ¥8000, ８０００ 元; None for nothing."""
    plain = _BESIDE.sub("", unicodedata.normalize("NFKC", text))
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise forms.ValidationError(_("“%(text)s” is not an amount.") % {"text": text[:40]}) from None
    if not amount.is_finite() or not 0 < amount <= MOST:
        raise forms.ValidationError(_("A pool is above 0; leave it empty for none."))
    if amount != amount.quantize(Decimal("0.01")):
        raise forms.ValidationError(_("At most two decimals, please."))
    return amount.quantize(Decimal("0.01"))


class PoolsForm:
    """The amounts of a table: one input for each department, with what the page showed beside it."""

    def __init__(self, given: QueryDict, departments: Sequence[int]) -> None:
        self.typed: dict[int, str] = {}
        self.errors: dict[int, str] = {}
        self.wanted: dict[int, Decimal | None] = {}
        self.seen: dict[int, Decimal | None] = {}
        for one in departments:
            if (text := given.get(f"amount-{one}")) is not None:
                self._take(one, text[:60], given.get(f"seen-{one}", "")[:60])

    def _take(self, one: int, text: str, seen: str) -> None:
        self.typed[one] = text
        try:
            self.wanted[one] = amount_of(text)
            self.seen[one] = amount_of(seen)
        except forms.ValidationError as error:
            self.errors[one] = error.messages[0]


class HeadForm(forms.Form):
    """So much for each person, for the departments that have no pool yet."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount a head in yuan"),
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        widget=DecimalInput(),
    )


class FileForm(forms.Form):
    """Pools from a file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Excel or CSV with the columns department and amount, at most 1 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        max_length=200,
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        return file


class LateForm(forms.Form):
    """Whose differences become adjustments, and why; ``source`` names the state of the facts that was seen."""

    people = forms.MultipleChoiceField(label=gettext_lazy("Whose differences are made good"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    source = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, given: QueryDict | None, numbers: Sequence[str], **more: Any) -> None:
        super().__init__(given, **more)
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(one, one) for one in numbers]


class TrialForm(forms.Form):
    """Which periods, and beside which other draft."""

    periods = forms.MultipleChoiceField(
        label=gettext_lazy("Periods"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one period.")},
    )  # fmt: skip
    against = forms.TypedChoiceField(
        label=gettext_lazy("Compare with another draft"), required=False, coerce=int, empty_value=None
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, given: QueryDict | None, periods: Sequence[tuple[Period, str]], drafts: Sequence[tuple[int, str]]
    ) -> None:
        initial = {"key": uuid.uuid4(), "periods": [periods[1][0].label if len(periods) > 1 else periods[0][0].label]}
        super().__init__(given, initial=initial)
        one, other = self.fields["periods"], self.fields["against"]
        assert isinstance(one, forms.MultipleChoiceField)  # noqa: S101 - declared above
        assert isinstance(other, forms.TypedChoiceField)  # noqa: S101 - declared above
        one.choices = [(span.label, name) for span, name in periods]
        other.choices = [("", _("none")), *((str(pk), name) for pk, name in drafts)]

    def clean_periods(self) -> list[str]:
        wanted: list[str] = self.cleaned_data["periods"]
        if len(wanted) > MOST_PERIODS:
            raise forms.ValidationError(_("At most %(count)s periods at once.") % {"count": MOST_PERIODS})
        return wanted
