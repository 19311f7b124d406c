"""The company's own fields: what is kept of a text, who sees it, and how other forms take it in."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from fenming.controls.scope import Powers, Scope
from fenming.library.text import Refusal
from fenming.modules.people.custom import as_text, clean
from fenming.modules.people.forms.custom import custom_form_fields, custom_given
from fenming.modules.people.models import CustomField
from fenming.modules.people.queries.custom import fields_for, shown

CHOICES = ["A", "ＡＢ", "<b>红</b>", "b c", "=1+1"]
WORDS = st.text(max_size=60) | st.from_regex(r"[0-9+\-.,/年月日 ]{0,12}", fullmatch=True) | st.sampled_from(CHOICES)


def field(kind: str, **more: object) -> CustomField:
    return CustomField(code="one", name_zh="一", kind=kind, choices=CHOICES, **more)


def powers(*permissions: str) -> Powers:
    return Powers(scopes={one: Scope.all() for one in permissions})


@given(kind=st.sampled_from(CustomField.Kind.values), text=WORDS, language=st.sampled_from(["zh-hans", "en"]))
def test_what_is_kept_reads_as_itself_or_the_text_is_refused(kind: str, text: str, language: str) -> None:
    try:
        kept = clean(field(kind), text)
    except Refusal:
        return
    with translation.override(language):
        assert clean(field(kind), as_text(field(kind), kept)) == kept


@given(st.decimals(min_value=-(10**20) + 1, max_value=10**20 - 1, places=6))
def test_numbers_keep_their_value_exactly(number: Decimal) -> None:
    kept = clean(field("number"), f"{number:f}")
    assert isinstance(kept, str)
    assert Decimal(kept) == number
    assert "E" not in kept


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)))
def test_days_are_read_as_people_write_them(day: date) -> None:
    for text in (f"{day}", f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}"):
        assert clean(field("date"), text) == day.isoformat()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "1,5"), ("number", "NaN"), ("number", "1e999999"), ("number", "1_000"), ("number", "٣"),
        ("date", "2026-02-30"), ("date", "2026-03/01"), ("date", "0000-01-01"), ("choice", "C"), ("yes_no", "maybe"),
        ("text", "x" * 501),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Refusal):
        clean(field(kind), text)


def test_control_characters_and_half_characters_are_not_kept() -> None:
    assert clean(field("text"), "a\0b\ud800c\n") == "a b c"


def test_a_required_field_asks_and_another_keeps_nothing() -> None:
    assert clean(field("date"), " ") is None
    with pytest.raises(Refusal):
        clean(field("date", required=True), " ")


@pytest.fixture
def fields(db: None) -> None:
    """One field on people for each kind of viewer, and one on departments."""
    for name in ("own", "view", "edit", "unmask"):
        CustomField.objects.create(code=f"f_{name}", name_zh=name, seen_with=f"people.{name}")
    CustomField.objects.create(code="cost", name_zh="成本中心", on="department", seen_with="people.own")


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("permissions", "seen"),
    [
        (["people.own"], []),
        (["people.own", "people.view"], ["f_own", "f_view"]),
        (["people.import"], ["f_own", "f_view"]),
        (["people.view", "people.edit"], ["f_own", "f_view", "f_edit"]),
        (["people.view", "people.unmask"], ["f_own", "f_view", "f_unmask"]),
    ],
)
def test_each_viewer_sees_the_fields_meant_for_him(permissions: list[str], seen: list[str]) -> None:
    assert [one.code for one in fields_for("employee", powers(*permissions))] == seen


@pytest.mark.usefixtures("fields")
def test_people_see_of_their_own_what_is_theirs_to_see() -> None:
    values = {"f_own": "mine", "f_unmask": "not mine", "gone": "?"}
    told = shown("employee", values, powers("people.own"), own=True)
    assert [(one.field.code, one.text) for one in told] == [("f_own", "mine")]


@pytest.mark.usefixtures("fields")
def test_a_retired_field_is_shown_to_nobody() -> None:
    CustomField.objects.filter(code="f_view").update(retired=True)
    assert [one.code for one in fields_for("employee", powers("people.view"))] == ["f_own"]


@pytest.mark.django_db
def test_other_forms_take_the_fields_in(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for kind in CustomField.Kind.values:
        CustomField.objects.create(code=kind, name_zh=f"<i>{kind}</i>", kind=kind, choices=CHOICES)
    CustomField.objects.filter(code="number").update(required=True)
    with django_assert_num_queries(1):
        own = custom_form_fields("employee", powers("people.view"), {"yes_no": False, "number": "3"})
    typed = {"own_number": "1,000", "own_date": "", "own_choice": "<b>红</b>", "own_yes_no": "no", "own_text": "x"}
    form = forms.Form(typed)
    form.fields.update(own)
    assert form.is_valid()
    assert custom_given(form) == {"number": "1000", "date": None, "choice": "<b>红</b>", "yes_no": False, "text": "x"}
    assert "<i>" not in str(form)
    assert "<b>" not in str(form)
    wrong = forms.Form(typed | {"own_number": "", "own_choice": "Z"})
    wrong.fields.update(own)
    assert set(wrong.errors) == {"own_number", "own_choice"}
