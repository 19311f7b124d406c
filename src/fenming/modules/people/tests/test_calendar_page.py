"""The page of the working calendar: a year of days, changed one by one or by a notice."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people.models import CalendarDay
from fenming.modules.people.operations.calendar import bring_calendar
from fenming.modules.people.queries.calendar import weekday_names, working_days, year


@pytest.fixture
def china(small_company: SmallCompany) -> None:
    bring_calendar("cn")


def notice(*rows: tuple[object, ...]) -> SimpleUploadedFile:
    book, file = openpyxl.Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return SimpleUploadedFile("2027.xlsx", file.getvalue())


def test_a_year_adds_up_to_its_working_days(china: None) -> None:
    months = year(2026)
    assert sum(one.working for one in months) == working_days(date(2026, 1, 1), date(2027, 1, 1)) == 248
    assert [len(week) for one in months for week in one.weeks].count(7) == sum(len(one.weeks) for one in months)


def test_a_month_names_its_holidays(china: None) -> None:
    october = year(2026)[9]
    assert [(name, days[0].date.day, days[-1].date.day) for name, days in october.holidays] == [("National Day", 1, 7)]
    assert year(2026)[2].holidays == []


@pytest.mark.parametrize(("language", "monday"), [("zh-hans", "一"), ("en", "Mon")])
def test_weekdays_have_short_names(language: str, monday: str) -> None:
    with translation.override(language):
        assert weekday_names()[0] == monday


def test_a_day_is_changed_and_set_back(china: None, signed_in: SignIn) -> None:
    hr, page = signed_in("hr"), reverse("people-calendar")
    hr.post(page, {"day": "2026-11-11", "kind": "rest", "name": "双十一后调休"})
    assert CalendarDay.objects.get(date=date(2026, 11, 11)).kind == "rest"
    assert "双十一后调休" in hr.get(page, {"year": "2026"}).content.decode()
    hr.post(page, {"day": "2026-11-11", "kind": ""})
    assert not CalendarDay.objects.filter(date=date(2026, 11, 11)).exists()


def test_a_lead_looks_and_does_not_change(china: None, signed_in: SignIn) -> None:
    lead = signed_in("KF1")
    assert lead.get(reverse("people-calendar")).status_code == 200
    lead.post(reverse("people-calendar"), {"day": "2026-11-11", "kind": "rest"})
    assert not CalendarDay.objects.filter(date=date(2026, 11, 11)).exists()
    assert lead.post(reverse("people-calendar-notice"), {"file": notice()}).status_code == 403


def test_a_notice_replaces_its_year_and_no_other(china: None, signed_in: SignIn) -> None:
    file = notice(("日期", "类型", "名称"), (date(2027, 1, 1), "法定节假日", "元旦"), ("2027/1/3", "调休上班", "元旦"))
    signed_in("hr").post(reverse("people-calendar-notice"), {"file": file})
    found = dict(CalendarDay.objects.filter(date__year=2027).values_list("date", "kind"))
    assert found == {date(2027, 1, 1): "statutory", date(2027, 1, 3): "work"}
    assert working_days(date(2026, 1, 1), date(2027, 1, 1)) == 248


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([("2027-01-01", "holiday")], "Row 1, column B: “holiday” cannot be read."),
        ([("someday", "rest")], "Row 1, column A: “someday” cannot be read."),
        ([("2027-01-01", "rest"), ("2028-01-01", "rest")], "the days of one year"),
        ([], "the days of one year"),
    ],
)
def test_what_cannot_be_read_is_told_and_changes_nothing(
    rows: list[tuple[object, ...]], word: str, china: None, signed_in: SignIn
) -> None:
    before = CalendarDay.objects.count()
    answer = signed_in("hr").post(reverse("people-calendar-notice"), {"file": notice(*rows)})
    assert word in answer.content.decode()
    assert CalendarDay.objects.count() == before


def test_a_file_that_is_no_workbook_is_told(china: None, signed_in: SignIn) -> None:
    file = SimpleUploadedFile("notice.xlsx", b"PK\x03\x04 not really")
    answer = signed_in("hr").post(reverse("people-calendar-notice"), {"file": file})
    assert "no Excel file" in answer.content.decode()
    for day in ("0001-01-01", "9999-12-31", "x"):
        assert signed_in("hr").post(reverse("people-calendar"), {"day": day, "kind": "rest"}).status_code == 200
