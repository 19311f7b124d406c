"""One day of the working calendar, and a year's notice as an Excel file."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import fastexcel
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from fenming.controls.widgets import DayInput
from fenming.library.text import Words
from fenming.modules.people.models import CalendarDay
from fenming.modules.people.operations.calendar import NewDay

YEARS = range(2000, 2100)
FILE_MAX = 1024 * 1024
ROWS_MAX = 400
HEADS = ("date", "kind", "name_zh", "name_en")
KINDS = {
    **{one.value: one.value for one in CalendarDay.Kind},
    "上班": "work", "工作日": "work", "调休上班": "work", "休息": "rest", "休息日": "rest", "放假": "rest",
    "法定": "statutory", "法定节假日": "statutory",
}  # fmt: skip


class DayForm(forms.Form):
    """What a day is; the usual lets it be what its weekday says."""

    day = forms.DateField(label=_("Day"), widget=DayInput)
    kind = forms.ChoiceField(
        label=pgettext_lazy("day", "What it is"),
        choices=[*CalendarDay.Kind.choices, ("", _("As its weekday"))],
        required=False,
    )
    name = forms.CharField(label=pgettext_lazy("day", "Name"), max_length=40, required=False)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day.year not in YEARS:
            raise forms.ValidationError(gettext("Choose a day of this century."))
        return day

    def wanted(self) -> NewDay | None:
        """The day as typed; None when it is to be as usual."""
        given = self.cleaned_data
        if not given["kind"]:
            return None
        return NewDay(date=given["day"], kind=given["kind"], name=Words.same(given["name"]))


class NoticeForm(forms.Form):
    """A year's notice: a row a day, with the columns date, kind and name."""

    file = forms.FileField(
        label=_("Excel file"), help_text=_("Columns: date, kind (work, rest or statutory), name. One year a file."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )  # fmt: skip

    def clean_file(self) -> list[NewDay]:
        given: UploadedFile[bytes] = self.cleaned_data["file"]
        if (given.size or 0) > FILE_MAX:
            raise forms.ValidationError(gettext("The file is larger than a year of days can be."))
        try:
            sheet = fastexcel.read_excel(given.read()).load_sheet(0, header_row=None, dtypes="string", n_rows=ROWS_MAX)
            rows = sheet.to_arrow().to_pylist()
        except (fastexcel.FastExcelError, ValueError, OSError) as error:
            raise forms.ValidationError(gettext("This is no Excel file that can be read.")) from error
        return _days([list(row.values()) for row in rows])


def _days(rows: Iterable[list[Any]]) -> list[NewDay]:
    found: dict[date, NewDay] = {}
    for number, row in enumerate(rows, start=1):
        cells = [str(cell or "").strip() for cell in row] + ["", "", ""]
        if not cells[0] or (number == 1 and cells[0].lower() in {"date", "日期", "day"}):
            continue
        day, kind = _date(cells[0]), KINDS.get(cells[1].lower())
        if day is None or kind is None:
            wrong, column = (cells[0], "A") if day is None else (cells[1], "B")
            text = gettext("Row %(row)s, column %(column)s: “%(value)s” cannot be read.")
            raise forms.ValidationError(text % {"row": number, "column": column, "value": wrong[:40]})
        found[day] = NewDay(date=day, kind=kind, name=Words(zh=cells[2][:40], en=cells[3][:40] or cells[2][:40]))
    if len({day.year for day in found}) != 1:
        raise forms.ValidationError(gettext("The file should hold the days of one year."))
    return list(found.values())


def _date(text: str) -> date | None:
    """A date as 2027-01-01, 2027/1/1 or 2027年1月1日."""
    found = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})", text)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return day if day and day.year in YEARS else None
