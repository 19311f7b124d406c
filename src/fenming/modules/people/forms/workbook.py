"""A workbook of the organisation: the file, and afterwards the word that it may be brought in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

MOST_BYTES = 5 << 20


class WorkbookForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx), at most 5 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls"}),
        max_length=200,
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB."))
        return file


class ApplyForm(forms.Form):
    """What the preview was of, signed, and its digest."""

    lines = forms.CharField(widget=forms.HiddenInput, max_length=2_000_000)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def typed(self) -> dict[str, Any]:
        return self.cleaned_data if self.is_valid() else {}
