"""What is asked before a file of people is read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.widgets import DayInput
from fenming.modules.people.importing.files import LARGEST_FILE


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx, .xls) or CSV, at most 30 MB and 200,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.csv,.txt"}),
        max_length=200,
    )
    from_day = forms.DateField(
        label=_("Changes of post take effect on"),
        help_text=_("Where the file has no date of its own in the row."),
        widget=DayInput,
    )
    corrects = forms.BooleanField(
        label=_("These are corrections: put the present posts right instead of beginning new ones"), required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["from_day"].initial = timezone.localdate

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise ValidationError(_("The file is larger than 30 MB. Import it in several files."))
        return file

    def given(self) -> dict[str, Any]:
        file = self.cleaned_data["file"]
        return {
            "name": file.name or "",
            "data": file.read(),
            "from_day": self.cleaned_data["from_day"],
            "corrects": self.cleaned_data["corrects"],
        }
